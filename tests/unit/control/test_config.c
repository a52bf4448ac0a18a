/* SPDX-License-Identifier: BSD-3-Clause */
/* YAML: what is accepted, and every mistake with its line and key. Topics have their own files. */
#include "control/config.h"
#include "tests/unit/control/config_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct config_text_bad bad_rows[] = {
    {"an empty file", "", {": empty, expected at least"}},
    {"only a comment", "# nothing\n", {": empty"}},
    {"an empty document", "---\n...\n", {":2: has no value, expected keys"}},
    {"a scalar for the whole", "hello\n", {":1: is a single value, expected keys"}},
    {"a sequence for the whole", "- a\n- b\n", {":1: is a list, expected keys"}},
    {"nothing of what is required",
     "state_dir: /s\n",
     {":1: lists: missing, expected the key 'lists'", ":1: zones: missing",
      ": dataplane: warning: neither listen nor ports"}},
    {"flow that is not closed",
     "state_dir: /s\nlists: [a, b\nzones: x\n",
     {":3: YAML: did not find expected ',' or ']' (while parsing a flow sequence that began in "
      "line 2)"}},
    {"indentation that fits nothing", "lists:\n  - a\n - b\n", {":3: YAML: "}},
    {"a tab as indentation", "lists:\n\t- a\n", {":2: YAML: found character that cannot start"}},
    {"bytes that are not UTF-8", "a: 1\nb: \xff\xfe\n", {":2: YAML: "}},
    {"a control character", "a: 1\nb: \x01\n", {":2: YAML: control characters are not allowed"}},
    {"two documents", REST "---\na: 1\n", {":4: a second document, expected one"}},
    {"an anchor", "state_dir: &x /s\n" REST, {":1: a tag, anchor or alias"}},
    {"an alias", "state_dir: *x\n" REST, {":1: a tag, anchor or alias"}},
    {"a tag", "state_dir: !!str /s\n" REST, {":1: a tag, anchor or alias"}},
    {"a key that is a list", "[a]: b\n" REST, {":1: a key that is not text"}},
    {"nested without end", "a: [[[[[[[[[[[[[[[[[[[[\n", {":1: nested too deeply"}},
    {"a NUL character", "state_dir: \"/a\\0b\"\n" REST, {":1: a NUL character"}},
    {"a key given twice",
     "state_dir: /a\nstate_dir: /b\n" REST,
     {":2: 'state_dir' is given twice, expected once (first in line 1)"}},
    {"a key given twice far down",
     LIST("code: 127.0.0.2, manual: true, code: 127.0.0.3"),
     {":1: 'code' is given twice"}},
    {"an unknown key",
     "statedir: /s\n" REST,
     {":1: statedir: unknown key, expected one of: state_dir, control_socket, dataplane, http, "
      "cookies, identity, access, access_file, rate_limit, guard, reputation, monitor, "
      "lists, zones"}},
    {"an unknown key in block style",
     "lists:\n  - name: l\n    manual: true\n    colour: red\n" LISTEN ZONES,
     {":4: lists[0].colour: unknown key, expected one of: name, feed, manual, reputation, code, "
      "text"}},
    {"an unknown key in flow style",
     LIST("manual: true, colour: red"),
     {":1: lists[0].colour: unknown key"}},
    {"a key in the wrong case", "State_dir: /s\n" REST, {":1: State_dir: unknown key"}},
    {"a list where a value belongs",
     "state_dir: [/s]\n" REST,
     {":1: state_dir: is a list, expected a single value"}},
    {"a value where keys belong",
     "dataplane: fast\n" LISTS ZONES,
     {":1: dataplane: is a single value, expected keys",
      ":1: dataplane: warning: neither listen nor ports"}},
    {"a value where a list belongs",
     "lists: l\n" LISTEN ZONES,
     {":1: lists: is a single value, expected a list: [A, B]",
      ":3: zones[0].lists[0]: no list is named 'l'"}},
    {"keys where a list belongs",
     "zones: {name: z}\n" LISTEN LISTS,
     {":1: zones: is keys, expected a list", ":3: lists[0]: warning: list 'l' is in no zone"}},
    {"a key whose entries are all comments",
     "access:\n#  - {from: \"::1\", action: allow}\n" REST,
     {":1: access: has no value, expected a list"}},
    {"a key without value",
     "state_dir:\n" REST,
     {":1: state_dir: has no value, expected the path of a file or folder"}},
    {"mistakes of all kinds at once",
     "oops: 1\nlists:\n  - {name: l, manual: true, code: 1.2.3.4}\n  - {name: m}\n"
     "zones:\n  - name: z\n    lists: [x]\n    ttl: soon\n" LISTEN,
     {":1: oops: unknown key", ":3: lists[0].code: bad value '1.2.3.4'", ":8: zones[0].ttl: bad",
      ":4: lists[1]: has none of feed", ":7: zones[0].lists[0]: no list is named 'x'",
      ":3: lists[0]: warning: list 'l' is in no zone",
      ":4: lists[1]: warning: list 'm' is in no zone"}},
    {"control characters are not told on", "\"a\\e[31mb\": 1\n" REST, {":1: a?[31mb: unknown key"}},
};

static void mistakes_are_told(void **state)
{
	(void)state;
	config_text_check_bad(bad_rows, sizeof(bad_rows) / sizeof(bad_rows[0]));
}

static const struct {
	const char *reason;
	const char *yaml;
	const char *warning; /* NULL = none */
} good_rows[] = {
    {"the least that is useful", REST, NULL},
    {"block style throughout",
     "dataplane:\n  listen:\n    - 127.0.0.1:5300\n    - \"[::1]:5300\"\nlists:\n  - name: l\n"
     "    feed:\n      path: f\n      format: plain\n      guards:\n        errors: 0.5\n"
     "zones:\n  - name: z\n    lists:\n      - l\n",
     NULL},
    {"flow style throughout, as JSON",
     "{\"dataplane\": {\"listen\": [\"127.0.0.1:53\"]}, \"lists\": [{\"name\": \"l\", "
     "\"manual\": true}], \"zones\": [{\"name\": \"z\", \"lists\": [\"l\"]}]}",
     NULL},
    {"a YAML directive and document marks", "%YAML 1.1\n---\n" REST "...\n", NULL},
    {"line ends of Windows", "state_dir: /s\r\n" REST, NULL},
    {"a byte order mark", "\xef\xbb\xbf" REST, NULL},
    {"a code in quotes", LIST("manual: true, code: \"127.0.0.9\""), NULL},
    {"a code without quotes", LIST("manual: true, code: 127.0.0.9"), NULL},
    {"a code far out", LIST("manual: true, code: 127.255.254.255"), NULL},
    {"a text that is empty", LIST("manual: true, text: \"\""), NULL},
    {"a text over lines",
     "lists:\n  - name: l\n    manual: true\n    text: >-\n      $ is\n"
     "      listed\n" LISTEN ZONES,
     NULL},
    {"http is accepted", "http: {listen: \"[::1]:8053\"}\n" REST, NULL},
    {"no access rules are the defaults", "access: []\n" REST, NULL},
    {"an identity that is not told", "identity: {version: \"\", hostname: \"\", nsid: \"\"}\n" REST,
     NULL},
    {"an NSID of 64 bytes",
     "identity: {nsid: 0123456789012345678901234567890123456789012345678901234567890123}\n" REST,
     NULL},
    {"never_list takes names", "guard: {never_list: [example.org, 192.0.2.1]}\n" REST, NULL},
    {"no canaries", "guard: {canaries: []}\n" REST, NULL},
    {"a list that is subtracted needs no zone",
     "lists: [{name: l, manual: true}, {name: s, manual: true, subtract: true}]\n" LISTEN ZONES,
     NULL},
    {"never_list takes ranges",
     "guard: {never_list: [192.0.2.1-192.0.2.9, \"2001:db8::/32\"]}\n" REST, NULL},
    {"an IDN zone",
     "zones: [{name: b\xc3\xbc"
     "cher.example, lists: [l]}]\n" LISTEN LISTS,
     NULL},
    {"a port needs no listen",
     DATAPLANE("ports: [{device: \"net_tap0,iface=rbl0\", addresses: [10.53.0.1/24, "
               "\"fd53::1/64\"]}]"),
     NULL},
    {"ttl 0", ZONE("ttl: 0, negative_ttl: 0"), NULL},
    {"the largest ttl", ZONE("ttl: 2147483647"), NULL},
    {"guards at their ends", GUARDS("errors: 0, shrink: 1, growth: 1, widest4: 0, widest6: 128"),
     NULL},
    {"a list in no zone",
     "lists:\n- {name: l, manual: true}\n- {name: m, manual: true}\n" LISTEN ZONES,
     ":3: lists[1]: warning: list 'm' is in no zone, so nobody is answered from it"},
    {"nobody may report", "reputation: {}\n" REST,
     ":1: reputation: warning: no reporters: no event is taken"},
    {"dials at their ends",
     REPUTATION("enter: 1, leave: 0, escalation: 1, delist: {per_address: 0/1s, per_month: 0}"),
     NULL},
    {"nobody can ask", LISTS ZONES, ": dataplane: warning: neither listen nor ports"},
};

static void good_files_load(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good_rows) / sizeof(good_rows[0]); i++) {
		const char *warning = good_rows[i].warning;
		struct config_text_messages m;
		struct config *config =
		    config_text_load(good_rows[i].yaml, strlen(good_rows[i].yaml), &m);

		if (!config)
			fail_msg("%s: %s", good_rows[i].reason, m.text[0]);
		if (m.count != (warning ? 1u : 0u) || (warning && !strstr(m.text[0], warning)))
			fail_msg("%s: told '%s'", good_rows[i].reason, m.text[0]);
		config_free(config);
	}
}

/* Load a text that repeats a line with a number in it, and take the first message. */
static void check_too_much(const char *head, const char *line, unsigned count, const char *message)
{
	struct config_text_messages m;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fputs(head, out);
	for (unsigned i = 0; i < count; i++) {
		fputs(line, out);
		fprintf(out, "%u: {name: l%u, manual: true}\n", i, i);
	}
	fclose(out);
	assert_null(config_text_load(text, size, &m));
	if (!strstr(m.text[0], message))
		fail_msg("'%s', expected '%s'", m.text[0], message);
	free(text);
}

static void too_much_is_refused(void **state)
{
	(void)state;
	check_too_much("", "k", 1000, ":257: too many keys");
	check_too_much("lists:\n", "- k", 700000, "too many values for a configuration file");
	check_too_much(LISTEN ZONES "lists:\n", "- k", CONFIG_LISTS_MAX + 1,
	               ":3: lists: has 1024 entries, expected at most 1023");
}

static void files_that_cannot_be_read(void **state)
{
	struct config_text_messages m = {0};

	(void)state;
	assert_null(config_load("/nonexistent/reputed.yaml", config_text_take, &m));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(m.count, 1);
	assert_string_equal(m.text[0], "/nonexistent/reputed.yaml: cannot be read: No such file or "
	                               "directory, expected a file of at most 16 MiB");
	m.count = 0;
	assert_null(config_load("/", config_text_take, &m));
	assert_non_null(strstr(m.text[0], "/: cannot be read: Is a directory"));
}

/* What is installed as an example, and what `make run` starts. */
static void shipped_files_are_right(void **state)
{
	static const char *const files[] = {SOURCE_ROOT "/packaging/reputed.yaml",
	                                    SOURCE_ROOT "/packaging/sample/reputed.yaml"};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct config_text_messages m = {0};
		struct config *config = config_load(files[i], config_text_take, &m);

		if (!config || m.count)
			fail_msg("%s: %s", files[i], m.text[0]);
		config_free(config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mistakes_are_told),       cmocka_unit_test(good_files_load),
	    cmocka_unit_test(too_much_is_refused),     cmocka_unit_test(files_that_cannot_be_read),
	    cmocka_unit_test(shipped_files_are_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

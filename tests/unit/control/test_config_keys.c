/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of keys: what is taken, and what is told of the rest; no message tells a key. */
#include "control/config.h"
#include "tests/unit/control/folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define MESSAGES_MAX 4
#define CONFIG                                                                                     \
	"dataplane: {listen: [\"127.0.0.1:5300\"]}\n"                                              \
	"lists: [{name: l, manual: true}]\n"                                                       \
	"zones:\n"                                                                                 \
	"  - {name: open.example, lists: [l]}\n"                                                   \
	"  - {name: z.example, lists: [l], keys: keys}\n"

#define KEY63  "123456789012345678901234567890123456789012345678901234567890123"
#define NAME63 "n23456789012345678901234567890123456789012345678901234567890123"

struct messages {
	unsigned count;
	char text[MESSAGES_MAX][600];
};

static void take_message(const char *message, void *context)
{
	struct messages *m = context;

	if (m->count < MESSAGES_MAX)
		snprintf(m->text[m->count], sizeof(m->text[0]), "%s", message);
	m->count++;
}

static int setup(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	folder_init(f);
	folder_write(f, "c.yaml", CONFIG);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	folder_done(*state);
	free(*state);
	return 0;
}

static struct config *load(struct folder *f, const char *keys, unsigned mode, struct messages *m)
{
	memset(m, 0, sizeof(*m));
	folder_write(f, "keys", keys);
	assert_int_equal(chmod(folder_at(f, "keys"), mode), 0);
	return config_load(folder_at(f, "c.yaml"), take_message, m);
}

struct key {
	const char *label, *name;
};

static const struct {
	const char *reason, *text;
	struct key keys[4];
} good_rows[] = {
    {"a key alone is counted by its line", "secret-of-one\n", {{"secret-of-one", "line-1"}}},
    {"with a name", "secret-of-one mx.one_1-a\n", {{"secret-of-one", "mx.one_1-a"}}},
    {"no line end at the end", "secret-of-one a", {{"secret-of-one", "a"}}},
    {"line ends of other systems",
     "secret-of-one a\r\nsecret-of-two\r\n",
     {{"secret-of-one", "a"}, {"secret-of-two", "line-2"}}},
    {"in lower case, as names are compared", "SecretOfONE A\n", {{"secretofone", "A"}}},
    {"comments, empty lines, blanks and tabs",
     "# keys\n\n  \t\n\tsecret-of-one\t a  # the first\nsecret-of-two#b\n",
     {{"secret-of-one", "a"}, {"secret-of-two", "line-5"}}},
    {"the shortest, and digits alone", "12345678\n", {{"12345678", "line-1"}}},
    {"the longest, and the longest name", KEY63 " " NAME63 "\n", {{KEY63, NAME63}}},
    {"hyphens anywhere: it is no host name", "-secret-\n", {{"-secret-", "line-1"}}},
    {"two keys may share a name",
     "secret-of-one a\nsecret-of-two a\n",
     {{"secret-of-one", "a"}, {"secret-of-two", "a"}}},
};

static void check_key(const char *reason, const struct config_keys *k, unsigned i,
                      const struct key *key)
{
	size_t size = strlen(key->label);
	const char *label = (const char *)k->labels[i] + 1;

	if (k->labels[i][0] != size || memcmp(label, key->label, size) != 0 ||
	    strcmp(k->names[i], key->name) != 0)
		fail_msg("%s: key %u is '%.63s', named '%s'", reason, i, label, k->names[i]);
}

static void test_good(void **state)
{
	for (size_t i = 0; i < sizeof(good_rows) / sizeof(good_rows[0]); i++) {
		struct messages m;
		struct config *c = load(*state, good_rows[i].text, 0640, &m);
		unsigned count = 0;

		if (!c)
			fail_msg("%s: %s", good_rows[i].reason, m.text[0]);
		assert_null(c->zones[0].key_set);
		assert_non_null(c->zones[1].key_set);
		while (count < 4 && good_rows[i].keys[count].label)
			count++;
		if (c->zones[1].key_set->count != count)
			fail_msg("%s: %u keys", good_rows[i].reason, c->zones[1].key_set->count);
		for (unsigned k = 0; k < count; k++)
			check_key(good_rows[i].reason, c->zones[1].key_set, k,
			          &good_rows[i].keys[k]);
		config_free(c);
	}
}

/* What each message says after the name of the file. */
static const struct {
	const char *reason, *text;
	unsigned mode;
	const char *messages[MESSAGES_MAX];
} bad_rows[] = {
    {"nothing", "", 0600, {"keys: holds no key, expected at least one"}},
    {"only comments", "# secret-of-one\n", 0600, {"keys: holds no key"}},
    {"too short to be secret",
     "secret7\n",
     0600,
     {"keys:1: bad key, expected 8 to 63 letters, digits and hyphens"}},
    {"longer than a label", KEY63 "4\n", 0600, {"keys:1: bad key"}},
    {"a dot would make two labels", "secret.of.one\n", 0600, {"keys:1: bad key"}},
    {"an underscore", "secret_of_one\n", 0600, {"keys:1: bad key"}},
    {"not ASCII", "secr\xc3\xa9t-of-one\n", 0600, {"keys:1: bad key"}},
    {"every line is told",
     "secret-of-one\nbad\n\nbad too\n",
     0600,
     {"keys:2: bad key", "keys:4: bad key"}},
    {"a name that breaks a counter's label",
     "secret-of-one a\"b\n",
     0600,
     {"keys:1: bad name of a key, expected one word of at most 63 letters, digits, '.', '_' and"}},
    {"a name that is too long", "secret-of-one " NAME63 "4\n", 0600, {"keys:1: bad name"}},
    {"two words as a name", "secret-of-one a b\n", 0600, {"keys:1: bad name"}},
    {"twice, in another case",
     "secret-of-one a\nother-key\nSECRET-OF-ONE b\n",
     0600,
     {"keys:3: the key is given twice (first in line 1)"}},
    {"everybody may read it",
     "secret-of-one\n",
     0604,
     {"c.yaml:5: zones[1].keys: everybody may read '"}},
};

static void test_bad(void **state)
{
	struct folder *f = *state;

	for (size_t i = 0; i < sizeof(bad_rows) / sizeof(bad_rows[0]); i++) {
		struct messages m;
		struct config *c = load(f, bad_rows[i].text, bad_rows[i].mode, &m);
		unsigned count = 0;

		if (c)
			fail_msg("%s: taken", bad_rows[i].reason);
		while (count < MESSAGES_MAX && bad_rows[i].messages[count])
			count++;
		if (m.count != count)
			fail_msg("%s: %u messages, first '%s'", bad_rows[i].reason, m.count,
			         m.text[0]);
		for (unsigned k = 0; k < count; k++) {
			const char *text = m.text[k] + strlen(f->path) + 1;

			if (strncmp(text, bad_rows[i].messages[k], strlen(bad_rows[i].messages[k])))
				fail_msg("%s: '%s'", bad_rows[i].reason, m.text[k]);
			if (strstr(text, "secret-of") || strstr(text, "SECRET-OF"))
				fail_msg("%s tells a key: '%s'", bad_rows[i].reason, m.text[k]);
		}
	}
}

/* A line that is too long is not cut into two keys, and ends the file. */
static void test_long_line(void **state)
{
	char text[1200];
	struct messages m;

	memset(text, 'a', sizeof(text));
	memcpy(text, "secret-of-one #", 15);
	memcpy(text + sizeof(text) - 10, "\nbad\nbad\n", 10);
	assert_null(load(*state, text, 0600, &m));
	assert_int_equal(m.count, 1);
	assert_non_null(strstr(m.text[0], "keys:1: is longer than 510 bytes"));
}

static void test_no_file(void **state)
{
	struct folder *f = *state;
	struct messages m = {0};

	assert_null(config_load(folder_at(f, "c.yaml"), take_message, &m));
	assert_int_equal(m.count, 1);
	assert_non_null(strstr(m.text[0], "c.yaml:5: zones[1].keys: '"));
	assert_non_null(strstr(m.text[0], "keys' cannot be read: No such file or directory"));
	assert_int_equal(mkdir(folder_at(f, "keys"), 0700), 0);
	m.count = 0;
	assert_null(config_load(folder_at(f, "c.yaml"), take_message, &m));
	assert_int_equal(m.count, 1);
	assert_non_null(strstr(m.text[0], "keys' cannot be read: not a file"));
}

static void test_many(void **state)
{
	size_t size = 0, room = 100000 * 32;
	char *text = malloc(room);
	struct messages m;
	struct config *c;

	assert_non_null(text);
	for (unsigned i = 0; i < 100000; i++)
		size += (size_t)snprintf(text + size, room - size, "secret-%u client-%u\n", i, i);
	c = load(*state, text, 0600, &m);
	free(text);
	assert_non_null(c);
	assert_int_equal(c->zones[1].key_set->count, 100000);
	assert_string_equal((const char *)c->zones[1].key_set->labels[99999] + 1, "secret-99999");
	assert_string_equal(c->zones[1].key_set->names[99999], "client-99999");
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_good, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bad, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_long_line, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_file, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

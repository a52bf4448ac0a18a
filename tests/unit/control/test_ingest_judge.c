/* SPDX-License-Identifier: BSD-3-Clause */
/* What a version is judged by beside its size: what it is, what it lists, how it was read. */
#include "tests/unit/control/ingest_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Sources that are something else, whatever the other guards allow. */
static const struct {
	const char *why, *format, *text, *checksum;
	enum ingest_outcome expected;
	const char *guard, *reason;
} foreign_rows[] = {
    {"a list", "plain", "198.51.0.1\n", NULL, INGEST_TAKEN, "", ""},
    {"a parking page", "domains", "<html><body>\nspam.test\n</body>", NULL, INGEST_HELD, "notice",
     "looks like a notice, not data: '<html><body>'"},
    {"a note that cannot be read", "plain", "You ask too often, please stop.\n", NULL, INGEST_HELD,
     "notice", "looks like a notice, not data: 'You ask too often, please stop.'"},
    {"a note that would be a name and its text", "rbldnsd-dnset", "Too many requests\n", NULL,
     INGEST_HELD, "notice", "looks like a notice, not data: 'Too many requests'"},
    {"a note with bad lines below it", "plain", "You ask too often.\nsee x\nsee y\nsee z\n", NULL,
     INGEST_HELD, "errors", "looks like a notice, not data: 'You ask too often.' (4 of 4 lines"},
    {"a note in comments", "plain", "# Access denied\n", NULL, INGEST_HELD, "empty",
     "looks like a notice, not data: '# Access denied' (no entries"},
    {"an empty list with a header", "plain", "# A list\n", NULL, INGEST_HELD, "empty",
     "no entries in 0 lines"},
    {"a canary", "plain", "198.51.0.1\n8.8.8.0/24\n", NULL, INGEST_HELD, "canary",
     "lists the canary 8.8.8.8"},
    {"a name that is one", "domains", "spam.test\nexample.com\n", NULL, INGEST_HELD, "canary",
     "lists the canary example.com"},
    {"a name below one", "domains", "spam.example.com\n", NULL, INGEST_TAKEN, "", ""},
    {"all names below a TLD", "rbldnsd-dnset", ".com\n", NULL, INGEST_HELD, "labels",
     "lists 'com' with all below it"},
    {"everything", "rbldnsd-dnset", "*.\n", NULL, INGEST_HELD, "", ""},
    {"all addresses", "plain", "0.0.0.0/0\n", NULL, INGEST_HELD, "everything", "lists everything"},
    {"the code of an error", "rbldnsd-ip4set",
     ":127.255.255.254:ask your own resolver\n192.0.2.1\n", NULL, INGEST_HELD, "lint",
     "the code 127.255.255.254"},
    {"the sum that was told", "plain", "198.51.0.1\n",
     "dfe7abb5c4de0d3a0b4d3e4bdb5d2a1e4d8e1cd4d5a23be9dd1e3dba2d3a3f00  source\n", INGEST_HELD,
     "checksum", "is not the one in"},
    {"a sum of another file", "plain", "198.51.0.1\n",
     "00000000000000000000000000000000000000000000000000000000000000aa  other\n"
     "00000000000000000000000000000000000000000000000000000000000000ab  another\n",
     INGEST_HELD, "checksum", "there is no SHA-256 of 'source'"},
    {"the right sum among others", "plain", "abc\n",
     "00000000000000000000000000000000000000000000000000000000000000aa  other\n"
     "edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb *./source\n",
     INGEST_HELD, "errors", "1 of 1 lines are bad"},
    {"a file of sums without any", "plain", "198.51.0.1\n", "later\n", INGEST_HELD, "checksum",
     "there is no SHA-256"},
};

static struct canaries *canaries_of(const char *never, const char *must)
{
	static char yaml[600];
	struct canaries *canaries;
	struct config *config;

	snprintf(yaml, sizeof(yaml),
	         "guard: {canaries: [%s]}\n"
	         "dataplane: {listen: [\"127.0.0.1:5300\"]}\n"
	         "lists: [{name: l, feed: {path: f, format: plain, guards: {must_list: [%s]}}}]\n"
	         "zones: [{name: z.test, lists: [l]}]\n",
	         never, must);
	config = config_load_bytes("/t.yaml", yaml, strlen(yaml), NULL, NULL);
	assert_non_null(config);
	canaries = canaries_new(config, config->lists[0].feed);
	config_free(config);
	assert_non_null(canaries);
	return canaries;
}

static void test_foreign(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(foreign_rows) / sizeof(foreign_rows[0]); i++) {
		struct ingest_bench b;

		ingest_bench_init(&b);
		b.settings.format = format_find(foreign_rows[i].format);
		b.settings.canaries = canaries_of("8.8.8.8, example.com", "");
		folder_write(&b.f, "source", foreign_rows[i].text);
		if (foreign_rows[i].checksum) {
			b.settings.proof.checksum = strdup(folder_at(&b.f, "sums"));
			folder_write(&b.f, "sums", foreign_rows[i].checksum);
		}
		ingest_source(&b.settings, b.v, false, &b.result);
		if (b.result.outcome != foreign_rows[i].expected ||
		    !strstr(b.result.reason, foreign_rows[i].reason))
			fail_msg("%s: %d, '%s'", foreign_rows[i].why, b.result.outcome,
			         b.result.reason);
		if (b.result.has_held && foreign_rows[i].guard[0])
			assert_string_equal(b.result.held.guard, foreign_rows[i].guard);
		assert_int_equal(b.result.is_new_refusal, b.result.outcome == INGEST_HELD);
		assert_false(folder_has(&b.f, "feed/incoming"));
		canaries_unref(b.settings.canaries);
		free(b.settings.proof.checksum);
		ingest_bench_done(&b);
	}
}

/* What must be listed is asked for before bogons are cut out. */
static void test_must_list(void **state)
{
	static const struct {
		const char *text, *must;
		enum ingest_outcome expected;
	} rows[] = {
	    {"127.0.0.2\n198.51.0.1\n", "127.0.0.2", INGEST_TAKEN},
	    {"198.51.0.1\n", "127.0.0.2", INGEST_HELD},
	    {"198.51.0.0/24\n", "198.51.0.7, 198.51.0.0/25", INGEST_TAKEN},
	    {"198.51.0.0/25\n", "198.51.0.7, 198.51.0.0/24", INGEST_HELD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ingest_bench b;

		ingest_bench_init(&b);
		b.settings.drop_bogons = true;
		b.settings.canaries = canaries_of("", rows[i].must);
		folder_write(&b.f, "source", rows[i].text);
		ingest_source(&b.settings, b.v, false, &b.result);
		if (b.result.outcome != rows[i].expected)
			fail_msg("%s in %s: %d, '%s'", rows[i].must, rows[i].text, b.result.outcome,
			         b.result.reason);
		canaries_unref(b.settings.canaries);
		ingest_bench_done(&b);
	}
}

static struct format_options *options_of(const char *column)
{
	struct format_options *options = format_options_new();

	assert_int_equal(format_options_add(options, "column", column), 0);
	return options;
}

static uint64_t load_count(struct ingest_bench *b)
{
	dataset_free(b->result.dataset);
	ingest_load(&b->settings, b->v, &b->result);
	return b->result.dataset ? b->result.dataset->facts.entry_count : 0;
}

/* A version goes on being read as it was when it was taken. */
static void test_read_as_taken(void **state)
{
	struct ingest_bench b;

	(void)state;
	ingest_bench_init(&b);
	b.settings.format = format_find("csv");
	b.settings.options = options_of("1");
	folder_write(&b.f, "source", "198.51.100.1,198.51.100.2\n198.51.100.3,\"\"\n");
	ingest_source(&b.settings, b.v, false, &b.result);
	assert_int_equal(b.result.outcome, INGEST_TAKEN);
	assert_int_equal(b.result.dataset->facts.entry_count, 2);
	format_options_unref(b.settings.options);
	b.settings.options = options_of("2");
	b.settings.guards.errors = 1;
	ingest_bench_reopen(&b); /* the configuration changed while nothing ran */
	assert_int_equal(load_count(&b), 2);
	dataset_free(b.result.dataset);
	ingest_source(&b.settings, b.v, false, &b.result); /* the same bytes say something else */
	assert_int_equal(b.result.outcome, INGEST_TAKEN);
	assert_int_equal(b.result.good.number, 2);
	assert_int_equal(b.result.dataset->facts.entry_count, 1);
	format_options_unref(b.settings.options);
	b.settings.options = NULL;
	b.settings.format = format_find("plain");
	dataset_free(b.result.dataset);
	folder_write(&b.f, "source", "198.51.100.9\n");
	ingest_source(&b.settings, b.v, true, &b.result);
	assert_int_equal(b.result.good.number, 3);
	ingest_bench_reopen(&b);
	dataset_free(b.result.dataset);
	ingest_rollback(&b.settings, b.v, 1, &b.result); /* another format with other options */
	assert_int_equal(b.result.outcome, INGEST_TAKEN);
	assert_int_equal(b.result.dataset->facts.entry_count, 2);
	ingest_bench_done(&b);
}

static void test_accepted_with_options(void **state)
{
	struct version_info info;
	char *text;
	struct ingest_bench b;
	size_t size;

	(void)state;
	ingest_bench_init(&b);
	assert_int_equal(ingest_bench_read(&b, "200"), INGEST_TAKEN);
	b.settings.format = format_find("csv");
	b.settings.options = options_of("2");
	folder_write(&b.f, "source", "198.51.100.1,198.51.100.2\n");
	dataset_free(b.result.dataset);
	ingest_source(&b.settings, b.v, true, &b.result);
	assert_int_equal(b.result.outcome, INGEST_HELD); /* shrunk */
	format_options_unref(b.settings.options);
	b.settings.options = NULL;
	b.settings.format = format_find("plain");
	ingest_accept(&b.settings, b.v, &b.result); /* as it was read when it was held */
	assert_int_equal(b.result.outcome, INGEST_TAKEN);
	assert_int_equal(b.result.dataset->facts.entry_count, 1);
	ingest_bench_reopen(&b);
	assert_int_equal(load_count(&b), 1);
	assert_int_equal(folder_count(&b.f, "feed", "options-"), 1);

	/* One of before this was kept: with what is configured. */
	text = folder_read(&b.f, "feed/2.json", &size);
	assert_int_equal(version_info_parse(text, size, &info), 0);
	free(text);
	assert_true(info.has_options);
	info.has_options = false;
	text = version_info_dump(&info);
	folder_write(&b.f, "feed/2.json", text);
	free(text);
	b.settings.format = format_find("csv");
	b.settings.options = options_of("1");
	ingest_bench_reopen(&b);
	assert_int_equal(load_count(&b), 1);
	assert_int_equal(b.result.good.number, 2);
	assert_int_equal(folder_count(&b.f, "feed", "options-"), 0); /* nobody needs it */
	format_options_unref(b.settings.options);
	b.settings.options = NULL;

	/* Lost ones are told, and the version before serves. */
	info.has_options = true;
	text = version_info_dump(&info);
	folder_write(&b.f, "feed/2.json", text);
	free(text);
	ingest_bench_reopen(&b);
	assert_int_equal(load_count(&b), 200);
	assert_int_equal(b.result.good.number, 1);
	assert_true(folder_has(&b.f, "feed/2.feed.damaged"));
	ingest_bench_done(&b);
}

/* Which kinds there were is known after a restart. */
static void test_lost_kind(void **state)
{
	char names[4000] = "";
	struct ingest_bench b;

	(void)state;
	ingest_bench_init(&b);
	assert_int_equal(ingest_bench_read(&b, "200"), INGEST_TAKEN);
	ingest_bench_reopen(&b);
	b.settings.format = format_find("domains");
	for (int i = 0; i < 150; i++)
		sprintf(names + strlen(names), "n%d.test\n", i);
	folder_write(&b.f, "source", names);
	dataset_free(b.result.dataset);
	ingest_source(&b.settings, b.v, false, &b.result);
	assert_int_equal(b.result.outcome, INGEST_HELD);
	assert_string_equal(b.result.held.guard, "lint");
	assert_non_null(strstr(b.result.reason, "lists no IPv4 addresses any more"));
	ingest_accept(&b.settings, b.v, &b.result);
	assert_int_equal(b.result.outcome, INGEST_TAKEN);
	ingest_bench_done(&b);
}

/* What lists everything is not even accepted. */
static void test_everything(void **state)
{
	static const char *const rows[][2] = {{"plain", "0.0.0.0/0\n"}, {"plain", "::/0\n"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ingest_bench b;

		ingest_bench_init(&b);
		b.settings.format = format_find(rows[i][0]);
		b.settings.guards = (struct guard_limits){.errors = 1, .growth = 9, .coverage4 = 1};
		folder_write(&b.f, "source", rows[i][1]);
		ingest_source(&b.settings, b.v, false, &b.result);
		assert_int_equal(b.result.outcome, INGEST_HELD);
		ingest_accept(&b.settings, b.v, &b.result);
		assert_int_equal(b.result.outcome, INGEST_REFUSED);
		assert_non_null(strstr(b.result.reason, "lists everything"));
		ingest_bench_done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_foreign),       cmocka_unit_test(test_must_list),
	    cmocka_unit_test(test_read_as_taken), cmocka_unit_test(test_accepted_with_options),
	    cmocka_unit_test(test_lost_kind),     cmocka_unit_test(test_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

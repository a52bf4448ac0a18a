/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/copy.h"
#include "control/ingest.h"
#include "tests/unit/control/folder.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Source files are written as a recipe: "120" = so many good lines, "+5" and so many bad ones,
 * "/7" and a /7; NULL = no file, "dir" = a folder. */
static void write_source(struct folder *f, const char *recipe)
{
	char text[65536];
	size_t size = 0;
	unsigned good, bad = 0;
	char *rest;

	unlink(folder_at(f, "source"));
	rmdir(folder_at(f, "source"));
	if (!recipe)
		return;
	if (strcmp(recipe, "dir") == 0) {
		assert_int_equal(mkdir(folder_at(f, "source"), 0700), 0);
		return;
	}
	good = (unsigned)strtoul(recipe, &rest, 10);
	if (*rest == '+')
		bad = (unsigned)strtoul(rest + 1, &rest, 10);
	for (unsigned i = 0; i < good; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, "198.51.%u.%u\n",
		                         i / 100, i % 100 * 2);
	for (unsigned i = 0; i < bad; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, "rubbish %u !\n", i);
	if (*rest == '/')
		size += (size_t)snprintf(text + size, sizeof(text) - size, "32.0.0.0%s\n", rest);
	if (*rest == '#')
		size += (size_t)snprintf(text + size, sizeof(text) - size, "# %s\n", rest + 1);
	text[size] = '\0';
	folder_write(f, "source", text);
}

/* What happens to a feed whose last good version is "before", when the source becomes "after". */
static const struct ingest_row {
	const char *why, *before, *after;
	bool may_be_empty;
	enum ingest_outcome expected;
	const char *reason; /* part of it */
} ingest_rows[] = {
    {"the first version", NULL, "10", false, INGEST_TAKEN, ""},
    {"the first version is empty", NULL, "0", false, INGEST_HELD, "empty"},
    {"it may be", NULL, "0", true, INGEST_TAKEN, ""},
    {"the same bytes", "200", "200", false, INGEST_UNCHANGED, ""},
    {"other bytes, same meaning", "200", "200#comment", false, INGEST_UNCHANGED, ""},
    {"grown as far as allowed", "100", "300", false, INGEST_TAKEN, ""},
    {"grown too far", "100", "301", false, INGEST_HELD, "growth"},
    {"too small to compare", "99", "500", false, INGEST_TAKEN, ""},
    {"shrunk as far as allowed", "200", "100", false, INGEST_TAKEN, ""},
    {"shrunk too far", "200", "99", false, INGEST_HELD, "shrink"},
    {"emptied", "200", "0", false, INGEST_HELD, ""},
    {"as many errors as allowed", "200", "198+2", false, INGEST_TAKEN, ""},
    {"too many errors", "200", "197+3", false, INGEST_HELD, "errors"},
    {"a /8 is allowed", "200", "200/8", false, INGEST_TAKEN, ""},
    {"a /7 is not", "200", "200/7", false, INGEST_HELD, "widest4"},
    {"the file vanished", "200", NULL, false, INGEST_MISSING, "No such file"},
    {"it never was", NULL, NULL, false, INGEST_MISSING, "No such file"},
    {"a folder has its name", "200", "dir", false, INGEST_MISSING, "not a regular file"},
};

struct bench {
	struct folder f;
	struct ingest_settings settings;
	struct versions *v;
	struct ingest_result result;
};

static void bench_init(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	folder_init(&b->f);
	b->settings.path = strdup(folder_at(&b->f, "source"));
	b->settings.format = format_find("plain");
	b->settings.guards = (struct guard_limits)GUARD_LIMITS_DEFAULT;
	b->v = versions_open(folder_at(&b->f, "feed"), NULL, NULL);
	assert_non_null(b->v);
	versions_keep(b->v, 0);
	assert_non_null(b->settings.format);
}

static void bench_done(struct bench *b)
{
	dataset_free(b->result.dataset);
	versions_close(b->v);
	free(b->settings.path);
	folder_done(&b->f);
}

static void bench_reopen(struct bench *b)
{
	versions_close(b->v);
	b->v = versions_open(folder_at(&b->f, "feed"), NULL, NULL);
	assert_non_null(b->v);
}

static enum ingest_outcome bench_read(struct bench *b, const char *recipe)
{
	write_source(&b->f, recipe);
	dataset_free(b->result.dataset);
	ingest_source(&b->settings, b->v, false, &b->result);
	assert_false(folder_has(&b->f, "feed/incoming"));
	assert_int_equal(b->result.dataset != NULL, b->result.outcome == INGEST_TAKEN);
	return b->result.outcome;
}

static void test_decisions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ingest_rows) / sizeof(ingest_rows[0]); i++) {
		const struct ingest_row *row = &ingest_rows[i];
		uint64_t before = 0;
		struct bench b;

		print_message("# %s\n", row->why);
		bench_init(&b);
		b.settings.guards.may_be_empty = row->may_be_empty;
		if (row->before) {
			assert_int_equal(bench_read(&b, row->before), INGEST_TAKEN);
			before = 1;
		}
		/* What guards compare with survives a restart. */
		bench_reopen(&b);
		assert_int_equal(bench_read(&b, row->after), row->expected);
		assert_non_null(strstr(b.result.reason, row->reason));
		assert_int_equal(b.result.has_held, row->expected == INGEST_HELD);
		assert_int_equal(b.result.has_good, before || row->expected == INGEST_TAKEN);
		if (b.result.has_good)
			assert_int_equal(b.result.good.number,
			                 before + (row->expected == INGEST_TAKEN));
		bench_done(&b);
	}
}

static void test_same_hash_without_parsing(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	assert_int_equal(bench_read(&b, "200"), INGEST_TAKEN);
	assert_true(b.result.was_parsed);
	assert_int_equal(bench_read(&b, "200"), INGEST_UNCHANGED);
	assert_false(b.result.was_parsed);
	dataset_free(b.result.dataset);
	ingest_source(&b.settings, b.v, true, &b.result);
	assert_int_equal(b.result.outcome, INGEST_UNCHANGED);
	assert_true(b.result.was_parsed);
	bench_done(&b);
}

static void test_held_until_accepted(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	ingest_accept(&b.settings, b.v, &b.result);
	assert_int_equal(b.result.outcome, INGEST_REFUSED);
	assert_int_equal(bench_read(&b, "200"), INGEST_TAKEN);
	assert_int_equal(bench_read(&b, "1000"), INGEST_HELD);
	bench_reopen(&b);
	ingest_load(&b.settings, b.v, &b.result);
	assert_int_equal(b.result.outcome, INGEST_TAKEN);
	assert_int_equal(b.result.dataset->facts.entry_count, 200);
	assert_true(b.result.has_held);
	dataset_free(b.result.dataset);
	ingest_accept(&b.settings, b.v, &b.result);
	assert_int_equal(b.result.outcome, INGEST_TAKEN);
	assert_int_equal(b.result.dataset->facts.entry_count, 1000);
	assert_false(b.result.has_held);
	/* the accepted version is what the next is compared with, and the source agrees with it */
	assert_int_equal(bench_read(&b, "1000"), INGEST_UNCHANGED);
	assert_int_equal(bench_read(&b, "1100"), INGEST_TAKEN);
	bench_done(&b);
}

static void test_held_until_source_is_good_again(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	assert_int_equal(bench_read(&b, "200"), INGEST_TAKEN);
	assert_int_equal(bench_read(&b, "1000"), INGEST_HELD);
	assert_int_equal(bench_read(&b, "200"), INGEST_UNCHANGED);
	assert_false(b.result.has_held);
	bench_done(&b);
}

static void test_rollback_ignores_source(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	ingest_rollback(&b.settings, b.v, 0, &b.result);
	assert_int_equal(b.result.outcome, INGEST_REFUSED);
	assert_int_equal(bench_read(&b, "200"), INGEST_TAKEN);
	assert_int_equal(bench_read(&b, "210"), INGEST_TAKEN);
	dataset_free(b.result.dataset);
	ingest_rollback(&b.settings, b.v, 0, &b.result);
	assert_int_equal(b.result.outcome, INGEST_TAKEN);
	assert_int_equal(b.result.dataset->facts.entry_count, 200);
	assert_int_equal(b.result.good.number, 1);
	/* the same content does not come back by itself, not even after a restart */
	assert_int_equal(bench_read(&b, "210"), INGEST_HELD);
	bench_reopen(&b);
	assert_int_equal(bench_read(&b, "210"), INGEST_HELD);
	assert_non_null(strstr(b.result.reason, "rolled back from version 2"));
	assert_int_equal(bench_read(&b, "220"), INGEST_TAKEN);
	assert_int_equal(b.result.good.number, 3);
	assert_int_equal(bench_read(&b, "210"), INGEST_TAKEN);
	bench_done(&b);
}

static void test_load_passes_over_damage(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	ingest_load(&b.settings, b.v, &b.result);
	assert_int_equal(b.result.outcome, INGEST_NOTHING);
	assert_int_equal(bench_read(&b, "200"), INGEST_TAKEN);
	assert_int_equal(bench_read(&b, "210"), INGEST_TAKEN);
	folder_write(&b.f, "feed/2.feed", "damage");
	bench_reopen(&b);
	dataset_free(b.result.dataset);
	ingest_load(&b.settings, b.v, &b.result);
	assert_int_equal(b.result.outcome, INGEST_TAKEN);
	assert_int_equal(b.result.good.number, 1);
	assert_int_equal(b.result.dataset->facts.entry_count, 200);
	bench_done(&b);
}

/* No room for the copy: told as such, and what serves is not touched. */
static void test_no_room(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	assert_int_equal(bench_read(&b, "200"), INGEST_TAKEN);
	write_source(&b.f, "210");
	assert_int_equal(symlink("/dev/full", folder_at(&b.f, "feed/incoming")), 0);
	dataset_free(b.result.dataset);
	ingest_source(&b.settings, b.v, false, &b.result);
	assert_int_equal(b.result.outcome, INGEST_FAILED);
	assert_non_null(strstr(b.result.reason, "cannot copy"));
	assert_int_equal(b.result.good.number, 1);
	assert_int_equal(bench_read(&b, "210"), INGEST_TAKEN);
	bench_done(&b);
}

enum meddle { MEDDLE_NOT, MEDDLE_APPEND, MEDDLE_REPLACE, MEDDLE_REMOVE, MEDDLE_TRUNCATE };

/* What somebody does to the source after the first block was copied. */
static const struct copy_row {
	const char *why;
	enum meddle meddle;
	int expected;
} copy_rows[] = {
    {"left alone", MEDDLE_NOT, 0},
    {"appended to", MEDDLE_APPEND, -EAGAIN},
    {"replaced by one of the same size", MEDDLE_REPLACE, -EAGAIN},
    {"removed", MEDDLE_REMOVE, -EAGAIN},
    {"truncated", MEDDLE_TRUNCATE, -EAGAIN},
};

static void meddle_with(struct folder *f, enum meddle meddle)
{
	FILE *file;

	switch (meddle) {
	case MEDDLE_NOT:
		break;
	case MEDDLE_APPEND:
		file = fopen(folder_at(f, "source"), "a");
		assert_non_null(file);
		fputs("198.51.100.1\n", file);
		fclose(file);
		break;
	case MEDDLE_REPLACE:
		assert_int_equal(rename(folder_at(f, "source"), folder_at(f, "old")), 0);
		write_source(f, "200");
		break;
	case MEDDLE_REMOVE:
		unlink(folder_at(f, "source"));
		break;
	case MEDDLE_TRUNCATE:
		assert_int_equal(truncate(folder_at(f, "source"), 10), 0);
		break;
	}
}

static void test_changed_during_copy(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(copy_rows) / sizeof(copy_rows[0]); i++) {
		uint8_t sum[DURABLE_CHECKSUM_SIZE];
		struct folder f;
		struct copy copy;

		print_message("# %s\n", copy_rows[i].why);
		folder_init(&f);
		write_source(&f, "200");
		assert_int_equal(
		    copy_begin(&copy, folder_at(&f, "source"), folder_at(&f, "target")), 0);
		assert_int_equal(copy_step(&copy), 1);
		meddle_with(&f, copy_rows[i].meddle);
		while (copy_step(&copy) > 0)
			;
		assert_int_equal(copy_end(&copy, folder_at(&f, "source"), sum),
		                 copy_rows[i].expected);
		folder_done(&f);
	}
}

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
		struct bench b;

		bench_init(&b);
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
		bench_done(&b);
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
		struct bench b;

		bench_init(&b);
		b.settings.drop_bogons = true;
		b.settings.canaries = canaries_of("", rows[i].must);
		folder_write(&b.f, "source", rows[i].text);
		ingest_source(&b.settings, b.v, false, &b.result);
		if (b.result.outcome != rows[i].expected)
			fail_msg("%s in %s: %d, '%s'", rows[i].must, rows[i].text, b.result.outcome,
			         b.result.reason);
		canaries_unref(b.settings.canaries);
		bench_done(&b);
	}
}

static struct format_options *options_of(const char *column)
{
	struct format_options *options = format_options_new();

	assert_int_equal(format_options_add(options, "column", column), 0);
	return options;
}

static uint64_t load_count(struct bench *b)
{
	dataset_free(b->result.dataset);
	ingest_load(&b->settings, b->v, &b->result);
	return b->result.dataset ? b->result.dataset->facts.entry_count : 0;
}

/* A version goes on being read as it was when it was taken. */
static void test_read_as_taken(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	b.settings.format = format_find("csv");
	b.settings.options = options_of("1");
	folder_write(&b.f, "source", "198.51.100.1,198.51.100.2\n198.51.100.3,\"\"\n");
	ingest_source(&b.settings, b.v, false, &b.result);
	assert_int_equal(b.result.outcome, INGEST_TAKEN);
	assert_int_equal(b.result.dataset->facts.entry_count, 2);
	format_options_unref(b.settings.options);
	b.settings.options = options_of("2");
	b.settings.guards.errors = 1;
	bench_reopen(&b); /* the configuration changed while nothing ran */
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
	bench_reopen(&b);
	dataset_free(b.result.dataset);
	ingest_rollback(&b.settings, b.v, 1, &b.result); /* another format with other options */
	assert_int_equal(b.result.outcome, INGEST_TAKEN);
	assert_int_equal(b.result.dataset->facts.entry_count, 2);
	bench_done(&b);
}

static void test_accepted_with_options(void **state)
{
	struct version_info info;
	char *text;
	struct bench b;
	size_t size;

	(void)state;
	bench_init(&b);
	assert_int_equal(bench_read(&b, "200"), INGEST_TAKEN);
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
	bench_reopen(&b);
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
	bench_reopen(&b);
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
	bench_reopen(&b);
	assert_int_equal(load_count(&b), 200);
	assert_int_equal(b.result.good.number, 1);
	assert_true(folder_has(&b.f, "feed/2.feed.damaged"));
	bench_done(&b);
}

/* Which kinds there were is known after a restart. */
static void test_lost_kind(void **state)
{
	char names[4000] = "";
	struct bench b;

	(void)state;
	bench_init(&b);
	assert_int_equal(bench_read(&b, "200"), INGEST_TAKEN);
	bench_reopen(&b);
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
	bench_done(&b);
}

/* What lists everything is not even accepted. */
static void test_everything(void **state)
{
	static const char *const rows[][2] = {{"plain", "0.0.0.0/0\n"}, {"plain", "::/0\n"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b;

		bench_init(&b);
		b.settings.format = format_find(rows[i][0]);
		b.settings.guards = (struct guard_limits){.errors = 1, .growth = 9, .coverage4 = 1};
		folder_write(&b.f, "source", rows[i][1]);
		ingest_source(&b.settings, b.v, false, &b.result);
		assert_int_equal(b.result.outcome, INGEST_HELD);
		ingest_accept(&b.settings, b.v, &b.result);
		assert_int_equal(b.result.outcome, INGEST_REFUSED);
		assert_non_null(strstr(b.result.reason, "lists everything"));
		bench_done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_foreign),
	    cmocka_unit_test(test_must_list),
	    cmocka_unit_test(test_decisions),
	    cmocka_unit_test(test_same_hash_without_parsing),
	    cmocka_unit_test(test_held_until_accepted),
	    cmocka_unit_test(test_held_until_source_is_good_again),
	    cmocka_unit_test(test_rollback_ignores_source),
	    cmocka_unit_test(test_load_passes_over_damage),
	    cmocka_unit_test(test_no_room),
	    cmocka_unit_test(test_changed_during_copy),
	    cmocka_unit_test(test_lost_kind),
	    cmocka_unit_test(test_everything),
	    cmocka_unit_test(test_read_as_taken),
	    cmocka_unit_test(test_accepted_with_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

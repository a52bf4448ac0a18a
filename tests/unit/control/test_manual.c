/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/manual.h"
#include "tests/unit/control/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct key_row {
	const char *why, *text, *canonical; /* NULL: refused */
	int level;
	bool has_host_bits;
} key_rows[] = {
    {"an address", "192.0.2.1", "192.0.2.1", 32, false},
    {"spaces around", "  192.0.2.1\t", "192.0.2.1", 32, false},
    {"a prefix of full length is an address", "192.0.2.1/32", "192.0.2.1", 32, false},
    {"a prefix", "192.0.2.0/24", "192.0.2.0/24", 24, false},
    {"host bits are cleared", "192.0.2.9/24", "192.0.2.0/24", 24, true},
    {"everything", "0.0.0.0/0", "0.0.0.0/0", 0, false},
    {"a range that is a prefix", "192.0.2.0-192.0.2.255", "192.0.2.0/24", 24, false},
    {"a range of one", "192.0.2.1-192.0.2.1", "192.0.2.1", 32, false},
    {"a range of nine is as wide as a /28", "192.0.2.1-192.0.2.9", "192.0.2.1-192.0.2.9", 28,
     false},
    {"a range of 256 that is no prefix", "192.0.2.1-192.0.3.0", "192.0.2.1-192.0.3.0", 24, false},
    {"IPv6, shortest form", "2001:0DB8:0::1", "2001:db8::1", 128, false},
    {"an IPv6 prefix", "2001:db8::/32", "2001:db8::/32", 32, false},
    {"all of IPv6", "::/0", "::/0", 0, false},
    {"v4-mapped is IPv4", "::ffff:192.0.2.1", "192.0.2.1", 32, false},
    {"an exclusion", "!192.0.2.1", "!192.0.2.1", 32, false},
    {"an excluded prefix", "!192.0.2.0/24", "!192.0.2.0/24", 24, false},
    {"a name", "Example.COM", "example.com", 4, false},
    {"its dot at the end", "example.com.", "example.com", 4, false},
    {"what is below a name decides before the name", "*.example.com", "*.example.com", 5, false},
    {"a longer name decides first", "a.example.com", "a.example.com", 6, false},
    {"an excluded name", "!*.example.com", "!*.example.com", 5, false},
    {"a name with a hyphen and digits", "1-2.example", "1-2.example", 4, false},
    {"an internationalised name",
     "b\xc3\xbc"
     "cher.example",
     "xn--bcher-kva.example", 4, false},
    {"a top level domain", "zip", "zip", 2, false},
    {"nothing", "", NULL, 0, false},
    {"only an exclamation mark", "!", NULL, 0, false},
    {"an octet too large", "192.0.2.256", NULL, 0, false},
    {"an octet with a leading zero", "192.0.02.1", NULL, 0, false},
    {"three octets are neither", "192.0.2", NULL, 0, false},
    {"a length too long", "192.0.2.0/33", NULL, 0, false},
    {"a range backwards", "192.0.2.9-192.0.2.1", NULL, 0, false},
    {"IPv6 cut short", "2001:db8:", NULL, 0, false},
    {"a name with a slash", "example.com/24", NULL, 0, false},
    {"an empty label", "example..com", NULL, 0, false},
    {"only a wildcard", "*.", NULL, 0, false},
    {"two exclamation marks", "!!192.0.2.1", NULL, 0, false},
    {"an escape", "a\\.b.example.com", NULL, 0, false},
    {"a label of nothing but a hyphen", "-", "-", 2, false},
    {"an underscore", "_dmarc.example.com", "_dmarc.example.com", 6, false},
    {"a star inside", "a.*.example.com", NULL, 0, false},
    {"a space inside", "192.0.2.1 192.0.2.2", NULL, 0, false},
};

static void test_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(key_rows) / sizeof(key_rows[0]); i++) {
		const struct key_row *row = &key_rows[i];
		struct manual_key key, again;
		char error[160] = "";
		int rc = manual_key_parse(row->text, &key, error, sizeof(error));

		print_message("# %s\n", row->why);
		if (!row->canonical) {
			assert_int_equal(rc, -EINVAL);
			assert_true(error[0] != '\0');
			continue;
		}
		assert_int_equal(rc, 0);
		assert_string_equal(key.text, row->canonical);
		assert_int_equal(key.level, row->level);
		assert_int_equal(key.has_host_bits, row->has_host_bits);
		/* canonical means: parsing it again changes nothing */
		assert_int_equal(manual_key_parse(key.text, &again, error, sizeof(error)), 0);
		assert_string_equal(again.text, key.text);
	}
}

static const struct cover_row {
	const char *why, *key, *other;
	bool is_covered;
} cover_rows[] = {
    {"itself", "192.0.2.1", "192.0.2.1", true},
    {"a prefix its addresses", "192.0.2.0/24", "192.0.2.255", true},
    {"not the one after", "192.0.2.0/24", "192.0.3.0", false},
    {"not a wider one", "192.0.2.0/24", "192.0.2.0/23", false},
    {"families differ", "::/0", "192.0.2.1", false},
    {"a name itself", "example.com", "example.com", true},
    {"a name what is below", "example.com", "a.b.example.com", true},
    {"not at a label", "example.com", "badexample.com", false},
    {"a wildcard what is below", "*.example.com", "a.example.com", true},
    {"a wildcard not the name", "*.example.com", "example.com", false},
    {"a name its wildcard", "example.com", "*.example.com", true},
    {"names and addresses differ", "example.com", "192.0.2.1", false},
};

static void test_covers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cover_rows) / sizeof(cover_rows[0]); i++) {
		struct manual_key key, other;
		char error[160];

		print_message("# %s\n", cover_rows[i].why);
		assert_int_equal(manual_key_parse(cover_rows[i].key, &key, error, sizeof(error)),
		                 0);
		assert_int_equal(
		    manual_key_parse(cover_rows[i].other, &other, error, sizeof(error)), 0);
		assert_int_equal(manual_key_covers(&key, &other), cover_rows[i].is_covered);
	}
}

static unsigned complaints;

static void complain(const char *message, void *context)
{
	(void)message;
	(void)context;
	complaints++;
}

static struct manual *reopen(struct folder *f, struct manual *m)
{
	manual_close(m);
	complaints = 0;
	m = manual_open(folder_at(f, "manual"), complain, NULL);
	assert_non_null(m);
	return m;
}

static bool put(struct manual *m, const char *list, const char *key, int64_t expires_s)
{
	const struct manual_record record = {
	    .key = key,
	    .code = 0x7f000005,
	    .text = "text",
	    .author = "me",
	    .added_s = 100,
	    .expires_s = expires_s,
	};
	bool is_new = false;

	assert_int_equal(manual_put(m, list, &record, &is_new), 0);
	return is_new;
}

/* Collects keys as "a b c". */
static bool collect(const struct manual_record *record, void *context)
{
	char *text = context;

	snprintf(text + strlen(text), 512 - strlen(text), "%s%s", text[0] ? " " : "", record->key);
	return true;
}

static bool count_record(const struct manual_record *record, void *context)
{
	(void)record;
	++*(unsigned *)context;
	return true;
}

static void expect_keys(struct manual *m, const char *list, int64_t now_s, const char *expected)
{
	char text[512] = "";

	assert_int_equal(manual_each(m, list, now_s, collect, text), 0);
	assert_string_equal(text, expected);
}

static bool check_first(const struct manual_record *record, void *context)
{
	*(bool *)context = true;
	assert_string_equal(record->key, "192.0.2.1");
	assert_int_equal(record->code, 0x7f000005);
	assert_string_equal(record->text, "text");
	assert_null(record->reason);
	assert_string_equal(record->author, "me");
	assert_int_equal(record->added_s, 100);
	assert_int_equal(record->expires_s, 2000);
	return false;
}

static void test_persists(void **state)
{
	struct folder f;
	struct manual *m;
	bool was_there = false, was_seen = false;

	(void)state;
	folder_init(&f);
	m = reopen(&f, NULL);
	expect_keys(m, "local", 0, "");
	assert_true(put(m, "local", "192.0.2.2", 0));
	assert_true(put(m, "local", "192.0.2.1", 2000));
	assert_true(put(m, "locals", "192.0.2.3", 0)); /* a name that begins the same */
	assert_true(put(m, "loca", "192.0.2.4", 0));
	assert_false(put(m, "local", "192.0.2.1", 2000));
	m = reopen(&f, m);
	assert_int_equal(complaints, 0);
	expect_keys(m, "local", 0, "192.0.2.1 192.0.2.2");
	expect_keys(m, "locals", 0, "192.0.2.3");
	assert_int_equal(manual_each(m, "local", 0, check_first, &was_seen), 0);
	assert_true(was_seen);
	assert_int_equal(manual_delete(m, "local", "192.0.2.2", &was_there), 0);
	assert_true(was_there);
	assert_int_equal(manual_delete(m, "local", "192.0.2.2", &was_there), 0);
	assert_false(was_there);
	m = reopen(&f, m);
	expect_keys(m, "local", 0, "192.0.2.1");
	manual_close(m);
	folder_done(&f);
}

/* Killed right after the call returned: what was acknowledged is there. */
static void test_survives_kill(void **state)
{
	struct folder f;
	struct manual *m;
	pid_t child;
	int status;

	(void)state;
	folder_init(&f);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		m = manual_open(folder_at(&f, "manual"), NULL, NULL);
		if (!m)
			_exit(1);
		put(m, "local", "192.0.2.1", 0);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	m = reopen(&f, NULL);
	assert_int_equal(complaints, 0);
	expect_keys(m, "local", 0, "192.0.2.1");
	manual_close(m);
	folder_done(&f);
}

static void test_expires(void **state)
{
	struct manual_dataset built;
	struct folder f;
	struct manual *m;
	uint64_t count = 99;

	(void)state;
	folder_init(&f);
	m = reopen(&f, NULL);
	put(m, "local", "192.0.2.1", 1000);
	put(m, "local", "192.0.2.2", 1500);
	put(m, "local", "192.0.2.3", 0);
	put(m, "other", "192.0.2.4", 1000);
	expect_keys(m, "local", 999, "192.0.2.1 192.0.2.2 192.0.2.3");
	expect_keys(m, "local", 1000, "192.0.2.2 192.0.2.3");
	assert_int_equal(manual_build(m, "local", 1000, &built), 0);
	assert_int_equal(built.count, 2);
	assert_int_equal(built.next_expiry_s, 1500);
	dataset_free(built.dataset);
	assert_int_equal(manual_expire(m, "local", 999, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(manual_expire(m, "local", 1000, &count), 0);
	assert_int_equal(count, 1);
	expect_keys(m, "local", 0, "192.0.2.2 192.0.2.3");
	expect_keys(m, "other", 0, "192.0.2.4");
	assert_int_equal(manual_build(m, "local", 2000, &built), 0);
	assert_int_equal(built.count, 1);
	assert_int_equal(built.next_expiry_s, 0);
	dataset_free(built.dataset);
	manual_close(m);
	folder_done(&f);
}

static void test_builds(void **state)
{
	const struct dataset_value *const *values;
	struct manual_dataset built;
	struct folder f;
	struct manual *m;
	struct dataset_range4 range;
	size_t edge;

	(void)state;
	folder_init(&f);
	m = reopen(&f, NULL);
	put(m, "local", "198.51.100.0/24", 0);
	put(m, "local", "!198.51.100.7", 0);
	put(m, "local", "2001:db8::/48", 0);
	put(m, "local", "example.com", 0);
	assert_int_equal(manual_build(m, "local", 0, &built), 0);
	assert_int_equal(built.count, 4);
	assert_int_equal(built.dataset->range4_count, 2);
	edge = dataset_edge4_range(&built.dataset->edges4, 0, &range);
	assert_int_equal(range.first, 0xc6336400);
	assert_int_equal(range.last, 0xc6336406);
	dataset_edge4_range(&built.dataset->edges4, edge, &range);
	assert_int_equal(range.first, 0xc6336408);
	assert_int_equal(built.dataset->range6_count, 1);
	assert_int_equal(built.dataset->name_count, 1);
	assert_int_equal(dataset_set(built.dataset, range.set, &values), 1);
	assert_int_equal(values[0]->code, 0x7f000005);
	assert_int_equal(values[0]->text_size, 4);
	dataset_free(built.dataset);
	manual_close(m);
	folder_done(&f);
}

/* Overwrite a part of the store's file. */
static void smash(struct folder *f, off_t from, size_t size, int with)
{
	int fd = open(folder_at(f, "manual/data.mdb"), O_WRONLY);
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	for (off_t at = from; at < from + (off_t)size && at < st.st_size; at++)
		assert_int_equal(pwrite(fd, &(char){(char)with}, 1, at), 1);
	close(fd);
}

/* Each of these must be noticed, put aside, and must not stop the start. */
static const struct smash_row {
	const char *why;
	off_t from;
	size_t size;
	int with;
	off_t cut; /* 0: not cut */
} smash_rows[] = {
    {"both heads are zero", 0, 8192, 0, 0},
    {"both heads are rubbish", 0, 8192, 0xa5, 0},
    {"everything is rubbish", 0, 1 << 20, 0xff, 0},
    {"everything after the heads is rubbish", 8192, 1 << 20, 0xff, 0},
    {"everything after the heads is zero", 8192, 1 << 20, 0, 0},
    {"cut after the heads", 0, 0, 0, 8192},
    {"cut in the first head", 0, 0, 0, 100},
};

static void test_damaged_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(smash_rows) / sizeof(smash_rows[0]); i++) {
		const struct smash_row *row = &smash_rows[i];
		struct folder f;
		struct manual *m;
		char key[32];

		print_message("# %s\n", row->why);
		folder_init(&f);
		m = reopen(&f, NULL);
		for (unsigned j = 0; j < 200; j++) {
			snprintf(key, sizeof(key), "192.0.2.%u", j);
			put(m, "local", key, 0);
		}
		manual_close(m);
		smash(&f, row->from, row->size, row->with);
		if (row->cut)
			assert_int_equal(truncate(folder_at(&f, "manual/data.mdb"), row->cut), 0);
		m = reopen(&f, NULL);
		assert_int_equal(complaints, 1);
		assert_int_equal(folder_count(&f, "manual", "data.mdb.damaged-"), 1);
		expect_keys(m, "local", 0, "");
		assert_true(put(m, "local", "192.0.2.1", 0));
		m = reopen(&f, m);
		assert_int_equal(complaints, 0);
		expect_keys(m, "local", 0, "192.0.2.1");
		manual_close(m);
		folder_done(&f);
	}
}

/* A flipped bit in a record that LMDB does not see. */
static void test_damaged_record(void **state)
{
	struct folder f;
	struct manual *m;
	size_t size;
	char *bytes, *at;

	(void)state;
	folder_init(&f);
	m = reopen(&f, NULL);
	put(m, "local", "192.0.2.1", 0);
	put(m, "local", "192.0.2.2", 0);
	manual_close(m);
	bytes = folder_read(&f, "manual/data.mdb", &size);
	/* Older copies of the page hold it as well: all of them. */
	for (size_t from = 0; (at = memmem(bytes + from, size - from, "192.0.2.1", 9)) != NULL;
	     from = (size_t)(at - bytes) + 1) {
		char *code = memmem(at, 200, "2130706437", 10);

		if (code)
			smash(&f, code - bytes, 1, '3');
	}
	free(bytes);
	m = reopen(&f, NULL);
	expect_keys(m, "local", 0, "192.0.2.2");
	assert_true(complaints >= 1);
	assert_int_equal(folder_count(&f, "manual", "damaged"), 0);
	manual_close(m);
	folder_done(&f);
}

/* No room in the file system: an error, and all that was acknowledged stays. */
static void test_full_disk(void **state)
{
	struct manual_record record = {.text = "text", .added_s = 100};
	struct rlimit before, limit;
	unsigned count = 0, kept = 0;
	struct folder f;
	struct manual *m;
	struct stat st;
	char key[32];
	bool is_new;
	int rc = 0;

	(void)state;
	folder_init(&f);
	m = reopen(&f, NULL);
	put(m, "local", "192.0.2.1", 0);
	assert_int_equal(stat(folder_at(&f, "manual/data.mdb"), &st), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)st.st_size + 65536;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (; rc == 0 && count < 100000; count++) {
		snprintf(key, sizeof(key), "10.0.%u.%u", count / 256, count % 256);
		record.key = key;
		rc = manual_put(m, "big", &record, &is_new);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_true(rc < 0);
	m = reopen(&f, m);
	assert_int_equal(complaints, 0);
	expect_keys(m, "local", 0, "192.0.2.1");
	assert_int_equal(manual_each(m, "big", 0, count_record, &kept), 0);
	assert_int_equal(kept, count - 1);
	put(m, "local", "192.0.2.2", 0); /* with room again it works again */
	manual_close(m);
	folder_done(&f);
}

static void test_limits(void **state)
{
	struct manual_record record = {.key = "192.0.2.1"};
	char list[600];
	struct folder f;
	struct manual *m;
	bool is_new;

	(void)state;
	folder_init(&f);
	m = reopen(&f, NULL);
	memset(list, 'a', sizeof(list) - 1);
	list[sizeof(list) - 1] = '\0';
	assert_int_equal(manual_put(m, list, &record, &is_new), -ENAMETOOLONG);
	record.text = "\xff\xfe";
	assert_int_equal(manual_put(m, "local", &record, &is_new), -EINVAL);
	expect_keys(m, "local", 0, "");
	manual_close(m);
	folder_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys),         cmocka_unit_test(test_covers),
	    cmocka_unit_test(test_persists),     cmocka_unit_test(test_survives_kill),
	    cmocka_unit_test(test_expires),      cmocka_unit_test(test_builds),
	    cmocka_unit_test(test_damaged_file), cmocka_unit_test(test_damaged_record),
	    cmocka_unit_test(test_limits),       cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

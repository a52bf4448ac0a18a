/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/labels.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_split(void **state)
{
	static const struct {
		const char *reason;
		const char *name;
		size_t size;
		int rc;
		size_t count;
	} rows[] = {
	    {"the root has no labels", "", 0, 0, 0},
	    {"one label", "\3com", 4, 0, 1},
	    {"a label may hold any byte, also zero and a dot", "\4a\0.b\1c", 7, 0, 2},
	    {"a root label is not part of the form", "\3com", 5, -EINVAL, 0},
	    {"an empty label in the middle", "\1a\0\1b", 5, -EINVAL, 0},
	    {"the last label is cut short", "\3co", 3, -EINVAL, 0},
	    {"nothing behind a length byte", "\3com\1", 5, -EINVAL, 0},
	    {"a compression pointer", "\1a\300\2", 4, -EINVAL, 0},
	};
	struct labels labels;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		labels.count = 0;
		print_message("# %s\n", rows[i].reason);
		assert_int_equal(labels_split((const uint8_t *)rows[i].name, rows[i].size, &labels),
		                 rows[i].rc);
		assert_int_equal(labels.count, rows[i].count);
	}
}

static void test_split_limits(void **state)
{
	uint8_t name[300];
	struct labels labels;

	(void)state;
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 2 == 0 ? 1 : 'a';
	assert_int_equal(labels_split(name, 254, &labels), 0);
	assert_int_equal(labels.count, LABELS_MAX);
	assert_int_equal(labels.offsets[LABELS_MAX - 1], 252);
	assert_int_equal(labels_split(name, 256, &labels), -EINVAL);
	memset(name, 'a', sizeof(name));
	name[0] = 63;
	assert_int_equal(labels_split(name, 64, &labels), 0);
	name[0] = 64;
	assert_int_equal(labels_split(name, 65, &labels), -EINVAL);
}

/* Every byte value, in a word of its own and in the rest: only A-Z and a-z are alike. */
static void test_hash_folds_letters(void **state)
{
	const struct labels_key key = {{1, 2}};
	uint8_t a[11] = "\12..........", b[11] = "\12..........";

	(void)state;
	for (unsigned x = 0; x < 256; x++) {
		for (unsigned y = 0; y < 256; y++) {
			size_t at = (x ^ y) & 1 ? 3 : 9;
			bool is_alike = x == y || (x >= 'A' && x <= 'Z' && y == x + 32) ||
			                (y >= 'A' && y <= 'Z' && x == y + 32);

			a[at] = (uint8_t)x;
			b[at] = (uint8_t)y;
			assert_int_equal(labels_hash(&key, 7, a) == labels_hash(&key, 7, b),
			                 is_alike);
			assert_int_equal(labels_are_equal(a, b, sizeof(a)), is_alike);
			a[at] = b[at] = '.';
		}
	}
}

static void test_hash_depends_on_all(void **state)
{
	const struct labels_key key = {{1, 2}}, other = {{1, 3}};
	const uint8_t *label = (const uint8_t *)"\3com";
	uint64_t hash = labels_hash(&key, 0, label);

	(void)state;
	assert_int_equal(labels_hash(&key, 0, label), hash);
	assert_int_not_equal(labels_hash(&other, 0, label), hash);
	assert_int_not_equal(labels_hash(&key, 1, label), hash);
	assert_int_not_equal(labels_hash(&key, 0, (const uint8_t *)"\4com\0"), hash);
	assert_int_not_equal(labels_hash(&key, 0, (const uint8_t *)"\3con"), hash);
}

static void test_keys_differ(void **state)
{
	struct labels_key a, b;

	(void)state;
	assert_int_equal(labels_key_init(&a), 0);
	assert_int_equal(labels_key_init(&b), 0);
	assert_memory_not_equal(&a, &b, sizeof(a));
}

struct suffix_row {
	const char *name, *suffix, *why;
	int offset; /* -1 = does not end with it */
};

static const struct suffix_row suffix_rows[] = {
    {"\3www\7example", "\7example", "below", 4},
    {"\3WWW\7ExAmple", "\7eXample", "RFC 4343: in either case", 4},
    {"\7example", "\7example", "the same", 0},
    {"\7example", "", "all are below the root", 8},
    {"\7example", "\3www\7example", "above", -1},
    {"\3www\7example", "\7exampla", "another name", -1},
    {"\4\3abc\1x", "\3abc\1x", "not at a label boundary", -1},
    {"\3[[[", "\3{{{", "only letters have a case", -1},
};

static void test_ends_with(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(suffix_rows) / sizeof(suffix_rows[0]); i++) {
		const struct suffix_row *row = &suffix_rows[i];
		size_t offset = 99;
		bool is_below =
		    labels_ends_with((const uint8_t *)row->name, strlen(row->name),
		                     (const uint8_t *)row->suffix, strlen(row->suffix), &offset);

		if (is_below != (row->offset >= 0) || (is_below && offset != (size_t)row->offset))
			fail_msg("%s: %d at %zu", row->why, is_below, offset);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_split),
	    cmocka_unit_test(test_split_limits),
	    cmocka_unit_test(test_hash_folds_letters),
	    cmocka_unit_test(test_hash_depends_on_all),
	    cmocka_unit_test(test_keys_differ),
	    cmocka_unit_test(test_ends_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

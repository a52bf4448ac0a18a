/* SPDX-License-Identifier: BSD-3-Clause */
/* Key labels: which are found, and their counters. */
#include "dataplane/table/keys.h"
#include "dataplane/table/stripes.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int add(struct keys *k, const char *label, const char *name)
{
	return keys_add(k, (const uint8_t *)label, strlen(label), name);
}

static int find(const struct keys *k, const char *label)
{
	uint8_t wire[64] = {(uint8_t)strlen(label)};

	memcpy(wire + 1, label, wire[0]);
	return keys_find(k, wire, keys_hash(k, wire));
}

#define LONGEST "123456789012345678901234567890123456789012345678901234567890123"

static const struct {
	const char *reason, *label;
	int rc;
} adds[] = {
    {"eight is enough", "abcdefgh", 0},
    {"all that a host name may hold", "AZaz-0189", 0},
    {"as long as a label can be", LONGEST, 0},
    {"the same in another case", "ABCDEFGH", -EEXIST},
    {"seven can be guessed", "abcdefg", -EINVAL},
    {"longer than a label", LONGEST "4", -EINVAL},
    {"a dot", "abcd.efgh", -EINVAL},
    {"an underscore", "abcd_efgh", -EINVAL},
    {"a byte that only looks like a letter without its case", "abcdefg@", -EINVAL},
};

static const struct {
	const char *reason, *label;
	int index;
} finds[] = {
    {"as it was added", "abcdefgh", 0},
    {"in another case", "aBcDeFgH", 0},
    {"added in upper case", "azaz-0189", 1},
    {"the longest", LONGEST, 2},
    {"its beginning", "abcdefg", -1},
    {"more than it", "abcdefghi", -1},
    {"the longest but for its end",
     "12345678901234567890123456789012345678901234567890123456789012", -1},
    {"nothing", "", -1},
};

static void test_find(void **state)
{
	struct keys *k = keys_new();

	(void)state;
	assert_non_null(k);
	assert_int_equal(find(k, "abcdefgh"), -1);
	for (size_t i = 0; i < sizeof(adds) / sizeof(adds[0]); i++) {
		int rc = add(k, adds[i].label, "name");

		if (rc != adds[i].rc)
			fail_msg("%s: %d", adds[i].reason, rc);
	}
	for (size_t i = 0; i < sizeof(finds) / sizeof(finds[0]); i++) {
		int index = find(k, finds[i].label);

		if (index != finds[i].index)
			fail_msg("%s: %d", finds[i].reason, index);
	}
	assert_int_equal(add(k, "another-1", LONGEST "4"), -EINVAL); /* a name too long */
	assert_int_equal(keys_size(k), 3);
	keys_free(k);
}

static void test_many(void **state)
{
	struct keys *k = keys_new();
	char label[64];

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		snprintf(label, sizeof(label), "key-of-%u", i);
		assert_int_equal(add(k, label, "name"), 0);
	}
	for (unsigned i = 0; i < 200000; i++) {
		snprintf(label, sizeof(label), "KEY-of-%u", i);
		assert_int_equal(find(k, label), i < 100000 ? (int)i : -1);
	}
	keys_free(k);
}

#define THREADS 4
#define COUNTS  20000

static struct keys *shared;

static void *count(void *argument)
{
	for (unsigned i = 0; i < COUNTS; i++)
		keys_count_query(shared, i % 3, *(unsigned *)argument);
	return NULL;
}

/* Threads of one index, or of one stripe, lose no counts; and a newer set goes on from there. */
static void test_counters(void **state)
{
	unsigned threads[THREADS] = {0, 1, 1, 1 + STRIPES};
	struct keys *newer = keys_new();
	pthread_t ids[THREADS];
	uint64_t sum = 0;

	(void)state;
	shared = keys_new();
	assert_int_equal(add(shared, "first-key", "a"), 0);
	assert_int_equal(add(shared, "second-key", "b"), 0);
	assert_int_equal(add(shared, "third-key", "c"), 0);
	assert_int_equal(keys_seal(shared), 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&ids[i], NULL, count, &threads[i]), 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(ids[i], NULL);
	for (unsigned i = 0; i < 3; i++)
		sum += keys_queries(shared, i);
	assert_int_equal(sum, THREADS * COUNTS);
	assert_int_equal(add(newer, "new-to-all", "n"), 0);
	assert_int_equal(add(newer, "THIRD-key", "c2"), 0);
	assert_int_equal(keys_seal(newer), 0);
	keys_count_query(newer, 1, 5);
	keys_carry(newer, shared);
	assert_int_equal(keys_queries(newer, 0), 0);
	assert_int_equal(keys_queries(newer, 1), keys_queries(shared, 2) + 1);
	assert_string_equal(keys_name(newer, 1), "c2");
	keys_free(newer);
	keys_free(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/verdicts.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

#define CODE(n) (0x7f000000u + (n))

static void test_define_listing(void **state)
{
	static const struct {
		const char *reason;
		uint32_t id, list, code;
		size_t text_size;
		int rc;
	} rows[] = {
	    {"as usual", 1, 0, CODE(2), 4, 0},
	    {"the largest of everything", VERDICT_MAX, LIST_ID_MAX, 0x7fffffff, 255, 0},
	    {"no text", 2, 0, CODE(2), 0, 0},
	    {"127.0.0.0 is odd, but a code", 3, 0, CODE(0), 0, 0},
	    {"id 0 is none", 0, 0, CODE(2), 0, -EINVAL},
	    {"an id of 25 bits", VERDICT_MAX + 1, 0, CODE(2), 0, -EINVAL},
	    {"a list outside of the bitmap", 4, LIST_ID_MAX + 1, CODE(2), 0, -EINVAL},
	    {"127.0.0.1 means that a query is blocked", 4, 0, CODE(1), 0, -EINVAL},
	    {"outside of 127/8, before", 4, 0, 0x7effffff, 0, -EINVAL},
	    {"outside of 127/8, behind", 4, 0, 0x80000000, 0, -EINVAL},
	    {"a text that is no character-string", 4, 0, CODE(2), 256, -EINVAL},
	    {"an id that is taken", 1, 5, CODE(5), 0, -EBUSY},
	};
	static const char text[300] = "text";
	struct verdicts *v = verdicts_new();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("# %s\n", rows[i].reason);
		assert_int_equal(verdicts_define_listing(v, rows[i].id, rows[i].list, rows[i].code,
		                                         text, rows[i].text_size),
		                 rows[i].rc);
	}
	verdicts_free(v);
	verdicts_free(NULL);
}

static void test_subject(void **state)
{
	static const struct {
		const char *reason;
		const char *text;
		bool want;
	} rows[] = {
	    {"no dollar sign", "listed", false},
	    {"the subject", "$", true},
	    {"the subject in a text", "see http://x/?$ now", true},
	    {"a dollar sign", "costs $$5", false},
	    {"a dollar sign, then the subject", "$$$", true},
	    {"two dollar signs", "$$$$", false},
	    {"at the end", "$$ $", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct verdicts *v = verdicts_new();
		const struct verdict *verdict;
		const uint32_t id = 1;

		print_message("# %s\n", rows[i].reason);
		assert_int_equal(
		    verdicts_define_listing(v, 1, 0, CODE(2), rows[i].text, strlen(rows[i].text)),
		    0);
		assert_int_equal(verdicts_define(v, 1, &id, 1), 0);
		verdict = verdicts_get(v, 1);
		assert_non_null(verdict);
		assert_int_equal(verdict->listings[0]->has_subject, rows[i].want);
		assert_int_equal(verdict->listings[0]->text_size, strlen(rows[i].text));
		assert_memory_equal(verdict->listings[0]->text, rows[i].text, strlen(rows[i].text));
		verdicts_free(v);
	}
}

/* Listing 1..6 of mixed codes and lists. */
static struct verdicts *new_with_listings(void)
{
	static const struct {
		uint32_t list, code;
	} listings[] = {{3, CODE(9)}, {1, CODE(9)}, {7, CODE(2)},
	                {7, CODE(3)}, {2, CODE(2)}, {7, 0x7f000100}};
	struct verdicts *v = verdicts_new();

	assert_non_null(v);
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(
		    verdicts_define_listing(v, i + 1, listings[i].list, listings[i].code, NULL, 0),
		    0);
	return v;
}

static void test_define(void **state)
{
	static const struct {
		const char *reason;
		verdict_t id;
		size_t count;
		uint32_t listings[6];
		int rc;
		size_t want_count;
		uint32_t want[6]; /* list * 0x10000 + low bits of the code */
	} rows[] = {
	    {"one listing", 1, 1, {1}, 0, 1, {0x30009}},
	    {"sorted by code, then list",
	     2,
	     6,
	     {1, 2, 3, 4, 5, 6},
	     0,
	     6,
	     {0x20002, 0x70002, 0x70003, 0x10009, 0x30009, 0x70100}},
	    {"a set has nothing twice", 3, 4, {2, 1, 2, 1}, 0, 2, {0x10009, 0x30009}},
	    {"the largest id", VERDICT_MAX, 1, {4}, 0, 1, {0x70003}},
	    {"verdict 0 is none", 0, 1, {1}, -EINVAL, 0, {0}},
	    {"an id of 25 bits", VERDICT_MAX + 1, 1, {1}, -EINVAL, 0, {0}},
	    {"no listings", 4, 0, {0}, -EINVAL, 0, {0}},
	    {"a listing that is unknown", 4, 2, {1, 7}, -EINVAL, 0, {0}},
	    {"listing 0", 4, 1, {0}, -EINVAL, 0, {0}},
	    {"an id that is taken", 1, 1, {4}, -EBUSY, 1, {0x30009}},
	};
	struct verdicts *v = new_with_listings();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct verdict *verdict;

		print_message("# %s\n", rows[i].reason);
		assert_int_equal(verdicts_define(v, rows[i].id, rows[i].listings, rows[i].count),
		                 rows[i].rc);
		verdict = verdicts_get(v, rows[i].id);
		assert_int_equal(verdict != NULL, rows[i].want_count > 0);
		for (uint32_t k = 0; verdict && k < verdict->count; k++) {
			const struct listing *l = verdict->listings[k];

			assert_int_equal(l->list << 16 | (l->code & 0xffff), rows[i].want[k]);
		}
		if (verdict)
			assert_int_equal(verdict->count, rows[i].want_count);
		assert_int_equal(verdicts_is_defined(v, rows[i].id), rows[i].id == 0 || verdict);
	}
	verdicts_free(v);
}

/* Listings of one list and code are in the order of their texts, whatever their ids. */
static void test_order_of_texts(void **state)
{
	static const char *const texts[] = {"b", "", "ab", "a"};
	const uint32_t ids[] = {1, 2, 3, 4}, want[] = {2, 4, 3, 1};
	struct verdicts *v = verdicts_new();
	const struct verdict *verdict;

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(
		    verdicts_define_listing(v, i + 1, 1, CODE(2), texts[i], strlen(texts[i])), 0);
	assert_int_equal(verdicts_define(v, 1, ids, 4), 0);
	verdict = verdicts_get(v, 1);
	for (uint32_t i = 0; i < 4; i++)
		assert_memory_equal(verdict->listings[i]->text, texts[want[i] - 1],
		                    verdict->listings[i]->text_size);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(verdict->listings[i]->text_size, strlen(texts[want[i] - 1]));
	verdicts_free(v);
}

static void test_most_listings(void **state)
{
	static uint32_t ids[VERDICT_LISTINGS_MAX + 1];
	struct verdicts *v = verdicts_new();
	const struct verdict *verdict;

	(void)state;
	for (uint32_t i = 0; i < VERDICT_LISTINGS_MAX + 1; i++) {
		ids[i] = 100 + i;
		assert_int_equal(verdicts_define_listing(v, ids[i], i % (LIST_ID_MAX + 1),
		                                         CODE(0x100 + 7919 * i % 65536), NULL, 0),
		                 0);
	}
	assert_int_equal(verdicts_define(v, 1, ids, VERDICT_LISTINGS_MAX + 1), -EINVAL);
	assert_int_equal(verdicts_define(v, 1, ids, VERDICT_LISTINGS_MAX), 0);
	verdict = verdicts_get(v, 1);
	assert_int_equal(verdict->count, VERDICT_LISTINGS_MAX);
	for (uint32_t i = 1; i < verdict->count; i++)
		assert_true(verdict->listings[i - 1]->code < verdict->listings[i]->code);
	ids[VERDICT_LISTINGS_MAX - 1] = ids[0]; /* far from its twin */
	assert_int_equal(verdicts_define(v, 2, ids, VERDICT_LISTINGS_MAX), 0);
	assert_int_equal(verdicts_get(v, 2)->count, VERDICT_LISTINGS_MAX - 1);
	verdicts_free(v);
}

/* What is forgotten is unknown at once, and its id can be taken again a grace period later. */
static void check_forget(void)
{
	struct verdicts *v = new_with_listings();
	const uint32_t ids[] = {1, 2};

	assert_int_equal(verdicts_define(v, 9, ids, 2), 0);
	verdicts_forget(v, 9);
	assert_false(verdicts_is_defined(v, 9));
	assert_null(verdicts_get(v, 9));
	verdicts_forget(v, 9); /* again: as unknown as any */
	verdicts_forget_listing(v, 1);
	verdicts_forget_listing(v, 1);
	assert_int_equal(verdicts_define(v, 8, ids, 2), -EINVAL);
	rcu_barrier();
	assert_int_equal(verdicts_define_listing(v, 1, 0, CODE(4), NULL, 0), 0);
	assert_int_equal(verdicts_define(v, 9, ids, 1), 0);
	assert_int_equal(verdicts_get(v, 9)->listings[0]->code, CODE(4));
	verdicts_forget(v, 0);
	verdicts_forget(v, 12345);
	verdicts_forget(v, UINT32_MAX);
	verdicts_forget_listing(v, UINT32_MAX);
	verdicts_free(v);
}

static void test_forget(void **state)
{
	(void)state;
	check_forget();
}

static void test_forget_as_a_reader(void **state)
{
	(void)state;
	rcu_register_thread();
	check_forget();
	rcu_unregister_thread();
}

/* Until the calling thread, a reader, reports a quiescent state, the grace period cannot end. */
static void test_busy_until_grace(void **state)
{
	struct verdicts *v = new_with_listings();
	const struct verdict *verdict;
	const uint32_t id = 3;

	(void)state;
	rcu_register_thread();
	assert_int_equal(verdicts_define(v, 9, &id, 1), 0);
	verdict = verdicts_get(v, 9);
	verdicts_forget(v, 9);
	verdicts_forget_listing(v, 3);
	assert_int_equal(verdicts_define(v, 9, (const uint32_t[]){4}, 1), -EBUSY);
	assert_int_equal(verdicts_define_listing(v, 3, 0, CODE(4), NULL, 0), -EBUSY);
	assert_int_equal(verdict->listings[0]->list, 7); /* still readable */
	rcu_barrier();                                   /* offline meanwhile */
	assert_int_equal(verdicts_define_listing(v, 3, 0, CODE(4), NULL, 0), 0);
	assert_int_equal(verdicts_define(v, 9, (const uint32_t[]){4}, 1), 0);
	verdicts_free(v);
	rcu_unregister_thread();
}

/* A listing forgotten before the verdicts that have it goes with the last of them. */
static void test_listing_outlived(void **state)
{
	struct verdicts *v = new_with_listings();
	const uint32_t id = 3;

	(void)state;
	assert_int_equal(verdicts_define(v, 8, &id, 1), 0);
	assert_int_equal(verdicts_define(v, 9, &id, 1), 0);
	verdicts_forget_listing(v, 3);
	verdicts_forget(v, 8);
	rcu_barrier();
	assert_int_equal(verdicts_get(v, 9)->listings[0]->list, 7);
	assert_int_equal(verdicts_define_listing(v, 3, 0, CODE(4), NULL, 0), -EBUSY);
	verdicts_forget(v, 9);
	rcu_barrier();
	assert_int_equal(verdicts_define_listing(v, 3, 0, CODE(4), NULL, 0), 0);
	verdicts_free(v);
}

/* Freed with a forgotten verdict in its grace period, and a forgotten listing still in use. */
static void test_free_during_grace(void **state)
{
	struct verdicts *v = new_with_listings();
	const uint32_t id = 3;

	(void)state;
	rcu_register_thread();
	assert_int_equal(verdicts_define(v, 8, &id, 1), 0);
	assert_int_equal(verdicts_define(v, 9, &id, 1), 0);
	verdicts_forget_listing(v, 3);
	verdicts_forget(v, 8);
	verdicts_free(v);
	rcu_unregister_thread();
	rcu_barrier(); /* LeakSanitizer counts what is left */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_define_listing),
	    cmocka_unit_test(test_subject),
	    cmocka_unit_test(test_define),
	    cmocka_unit_test(test_order_of_texts),
	    cmocka_unit_test(test_most_listings),
	    cmocka_unit_test(test_forget),
	    cmocka_unit_test(test_forget_as_a_reader),
	    cmocka_unit_test(test_busy_until_grace),
	    cmocka_unit_test(test_listing_outlived),
	    cmocka_unit_test(test_free_during_grace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

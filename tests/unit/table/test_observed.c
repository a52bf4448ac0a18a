/* SPDX-License-Identifier: BSD-3-Clause */
/* Observed lists: which they are, and counters that lose nothing. */
#include "dataplane/table/observed.h"
#include "dataplane/table/stripes.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define THREADS 4
#define COUNTS  20000

static char *const names[] = {"high", "low", "middle"};
static const uint32_t lists[] = {1023, 0, 64};

/* A verdict of two listings of list 64, one of list 1023 and one of list 5. */
static struct verdict *make_verdict(void)
{
	static const uint32_t of[] = {64, 64, 1023, 5};
	struct verdict *v = calloc(1, sizeof(*v) + 4 * sizeof(struct listing *));
	struct listing *listings = calloc(4, sizeof(*listings));

	v->count = 4;
	for (unsigned i = 0; i < 4; i++) {
		listings[i].list = of[i];
		v->listings[i] = &listings[i];
	}
	return v;
}

static void free_verdict(struct verdict *v)
{
	free((void *)v->listings[0]);
	free(v);
}

static void test_refuses(void **state)
{
	static const struct {
		const char *why;
		uint32_t lists[2];
		char *names[2];
		size_t count;
	} rows[] = {
	    {"no lists", {0}, {0}, 0},
	    {"a list twice", {3, 3}, {"a", "b"}, 2},
	    {"a list id that is none", {1024}, {"a"}, 1},
	    {"a name that does not fit",
	     {1},
	     {"0123456789012345678901234567890123456789012345678901234567890123"},
	     1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].why);
		errno = 0;
		assert_null(observed_new(rows[i].lists, rows[i].names, rows[i].count));
		assert_int_equal(errno, EINVAL);
	}
	assert_false(observed_has(NULL, 1));
	observed_free(NULL);
}

static void test_has(void **state)
{
	struct observed *o = observed_new(lists, names, 3);
	struct verdict *v = make_verdict();

	(void)state;
	assert_non_null(o);
	for (uint32_t list = 0; list < 2000; list++)
		assert_int_equal(observed_has(o, list), list == 0 || list == 64 || list == 1023);
	assert_true(observed_any(o, v));
	observed_free(o);
	o = observed_new(&(uint32_t){6}, names, 1);
	assert_false(observed_any(o, v));
	observed_free(o);
	free_verdict(v);
}

struct counting {
	struct observed *observed;
	const struct verdict *verdict;
	unsigned thread;
};

static void *count(void *argument)
{
	const struct counting *c = argument;

	for (unsigned i = 0; i < COUNTS; i++)
		observed_count(c->observed, c->verdict, c->thread);
	return NULL;
}

/* Threads of one index, or of one stripe, lose no counts; and newer ones go on from there. */
static void test_counts(void **state)
{
	static const unsigned threads[THREADS] = {0, 1, 1, 1 + STRIPES};
	struct observed *o = observed_new(lists, names, 3), *newer;
	struct verdict *v = make_verdict();
	struct counting counting[THREADS];
	pthread_t ids[THREADS];

	(void)state;
	for (unsigned i = 0; i < THREADS; i++) {
		counting[i] = (struct counting){o, v, threads[i]};
		assert_int_equal(pthread_create(&ids[i], NULL, count, &counting[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(ids[i], NULL);
	assert_int_equal(observed_size(o), 3);
	/* ascending by list; two listings of one list are one hit */
	assert_string_equal(observed_name(o, 0), "low");
	assert_int_equal(observed_hits(o, 0), 0);
	assert_string_equal(observed_name(o, 1), "middle");
	assert_int_equal(observed_hits(o, 1), THREADS * COUNTS);
	assert_int_equal(observed_hits(o, 2), THREADS * COUNTS);

	/* the same list by another id, and one that is new */
	newer = observed_new((const uint32_t[]){7, 64}, (char *const[]){"middle", "new"}, 2);
	observed_count(newer, v, 3);
	observed_carry(newer, o);
	assert_int_equal(observed_hits(newer, 0), THREADS * COUNTS);
	assert_int_equal(observed_hits(newer, 1), 1);
	observed_free(newer);
	observed_free(o);
	free_verdict(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_refuses),
	    cmocka_unit_test(test_has),
	    cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

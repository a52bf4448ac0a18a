/* SPDX-License-Identifier: BSD-3-Clause */
/* What golden cases cannot show: queries of a burst do not meddle with each other. */
#include "dataplane/answer.h"
#include "tests/golden/dataset.h"

#include <urcu-qsbr.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOM 600

struct asked {
	const char *name; /* wire form with its root label */
	size_t size;
	uint8_t flags, type;
	uint32_t client;
};

#define NAME(text) text, sizeof(text)

static const struct asked asked[] = {
    {NAME("\1"
          "1\1"
          "2\1"
          "0\3"
          "192\2bl\7example"),
     1, 1, 0x7f000001}, /* listed */
    {NAME("\1"
          "1\1"
          "2\1"
          "0\3"
          "192\2bl\7example"),
     0x80, 1, 0x7f000001}, /* a response */
    {NAME("\1"
          "1\1"
          "2\1"
          "0\3"
          "192\2bl\7example"),
     1, 16, 0x7f000001},
    {NAME("\1"
          "2\1"
          "2\1"
          "0\3"
          "192\2bl\7example"),
     1, 1, 0x7f000001}, /* three codes */
    {NAME("\4spam\7example\3dbl\7example"), 1, 16, 0x7f000001},
    {NAME("\1"
          "9\1"
          "9\1"
          "9\1"
          "9\2bl\7example"),
     1, 1, 0x7f000001}, /* not listed */
    {NAME("\1"
          "2\1"
          "0\3"
          "192\2bl\7example"),
     1, 1, 0x7f000001}, /* above something */
    {NAME("\1"
          "1\1"
          "2\1"
          "0\3"
          "192\3off\7example"),
     1, 1, 0x7f000001},
    {NAME("\1"
          "1\1"
          "2\1"
          "0\3"
          "192\2bl\7example"),
     1, 1, 0x0a420606}, /* dropped */
    {NAME("\1"
          "1\1"
          "2\1"
          "0\3"
          "192\2bl\7example"),
     1, 1, 0x0a420101}, /* refused */
    {NAME("\2bl\7example"), 1, 6, 0x7f000001},
    {NAME("\7nowhere"), 1, 1, 0x7f000001},
    {NAME("\1"
          "2\1"
          "0\1"
          "0\3"
          "127\2bl\7example"),
     1, 1, 0x7f000001}, /* test entry */
};
#define ASKED (sizeof(asked) / sizeof(asked[0]))

static struct query query_of(unsigned number)
{
	const struct asked *a = &asked[number % ASKED];
	struct query q;

	memset(&q, 0xa5, sizeof(q)); /* nothing but the caller's fields may matter */
	q.message = calloc(1, ROOM);
	assert_non_null(q.message);
	q.message[0] = (uint8_t)number;
	q.message[2] = a->flags;
	q.message[5] = 1;
	memcpy(q.message + 12, a->name, a->size);
	q.message[12 + a->size + 1] = a->type;
	q.message[12 + a->size + 3] = 1;
	q.size = (uint16_t)(12 + a->size + 4);
	q.capacity = ROOM;
	q.is_tcp = false;
	q.client = (address6_t)0xffff << 32 | a->client;
	return q;
}

static void test_burst(void **state)
{
	struct tables *t = *state;
	struct query burst[QUERY_BURST_MAX];

	for (unsigned shift = 0; shift < ASKED; shift++) {
		for (unsigned i = 0; i < QUERY_BURST_MAX; i++)
			burst[i] = query_of(i + shift);
		answer_burst(t, burst, QUERY_BURST_MAX);
		for (unsigned i = 0; i < QUERY_BURST_MAX; i++) {
			struct query single = query_of(i + shift);

			answer_burst(t, &single, 1);
			assert_int_equal(burst[i].drop, single.drop);
			assert_int_equal(burst[i].rcode, single.rcode);
			assert_int_equal(burst[i].reply_size, single.reply_size);
			assert_memory_equal(burst[i].message, single.message, ROOM);
			free(single.message);
			free(burst[i].message);
		}
	}
}

static void test_outcomes(void **state)
{
	static const struct {
		uint8_t drop, rcode;
	} expected[ASKED] = {
	    {DROP_NONE, 0},   {DROP_DNS_RESPONSE, 0}, {DROP_NONE, 0}, {DROP_NONE, 0},
	    {DROP_NONE, 0},   {DROP_NONE, 3},         {DROP_NONE, 0}, {DROP_NONE, 2},
	    {DROP_ACCESS, 0}, {DROP_NONE, 5},         {DROP_NONE, 0}, {DROP_NONE, 5},
	    {DROP_NONE, 0},
	};

	for (unsigned i = 0; i < ASKED; i++) {
		struct query q = query_of(i);

		answer_burst(*state, &q, 1);
		assert_int_equal(q.drop, expected[i].drop);
		assert_int_equal(q.rcode, expected[i].rcode);
		assert_int_equal(q.reply_size > 0, q.drop == DROP_NONE);
		free(q.message);
	}
}

static void test_no_room(void **state)
{
	struct query q = query_of(0);
	unsigned short size = q.size;

	q.capacity = 11; /* a caller that breaks the contract: not even a header fits */
	answer_burst(*state, &q, 1);
	assert_int_equal(q.drop, DROP_NO_ROOM);
	assert_int_equal(q.reply_size, 0);
	free(q.message);

	q = query_of(0);
	q.capacity = (uint16_t)(size - 1); /* nor the question */
	answer_burst(*state, &q, 1);
	assert_int_equal(q.drop, DROP_NO_ROOM);
	free(q.message);
}

static int set_up(void **state)
{
	urcu_qsbr_register_thread();
	*state = dataset_new();
	return 0;
}

static int tear_down(void **state)
{
	dataset_free(*state);
	urcu_qsbr_unregister_thread();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_burst),
	    cmocka_unit_test(test_outcomes),
	    cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests_name("answer", tests, set_up, tear_down);
}

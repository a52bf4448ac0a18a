/* SPDX-License-Identifier: BSD-3-Clause */
/* Rate limits on whole answers: what is cut, what is dropped, what is not limited. */
#include "dataplane/answer.h"
#include "dataplane/limit.h"
#include "tests/golden/dataset.h"

#include <urcu-qsbr.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define CLIENT(last) ((address6_t)0xffff << 32 | 0x7f000000u | (last)) /* 127.0.0.0/24 */

struct one {
	uint8_t message[512];
	struct query query;
};

static const uint8_t opt[11] = {0, 0, 41, 0x04, 0xd0};

/* A query for "1.2.0.192.bl.example", which is listed, or a name beside it. */
static void ask(struct one *one, const char *first_labels, bool has_opt)
{
	static const uint8_t tail[] = "\2bl\7example\0\0\1\0";
	size_t size = strlen(first_labels), at = 12;

	memset(one, 0, sizeof(*one));
	one->message[5] = 1;
	one->message[11] = has_opt;
	memcpy(one->message + at, first_labels, size);
	at += size;
	memcpy(one->message + at, tail, sizeof(tail));
	at += sizeof(tail);
	one->message[at - 1] = 1;
	if (has_opt)
		memcpy(one->message + at, opt, sizeof(opt));
	at += has_opt ? sizeof(opt) : 0;
	one->query.message = one->message;
	one->query.size = (uint16_t)at;
	one->query.capacity = sizeof(one->message);
	one->query.client = CLIENT(9);
}

#define LISTED                                                                                     \
	"\1"                                                                                       \
	"1\1"                                                                                      \
	"2\1"                                                                                      \
	"0\3"                                                                                      \
	"192"
#define MISSED                                                                                     \
	"\1"                                                                                       \
	"1\1"                                                                                      \
	"2\1"                                                                                      \
	"0\3"                                                                                      \
	"203"
#define BROKEN                                                                                     \
	"\1"                                                                                       \
	"1\1"                                                                                      \
	"2\1"                                                                                      \
	"0\3"                                                                                      \
	"203\300"

static struct tables *open_tables(uint32_t slip)
{
	const struct rates_options options = {.per_s = {2, 1, 1},
	                                      .slip = slip,
	                                      .ip4_length = 24,
	                                      .ip6_length = 56,
	                                      .bucket_lines = 64};
	struct tables *t = dataset_new();

	t->rates = rates_new(&options);
	assert_non_null(t->rates);
	return t;
}

static const struct {
	const char *reason;
	const char *labels;
	bool is_tcp, has_cookie, has_opt;
	unsigned passed;
	enum rates_class class;
} rows[] = {
    {"answers", LISTED, false, false, false, 2, RATES_RESPONSES},
    {"answers with OPT", LISTED, false, false, true, 2, RATES_RESPONSES},
    {"names that are not there", MISSED, false, false, true, 1, RATES_NXDOMAINS},
    {"errors", BROKEN, false, false, false, 1, RATES_ERRORS},
    {"TCP has shown its address", LISTED, true, false, false, 10, RATES_RESPONSES},
    {"so has a valid cookie", LISTED, false, true, true, 10, RATES_RESPONSES},
};

static void test_classes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tables *t = open_tables(0);
		struct one one;

		for (unsigned n = 0; n < 10; n++) {
			bool is_over = n >= rows[i].passed;

			ask(&one, rows[i].labels, rows[i].has_opt);
			one.query.is_tcp = rows[i].is_tcp;
			answer_burst(t, &one.query, 1);
			one.query.has_valid_cookie = rows[i].has_cookie;
			limit_burst(t, 5000000, &one.query, 1);
			if ((one.query.drop == DROP_RATE_LIMIT) != is_over ||
			    (one.query.reply_size == 0) != is_over ||
			    one.query.limited != (is_over ? rows[i].class + 1u : 0))
				fail_msg("%s: query %u: drop %u, size %u", rows[i].reason, n,
				         one.query.drop, one.query.reply_size);
		}
		dataset_free(t);
	}
}

/* What slips is the question with TC and, if the query had one, OPT; nothing else. */
static void test_slipped(void **state)
{
	static const char *const labels[] = {LISTED, MISSED};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct tables *t = open_tables(1);
		bool has_opt = i & 1;
		struct one one, asked;

		ask(&asked, labels[i / 2], has_opt);
		for (unsigned n = 0; n < 3; n++) {
			ask(&one, labels[i / 2], has_opt);
			answer_burst(t, &one.query, 1);
			limit_burst(t, 5000000, &one.query, 1);
		}
		assert_int_equal(one.query.limited, i / 2 == 0 ? 1 : 2);
		assert_int_equal(one.query.drop, DROP_NONE);
		assert_int_equal(one.query.reply_size, asked.query.size);
		assert_int_equal(one.message[2], 0x86); /* QR AA TC */
		assert_int_equal(one.message[3], i / 2 == 0 ? 0 : 3);
		assert_memory_equal(one.message + 4, asked.message + 4, asked.query.size - 4u);
		dataset_free(t);
	}
}

/* RFC 7873 section 5.2.3: with the cookie of the answer, so that the client is known from then on.
 */
static void test_slipped_cookie(void **state)
{
	static const uint8_t option[12] = {0,    10,   0,    8,    0x24, 0x64,
	                                   0xc4, 0xab, 0xcf, 0x10, 0xc9, 0x57};
	struct tables *t = open_tables(1);
	struct one one;
	size_t end;

	(void)state;
	for (unsigned n = 0; n < 3; n++) {
		ask(&one, LISTED, true);
		end = one.query.size;
		one.message[end - 1] = sizeof(option);
		memcpy(one.message + end, option, sizeof(option));
		one.query.size = (uint16_t)(end + sizeof(option));
		answer_burst(t, &one.query, 1);
		limit_burst(t, 5000000, &one.query, 1);
	}
	assert_int_equal(one.query.limited, RATES_RESPONSES + 1);
	assert_int_equal(one.query.reply_size, end + sizeof(option) + 16);
	assert_int_equal(one.message[2], 0x86); /* QR AA TC */
	assert_int_equal(one.message[7], 0);
	assert_int_equal(one.message[end - 1], 28); /* the option with a server cookie */
	assert_int_equal(one.message[end + 3], 24);
	assert_memory_equal(one.message + end + 4, option + 4, 8);
	dataset_free(t);
}

static void test_without_limits(void **state)
{
	struct tables *t = dataset_new();
	struct one one;

	(void)state;
	for (unsigned n = 0; n < 100; n++) {
		ask(&one, LISTED, false);
		answer_burst(n % 2 ? t : NULL, &one.query, 1);
		limit_burst(n % 2 ? t : NULL, 5000000, &one.query, 1);
		assert_true(one.query.reply_size > 0);
		assert_int_equal(one.query.limited, 0);
	}
	dataset_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_classes),
	    cmocka_unit_test(test_slipped),
	    cmocka_unit_test(test_slipped_cookie),
	    cmocka_unit_test(test_without_limits),
	};
	int rc;

	rcu_register_thread();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rcu_unregister_thread();
	return rc;
}

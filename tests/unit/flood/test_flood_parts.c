/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/flood/book.h"
#include "bench/flood/judge.h"
#include "bench/flood/packet.h"
#include "bench/flood/search.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* --- judge --- */

#define QUESTION "\1a\7example\0\0\1\0\1"
#define HEAD     "\x12\x34\x01\0\0\1\0\0\0\0\0"
#define OPT      "\0\0\x29\x04\xd0\0\0\0\0\0\0"
#define A_127    "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\2"
#define A_OTHER  "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\0\0\2"

static const struct judge_row {
	const char *why;
	enum judge_expectation expected;
	bool has_opt; /* the query */
	const char *reply;
	size_t size;
	enum judge_result result;
} judge_rows[] = {
#define REPLY(flags, counts, rest)                                                                 \
	"\x12\x34" flags "\0\1" counts QUESTION rest,                                              \
	    sizeof("\x12\x34" flags "\0\1" counts QUESTION rest) - 1
    {"listed, as expected", EXPECT_LISTED, false, REPLY("\x85\x00", "\0\1\0\0\0\0", A_127),
     JUDGE_RIGHT},
    {"listed, nobody knows", EXPECT_ANY, false, REPLY("\x85\x00", "\0\1\0\0\0\0", A_127),
     JUDGE_RIGHT},
    {"listed, but should not be", EXPECT_UNLISTED, false, REPLY("\x85\x00", "\0\1\0\0\0\0", A_127),
     JUDGE_WRONG},
    {"an address outside 127/8 is no listing", EXPECT_LISTED, false,
     REPLY("\x85\x00", "\0\1\0\0\0\0", A_OTHER), JUDGE_WRONG},
    {"NXDOMAIN, as expected", EXPECT_UNLISTED, false, REPLY("\x85\x03", "\0\0\0\0\0\0", ""),
     JUDGE_RIGHT},
    {"NXDOMAIN, but is listed", EXPECT_LISTED, false, REPLY("\x85\x03", "\0\0\0\0\0\0", ""),
     JUDGE_WRONG},
    {"NODATA is no NXDOMAIN", EXPECT_UNLISTED, false, REPLY("\x85\x00", "\0\0\0\0\0\0", ""),
     JUDGE_WRONG},
    {"SERVFAIL", EXPECT_ANY, false, REPLY("\x81\x02", "\0\0\0\0\0\0", ""), JUDGE_REFUSED},
    {"truncated", EXPECT_LISTED, false, REPLY("\x87\x00", "\0\0\0\0\0\0", ""), JUDGE_TRUNCATED},
    {"an OPT for an OPT", EXPECT_UNLISTED, true, REPLY("\x85\x03", "\0\0\0\0\0\1", OPT),
     JUDGE_RIGHT},
    {"no OPT for an OPT", EXPECT_UNLISTED, true, REPLY("\x85\x03", "\0\0\0\0\0\0", ""),
     JUDGE_MALFORMED},
    {"an OPT nobody asked for (RFC 6891 section 7)", EXPECT_UNLISTED, false,
     REPLY("\x85\x03", "\0\0\0\0\0\1", OPT), JUDGE_MALFORMED},
    {"a query, not an answer", EXPECT_ANY, false, REPLY("\x05\x03", "\0\0\0\0\0\0", ""),
     JUDGE_MALFORMED},
    {"another opcode", EXPECT_ANY, false, REPLY("\xa5\x03", "\0\0\0\0\0\0", ""), JUDGE_MALFORMED},
    {"a record that is not there", EXPECT_ANY, false, REPLY("\x85\x00", "\0\2\0\0\0\0", A_127),
     JUDGE_MALFORMED},
    {"a record that is not counted", EXPECT_ANY, false, REPLY("\x85\x00", "\0\0\0\0\0\0", A_127),
     JUDGE_MALFORMED},
    {"a name that does not end", EXPECT_ANY, false, REPLY("\x85\x00", "\0\1\0\0\0\0", "\x3f"),
     JUDGE_MALFORMED},
    {"nothing but a header", EXPECT_ANY, false, "\x12\x34\x85\x03\0\0\0\0\0\0\0\0", 12,
     JUDGE_MALFORMED},
    {"another question", EXPECT_ANY, false,
     "\x12\x34\x85\x03\0\1\0\0\0\0\0\0\1b\7example\0\0\1\0\1", 12 + sizeof(QUESTION) - 1,
     JUDGE_MALFORMED},
#undef REPLY
};

static void test_judge(void **state)
{
	static const char plain[] = HEAD "\0" QUESTION, with_opt[] = HEAD "\1" QUESTION OPT;

	(void)state;
	for (size_t i = 0; i < sizeof(judge_rows) / sizeof(judge_rows[0]); i++) {
		const struct judge_row *row = &judge_rows[i];
		const char *query = row->has_opt ? with_opt : plain;
		size_t size = (row->has_opt ? sizeof(with_opt) : sizeof(plain)) - 1;
		enum judge_result result =
		    judge_reply((const uint8_t *)query, size, sizeof(QUESTION) - 1, row->expected,
		                (const uint8_t *)row->reply, row->size);

		if (result != row->result)
			fail_msg("%s: %d instead of %d", row->why, result, row->result);
	}
}

/* --- book --- */

static void test_book(void **state)
{
	struct book b;
	uint16_t port, id, first_id = 0;
	uint64_t sent;
	uint32_t query;

	(void)state;
	assert_int_equal(book_init(&b, 10000, 3), -EINVAL);
	assert_int_equal(book_init(&b, 10000, 0), -EINVAL);
	assert_int_equal(book_init(&b, 65535, 2), -EINVAL);
	assert_int_equal(book_init(&b, 10000, 4), 0);
	for (unsigned i = 0; i < 4u << 16; i++) {
		book_open(&b, i, i, &port, &id);
		assert_int_equal(port, 10000 + i % 4); /* spread over the server's queues */
		assert_int_equal(id, i / 4);
		first_id = i ? first_id : id;
	}
	assert_int_equal(b.overrun, 0);
	assert_false(book_close(&b, 9999, 0, &sent, &query));
	assert_false(book_close(&b, 10004, 0, &sent, &query));
	assert_true(book_close(&b, 10003, 2, &sent, &query));
	assert_int_equal(sent, 11);
	assert_int_equal(query, 11);
	assert_false(book_close(&b, 10003, 2, &sent, &query)); /* a doubled answer */
	book_open(&b, 99, 99, &port, &id);
	assert_int_equal(b.overrun, 1); /* the first is forgotten */
	assert_int_equal(id, first_id);
	assert_true(book_close(&b, port, id, &sent, &query));
	assert_int_equal(query, 99);
	book_done(&b);
}

/* --- search --- */

struct server {
	double most;
	unsigned tries;
	int error_at; /* the number of the try that fails; 0 = none */
};

static int try(double rate, void *context)
{
	struct server *s = context;

	if (++s->tries == (unsigned)s->error_at)
		return -EIO;
	return rate <= s->most;
}

static const struct search_row {
	const char *why;
	double most, highest, least_found;
} search_rows[] = {
    {"above the first", 1234567, 1e9, 1234567 * 0.98},
    {"below the first", 777, 1e9, 777 * 0.98},
    {"all that may be tried", 1e12, 5e6, 5e6},
    {"less than the first may be tried", 1e12, 2000, 2000},
    {"nothing at all", 0, 1e9, 0},
};

static void test_search(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(search_rows) / sizeof(search_rows[0]); i++) {
		const struct search_row *row = &search_rows[i];
		const struct search search = {10000, row->highest, 0.02};
		struct server server = {row->most, 0, 0};
		double found = -1;

		assert_int_equal(search_run(&search, try, &server, &found), 0);
		if (found < row->least_found || found > row->most || found > row->highest)
			fail_msg("%s: %f", row->why, found);
		assert_in_range(server.tries, 1, 40);
	}
}

static void test_search_error(void **state)
{
	const struct search search = {10000, 1e9, 0.02};
	struct server server = {1e6, 0, 3};
	double found = -1;

	(void)state;
	assert_int_equal(search_run(&search, try, &server, &found), -EIO);
	assert_true(found == 20000); /* of the try before */
}

/* --- packet --- */

static void test_not_ours(void **state)
{
	struct packet_path path = {.our_mac = {2},
	                           .server_mac = {4},
	                           .ours = {10, 0, 0, 2},
	                           .server = {10, 0, 0, 1},
	                           .server_port = 53};
	struct packet_path back = {.our_mac = {4},
	                           .server_mac = {2},
	                           .ours = {10, 0, 0, 1},
	                           .server = {10, 0, 0, 2},
	                           .server_port = 1234};
	static const struct {
		const char *why;
		unsigned at;
		uint8_t flip;
	} rows[] = {
	    {"IPv6", 12, 0x86},
	    {"options", 14, 1},
	    {"a fragment", 20, 0x20},
	    {"TCP", 23, 17 ^ 6},
	    {"another server", 29, 1},
	    {"for another", 33, 1},
	    {"another port", 35, 1},
	    {"longer than it is", 38, 1},
	    {"shorter than a header", 39, 40},
	};
	const uint8_t *message;
	uint8_t frame[128], bent[128];
	uint16_t port;
	size_t size, message_size;

	(void)state;
	packet_prepare(&path);
	packet_prepare(&back);
	size = packet_query(&back, 53, 7, (const uint8_t *)"............question............", 32,
	                    frame);
	assert_int_equal(size, 74);
	assert_true(packet_reply(&path, frame, size, &port, &message, &message_size));
	assert_int_equal(port, 1234);
	assert_int_equal(message_size, 32);
	for (size_t cut = 0; cut < size; cut++)
		assert_false(packet_reply(&path, frame, cut, &port, &message, &message_size));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(bent, frame, size);
		bent[rows[i].at] ^= rows[i].flip;
		if (packet_reply(&path, bent, size, &port, &message, &message_size))
			fail_msg("%s: taken", rows[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_judge),    cmocka_unit_test(test_book),
	    cmocka_unit_test(test_search),   cmocka_unit_test(test_search_error),
	    cmocka_unit_test(test_not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

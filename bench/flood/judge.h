/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Whether an answer is the right one, as far as that can be known without the server's data.
 *
 * Threads: pure functions.
 */
#include <stddef.h>
#include <stdint.h>

enum judge_expectation {
	EXPECT_ANY,      /* NOERROR or NXDOMAIN */
	EXPECT_LISTED,   /* NOERROR, and the first answer is an A record in 127/8 */
	EXPECT_UNLISTED, /* NXDOMAIN without an answer */
};

enum judge_result {
	JUDGE_RIGHT,
	JUDGE_WRONG,     /* listed instead of not, or the other way round */
	JUDGE_REFUSED,   /* another rcode */
	JUDGE_TRUNCATED, /* TC */
	JUDGE_MALFORMED, /* no answer to this question: header, question, records, OPT */
	JUDGE_RESULT_COUNT,
};

/*
 * Judge an answer whose id is known to be right.
 *
 * query: header, question and perhaps an OPT; question_size: bytes of its question
 */
enum judge_result judge_reply(const uint8_t *query, size_t query_size, size_t question_size,
                              enum judge_expectation expected, const uint8_t *reply,
                              size_t reply_size);

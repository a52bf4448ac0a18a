/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/flood/judge.h"

#include "dataplane/dns.h"
#include "dataplane/headers.h"

#include <stdbool.h>
#include <string.h>

#define RECORD_FIXED_SIZE 10 /* of a record after its name */

struct record {
	uint16_t type, rdata_size;
	const uint8_t *rdata;
};

/* The offset after a name (RFC 1035 section 4.1.4), 0 when it does not end within the message. */
static size_t skip_name(const uint8_t *message, size_t size, size_t at)
{
	while (at < size && message[at] != 0 && message[at] < 0xc0)
		at += 1u + message[at];
	if (at >= size)
		return 0;
	return at + (message[at] == 0 ? 1 : 2);
}

/* Read a record; returns the offset after it, 0 when the message ends before. */
static size_t read_record(const uint8_t *message, size_t size, size_t at, struct record *out_record)
{
	at = skip_name(message, size, at);
	if (at == 0 || at + RECORD_FIXED_SIZE > size)
		return 0;
	out_record->type = headers_u16(&message[at]);
	out_record->rdata_size = headers_u16(&message[at + 8]);
	out_record->rdata = &message[at + RECORD_FIXED_SIZE];
	at += RECORD_FIXED_SIZE + (size_t)out_record->rdata_size;
	return at <= size ? at : 0;
}

/* Read all records; whether they are well-formed, whether one is an OPT, and the first one. */
static bool read_records(const uint8_t *reply, size_t size, size_t at, struct record *out_first,
                         bool *out_has_opt)
{
	unsigned count =
	    (unsigned)headers_u16(&reply[6]) + headers_u16(&reply[8]) + headers_u16(&reply[10]);

	*out_has_opt = false;
	for (unsigned i = 0; i < count; i++) {
		struct record r;

		at = read_record(reply, size, at, &r);
		if (at == 0)
			return false;
		*out_has_opt |= r.type == DNS_TYPE_OPT;
		if (i == 0)
			*out_first = r;
	}
	return at == size;
}

enum judge_result judge_reply(const uint8_t *query, size_t query_size, size_t question_size,
                              enum judge_expectation expected, const uint8_t *reply,
                              size_t reply_size)
{
	struct record first = {0};
	bool has_opt, is_listed, is_asked_opt = query_size > DNS_HEADER_SIZE + question_size;
	unsigned rcode, answers;

	if (reply_size < DNS_HEADER_SIZE + question_size || !(reply[2] & DNS_QR) ||
	    ((reply[2] ^ query[2]) & DNS_OPCODE_MASK) || headers_u16(&reply[4]) != 1 ||
	    memcmp(reply + DNS_HEADER_SIZE, query + DNS_HEADER_SIZE, question_size) != 0)
		return JUDGE_MALFORMED;
	if (!read_records(reply, reply_size, DNS_HEADER_SIZE + question_size, &first, &has_opt) ||
	    has_opt != is_asked_opt)
		return JUDGE_MALFORMED;
	if (reply[2] & DNS_TC)
		return JUDGE_TRUNCATED;
	rcode = reply[3] & 0xf;
	if (rcode != DNS_NOERROR && rcode != DNS_NXDOMAIN)
		return JUDGE_REFUSED;
	answers = headers_u16(&reply[6]);
	is_listed = rcode == DNS_NOERROR && answers > 0 && first.type == DNS_TYPE_A &&
	            first.rdata_size == 4 && first.rdata[0] == 127;
	if ((expected == EXPECT_LISTED && !is_listed) ||
	    (expected == EXPECT_UNLISTED && (rcode != DNS_NXDOMAIN || answers > 0)))
		return JUDGE_WRONG;
	return JUDGE_RIGHT;
}

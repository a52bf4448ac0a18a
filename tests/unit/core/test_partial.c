/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/partial.h"
#include "tests/fuzz/core/check.h"
#include "tests/unit/core/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum field { UNFINISHED, FINISHED, WRONG, NONE };

static const struct {
	const char *why;
	bool is_ip6, is_tcp, is_tagged;
	size_t size; /* of the payload */
	enum field field;
	bool is_fragment, is_cut;
	enum field expected; /* what the field is afterwards */
} rows[] = {
    {"TCP over a veth", false, true, false, 100, UNFINISHED, false, false, FINISHED},
    {"TCP over IPv6", true, true, false, 100, UNFINISHED, false, false, FINISHED},
    {"UDP", false, false, false, 100, UNFINISHED, false, false, FINISHED},
    {"UDP over IPv6", true, false, false, 100, UNFINISHED, false, false, FINISHED},
    {"an odd number of bytes", false, true, false, 101, UNFINISHED, false, false, FINISHED},
    {"no payload", false, true, false, 0, UNFINISHED, false, false, FINISHED},
    {"behind a tag", true, true, true, 100, UNFINISHED, false, false, FINISHED},
    {"done by the sender", false, true, false, 100, FINISHED, false, false, FINISHED},
    {"a damaged one is not made good", false, true, false, 100, WRONG, false, false, WRONG},
    {"damaged UDP", true, false, false, 100, WRONG, false, false, WRONG},
    {"RFC 768: none over IPv4", false, false, false, 100, NONE, false, false, NONE},
    {"a fragment holds a part of what is summed", false, false, false, 100, UNFINISHED, true, false,
     UNFINISHED},
    {"cut short", false, true, false, 100, UNFINISHED, false, true, UNFINISHED},
};

/* Sum of the pseudo header, as the sender's kernel leaves it. */
static uint16_t pseudo_of(const uint8_t *ip, bool is_ip6, unsigned protocol, size_t size)
{
	uint8_t tail[4] = {0, (uint8_t)protocol, (uint8_t)(size / 256), (uint8_t)(size % 256)};

	return check_sum(check_sum(0, ip + (is_ip6 ? 8 : 12), is_ip6 ? 32 : 8), tail, 4);
}

static void run_row(size_t i)
{
	size_t ip_size = rows[i].is_ip6 ? 40 : 20, head = rows[i].is_tcp ? 20 : 8;
	size_t at = 14 + ip_size, field_at = at + (rows[i].is_tcp ? 16 : 6),
	       size = head + rows[i].size;
	unsigned protocol = rows[i].is_tcp ? 6 : 17;
	uint8_t payload[200], *bytes;
	uint16_t pseudo, sum, field = 0;
	struct packet p;

	memset(payload, 0xa5, sizeof(payload));
	packet_udp(&p, rows[i].is_ip6 ? "fd53::9" : "10.54.0.9",
	           rows[i].is_ip6 ? "fd53::1" : "10.53.0.1", payload, size - 8);
	p.bytes[rows[i].is_ip6 ? 20 : 23] = (uint8_t)protocol;
	if (rows[i].is_fragment)
		p.bytes[20] = 0x20;
	pseudo = pseudo_of(&p.bytes[14], rows[i].is_ip6, protocol, size);
	memset(&p.bytes[field_at], 0, 2);
	sum = (uint16_t)~check_sum(pseudo, &p.bytes[at], size);
	if (rows[i].field == UNFINISHED)
		field = pseudo;
	if (rows[i].field == FINISHED)
		field = sum;
	if (rows[i].field == WRONG)
		field = (uint16_t)(sum ^ 0x0101);
	p.bytes[field_at] = (uint8_t)(field >> 8);
	p.bytes[field_at + 1] = (uint8_t)field;
	if (rows[i].is_tagged) {
		packet_tag(&p, 0x8100, 42);
		field_at += 4;
	}
	p.size -= rows[i].is_cut;
	bytes = malloc(p.size);
	assert_non_null(bytes);
	memcpy(bytes, p.bytes, p.size);
	partial_finish(bytes, p.size);
	if (rows[i].field == UNFINISHED && rows[i].expected == FINISHED) {
		p.bytes[field_at] = (uint8_t)(sum >> 8);
		p.bytes[field_at + 1] = (uint8_t)sum;
	}
	if (memcmp(bytes, p.bytes, p.size) != 0)
		print_error("%s: field %02x%02x\n", rows[i].why, bytes[field_at],
		            bytes[field_at + 1]);
	assert_memory_equal(bytes, p.bytes, p.size);
	free(bytes);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run_row(i);
}

/* Whatever comes: nothing past the end is read or written. */
static void test_every_length(void **state)
{
	struct packet p;

	(void)state;
	packet_udp(&p, "fd53::9", "fd53::1", "payload", 7);
	packet_tag(&p, 0x8100, 42);
	for (size_t size = 0; size <= p.size; size++) {
		uint8_t *bytes = malloc(size ? size : 1);

		assert_non_null(bytes);
		memcpy(bytes, p.bytes, size);
		partial_finish(bytes, size);
		assert_memory_equal(bytes, p.bytes, size);
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_every_length),
	};

	return cmocka_run_group_tests_name("partial", tests, NULL, NULL);
}

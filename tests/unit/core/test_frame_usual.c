/* SPDX-License-Identifier: BSD-3-Clause */
/* The way of the usual frame through frame_parse() comes to what frame_checks() does. */
#include "dataplane/frame_checks.h"
#include "tests/unit/core/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADERS 42 /* of Ethernet, IPv4 and UDP */
#define ROOM    300

struct counts {
	unsigned dns, others;
};

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void assert_same_frame(const struct frame *a, const struct frame *b)
{
	assert_int_equal(a->drop, b->drop);
	assert_int_equal(a->punt, b->punt);
	assert_int_equal(a->protocol, b->protocol);
	assert_int_equal(a->is_ipv6, b->is_ipv6);
	assert_int_equal(a->network_offset, b->network_offset);
	assert_int_equal(a->transport_offset, b->transport_offset);
	assert_int_equal(a->transport_size, b->transport_size);
}

/* Parse a packet in a heap block of exactly its size, at an odd place or not. */
static void compare(const struct frame_port *port, const struct packet *p, uint8_t flags,
                    struct counts *counts)
{
	struct query q = {0}, wanted_q = {0};
	struct frame f = {.size = (uint16_t)p->size, .capacity = ROOM, .flags = flags}, wanted;
	const size_t skew = p->size % 3;
	uint8_t *block = malloc(skew + p->size + 1);
	enum frame_kind kind, wanted_kind;

	assert_non_null(block);
	block = realloc(block, skew + p->size ? skew + p->size : 1);
	assert_non_null(block);
	f.bytes = block + skew;
	memcpy(f.bytes, p->bytes, p->size);
	wanted = f;
	wanted_kind = frame_checks(port, &wanted, &wanted_q);
	kind = frame_parse(port, &f, &q);
	assert_int_equal(kind, wanted_kind);
	assert_same_frame(&f, &wanted);
	if (kind == FRAME_DNS) {
		assert_ptr_equal(q.message, wanted_q.message);
		assert_int_equal(q.size, wanted_q.size);
		assert_int_equal(q.capacity, wanted_q.capacity);
		assert_int_equal(q.is_tcp, wanted_q.is_tcp);
		assert_int_equal(q.is_internal, wanted_q.is_internal);
		assert_true(q.client == wanted_q.client);
		counts->dns++;
	} else {
		counts->others++;
	}
	assert_memory_equal(f.bytes, p->bytes, p->size);
	free(block);
}

/* With all that a device may say of the checksums, right ones and wrong. */
static void compare_all(const struct frame_port *port, const struct packet *p,
                        struct counts *counts)
{
	struct packet summed = *p;

	packet_sum(summed.bytes, summed.size);
	for (unsigned flags = 0; flags < 8; flags++) {
		compare(port, p, (uint8_t)flags, counts);
		compare(port, &summed, (uint8_t)flags, counts);
	}
}

static void build(struct packet *p, const char *source, bool is_tagged)
{
	packet_udp(p, source, "10.53.0.1", "0123456789abPAYLOAD", 19);
	if (is_tagged)
		packet_tag(p, 0x8100, 42);
}

static struct frame_port prepared(unsigned count4)
{
	struct frame_port port = packet_port;

	port.count4 = (uint8_t)count4;
	frame_port_prepare(&port);
	return port;
}

static void test_sizes(void **state)
{
	const struct frame_port port = prepared(2);
	struct counts counts = {0};
	struct packet p;

	(void)state;
	for (size_t size = 0; size < 80; size++) {
		build(&p, "10.54.0.9", size % 2);
		p.size = size;
		compare_all(&port, &p, &counts);
	}
	assert_true(counts.dns > 0 && counts.others > 0);
}

static void test_each_byte(void **state)
{
	const struct frame_port port = prepared(2);
	struct counts counts = {0};
	struct packet p;

	(void)state;
	for (unsigned at = 0; at < HEADERS; at++) {
		for (unsigned value = 0; value < 256; value++) {
			build(&p, "10.54.0.9", false);
			p.bytes[at] = (uint8_t)value;
			compare_all(&port, &p, &counts);
		}
	}
	assert_true(counts.dns > 0 && counts.others > 0);
}

/* Several bytes at once, among them those that lengths and addresses turn on. */
static void test_many_bytes(void **state)
{
	static const uint8_t values[] = {0,  1,  2,  7,  8,   9,    10,   17,   20,   27,
	                                 28, 47, 53, 69, 127, 0x40, 0x80, 0xdf, 0xe0, 0xff};
	struct counts counts = {0};
	uint32_t random = 1;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		const struct frame_port port = prepared(i % 3);
		struct packet p;

		build(&p, "10.53.0.9", i % 16 == 0);
		p.size += next_random(&random) % 4;
		for (unsigned patches = 1 + next_random(&random) % 4; patches > 0; patches--)
			p.bytes[12 + next_random(&random) % (HEADERS - 12)] =
			    values[next_random(&random) % sizeof(values)];
		compare_all(&port, &p, &counts);
	}
	assert_true(counts.dns > 0 && counts.others > 0);
}

/* Around all that no packet may come from, and may go to. */
static void test_addresses(void **state)
{
	static const uint32_t edges[] = {0,          0x01000000, 0x7f000000, 0x80000000, 0xdfffffff,
	                                 0xe0000000, 0xf0000000, 0xffffffff, 0x0a350001, 0x0a350002,
	                                 0x0a3500ff, 0x0a360001, 0x0a3600ff, 0x0a350041};
	struct counts counts = {0};

	(void)state;
	for (unsigned count4 = 0; count4 <= 2; count4++) {
		const struct frame_port port = prepared(count4);

		for (size_t i = 0; i < 3 * sizeof(edges) / sizeof(edges[0]); i++) {
			const uint32_t address_be = htobe32(edges[i / 3] + (uint32_t)(i % 3) - 1);
			struct packet p;

			build(&p, "10.54.0.9", false);
			memcpy(&p.bytes[26], &address_be, 4);
			compare_all(&port, &p, &counts);
			build(&p, "10.54.0.9", false);
			memcpy(&p.bytes[30], &address_be, 4);
			compare_all(&port, &p, &counts);
		}
	}
	assert_true(counts.dns > 0 && counts.others > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_each_byte),
	    cmocka_unit_test(test_many_bytes),
	    cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests_name("frame_usual", tests, NULL, NULL);
}

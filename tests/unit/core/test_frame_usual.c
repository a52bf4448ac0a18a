/* SPDX-License-Identifier: BSD-3-Clause */
/* The way of the usual frame through frame_parse() comes to what frame_checks() does. */
#include "dataplane/frame_checks.h"
#include "tests/unit/core/packet.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADERS4 42 /* of Ethernet, IPv4 and UDP */
#define HEADERS6 62
#define ROOM     300

static const char *const clients[2] = {"10.54.0.9", "fd53::9"};
static const unsigned headers[2] = {HEADERS4, HEADERS6};

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
	packet_udp(p, source, strchr(source, ':') ? "fd53::1" : "10.53.0.1", "0123456789abPAYLOAD",
	           19);
	if (is_tagged)
		packet_tag(p, 0x8100, 42);
}

/* count: of our addresses of either family */
static struct frame_port prepared(unsigned count)
{
	struct frame_port port = packet_port;

	port.count4 = (uint8_t)count;
	port.count6 = (uint8_t)count;
	frame_port_prepare(&port);
	return port;
}

static void test_sizes(void **state)
{
	const struct frame_port port = prepared(2);
	struct counts counts = {0};
	struct packet p;

	(void)state;
	for (size_t size = 0; size < 100; size++) {
		for (unsigned i = 0; i < 4; i++) {
			build(&p, clients[i / 2], i % 2);
			p.size = size;
			compare_all(&port, &p, &counts);
		}
	}
	assert_true(counts.dns > 0 && counts.others > 0);
}

static void test_each_byte(void **state)
{
	const struct frame_port port = prepared(2);
	struct counts counts = {0};
	struct packet p;

	(void)state;
	for (unsigned is_ip6 = 0; is_ip6 < 2; is_ip6++) {
		for (unsigned i = 0; i < headers[is_ip6] * 256; i++) {
			build(&p, clients[is_ip6], false);
			p.bytes[i / 256] = (uint8_t)i;
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
		const unsigned is_ip6 = next_random(&random) % 2;
		struct packet p;

		build(&p, clients[is_ip6], i % 16 == 0);
		p.size += next_random(&random) % 4;
		for (unsigned patches = 1 + next_random(&random) % 4; patches > 0; patches--)
			p.bytes[12 + next_random(&random) % (headers[is_ip6] - 12)] =
			    values[next_random(&random) % sizeof(values)];
		compare_all(&port, &p, &counts);
	}
	assert_true(counts.dns > 0 && counts.others > 0);
}

/* Put an address first where packets come from, then where they go to. */
static void compare_address(const struct frame_port *port, const void *address, unsigned is_ip6,
                            struct counts *counts)
{
	const size_t size = is_ip6 ? 16 : 4, at = is_ip6 ? 22 : 26;
	struct packet p;

	for (unsigned i = 0; i < 2; i++) {
		build(&p, clients[is_ip6], false);
		memcpy(&p.bytes[at + i * size], address, size);
		compare_all(port, &p, counts);
	}
}

/* Around all that no packet may come from, and may go to. */
static void test_addresses(void **state)
{
	static const uint32_t edges[] = {0,          0x01000000, 0x7f000000, 0x80000000, 0xdfffffff,
	                                 0xe0000000, 0xf0000000, 0xffffffff, 0x0a350001, 0x0a350002,
	                                 0x0a3500ff, 0x0a360001, 0x0a3600ff, 0x0a350041};
	static const char *const texts[] = {
	    "::",        "::1",        "::2",       "fd53::1", "fd53::41",       "fe80::53",
	    "fe80::1",   "fd54::1",    "ff02::1",   "feff::1", "::ffff:1.2.3.4", "::fffe:0:0",
	    "0:0:0:1::", "0:0:0:1::1", "64:ff9b::1"};
	struct counts counts = {0};

	(void)state;
	for (unsigned count = 0; count <= 2; count++) {
		const struct frame_port port = prepared(count);

		for (size_t i = 0; i < 3 * sizeof(edges) / sizeof(edges[0]); i++) {
			const uint32_t address_be = htobe32(edges[i / 3] + (uint32_t)(i % 3) - 1);

			compare_address(&port, &address_be, false, &counts);
		}
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
			uint8_t address[16];

			assert_int_equal(inet_pton(AF_INET6, texts[i], address), 1);
			compare_address(&port, address, true, &counts);
		}
	}
	assert_true(counts.dns > 0 && counts.others > 0);
}

/* Both of a frame, on a port that is prepared and on one that is not. */
static void test_macs(void **state)
{
	static const uint8_t macs[][6] = {
	    {0},
	    {2, 0, 0, 0, 0, 1}, /* ours */
	    {2, 0, 0, 0, 0, 2},
	    {2, 0, 0, 0, 1, 1},
	    {3, 0, 0, 0, 0, 1},
	    {255, 255, 255, 255, 255, 255},
	};
	const size_t count = sizeof(macs) / sizeof(macs[0]);
	struct counts counts = {0};

	(void)state;
	for (unsigned i = 0; i < 4 * count * count; i++) {
		const struct frame_port port = i & 1 ? prepared(2) : packet_port;
		struct packet p;

		build(&p, clients[i / 2 % 2], false);
		memcpy(&p.bytes[0], macs[i / 4 / count], 6);
		memcpy(&p.bytes[6], macs[i / 4 % count], 6);
		compare_all(&port, &p, &counts);
	}
	assert_true(counts.dns > 0 && counts.others > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),      cmocka_unit_test(test_each_byte),
	    cmocka_unit_test(test_many_bytes), cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_macs),
	};

	return cmocka_run_group_tests_name("frame_usual", tests, NULL, NULL);
}

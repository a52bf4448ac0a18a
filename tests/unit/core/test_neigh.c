/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/neigh.h"
#include "tests/fuzz/core/check.h"
#include "tests/unit/core/packet.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum base { ARP, ECHO4, ECHO6, SOLICIT, PROBE6 };

#define NO_PATCH 0xffff

struct row {
	const char *why;
	enum base base;
	struct {
		uint16_t at;
		uint8_t count;
		uint8_t bytes[6];
	} patch;
	int extra;       /* bytes more or less at the end */
	int room;        /* bytes behind the frame */
	bool is_damaged; /* the checksum is left as it was before the patch */
	enum drop drop;
	bool is_kernels; /* left to the kernel for that reason, on a port that is punted */
};

#define PATCH(at, ...)                                                                             \
	{                                                                                          \
		at, sizeof((uint8_t[]){__VA_ARGS__}),                                              \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
#define WHOLE                                                                                      \
	{                                                                                          \
		NO_PATCH, 0,                                                                       \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}
#define ICMP4 34
#define ICMP6 54

static const struct row rows[] = {
    {"RFC 826: who has our address", ARP, WHOLE, 0, 0, false, DROP_NONE},
    {"an unpadded ARP frame", ARP, WHOLE, 42 - 60, 0, false, DROP_NONE},
    {"RFC 5227: a probe from nobody is answered", ARP, PATCH(28, 0, 0, 0, 0), 0, 0, false,
     DROP_NONE},
    {"unicast ARP: a neighbour checks that we are there", ARP, PATCH(0, 2, 0, 0, 0, 0, 1), 0, 0,
     false, DROP_NONE},
    {"who has another address", ARP, PATCH(41, 9), 0, 0, false, DROP_NEIGHBOR, true},
    {"an ARP answer", ARP, PATCH(21, 2), 0, 0, false, DROP_NEIGHBOR, true},
    {"not Ethernet", ARP, PATCH(15, 6), 0, 0, false, DROP_NEIGHBOR},
    {"not IPv4", ARP, PATCH(16, 0x86), 0, 0, false, DROP_NEIGHBOR},
    {"a hardware address of 8 bytes", ARP, PATCH(18, 8), 0, 0, false, DROP_NEIGHBOR},
    {"a protocol address of 16 bytes", ARP, PATCH(19, 16), 0, 0, false, DROP_NEIGHBOR},
    {"a sender that claims our address", ARP, PATCH(28, 10, 53, 0, 1), 0, 0, false, DROP_NEIGHBOR},
    {"a sender with a group MAC", ARP, PATCH(22, 1), 0, 0, false, DROP_NEIGHBOR},
    {"ARP cut short", ARP, WHOLE, 41 - 60, 0, false, DROP_SHORT_FRAME},

    {"RFC 792: echo", ECHO4, WHOLE, 0, 0, false, DROP_NONE},
    {"echo with padding behind it", ECHO4, WHOLE, 5, 0, false, DROP_NONE},
    {"an echo reply", ECHO4, PATCH(ICMP4, 0), 0, 0, false, DROP_ICMP, true},
    {"destination unreachable", ECHO4, PATCH(ICMP4, 3), 0, 0, false, DROP_ICMP, true},
    {"a code that echo has not", ECHO4, PATCH(ICMP4 + 1, 1), 0, 0, false, DROP_ICMP, true},
    {"damaged", ECHO4, PATCH(ICMP4 + 9, 'X'), 0, 0, true, DROP_ICMP},
    {"shorter than its header", ECHO4, PATCH(17, 27), 0, 0, false, DROP_ICMP},

    {"RFC 4443: echo", ECHO6, WHOLE, 0, 0, false, DROP_NONE},
    {"an echo reply", ECHO6, PATCH(ICMP6, 129), 0, 0, false, DROP_ICMP, true},
    {"a code that echo has not", ECHO6, PATCH(ICMP6 + 1, 1), 0, 0, false, DROP_ICMP, true},
    {"damaged", ECHO6, PATCH(ICMP6 + 9, 'X'), 0, 0, true, DROP_ICMP},
    {"shorter than its header", ECHO6, PATCH(19, 7), 0, 0, false, DROP_ICMP},
    {"a router advertisement", ECHO6, PATCH(ICMP6, 134), 0, 0, false, DROP_ICMP, true},
    {"echo from nobody, in the place of duplicate address detection", PROBE6, PATCH(ICMP6, 128), 0,
     0, false, DROP_BAD_SOURCE},
    {"a damaged router advertisement", ECHO6, PATCH(ICMP6, 134), 0, 0, true, DROP_ICMP},
    {"a damaged ICMP error", ECHO4, PATCH(ICMP4, 3), 0, 0, true, DROP_ICMP},
    {"echo to a group", SOLICIT, PATCH(ICMP6, 128), 0, 0, false, DROP_ICMP, true},

    {"RFC 4861 7.2.4: solicitation", SOLICIT, WHOLE, 0, 0, false, DROP_NONE},
    {"duplicate address detection: RFC 4862 5.4.3", PROBE6, WHOLE, 0, 8, false, DROP_NONE},
    {"no room for the option that MUST be there", PROBE6, WHOLE, 0, 7, false, DROP_NO_ROOM},
    {"RFC 4861 7.1.1: it came through a router", SOLICIT, PATCH(21, 254), 0, 0, false,
     DROP_NEIGHBOR},
    {"code not 0", SOLICIT, PATCH(ICMP6 + 1, 1), 0, 0, false, DROP_NEIGHBOR},
    {"damaged", SOLICIT, PATCH(ICMP6 + 31, 7), 0, 0, true, DROP_ICMP},
    {"target is another", SOLICIT, PATCH(ICMP6 + 23, 9), 0, 0, false, DROP_NEIGHBOR, true},
    {"target is a group", SOLICIT, PATCH(ICMP6 + 8, 0xff), 0, 0, false, DROP_NEIGHBOR, true},
    {"an option of no length", SOLICIT, PATCH(ICMP6 + 25, 0), 0, 0, false, DROP_NEIGHBOR},
    {"an option past the end", SOLICIT, PATCH(ICMP6 + 25, 2), 0, 0, false, DROP_NEIGHBOR},
    {"no room for its target", SOLICIT, PATCH(19, 23), 0, 0, false, DROP_NEIGHBOR},
    {"half an option", SOLICIT, PATCH(19, 25), 0, 0, false, DROP_NEIGHBOR},
    {"duplicate address detection does not tell a source MAC", PROBE6, PATCH(19, 32), 8, 0, false,
     DROP_NEIGHBOR},
    {"an advertisement", SOLICIT, PATCH(ICMP6, 136), 0, 0, false, DROP_NEIGHBOR, true},
};

static void build(struct packet *p, enum base base)
{
	static const uint8_t echo4[] = {8, 0, 0, 0, 1, 2, 0, 3, 'p', 'i', 'n', 'g', '!'};
	static const uint8_t echo6[] = {128, 0, 0, 0, 1, 2, 0, 3, 'p', 'i', 'n', 'g', '!'};
	static const uint8_t solicit[] = {135, 0, 0, 0, 0, 0, 0, 0, 0xfd, 0x53, 0, 0, 0, 0, 0, 0,
	                                  0,   0, 0, 0, 0, 0, 0, 1, 1,    1,    2, 0, 0, 0, 0, 2};
	static const uint8_t group_mac[] = {0x33, 0x33, 0xff, 0, 0, 1};

	switch (base) {
	case ARP:
		packet_arp(p, "10.53.0.77", "10.53.0.1");
		break;
	case ECHO4:
		packet_icmp(p, "10.53.0.77", "10.53.0.1", echo4, sizeof(echo4));
		break;
	case ECHO6:
		packet_icmp(p, "fe80::77", "fd53::1", echo6, sizeof(echo6));
		break;
	case SOLICIT:
		packet_icmp(p, "fe80::77", "ff02::1:ff00:1", solicit, sizeof(solicit));
		memcpy(p->bytes, group_mac, 6);
		break;
	case PROBE6:
		packet_icmp(p, "::", "ff02::1:ff00:1", solicit, 24);
		memcpy(&p->bytes[78], &solicit[24], 8); /* there when a row makes it longer */
		memcpy(p->bytes, group_mac, 6);
		break;
	}
}

static void check_arp(const struct packet *asked, const struct frame *f, size_t size)
{
	assert_true(size >= 42 && size <= asked->size);
	assert_memory_equal(&f->bytes[12], &asked->bytes[12], 9);
	assert_int_equal(f->bytes[21], 2);
	assert_memory_equal(&f->bytes[22], packet_our_mac, 6);
	assert_memory_equal(&f->bytes[28], &asked->bytes[38], 4);
	assert_memory_equal(&f->bytes[32], &asked->bytes[22], 10);
}

static void check_echo(const struct packet *asked, const struct frame *f, size_t size, bool is_ip4)
{
	size_t source = is_ip4 ? 26 : 22, address_size = is_ip4 ? 4 : 16;
	size_t icmp = is_ip4 ? ICMP4 : ICMP6;

	assert_true(size >= icmp + 13);
	assert_memory_equal(&f->bytes[source], &asked->bytes[source + address_size], address_size);
	assert_memory_equal(&f->bytes[source + address_size], &asked->bytes[source], address_size);
	assert_int_equal(f->bytes[icmp], is_ip4 ? 0 : 129);
	assert_memory_equal(&f->bytes[icmp + 4], &asked->bytes[icmp + 4], 9);
	check_packet(&f->bytes[14], size - 14);
}

static void check_advertisement(const struct packet *asked, const struct frame *f, size_t size,
                                bool is_probe)
{
	uint8_t all_nodes[16], option[8] = {2, 1, 2, 0, 0, 0, 0, 1};

	inet_pton(AF_INET6, "ff02::1", all_nodes);
	assert_int_equal(size, 14 + 40 + 32);
	assert_memory_equal(&f->bytes[22], &asked->bytes[ICMP6 + 8], 16);
	assert_memory_equal(&f->bytes[38], is_probe ? all_nodes : &asked->bytes[22], 16);
	assert_memory_equal(&f->bytes[54], ((uint8_t[]){136, 0}), 2);
	assert_memory_equal(&f->bytes[58], ((uint8_t[]){is_probe ? 0x20 : 0x60, 0, 0, 0}), 4);
	assert_memory_equal(&f->bytes[62], &asked->bytes[ICMP6 + 8], 16);
	assert_memory_equal(&f->bytes[78], option, 8);
	check_packet(&f->bytes[14], size - 14);
}

static void check_reply(const struct row *row, const struct packet *asked, const struct frame *f,
                        size_t size)
{
	static const uint8_t all_nodes_mac[] = {0x33, 0x33, 0, 0, 0, 1};

	assert_memory_equal(&f->bytes[0], row->base == PROBE6 ? all_nodes_mac : packet_their_mac,
	                    6);
	assert_memory_equal(&f->bytes[6], packet_our_mac, 6);
	switch (row->base) {
	case ARP:
		check_arp(asked, f, size);
		break;
	case ECHO4:
	case ECHO6:
		check_echo(asked, f, size, row->base == ECHO4);
		break;
	case SOLICIT:
	case PROBE6:
		check_advertisement(asked, f, size, row->base == PROBE6);
		break;
	}
}

static void run_row(const struct row *row, const struct frame_port *port, bool is_tagged)
{
	bool is_punted = port->is_punted && row->is_kernels;
	enum drop drop = is_punted ? DROP_NONE : row->drop,
		  punt = is_punted ? row->drop : DROP_NONE;
	struct packet p, asked;
	struct frame f = {0};
	struct query none;
	size_t size;

	build(&p, row->base);
	p.size = (size_t)((int)p.size + row->extra);
	if (row->patch.at != NO_PATCH)
		memcpy(&p.bytes[row->patch.at], row->patch.bytes, row->patch.count);
	if (!row->is_damaged)
		packet_sum(p.bytes, p.size);
	asked = p;
	if (is_tagged)
		packet_tag(&p, 0x8100, 42);
	f.size = (uint16_t)p.size;
	f.capacity = (uint16_t)(p.size + (size_t)row->room);
	f.bytes = malloc(f.capacity);
	assert_non_null(f.bytes);
	memcpy(f.bytes, p.bytes, p.size);
	assert_int_equal(frame_parse(port, &f, &none), FRAME_NEIGH);
	size = neigh_reply(port, &f);
	if (f.drop != drop || f.punt != punt)
		print_error("%s: drop %s, punt %s, not %s, %s\n", row->why, drop_names[f.drop],
		            drop_names[f.punt], drop_names[drop], drop_names[punt]);
	assert_int_equal(f.drop, drop);
	assert_int_equal(f.punt, punt);
	assert_int_equal(size == 0, row->drop != DROP_NONE);
	if (punt != DROP_NONE) /* the kernel wants it as it came */
		assert_memory_equal(f.bytes, p.bytes, p.size);
	if (is_tagged && size) {
		assert_memory_equal(&f.bytes[12], ((uint8_t[]){0x81, 0, 0, 42}), 4);
		memmove(&f.bytes[12], &f.bytes[16], size - 16);
		size -= 4;
	}
	if (size)
		check_reply(row, &asked, &f, size);
	free(f.bytes);
}

static void test_rows(void **state)
{
	struct frame_port punted = packet_port;
	unsigned seen[DROP_COUNT] = {0};

	(void)state;
	punted.is_punted = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned tagged = 0; tagged < 2; tagged++) {
			run_row(&rows[i], &packet_port, tagged);
			run_row(&rows[i], &punted, tagged);
		}
		seen[rows[i].drop]++;
	}
	assert_true(seen[DROP_NONE] && seen[DROP_NEIGHBOR] && seen[DROP_ICMP]);
	assert_true(seen[DROP_NO_ROOM] && seen[DROP_SHORT_FRAME]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests_name("neigh", tests, NULL, NULL);
}

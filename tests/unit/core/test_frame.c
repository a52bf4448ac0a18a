/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/fuzz/core/check.h"
#include "tests/unit/core/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DNS "0123456789abPAYLOAD"

enum base {
	IP4,
	IP6,
	TAGGED4,
	TAGGED6,
	IP4_GROUP, /* to all, in a broadcast */
	IP6_GROUP, /* to all nodes */
	IP4_OPTIONS,
	IP4_FRAGMENT,
	IP4_TCP,
	TAGGED4_TCP
};

/* Offsets without a tag. */
#define IP       14
#define UDP4     34
#define UDP6     54
#define NO_PATCH 0xffff

struct row {
	const char *why;
	enum base base;
	struct {
		uint16_t at;
		uint8_t count;
		uint8_t bytes[16];
	} patch;
	bool is_summed; /* checksums are put right after the patch */
	int extra;      /* bytes more or less at the end */
	uint8_t flags;
	enum drop drop;  /* DROP_NONE = DNS */
	bool is_kernels; /* punted for that reason, on a port that is */
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

static const struct row rows[] = {
    {"a query over IPv4", IP4, WHOLE, false, 0, 0, DROP_NONE},
    {"a query over IPv6", IP6, WHOLE, false, 0, 0, DROP_NONE},
    {"802.1Q: one tag", TAGGED4, WHOLE, false, 0, 0, DROP_NONE},
    {"802.1Q: one tag, IPv6", TAGGED6, WHOLE, false, 0, 0, DROP_NONE},
    {"Ethernet padding behind the IPv4 packet", IP4, WHOLE, false, 7, 0, DROP_NONE},
    {"Ethernet padding behind the IPv6 packet", IP6, WHOLE, false, 7, 0, DROP_NONE},

    {"no Ethernet header", IP4, WHOLE, false, 13 - 62, 0, DROP_SHORT_FRAME},
    {"nothing at all", IP4, WHOLE, false, -62, 0, DROP_SHORT_FRAME},
    {"an Ethernet header alone", IP4, WHOLE, false, 14 - 62, 0, DROP_SHORT_FRAME},
    {"a tag cut short", TAGGED4, WHOLE, false, 17 - 66, 0, DROP_SHORT_FRAME},
    {"nothing behind the tag", TAGGED4, WHOLE, false, 18 - 66, 0, DROP_SHORT_FRAME},
    {"an IPv4 header cut short", IP4, WHOLE, false, 33 - 62, 0, DROP_SHORT_FRAME},
    {"an IPv6 header cut short", IP6, WHOLE, false, 53 - 82, 0, DROP_SHORT_FRAME},
    {"an IPv6 header cut short behind a tag", TAGGED6, WHOLE, false, 57 - 86, 0, DROP_SHORT_FRAME},

    {"flooded to another station", IP4, PATCH(5, 9), false, 0, 0, DROP_NOT_OUR_MAC},
    {"RFC 1122 3.3.6: unicast IPv4 in a broadcast", IP4, PATCH(0, 255, 255, 255, 255, 255, 255),
     false, 0, 0, DROP_NOT_OUR_MAC},
    {"the same, IPv6 in a multicast", IP6, PATCH(0, 0x33, 0x33, 0, 0, 0, 1), false, 0, 0,
     DROP_NOT_OUR_MAC},
    {"an answer would go to a group", IP4, PATCH(6, 3), false, 0, 0, DROP_BAD_SOURCE},
    {"our own frame came back", IP4, PATCH(11, 1), false, 0, 0, DROP_BAD_SOURCE},
    {"no source MAC", IP4, PATCH(6, 0, 0, 0, 0, 0, 0), false, 0, 0, DROP_BAD_SOURCE},

    {"all hosts, in a broadcast", IP4_GROUP, WHOLE, true, 0, 0, DROP_NOT_OUR_ADDRESS, true},
    {"OSPF's group", IP4_GROUP, PATCH(IP + 16, 224, 0, 0, 5), true, 0, 0, DROP_NOT_OUR_ADDRESS,
     true},
    {"the subnet's broadcast, in a broadcast", IP4_GROUP, PATCH(IP + 16, 10, 53, 0, 255), true, 0,
     0, DROP_NOT_OUR_ADDRESS, true},
    {"another station's address, in a broadcast", IP4_GROUP, PATCH(IP + 16, 10, 53, 0, 9), true, 0,
     0, DROP_NOT_OUR_MAC},
    {"RFC 2236: a membership query carries the router alert option", IP4_GROUP, PATCH(IP, 0x46),
     true, 0, 0, DROP_IP_OPTIONS, true},
    {"all nodes, in a multicast", IP6_GROUP, WHOLE, true, 0, 0, DROP_NOT_OUR_ADDRESS, true},
    {"RFC 2710: MLD carries hop-by-hop options", IP6_GROUP, PATCH(IP + 6, 0), false, 0, 0,
     DROP_IP_OPTIONS, true},
    {"options from loopback", IP4_OPTIONS, PATCH(IP + 12, 127, 0, 0, 1), true, 0, 0,
     DROP_BAD_SOURCE},
    {"a damaged header with options", IP4_OPTIONS, PATCH(IP + 8, 99), false, 0, 0,
     DROP_IP_CHECKSUM},
    {"a damaged header of TCP", IP4, PATCH(IP + 9, 6), false, 0, 0, DROP_IP_CHECKSUM},
    {"TCP for another station", IP4_TCP, PATCH(5, 9), true, 0, 0, DROP_NOT_OUR_MAC},
    {"TCP, cut short", IP4_TCP, WHOLE, true, -1, 0, DROP_IP_HEADER},
    {"TCP behind two tags", TAGGED4_TCP, PATCH(16, 0x81, 0), false, 0, 0, DROP_VLAN_STACKED},
    {"TCP behind one tag", TAGGED4_TCP, WHOLE, false, 0, 0, DROP_IP_PROTOCOL, true},
    {"a fragment from our own address", IP4_FRAGMENT, PATCH(IP + 12, 10, 53, 0, 1), true, 0, 0,
     DROP_BAD_SOURCE},

    {"LLDP", IP4, PATCH(12, 0x88, 0xcc), false, 0, 0, DROP_ETHERTYPE},
    {"802.3 length: spanning tree", IP4, PATCH(12, 0, 38), false, 0, 0, DROP_ETHERTYPE},
    {"unknown behind a tag", TAGGED4, PATCH(16, 0x88, 0xcc), false, 0, 0, DROP_ETHERTYPE},
    {"two 802.1Q tags", TAGGED4, PATCH(16, 0x81, 0), false, 0, 0, DROP_VLAN_STACKED},
    {"a service tag behind a tag", TAGGED4, PATCH(16, 0x88, 0xa8), false, 0, 0, DROP_VLAN_STACKED},
    {"802.1ad: a service tag first", TAGGED4, PATCH(12, 0x88, 0xa8), false, 0, 0,
     DROP_VLAN_STACKED},
    {"the old stacking tag", TAGGED4, PATCH(12, 0x91, 0), false, 0, 0, DROP_VLAN_STACKED},

    {"version 5", IP4, PATCH(IP, 0x55), true, 0, 0, DROP_IP_HEADER},
    {"version 6 in an IPv4 frame", IP4, PATCH(IP, 0x65), false, 0, 0, DROP_IP_HEADER},
    {"version 4 in an IPv6 frame", IP6, PATCH(IP, 0x45), false, 0, 0, DROP_IP_HEADER},
    {"a header of 16 bytes", IP4, PATCH(IP, 0x44), false, 0, 0, DROP_IP_HEADER},
    {"total length below the header", IP4, PATCH(IP + 2, 0, 19), true, 0, 0, DROP_IP_HEADER},
    {"total length past the frame", IP4, PATCH(IP + 2, 0, 49), true, 0, 0, DROP_IP_HEADER},
    {"header length past total length", IP4, PATCH(IP, 0x4f), true, 0, 0, DROP_IP_HEADER},
    {"the last byte is missing, IPv4", IP4, WHOLE, false, -1, 0, DROP_IP_HEADER},
    {"the last byte is missing, IPv6", IP6, WHOLE, false, -1, 0, DROP_IP_HEADER},
    {"payload length past the frame", IP6, PATCH(IP + 4, 0, 29), false, 0, 0, DROP_IP_HEADER},
    {"RFC 2675: a jumbogram", IP6, PATCH(IP + 4, 0, 0), false, 0, 0, DROP_IP_HEADER},

    {"RFC 1122 3.2.1.2: a damaged header", IP4, PATCH(IP + 8, 99), false, 0, 0, DROP_IP_CHECKSUM},
    {"the device has checked it", IP4, PATCH(IP + 10, 0, 0), false, 0, FRAME_IP_CHECKED, DROP_NONE},
    {"the checksum of another header", IP4, PATCH(IP + 10, 0, 0), false, 0, FRAME_UDP_CHECKED,
     DROP_IP_CHECKSUM},
    {"RFC 7126: options", IP4, PATCH(IP, 0x46), true, 0, 0, DROP_IP_OPTIONS, true},
    {"RFC 8200 4.3: hop-by-hop options", IP6, PATCH(IP + 6, 0), false, 0, 0, DROP_IP_OPTIONS, true},
    {"RFC 5095: routing header", IP6, PATCH(IP + 6, 43), false, 0, 0, DROP_IP_OPTIONS, true},
    {"RFC 4302: authentication header", IP6, PATCH(IP + 6, 51), false, 0, 0, DROP_IP_OPTIONS, true},
    {"destination options", IP6, PATCH(IP + 6, 60), false, 0, 0, DROP_IP_OPTIONS, true},
    {"RFC 6275: mobility header", IP6, PATCH(IP + 6, 135), false, 0, 0, DROP_IP_OPTIONS, true},
    {"RFC 8900: first fragment", IP4, PATCH(IP + 6, 0x20, 0), true, 0, 0, DROP_FRAGMENT, true},
    {"last fragment", IP4, PATCH(IP + 6, 0, 1), true, 0, 0, DROP_FRAGMENT, true},
    {"RFC 3514: the reserved bit", IP4, PATCH(IP + 6, 0x80, 0), true, 0, 0, DROP_FRAGMENT, true},
    {"DF alone is no fragment", IP4, PATCH(IP + 6, 0x40, 0), true, 0, 0, DROP_NONE},
    {"RFC 6980: fragment header", IP6, PATCH(IP + 6, 44), false, 0, 0, DROP_FRAGMENT, true},

    {"to another address of the subnet", IP4, PATCH(IP + 19, 3), true, 0, 0, DROP_NOT_OUR_ADDRESS,
     true},
    {"to all hosts", IP4, PATCH(IP + 16, 255, 255, 255, 255), true, 0, 0, DROP_NOT_OUR_ADDRESS,
     true},
    {"to the subnet's broadcast", IP4, PATCH(IP + 19, 255), true, 0, 0, DROP_NOT_OUR_ADDRESS, true},
    {"to another IPv6 address", IP6, PATCH(IP + 39, 9), true, 0, 0, DROP_NOT_OUR_ADDRESS, true},
    {"UDP to our solicited-node group", IP6,
     PATCH(IP + 24, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 1), true, 0, 0,
     DROP_NOT_OUR_ADDRESS, true},
    {"to our second address", IP4, PATCH(IP + 19, 2), true, 0, 0, DROP_NONE},

    {"RFC 1122 3.2.1.3: loopback", IP4, PATCH(IP + 12, 127, 0, 0, 1), true, 0, 0, DROP_BAD_SOURCE},
    {"this network", IP4, PATCH(IP + 12, 0, 0, 0, 0), true, 0, 0, DROP_BAD_SOURCE},
    {"multicast", IP4, PATCH(IP + 12, 224, 0, 0, 1), true, 0, 0, DROP_BAD_SOURCE},
    {"reserved", IP4, PATCH(IP + 12, 240, 0, 0, 1), true, 0, 0, DROP_BAD_SOURCE},
    {"broadcast", IP4, PATCH(IP + 12, 255, 255, 255, 255), true, 0, 0, DROP_BAD_SOURCE},
    {"our subnet's broadcast: an answer would go to all", IP4, PATCH(IP + 12, 10, 53, 0, 255), true,
     0, 0, DROP_BAD_SOURCE},
    {"another subnet's .255 is a host", IP4, PATCH(IP + 12, 10, 54, 0, 255), true, 0, 0, DROP_NONE},
    {"our own address", IP4, PATCH(IP + 12, 10, 53, 0, 2), true, 0, 0, DROP_BAD_SOURCE},
    {"IPv6 multicast", IP6, PATCH(IP + 8, 0xff, 2), true, 0, 0, DROP_BAD_SOURCE},
    {"IPv6 loopback", IP6, PATCH(IP + 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), true, 0,
     0, DROP_BAD_SOURCE},
    {"IPv6 unspecified", IP6, PATCH(IP + 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), true,
     0, 0, DROP_BAD_SOURCE},
    {"a v4-mapped source would pass for an IPv4 client in the access rules", IP6,
     PATCH(IP + 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1), true, 0, 0,
     DROP_BAD_SOURCE},
    {"our own IPv6 address", IP6, PATCH(IP + 23, 1), true, 0, 0, DROP_BAD_SOURCE},

    {"TCP", IP4, PATCH(IP + 9, 6), true, 0, 0, DROP_IP_PROTOCOL, true},
    {"TCP over IPv6", IP6, PATCH(IP + 6, 6), true, 0, 0, DROP_IP_PROTOCOL, true},
    {"ICMPv6 in IPv4", IP4, PATCH(IP + 9, 58), true, 0, 0, DROP_IP_PROTOCOL, true},
    {"ICMP in IPv6", IP6, PATCH(IP + 6, 1), true, 0, 0, DROP_IP_PROTOCOL, true},
    {"no next header", IP6, PATCH(IP + 6, 59), true, 0, 0, DROP_IP_PROTOCOL, true},

    {"no room for a UDP header", IP4, PATCH(IP + 2, 0, 27), true, 0, 0, DROP_UDP_HEADER},
    {"no room for a UDP header, IPv6", IP6, PATCH(IP + 4, 0, 7), true, 0, 0, DROP_UDP_HEADER},
    {"RFC 768: length below the header", IP4, PATCH(UDP4 + 4, 0, 7), true, 0, 0, DROP_UDP_HEADER},
    {"length past the packet", IP4, PATCH(UDP4 + 4, 0, 29), true, 0, 0, DROP_UDP_HEADER},
    {"length past the packet, IPv6", IP6, PATCH(UDP6 + 4, 0, 29), true, 0, 0, DROP_UDP_HEADER},
    {"to port 54", IP4, PATCH(UDP4 + 3, 54), true, 0, 0, DROP_UDP_PORT, true},
    {"to port 53 + 256", IP4, PATCH(UDP4 + 2, 1), true, 0, 0, DROP_UDP_PORT, true},
    {"RFC 8085 5.1: from port 0", IP4, PATCH(UDP4, 0, 0), true, 0, 0, DROP_UDP_PORT},
    {"from port 0, IPv6", IP6, PATCH(UDP6, 0, 0), true, 0, 0, DROP_UDP_PORT},
    {"a damaged payload", IP4, PATCH(UDP4 + 20, 'X'), false, 0, 0, DROP_UDP_CHECKSUM},
    {"a damaged payload, IPv6", IP6, PATCH(UDP6 + 20, 'X'), false, 0, 0, DROP_UDP_CHECKSUM},
    {"a damaged address, IPv6: RFC 8200 8.1", IP6, PATCH(IP + 22, 7), false, 0, 0,
     DROP_UDP_CHECKSUM},
    {"the device has checked it", IP4, PATCH(UDP4 + 6, 1, 1), false, 0, FRAME_UDP_CHECKED,
     DROP_NONE},
    {"veth: the sender left it to the device", IP6, PATCH(UDP6 + 6, 1, 1), false, 0,
     FRAME_UDP_PARTIAL, DROP_NONE},
    {"RFC 768: none over IPv4", IP4, PATCH(UDP4 + 6, 0, 0), false, 0, 0, DROP_NONE},
    {"RFC 8200 8.1: none over IPv6", IP6, PATCH(UDP6 + 6, 0, 0), false, 0, 0, DROP_UDP_CHECKSUM},
    {"and no flag makes it good", IP6, PATCH(UDP6 + 6, 0, 0), false, 0,
     FRAME_UDP_PARTIAL | FRAME_UDP_CHECKED, DROP_UDP_CHECKSUM},
};

static void build(struct packet *p, enum base base)
{
	static const uint8_t broadcast[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t all_nodes[] = {0x33, 0x33, 0, 0, 0, 1};
	bool is_ip6 = base == IP6 || base == TAGGED6 || base == IP6_GROUP;
	const char *destination = is_ip6 ? "fd53::1" : "10.53.0.1";

	if (base == IP4_GROUP)
		destination = "255.255.255.255";
	if (base == IP6_GROUP)
		destination = "ff02::1";
	packet_udp(p, is_ip6 ? "fd53::9" : "10.54.0.9", destination, DNS, sizeof(DNS));
	if (base == IP4_GROUP || base == IP6_GROUP)
		memcpy(p->bytes, is_ip6 ? all_nodes : broadcast, 6);
	if (base == IP4_OPTIONS)
		p->bytes[IP] = 0x46;
	if (base == IP4_FRAGMENT)
		p->bytes[IP + 6] = 0x20;
	if (base == IP4_TCP || base == TAGGED4_TCP)
		p->bytes[IP + 9] = 6;
	packet_sum(p->bytes, p->size);
	if (base == TAGGED4 || base == TAGGED6 || base == TAGGED4_TCP)
		packet_tag(p, 0x8100, 0x2042);
}

/* A frame on a heap block of exactly its capacity. */
static struct frame frame_of(const struct packet *p, size_t capacity, uint8_t flags)
{
	struct frame f = {.bytes = malloc(capacity ? capacity : 1),
	                  .size = (uint16_t)p->size,
	                  .capacity = (uint16_t)capacity,
	                  .flags = flags,
	                  .drop = 77,
	                  .punt = 77};

	assert_non_null(f.bytes);
	memcpy(f.bytes, p->bytes, p->size);
	return f;
}

static void check_row(const struct row *row, const struct frame_port *port)
{
	bool is_punted = port->is_punted && row->is_kernels;
	enum drop drop = is_punted ? DROP_NONE : row->drop,
		  punt = is_punted ? row->drop : DROP_NONE;
	struct packet p;
	struct frame f;
	struct query q;
	enum frame_kind kind;

	build(&p, row->base);
	if (row->patch.at != NO_PATCH)
		memcpy(&p.bytes[row->patch.at], row->patch.bytes, row->patch.count);
	if (row->is_summed)
		packet_sum(p.bytes, p.size);
	p.size = (size_t)((int)p.size + row->extra);
	f = frame_of(&p, p.size, row->flags);
	kind = frame_parse(port, &f, &q);
	if (f.drop != drop || f.punt != punt)
		print_error("%s: drop %s, punt %s, not %s, %s\n", row->why, drop_names[f.drop],
		            drop_names[f.punt], drop_names[drop], drop_names[punt]);
	assert_int_equal(f.drop, drop);
	assert_int_equal(f.punt, punt);
	assert_int_equal(kind, punt != DROP_NONE   ? FRAME_PUNT
	                       : drop != DROP_NONE ? FRAME_DROP
	                                           : FRAME_DNS);
	assert_memory_equal(f.bytes, p.bytes, p.size);
	free(f.bytes);
}

static void test_guards(void **state)
{
	struct frame_port ports[2][2]; /* [prepared][punted] */
	unsigned seen[DROP_COUNT] = {0};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		ports[i / 2][i % 2] = packet_port;
		ports[i / 2][i % 2].is_punted = i % 2;
		if (i / 2)
			frame_port_prepare(&ports[i / 2][i % 2]);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned j = 0; j < 4; j++)
			check_row(&rows[i], &ports[j / 2][j % 2]);
		seen[rows[i].drop]++;
	}
	for (enum drop drop = DROP_NONE; drop <= DROP_UDP_PORT; drop++) {
		if (!seen[drop])
			print_error("no row ends in %s\n", drop_names[drop]);
		assert_true(seen[drop] > 0);
	}
}

static void test_query_fields(void **state)
{
	struct packet p;
	struct frame f;
	struct query q;

	(void)state;
	build(&p, TAGGED4);
	memcpy(&p.bytes[p.size], "padding", 7);
	p.size += 7;
	f = frame_of(&p, 300, 0);
	assert_int_equal(frame_parse(&packet_port, &f, &q), FRAME_DNS);
	assert_ptr_equal(q.message, f.bytes + 46);
	assert_int_equal(q.size, sizeof(DNS)); /* without the padding */
	assert_int_equal(q.capacity, 300 - 46);
	assert_false(q.is_tcp);
	assert_true(q.client == ((address6_t)0xffff << 32 | 0x0a360009));
	free(f.bytes);

	build(&p, IP6);
	p.bytes[59] = 8 + 12; /* a UDP length below the IP payload's: the rest is not DNS */
	packet_sum(p.bytes, p.size);
	f = frame_of(&p, 300, FRAME_UDP_CHECKED);
	assert_int_equal(frame_parse(&packet_port, &f, &q), FRAME_DNS);
	assert_int_equal(q.size, 12);
	assert_int_equal(q.capacity, 300 - 62);
	assert_true(q.client == ((address6_t)0xfd530000 << 96 | 9));
	free(f.bytes);
}

static void check_reply(enum base base, size_t answer_size)
{
	size_t tag = base == TAGGED4 || base == TAGGED6 ? 4 : 0, capacity = 1600, size;
	bool is_ip4 = base == IP4 || base == TAGGED4;
	size_t ip = 14 + tag, udp = ip + (is_ip4 ? 20 : 40);
	size_t addresses = is_ip4 ? ip + 12 : ip + 8, address_size = is_ip4 ? 4 : 16;
	struct packet p;
	struct frame f;
	struct query q;

	build(&p, base);
	f = frame_of(&p, capacity, 0);
	assert_int_equal(frame_parse(&packet_port, &f, &q), FRAME_DNS);
	memset(q.message, 0xa5, answer_size);
	size = frame_reply(&f, answer_size);
	assert_int_equal(size, udp + 8 + answer_size < 60 ? 60 : udp + 8 + answer_size);
	assert_memory_equal(&f.bytes[0], packet_their_mac, 6);
	assert_memory_equal(&f.bytes[6], packet_our_mac, 6);
	assert_memory_equal(&f.bytes[12], &p.bytes[12], 2 + tag);
	assert_memory_equal(&f.bytes[addresses], &p.bytes[addresses + address_size], address_size);
	assert_memory_equal(&f.bytes[addresses + address_size], &p.bytes[addresses], address_size);
	assert_memory_equal(&f.bytes[udp], ((uint8_t[]){0, 53, 5353 / 256, 5353 % 256}), 4);
	if (is_ip4) {
		assert_int_equal(f.bytes[ip + 1], 0xb8); /* DSCP is kept, ECN is not */
		assert_memory_equal(&f.bytes[ip + 4], ((uint8_t[]){0, 0, 0x40, 0}), 4); /* DF */
		assert_memory_equal(&f.bytes[udp + 6], ((uint8_t[]){0, 0}), 2);
	} else {
		assert_memory_equal(&f.bytes[ip], ((uint8_t[]){0x6b, 0x8a, 0xbc, 0xde}), 4);
	}
	check_packet(&f.bytes[ip], size - ip);
	for (size_t i = 0; i < answer_size; i++)
		assert_int_equal(f.bytes[udp + 8 + i], 0xa5);
	for (size_t i = udp + 8 + answer_size; i < size; i++)
		assert_int_equal(f.bytes[i], 0); /* padding leaks nothing */
	free(f.bytes);
}

static void test_reply(void **state)
{
	static const size_t sizes[] = {12, 13, 20, 21, 511, 1231, 1232};

	(void)state;
	for (enum base base = IP4; base <= TAGGED6; base++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			check_reply(base, sizes[i]);
	}
}

/* RFC 768: a computed checksum of 0 is sent as all ones; over IPv6, 0 would be dropped. */
static void test_zero_checksum(void **state)
{
	struct packet p;
	struct frame f;
	struct query q;
	uint16_t sum;

	(void)state;
	build(&p, IP6);
	f = frame_of(&p, 300, 0);
	assert_int_equal(frame_parse(&packet_port, &f, &q), FRAME_DNS);
	memset(q.message, 0, 14);
	frame_reply(&f, 14);
	sum = (uint16_t)(f.bytes[60] << 8 | f.bytes[61]);
	free(f.bytes);

	/* what was left for the checksum goes into the payload, so that the next one is 0 */
	f = frame_of(&p, 300, 0);
	assert_int_equal(frame_parse(&packet_port, &f, &q), FRAME_DNS);
	memset(q.message, 0, 14);
	q.message[12] = (uint8_t)(sum >> 8);
	q.message[13] = (uint8_t)sum;
	frame_reply(&f, 14);
	assert_memory_equal(&f.bytes[60], ((uint8_t[]){0xff, 0xff}), 2);
	check_packet(&f.bytes[14], 40 + 8 + 14);
	free(f.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_guards),
	    cmocka_unit_test(test_query_fields),
	    cmocka_unit_test(test_reply),
	    cmocka_unit_test(test_zero_checksum),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}

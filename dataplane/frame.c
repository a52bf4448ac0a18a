/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/frame.h"

#include "dataplane/checksum.h"
#include "dataplane/frame_checks.h"
#include "dataplane/headers.h"
#include "dataplane/qname.h"

#include <string.h>

/* Where UDP begins in the usual frame, which has no tag and no options. */
#define UDP4_AT (ETH_SIZE + IP4_SIZE)
#define UDP6_AT (ETH_SIZE + IP6_SIZE)

/* A MAC and what is two bytes behind it. */
static uint64_t mac_word(const uint8_t *mac, unsigned type)
{
	uint8_t bytes[8];

	memcpy(bytes, mac, 6);
	headers_set_u16(&bytes[6], type);
	return headers_word64(bytes);
}

static uint64_t near_bit(unsigned number)
{
	return UINT64_C(1) << (number & 63);
}

static bool is_far(uint64_t far, unsigned number)
{
	return far >> (number & 63) & 1;
}

void frame_port_prepare(struct frame_port *port)
{
	static const uint8_t no_mac[6];
	struct frame_usual *u = &port->usual;
	uint64_t near4 = 0, near6 = 0;

	for (unsigned i = 0; i < port->count4; i++) {
		const struct frame_address4 *a = &port->addresses4[i];

		near4 |= near_bit(a->address);
		if (a->length < 32)
			near4 |= near_bit(a->address | UINT32_MAX >> a->length);
	}
	for (unsigned i = 0; i < port->count6; i++)
		near6 |= near_bit(port->addresses6[i][15]);
	*u = (struct frame_usual){
	    .to_us = mac_word(port->mac, 0),
	    .from_us4 = mac_word(port->mac, ETHERTYPE_IP4),
	    .from_nobody4 = mac_word(no_mac, ETHERTYPE_IP4),
	    .far4 = port->count4 ? ~near4 : 0,
	    .destination4 = htobe32(port->addresses4[0].address),
	    .from_us6 = mac_word(port->mac, ETHERTYPE_IP6),
	    .from_nobody6 = mac_word(no_mac, ETHERTYPE_IP6),
	    .far6 = port->count6 ? ~near6 : 0,
	};
	memcpy(u->destination6, port->addresses6[0], sizeof(u->destination6));
}

/* To our MAC, and not from a group's. */
static inline bool is_to_us(const struct frame_usual *u, const uint8_t *bytes)
{
	return ((headers_word64(bytes) ^ u->to_us) & htobe64(0xffffffffffff0100)) == 0;
}

/* UDP to our port, from one, and with a length that fits the room. */
static inline bool is_dns(const uint8_t *udp, int room)
{
	const int size = headers_u16(&udp[UDP_LENGTH]);

	return headers_word16(&udp[UDP_DESTINATION]) == htobe16(FRAME_DNS_PORT) &&
	       headers_word16(&udp[UDP_SOURCE]) != 0 && size >= UDP_SIZE && size <= room;
}

/*
 * Whether a frame is like nearly all: untagged, from another station to our MAC, IPv4 without
 * options, whole, UDP to port 53, with lengths and a header checksum that are right. Not looked at:
 * the addresses, and the UDP checksum.
 */
static inline bool is_usual4(const struct frame_usual *u, const struct frame *f)
{
	const uint8_t *bytes = f->bytes, *ip = &bytes[ETH_SIZE];
	uint64_t from;
	int total;

	if (f->size < UDP4_AT + UDP_SIZE || !is_to_us(u, bytes) ||
	    (headers_word32(&bytes[ETH_TYPE]) & htobe32(0xffffff00)) !=
	        htobe32(ETHERTYPE_IP4 << 16 | 0x4500) ||
	    (headers_word32(&ip[IP4_FRAGMENT]) & htobe32(0xbfff00ff)) != htobe32(IP_PROTOCOL_UDP))
		return false;
	from = headers_word64(&bytes[ETH_SOURCE]);
	if (from == u->from_us4 || from == u->from_nobody4)
		return false;
	total = headers_u16(&ip[IP4_TOTAL]);
	if (ETH_SIZE + total > f->size || !is_dns(&bytes[UDP4_AT], total - IP4_SIZE))
		return false;
	return f->flags & FRAME_IP_CHECKED || checksum_is_good(checksum_header4(ip));
}

/* The same of IPv6; nor is it from an address of ::/64, which are unspecified, loopback and mapped
 * ones, or from a group. */
static inline bool is_usual6(const struct frame_usual *u, const struct frame *f)
{
	const uint8_t *bytes = f->bytes, *ip = &bytes[ETH_SIZE];
	uint64_t from;
	int payload;

	if (f->size < UDP6_AT + UDP_SIZE || !is_to_us(u, bytes) ||
	    (headers_word32(&bytes[ETH_TYPE]) & htobe32(0xfffff000)) !=
	        htobe32((uint32_t)ETHERTYPE_IP6 << 16 | 0x6000) ||
	    ip[IP6_NEXT] != IP_PROTOCOL_UDP)
		return false;
	from = headers_word64(&bytes[ETH_SOURCE]);
	if (from == u->from_us6 || from == u->from_nobody6)
		return false;
	payload = headers_u16(&ip[IP6_PAYLOAD]);
	if (UDP6_AT + payload > f->size || !is_dns(&bytes[UDP6_AT], payload))
		return false;
	return headers_word64(&ip[IP6_SOURCE]) != 0 && ip[IP6_SOURCE] != 0xff;
}

static inline void take(struct frame *f, bool is_ipv6, address6_t client, struct query *out_query)
{
	const uint16_t at = is_ipv6 ? UDP6_AT : UDP4_AT;
	const uint16_t size = headers_u16(&f->bytes[at + UDP_LENGTH]);

	f->drop = DROP_NONE;
	f->punt = DROP_NONE;
	f->protocol = IP_PROTOCOL_UDP;
	f->is_ipv6 = is_ipv6;
	f->network_offset = ETH_SIZE;
	f->transport_offset = at;
	f->transport_size = size;
	frame_checks_ask(f, at, size, client, out_query);
}

static inline enum frame_kind take4(struct frame *f, struct query *out_query)
{
	const uint8_t *ip = &f->bytes[ETH_SIZE];

	take(f, false, QNAME_MAPPED_FIRST | headers_u32(&ip[IP4_SOURCE]), out_query);
	return headers_word16(&ip[IP4_SIZE + UDP_CHECKSUM]) == 0 ? FRAME_DNS
	                                                         : frame_checks_udp_sum(f);
}

/* Of a usual frame but for addresses that may be good or bad. */
static __attribute__((noinline)) enum frame_kind
parse_near4(const struct frame_port *port, struct frame *f, struct query *out_query)
{
	const uint8_t *ip = &f->bytes[ETH_SIZE];

	if (port->usual.far4 == 0 ||
	    frame_checks_is_bad_source4(port, headers_u32(&ip[IP4_SOURCE])) ||
	    !frame_checks_is_ours4(port, headers_u32(&ip[IP4_DESTINATION])))
		return frame_checks(port, f, out_query);
	return take4(f, out_query);
}

/* Of a frame that is not usual over IPv4: usual over IPv6, or whatever there is. */
static __attribute__((noinline)) enum frame_kind
parse_other(const struct frame_port *port, struct frame *f, struct query *out_query)
{
	const struct frame_usual *u = &port->usual;
	const uint8_t *ip = &f->bytes[ETH_SIZE];

	if (!is_usual6(u, f) || headers_word16(&ip[IP6_SIZE + UDP_CHECKSUM]) == 0)
		return frame_checks(port, f, out_query);
	if (!is_far(u->far6, ip[IP6_SOURCE + 15]) ||
	    headers_word64(&ip[IP6_DESTINATION]) != u->destination6[0] ||
	    headers_word64(&ip[IP6_DESTINATION + 8]) != u->destination6[1]) {
		if (u->far6 == 0 || frame_checks_is_ours6(port, &ip[IP6_SOURCE]) ||
		    !frame_checks_is_ours6(port, &ip[IP6_DESTINATION]))
			return frame_checks(port, f, out_query);
	}
	take(f, true, headers_u128(&ip[IP6_SOURCE]), out_query);
	return frame_checks_udp_sum(f);
}

enum frame_kind frame_parse(const struct frame_port *port, struct frame *frame,
                            struct query *out_query)
{
	const uint8_t *ip = &frame->bytes[ETH_SIZE];
	uint32_t source;

	if (!is_usual4(&port->usual, frame))
		return parse_other(port, frame, out_query);
	source = headers_u32(&ip[IP4_SOURCE]);
	/* 0/8, 224/3; loopback; what may be ours */
	if (source - (1u << 24) >= 223u << 24 || source >> 24 == 127 ||
	    !is_far(port->usual.far4, source) ||
	    headers_word32(&ip[IP4_DESTINATION]) != port->usual.destination4)
		return parse_near4(port, frame, out_query);
	return take4(frame, out_query);
}

/* The UDP header turned round, and its sum; no checksum, which stays so on IPv4 (RFC 768). */
static uint64_t reply_udp(uint8_t *udp, size_t udp_size)
{
	uint32_t ports = headers_word32(udp);
	const uint32_t size = htobe32((uint32_t)udp_size << 16);

	ports = ports << 16 | ports >> 16;
	memcpy(udp, &ports, sizeof(ports));
	memcpy(&udp[UDP_LENGTH], &size, sizeof(size));
	return (uint64_t)ports + size;
}

/*
 * In registers: words that were just written in pieces, or in other words, are waited for when they
 * are read.
 */
static void reply_ip4(uint8_t *ip, size_t udp_size)
{
	/* ECN is the sender's to set; the id is 0 */
	const uint32_t first =
	    (headers_word32(ip) & htobe32(0xfffc0000)) | htobe32((uint32_t)(IP4_SIZE + udp_size));
	const uint32_t fragment = htobe32(IP4_DF);
	const uint16_t time = htobe16(HOP_LIMIT << 8 | IP_PROTOCOL_UDP);
	uint64_t addresses = headers_word64(&ip[IP4_SOURCE]), sum;
	uint16_t checksum;

	addresses = addresses << 32 | addresses >> 32;
	sum = (uint64_t)first + fragment + time;
	checksum = checksum_complement(checksum_add_word(addresses, sum));
	memcpy(ip, &first, sizeof(first));
	memcpy(&ip[IP4_ID], &fragment, sizeof(fragment));
	memcpy(&ip[IP4_TTL], &time, sizeof(time));
	memcpy(&ip[IP4_CHECKSUM], &checksum, sizeof(checksum));
	memcpy(&ip[IP4_SOURCE], &addresses, sizeof(addresses));
}

static void turn_macs(uint8_t *bytes)
{
	const uint32_t to = headers_word32(bytes);
	const uint16_t to_rest = headers_word16(&bytes[4]);
	const uint64_t from = headers_word64(&bytes[ETH_SOURCE]);

	memcpy(bytes, &from, sizeof(from)); /* and two bytes that are written again */
	memcpy(&bytes[ETH_SOURCE], &to, sizeof(to));
	memcpy(&bytes[ETH_SOURCE + 4], &to_rest, sizeof(to_rest));
}

static __attribute__((noinline)) size_t reply_ip6(struct frame *f, size_t dns_size)
{
	uint8_t *ip = &f->bytes[f->network_offset], *udp = &ip[IP6_SIZE];
	const size_t udp_size = UDP_SIZE + dns_size;
	const uint32_t rest = htobe32((uint32_t)udp_size << 16 | IP_PROTOCOL_UDP << 8 | HOP_LIMIT);
	/* of the addresses in either order */
	uint64_t sum = checksum_pseudo6(ip, IP_PROTOCOL_UDP, udp_size);
	uint8_t source[16];
	uint16_t checksum;

	turn_macs(f->bytes);
	ip[1] &= 0xcf; /* ECN */
	memcpy(&ip[IP6_PAYLOAD], &rest, sizeof(rest));
	memcpy(source, &ip[IP6_SOURCE], sizeof(source));
	memcpy(&ip[IP6_SOURCE], &ip[IP6_DESTINATION], sizeof(source));
	memcpy(&ip[IP6_DESTINATION], source, sizeof(source));
	sum = checksum_add_word(sum, reply_udp(udp, udp_size));
	checksum = checksum_complement(checksum_add(sum, &udp[UDP_SIZE], dns_size));
	if (checksum == 0)
		checksum = 0xffff; /* RFC 768 */
	memcpy(&udp[UDP_CHECKSUM], &checksum, sizeof(checksum));
	return f->transport_offset + udp_size; /* more than FRAME_SIZE_MIN */
}

size_t frame_pad(const struct frame *frame, size_t size)
{
	size_t padded = frame->size < FRAME_SIZE_MIN ? frame->size : FRAME_SIZE_MIN;

	if (size >= padded)
		return size;
	memset(&frame->bytes[size], 0, padded - size);
	return padded;
}

size_t frame_reply(struct frame *frame, size_t dns_size)
{
	const size_t udp_size = UDP_SIZE + dns_size;
	uint8_t *ip = &frame->bytes[frame->network_offset];
	size_t size;

	if (frame->is_ipv6)
		return reply_ip6(frame, dns_size);
	turn_macs(frame->bytes);
	(void)reply_udp(&ip[IP4_SIZE], udp_size);
	reply_ip4(ip, udp_size);
	size = frame->network_offset + IP4_SIZE + udp_size;
	return size < FRAME_SIZE_MIN ? frame_pad(frame, size) : size;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/frame.h"

#include "dataplane/checksum.h"
#include "dataplane/frame_checks.h"
#include "dataplane/headers.h"
#include "dataplane/qname.h"

#include <string.h>

/* What is left behind the checks of is_usual() to be checked. */
#define USUAL_SIZE (ETH_SIZE + IP4_SIZE + UDP_SIZE)
#define UDP_AT     (ETH_SIZE + IP4_SIZE)

static uint64_t far_bit(uint32_t address)
{
	return UINT64_C(1) << (address & 63);
}

void frame_port_prepare(struct frame_port *port)
{
	struct frame_usual *u = &port->usual;
	uint8_t words[3][8] = {{0}, {0, 0, 0, 0, 0, 0, 8, 0}, {0, 0, 0, 0, 0, 0, 8, 0}};
	uint64_t near = 0;

	memcpy(words[0], port->mac, 6);
	memcpy(words[1], port->mac, 6);
	u->to_us = headers_word64(words[0]);
	u->from_us = headers_word64(words[1]);
	u->from_nobody = headers_word64(words[2]);
	u->destination = htobe32(port->addresses4[0].address);
	for (unsigned i = 0; i < port->count4; i++) {
		const struct frame_address4 *a = &port->addresses4[i];

		near |= far_bit(a->address);
		if (a->length < 32)
			near |= far_bit(a->address | UINT32_MAX >> a->length);
	}
	u->far = port->count4 ? ~near : 0;
}

/*
 * Whether a frame is like nearly all: untagged, from another station to our MAC, IPv4 without
 * options, whole, UDP to port 53, with lengths and a header checksum that are right. Not looked at:
 * the addresses, and the UDP checksum.
 */
static inline bool is_usual(const struct frame_usual *u, const struct frame *f)
{
	const uint8_t *bytes = f->bytes, *ip = &bytes[ETH_SIZE], *udp = &bytes[UDP_AT];
	uint64_t from;
	unsigned total, size;

	if (f->size < USUAL_SIZE)
		return false;
	/* our MAC, and the group bit of theirs */
	if ((headers_word64(bytes) ^ u->to_us) & htobe64(0xffffffffffff0100))
		return false;
	if ((headers_word32(&bytes[ETH_TYPE]) & htobe32(0xffffff00)) !=
	        htobe32(ETHERTYPE_IP4 << 16 | 0x4500) ||
	    (headers_word32(&ip[IP4_FRAGMENT]) & htobe32(0xbfff00ff)) != htobe32(IP_PROTOCOL_UDP))
		return false;
	from = headers_word64(&bytes[ETH_SOURCE]);
	if (from == u->from_us || from == u->from_nobody)
		return false;
	if (headers_word16(&udp[UDP_DESTINATION]) != htobe16(FRAME_DNS_PORT) ||
	    headers_word16(&udp[UDP_SOURCE]) == 0)
		return false;
	total = headers_u16(&ip[IP4_TOTAL]);
	size = headers_u16(&udp[UDP_LENGTH]);
	if (ETH_SIZE + total > f->size || size < UDP_SIZE || IP4_SIZE + size > total)
		return false;
	if (f->flags & FRAME_IP_CHECKED)
		return true;
	return checksum_is_good4(ip);
}

static inline enum frame_kind take(struct frame *f, struct query *out_query)
{
	const uint8_t *ip = &f->bytes[ETH_SIZE], *udp = &f->bytes[UDP_AT];
	const uint16_t size = headers_u16(&udp[UDP_LENGTH]);

	f->drop = DROP_NONE;
	f->punt = DROP_NONE;
	f->protocol = IP_PROTOCOL_UDP;
	f->is_ipv6 = 0;
	f->network_offset = ETH_SIZE;
	f->transport_offset = UDP_AT;
	f->transport_size = size;
	frame_checks_ask(f, UDP_AT, size, QNAME_MAPPED_FIRST | headers_u32(&ip[IP4_SOURCE]),
	                 out_query);
	return headers_word16(&udp[UDP_CHECKSUM]) == 0 ? FRAME_DNS : frame_checks_udp_sum(f);
}

/* Of a usual frame but for addresses that may be good or bad. */
static __attribute__((noinline)) enum frame_kind
parse_near(const struct frame_port *port, struct frame *f, struct query *out_query)
{
	const uint8_t *ip = &f->bytes[ETH_SIZE];

	if (port->usual.far == 0 ||
	    frame_checks_is_bad_source4(port, headers_u32(&ip[IP4_SOURCE])) ||
	    !frame_checks_is_ours4(port, headers_u32(&ip[IP4_DESTINATION])))
		return frame_checks(port, f, out_query);
	return take(f, out_query);
}

enum frame_kind frame_parse(const struct frame_port *port, struct frame *frame,
                            struct query *out_query)
{
	const uint8_t *ip = &frame->bytes[ETH_SIZE];
	uint32_t source;

	if (!is_usual(&port->usual, frame))
		return frame_checks(port, frame, out_query);
	source = headers_u32(&ip[IP4_SOURCE]);
	/* 0/8, 224/3; loopback; what may be ours */
	if (source - (1u << 24) >= 223u << 24 || source >> 24 == 127 ||
	    !(port->usual.far >> (source & 63) & 1) ||
	    headers_word32(&ip[IP4_DESTINATION]) != port->usual.destination)
		return parse_near(port, frame, out_query);
	return take(frame, out_query);
}

/* The UDP header turned round; no checksum, which stays so on IPv4 (RFC 768). */
static void reply_udp(uint8_t *udp, size_t udp_size)
{
	uint32_t ports = headers_word32(udp);
	const uint32_t size = htobe32((uint32_t)udp_size << 16);

	ports = ports << 16 | ports >> 16;
	memcpy(udp, &ports, sizeof(ports));
	memcpy(&udp[UDP_LENGTH], &size, sizeof(size));
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

static __attribute__((noinline)) size_t reply_ip6(struct frame *f, size_t udp_size)
{
	uint8_t *ip = &f->bytes[f->network_offset], *udp = &ip[IP6_SIZE], source[16];
	uint16_t checksum;
	uint64_t sum;

	turn_macs(f->bytes);
	reply_udp(udp, udp_size);
	memcpy(source, &ip[IP6_SOURCE], 16);
	memcpy(&ip[IP6_SOURCE], &ip[IP6_DESTINATION], 16);
	memcpy(&ip[IP6_DESTINATION], source, 16);
	ip[1] &= 0xcf; /* ECN */
	headers_set_u16(&ip[IP6_PAYLOAD], (unsigned)udp_size);
	ip[IP6_HOP_LIMIT] = HOP_LIMIT;
	sum = checksum_pseudo6(ip, IP_PROTOCOL_UDP, udp_size);
	checksum = checksum_finish(checksum_add(sum, udp, udp_size));
	headers_set_u16(&udp[UDP_CHECKSUM], checksum ? checksum : 0xffff); /* RFC 768 */
	return frame_pad(f, f->transport_offset + udp_size);
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
		return reply_ip6(frame, udp_size);
	turn_macs(frame->bytes);
	reply_udp(&ip[IP4_SIZE], udp_size);
	reply_ip4(ip, udp_size);
	size = frame->network_offset + IP4_SIZE + udp_size;
	return size < FRAME_SIZE_MIN ? frame_pad(frame, size) : size;
}

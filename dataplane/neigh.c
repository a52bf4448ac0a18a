/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/neigh.h"

#include "dataplane/checksum.h"
#include "dataplane/frame_checks.h"
#include "dataplane/headers.h"

#include <string.h>

#define ARP_SIZE       28
#define ARP_OPERATION  6
#define ARP_SENDER_MAC 8
#define ARP_SENDER     14
#define ARP_TARGET_MAC 18
#define ARP_TARGET     24
#define ARP_REQUEST    1
#define ARP_REPLY      2

#define ICMP_SIZE     8
#define ICMP_TYPE     0
#define ICMP_CODE     1
#define ICMP_CHECKSUM 2

#define ICMP4_ECHO       8
#define ICMP4_ECHO_REPLY 0
#define ICMP6_ECHO       128
#define ICMP6_ECHO_REPLY 129
#define ICMP6_SOLICIT    135
#define ICMP6_ADVERTISE  136
#define ND_SIZE          24 /* a neighbour message without options */
#define ND_FLAGS         4
#define ND_TARGET        8
#define ND_SOLICITED     0x40
#define ND_OVERRIDE      0x20
#define ND_OPTION_SOURCE 1 /* link-layer address of the sender */
#define ND_OPTION_TARGET 2 /* link-layer address of the target */
#define ND_LINK_SIZE     8 /* of either option on Ethernet */
#define ND_HOP_LIMIT     255

static bool is_group6(const uint8_t *address)
{
	return address[0] == 0xff;
}

static size_t dropped(struct frame *f, enum drop drop)
{
	f->drop = (uint8_t)drop;
	return 0;
}

/* Not ours to answer: the kernel's, if it is there. */
static size_t left(const struct frame_port *port, struct frame *f, enum drop reason)
{
	if (!port->is_punted)
		return dropped(f, reason);
	f->punt = (uint8_t)reason;
	return 0;
}

static void turn_macs(const struct frame_port *port, struct frame *f)
{
	memcpy(&f->bytes[ETH_DESTINATION], &f->bytes[ETH_SOURCE], 6);
	memcpy(&f->bytes[ETH_SOURCE], port->mac, 6);
}

/*
 * RFC 826. A probe has sender 0.0.0.0 and is answered like any request (RFC 5227 section 2.1.1).
 * The answer goes where the frame came from, which is not the sender's MAC behind some gateways.
 */
static size_t reply_arp(const struct frame_port *port, struct frame *f)
{
	static const uint8_t ethernet_ip4[] = {0, 1, 8, 0, 6, 4};
	uint8_t *arp = &f->bytes[f->network_offset];
	uint8_t target[4];

	if (f->size < f->network_offset + ARP_SIZE)
		return dropped(f, DROP_SHORT_FRAME);
	if (memcmp(arp, ethernet_ip4, sizeof(ethernet_ip4)) != 0 ||
	    arp[ARP_SENDER_MAC] & ETH_GROUP_BIT ||
	    frame_checks_is_ours4(port, headers_u32(&arp[ARP_SENDER])))
		return dropped(f, DROP_NEIGHBOR);
	if (headers_u16(&arp[ARP_OPERATION]) != ARP_REQUEST ||
	    !frame_checks_is_ours4(port, headers_u32(&arp[ARP_TARGET])))
		return left(port, f, DROP_NEIGHBOR);
	turn_macs(port, f);
	headers_set_u16(&arp[ARP_OPERATION], ARP_REPLY);
	memcpy(target, &arp[ARP_TARGET], 4);
	memcpy(&arp[ARP_TARGET_MAC], &arp[ARP_SENDER_MAC], 6 + 4);
	memcpy(&arp[ARP_SENDER_MAC], port->mac, 6);
	memcpy(&arp[ARP_SENDER], target, 4);
	return frame_pad(f, f->network_offset + ARP_SIZE);
}

/* RFC 792: the same bytes come back. */
static size_t reply_echo4(const struct frame_port *port, struct frame *f)
{
	uint8_t *ip = &f->bytes[f->network_offset], *icmp = &f->bytes[f->transport_offset];
	uint8_t address[4];

	if (f->transport_size < ICMP_SIZE ||
	    checksum_finish(checksum_add(0, icmp, f->transport_size)) != 0)
		return dropped(f, DROP_ICMP);
	if (icmp[ICMP_TYPE] != ICMP4_ECHO || icmp[ICMP_CODE] != 0)
		return left(port, f, DROP_ICMP);
	turn_macs(port, f);
	memcpy(address, &ip[IP4_SOURCE], 4);
	memcpy(&ip[IP4_SOURCE], &ip[IP4_DESTINATION], 4);
	memcpy(&ip[IP4_DESTINATION], address, 4);
	ip[IP4_TTL] = HOP_LIMIT;
	headers_set_u16(&ip[IP4_CHECKSUM], 0);
	headers_set_u16(&ip[IP4_CHECKSUM], checksum_finish(checksum_add(0, ip, IP4_SIZE)));
	icmp[ICMP_TYPE] = ICMP4_ECHO_REPLY;
	headers_set_u16(&icmp[ICMP_CHECKSUM], 0);
	headers_set_u16(&icmp[ICMP_CHECKSUM],
	                checksum_finish(checksum_add(0, icmp, f->transport_size)));
	return frame_pad(f, f->transport_offset + (size_t)f->transport_size);
}

/* Finish an ICMPv6 message of `size` bytes whose IPv6 addresses are set. */
static size_t finish6(const struct frame_port *port, struct frame *f, uint8_t hop_limit,
                      size_t size)
{
	uint8_t *ip = &f->bytes[f->network_offset], *icmp = &f->bytes[f->transport_offset];
	uint64_t sum;

	turn_macs(port, f);
	headers_set_u16(&ip[IP6_PAYLOAD], (unsigned)size);
	ip[IP6_HOP_LIMIT] = hop_limit;
	headers_set_u16(&icmp[ICMP_CHECKSUM], 0);
	sum = checksum_add(checksum_pseudo6(ip, IP_PROTOCOL_ICMP6, size), icmp, size);
	headers_set_u16(&icmp[ICMP_CHECKSUM], checksum_finish(sum));
	return frame_pad(f, f->transport_offset + size);
}

/* RFC 4443 section 4.2 */
static size_t reply_echo6(const struct frame_port *port, struct frame *f)
{
	uint8_t *ip = &f->bytes[f->network_offset], *icmp = &f->bytes[f->transport_offset];
	uint8_t address[16];

	if (f->client == 0)
		return dropped(f, DROP_BAD_SOURCE);
	if (icmp[ICMP_CODE] != 0 || is_group6(&ip[IP6_DESTINATION]))
		return left(port, f, DROP_ICMP);
	memcpy(address, &ip[IP6_SOURCE], 16);
	memcpy(&ip[IP6_SOURCE], &ip[IP6_DESTINATION], 16);
	memcpy(&ip[IP6_DESTINATION], address, 16);
	icmp[ICMP_TYPE] = ICMP6_ECHO_REPLY;
	return finish6(port, f, HOP_LIMIT, f->transport_size);
}

/* The options of a solicitation tile the rest of it; out_has_source: the sender's address is one.
 */
static bool options_fit(const uint8_t *options, size_t size, bool *out_has_source)
{
	*out_has_source = false;
	for (size_t at = 0; at < size;) {
		size_t option_size = size - at >= 2 ? options[at + 1] * 8u : 0;

		if (option_size == 0 || option_size > size - at)
			return false;
		if (options[at] == ND_OPTION_SOURCE)
			*out_has_source = true;
		at += option_size;
	}
	return true;
}

/* RFC 4861 section 7.1.1; the message has room for its target. */
static bool is_solicitation(const struct frame *f)
{
	const uint8_t *ip = &f->bytes[f->network_offset], *icmp = &f->bytes[f->transport_offset];
	bool has_source;

	if (ip[IP6_HOP_LIMIT] != ND_HOP_LIMIT || icmp[ICMP_CODE] != 0 ||
	    !options_fit(&icmp[ND_SIZE], f->transport_size - ND_SIZE, &has_source))
		return false;
	return f->client != 0 || (is_group6(&ip[IP6_DESTINATION]) && !has_source);
}

/* RFC 4861 section 7.2.4; duplicate address detection is answered to all nodes. */
static size_t reply_solicitation(const struct frame_port *port, struct frame *f)
{
	static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};
	static const uint8_t all_nodes_mac[6] = {0x33, 0x33, 0, 0, 0, 1};
	uint8_t *ip = &f->bytes[f->network_offset], *icmp = &f->bytes[f->transport_offset];
	uint8_t *option = &icmp[ND_SIZE];
	size_t size;

	if (f->transport_size < ND_SIZE)
		return dropped(f, DROP_NEIGHBOR);
	if (!frame_checks_is_ours6(port, &icmp[ND_TARGET]))
		return left(port, f, DROP_NEIGHBOR);
	if (!is_solicitation(f))
		return dropped(f, DROP_NEIGHBOR);
	if (f->capacity < f->transport_offset + ND_SIZE + ND_LINK_SIZE)
		return dropped(f, DROP_NO_ROOM);
	memcpy(&ip[IP6_DESTINATION], f->client ? &ip[IP6_SOURCE] : all_nodes, 16);
	memcpy(&ip[IP6_SOURCE], &icmp[ND_TARGET], 16);
	icmp[ICMP_TYPE] = ICMP6_ADVERTISE;
	memset(&icmp[ND_FLAGS], 0, 4);
	icmp[ND_FLAGS] = f->client ? ND_SOLICITED | ND_OVERRIDE : ND_OVERRIDE;
	option[0] = ND_OPTION_TARGET;
	option[1] = 1;
	memcpy(&option[2], port->mac, 6);
	size = finish6(port, f, ND_HOP_LIMIT, ND_SIZE + ND_LINK_SIZE);
	if (f->client == 0)
		memcpy(&f->bytes[ETH_DESTINATION], all_nodes_mac, 6);
	return size;
}

static size_t reply_icmp6(const struct frame_port *port, struct frame *f)
{
	const uint8_t *ip = &f->bytes[f->network_offset], *icmp = &f->bytes[f->transport_offset];
	uint64_t sum = checksum_pseudo6(ip, IP_PROTOCOL_ICMP6, f->transport_size);

	if (f->transport_size < ICMP_SIZE ||
	    checksum_finish(checksum_add(sum, icmp, f->transport_size)) != 0)
		return dropped(f, DROP_ICMP);
	switch (icmp[ICMP_TYPE]) {
	case ICMP6_ECHO:
		return reply_echo6(port, f);
	case ICMP6_SOLICIT:
		return reply_solicitation(port, f);
	case ICMP6_ADVERTISE:
		return left(port, f, DROP_NEIGHBOR);
	}
	return left(port, f, DROP_ICMP);
}

size_t neigh_reply(const struct frame_port *port, struct frame *frame)
{
	switch (frame->protocol) {
	case IP_PROTOCOL_ICMP:
		return reply_echo4(port, frame);
	case IP_PROTOCOL_ICMP6:
		return reply_icmp6(port, frame);
	}
	return reply_arp(port, frame);
}

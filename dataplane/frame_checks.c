/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/frame_checks.h"

#include "dataplane/checksum.h"
#include "dataplane/headers.h"
#include "dataplane/qname.h"

#include <string.h>

static enum frame_kind dropped(struct frame *f, enum drop drop)
{
	f->drop = (uint8_t)drop;
	return FRAME_DROP;
}

/* Not ours to answer: the kernel's, if it is there. */
static enum frame_kind left(const struct frame_port *port, struct frame *f, enum drop reason)
{
	if (!port->is_punted)
		return dropped(f, reason);
	f->punt = (uint8_t)reason;
	return FRAME_PUNT;
}

static bool is_group(const uint8_t *mac)
{
	return mac[0] & ETH_GROUP_BIT;
}

bool frame_checks_is_ours4(const struct frame_port *port, uint32_t address)
{
	for (unsigned i = 0; i < port->count4; i++) {
		if (port->addresses4[i].address == address)
			return true;
	}
	return false;
}

bool frame_checks_is_ours6(const struct frame_port *port, const uint8_t *address)
{
	for (unsigned i = 0; i < port->count6; i++) {
		if (memcmp(port->addresses6[i], address, 16) == 0)
			return true;
	}
	return false;
}

/* Whether an address is the solicited-node group of one of ours (RFC 4291 section 2.7.1). */
static bool is_our_group(const struct frame_port *port, const uint8_t *address)
{
	static const uint8_t prefix[13] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};

	if (memcmp(address, prefix, sizeof(prefix)) != 0)
		return false;
	for (unsigned i = 0; i < port->count6; i++) {
		if (memcmp(&port->addresses6[i][13], &address[13], 3) == 0)
			return true;
	}
	return false;
}

static bool is_broadcast4(const struct frame_address4 *ours, uint32_t address)
{
	/* RFC 3021: a subnet of two addresses has none */
	return ours->length < 31 && address == (ours->address | UINT32_MAX >> ours->length);
}

/* Multicast, or a broadcast address of the port's subnets or of all. */
static bool is_group4(const struct frame_port *port, uint32_t address)
{
	if (address >> 28 == 0xe || address == UINT32_MAX)
		return true;
	for (unsigned i = 0; i < port->count4; i++) {
		if (is_broadcast4(&port->addresses4[i], address))
			return true;
	}
	return false;
}

bool frame_checks_is_bad_source4(const struct frame_port *port, uint32_t source)
{
	if (source >> 24 == 0 || source >> 24 == 127 || source >> 28 >= 0xe)
		return true;
	for (unsigned i = 0; i < port->count4; i++) {
		if (source == port->addresses4[i].address ||
		    is_broadcast4(&port->addresses4[i], source))
			return true;
	}
	return false;
}

/*
 * RFC 4291 section 2.5.3, 2.7; a v4-mapped source would pass for an IPv4 client in the access
 * rules. The unspecified source of duplicate address detection is left to neigh_reply().
 */
static bool is_bad_source6(const struct frame_port *port, const struct frame *f,
                           const uint8_t *source)
{
	return source[0] == 0xff || f->client == 1 || qname_is_mapped(f->client) ||
	       (f->client == 0 && f->protocol != IP_PROTOCOL_ICMP6) ||
	       frame_checks_is_ours6(port, source);
}

enum frame_kind frame_checks_udp_sum(struct frame *f)
{
	const uint8_t *ip = &f->bytes[f->network_offset], *udp = &f->bytes[f->transport_offset];
	const size_t size = f->transport_size;
	uint64_t sum;

	if (f->flags & (FRAME_UDP_CHECKED | FRAME_UDP_PARTIAL))
		return FRAME_DNS;
	sum = f->is_ipv6 ? checksum_pseudo6(ip, IP_PROTOCOL_UDP, size)
	                 : checksum_pseudo4(ip, IP_PROTOCOL_UDP, size);
	if (!checksum_is_good(checksum_add(sum, udp, size)))
		return dropped(f, DROP_UDP_CHECKSUM);
	return FRAME_DNS;
}

static enum frame_kind parse_udp(const struct frame_port *port, struct frame *f, address6_t client,
                                 struct query *q)
{
	const uint8_t *udp = &f->bytes[f->transport_offset];
	size_t size;

	if (f->transport_size < UDP_SIZE)
		return dropped(f, DROP_UDP_HEADER);
	if (headers_u16(&udp[UDP_DESTINATION]) != FRAME_DNS_PORT)
		return left(port, f, DROP_UDP_PORT);
	if (headers_u16(&udp[UDP_SOURCE]) == 0)
		return dropped(f, DROP_UDP_PORT);
	size = headers_u16(&udp[UDP_LENGTH]);
	if (size < UDP_SIZE || size > f->transport_size)
		return dropped(f, DROP_UDP_HEADER);
	f->transport_size = (uint16_t)size;
	frame_checks_ask(f, f->transport_offset, size, client, q);
	if (headers_word16(&udp[UDP_CHECKSUM]) != 0)
		return frame_checks_udp_sum(f);
	return f->is_ipv6 ? dropped(f, DROP_UDP_CHECKSUM) /* RFC 8200 section 8.1 */ : FRAME_DNS;
}

static enum frame_kind parse_ip4(const struct frame_port *port, struct frame *f, struct query *q)
{
	const uint8_t *ip = &f->bytes[f->network_offset];
	size_t size = f->size - f->network_offset, header_size, total;
	uint32_t source, destination;

	if (size < IP4_SIZE)
		return dropped(f, DROP_SHORT_FRAME);
	header_size = (ip[0] & 0x0fu) * 4u;
	total = headers_u16(&ip[IP4_TOTAL]);
	if (ip[0] >> 4 != 4 || header_size < IP4_SIZE || total < header_size || total > size)
		return dropped(f, DROP_IP_HEADER); /* RFC 1122 section 3.2.1 */
	if (!(f->flags & FRAME_IP_CHECKED) && !checksum_is_good(checksum_add(0, ip, header_size)))
		return dropped(f, DROP_IP_CHECKSUM);
	source = headers_u32(&ip[IP4_SOURCE]);
	destination = headers_u32(&ip[IP4_DESTINATION]);
	if (frame_checks_is_bad_source4(port, source))
		return dropped(f, DROP_BAD_SOURCE);
	if (is_group(&f->bytes[ETH_DESTINATION]) && !is_group4(port, destination))
		return dropped(f, DROP_NOT_OUR_MAC); /* RFC 1122 section 3.3.6 */
	if (header_size > IP4_SIZE)
		return left(port, f, DROP_IP_OPTIONS); /* RFC 7126: source routes and the like */
	if (headers_u16(&ip[IP4_FRAGMENT]) & (uint16_t)~IP4_DF)
		return left(port, f, DROP_FRAGMENT); /* RFC 8900: DNS over UDP needs none */
	if (!frame_checks_is_ours4(port, destination))
		return left(port, f, DROP_NOT_OUR_ADDRESS);
	f->protocol = ip[IP4_PROTOCOL];
	f->transport_offset = (uint16_t)(f->network_offset + IP4_SIZE);
	f->transport_size = (uint16_t)(total - IP4_SIZE);
	if (f->protocol == IP_PROTOCOL_UDP)
		return parse_udp(port, f, QNAME_MAPPED_FIRST | source, q);
	return f->protocol == IP_PROTOCOL_ICMP ? FRAME_NEIGH : left(port, f, DROP_IP_PROTOCOL);
}

static bool is_extension(uint8_t next)
{
	switch (next) { /* RFC 8200 section 4, IANA's list */
	case IP_PROTOCOL_HOPOPT:
	case IP_PROTOCOL_ROUTE:
	case IP_PROTOCOL_AH:
	case IP_PROTOCOL_DSTOPT:
	case IP_PROTOCOL_MH:
	case IP_PROTOCOL_HIP:
	case IP_PROTOCOL_SHIM6:
		return true;
	}
	return false;
}

static enum frame_kind parse_ip6(const struct frame_port *port, struct frame *f, struct query *q)
{
	const uint8_t *ip = &f->bytes[f->network_offset];
	size_t size = f->size - f->network_offset, payload;
	bool is_to_group;

	if (size < IP6_SIZE)
		return dropped(f, DROP_SHORT_FRAME);
	payload = headers_u16(&ip[IP6_PAYLOAD]);
	if (ip[0] >> 4 != 6 || payload == 0 || payload > size - IP6_SIZE)
		return dropped(f, DROP_IP_HEADER); /* 0 is a jumbogram (RFC 2675) */
	f->is_ipv6 = 1;
	f->protocol = ip[IP6_NEXT];
	f->client = headers_u128(&ip[IP6_SOURCE]);
	if (is_bad_source6(port, f, &ip[IP6_SOURCE]))
		return dropped(f, DROP_BAD_SOURCE);
	if (is_group(&f->bytes[ETH_DESTINATION]) && ip[IP6_DESTINATION] != 0xff)
		return dropped(f, DROP_NOT_OUR_MAC);
	if (is_extension(f->protocol))
		return left(port, f, DROP_IP_OPTIONS);
	if (f->protocol == IP_PROTOCOL_FRAG)
		return left(port, f, DROP_FRAGMENT);
	is_to_group = f->protocol == IP_PROTOCOL_ICMP6 && is_our_group(port, &ip[IP6_DESTINATION]);
	if (!is_to_group && !frame_checks_is_ours6(port, &ip[IP6_DESTINATION]))
		return left(port, f, DROP_NOT_OUR_ADDRESS);
	f->transport_offset = (uint16_t)(f->network_offset + IP6_SIZE);
	f->transport_size = (uint16_t)payload;
	if (f->protocol == IP_PROTOCOL_UDP)
		return parse_udp(port, f, f->client, q);
	return f->protocol == IP_PROTOCOL_ICMP6 ? FRAME_NEIGH : left(port, f, DROP_IP_PROTOCOL);
}

static bool is_tag(uint16_t type)
{
	return type == ETHERTYPE_VLAN || type == ETHERTYPE_SERVICE || type == ETHERTYPE_QINQ;
}

enum frame_kind frame_checks(const struct frame_port *port, struct frame *f, struct query *q)
{
	static const uint8_t no_mac[6];
	uint16_t type;

	f->drop = DROP_NONE;
	f->punt = DROP_NONE;
	f->protocol = 0;
	f->is_ipv6 = 0;
	f->network_offset = ETH_SIZE;
	f->transport_offset = 0;
	f->transport_size = 0;
	f->client = 0;
	if (f->size < ETH_SIZE)
		return dropped(f, DROP_SHORT_FRAME);
	if (!is_group(&f->bytes[ETH_DESTINATION]) &&
	    memcmp(&f->bytes[ETH_DESTINATION], port->mac, 6) != 0)
		return dropped(f, DROP_NOT_OUR_MAC);
	if (is_group(&f->bytes[ETH_SOURCE]) || memcmp(&f->bytes[ETH_SOURCE], port->mac, 6) == 0 ||
	    memcmp(&f->bytes[ETH_SOURCE], no_mac, 6) == 0)
		return dropped(f, DROP_BAD_SOURCE); /* an answer would go to many, or nobody */
	type = headers_u16(&f->bytes[ETH_TYPE]);
	if (type == ETHERTYPE_VLAN) {
		if (f->size < ETH_SIZE + VLAN_SIZE)
			return dropped(f, DROP_SHORT_FRAME);
		f->network_offset = ETH_SIZE + VLAN_SIZE;
		type = headers_u16(&f->bytes[ETH_TYPE + VLAN_SIZE]);
		if (is_tag(type))
			return dropped(f, DROP_VLAN_STACKED);
	}
	if (type == ETHERTYPE_IP4)
		return parse_ip4(port, f, q);
	if (type == ETHERTYPE_IP6)
		return parse_ip6(port, f, q);
	if (type == ETHERTYPE_ARP)
		return FRAME_NEIGH;
	return dropped(f, is_tag(type) ? DROP_VLAN_STACKED : DROP_ETHERTYPE);
}

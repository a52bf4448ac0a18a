/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/partial.h"

#include "dataplane/checksum.h"
#include "dataplane/headers.h"

#include <stdbool.h>

#define TCP_SIZE     20
#define TCP_CHECKSUM 16

/* What a checksum is computed over. */
struct segment {
	uint8_t *bytes;
	size_t size;
	uint8_t protocol;
	uint64_t pseudo;
};

static bool find4(uint8_t *ip, size_t size, struct segment *out)
{
	size_t header_size, total;

	if (size < IP4_SIZE || ip[0] >> 4 != 4)
		return false;
	header_size = (ip[0] & 0x0fu) * 4u;
	total = headers_u16(&ip[IP4_TOTAL]);
	if (header_size < IP4_SIZE || total < header_size || total > size ||
	    headers_u16(&ip[IP4_FRAGMENT]) & (uint16_t)~IP4_DF)
		return false;
	out->bytes = ip + header_size;
	out->size = total - header_size;
	out->protocol = ip[IP4_PROTOCOL];
	out->pseudo = checksum_pseudo4(ip, out->protocol, out->size);
	return true;
}

static bool find6(uint8_t *ip, size_t size, struct segment *out)
{
	size_t payload;

	if (size < IP6_SIZE || ip[0] >> 4 != 6)
		return false;
	payload = headers_u16(&ip[IP6_PAYLOAD]);
	if (payload > size - IP6_SIZE)
		return false;
	out->bytes = ip + IP6_SIZE;
	out->size = payload;
	out->protocol = ip[IP6_NEXT];
	out->pseudo = checksum_pseudo6(ip, out->protocol, payload);
	return true;
}

/* The checksum field, or NULL. */
static uint8_t *field_of(const struct segment *s)
{
	if (s->protocol == IP_PROTOCOL_TCP && s->size >= TCP_SIZE)
		return s->bytes + TCP_CHECKSUM;
	if (s->protocol == IP_PROTOCOL_UDP && s->size >= UDP_SIZE)
		return s->bytes + UDP_CHECKSUM;
	return NULL;
}

void partial_finish(uint8_t *bytes, size_t size)
{
	size_t at = ETH_SIZE;
	struct segment s;
	uint8_t *field;
	uint16_t type, sum;

	if (size < ETH_SIZE + VLAN_SIZE)
		return;
	type = headers_u16(&bytes[ETH_TYPE]);
	if (type == ETHERTYPE_VLAN) {
		type = headers_u16(&bytes[ETH_TYPE + VLAN_SIZE]);
		at += VLAN_SIZE;
	}
	if (!(type == ETHERTYPE_IP4 && find4(bytes + at, size - at, &s)) &&
	    !(type == ETHERTYPE_IP6 && find6(bytes + at, size - at, &s)))
		return;
	field = field_of(&s);
	/* checksum_finish() gives the complement of the sum that is in an unfinished field */
	if (!field || (headers_u16(field) ^ checksum_finish(s.pseudo)) != 0xffff)
		return;
	headers_set_u16(field, 0);
	sum = checksum_finish(checksum_add(s.pseudo, s.bytes, s.size));
	headers_set_u16(field, sum == 0 && s.protocol == IP_PROTOCOL_UDP ? 0xffff : sum);
}

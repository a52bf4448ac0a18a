/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/core/packet.h"

#include "tests/fuzz/core/check.h"

#include <arpa/inet.h>
#include <string.h>

#define OUR_MAC                                                                                    \
	{                                                                                          \
		2, 0, 0, 0, 0, 1                                                                   \
	}

const uint8_t packet_our_mac[6] = OUR_MAC;
const uint8_t packet_their_mac[6] = {2, 0, 0, 0, 0, 2};
const struct frame_port packet_port = {
    .mac = OUR_MAC,
    .count4 = 2,
    .count6 = 2,
    .addresses4 = {{0x0a350001, 24}, {0x0a350002, 32}},
    .addresses6 = {{0xfd, 0x53, [15] = 1}, {0xfe, 0x80, [15] = 0x53}},
};

static void set_u16(uint8_t *bytes, size_t value)
{
	bytes[0] = (uint8_t)(value / 256);
	bytes[1] = (uint8_t)(value % 256);
}

static void put_ethernet(struct packet *p, uint16_t ethertype)
{
	memset(p, 0, sizeof(*p));
	memcpy(&p->bytes[0], packet_our_mac, 6);
	memcpy(&p->bytes[6], packet_their_mac, 6);
	set_u16(&p->bytes[12], ethertype);
}

/* Ethernet and IP headers; where the IP payload of `size` bytes goes. */
static uint8_t *put_ip(struct packet *p, const char *source, const char *destination, size_t size)
{
	uint8_t *ip = &p->bytes[14];

	if (!strchr(source, ':')) {
		put_ethernet(p, 0x0800);
		ip[0] = 0x45;
		ip[1] = 0xb9; /* DSCP 46 and an ECN bit */
		set_u16(&ip[2], 20 + size);
		set_u16(&ip[4], 0xbeef);
		ip[8] = 17; /* TTL */
		inet_pton(AF_INET, source, &ip[12]);
		inet_pton(AF_INET, destination, &ip[16]);
		p->size = 34 + size;
		return &p->bytes[34];
	}
	put_ethernet(p, 0x86dd);
	set_u16(&ip[0], 0x6b9a); /* traffic class 0xb9, flow label 0xabcde */
	set_u16(&ip[2], 0xbcde);
	set_u16(&ip[4], size);
	ip[7] = 17; /* hop limit */
	inet_pton(AF_INET6, source, &ip[8]);
	inet_pton(AF_INET6, destination, &ip[24]);
	p->size = 54 + size;
	return &p->bytes[54];
}

void packet_udp(struct packet *p, const char *source, const char *destination, const void *payload,
                size_t size)
{
	uint8_t *udp = put_ip(p, source, destination, 8 + size);

	p->bytes[p->bytes[12] == 8 ? 23 : 20] = 17;
	set_u16(&udp[0], 5353);
	set_u16(&udp[2], 53);
	set_u16(&udp[4], 8 + size);
	memcpy(&udp[8], payload, size);
	packet_sum(p->bytes, p->size);
}

void packet_icmp(struct packet *p, const char *source, const char *destination, const void *message,
                 size_t size)
{
	uint8_t *icmp = put_ip(p, source, destination, size);

	if (p->bytes[12] == 8) {
		p->bytes[23] = 1;
	} else {
		p->bytes[20] = 58;
		p->bytes[21] = 255;
	}
	memcpy(icmp, message, size);
	packet_sum(p->bytes, p->size);
}

void packet_arp(struct packet *p, const char *sender, const char *target)
{
	static const uint8_t request[] = {0, 1, 8, 0, 6, 4, 0, 1};

	put_ethernet(p, 0x0806);
	memset(&p->bytes[0], 0xff, 6);
	memcpy(&p->bytes[14], request, sizeof(request));
	memcpy(&p->bytes[22], packet_their_mac, 6);
	inet_pton(AF_INET, sender, &p->bytes[28]);
	inet_pton(AF_INET, target, &p->bytes[38]);
	p->size = 60;
}

void packet_tag(struct packet *p, uint16_t ethertype, uint16_t tag)
{
	memmove(&p->bytes[16], &p->bytes[12], p->size - 12);
	set_u16(&p->bytes[12], ethertype);
	set_u16(&p->bytes[14], tag);
	p->size += 4;
}

/* The checksum field of an IP payload, or NULL when it has none that we know. */
static uint8_t *field_of(uint8_t *bytes, size_t size, unsigned protocol)
{
	if (protocol == 17 && size >= 8)
		return &bytes[6];
	return (protocol == 1 || protocol == 58) && size >= 4 ? &bytes[2] : NULL;
}

void packet_sum(uint8_t *bytes, size_t size)
{
	size_t at = size >= 18 && bytes[12] == 0x81 ? 18 : 14;
	uint8_t *ip = &bytes[at], *payload, *field, tail[4] = {0};
	size_t header = 40, payload_size;
	uint16_t sum = 0;

	if (size < at + 20)
		return;
	if (ip[0] / 16 == 4) {
		header = ip[0] % 16 * 4u;
		if (header < 20 || header > size - at)
			return;
		set_u16(&ip[10], 0);
		set_u16(&ip[10], (uint16_t)~check_sum(0, ip, header));
		payload_size = ip[2] * 256u + ip[3];
		if (payload_size < header || payload_size > size - at)
			return;
		payload_size -= header;
		sum = check_sum(0, &ip[12], 8);
	} else {
		if (ip[0] / 16 != 6 || size < at + 40)
			return;
		payload_size = ip[4] * 256u + ip[5];
		if (payload_size > size - at - 40)
			return;
		sum = check_sum(0, &ip[8], 32);
	}
	payload = ip + header;
	tail[1] = ip[0] / 16 == 4 ? ip[9] : ip[6];
	if (tail[1] == 1)
		sum = 0; /* ICMP has no pseudo header */
	set_u16(&tail[2], payload_size);
	field = field_of(payload, payload_size, tail[1]);
	if (!field)
		return;
	set_u16(field, 0);
	if (tail[1] != 1)
		sum = check_sum(sum, tail, 4);
	sum = (uint16_t)~check_sum(sum, payload, payload_size);
	set_u16(field, tail[1] == 17 && sum == 0 ? 0xffff : sum);
}

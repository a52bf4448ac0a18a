/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/flood/packet.h"

#include "dataplane/checksum.h"
#include "dataplane/headers.h"

#include <string.h>

#define FRAME_MIN     60 /* without FCS */
#define ARP_SIZE      28
#define ARP_REQUEST   1
#define ARP_REPLY     2
#define ND_SOLICIT    135 /* RFC 4861 section 4.3 */
#define ND_ADVERTISE  136
#define ND_SIZE       24 /* without options */
#define ND_OPTION     8  /* a link-layer address */
#define ND_OUR_MAC    1
#define ND_TARGET_MAC 2

static uint8_t *put_ethernet(uint8_t *at, const uint8_t *to, const uint8_t *from, unsigned type)
{
	memcpy(at + ETH_DESTINATION, to, 6);
	memcpy(at + ETH_SOURCE, from, 6);
	headers_set_u16(at + ETH_TYPE, type);
	return at + ETH_SIZE;
}

static uint8_t *put_ip6(uint8_t *at, unsigned next, unsigned hop_limit, const uint8_t *from,
                        const uint8_t *to)
{
	memset(at, 0, IP6_SIZE);
	at[0] = 0x60;
	at[IP6_NEXT] = (uint8_t)next;
	at[IP6_HOP_LIMIT] = (uint8_t)hop_limit;
	memcpy(at + IP6_SOURCE, from, 16);
	memcpy(at + IP6_DESTINATION, to, 16);
	return at + IP6_SIZE;
}

static uint8_t *put_ip4(uint8_t *at, const struct packet_path *path)
{
	memset(at, 0, IP4_SIZE);
	at[0] = 0x45;
	headers_set_u16(at + IP4_FRAGMENT, IP4_DF);
	at[IP4_TTL] = HOP_LIMIT;
	at[IP4_PROTOCOL] = IP_PROTOCOL_UDP;
	memcpy(at + IP4_SOURCE, path->ours, 4);
	memcpy(at + IP4_DESTINATION, path->server, 4);
	return at + IP4_SIZE;
}

void packet_prepare(struct packet_path *path)
{
	uint8_t *ip = put_ethernet(path->headers, path->server_mac, path->our_mac,
	                           path->is_ip6 ? ETHERTYPE_IP6 : ETHERTYPE_IP4);
	uint8_t *udp;

	if (path->is_ip6) {
		udp = put_ip6(ip, IP_PROTOCOL_UDP, HOP_LIMIT, path->ours, path->server);
		path->sum = checksum_pseudo6(ip, IP_PROTOCOL_UDP, 0);
	} else {
		udp = put_ip4(ip, path);
		path->sum = checksum_add(0, ip, IP4_SIZE);
	}
	memset(udp, 0, UDP_SIZE);
	headers_set_u16(udp + UDP_DESTINATION, path->server_port);
	path->headers_size = (uint8_t)(udp + UDP_SIZE - path->headers);
}

/* A sum with a number added that stands as a 16-bit word in wire order. */
static uint64_t add_number(uint64_t sum, size_t number)
{
	return checksum_add_word(sum, htons((uint16_t)number));
}

size_t packet_query(const struct packet_path *path, uint16_t port, uint16_t id,
                    const uint8_t *message, size_t size, uint8_t *out_frame)
{
	uint8_t *ip = out_frame + ETH_SIZE, *udp = out_frame + path->headers_size - UDP_SIZE;
	uint8_t *payload = out_frame + path->headers_size;
	size_t udp_size = UDP_SIZE + size, total = path->headers_size + size;

	memcpy(out_frame, path->headers, path->headers_size);
	memcpy(payload, message, size);
	headers_set_u16(payload, id);
	headers_set_u16(udp + UDP_SOURCE, port);
	headers_set_u16(udp + UDP_LENGTH, (unsigned)udp_size);
	if (path->is_ip6) {
		unsigned sum;

		headers_set_u16(ip + IP6_PAYLOAD, (unsigned)udp_size);
		sum = checksum_finish(checksum_add(add_number(path->sum, udp_size), udp, udp_size));
		/* RFC 8200 section 8.1: never 0 */
		headers_set_u16(udp + UDP_CHECKSUM, sum ? sum : 0xffff);
	} else {
		unsigned ip_size = (unsigned)(IP4_SIZE + udp_size);

		headers_set_u16(ip + IP4_TOTAL, ip_size);
		headers_set_u16(ip + IP4_CHECKSUM, checksum_finish(add_number(path->sum, ip_size)));
	}
	if (total < FRAME_MIN) {
		memset(out_frame + total, 0, FRAME_MIN - total);
		total = FRAME_MIN;
	}
	return total;
}

/* The UDP header of a frame from the server to us, NULL for anything else. */
static const uint8_t *find_udp(const struct packet_path *path, const uint8_t *frame, size_t size)
{
	const uint8_t *ip = frame + ETH_SIZE;

	if (size < path->headers_size ||
	    headers_u16(frame + ETH_TYPE) != (path->is_ip6 ? ETHERTYPE_IP6 : ETHERTYPE_IP4))
		return NULL;
	if (path->is_ip6)
		return ip[IP6_NEXT] == IP_PROTOCOL_UDP &&
		               memcmp(ip + IP6_SOURCE, path->server, 16) == 0 &&
		               memcmp(ip + IP6_DESTINATION, path->ours, 16) == 0
		           ? ip + IP6_SIZE
		           : NULL;
	/* No options, no fragment. */
	return ip[0] == 0x45 && (headers_u16(ip + IP4_FRAGMENT) & 0x3fff) == 0 &&
	               ip[IP4_PROTOCOL] == IP_PROTOCOL_UDP &&
	               memcmp(ip + IP4_SOURCE, path->server, 4) == 0 &&
	               memcmp(ip + IP4_DESTINATION, path->ours, 4) == 0
	           ? ip + IP4_SIZE
	           : NULL;
}

bool packet_reply(const struct packet_path *path, const uint8_t *frame, size_t size,
                  uint16_t *out_port, const uint8_t **out_message, size_t *out_size)
{
	const uint8_t *udp = find_udp(path, frame, size);
	size_t udp_size;

	if (!udp || headers_u16(udp + UDP_SOURCE) != path->server_port)
		return false;
	udp_size = headers_u16(udp + UDP_LENGTH);
	if (udp_size < UDP_SIZE || udp_size > size - (size_t)(udp - frame))
		return false;
	*out_port = headers_u16(udp + UDP_DESTINATION);
	*out_message = udp + UDP_SIZE;
	*out_size = udp_size - UDP_SIZE;
	return true;
}

bool packet_echo(const struct packet_path *path, const uint8_t *frame, size_t size,
                 uint16_t *out_port, const uint8_t **out_message, size_t *out_size)
{
	size_t headers = path->headers_size;
	const uint8_t *udp = frame + headers - UDP_SIZE;
	bool is_turned;

	if (size < headers || memcmp(frame + ETH_TYPE, path->headers + ETH_TYPE, 2) != 0)
		return false;
	is_turned = headers_u16(udp + UDP_SOURCE) == path->server_port;
	*out_port = headers_u16(udp + (is_turned ? UDP_DESTINATION : UDP_SOURCE));
	*out_message = frame + headers;
	*out_size = size - headers;
	return true;
}

static size_t ask_arp(const struct packet_path *path, uint8_t *out_frame)
{
	static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};
	static const uint8_t head[8] = {0, 1, 8, 0, 6, 4, 0, ARP_REQUEST};
	uint8_t *at = put_ethernet(out_frame, everybody, path->our_mac, ETHERTYPE_ARP);

	memset(at, 0, FRAME_MIN - ETH_SIZE);
	memcpy(at, head, sizeof(head));
	memcpy(at + 8, path->our_mac, 6);
	memcpy(at + 14, path->ours, 4);
	memcpy(at + 24, path->server, 4);
	return FRAME_MIN;
}

static size_t ask_neighbour(const struct packet_path *path, uint8_t *out_frame)
{
	/* RFC 4291 section 2.7.1, RFC 2464 section 7 */
	uint8_t group[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
	uint8_t mac[6] = {0x33, 0x33, 0xff};
	uint8_t *ip, *at;
	size_t size = ND_SIZE + ND_OPTION;

	memcpy(group + 13, path->server + 13, 3);
	memcpy(mac + 3, path->server + 13, 3);
	ip = put_ethernet(out_frame, mac, path->our_mac, ETHERTYPE_IP6);
	at = put_ip6(ip, IP_PROTOCOL_ICMP6, 255, path->ours, group);
	headers_set_u16(ip + IP6_PAYLOAD, (unsigned)size);
	memset(at, 0, size);
	at[0] = ND_SOLICIT;
	memcpy(at + 8, path->server, 16);
	at[ND_SIZE] = ND_OUR_MAC;
	at[ND_SIZE + 1] = 1;
	memcpy(at + ND_SIZE + 2, path->our_mac, 6);
	headers_set_u16(at + 2, checksum_finish(checksum_add(
				    checksum_pseudo6(ip, IP_PROTOCOL_ICMP6, size), at, size)));
	return (size_t)(at - out_frame) + size;
}

size_t packet_ask_mac(const struct packet_path *path, uint8_t out_frame[PACKET_HEADERS_MAX + 40])
{
	return path->is_ip6 ? ask_neighbour(path, out_frame) : ask_arp(path, out_frame);
}

bool packet_told_mac(const struct packet_path *path, const uint8_t *frame, size_t size,
                     uint8_t out_mac[6])
{
	const uint8_t *at = frame + ETH_SIZE;

	if (size < ETH_SIZE + ARP_SIZE)
		return false;
	if (!path->is_ip6) {
		if (headers_u16(frame + ETH_TYPE) != ETHERTYPE_ARP ||
		    headers_u16(at + 6) != ARP_REPLY || memcmp(at + 14, path->server, 4) != 0)
			return false;
		memcpy(out_mac, at + 8, 6);
		return true;
	}
	at += IP6_SIZE;
	if (size < ETH_SIZE + IP6_SIZE + ND_SIZE + ND_OPTION ||
	    headers_u16(frame + ETH_TYPE) != ETHERTYPE_IP6 ||
	    frame[ETH_SIZE + IP6_NEXT] != IP_PROTOCOL_ICMP6 || at[0] != ND_ADVERTISE ||
	    memcmp(at + 8, path->server, 16) != 0 || at[ND_SIZE] != ND_TARGET_MAC)
		return false;
	memcpy(out_mac, at + ND_SIZE + 2, 6);
	return true;
}

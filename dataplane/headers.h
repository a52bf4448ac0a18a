/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Offsets and numbers of the headers below DNS, for frame.c, neigh.c, partial.c and the load
 * generator. */
#include <endian.h>
#include <stdint.h>
#include <string.h>

#define ETH_SIZE          14
#define ETH_DESTINATION   0
#define ETH_SOURCE        6
#define ETH_TYPE          12
#define ETH_GROUP_BIT     1 /* of a MAC's first byte */
#define VLAN_SIZE         4
#define ETHERTYPE_IP4     0x0800
#define ETHERTYPE_ARP     0x0806
#define ETHERTYPE_VLAN    0x8100
#define ETHERTYPE_QINQ    0x9100
#define ETHERTYPE_IP6     0x86dd
#define ETHERTYPE_SERVICE 0x88a8 /* 802.1ad: the outer of two tags */

#define IP4_SIZE        20
#define IP4_TOTAL       2
#define IP4_ID          4
#define IP4_FRAGMENT    6
#define IP4_TTL         8
#define IP4_PROTOCOL    9
#define IP4_CHECKSUM    10
#define IP4_SOURCE      12
#define IP4_DESTINATION 16
#define IP4_DF          0x4000

#define IP6_SIZE        40
#define IP6_PAYLOAD     4
#define IP6_NEXT        6
#define IP6_HOP_LIMIT   7
#define IP6_SOURCE      8
#define IP6_DESTINATION 24

#define IP_PROTOCOL_ICMP   1
#define IP_PROTOCOL_TCP    6
#define IP_PROTOCOL_UDP    17
#define IP_PROTOCOL_ICMP6  58
#define IP_PROTOCOL_HOPOPT 0
#define IP_PROTOCOL_ROUTE  43
#define IP_PROTOCOL_FRAG   44
#define IP_PROTOCOL_AH     51
#define IP_PROTOCOL_DSTOPT 60
#define IP_PROTOCOL_MH     135
#define IP_PROTOCOL_HIP    139
#define IP_PROTOCOL_SHIM6  140

#define UDP_SIZE        8
#define UDP_SOURCE      0
#define UDP_DESTINATION 2
#define UDP_LENGTH      4
#define UDP_CHECKSUM    6

#define HOP_LIMIT 64 /* of what we send; 255 for neighbour messages (RFC 4861 section 7.1) */

/* As they lie in memory: for comparisons, sums and moves, which are the same in either order. */
static inline uint16_t headers_word16(const uint8_t *bytes)
{
	uint16_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static inline uint32_t headers_word32(const uint8_t *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static inline uint64_t headers_word64(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static inline uint16_t headers_u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t headers_u32(const uint8_t *bytes)
{
	return (uint32_t)headers_u16(bytes) << 16 | headers_u16(&bytes[2]);
}

static inline unsigned __int128 headers_u128(const uint8_t *bytes)
{
	uint64_t halves[2];

	memcpy(halves, bytes, sizeof(halves));
	return (unsigned __int128)be64toh(halves[0]) << 64 | be64toh(halves[1]);
}

static inline void headers_set_u16(uint8_t *bytes, unsigned value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

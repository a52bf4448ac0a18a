/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Every reason not to answer a packet, each with its counter's name and meaning. A packet that
 * comes in is answered, or punted (with the reason it would else be dropped for), or counted here
 * exactly once.
 */
#define DROP_REASONS(X)                                                                            \
	X(NONE, "none", "answered")                                                                \
	X(SHORT_FRAME, "short_frame", "frame ends inside a header")                                \
	X(NOT_OUR_MAC, "not_our_mac", "unicast to another station")                                \
	X(ETHERTYPE, "ethertype", "neither IPv4, IPv6 nor ARP")                                    \
	X(VLAN_STACKED, "vlan_stacked", "more than one VLAN tag")                                  \
	X(IP_HEADER, "ip_header", "malformed IP header or total length")                           \
	X(IP_CHECKSUM, "ip_checksum", "bad IPv4 header checksum")                                  \
	X(IP_OPTIONS, "ip_options", "IPv4 options or IPv6 extension headers")                      \
	X(FRAGMENT, "fragment", "IP fragment")                                                     \
	X(NOT_OUR_ADDRESS, "not_our_address", "destination is not an address of the port")         \
	X(BAD_SOURCE, "bad_source", "source is multicast, broadcast, unspecified or our own")      \
	X(IP_PROTOCOL, "ip_protocol", "neither UDP nor echo")                                      \
	X(UDP_HEADER, "udp_header", "malformed UDP length")                                        \
	X(UDP_CHECKSUM, "udp_checksum", "bad UDP checksum, or none over IPv6")                     \
	X(UDP_PORT, "udp_port", "not to port 53, or from port 0")                                  \
	X(NEIGHBOR, "neighbor", "malformed ARP or ICMPv6 neighbour message, or not for us")        \
	X(ICMP, "icmp", "ICMP other than a well-formed echo request")                              \
	X(DNS_SHORT, "dns_short", "shorter than a DNS header")                                     \
	X(DNS_RESPONSE, "dns_response", "QR is set: a response, never answered")                   \
	X(ACCESS, "access", "access rule with action drop")                                        \
	X(JUMBO, "jumbo", "in more pieces than fit one packet buffer")                             \
	X(PUNT_LIMIT, "punt_limit", "more frames for the kernel than the port may punt")           \
	X(PUNT_FULL, "punt_full", "the kernel is behind with what was punted")                     \
	X(RATE_LIMIT, "rate_limit", "over the rate limit of the client's network")                 \
	X(NO_ROOM, "no_room", "buffer too small for any answer")                                   \
	X(TX_FULL, "tx_full", "transmit queue or socket buffer full")                              \
	X(TX_REFUSED, "tx_refused", "the kernel refused to send the answer to its client")

enum drop {
#define DROP_ENUM(id, name, meaning) DROP_##id,
	DROP_REASONS(DROP_ENUM)
#undef DROP_ENUM
	    DROP_COUNT /* how many; not a reason */
};

/* Counter names and meanings, indexed by enum drop. Defined in drop.c. */
extern const char *const drop_names[DROP_COUNT];
extern const char *const drop_meanings[DROP_COUNT];

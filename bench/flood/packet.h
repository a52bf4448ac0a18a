/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Ethernet frames around questions and answers, from the asking side.
 *
 * Threads: pure functions; a struct packet_path may be shared once it is set up.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_HEADERS_MAX (14 + 40 + 8)

/* From us to the server; addresses in wire order, IPv4 in the first 4 bytes. */
struct packet_path {
	bool is_ip6;
	uint8_t our_mac[6], server_mac[6];
	uint8_t ours[16], server[16];
	uint16_t server_port;
	/* private, of packet_prepare(): */
	uint8_t headers[PACKET_HEADERS_MAX];
	uint8_t headers_size;
	uint64_t sum; /* of what stays the same in the IPv4 header, or in IPv6's pseudo header */
};

/* Once the MACs are known. */
void packet_prepare(struct packet_path *path);

/*
 * Write a frame around a message. The UDP checksum is 0 on IPv4.
 * Returns: its size, at most PACKET_HEADERS_MAX + size, or 60 if that is more
 */
size_t packet_query(const struct packet_path *path, uint16_t port, uint16_t id,
                    const uint8_t *message, size_t size, uint8_t *out_frame);

/*
 * Whether a frame is an answer of the server to us; checksums are not verified.
 *
 * out_message: points into the frame
 */
bool packet_reply(const struct packet_path *path, const uint8_t *frame, size_t size,
                  uint16_t *out_port, const uint8_t **out_message, size_t *out_size);

/* The same of a frame that a peer without DNS sent back to us: the addresses of our query, turned
 * round or not. */
bool packet_echo(const struct packet_path *path, const uint8_t *frame, size_t size,
                 uint16_t *out_port, const uint8_t **out_message, size_t *out_size);

/* Ask for the server's MAC: ARP, or a neighbour solicitation. Returns the frame's size. */
size_t packet_ask_mac(const struct packet_path *path, uint8_t out_frame[PACKET_HEADERS_MAX + 40]);

/* Whether a frame tells it. */
bool packet_told_mac(const struct packet_path *path, const uint8_t *frame, size_t size,
                     uint8_t out_mac[6]);

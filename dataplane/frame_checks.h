/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The checks of any frame's headers, in wire order; the one place that names what is wrong with a
 * frame. For frame.c, which has a shorter way for the usual frame, for the tests that hold that way
 * to this one, and for neigh.c.
 */
#include "dataplane/frame.h"
#include "dataplane/headers.h"

/* What frame_parse() does, whether the port is prepared or not. */
enum frame_kind frame_checks(const struct frame_port *port, struct frame *frame,
                             struct query *out_query);

/* Drop a FRAME_DNS frame whose UDP checksum, which is not 0, is bad; the out fields are set. */
enum frame_kind frame_checks_udp_sum(struct frame *frame);

/* IPv4 addresses are in host order, IPv6 ones in wire order. */
bool frame_checks_is_ours4(const struct frame_port *port, uint32_t address);
bool frame_checks_is_ours6(const struct frame_port *port, const uint8_t *address);

/* RFC 1122 section 3.2.1.3, RFC 6890: addresses that no packet from outside may come from. */
bool frame_checks_is_bad_source4(const struct frame_port *port, uint32_t source);

/* Set the caller's fields of a query that is in a UDP datagram. */
static inline void frame_checks_ask(const struct frame *f, size_t udp_offset, size_t udp_size,
                                    address6_t client, struct query *out_query)
{
	const size_t offset = udp_offset + UDP_SIZE;

	out_query->message = &f->bytes[offset];
	out_query->size = (uint16_t)(udp_size - UDP_SIZE);
	out_query->capacity = (uint16_t)(f->capacity - offset);
	out_query->is_tcp = false;
	out_query->is_internal = false;
	out_query->client = client;
}

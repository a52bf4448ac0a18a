/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Being reachable: ARP (RFC 826), neighbour advertisement (RFC 4861), ICMP and ICMPv6 echo (RFC
 * 792, RFC 4443) for the addresses of a port, written over the request. Keeps no state: answers go
 * to the MAC the request came from, so no neighbour cache is needed.
 */
#include "dataplane/frame.h"

#include <stddef.h>

/*
 * Answer a FRAME_NEIGH frame in place. Once per frame.
 *
 * What is well-formed but no request of ours is left to the kernel of a punted port, unchanged: ARP
 * answers, requests and solicitations for others, advertisements, ICMP errors.
 *
 * Returns: bytes to send; 0 = nothing to send: frame->punt is NEIGHBOR or ICMP, or frame->drop says
 *          why: SHORT_FRAME, NEIGHBOR, ICMP, BAD_SOURCE, NO_ROOM
 */
size_t neigh_reply(const struct frame_port *port, struct frame *frame);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Ethernet frames in, DNS messages out, and back again in the same memory: header checks of
 * Ethernet, 802.1Q, IPv4, IPv6 and UDP in wire order, and the reply's headers. Bytes in, bytes
 * out: knows no mbuf, device or clock. Reentrant; a frame_port may be shared when nobody writes it.
 *
 * A worker does, per frame:
 *   switch (frame_parse(port, &frame, &query)) {
 *   case FRAME_DNS:   ... answer_burst() ...
 *                     size = query.reply_size ? frame_reply(&frame, query.reply_size) : 0; break;
 *   case FRAME_NEIGH: size = neigh_reply(port, &frame); break;
 *   case FRAME_PUNT:
 *   case FRAME_DROP:  size = 0; break;
 *   }
 * and sends the first `size` bytes; when it is 0, it gives the frame to the kernel if frame.punt is
 * set, and else counts frame.drop (query.drop).
 */
#include "dataplane/drop.h"
#include "dataplane/query.h"
#include "dataplane/table/table6.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_ADDRESSES_MAX 16
#define FRAME_SIZE_MIN      60 /* without FCS; replies are padded to it as far as the query was */
#define FRAME_DNS_PORT      53

struct frame_address4 {
	uint32_t address; /* host order */
	uint8_t
	    length; /* of the subnet's prefix, whose broadcast address is no source; 32 = none */
};

/* What a port answers for. */
struct frame_port {
	uint8_t mac[6];
	uint8_t count4;
	uint8_t count6;
	bool is_punted; /* the kernel gets what is well-formed and not ours to answer */
	struct frame_address4 addresses4[FRAME_ADDRESSES_MAX];
	uint8_t addresses6[FRAME_ADDRESSES_MAX][16]; /* wire order */

	/*
	 * Of frame_port_prepare(): what the usual frame has, as words of the memory's order.
	 * Without it, all frames are taken for unusual ones, which comes to the same and takes
	 * longer.
	 */
	struct frame_usual {
		uint64_t to_us;        /* bytes 0..7: our MAC; then zeros */
		uint64_t from_us4;     /* bytes 6..13: our MAC as a source, and IPv4 */
		uint64_t from_nobody4; /* the same without a MAC */
		uint64_t far4;         /* bit n: none of our addresses, nor of their broadcasts,
		                          is n modulo 64; 0 = not prepared, or none of ours */
		uint32_t destination4; /* our first address */
		uint64_t from_us6;     /* the same for IPv6 */
		uint64_t from_nobody6;
		uint64_t far6;
		uint64_t destination6[2];
	} usual;
};

enum frame_kind {
	FRAME_DROP,  /* frame.drop says why */
	FRAME_DNS,   /* a UDP datagram to port 53: the query is set; then frame_reply() */
	FRAME_NEIGH, /* ARP, ICMP or ICMPv6: neigh_reply(), which may leave it to the kernel too */
	FRAME_PUNT,  /* the kernel's, frame.punt says why; only when the port is punted */
};

enum frame_flags {                        /* bits: what the caller knows of a received frame */
	           FRAME_IP_CHECKED = 1,  /* the device found the IPv4 header checksum good */
	           FRAME_UDP_CHECKED = 2, /* the device found the UDP checksum good */
	           FRAME_UDP_PARTIAL = 4, /* a local sender left the UDP checksum to the device
	                                     (veth, tap): not verified */
};

struct frame {
	/* in: set by the caller */
	uint8_t *bytes;    /* the Ethernet header first; one contiguous block */
	uint16_t size;     /* bytes received, without FCS */
	uint16_t capacity; /* bytes that may be written at bytes, >= size */
	uint8_t flags;     /* enum frame_flags */

	/* out: after frame_parse() */
	uint8_t drop;            /* enum drop; DROP_NONE unless dropped */
	uint8_t punt;            /* enum drop, why it would be dropped without a kernel to take it;
	                            DROP_NONE unless punted */
	uint8_t protocol;        /* IP protocol; 0 = ARP */
	uint8_t is_ipv6;         /* else IPv4, or ARP */
	uint16_t network_offset; /* of the IP or ARP header: 14, or 18 with a VLAN tag */
	uint16_t transport_offset; /* of the UDP or ICMP header */
	uint16_t transport_size;   /* UDP length, or the IP payload's size */
	address6_t client;         /* source, of FRAME_NEIGH over IPv6 */
};

/*
 * Make a port ready for speed, once its MAC and addresses are set, and again whenever they change.
 */
void frame_port_prepare(struct frame_port *port);

/*
 * Check a frame's headers; reads nothing past size, writes nothing but the out fields and, of a
 * FRAME_DNS frame, the caller's fields of the query. Its message stays where it is; its capacity is
 * what is left of the frame's: the largest UDP answer needs QUERY_UDP_SIZE.
 *
 * A VLAN tag (any id) is accepted and kept in the reply. Frames to a group MAC are answered only
 * for ARP and neighbour solicitation (RFC 1122 section 3.3.6).
 * Punted are, of IPv4 and IPv6 alone: options and extension headers, fragments, other addresses,
 * other protocols and UDP ports. What is malformed, has a bad checksum or source, or is meant for
 * another station, never is.
 */
enum frame_kind frame_parse(const struct frame_port *port, struct frame *frame,
                            struct query *out_query);

/*
 * Turn the headers of a FRAME_DNS frame round for the answer that was written over the query.
 * MACs, addresses and ports are swapped, TTL or hop limit 64, ECN cleared, IPv4 id 0 with DF (RFC
 * 6864), UDP checksum 0 on IPv4 and computed on IPv6. Once per frame.
 *
 * dns_size: query.reply_size; the answer fits the capacity
 * Returns:  bytes to send
 */
size_t frame_reply(struct frame *frame, size_t dns_size);

/*
 * Zero the padding of a reply as far as the query's frame went, at most to FRAME_SIZE_MIN.
 *
 * size:    bytes of the reply's headers and payload
 * Returns: bytes to send
 */
size_t frame_pad(const struct frame *frame, size_t size);

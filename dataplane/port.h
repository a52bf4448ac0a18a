/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * DPDK ports: found among the devices EAL probed, set up with one rx/tx queue pair per worker as
 * far as the device has them, RSS over the UDP 4-tuple, and a packet pool each.
 *
 * Threads: all calls from main but port_visit(); workers read what is said below.
 */
#include "dataplane/eal.h"
#include "dataplane/frame.h"
#include "dataplane/options.h"
#include "dataplane/stats.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct punt_port;
struct rte_mempool;

/* What a device spreads over its queues by. */
enum port_spread {
	PORT_SPREAD_UNKNOWN,   /* no RSS: its own way, or not at all */
	PORT_SPREAD_ADDRESSES, /* RSS, but not over UDP's ports: a client has one queue */
	PORT_SPREAD_PORTS,
};

/* What a device says of the checksums of a packet is in these bits of its ol_flags. */
#define PORT_CHECKSUM_SHIFT 3
#define PORT_CHECKSUMS      64

/* Written before the workers start, read by them. */
struct port {
	uint16_t id;          /* DPDK's */
	uint16_t queue_count; /* queue pairs; queue q is polled by worker (first_worker + q) */
	unsigned first_worker;
	bool is_local;     /* frames come from this machine's kernel: see port_open_all() */
	bool has_checksum; /* the device checks received checksums, or tells unfinished ones */
	uint8_t frame_flags[PORT_CHECKSUMS]; /* see port_frame_flags() */
	enum port_spread spread;
	uint16_t mtu;
	struct frame_port frame;
	struct punt_port
	    *punt; /* NULL = the kernel gets nothing; set by main, with frame.is_punted */
	struct rte_mempool *pool;
	char name[64];
	char text[512]; /* "net_tap0: 10.53.0.1/24 fd53::1/64" */

	/* Main: writes; anyone: reads. */
	atomic_bool has_link;
	_Atomic uint32_t link_mbps; /* 0 = unknown */
};

/* enum frame_flags of a received packet. */
static inline uint8_t port_frame_flags(const struct port *p, uint64_t ol_flags)
{
	return p->frame_flags[ol_flags >> PORT_CHECKSUM_SHIFT & (PORT_CHECKSUMS - 1)];
}

struct ports {
	unsigned count;
	struct port list[OPTIONS_PORTS_MAX];
};

/* Packet buffers that the ports need for each worker when every device has a queue for it. */
size_t port_packet_count(const struct options *options);

/*
 * Set up and start all ports of the command line. A device that takes its frames from a kernel
 * interface (net_af_packet, net_af_xdp, net_pcap on an interface) gets local senders' partial UDP
 * checksums, which cannot be verified: is_local.
 *
 * Errors: negative errno, out_error (OPTIONS_ERROR_MAX bytes) names the device; none is left
 *         started
 */
int port_open_all(const struct options *options, unsigned worker_count, struct ports *out_ports,
                  char *out_error);

void port_close_all(struct ports *ports);

/*
 * Ask each device for its link, and tell the links that changed, the kernel behind a punted port
 * too; all are taken to be up before the first time. Not only for the operator: some drivers finish
 * what a new link needs when they are asked for it. A link that is down stops nothing: what comes
 * back is served without a start.
 */
void port_watch_links(struct ports *ports, void (*tell)(const char *text));

/* Counters of the devices, e.g. `port_rx_packets{port="net_tap0"}`. Threads: any. */
void port_visit(const struct ports *ports, stats_emit *emit, void *context);

/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/port.h"

#include "dataplane/pci.h"
#include "dataplane/punt.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DESCRIPTORS     1024
#define MBUFS_PER_QUEUE 4096 /* both rings of the hungriest device, net_af_xdp: 2048 each */
#define MBUF_CACHE      256
#define RSS_WANTED                                                                                 \
	(RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP | RTE_ETH_RSS_IPV4 |          \
	 RTE_ETH_RSS_IPV6)
#define CHECKSUMS_WANTED (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM)

_Static_assert(OPTIONS_ADDRESSES_MAX <= FRAME_ADDRESSES_MAX, "all addresses fit a frame_port");

static int fail(char *out_error, const struct options_port *p, int error, const char *what)
{
	if (error > 0)
		error = -error;
	snprintf(out_error, OPTIONS_ERROR_MAX, "--port '%s': %s: %s", p->name, what,
	         error != 0 ? rte_strerror(-error) : "failed");
	return error != 0 ? error : -EIO;
}

static int fail_to_find(char *out_error, const struct options_port *p, int error)
{
	char text[PCI_TEXT_MAX];
	if (!p->is_pci)
		return fail(out_error, p, error, "no such device, or its driver did not start");
	pci_explain(PCI_DEVICES, p->name, rte_eal_has_hugepages(), text);
	return fail(out_error, p, error, text);
}

static unsigned pool_count(unsigned queue_count)
{
	return queue_count * (MBUFS_PER_QUEUE + 2 * MBUF_CACHE + 2 * QUERY_BURST_MAX);
}

size_t port_packet_count(const struct options *options)
{
	return (size_t)options->port_count * pool_count(1);
}

static void set_addresses(const struct options_port *from, struct port *p)
{
	int size = snprintf(p->text, sizeof(p->text), "%s:", from->name);
	for (unsigned i = 0; i < from->address_count; i++) {
		const struct options_address *a = &from->addresses[i];
		char host[INET6_ADDRSTRLEN];
		if (a->is_ip6) {
			memcpy(p->frame.addresses6[p->frame.count6++], a->bytes, 16);
		} else {
			uint32_t address_be;
			memcpy(&address_be, a->bytes, 4);
			p->frame.addresses4[p->frame.count4++] =
			    (struct frame_address4){ntohl(address_be), a->length};
		}
		inet_ntop(a->is_ip6 ? AF_INET6 : AF_INET, a->bytes, host, sizeof(host));
		if ((size_t)size < sizeof(p->text))
			size += snprintf(p->text + size, sizeof(p->text) - (size_t)size, " %s/%u",
			                 host, a->length);
	}
}

/* Whether a device's frames come from a kernel interface of this machine. */
static bool is_local_device(const char *driver, const char *device)
{
	if (strcmp(driver, "net_pcap") == 0)
		return strstr(device, "iface=") != NULL;
	return strcmp(driver, "net_af_packet") == 0 || strcmp(driver, "net_af_xdp") == 0;
}

/*
 * The station we are. A TAP has the kernel's interface at its other end, with the same MAC: there
 * we are another one, so that both can talk, also across a bridge.
 */
static void set_mac(const struct rte_eth_dev_info *info, const struct options_port *from,
                    const struct rte_ether_addr *mac, struct port *p)
{
	memcpy(p->frame.mac, mac->addr_bytes, 6);
	if (strcmp(info->driver_name, "net_tap") == 0 && strstr(from->device, "remote=") == NULL)
		p->frame.mac[5] ^= 1;
}

_Static_assert((RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK) >> PORT_CHECKSUM_SHIFT <
                       PORT_CHECKSUMS &&
                   (RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK) %
                           (1 << PORT_CHECKSUM_SHIFT) ==
                       0,
               "all that is said of checksums is looked at");

/*
 * What the device says of the checksums. A checksum it calls bad is left to frame_parse(): some
 * devices call a UDP checksum of 0 bad, which RFC 768 allows.
 */
static void set_frame_flags(struct port *p)
{
	for (uint64_t i = 0; i < PORT_CHECKSUMS; i++) {
		const uint64_t said = i << PORT_CHECKSUM_SHIFT;
		const uint64_t ip = said & RTE_MBUF_F_RX_IP_CKSUM_MASK;
		const uint64_t udp = said & RTE_MBUF_F_RX_L4_CKSUM_MASK;
		uint8_t flags = p->is_local ? FRAME_UDP_PARTIAL : 0;

		if (p->has_checksum && ip == RTE_MBUF_F_RX_IP_CKSUM_GOOD)
			flags |= FRAME_IP_CHECKED;
		if (p->has_checksum && udp == RTE_MBUF_F_RX_L4_CKSUM_GOOD)
			flags |= FRAME_UDP_CHECKED;
		if (p->has_checksum && udp == RTE_MBUF_F_RX_L4_CKSUM_NONE)
			flags |=
			    FRAME_UDP_PARTIAL; /* a virtual machine beside us: not to be verified */
		p->frame_flags[i] = flags;
	}
}

static enum port_spread find_spread(const struct rte_eth_dev_info *info)
{
	if (info->flow_type_rss_offloads & RTE_ETH_RSS_NONFRAG_IPV4_UDP)
		return PORT_SPREAD_PORTS;
	return info->flow_type_rss_offloads & RSS_WANTED ? PORT_SPREAD_ADDRESSES
	                                                 : PORT_SPREAD_UNKNOWN;
}

static struct rte_eth_conf make_conf(const struct rte_eth_dev_info *info, const struct port *p)
{
	struct rte_eth_conf conf = {0};
	if (p->has_checksum)
		conf.rxmode.offloads |= info->rx_offload_capa & CHECKSUMS_WANTED;
	conf.txmode.offloads = info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	if (p->queue_count > 1 && p->spread != PORT_SPREAD_UNKNOWN) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = info->flow_type_rss_offloads & RSS_WANTED;
	}
	return conf;
}

static int setup_queues(const struct port *p, const struct rte_eth_dev_info *info,
                        const struct rte_eth_conf *conf)
{
	uint16_t rx_count = DESCRIPTORS, tx_count = DESCRIPTORS;
	int node = rte_eth_dev_socket_id(p->id);
	int error = rte_eth_dev_adjust_nb_rx_tx_desc(p->id, &rx_count, &tx_count);
	struct rte_eth_rxconf rx = info->default_rxconf;
	struct rte_eth_txconf tx = info->default_txconf;
	rx.offloads = conf->rxmode.offloads;
	tx.offloads = conf->txmode.offloads;
	for (uint16_t q = 0; error == 0 && q < p->queue_count; q++) {
		error = rte_eth_rx_queue_setup(p->id, q, rx_count, (unsigned)node, &rx, p->pool);
		if (error == 0)
			error = rte_eth_tx_queue_setup(p->id, q, tx_count, (unsigned)node, &tx);
	}
	return error;
}

/*
 * Neighbour solicitations come to solicited-node multicast groups, which nobody joined for us. The
 * kernel behind a punted port wants to hear routers and routing protocols, but can do without.
 */
static int receive_multicast(const struct port *p, bool wants_all)
{
	if ((p->frame.count6 == 0 && !wants_all) || rte_eth_allmulticast_enable(p->id) == 0)
		return 0;
	int error = rte_eth_promiscuous_enable(p->id);
	return p->frame.count6 > 0 ? error : 0;
}

/*
 * virtio drops what has a VLAN tag it was not told of (VIRTIO 1.2 section 5.1.6.5.3), unless it is
 * promiscuous; which tags come is not ours to know. frame_parse() drops what is for others.
 */
static int receive_tagged(const struct port *p, const struct rte_eth_dev_info *info)
{
	if (strcmp(info->driver_name, "net_virtio") != 0)
		return 0;
	int error = rte_eth_promiscuous_enable(p->id);
	return error == -ENOTSUP ? 0 : error; /* a device without filters */
}

static int make_pool(struct port *p)
{
	char name[RTE_MEMPOOL_NAMESIZE];
	snprintf(name, sizeof(name), "port%u", p->id);
	p->pool = rte_pktmbuf_pool_create(name, pool_count(p->queue_count), MBUF_CACHE, 0,
	                                  RTE_MBUF_DEFAULT_BUF_SIZE, rte_eth_dev_socket_id(p->id));
	return p->pool != NULL ? 0 : -rte_errno;
}

static uint16_t least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;
	return (uint16_t)(ab < c ? ab : c);
}

/* Configure and start a device that was found. The pool is left to port_close_all(). */
static int start(const struct options_port *from, unsigned worker_count, struct port *p,
                 char *out_error)
{
	struct rte_eth_dev_info info;
	struct rte_ether_addr mac;
	int error = rte_eth_dev_info_get(p->id, &info);
	if (error == 0)
		error = rte_eth_macaddr_get(p->id, &mac);
	if (error == 0)
		error = rte_eth_dev_get_mtu(p->id, &p->mtu);
	if (error != 0)
		return fail(out_error, from, error, "asking the device");
	set_mac(&info, from, &mac, p);
	frame_port_prepare(&p->frame);
	p->queue_count = least(worker_count, info.max_rx_queues, info.max_tx_queues);
	p->is_local = is_local_device(info.driver_name, from->device);
	p->has_checksum = !p->is_local && (info.rx_offload_capa & CHECKSUMS_WANTED) != 0;
	set_frame_flags(p);
	p->spread = find_spread(&info);

	struct rte_eth_conf conf = make_conf(&info, p);
	error = rte_eth_dev_configure(p->id, p->queue_count, p->queue_count, &conf);
	if (error != 0)
		return fail(out_error, from, error, "configuring the device");
	error = make_pool(p);
	if (error != 0)
		return fail(out_error, from, error, "memory for packets");
	error = setup_queues(p, &info, &conf);
	if (error != 0)
		return fail(out_error, from, error, "setting up queues");
	error = rte_eth_dev_start(p->id);
	if (error != 0)
		return fail(out_error, from, error, "starting the device");
	error = receive_multicast(p, from->punt[0] != '\0');
	if (error == 0)
		error = receive_tagged(p, &info);
	if (error != 0) {
		(void)rte_eth_dev_stop(p->id);
		return fail(out_error, from, error,
		            "receiving multicast, which IPv6 needs, and tagged frames");
	}
	return 0;
}

int port_open_all(const struct options *options, unsigned worker_count, struct ports *out_ports,
                  char *out_error)
{
	struct ports *ports = out_ports;
	unsigned next_worker = 0;
	memset(ports, 0, sizeof(*ports));
	for (unsigned i = 0; i < options->port_count; i++) {
		const struct options_port *from = &options->ports[i];
		struct port *p = &ports->list[i];
		memcpy(p->name, from->name, sizeof(p->name));
		set_addresses(from, p);
		int error = rte_eth_dev_get_port_by_name(from->name, &p->id);
		if (error != 0) {
			port_close_all(ports);
			return fail_to_find(out_error, from, error);
		}
		ports->count++;
		error = start(from, worker_count, p, out_error);
		if (error != 0) {
			port_close_all(ports);
			return error;
		}
		atomic_init(&p->has_link, true);
		p->first_worker = next_worker;
		next_worker = (next_worker + p->queue_count) % worker_count;
	}
	return 0;
}

void port_close_all(struct ports *ports)
{
	for (unsigned i = ports->count; i > 0; i--) {
		struct port *p = &ports->list[i - 1];
		(void)rte_eth_dev_stop(p->id); /* allowed on a stopped one */
		(void)rte_eth_dev_close(p->id);
		rte_mempool_free(p->pool);
	}
	ports->count = 0;
}

/* Tell a link's new state: "port 0000:01:00.0: link up, 10000 Mbit/s" */
static void tell_link(const struct port *p, void (*tell)(const char *text))
{
	char text[128], speed[32] = "";
	if (p->link_mbps != 0)
		snprintf(speed, sizeof(speed), ", %u Mbit/s", p->link_mbps);
	snprintf(text, sizeof(text), "port %s: link %s%s", p->name, p->has_link ? "up" : "down",
	         speed);
	tell(text);
}

void port_watch_links(struct ports *ports, void (*tell)(const char *text))
{
	for (unsigned i = 0; i < ports->count; i++) {
		struct port *p = &ports->list[i];
		struct rte_eth_link found;
		if (rte_eth_link_get_nowait(p->id, &found) != 0)
			continue;
		bool had_link = p->has_link;
		p->has_link = found.link_status == RTE_ETH_LINK_UP;
		p->link_mbps = p->has_link && found.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN
		                   ? found.link_speed
		                   : 0;
		if (p->has_link == had_link)
			continue;
		tell_link(p, tell);
		if (p->punt != NULL)
			punt_set_link(p->punt, p->has_link);
	}
}

void port_visit(const struct ports *ports, stats_emit *emit, void *context)
{
	for (unsigned i = 0; i < ports->count; i++) {
		const struct port *p = &ports->list[i];
		struct rte_eth_stats s;
		if (rte_eth_stats_get(p->id, &s) != 0)
			continue;
		const struct {
			const char *name, *help;
			uint64_t value;
		} rows[] = {
		    {"port_link_up", "1 = the device has a link", p->has_link},
		    {"port_link_mbps", "speed of the link in Mbit/s, 0 = down or unknown",
		     p->link_mbps},
		    {"port_queues", "receive and transmit queue pairs in use, one per worker",
		     p->queue_count},
		    {"port_rx_packets", "frames received by the device", s.ipackets},
		    {"port_tx_packets", "frames sent by the device", s.opackets},
		    {"port_rx_bytes", "bytes received by the device", s.ibytes},
		    {"port_tx_bytes", "bytes sent by the device", s.obytes},
		    {"port_rx_missed", "frames the device dropped because its queue was full",
		     s.imissed},
		    {"port_rx_errors", "damaged frames received by the device", s.ierrors},
		    {"port_tx_errors", "frames the device failed to send", s.oerrors},
		    {"port_rx_no_buffer", "receptions that found no packet buffer", s.rx_nombuf},
		};
		for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
			char name[128];
			snprintf(name, sizeof(name), "%s{port=\"%s\"}", rows[r].name, p->name);
			emit(context, name, rows[r].help, rows[r].value);
		}
	}
}

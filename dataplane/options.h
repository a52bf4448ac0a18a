/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The command line of reputed-dataplane: flags only, no configuration file. What the user asked
 * for; nothing here is run-time state.
 */
#include "dataplane/table/hugepages.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define OPTIONS_LISTENS_MAX   16
#define OPTIONS_PORTS_MAX     8
#define OPTIONS_ADDRESSES_MAX 16 /* of one port: FRAME_ADDRESSES_MAX of each family */
#define OPTIONS_PUNTED_MAX    (OPTIONS_PORTS_MAX * OPTIONS_ADDRESSES_MAX)
#define OPTIONS_PUNT_RATE     10000
#define OPTIONS_NAME_SIZE     16 /* of a network interface, with the 0 at its end */
#define OPTIONS_CORES_MAX     64
#define OPTIONS_THREADS_MAX   64
#define OPTIONS_TCP_MAX       65536 /* connections */
#define OPTIONS_TCP_IDLE_MAX  3600  /* seconds */
#define OPTIONS_DEVICE_MAX    512
#define OPTIONS_ERROR_MAX     512 /* bytes of an error text */
#define OPTIONS_SOCKET        "/run/reputed/dataplane.sock"

enum options_action { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION };
enum options_idle { IDLE_BACKOFF, IDLE_POLL };

struct options_listen {
	union {
		struct sockaddr any;
		struct sockaddr_in ip4;
		struct sockaddr_in6 ip6;
	} address; /* port 0 = any free one, the same for UDP and TCP */
	/* Port 53 of an address of a punted port: bound before the interface exists. When the
	 * punting was not asked for, it may fail. */
	bool is_punted, may_fail;
};

struct options_address {
	bool is_ip6;
	uint8_t length;    /* of the prefix */
	uint8_t bytes[16]; /* wire order; IPv4 in the first 4 */
};

struct options_port {
	char device[OPTIONS_DEVICE_MAX]; /* as given: "net_tap0,iface=rbl0" or a PCI address */
	char name[64]; /* DPDK's: up to the first comma, a PCI address in full and lower case */
	bool is_pci;
	/* The interface that gives the kernel the rest of the port; "" = none. */
	char punt[OPTIONS_NAME_SIZE];
	bool is_punt_given; /* with --punt; else by default */
	unsigned address_count;
	struct options_address addresses[OPTIONS_ADDRESSES_MAX];
};

struct options {
	enum options_action action;
	const char *socket_path;
	unsigned listen_count;
	unsigned served_count; /* with what follows the --listen addresses: is_punted */
	struct options_listen listens[OPTIONS_LISTENS_MAX + OPTIONS_PUNTED_MAX];
	unsigned port_count;
	struct options_port ports[OPTIONS_PORTS_MAX];
	unsigned core_count;
	unsigned cores[OPTIONS_CORES_MAX];
	enum hugepages_mode hugepages; /* of the tables, and of DPDK */
	enum options_idle idle;
	unsigned socket_threads;
	unsigned punt_rate;       /* frames per second and port */
	unsigned tcp_connections; /* of all threads */
	unsigned tcp_per_client;  /* of each thread */
	unsigned tcp_idle_s;
};

/*
 * Read the command line.
 *
 * out_error: OPTIONS_ERROR_MAX bytes; names the flag and what was expected
 * Errors:    -EINVAL with out_error set; out_options is unspecified
 * Threads:   one at a time (getopt_long)
 */
int options_parse(int argc, char **argv, struct options *out_options, char *out_error);

/* The text of --help. */
extern const char options_help[];

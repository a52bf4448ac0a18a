/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Texts of the configuration and of the command line that stand for numbers, addresses and names.
 * All parse terminated text and leave the output alone on -EINVAL.
 */
#include "feeds/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define CONFIG_DURATION_MAX_S   (10ull * 366 * 86400)
#define CONFIG_VALUE_SIZE_MAX   (1ull << 40) /* bytes */
#define CONFIG_VALUE_SOURCE_MAX 2000         /* bytes of a URL */

/* "90s", "15m", "1h", "3d", "1w"; above zero and at most ten years. */
int config_value_duration(const char *text, uint64_t *out_seconds);

/* Bytes: digits and K, M or G (of 1024), from 1 to 1024G. */
int config_value_size(const char *text, uint64_t *out_bytes);

/* http, https, axfr or ixfr with a host, without user and password. */
bool config_value_is_url(const char *text);

/* What rsync fetches from a daemon, never through a remote shell. */
bool config_value_is_rsync(const char *text);

/*
 * An A record's code: inside 127.0.0.0/8, but not 127.0.0.1 (RFC 5782 section 5: never listed) and
 * not in 127.255.255.0/24 (errors of DNSBL operators). Host order.
 */
int config_value_code(const char *text, uint32_t *out_code);

/* A number without sign or leading zeros. */
int config_value_number(const char *text, uint64_t max, uint64_t *out_number);

/* A number like 3, 0.01 or 1e-2. */
int config_value_fraction(const char *text, double *out_number);

/* One address or prefix without host bits; with is_range_allowed also "first-last". */
int config_value_network(const char *text, bool is_range_allowed, struct address_range *out_range);

struct config_endpoint {
	bool is_ip6;
	address6_t address;
	uint16_t port;
};

/* "127.0.0.1:5300" or "[::1]:5300"; the port is 1 to 65535. */
int config_value_endpoint(const char *text, struct config_endpoint *out_endpoint);

/* The address to bind or connect to; returns its size. */
unsigned config_value_sockaddr(const struct config_endpoint *endpoint,
                               struct sockaddr_storage *out_address);

/* An address of ours with the length of its network: "10.53.0.1/24", "fd53::1/64". */
int config_value_interface(const char *text, struct address_range *out_address,
                           unsigned *out_length);

/* A domain name other than the root, as a wire name with its root label; returns its size. */
int config_value_domain(const char *text, uint8_t out_wire[NAME_WIRE_MAX + 1]);

/* A mailbox as the name of an SOA, "hostmaster@example.org" or "hostmaster.example.org"; as above.
 */
int config_value_mailbox(const char *text, uint8_t out_wire[NAME_WIRE_MAX + 1]);

/* The name of a list, which is also the name of its folder: a-z 0-9 . _ -, not starting with '.'.
 */
bool config_value_is_list_name(const char *text);

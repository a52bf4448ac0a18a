/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A TAP interface: a network interface of the kernel whose wire is a file descriptor. It is gone
 * when the descriptor is closed, unless someone made it persistent before.
 */
#include "dataplane/options.h"

#include <stdint.h>

#define TAP_ERROR_MAX 160

struct tap_options {
	const char *name; /* <= 15 characters */
	uint8_t mac[6];
	uint16_t mtu;
	unsigned address_count;
	const struct options_address *addresses;
};

/*
 * Make or attach to a TAP interface with this MAC, MTU and these addresses, and set it up. The
 * addresses are usable at once: no duplicate address detection, since the port already answers for
 * them. No offloads: whole checksums, no segment larger than the MTU. Needs CAP_NET_ADMIN.
 *
 * out_fd:    non-blocking; each read and write is one Ethernet frame
 * out_error: TAP_ERROR_MAX bytes: what failed and why
 * Errors:    negative errno; nothing is left
 */
int tap_open(const struct tap_options *options, int *out_fd, char *out_error);

/* Whether the kernel sees a cable in the interface; routing daemons go by that. Errors: none told
 */
void tap_set_carrier(int fd, bool has_carrier);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Names of hosts and domains, as lists of names hold them: letters, digits, '-' and '_', and not an
 * address; so URLs, mail addresses and addresses among them are noticed.
 */
#include "feeds/address.h"
#include "feeds/span.h"

/*
 * Parse one. Returns the size of its wire name.
 * Errors: -EINVAL: out_error says what it is instead: "bad name", "address"
 */
int host_parse(struct span text, uint8_t out_wire[NAME_WIRE_MAX], const char **out_error);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Which autonomous system announces an address, by a MaxMind database (any with an ASN field).
 *
 * Threads: one at a time.
 */
#include "feeds/address.h"

struct asn_lookup;

/* A copy is made: the file may change afterwards. Errors: NULL with errno; out_error says why */
struct asn_lookup *asn_lookup_open(const char *path, char *out_error, size_t error_size);
void asn_lookup_close(struct asn_lookup *a); /* NULL is allowed */

/* 0 when nobody knows. Fits ledger_hooks.asn with the lookup as its context. */
uint32_t asn_lookup(const struct address_range *address, void *lookup);

/* The organisation's name, as the database has it. Returns its size, 0 when nobody knows. */
size_t asn_lookup_name(const struct asn_lookup *a, const struct address_range *address,
                       char *out_name, size_t name_size);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What every zone says of an address or name. The answer core itself is asked, as a DNS query over
 * TCP would, so that this cannot differ from what mail servers get; access rules are left out.
 *
 * Threads: the update thread, registered with liburcu-qsbr and online.
 */
#include "dataplane/proto/channel.h"
#include "dataplane/table/tables.h"
#include "dataplane/update_zones.h"

struct update_lookup {
	const struct tables *tables;                /* NULL = nothing loaded: no zones */
	const struct access_rules *allow_all;       /* stands in for the access rules */
	const struct update_list_names *list_names; /* NULL = none; unnamed lists are "#ID" */
};

/* Zones of one answer: a piece is made in some milliseconds, and is far below a message's limit. */
#define UPDATE_LOOKUP_ZONES_MAX 4096
#define UPDATE_LOOKUP_SIZE      (1u << 20) /* bytes after which no zone, or listing, is added */

/*
 * Ask the zones from a number on, as many as go into an answer; its next_zone tells where the next
 * one goes on, 0 = nowhere. Zones in which the key would be too long for a name are left out.
 *
 * key:        an IPv4 or IPv6 address, or a domain name (ASCII, IDNs as xn--)
 * out_answer: free with reputed__update__lookup_answer__free_unpacked(); generation is not set
 * Errors:     -EINVAL: no such key; -ENOMEM
 */
int update_lookup(const struct update_lookup *l, const char *key, uint32_t first_zone,
                  Reputed__Update__LookupAnswer **out_answer);

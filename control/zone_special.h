/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What lines that begin with '$' in a records file say of the zone, as in rbldnsd's files:
 *
 *   $NS TTL NAME [-NAME ...]        a name with '-' counts as a comment
 *   $SOA TTL MNAME RNAME SERIAL REFRESH RETRY EXPIRE MINIMUM
 *
 * The first line of each counts. Their TTLs, the serial and the minimum are checked and not kept:
 * the zone has its own.
 */
#include "control/config.h"

struct zone_special {
	char *ns[CONFIG_NS_MAX];
	unsigned ns_count;
	struct config_soa *soa; /* NULL = none */
};

/*
 * Take one line.
 *
 * name:   its first word
 * values: the rest of it; it is cut into words
 * Errors: -EINVAL with out_error "what is wrong, expected what"; -ENOENT: another word; -ENOMEM
 */
int zone_special_take(struct zone_special *s, const char *name, char *values, char *out_error,
                      size_t error_size);

/* "600" or "10m". Returns whether it is one. */
bool zone_special_ttl(const char *word, uint32_t *out_ttl_s);

void zone_special_done(struct zone_special *s);

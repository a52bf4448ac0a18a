/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The zones and access rules of a configuration as messages for the data plane. Messages are freed
 * with their ..__free_unpacked(message, NULL).
 */
#include "control/config.h"
#include "control/zone_files.h"
#include "feeds/dataset.h"
#include "update.pb-c.h"

#include <stdbool.h>
#include <stdint.h>

/* As enum zone_content of dataplane/table/zones.h. */
enum zone_message_content {
	ZONE_MESSAGE_IP4 = 1,
	ZONE_MESSAGE_IP6 = 2,
	ZONE_MESSAGE_NAMES = 4,
};

#define ZONE_MESSAGE_NS_MAX         8  /* ZONE_NS_MAX */
#define ZONE_MESSAGE_TEST_CODES_MAX 32 /* ZONE_TEST_CODES_MAX */

/* What the zones that show a list need to know of it. */
struct zone_message_list {
	bool is_loaded;
	bool is_off;            /* switched off: it answers nothing, and nobody waits for it */
	bool is_expired;        /* out of date, and its zones are to say so */
	unsigned content;       /* enum zone_message_content bits */
	uint64_t test_codes[4]; /* bit N: 127.0.0.N is a code of the list, N >= 2 */
};

/*
 * Learn it from a list and its dataset, NULL = none. A list whose dataset is empty has the content
 * that its format is for; a manual list, and one of the ledger, may hold anything at any time.
 *
 * out_list: is_off and is_expired stay
 * Cost: O(sets of the dataset)
 */
void zone_message_learn(struct zone_message_list *out_list, const struct config_list *list,
                        const struct dataset *dataset);

/*
 * lists: parallel to config->lists
 * files: of the zones' records; NULL = none
 * Errors: NULL with errno ENOMEM
 */
Reputed__Update__Zones *zone_message_zones(const struct config *config,
                                           const struct zone_message_list *lists,
                                           const struct zone_files *files);

/*
 * The access rules as disjoint ranges, ascending. The rule with the fewest addresses wins, of equal
 * ones the first; an IPv6 rule says nothing of IPv4 clients (::ffff:0:0/96).
 *
 * Errors: NULL with errno ENOMEM.
 * Cost:   O(rules log rules)
 */
Reputed__Update__Access *zone_message_access(const struct config_access *rules, size_t count);

/* The rate limits. Errors: NULL with errno ENOMEM. */
Reputed__Update__RateLimit *zone_message_rate_limit(const struct config_rate_limit *limit);

/*
 * The keys of a zone from index *at on, as many as fit a message; moves *at.
 *
 * Errors: NULL with errno ENOMEM.
 */
Reputed__Update__Keys *zone_message_keys(const struct config_zone *zone, unsigned *at);

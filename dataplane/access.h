/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Who may ask: client address -> action, decided by the most specific prefix of the rules. */
#include "dataplane/table/tables.h"

enum access_action {
	ACCESS_ALLOW,
	ACCESS_REFUSE, /* REFUSED + EDE 18 (RFC 8914 section 4.19) */
	ACCESS_DROP,   /* counted as DROP_ACCESS */
	ACCESS_EMPTY,  /* nothing is listed; what a zone has beside its lists is answered */
	ACCESS_ALWAYS, /* every well-formed address and name is listed, test entries too */
};

/* The value of a client in access_rules.clients; of ACCESS_ALWAYS, with the rule's listing. */
#define ACCESS_VALUE(action)       ((uint32_t)(action) + 1u)
#define ACCESS_VALUE_ALWAYS(index) (ACCESS_VALUE(ACCESS_ALWAYS) + (uint32_t)(index))

/*
 * The action for a client that a zone's own rules have.
 *
 * zone: with rules of its own
 * client, out_listing: as below
 */
enum access_action access_of_zone(const struct zone *zone, address6_t client,
                                  const struct access_listing **out_listing);

/* Whether a is the stricter of two: drop, refuse, empty, always, allow. */
bool access_is_stricter(enum access_action a, enum access_action b);

/*
 * The action for a client, whatever it asks.
 *
 * t:      NULL = nothing loaded yet: the networks that are also the configuration's default are
 *         allowed (loopback, RFC 1918, unique local and link-local ones), others refused
 * client: IPv4 clients as ::ffff:a.b.c.d; refused when no rule matches
 * out_listing: of ACCESS_ALWAYS, what everything is listed as; otherwise NULL. Borrowed until the
 *              reader's next quiescent state
 */
enum access_action access_find(const struct tables *t, address6_t client,
                               const struct access_listing **out_listing);

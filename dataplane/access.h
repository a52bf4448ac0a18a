/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Who may ask: client address -> action, decided by the most specific prefix of the rules. */
#include "dataplane/table/tables.h"

enum access_action {
	ACCESS_ALLOW,
	ACCESS_REFUSE, /* REFUSED + EDE 18 (RFC 8914 section 4.19) */
	ACCESS_DROP,   /* counted as DROP_ACCESS */
};

/*
 * The action for a client.
 *
 * t:      NULL = nothing loaded yet: loopback and private networks are allowed, others refused
 * client: IPv4 clients as ::ffff:a.b.c.d; refused when no rule matches
 */
enum access_action access_check(const struct tables *t, address6_t client);

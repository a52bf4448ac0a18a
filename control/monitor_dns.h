/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Whom the monitor asks. Threads: the main loop only. */
#include "control/config.h"
#include "control/config_value.h"

struct event_base;
struct evdns_base;

/* "127.0.0.1", "::1", "127.0.0.1:5353". Errors: -EINVAL */
int monitor_dns_resolver(const char *text, struct config_endpoint *out_at);

/* Where our own data plane listens; of "any address" the loopback. Errors: -ENOENT */
int monitor_dns_here(const struct config *config, struct config_endpoint *out_at);

/* at: NULL = the resolvers of the system. Errors: NULL */
struct evdns_base *monitor_dns_new(struct event_base *base, const struct config_endpoint *at);

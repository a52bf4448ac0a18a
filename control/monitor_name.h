/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* What is asked of a DNSBL, and what an answer means. Threads: pure functions. */
#include "control/monitor.h"

#define MONITOR_NAME_MAX 336 /* 64 characters of nibbles and a zone */

/* "1.2.0.192.zone", or the 32 nibbles of IPv6. Errors: -ENAMETOOLONG */
int monitor_name(const struct address_range *address, const char *zone,
                 char out_name[MONITOR_NAME_MAX]);

/*
 * A records, host order, as a state: listed with codes, or an error by which list operators say
 * that they do not answer (127.255.255.0/24), or by which others answer in their place (outside
 * 127/8). Returns the error's text, or NULL: listed.
 */
const char *monitor_judge(const uint32_t *codes, unsigned count);

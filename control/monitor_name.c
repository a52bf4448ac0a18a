/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/monitor_name.h"

#include <errno.h>
#include <stdio.h>

int monitor_name(const struct address_range *address, const char *zone,
                 char out_name[MONITOR_NAME_MAX])
{
	unsigned labels = address->is_ip6 ? 32 : 4, bits = address->is_ip6 ? 4 : 8;
	address6_t rest = address->first;
	size_t at = 0;

	for (unsigned i = 0; i < labels; i++) {
		unsigned label = (unsigned)(rest & ((1u << bits) - 1));

		at += (size_t)snprintf(out_name + at, MONITOR_NAME_MAX - at,
		                       address->is_ip6 ? "%x." : "%u.", label);
		rest >>= bits;
	}
	at += (size_t)snprintf(out_name + at, MONITOR_NAME_MAX - at, "%s", zone);
	return at < MONITOR_NAME_MAX && at <= 253 ? 0 : -ENAMETOOLONG;
}

const char *monitor_judge(const uint32_t *codes, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (codes[i] >> 24 != 127)
			return "it answers with addresses outside 127.0.0.0/8: it is not a list "
			       "any "
			       "more, or the resolver changes answers";
		if (codes[i] >> 8 == 0x7fffff)
			return "it refuses to answer (127.255.255.x): the resolver is not allowed "
			       "to ask it, or asks too much";
	}
	return NULL;
}

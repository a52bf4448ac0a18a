/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/access.h"

#include "dataplane/qname.h"

/* Loopback, private (RFC 1918, RFC 4193) and link-local networks. */
static bool is_local4(uint32_t client)
{
	return client >> 24 == 127 || client >> 24 == 10 || client >> 20 == 0xac1 ||
	       client >> 16 == 0xc0a8 || client >> 16 == 0xa9fe;
}

static bool is_local6(address6_t client)
{
	return client == 1 || client >> 121 == 0xfc >> 1 || client >> 118 == 0xfe80 >> 6;
}

static enum access_action default_action(address6_t client)
{
	bool is_local = qname_is_mapped(client) ? is_local4((uint32_t)client) : is_local6(client);

	return is_local ? ACCESS_ALLOW : ACCESS_REFUSE;
}

enum access_action access_check(const struct tables *t, address6_t client)
{
	const struct table6 *rules = t ? tables_access(t) : NULL;

	if (!rules)
		return default_action(client);
	switch (table6_lookup(rules, client)) {
	case ACCESS_ALLOW + 1:
		return ACCESS_ALLOW;
	case ACCESS_DROP + 1:
		return ACCESS_DROP;
	}
	return ACCESS_REFUSE;
}

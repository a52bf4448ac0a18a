/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/access.h"

#include "dataplane/qname.h"

/* The same networks as access_default of control/config_resolve.c; a test compares them. */
static bool is_local4(uint32_t client)
{
	return client >> 24 == 127 ||    /* 127.0.0.0/8 */
	       client >> 24 == 10 ||     /* 10.0.0.0/8 */
	       client >> 20 == 0xac1 ||  /* 172.16.0.0/12 */
	       client >> 16 == 0xc0a8 || /* 192.168.0.0/16 */
	       client >> 16 == 0xa9fe;   /* 169.254.0.0/16 */
}

static bool is_local6(address6_t client)
{
	return client == 1 ||                /* ::1 */
	       client >> 121 == 0xfc >> 1 || /* fc00::/7 */
	       client >> 118 == 0xfe80 >> 6; /* fe80::/10 */
}

static enum access_action default_action(address6_t client)
{
	bool is_local = qname_is_mapped(client) ? is_local4((uint32_t)client) : is_local6(client);

	return is_local ? ACCESS_ALLOW : ACCESS_REFUSE;
}

enum access_action access_find(const struct tables *t, address6_t client,
                               const struct access_listing **out_listing)
{
	const struct access_rules *rules = t ? tables_access(t) : NULL;
	uint32_t value;

	*out_listing = NULL;
	if (!rules)
		return default_action(client);
	value = access_rules_get(rules, client);
	if (value == 0)
		return ACCESS_REFUSE;
	if (value < ACCESS_VALUE(ACCESS_ALWAYS))
		return (enum access_action)(value - 1);
	if (value - ACCESS_VALUE(ACCESS_ALWAYS) >= rules->listing_count)
		return ACCESS_REFUSE;
	*out_listing = &rules->listings[value - ACCESS_VALUE(ACCESS_ALWAYS)];
	return ACCESS_ALWAYS;
}

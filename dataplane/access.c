/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/access.h"

#include "dataplane/qname.h"

/* The same networks as config_access_default of control/config_resolve.c; a test compares them. */
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

/* What a value of rules means. */
static enum access_action action_of(const struct access_rules *rules, uint32_t value,
                                    const struct access_listing **out_listing)
{
	*out_listing = NULL;
	if (value == 0)
		return ACCESS_REFUSE;
	if (value < ACCESS_VALUE(ACCESS_ALWAYS))
		return (enum access_action)(value - 1);
	if (value - ACCESS_VALUE(ACCESS_ALWAYS) >= rules->listing_count)
		return ACCESS_REFUSE;
	*out_listing = &rules->listings[value - ACCESS_VALUE(ACCESS_ALWAYS)];
	return ACCESS_ALWAYS;
}

enum access_action access_of_zone(const struct zone *zone, address6_t client,
                                  const struct access_listing **out_listing)
{
	return action_of(zone->access, access_rules_look(zone->access, client), out_listing);
}

static unsigned strictness(enum access_action action)
{
	switch (action) {
	case ACCESS_ALLOW:
		return 0;
	case ACCESS_ALWAYS:
		return 1;
	case ACCESS_EMPTY:
		return 2;
	case ACCESS_REFUSE:
		return 3;
	case ACCESS_DROP:
		return 4;
	}
	return 4;
}

bool access_is_stricter(enum access_action a, enum access_action b)
{
	return strictness(a) > strictness(b);
}

enum access_action access_find(const struct tables *t, address6_t client,
                               const struct access_listing **out_listing)
{
	const struct access_rules *rules = t ? tables_access(t) : NULL;

	if (rules)
		return action_of(rules, access_rules_get(rules, client), out_listing);
	*out_listing = NULL;
	return default_action(client);
}

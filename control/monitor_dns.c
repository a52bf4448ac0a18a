/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/monitor_dns.h"

#include <event2/dns.h>
#include <event2/event.h>

#include <errno.h>

#define TIMEOUT_S "5"
#define ATTEMPTS  "2"
#define DNS_PORT  53

int monitor_dns_resolver(const char *text, struct config_endpoint *out_at)
{
	struct address_range address;

	if (config_value_endpoint(text, out_at) == 0)
		return 0;
	if (config_value_network(text, false, &address) < 0)
		return -EINVAL;
	*out_at = (struct config_endpoint){address.is_ip6, address.first, DNS_PORT};
	return 0;
}

int monitor_dns_here(const struct config *config, struct config_endpoint *out_at)
{
	if (config->dataplane.listen_count == 0 ||
	    config_value_endpoint(config->dataplane.listen[0], out_at) < 0)
		return -ENOENT;
	if (out_at->address == 0)
		out_at->address = out_at->is_ip6 ? 1 : 0x7f000001;
	return 0;
}

/* What goes wrong is told by the rows. */
static void be_silent(int is_warning, const char *message)
{
	(void)is_warning;
	(void)message;
}

static int add_nameserver(struct evdns_base *dns, const struct config_endpoint *at)
{
	struct sockaddr_storage address;
	unsigned size = config_value_sockaddr(at, &address);

	return evdns_base_nameserver_sockaddr_add(dns, (struct sockaddr *)&address, size, 0);
}

struct evdns_base *monitor_dns_new(struct event_base *base, const struct config_endpoint *at)
{
	int flags = EVDNS_BASE_DISABLE_WHEN_INACTIVE;
	struct evdns_base *dns =
	    evdns_base_new(base, at ? flags : flags | EVDNS_BASE_INITIALIZE_NAMESERVERS);

	if (!dns)
		return NULL;
	evdns_set_log_fn(be_silent);
	evdns_base_set_option(dns, "timeout", TIMEOUT_S);
	evdns_base_set_option(dns, "attempts", ATTEMPTS);
	evdns_base_set_option(dns, "randomize-case", "0"); /* not every DNSBL answers as asked */
	if (!at || add_nameserver(dns, at) == 0)
		return dns;
	evdns_base_free(dns, 0);
	return NULL;
}

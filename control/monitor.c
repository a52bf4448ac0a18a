/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/monitor.h"

#include "control/config_monitor.h"
#include "control/log.h"
#include "control/monitor_dns.h"
#include "control/monitor_name.h"

#include <event2/dns.h>
#include <event2/event.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/time.h>
#include <time.h>

#define READY_CHECK_S 1
#define TEST_LISTED   0x7f000002 /* RFC 5782 section 5 */
#define TEST_UNLISTED 0x7f000001

struct monitor_zone;

/* A lookup that is repeated: of an address, or of a test entry. */
struct monitor_probe {
	struct monitor_zone *zone;
	struct address_range address;
	bool is_begun; /* a lookup is on its way */
	struct monitor_row row;
	/* of this round; they become the row's when the zone is known to be sound */
	enum monitor_state state;
	uint32_t codes[MONITOR_CODES_MAX];
	unsigned code_count;
	const char *error;
};

/* Outlives what it is for when the configuration changes: evdns answers later. */
struct monitor_lookup {
	struct monitor *monitor;
	struct monitor_probe *probe; /* NULL: nobody asks any more */
	TAILQ_ENTRY(monitor_lookup) next;
};

struct monitor_zone {
	struct monitor *monitor;
	char *name;
	bool is_here;
	unsigned pending;
	struct monitor_probe listed, unlisted; /* the test entries */
	struct monitor_probe *probes;          /* one per address */
};

struct monitor {
	struct event_base *base;
	struct event *timer;
	monitor_is_ready *is_ready;
	void *context;
	struct evdns_base *outside, *here; /* NULL = none to be asked */
	bool is_on;
	uint64_t every_s;
	char **addresses;
	unsigned address_count, zone_count, pending;
	struct monitor_zone *zones;
	TAILQ_HEAD(monitor_lookups, monitor_lookup) lookups;
};

/* --- answers --- */

const char *monitor_state_name(enum monitor_state state)
{
	switch (state) {
	case MONITOR_UNKNOWN:
		break;
	case MONITOR_NOT_LISTED:
		return "not_listed";
	case MONITOR_LISTED:
		return "listed";
	case MONITOR_ERROR:
		return "error";
	}
	return "unknown";
}

static void take_answer(struct monitor_probe *p, int result, int count, const void *addresses)
{
	const uint32_t *codes_be = addresses;

	p->code_count = 0;
	p->error = NULL;
	if (result == DNS_ERR_NOTEXIST || result == DNS_ERR_NODATA ||
	    (result == DNS_ERR_NONE && count == 0)) {
		p->state = MONITOR_NOT_LISTED;
		return;
	}
	if (result != DNS_ERR_NONE) {
		p->state = MONITOR_ERROR;
		p->error = evdns_err_to_string(result);
		return;
	}
	for (int i = 0; i < count && i < MONITOR_CODES_MAX; i++)
		p->codes[p->code_count++] = ntohl(codes_be[i]);
	p->error = monitor_judge(p->codes, p->code_count);
	p->state = p->error ? MONITOR_ERROR : MONITOR_LISTED;
}

/* Why nothing that a list says can be believed; NULL: it is sound. */
static const char *find_fault(const struct monitor_zone *zone)
{
	if (zone->unlisted.state == MONITOR_LISTED)
		return "it lists everything: its test entry 127.0.0.1 is listed (RFC 5782)";
	if (zone->listed.state == MONITOR_NOT_LISTED)
		return "it is dead: its test entry 127.0.0.2 is not listed (RFC 5782)";
	if (zone->unlisted.state == MONITOR_ERROR)
		return zone->unlisted.error;
	return zone->listed.state == MONITOR_ERROR ? zone->listed.error : NULL;
}

static void tell(const struct monitor_row *row)
{
	char code[INET_ADDRSTRLEN] = "";
	struct in_addr first = {htonl(row->codes[0])};

	if (row->state == MONITOR_LISTED)
		log_error("own address '%s' is listed in '%s' (%s)", row->address, row->zone,
		          inet_ntop(AF_INET, &first, code, sizeof(code)));
	else if (row->state == MONITOR_NOT_LISTED)
		log_info("own address '%s' is no longer listed in '%s'", row->address, row->zone);
}

static void settle(struct monitor_probe *p, const char *fault, int64_t now_s)
{
	struct monitor_row *row = &p->row;
	enum monitor_state before = row->state;

	row->state = fault ? MONITOR_ERROR : p->state;
	row->error = fault ? fault : p->error;
	row->code_count = row->state == MONITOR_LISTED ? p->code_count : 0;
	memcpy(row->codes, p->codes, sizeof(row->codes));
	row->checked_s = now_s;
	if (row->state == before)
		return;
	row->since_s = now_s;
	if (row->state == MONITOR_LISTED || before == MONITOR_LISTED)
		tell(row);
}

static void zone_settle(struct monitor_zone *zone)
{
	const char *fault = find_fault(zone);
	int64_t now_s = time(NULL);

	for (unsigned i = 0; i < zone->monitor->address_count; i++)
		settle(&zone->probes[i], fault, now_s);
}

static void probe_answered(struct monitor_probe *p, int result, int count, const void *addresses)
{
	p->is_begun = false;
	take_answer(p, result, count, addresses);
	p->zone->monitor->pending--;
	if (--p->zone->pending == 0)
		zone_settle(p->zone);
}

static void on_answer(int result, char type, int count, int ttl, void *addresses, void *context)
{
	struct monitor_lookup *lookup = context;
	struct monitor_probe *p = lookup->probe;

	(void)ttl;
	TAILQ_REMOVE(&lookup->monitor->lookups, lookup, next);
	free(lookup);
	if (p)
		probe_answered(p, result, type == DNS_IPv4_A ? count : 0, addresses);
}

/* --- questions --- */

static void probe_ask(struct monitor_probe *p)
{
	struct monitor *m = p->zone->monitor;
	struct evdns_base *dns = p->zone->is_here ? m->here : m->outside;
	struct monitor_lookup *lookup;
	char name[MONITOR_NAME_MAX];

	if (p->is_begun)
		return;
	p->is_begun = true;
	p->zone->pending++;
	m->pending++;
	lookup = calloc(1, sizeof(*lookup));
	if (!lookup || monitor_name(&p->address, p->zone->name, name) < 0)
		goto fail;
	lookup->monitor = m;
	lookup->probe = p;
	TAILQ_INSERT_TAIL(&m->lookups, lookup, next);
	/* It answers from the loop, never before it returns. */
	if (evdns_base_resolve_ipv4(dns, name, DNS_QUERY_NO_SEARCH, on_answer, lookup))
		return;
	TAILQ_REMOVE(&m->lookups, lookup, next);
fail:
	free(lookup);
	probe_answered(p, DNS_ERR_UNKNOWN, 0, NULL);
}

void monitor_look(struct monitor *m)
{
	for (unsigned i = 0; i < m->zone_count; i++) {
		struct monitor_zone *zone = &m->zones[i];

		zone->pending++; /* held until all are asked */
		probe_ask(&zone->listed);
		probe_ask(&zone->unlisted);
		for (unsigned j = 0; j < m->address_count; j++)
			probe_ask(&zone->probes[j]);
		if (--zone->pending == 0)
			zone_settle(zone);
	}
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct monitor *m = context;
	struct timeval next = {(time_t)m->every_s, 0};

	(void)fd;
	(void)what;
	if (!m->is_ready(m->context))
		next.tv_sec = READY_CHECK_S;
	else
		monitor_look(m);
	event_add(m->timer, &next);
}

/* --- configuration --- */

static void monitor_clear(struct monitor *m)
{
	struct monitor_lookup *lookup;

	event_del(m->timer);
	TAILQ_FOREACH (lookup, &m->lookups, next)
		lookup->probe = NULL;
	if (m->outside)
		evdns_base_free(m->outside, 1);
	if (m->here)
		evdns_base_free(m->here, 1);
	m->outside = m->here = NULL;
	for (unsigned i = 0; i < m->zone_count; i++) {
		free(m->zones[i].name);
		free(m->zones[i].probes);
	}
	for (unsigned i = 0; i < m->address_count; i++)
		free(m->addresses[i]);
	free(m->zones);
	free(m->addresses);
	m->zones = NULL;
	m->addresses = NULL;
	m->zone_count = m->address_count = m->pending = 0;
	m->is_on = false;
}

static void probe_init(struct monitor_probe *p, struct monitor_zone *zone, uint32_t test)
{
	*p = (struct monitor_probe){.zone = zone, .address = {.first = test, .last = test}};
}

static int zone_init(struct monitor *m, const char *name, bool is_here,
                     const struct config_monitor *config)
{
	struct monitor_zone *zone = &m->zones[m->zone_count];

	zone->monitor = m;
	zone->is_here = is_here;
	zone->name = strdup(name);
	zone->probes = calloc(m->address_count, sizeof(*zone->probes));
	m->zone_count++;
	if (!zone->name || !zone->probes)
		return -ENOMEM;
	probe_init(&zone->listed, zone, TEST_LISTED);
	probe_init(&zone->unlisted, zone, TEST_UNLISTED);
	for (unsigned i = 0; i < m->address_count; i++) {
		struct monitor_probe *p = &zone->probes[i];

		probe_init(p, zone, 0);
		p->address = config->ranges[i];
		p->row.zone = zone->name;
		p->row.address = m->addresses[i];
		p->row.is_here = is_here;
	}
	return 0;
}

/* Zones that say "listed" by address and to everybody who may ask. */
static bool is_watched(const struct config_zone *zone)
{
	return (zone->view == VIEW_CODES || zone->view == VIEW_BITS) && !zone->keys;
}

static int fill(struct monitor *m, const struct config *config)
{
	const struct config_monitor *c = config->monitor;
	int rc = 0;

	m->zones = calloc(c->zones_count + config->zones_count, sizeof(*m->zones));
	m->addresses = calloc(c->addresses_count, sizeof(*m->addresses));
	if (!m->zones || !m->addresses)
		return -ENOMEM;
	for (unsigned i = 0; i < c->addresses_count; i++) {
		m->addresses[i] = strdup(c->addresses[i]);
		if (!m->addresses[i])
			return -ENOMEM;
		m->address_count++;
	}
	for (unsigned i = 0; i < config->zones_count && rc == 0 && m->here; i++) {
		if (is_watched(&config->zones[i]) && i < CONFIG_MONITOR_ZONES_MAX)
			rc = zone_init(m, config->zones[i].name, true, c);
	}
	for (unsigned i = 0; i < c->zones_count && rc == 0; i++)
		rc = zone_init(m, c->zones[i], false, c);
	return rc;
}

int monitor_configure(struct monitor *m, const struct config *config)
{
	const struct config_monitor *c = config->monitor;
	const struct timeval at_once = {0, 0};
	struct config_endpoint resolver, here;
	int rc;

	monitor_clear(m);
	if (!c)
		return 0;
	if (c->resolver && monitor_dns_resolver(c->resolver, &resolver) < 0)
		return -EINVAL;
	m->is_on = true;
	m->every_s = c->every_s;
	m->outside = monitor_dns_new(m->base, c->resolver ? &resolver : NULL);
	if (monitor_dns_here(config, &here) == 0)
		m->here = monitor_dns_new(m->base, &here);
	rc = m->outside ? fill(m, config) : -EINVAL;
	if (rc < 0)
		monitor_clear(m);
	else
		event_add(m->timer, &at_once);
	return rc;
}

struct monitor *monitor_new(struct event_base *base, monitor_is_ready *is_ready, void *context)
{
	struct monitor *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->base = base;
	m->is_ready = is_ready;
	m->context = context;
	TAILQ_INIT(&m->lookups);
	m->timer = evtimer_new(base, on_timer, m);
	if (m->timer)
		return m;
	free(m);
	return NULL;
}

void monitor_free(struct monitor *m)
{
	struct monitor_lookup *lookup;

	if (!m)
		return;
	monitor_clear(m);
	/* The loop has ended: nobody calls back. */
	while ((lookup = TAILQ_FIRST(&m->lookups)) != NULL) {
		TAILQ_REMOVE(&m->lookups, lookup, next);
		free(lookup);
	}
	event_free(m->timer);
	free(m);
}

/* --- looking --- */

unsigned monitor_pending(const struct monitor *m)
{
	return m->pending;
}

unsigned monitor_count(const struct monitor *m)
{
	return m->zone_count * m->address_count;
}

const struct monitor_row *monitor_get(const struct monitor *m, unsigned i)
{
	return &m->zones[i / m->address_count].probes[i % m->address_count].row;
}

static json_t *row_json(const struct monitor_row *row)
{
	json_t *codes = json_array();

	for (unsigned i = 0; i < row->code_count; i++) {
		char text[INET_ADDRSTRLEN] = "";
		struct in_addr code = {htonl(row->codes[i])};

		inet_ntop(AF_INET, &code, text, sizeof(text));
		json_array_append_new(codes, json_string(text));
	}
	return json_pack("{s:s, s:s, s:b, s:s, s:o, s:s?, s:I, s:I}", "zone", row->zone, "address",
	                 row->address, "here", row->is_here, "state",
	                 monitor_state_name(row->state), "codes", codes, "error", row->error,
	                 "checked_s", (json_int_t)row->checked_s, "since_s",
	                 (json_int_t)row->since_s);
}

json_t *monitor_json(const struct monitor *m)
{
	json_t *rows;

	if (!m->is_on)
		return json_null();
	rows = json_array();
	for (unsigned i = 0; i < monitor_count(m); i++)
		json_array_append_new(rows, row_json(monitor_get(m, i)));
	return rows;
}

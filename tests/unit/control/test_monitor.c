/* SPDX-License-Identifier: BSD-3-Clause */
/* Own addresses in lists that answer, are dead, list everything, refuse, or are not there. */
#include "control/config_monitor.h"
#include "control/monitor.h"
#include "control/monitor_name.h"

#include <event2/dns.h>
#include <event2/dns_struct.h>
#include <event2/event.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define OWN  "192.0.2.25"
#define OWN6 "2001:db8::25"

/* A name server with lists of every kind; by the zone's first label. */
static const struct {
	const char *name, *answer; /* NULL: SERVFAIL */
} records[] = {
    {"2.0.0.127.good.test", "127.0.0.2"},           {"25.2.0.192.good.test", "127.0.0.4"},
    {"2.0.0.127.clean.test", "127.0.0.2"},          {"2.0.0.127.wild.test", "127.0.0.2"},
    {"1.0.0.127.wild.test", "127.0.0.2"},           {"25.2.0.192.wild.test", "127.0.0.2"},
    {"25.2.0.192.dead.test", "127.0.0.2"},          {"2.0.0.127.refusing.test", "127.255.255.254"},
    {"1.0.0.127.refusing.test", "127.255.255.254"}, {"25.2.0.192.refusing.test", "127.255.255.254"},
    {"2.0.0.127.parked.test", "203.0.113.80"},      {"1.0.0.127.parked.test", "203.0.113.80"},
    {"25.2.0.192.parked.test", "203.0.113.80"},
};
static const struct {
	const char *zone;
	enum monitor_state state;
	const char *error;
} expected[] = {
    {"good.test", MONITOR_LISTED, NULL},
    {"clean.test", MONITOR_NOT_LISTED, NULL},
    {"wild.test", MONITOR_ERROR, "it lists everything"},
    {"dead.test", MONITOR_ERROR, "it is dead"},
    {"refusing.test", MONITOR_ERROR, "it refuses to answer"},
    {"parked.test", MONITOR_ERROR, "outside 127.0.0.0/8"},
};
#define ZONES (sizeof(expected) / sizeof(expected[0]))

struct world {
	struct event_base *base;
	struct evdns_server_port *server;
	struct monitor *monitor;
	struct config config;
	struct config_monitor section;
	char *addresses[2], *zones[ZONES], resolver[32];
	struct address_range ranges[2];
	int fd;
	bool is_delisted;
};

static void on_query(struct evdns_server_request *request, void *context)
{
	struct world *w = context;
	const char *name = request->questions[0]->name;
	int rcode = DNS_ERR_NOTEXIST;

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		struct in_addr address;

		if (strcmp(records[i].name, name) != 0 ||
		    (w->is_delisted && strcmp(name, "25.2.0.192.good.test") == 0))
			continue;
		inet_pton(AF_INET, records[i].answer, &address);
		evdns_server_request_add_a_reply(request, name, 1, &address, 1);
		rcode = DNS_ERR_NONE;
	}
	evdns_server_request_respond(request, rcode);
}

static bool is_ready(void *context)
{
	(void)context;
	return true;
}

static void begin(struct world *w)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);

	memset(w, 0, sizeof(*w));
	w->base = event_base_new();
	w->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(w->fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(w->fd, (struct sockaddr *)&address, &size), 0);
	w->server = evdns_add_server_port_with_base(w->base, w->fd, 0, on_query, w);
	snprintf(w->resolver, sizeof(w->resolver), "127.0.0.1:%u", ntohs(address.sin_port));
	w->addresses[0] = OWN;
	w->addresses[1] = OWN6;
	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    address_parse(w->addresses[i], strlen(w->addresses[i]), &w->ranges[i]), 0);
	for (size_t i = 0; i < ZONES; i++)
		w->zones[i] = (char *)expected[i].zone;
	w->section = (struct config_monitor){.addresses = w->addresses,
	                                     .addresses_count = 2,
	                                     .ranges = w->ranges,
	                                     .zones = w->zones,
	                                     .zones_count = ZONES,
	                                     .every_s = 3600,
	                                     .resolver = w->resolver};
	w->config.monitor = &w->section;
	w->monitor = monitor_new(w->base, is_ready, w);
	assert_non_null(w->monitor);
}

static void end(struct world *w)
{
	monitor_free(w->monitor);
	evdns_close_server_port(w->server);
	close(w->fd);
	event_base_free(w->base);
}

/* Until all lookups of a round are answered. */
static void turn(struct world *w)
{
	time_t ends = time(NULL) + 30;

	do {
		event_base_loop(w->base, EVLOOP_ONCE);
		assert_true(time(NULL) < ends);
	} while (monitor_pending(w->monitor));
}

static void test_states(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	assert_int_equal(monitor_configure(w.monitor, &w.config), 0);
	turn(&w);
	assert_int_equal(monitor_count(w.monitor), 2 * ZONES);
	for (unsigned i = 0; i < ZONES; i++) {
		const struct monitor_row *row = monitor_get(w.monitor, 2 * i);

		assert_string_equal(row->zone, expected[i].zone);
		assert_int_equal(row->state, expected[i].state);
		if (expected[i].error && !strstr(row->error, expected[i].error))
			fail_msg("%s: %s", row->zone, row->error);
		assert_int_equal(row->error != NULL, expected[i].error != NULL);
		/* The other address is in none of them, and no better known where nothing is. */
		row = monitor_get(w.monitor, 2 * i + 1);
		assert_int_equal(row->state,
		                 expected[i].error ? MONITOR_ERROR : MONITOR_NOT_LISTED);
	}
	assert_int_equal(monitor_get(w.monitor, 0)->codes[0], 0x7f000004);
	w.is_delisted = true;
	monitor_look(w.monitor);
	turn(&w);
	assert_int_equal(monitor_get(w.monitor, 0)->state, MONITOR_NOT_LISTED);
	assert_int_equal(monitor_get(w.monitor, 0)->code_count, 0);
	end(&w);
}

static void test_changes(void **state)
{
	char nobody[] = "127.0.0.1:1";
	struct world w;
	json_t *rows;

	(void)state;
	begin(&w);
	assert_int_equal(monitor_configure(w.monitor, &w.config), 0);
	event_base_loop(w.base, EVLOOP_NONBLOCK);
	/* While they are on their way, and again. */
	assert_int_equal(monitor_configure(w.monitor, &w.config), 0);
	turn(&w);
	assert_int_equal(monitor_get(w.monitor, 0)->state, MONITOR_LISTED);
	rows = monitor_json(w.monitor);
	assert_int_equal(json_array_size(rows), 2 * ZONES);
	json_decref(rows);
	w.section.resolver = nobody;
	assert_int_equal(monitor_configure(w.monitor, &w.config), 0);
	event_base_loop(w.base, EVLOOP_NONBLOCK);
	assert_int_equal(monitor_get(w.monitor, 0)->state, MONITOR_UNKNOWN);
	w.config.monitor = NULL;
	assert_int_equal(monitor_configure(w.monitor, &w.config), 0);
	assert_int_equal(monitor_count(w.monitor), 0);
	rows = monitor_json(w.monitor);
	assert_true(json_is_null(rows));
	event_base_loop(w.base, EVLOOP_NONBLOCK); /* what was on its way is given up */
	end(&w);
}

static void test_names(void **state)
{
	static const struct {
		const char *address, *name;
	} rows[] = {
	    {"192.0.2.25", "25.2.0.192.bl.test"},
	    {"2001:db8::25",
	     "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.test"},
	};
	struct address_range range = {0};
	char name[MONITOR_NAME_MAX], zone[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		address_parse(rows[i].address, strlen(rows[i].address), &range);
		assert_int_equal(monitor_name(&range, "bl.test", name), 0);
		assert_string_equal(name, rows[i].name);
	}
	memset(zone, 'a', 250);
	zone[250] = '\0';
	assert_true(monitor_name(&range, zone, name) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_states),
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

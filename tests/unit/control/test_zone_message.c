/* SPDX-License-Identifier: BSD-3-Clause */
/* Zones and access rules as messages. */
#include "control/zone_message.h"
#include "tests/unit/control/world.h"

#include <arpa/inet.h>
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RULES_MAX 6

static void test_access(void **state)
{
	static const struct {
		struct {
			const char *from;
			enum config_access_action action;
		} rules[RULES_MAX];
		const char *expected;
		const char *reason;
	} rows[] = {
	    {{{NULL}}, "", "no rules"},
	    {{{"192.0.2.0/24", CONFIG_ALLOW}},
	     "::ffff:192.0.2.0-::ffff:192.0.2.255=0",
	     "IPv4 is mapped"},
	    {{{"192.0.2.0/24", CONFIG_ALLOW}, {"192.0.2.8/30", CONFIG_DROP}},
	     "::ffff:192.0.2.0-::ffff:192.0.2.7=0 ::ffff:192.0.2.8-::ffff:192.0.2.11=2 "
	     "::ffff:192.0.2.12-::ffff:192.0.2.255=0",
	     "the more specific one cuts a hole"},
	    {{{"192.0.2.8/30", CONFIG_DROP}, {"192.0.2.0/24", CONFIG_ALLOW}},
	     "::ffff:192.0.2.0-::ffff:192.0.2.7=0 ::ffff:192.0.2.8-::ffff:192.0.2.11=2 "
	     "::ffff:192.0.2.12-::ffff:192.0.2.255=0",
	     "whatever the order"},
	    {{{"192.0.2.1", CONFIG_REFUSE}, {"192.0.2.1", CONFIG_ALLOW}},
	     "::ffff:192.0.2.1-::ffff:192.0.2.1=1",
	     "of equal ones the first"},
	    {{{"192.0.2.0/25", CONFIG_ALLOW}, {"192.0.2.128/25", CONFIG_ALLOW}},
	     "::ffff:192.0.2.0-::ffff:192.0.2.255=0",
	     "neighbours of one action are one range"},
	    {{{"0.0.0.0/0", CONFIG_REFUSE}, {"255.255.255.255", CONFIG_ALLOW}},
	     "::ffff:0.0.0.0-::ffff:255.255.255.254=1 "
	     "::ffff:255.255.255.255-::ffff:255.255.255.255=0",
	     "the end of IPv4"},
	    {{{"::/0", CONFIG_ALLOW}},
	     "::-::fffe:ffff:ffff=0 ::1:0:0:0-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff=0",
	     "all of IPv6 is not IPv4"},
	    {{{"::/0", CONFIG_ALLOW}, {"0.0.0.0/0", CONFIG_ALLOW}, {"2001:db8::/32", CONFIG_DROP}},
	     "::-2001:db7:ffff:ffff:ffff:ffff:ffff:ffff=0 "
	     "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff=2 "
	     "2001:db9::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff=0",
	     "both families, a hole in one"},
	    {{{"192.0.2.0-192.0.2.9", CONFIG_ALLOW}, {"192.0.2.5-192.0.2.20", CONFIG_DROP}},
	     "::ffff:192.0.2.0-::ffff:192.0.2.9=0 ::ffff:192.0.2.10-::ffff:192.0.2.20=2",
	     "ranges that overlap: the smaller one wins"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct config_access rules[RULES_MAX] = {{0}};
		Reputed__Update__Access *access;
		char found[2000] = "";
		size_t count = 0, size = 0;

		for (; count < RULES_MAX && rows[i].rules[count].from; count++) {
			const char *from = rows[i].rules[count].from;

			rules[count].action = rows[i].rules[count].action;
			assert_int_equal(address_parse(from, strlen(from), &rules[count].range), 0);
		}
		access = zone_message_access(rules, count);
		assert_non_null(access);
		for (size_t j = 0; j < access->n_action; j++) {
			char first[INET6_ADDRSTRLEN], last[INET6_ADDRSTRLEN];
			uint64_t numbers[4] = {
			    htobe64(access->first_high[j]), htobe64(access->first_low[j]),
			    htobe64(access->last_high[j]), htobe64(access->last_low[j])};

			inet_ntop(AF_INET6, &numbers[0], first, sizeof(first));
			inet_ntop(AF_INET6, &numbers[2], last, sizeof(last));
			size += (size_t)snprintf(found + size, sizeof(found) - size, "%s%s-%s=%u",
			                         j ? " " : "", first, last, access->action[j]);
		}
		print_message("# %s\n", rows[i].reason);
		assert_string_equal(found, rows[i].expected);
		reputed__update__access__free_unpacked(access, NULL);
	}
}

/* The action of the rule with the fewest addresses, or -1. */
static int expected_action(const struct config_access *rules, size_t count, uint32_t address)
{
	address6_t least = ~(address6_t)0;
	int action = -1;

	for (size_t i = 0; i < count; i++) {
		address6_t size = rules[i].range.last - rules[i].range.first;

		if (rules[i].range.first <= address && address <= rules[i].range.last &&
		    size < least) {
			least = size;
			action = (int)rules[i].action;
		}
	}
	return action;
}

static int found_action(const Reputed__Update__Access *access, uint32_t address)
{
	uint64_t low = 0xffff00000000 | address;
	int action = -1;

	for (size_t i = 0; i < access->n_action; i++) {
		if (access->first_high[i] || low < access->first_low[i] ||
		    access->last_low[i] < low)
			continue;
		assert_int_equal(action, -1); /* disjoint */
		action = (int)access->action[i];
	}
	return action;
}

/* Each `always` rule keeps its own answer, also beside another one. */
static void test_access_listings(void **state)
{
	struct config_access rules[4] = {
	    {.action = CONFIG_ALWAYS, .code = 0x7f00000a, .text = "ask less", .listing = 0},
	    {.action = CONFIG_EMPTY},
	    {.action = CONFIG_ALWAYS, .code = 0x7f00000b, .listing = 1},
	    {.action = CONFIG_ALWAYS, .code = 0x7f00000b, .listing = 2},
	};
	static const uint32_t listings[4] = {1, 2, 0, 0};
	static const uint32_t actions[4] = {CONFIG_ALWAYS, CONFIG_ALWAYS, CONFIG_EMPTY,
	                                    CONFIG_ALWAYS};
	Reputed__Update__Access *access;

	(void)state;
	rules[2].range.first = rules[2].range.last = 1;
	rules[3].range.first = rules[3].range.last = 2;
	rules[1].range.first = rules[1].range.last = 3;
	rules[0].range.first = rules[0].range.last = 5;
	access = zone_message_access(rules, 4);
	assert_non_null(access);
	assert_int_equal(access->n_action, 4);
	assert_int_equal(access->n_listing, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(access->action[i], actions[i]);
		assert_int_equal(access->listing[i], listings[i]);
	}
	assert_int_equal(access->n_listings, 3);
	assert_int_equal(access->listings[0]->code, 0x7f00000a);
	assert_memory_equal(access->listings[0]->text.data, "ask less", 8);
	assert_int_equal(access->listings[1]->code, 0x7f00000b);
	assert_int_equal(access->listings[1]->text.len, 0);
	reputed__update__access__free_unpacked(access, NULL);
}

static void test_access_against_a_model(void **state)
{
	(void)state;
	srandom(1);
	for (int round = 0; round < 200; round++) {
		struct config_access rules[20] = {{0}};
		Reputed__Update__Access *access;

		for (size_t i = 0; i < 20; i++) {
			uint32_t first = (uint32_t)random() % 256;

			rules[i].action = (enum config_access_action)(random() % 5);
			rules[i].range.first = first;
			rules[i].range.last = first + (uint32_t)random() % (256 - first);
		}
		access = zone_message_access(rules, 20);
		assert_non_null(access);
		for (uint32_t address = 0; address < 258; address++)
			assert_int_equal(found_action(access, address),
			                 expected_action(rules, 20, address));
		reputed__update__access__free_unpacked(access, NULL);
	}
}

static void test_what_a_list_is(void **state)
{
	static const struct {
		const char *format;
		bool is_manual, is_loaded;
		const char *range;
		unsigned content;
		const char *reason;
	} rows[] = {
	    {"rbldnsd-ip4set", false, true, "192.0.2.1", ZONE_MESSAGE_IP4, "what it holds"},
	    {"rbldnsd-ip4set", false, true, NULL, ZONE_MESSAGE_IP4,
	     "empty: what its format is for"},
	    {"rbldnsd-dnset", false, true, NULL, ZONE_MESSAGE_NAMES, "names only"},
	    {"rbldnsd-ip6trie", false, false, NULL, ZONE_MESSAGE_IP6, "not loaded"},
	    {"rbldnsd-combined", false, true, "2001:db8::/32", ZONE_MESSAGE_IP6, "what it holds"},
	    {NULL, true, true, "192.0.2.1",
	     ZONE_MESSAGE_IP4 | ZONE_MESSAGE_IP6 | ZONE_MESSAGE_NAMES, "manual: anything"},
	    {NULL, true, false, NULL, ZONE_MESSAGE_IP4 | ZONE_MESSAGE_IP6 | ZONE_MESSAGE_NAMES,
	     "manual and not loaded"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct config_feed feed = {.format = (char *)rows[i].format};
		struct config_list list = {.feed = rows[i].is_manual ? NULL : &feed,
		                           .manual = rows[i].is_manual,
		                           .code = 0x7f000003};
		struct dataset *d = rows[i].is_loaded ? world_range(rows[i].range, NULL) : NULL;
		struct zone_message_list learned = {0};

		print_message("# %s\n", rows[i].reason);
		zone_message_learn(&learned, &list, d);
		assert_int_equal(learned.content, rows[i].content);
		assert_int_equal(learned.is_loaded, rows[i].is_loaded);
		assert_int_equal(learned.test_codes[0], 1 << 3);
		dataset_free(d);
	}
}

static void test_every_format_has_a_content(void **state)
{
	(void)state;
	for (const struct format *format = formats; format->name; format++) {
		struct config_feed feed = {.format = (char *)format->name};
		struct config_list list = {.feed = &feed, .code = 0x7f000002};
		struct zone_message_list learned = {0};

		zone_message_learn(&learned, &list, NULL);
		assert_int_not_equal(learned.content, 0);
	}
}

static void test_zone(void **state)
{
	static char *name_servers[] = {(char *)"NS1.example", (char *)"ns2.example."};
	static unsigned indexes[] = {1, 0};
	struct config_list lists[2] = {{.name = (char *)"one", .code = 0x7f000001},
	                               {.name = (char *)"two", .code = 0x7f0000ff}};
	struct config_zone zone = {.list_indexes = indexes,
	                           .lists_count = 2,
	                           .ttl = 300,
	                           .negative_ttl = 60,
	                           .ns = name_servers,
	                           .ns_count = 2,
	                           .apex = "\2bl\7example",
	                           .apex_size = 12};
	struct config config = {.lists = lists, .lists_count = 2, .zones = &zone, .zones_count = 1};
	struct zone_message_list facts[2] = {
	    {.is_loaded = true, .content = ZONE_MESSAGE_IP4},
	    {.is_loaded = true, .content = ZONE_MESSAGE_NAMES, .test_codes = {~3ull, 1, 0, 0}}};
	Reputed__Update__Zones *zones = zone_message_zones(&config, facts, NULL);
	const Reputed__Update__Zone *z;

	(void)state;
	assert_non_null(zones);
	assert_int_equal(zones->n_zones, 1);
	z = zones->zones[0];
	assert_int_equal(z->apex.len, 12);
	assert_memory_equal(z->apex.data, "\2bl\7example", 12);
	assert_int_equal(z->ttl, 300);
	assert_int_equal(z->negative_ttl, 60);
	assert_int_equal(z->n_ns, 2);
	assert_int_equal(z->ns[0].len, 13);
	assert_memory_equal(z->ns[0].data, "\3ns1\7example", 13);
	assert_memory_equal(z->ns[1].data, "\3ns2\7example", 13);
	assert_int_equal(z->n_lists, 2);
	assert_int_equal(z->lists[0], 1);
	assert_string_equal(z->list_names[0], "two");
	assert_string_equal(z->list_names[1], "one");
	assert_int_equal(z->content, ZONE_MESSAGE_IP4 | ZONE_MESSAGE_NAMES);
	assert_int_equal(z->state, REPUTED__UPDATE__ZONE_STATE__SERVING);
	assert_int_equal(z->n_test_codes, ZONE_MESSAGE_TEST_CODES_MAX); /* of 63 */
	assert_int_equal(z->test_codes[0], 0x7f000002);
	assert_int_equal(z->test_codes[31], 0x7f000021);
	reputed__update__zones__free_unpacked(zones, NULL);

	facts[0].is_loaded = false;
	zones = zone_message_zones(&config, facts, NULL);
	assert_non_null(zones);
	assert_int_equal(zones->zones[0]->state, REPUTED__UPDATE__ZONE_STATE__NOT_LOADED);
	reputed__update__zones__free_unpacked(zones, NULL);
}

/* Lists that are not answered: each way, what the zone is told of the second list. */
static void test_lists_not_answered(void **state)
{
	static const struct {
		const char *why;
		struct config_list list;
		struct zone_message_list facts;
		size_t answered, observed;
		int state;
	} rows[] = {
	    {"answered", {.code = 0x7f000004}, {.is_loaded = true}, 2, 0, 1},
	    {"not loaded", {.code = 0x7f000004}, {.is_loaded = false}, 2, 0, 0},
	    {"out of date", {.code = 0x7f000004}, {.is_loaded = true, .is_expired = true}, 2, 0, 2},
	    {"not loaded is worse than out of date",
	     {.code = 0x7f000004},
	     {.is_loaded = false, .is_expired = true},
	     2,
	     0,
	     0},
	    {"off in the configuration", {.is_off = true}, {.is_loaded = true}, 1, 0, 1},
	    {"off, so nobody waits for it", {.is_off = true}, {.is_loaded = false}, 1, 0, 1},
	    {"switched off", {.code = 1}, {.is_loaded = true, .is_off = true}, 1, 0, 1},
	    {"observed", {.is_observed = true}, {.is_loaded = true}, 1, 1, 1},
	    {"observed: nobody waits for it", {.is_observed = true}, {.is_loaded = false}, 1, 1, 1},
	    {"observed and off", {.is_observed = true}, {.is_off = true}, 1, 0, 1},
	};
	static unsigned indexes[] = {0, 1};
	struct config_zone zone = {.list_indexes = indexes,
	                           .lists_count = 2,
	                           .view = VIEW_BITS,
	                           .apex = "\2bl\7example",
	                           .apex_size = 12};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config_list lists[2] = {{.name = (char *)"one", .bit = 2}, rows[i].list};
		struct zone_message_list facts[2] = {{.is_loaded = true}, rows[i].facts};
		struct config config = {
		    .lists = lists, .lists_count = 2, .zones = &zone, .zones_count = 1};
		const Reputed__Update__Zone *z;
		Reputed__Update__Zones *zones;

		print_message("# %s\n", rows[i].why);
		lists[1].name = (char *)"two";
		lists[1].bit = 4;
		facts[1].content = ZONE_MESSAGE_IP6;
		zones = zone_message_zones(&config, facts, NULL);
		assert_non_null(zones);
		z = zones->zones[0];
		assert_int_equal(z->n_lists, rows[i].answered);
		assert_int_equal(z->n_list_names, rows[i].answered);
		assert_int_equal(z->n_values, rows[i].answered);
		assert_int_equal(z->n_observed, rows[i].observed);
		assert_int_equal(z->n_observed_names, rows[i].observed);
		if (rows[i].observed)
			assert_string_equal(z->observed_names[0], "two");
		assert_int_equal(z->state, rows[i].state);
		/* a zone stays one for the same kinds of keys */
		assert_int_equal(z->content, ZONE_MESSAGE_IP6);
		reputed__update__zones__free_unpacked(zones, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_access),
	    cmocka_unit_test(test_access_against_a_model),
	    cmocka_unit_test(test_access_listings),
	    cmocka_unit_test(test_what_a_list_is),
	    cmocka_unit_test(test_every_format_has_a_content),
	    cmocka_unit_test(test_zone),
	    cmocka_unit_test(test_lists_not_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Zones and what belongs to them and the server, damaged: access, limits, keys. */
#include "dataplane/access.h"
#include "dataplane/table/rates.h"
#include "tests/unit/dataplane/damage.h"

#include <string.h>

static void zone_with(struct client *c, const Reputed__Update__Zone *zone)
{
	Reputed__Update__Zone *zones[2] = {(Reputed__Update__Zone *)zone,
	                                   (Reputed__Update__Zone *)zone};
	Reputed__Update__Zones message = REPUTED__UPDATE__ZONES__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	/* the same zone twice is what is wrong with a zone that is right */
	message.n_zones = 2;
	message.zones = zones;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_ZONES;
	request.zones = &message;
	client_send(c, &request);
}

static Reputed__Update__Zone good_zone(void)
{
	Reputed__Update__Zone zone = REPUTED__UPDATE__ZONE__INIT;

	zone.apex.data = (uint8_t *)"\1z\4test";
	zone.apex.len = sizeof("\1z\4test");
	return zone;
}

static void zone_twice(struct client *c)
{
	Reputed__Update__Zone zone = good_zone();

	zone_with(c, &zone);
}

static void zone_upper(struct client *c)
{
	Reputed__Update__Zone zone = good_zone();

	zone.apex.data = (uint8_t *)"\1Z\4test";
	zone_with(c, &zone);
}

static void zone_root(struct client *c)
{
	Reputed__Update__Zone zone = good_zone();

	zone.apex.data = (uint8_t *)"";
	zone.apex.len = 1;
	zone_with(c, &zone);
}

static void zone_trailing(struct client *c)
{
	Reputed__Update__Zone zone = good_zone();

	zone.apex.data = (uint8_t *)"\1z\4test\0\1";
	zone.apex.len = sizeof("\1z\4test\0\1");
	zone_with(c, &zone);
}

static void zone_state(struct client *c)
{
	Reputed__Update__Zone zone = good_zone();

	zone.state = (Reputed__Update__ZoneState)3;
	zone_with(c, &zone);
}

static void zone_negative_state(struct client *c)
{
	Reputed__Update__Zone zone = good_zone();

	zone.state = (Reputed__Update__ZoneState)-1;
	zone_with(c, &zone);
}

static void zone_content(struct client *c)
{
	Reputed__Update__Zone zone = good_zone();

	zone.content = 8;
	zone_with(c, &zone);
}

static void zone_list(struct client *c)
{
	Reputed__Update__Zone zone = good_zone();
	uint32_t list = LIST_ID_MAX + 1;

	zone.n_lists = 1;
	zone.lists = &list;
	zone_with(c, &zone);
}

static void zone_list_names(struct client *c)
{
	Reputed__Update__Zone zone = good_zone();
	char *name = "x";

	zone.n_list_names = 1;
	zone.list_names = &name;
	zone_with(c, &zone);
}

static void zone_ns(struct client *c)
{
	Reputed__Update__Zone zone = good_zone();
	ProtobufCBinaryData ns = {2, (uint8_t *)"\1"};

	zone.n_ns = 1;
	zone.ns = &ns;
	zone_with(c, &zone);
}

static void zone_many_ns(struct client *c)
{
	Reputed__Update__Zone zone = good_zone();
	ProtobufCBinaryData ns[ZONE_NS_MAX + 1] = {{0}};

	zone.n_ns = COUNT(ns);
	zone.ns = ns;
	zone_with(c, &zone);
}

static void zone_test_code(struct client *c)
{
	Reputed__Update__Zone zone = good_zone();
	uint32_t code = CODE(1);

	zone.n_test_codes = 1;
	zone.test_codes = &code;
	zone_with(c, &zone);
}

static void zone_many_codes(struct client *c)
{
	Reputed__Update__Zone zone = good_zone();
	uint32_t codes[ZONE_TEST_CODES_MAX + 1] = {0};

	zone.n_test_codes = COUNT(codes);
	zone.test_codes = codes;
	zone_with(c, &zone);
}

static void zone_text(struct client *c)
{
	Reputed__Update__Zone zone = good_zone();
	uint8_t text[256] = {0};

	zone.apex_text.data = text;
	zone.apex_text.len = sizeof(text);
	zone_with(c, &zone);
}

static void access_action(struct client *c)
{
	client_send_access(c, ACCESS_ALWAYS + 1);
}

static void access_always(struct client *c)
{
	client_send_access(c, ACCESS_ALWAYS);
}

static void access_counts(struct client *c)
{
	damage_send_packed(c, "\x4a\x03\x2a\x01\0", 5);
}

static void rate_classes(struct client *c)
{
	client_send_rate_limit(c, (const uint32_t[]){1, 2}, 2);
}

/* With what else a zone owns, to be let go with it. */
static void zone_access(struct client *c)
{
	Reputed__Update__Zone zone = good_zone();
	Reputed__Update__Access access = REPUTED__UPDATE__ACCESS__INIT;
	uint64_t zero = 0;
	uint32_t observed = 3, action = ACCESS_ALWAYS + 1;
	char *name = (char *)"l";

	access.n_first_high = access.n_first_low = access.n_last_high = access.n_last_low = 1;
	access.first_high = access.first_low = access.last_high = access.last_low = &zero;
	access.n_action = 1;
	access.action = &action;
	zone.n_observed = zone.n_observed_names = 1;
	zone.observed = &observed;
	zone.observed_names = &name;
	zone.access = &access;
	zone_with(c, &zone);
}

static void rate_large(struct client *c)
{
	client_send_rate_limit(c, (const uint32_t[]){1, 2, RATES_PER_S_MAX + 1}, 3);
}

/* Zones with k.test, which needs a key; each damage of its keys follows. */
static void keyed_zone(struct client *c)
{
	Reputed__Update__Zone zone = good_zone(), *zones = &zone;
	Reputed__Update__Zones message = REPUTED__UPDATE__ZONES__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	zone.needs_key = true;
	message.n_zones = 1;
	message.zones = &zones;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_ZONES;
	request.zones = &message;
	client_send(c, &request);
}

#define LABELS(text) text, sizeof(text) - 1

/* Keys of one name each, which is given. apex: a wire name without its root label. */
static void keys(struct client *c, const char *apex, const char *labels, size_t size, char *name)
{
	Reputed__Update__Keys message = REPUTED__UPDATE__KEYS__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	char *names[2] = {name, name};

	message.apex.data = (uint8_t *)apex;
	message.apex.len = strlen(apex) + 1;
	message.labels.data = (uint8_t *)labels;
	message.labels.len = size;
	message.n_names = size > 11 ? 2 : 1;
	message.names = names;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_KEYS;
	request.keys = &message;
	client_send(c, &request);
}

static void keys_none(struct client *c)
{
	keyed_zone(c);
}

static void keys_elsewhere(struct client *c)
{
	keyed_zone(c);
	keys(c, "\1y\4test", LABELS("\11keykeykey"), "a");
}

static void keys_without_zones(struct client *c)
{
	keys(c, "\1z\4test", LABELS("\11keykeykey"), "a");
}

static void keys_upper_apex(struct client *c)
{
	keys(c, "\1Z\4test", LABELS("\11keykeykey"), "a");
}

static void keys_root(struct client *c)
{
	keys(c, "", LABELS("\11keykeykey"), "a");
}

static void keys_short(struct client *c)
{
	keys(c, "\1z\4test", LABELS("\3key"), "a");
}

static void keys_bytes(struct client *c)
{
	keys(c, "\1z\4test", LABELS("\11key key y"), "a");
}

static void keys_cut(struct client *c)
{
	keys(c, "\1z\4test", LABELS("\11keykeyke"), "a");
}

static void keys_trailing(struct client *c)
{
	keys(c, "\1z\4test", LABELS("\10keykeyke\1"), "a");
}

static void keys_one_missing(struct client *c)
{
	keys(c, "\1z\4test", LABELS("\13keykeykeyke"), "a");
}

static void keys_nameless(struct client *c)
{
	keys(c, "\1z\4test", LABELS("\11keykeykey"), "");
}

static void keys_bad_name(struct client *c)
{
	keys(c, "\1z\4test", LABELS("\11keykeykey"), "a\"b");
}

static void keys_twice(struct client *c)
{
	keys(c, "\1z\4test", LABELS("\11keykeykey\11KEYkeyKEY"), "a");
}

const struct damage damage_rows[] = {
    {"one zone twice", zone_twice, "zones: zone 1: apex occurs twice", 1},
    {"an apex is lower-case", zone_upper, "zones: zone 0: apex", 1},
    {"we do not serve the root", zone_root, "zones: zone 0: apex", 1},
    {"bytes behind the apex", zone_trailing, "zones: zone 0: apex", 1},
    {"a state of the future", zone_state, "zones: zone 0: unknown state 3", 1},
    {"a state below all", zone_negative_state, "zones: zone 0: unknown state -1", 1},
    {"content of the future", zone_content, "zones: zone 0: unknown content 8", 1},
    {"lists are a bitmap", zone_list, "zones: zone 0: list 1024", 1},
    {"names of lists it has not", zone_list_names, "zones: zone 0: 0 lists and 1", 1},
    {"a malformed name server", zone_ns, "zones: zone 0: ns 0", 1},
    {"too many name servers", zone_many_ns, "zones: zone 0 has 9 ns", 1},
    {"127.0.0.1 is never listed", zone_test_code, "zones: zone 0: test code 0", 1},
    {"too many test codes", zone_many_codes, "zones: zone 0 has 33", 1},
    {"a text is one DNS string", zone_text, "zones: zone 0: apex_text has 256", 1},
    {"everything listed, but not as what", access_always, "access: range 0: has no listing", 1},
    {"an action of the future", access_action, "access: range 0: unknown action 5", 1},
    {"arrays not parallel", access_counts, "access: 0 first_high", 1},
    {"an action of the future, in a zone", zone_access,
     "zones: zone 0: access: range 0: unknown action 5", 1},
    {"a class without a rate", rate_classes, "rate_limit: 2 per_s, not 3", 1},
    {"a rate too large", rate_large, "rate_limit: a number is out of range", 1},
    {"a zone that would refuse everybody", keys_none, "commit: zone 0 needs keys", 1},
    {"keys of a zone not there", keys_elsewhere, "commit: keys: of no zone", 1},
    {"keys and no zones", keys_without_zones, "commit: keys: of no zone", 1},
    {"an apex is lower-case", keys_upper_apex, "keys: apex is malformed", 1},
    {"we do not serve the root", keys_root, "keys: apex is malformed", 1},
    {"a key that can be guessed", keys_short, "keys: key 0", 1},
    {"a key of other than letters", keys_bytes, "keys: key 0", 1},
    {"a label longer than the labels", keys_cut, "keys: key 0 or its name", 1},
    {"labels without names", keys_trailing, "keys: more labels", 1},
    {"names without labels", keys_one_missing, "keys: key 1 or its name", 1},
    {"a key without a name", keys_nameless, "keys: key 0 or its name", 1},
    {"a name that breaks a counter", keys_bad_name, "keys: key 0 or its name", 1},
    {"keys have no case", keys_twice, "keys: key 1: is given twice", 1},
};

const size_t damage_row_count = COUNT(damage_rows);

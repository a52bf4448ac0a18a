/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/access.h"
#include "dataplane/table/rates.h"
#include "tests/unit/dataplane/fixture.h"

#include <urcu-qsbr.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A raw message of a batch. */
static void send_packed(struct client *c, const char *bytes, size_t size)
{
	uint8_t header[4] = {0, 0, (uint8_t)(size >> 8), (uint8_t)size};

	assert_true(client_send_raw(c, header, sizeof(header)));
	assert_true(client_send_raw(c, bytes, size));
}

static void two_listings(struct client *c, const Reputed__Update__Listing *a,
                         const Reputed__Update__Verdict *b)
{
	Reputed__Update__Listing *listings = (Reputed__Update__Listing *)a;
	Reputed__Update__Verdict *verdicts = (Reputed__Update__Verdict *)b;
	Reputed__Update__Define define = REPUTED__UPDATE__DEFINE__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	define.n_listings = a != NULL;
	define.listings = &listings;
	define.n_verdicts = b != NULL;
	define.verdicts = &verdicts;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_DEFINE;
	request.define = &define;
	client_send(c, &request);
}

static void listing(struct client *c, uint32_t id, uint32_t list, uint32_t code, size_t text_size)
{
	Reputed__Update__Listing m = REPUTED__UPDATE__LISTING__INIT;
	uint8_t text[300] = {0};

	m.id = id;
	m.list = list;
	m.code = code;
	m.text.data = text;
	m.text.len = text_size;
	two_listings(c, &m, NULL);
}

static void verdict(struct client *c, uint32_t id, size_t count, uint32_t first, uint32_t second)
{
	Reputed__Update__Verdict m = REPUTED__UPDATE__VERDICT__INIT;
	uint32_t listings[VERDICT_LISTINGS_MAX + 1] = {first, second};

	m.id = id;
	m.n_listings = count;
	m.listings = listings;
	two_listings(c, NULL, &m);
}

static void paint4_counts(struct client *c, size_t first, size_t last, size_t count)
{
	Reputed__Update__Paint4 paint = REPUTED__UPDATE__PAINT4__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	uint32_t zeros[2] = {0}, ids[2] = {1, 1};

	paint.n_first = first;
	paint.n_last = last;
	paint.n_verdict = count;
	paint.first = paint.last = zeros;
	paint.verdict = ids;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_PAINT4;
	request.paint4 = &paint;
	client_send(c, &request);
}

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

static void bad_id(struct client *c)
{
	listing(c, 0, 1, CODE(2), 0);
}

static void large_id(struct client *c)
{
	listing(c, VERDICT_MAX + 1, 1, CODE(2), 0);
}

static void large_list(struct client *c)
{
	listing(c, 7, LIST_ID_MAX + 1, CODE(2), 0);
}

static void code_outside(struct client *c)
{
	listing(c, 7, 1, 0xc0000201, 0);
}

static void code_never(struct client *c)
{
	listing(c, 7, 1, CODE(1), 0);
}

static void long_text(struct client *c)
{
	listing(c, 7, 1, CODE(2), 256);
}

static void listing_again(struct client *c)
{
	listing(c, 1, 1, CODE(2), 0);
}

static void verdict_again(struct client *c)
{
	verdict(c, 1, 1, 1, 0);
}

static void verdict_empty(struct client *c)
{
	verdict(c, 7, 0, 0, 0);
}

static void verdict_crowded(struct client *c)
{
	verdict(c, 7, VERDICT_LISTINGS_MAX + 1, 1, 1);
}

static void verdict_of_unknown(struct client *c)
{
	verdict(c, 7, 2, 1, 99);
}

static void verdict_of_twins(struct client *c)
{
	verdict(c, 7, 2, 1, 1);
}

static void verdict_id(struct client *c)
{
	verdict(c, VERDICT_MAX + 1, 1, 1, 0);
}

static void unknown_verdict(struct client *c)
{
	client_send_paint4(c, 1, 2, 99);
}

static void backwards(struct client *c)
{
	client_send_paint4(c, 2, 1, 1);
}

static void backwards6(struct client *c)
{
	client_send_paint6(c, 2, 1, 1);
}

static void unknown_verdict6(struct client *c)
{
	client_send_paint6(c, 1, 2, VERDICT_MAX);
}

static void fewer_last(struct client *c)
{
	paint4_counts(c, 2, 1, 2);
}

static void fewer_verdicts(struct client *c)
{
	paint4_counts(c, 2, 2, 1);
}

static void only_first6(struct client *c)
{
	send_packed(c, "\x32\x0a\x0a\x08\0\0\0\0\0\0\0\1", 12);
}

static void name_upper(struct client *c)
{
	client_send_name(c, NAME("\1A\4test"), 1);
}

static void name_cut(struct client *c)
{
	client_send_name(c, "\1a\4tes", 6, 1);
}

static void name_pointer(struct client *c)
{
	client_send_name(c, "\xc0\x0c", 2, 1);
}

static void name_empty(struct client *c)
{
	client_send_name(c, "", 1, 1);
}

static void name_two(struct client *c)
{
	client_send_name(c, NAME("\1a\0\1b"), 1);
}

static void name_verdict(struct client *c)
{
	client_send_name(c, NAME("\1a"), 99);
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
	send_packed(c, "\x4a\x03\x2a\x01\0", 5);
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

static void forget_zero(struct client *c)
{
	client_send_forget(c, 0);
}

static void other_commit(struct client *c)
{
	client_send_commit(c, 77);
	client_send_begin(c, 78, false); /* so that the rest of the row has a batch to be in */
	client_send_paint4(c, 5, 4, 1);
}

static const struct {
	const char *reason;
	void (*send)(struct client *c);
	const char *error; /* part of the answer */
	size_t answers;    /* errors expected */
} damages[] = {
    {"listing id 0 means none", bad_id, "define: listing id 0", 1},
    {"ids have 24 bits", large_id, "define: listing id 16777216", 1},
    {"lists are a bitmap", large_list, "define: listing 7: list 1024", 1},
    {"an A record outside 127/8 is never answered", code_outside, "code 192.0.2.1", 1},
    {"127.0.0.1 is never answered", code_never, "code 127.0.0.1", 1},
    {"a text is one DNS string", long_text, "define: listing 7: text has 256", 1},
    {"readers hold what is defined", listing_again, "define: listing 1 is already", 1},
    {"readers hold what is defined", verdict_again, "define: verdict 1 is already", 1},
    {"a verdict of nothing is verdict 0", verdict_empty, "define: verdict 7 has 0", 1},
    {"too many listings", verdict_crowded, "define: verdict 7 has 65", 1},
    {"a verdict of what nobody defined", verdict_of_unknown, "undefined listing 99", 1},
    {"a set holds a thing once", verdict_of_twins, "listing 1 twice", 1},
    {"ids have 24 bits", verdict_id, "define: verdict id 16777216", 1},
    {"painted with what nobody defined", unknown_verdict, "paint4: range 0: verdict 99", 1},
    {"first above last", backwards, "paint4: range 0: first", 1},
    {"first above last", backwards6, "paint6: range 0: first", 1},
    {"painted with what nobody defined", unknown_verdict6, "paint6: range 0: verdict", 1},
    {"arrays not parallel", fewer_last, "paint4: 2 first, 1 last", 1},
    {"arrays not parallel", fewer_verdicts, "paint4: 2 first, 2 last and 1", 1},
    {"arrays not parallel", only_first6, "paint6: 1 first_high, 0 first_low", 1},
    {"names are lower-case", name_upper, "put_names: name 0 is malformed", 1},
    {"a name ends with the root", name_cut, "put_names: name 0 is malformed", 1},
    {"names are not compressed", name_pointer, "put_names: name 0 is malformed", 1},
    {"the root cannot be listed", name_empty, "put_names: name 0 is empty", 1},
    {"two names and one verdict", name_two, "put_names: 2 names, 1 exact", 1},
    {"put with what nobody defined", name_verdict, "put_names: name 0: verdict 99", 1},
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
    {"id 0 means none", forget_zero, "forget: verdict id 0", 1},
    {"commit of another batch", other_commit, "commit: generation 77", 2},
};

/* Each damage in the middle of a batch that would otherwise unlist what is listed. */
static void check_damages(struct fixture *f, bool is_full)
{
	for (size_t i = 0; i < COUNT(damages); i++) {
		struct client *c = &f->writer;
		channel_response *response;

		print_message("# %s\n", damages[i].reason);
		client_send_begin(c, 2, is_full);
		if (is_full)
			client_send_define(c, 1, CODE(9), "unseen");
		client_send_define(c, 50, CODE(9), "unseen");
		client_send_paint4(c, FIXTURE_LISTED, FIXTURE_LISTED, 0);
		client_send_paint4(c, FIXTURE_LISTED + 1, FIXTURE_LISTED + 1, 50);
		damages[i].send(c);
		client_send_paint4(c, FIXTURE_LISTED + 2, FIXTURE_LISTED + 2, 50);
		client_send_commit(c, 2);
		client_expect_error(c, damages[i].error);
		if (damages[i].answers == 2)
			client_expect_error(c, "");
		/* one answer per batch: the next one is that of the lookup */
		response = client_lookup(c, "192.0.2.1");
		assert_int_equal(response->kind_case, REPUTED__UPDATE__RESPONSE__KIND_LOOKUP);
		assert_int_equal(response->lookup->generation, 1);
		assert_int_equal(response->lookup->zones[0]->n_addresses, 1);
		client_free(response);
		assert_int_equal(fixture_seen4(f, FIXTURE_LISTED), 1);
		assert_int_equal(fixture_seen4(f, FIXTURE_LISTED + 1), 0);
		assert_int_equal(fixture_seen4(f, FIXTURE_LISTED + 2), 0);
		assert_int_equal(fixture_seen_code(f, 50), 0);
	}
}

static void test_damaged_delta(void **state)
{
	struct fixture *f = *state;

	fixture_load(&f->writer);
	check_damages(f, false);
	/* ids of the refused batches are free */
	client_send_begin(&f->writer, 2, false);
	client_send_define(&f->writer, 50, CODE(3), "fifty");
	client_send_paint4(&f->writer, FIXTURE_LISTED, FIXTURE_LISTED, 50);
	client_send_commit(&f->writer, 2);
	client_expect_committed(&f->writer, 2);
	assert_int_equal(fixture_seen4(f, FIXTURE_LISTED), 50);
	assert_true(client_counter(&f->writer, "updates_refused") >= COUNT(damages));
	assert_int_equal(client_counter(&f->writer, "updates_committed"), 2);
}

static void test_damaged_full(void **state)
{
	struct fixture *f = *state;

	fixture_load(&f->writer);
	check_damages(f, true);
	assert_int_equal(fixture_generation(&f->writer), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(test_damaged_delta),
	    FIXTURE_TEST(test_damaged_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/golden/dataset.h"

#include "dataplane/access.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODE(third, fourth) (0x7f000000u | (third) << 8 | (fourth))
#define CODES_MANY          64

static void must(int rc, const char *what)
{
	if (rc == 0)
		return;
	fprintf(stderr, "dataset: %s: %s\n", what, strerror(-rc));
	exit(1);
}

/* listing id, list, code, template */
static const struct {
	uint32_t id, list, code;
	const char *text;
} listings[] = {
    {1, 1, CODE(0, 2), "$ is listed, see https://bl.example/?q=$"},
    {2, 2, CODE(0, 9), "$$ drop: $"},
    {3, 1, CODE(0, 4), ""},
    {4, 3, CODE(1, 2), "$ sends spam"},
    {5, 2, CODE(0, 2), "$ is listed, see https://bl.example/?q=$"}, /* as 1, of another list */
    {6, 4, CODE(0, 10), "of a list that no zone shows"},
    {7, 5, CODE(0, 2),
     /* 253 bytes and an e-acute of two */
     "01234567890123456789012345678901234567890123456789012345678901234567890123456789"
     "01234567890123456789012345678901234567890123456789012345678901234567890123456789"
     "01234567890123456789012345678901234567890123456789012345678901234567890123456789"
     "0123456789012\xc3\xa9"},
    {8, 5, CODE(0, 3), "costs 5$$"},
    {9, 3, CODE(1, 4), "$"},
    {10, 5, CODE(0, 4),
     /* with an address of 10 bytes, the second byte of the e-acute is the 256th */
     "$0123456789012345678901234567890123456789012345678901234567890123456789012345678"
     "90123456789012345678901234567890123456789012345678901234567890123456789012345678"
     "90123456789012345678901234567890123456789012345678901234567890123456789012345678"
     "90123\xc3\xa9"},
};

/* verdict id and the listings in it, ascending by code, then list */
static const struct {
	verdict_t id;
	size_t count;
	uint32_t listings[4];
} verdicts[] = {
    {1, 1, {1}},     {2, 1, {2}},     {3, 1, {3}},   {4, 1, {4}}, {5, 4, {1, 5, 3, 2}},
    {6, 1, {6}},     {7, 1, {7}},     {8, 1, {8}},   {9, 1, {9}}, {10, 2, {4, 9}},
    {11, 2, {1, 6}}, {12, 2, {7, 8}}, {13, 1, {10}},
};
#define VERDICT_MANY 20 /* listings 100..163: 127.0.2.2 .. 127.0.2.65 of list 100 */

static const struct {
	const char *first, *last;
	verdict_t verdict;
} addresses4[] = {
    {"192.0.2.1", "192.0.2.1", 1},
    {"192.0.2.2", "192.0.2.2", 5},  /* four listings, three codes, two texts */
    {"192.0.2.3", "192.0.2.3", 3},  /* no text */
    {"192.0.2.4", "192.0.2.4", 11}, /* one shown, one not */
    {"198.51.100.0", "198.51.100.255", 2},
    {"198.51.100.7", "198.51.100.7", 0}, /* an exclusion */
    {"10.9.8.7", "10.9.8.7", 6},         /* only of a list that no zone shows */
    {"127.0.0.1", "127.0.0.1", 1},       /* whatever the table says, never answered */
    {"127.0.0.5", "127.0.0.5", 2},
    {"100.64.0.1", "100.64.0.1", VERDICT_MANY},
    {"192.0.2.50", "192.0.2.50", 7},
    {"192.0.2.51", "192.0.2.51", 8},
    {"192.0.2.52", "192.0.2.52", 12},
    {"192.0.2.53", "192.0.2.53", 13},
    {"255.255.255.255", "255.255.255.255", 1},
    {"0.0.0.0", "0.0.0.0", 1},
};

static const struct {
	const char *first, *last;
	verdict_t verdict;
} addresses6[] = {
    {"2001:db8:1::", "2001:db8:1:ffff:ffff:ffff:ffff:ffff", 2},
    {"2001:db8:2::25", "2001:db8:2::25", 5},
    {"2001:db8:3::1", "2001:db8:3::1", 6}, /* only of a list that no zone shows */
    {"4321::", "4321::", 2},               /* 1.2.3.4 in nibbles lies above it */
};

static const struct {
	const char *name; /* wire form below the apex */
	verdict_t exact, subtree;
} names[] = {
    {"\4spam\7example", 4, 4},
    {"\2ok\4spam\7example", 0, 0},    /* an exclusion */
    {"\1a\1b\4deep", 9, 0},           /* this name only */
    {"\4only\5below", 0, 4},          /* its children only */
    {"\7invalid", 4, 4},              /* whatever the table says, never answered */
    {"\5d.o\\t\3\xc3\xa9\x01", 9, 9}, /* bytes that a text must escape */
    {"\4both\4test", 10, 10},         /* two codes, two texts */
    {"\1a\1b\1c\1d\1e\1f\1g\1h\1i\1j\1k\1l\1m\1n\1o\1p\1q\1r\1s\4many", 4, 9}, /* 20 labels */
};

static const struct {
	const char *first, *last;
	enum access_action action;
} access_rules[] = {
    {"::ffff:127.0.0.0", "::ffff:127.255.255.255", ACCESS_ALLOW},
    {"::ffff:10.0.0.0", "::ffff:10.255.255.255", ACCESS_ALLOW},
    {"::ffff:10.66.0.0", "::ffff:10.66.255.255", ACCESS_REFUSE},
    {"::ffff:10.66.6.0", "::ffff:10.66.6.255", ACCESS_DROP},
    {"::ffff:10.66.7.0", "::ffff:10.66.7.255", ACCESS_EMPTY},
    {"::1", "::1", ACCESS_ALLOW},
    {"fd53::", "fd53::ffff", ACCESS_ALLOW},
};

/* The `always` rules. */
static const struct {
	const char *client;
	uint32_t code;
	const char *text;
} always[] = {
    {"::ffff:10.66.8.1", CODE(0, 10), "$ asks too much, see $$"},
    {"fd66::8", CODE(0, 11), "you, $"},
};
#define ALWAYS_COUNT (sizeof(always) / sizeof(always[0]))

#define LIST(id) (UINT64_C(1) << (id))

static const struct {
	const char *apex;
	uint8_t apex_size, state, content;
	uint64_t lists; /* of ids below 64; big.example shows list 100 */
	const char *ns[2];
	const char *text;
} zones[] = {
    {"\2bl\7example",
     12,
     ZONE_SERVING,
     ZONE_HAS_IP4 | ZONE_HAS_IP6,
     LIST(1) | LIST(2),
     {"\3ns1\7example"},
     "see https://bl.example/"},
    {"\3dbl\7example", 13, ZONE_SERVING, ZONE_HAS_NAMES, LIST(3), {NULL}, ""},
    {"\3mix\7example",
     13,
     ZONE_SERVING,
     ZONE_HAS_IP4 | ZONE_HAS_IP6 | ZONE_HAS_NAMES,
     LIST(1) | LIST(2) | LIST(3),
     {"\1a\3ns1\3mix\7example", "\3NS2\7Example"},
     ""},
    {"\2v4\7example", 12, ZONE_SERVING, ZONE_HAS_IP4, LIST(1) | LIST(2), {NULL}, ""},
    {"\2v6\7example", 12, ZONE_SERVING, ZONE_HAS_IP6, LIST(2), {NULL}, ""},
    {"\3off\7example", 13, ZONE_NOT_LOADED, ZONE_HAS_IP4, LIST(1), {NULL}, ""},
    {"\3old\7example", 13, ZONE_EXPIRED, ZONE_HAS_IP4, LIST(1), {NULL}, ""},
    {"\3big\7example", 13, ZONE_SERVING, ZONE_HAS_IP4, 0, {NULL}, ""},
    {"\3txt\7example", 13, ZONE_SERVING, ZONE_HAS_IP4, LIST(5), {NULL}, ""},
    {"\3sub\2bl\7example", 16, ZONE_SERVING, ZONE_HAS_IP4, LIST(2), {NULL}, ""},
};

static const char *const keys[] = {"abcd1234", "The-Key-Of-Somebody-Else"};

static void give_keys(struct zones *z, const struct zone_name *apex)
{
	struct keys *k = keys_new();

	must(k ? 0 : -12, "keys");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		must(keys_add(k, (const uint8_t *)keys[i], strlen(keys[i]), "somebody"), keys[i]);
	must(keys_seal(k), "keys");
	must(zones_give_keys(z, apex->bytes, apex->size, k), "keys of a zone");
}

/* key.example: what bl.example has, for who has a key. */
static void add_keyed_zone(struct zones *z)
{
	struct zone zone = {.apex = {(const uint8_t *)"\3key\7example", 13},
	                    .state = ZONE_SERVING,
	                    .content = ZONE_HAS_IP4 | ZONE_HAS_IP6 | ZONE_HAS_NAMES,
	                    .needs_key = true,
	                    .ttl_s = 300,
	                    .negative_ttl_s = 60,
	                    .lists = {LIST(1) | LIST(2) | LIST(3)},
	                    .soa_refresh_s = 3600,
	                    .soa_retry_s = 600,
	                    .soa_expire_s = 604800};

	must(zones_add(z, &zone), "key.example");
	give_keys(z, &zone.apex);
}

static address6_t address_of(const char *text)
{
	uint8_t bytes[16];
	address6_t address = 0;

	must(inet_pton(AF_INET6, text, bytes) == 1 ? 0 : -22, text);
	for (unsigned i = 0; i < 16; i++)
		address = address << 8 | bytes[i];
	return address;
}

static uint32_t address4_of(const char *text)
{
	struct in_addr address;

	must(inet_pton(AF_INET, text, &address) == 1 ? 0 : -22, text);
	return ntohl(address.s_addr);
}

static void add_verdicts(struct verdicts *v)
{
	uint32_t many[CODES_MANY];

	for (size_t i = 0; i < sizeof(listings) / sizeof(listings[0]); i++)
		must(verdicts_define_listing(v, listings[i].id, listings[i].list, listings[i].code,
		                             listings[i].text, strlen(listings[i].text)),
		     listings[i].text);
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		must(verdicts_define(v, verdicts[i].id, verdicts[i].listings, verdicts[i].count),
		     "verdict");
	for (uint32_t i = 0; i < CODES_MANY; i++) {
		many[i] = 100 + i;
		must(verdicts_define_listing(v, many[i], 100, CODE(2, 2 + i), "many", 4), "many");
	}
	must(verdicts_define(v, VERDICT_MANY, many, CODES_MANY), "many");
}

static void add_zones(struct zones *z)
{
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct zone_name ns[2];
		struct zone zone = {
		    .apex = {(const uint8_t *)zones[i].apex, zones[i].apex_size},
		    .ns = ns,
		    .state = zones[i].state,
		    .content = zones[i].content,
		    .ttl_s = 300,
		    .negative_ttl_s = 60,
		    .lists = {zones[i].lists},
		    .test_code_count = 2,
		    .test_codes = (const uint32_t[]){CODE(0, 9), CODE(0, 4)},
		    .soa_refresh_s = 3600,
		    .soa_retry_s = 600,
		    .soa_expire_s = 604800,
		};

		if (strcmp(zones[i].apex, "\3big\7example") == 0)
			zone.lists[100 / 64] = LIST(100 % 64);
		for (; zone.ns_count < 2 && zones[i].ns[zone.ns_count]; zone.ns_count++) {
			const char *name = zones[i].ns[zone.ns_count];

			ns[zone.ns_count] =
			    (struct zone_name){(const uint8_t *)name, (uint8_t)(strlen(name) + 1)};
		}
		zone.apex_text = zones[i].text;
		zone.apex_text_size = (uint8_t)strlen(zones[i].text);
		must(zones_add(z, &zone), zones[i].apex);
	}
}

/* Secrets of RFC 9018 appendix A: the one in use, and one that was. */
static const uint8_t secrets[2][SETTINGS_SECRET_SIZE] = {
    {0xe5, 0xe9, 0x73, 0xe5, 0xa6, 0xb2, 0xa4, 0x3f, 0x48, 0xe7, 0xdc, 0x84, 0x9e, 0x37, 0xbf,
     0xcf},
    {0xdd, 0x3b, 0xdf, 0x93, 0x44, 0xb6, 0x78, 0xb1, 0x85, 0xa6, 0xf5, 0xcb, 0x60, 0xfc, 0xa7,
     0x15},
};
static const char version[] = "reputed", hostname[] = "gold.example", nsid[] = "gold-1";

static struct settings *new_settings(void)
{
	struct settings *s = settings_new();

	must(s ? 0 : -12, "settings");
	memcpy(s->secrets, secrets, sizeof(secrets));
	s->secret_count = 2;
	s->version_size = sizeof(version) - 1;
	memcpy(s->version, version, s->version_size);
	s->hostname_size = sizeof(hostname) - 1;
	memcpy(s->hostname, hostname, s->hostname_size);
	s->nsid_size = sizeof(nsid) - 1;
	memcpy(s->nsid, nsid, s->nsid_size);
	return s;
}

#define NAME(text)  (const uint8_t *)(text), sizeof(text) - 1
#define RDATA(text) (const uint8_t *)(text), sizeof(text) - 1

/* rec.example: static records, and an SOA of its own. */
static const struct {
	const uint8_t *name;
	size_t name_size;
	uint16_t type;
	uint32_t ttl_s;
	const uint8_t *rdata;
	size_t rdata_size;
} records[] = {
    {NAME(""), 1, 600, RDATA("\300\0\2\120")}, /* 192.0.2.80, outside 127/8 */
    {NAME(""), 16, 600, RDATA("\5hello\5world")},
    {NAME(""), 15, 600, RDATA("\0\12\4mail\7example\0")},
    {NAME(""), 257, 600, RDATA("\0\5issueca.example")},
    {NAME("\3ns1"), 1, 3600, RDATA("\300\0\2\65")},
    {NAME("\3ns1"), 28, 3600, RDATA("\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\123")},
    {NAME("\3www"), 5, 300, RDATA("\3web\3rec\7example\0")},
    {NAME("\3out"), 5, 300, RDATA("\3web\7example\0")},
    {NAME("\4loop"), 5, 300, RDATA("\4loop\3rec\7example\0")},
    {NAME("\3web"), 1, 300, RDATA("\300\0\2\121")},
    {NAME("\4deep\3ent"), 16, 300, RDATA("\4deep")},
    {NAME("\4four"), 5, 300, RDATA("\3www\3rec\7example\0")}, /* a chain of two */
    {NAME("\4apex"), 5, 300, RDATA("\3rec\7example\0")},
    {NAME("\3gap"), 5, 300, RDATA("\3ent\3rec\7example\0")},
};

static void add_zone_of_records(struct zones *z)
{
	struct record items[sizeof(records) / sizeof(records[0])];
	const size_t count = sizeof(items) / sizeof(items[0]);
	const struct zone_name ns[] = {{(const uint8_t *)"\3ns1\3rec\7example", 17},
	                               {(const uint8_t *)"\2ns\5other\7example", 18}};
	struct zone zone = {.apex = {(const uint8_t *)"\3rec\7example", 13},
	                    .state = ZONE_SERVING,
	                    .content = ZONE_HAS_IP4 | ZONE_HAS_NAMES,
	                    .lists = {LIST(1) | LIST(3)},
	                    .ttl_s = 300,
	                    .negative_ttl_s = 60,
	                    .ns = ns,
	                    .ns_count = 2,
	                    .soa_mname = {(const uint8_t *)"\7primary\7example", 17},
	                    .soa_rname = {(const uint8_t *)"\2me\3rec\7example", 16},
	                    .soa_refresh_s = 7200,
	                    .soa_retry_s = 900,
	                    .soa_expire_s = 86400};

	for (size_t i = 0; i < count; i++)
		items[i] = (struct record){records[i].name,
		                           records[i].rdata,
		                           records[i].ttl_s,
		                           records[i].type,
		                           (uint16_t)records[i].rdata_size,
		                           (uint8_t)records[i].name_size};
	zone.records = records_new(items, count);
	must(zone.records ? 0 : -22, "records");
	must(zones_add(z, &zone), "rec.example");
}

/*
 * open.example: its names need a key, but not its name servers, of which one has no address here.
 * A record is below a listed name, and another is called like a key.
 */
static void add_open_zone(struct zones *z)
{
	static const uint8_t address[] = {192, 0, 2, 81}, target[] = "\3www\4open\7example";
	static const struct record items[] = {
	    {(const uint8_t *)"", address, 300, 1, 4, 0},
	    {(const uint8_t *)"\3ns1", address, 3600, 1, 4, 4},
	    {(const uint8_t *)"\3www", address, 300, 1, 4, 4},
	    {(const uint8_t *)"\5alias", target, 300, 5, sizeof(target), 6},
	    {(const uint8_t *)"\1x\4spam\7example", address, 300, 1, 4, 15},
	    {(const uint8_t *)"\10abcd1234", address, 300, 1, 4, 9},
	};
	const struct zone_name ns[] = {{(const uint8_t *)"\3ns1\4open\7example", 18},
	                               {(const uint8_t *)"\1a\3ns2\4open\7example", 20}};
	struct zone zone = {.apex = {(const uint8_t *)"\4open\7example", 14},
	                    .state = ZONE_SERVING,
	                    .content = ZONE_HAS_IP4 | ZONE_HAS_NAMES,
	                    .needs_key = true,
	                    .lists = {LIST(1) | LIST(3)},
	                    .ttl_s = 300,
	                    .negative_ttl_s = 60,
	                    .ns = ns,
	                    .ns_count = 2,
	                    .soa_refresh_s = 3600,
	                    .soa_retry_s = 600,
	                    .soa_expire_s = 604800};

	zone.records = records_new(items, sizeof(items) / sizeof(items[0]));
	must(zone.records ? 0 : -22, "records");
	must(zones_add(z, &zone), "open.example");
	give_keys(z, &zone.apex);
}

/* gate.example: what bl.example has of IPv4, for clients that the zone itself lets in. */
static const struct {
	const char *first, *last;
	uint32_t value;
} gate_rules[] = {
    {"::ffff:10.0.0.0", "::ffff:10.255.255.255", ACCESS_VALUE(ACCESS_ALLOW)},
    {"::ffff:10.9.1.0", "::ffff:10.9.1.255", ACCESS_VALUE(ACCESS_REFUSE)},
    {"::ffff:10.9.2.0", "::ffff:10.9.2.255", ACCESS_VALUE(ACCESS_DROP)},
    {"::ffff:10.9.3.0", "::ffff:10.9.3.255", ACCESS_VALUE(ACCESS_EMPTY)},
    {"::ffff:10.9.4.0", "::ffff:10.9.4.255", ACCESS_VALUE_ALWAYS(0)},
    {"::ffff:10.66.7.0", "::ffff:10.66.7.255", ACCESS_VALUE_ALWAYS(0)},
    {"::ffff:10.66.8.0", "::ffff:10.66.8.255", ACCESS_VALUE_ALWAYS(0)},
    {"fd66::8", "fd66::8", ACCESS_VALUE(ACCESS_EMPTY)},
};

static void add_gated_zone(struct zones *z)
{
	static const char text[] = "gate of $";
	struct zone zone = {.apex = {(const uint8_t *)"\4gate\7example", 14},
	                    .state = ZONE_SERVING,
	                    .content = ZONE_HAS_IP4,
	                    .lists = {LIST(1) | LIST(2)},
	                    .ttl_s = 300,
	                    .negative_ttl_s = 60,
	                    .soa_refresh_s = 3600,
	                    .soa_retry_s = 600,
	                    .soa_expire_s = 604800};

	zone.access = access_rules_new(1, false);
	must(zone.access ? 0 : -12, "access of a zone");
	zone.access->listings[0].code = CODE(0, 12);
	zone.access->listings[0].text_size = sizeof(text) - 1;
	memcpy(zone.access->listings[0].text, text, sizeof(text) - 1);
	for (size_t i = 0; i < sizeof(gate_rules) / sizeof(gate_rules[0]); i++)
		must(access_rules_paint(zone.access, address_of(gate_rules[i].first),
		                        address_of(gate_rules[i].last), gate_rules[i].value),
		     gate_rules[i].first);
	must(zones_add(z, &zone), "gate.example");
}

static void add_view(struct zones *z, const char *apex, uint8_t apex_size, uint8_t view,
                     const uint32_t values[2])
{
	struct zone zone = {.apex = {(const uint8_t *)apex, apex_size},
	                    .state = ZONE_SERVING,
	                    .content = ZONE_HAS_IP4,
	                    .view = view,
	                    .lists = {LIST(1) | LIST(2)},
	                    .values = values,
	                    .ttl_s = 300,
	                    .negative_ttl_s = 60,
	                    .soa_refresh_s = 3600,
	                    .soa_retry_s = 600,
	                    .soa_expire_s = 604800};

	must(zones_add(z, &zone), apex);
}

static void new_access(struct tables *t)
{
	access_rules_free(t->access);
	t->access = access_rules_new(ALWAYS_COUNT, true);
	must(t->access ? 0 : -12, "access");
}

static void add_always(struct tables *t)
{
	for (size_t i = 0; i < ALWAYS_COUNT; i++) {
		struct access_listing *listing = &t->access->listings[i];
		address6_t client = address_of(always[i].client);

		listing->code = always[i].code;
		listing->text_size = (uint8_t)strlen(always[i].text);
		memcpy(listing->text, always[i].text, listing->text_size);
		must(access_rules_paint(t->access, client, client, ACCESS_VALUE_ALWAYS(i)),
		     always[i].client);
	}
}

struct tables *dataset_new(void)
{
	struct tables *t = tables_new();

	must(t ? 0 : -12, "tables");
	add_verdicts(t->verdicts);
	add_zones(t->zones);
	add_zone_of_records(t->zones);
	add_view(t->zones, "\4bits\7example", 14, ZONE_VIEW_BITS, (const uint32_t[]){2, 1u << 23});
	add_view(t->zones, "\2wl\7example", 12, ZONE_VIEW_ALLOW,
	         (const uint32_t[]){3 << 8 | 1, 20 << 8 | 3});
	add_keyed_zone(t->zones);
	add_open_zone(t->zones);
	add_gated_zone(t->zones);
	for (size_t i = 0; i < sizeof(addresses4) / sizeof(addresses4[0]); i++)
		must(table4_paint(t->addresses4, address4_of(addresses4[i].first),
		                  address4_of(addresses4[i].last), addresses4[i].verdict),
		     addresses4[i].first);
	for (size_t i = 0; i < sizeof(addresses6) / sizeof(addresses6[0]); i++)
		must(table6_paint(t->addresses6, address_of(addresses6[i].first),
		                  address_of(addresses6[i].last), addresses6[i].verdict),
		     addresses6[i].first);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		must(names_put(t->names, (const uint8_t *)names[i].name, strlen(names[i].name),
		               names[i].exact, names[i].subtree),
		     names[i].name);
	new_access(t);
	for (size_t i = 0; i < sizeof(access_rules) / sizeof(access_rules[0]); i++)
		must(access_rules_paint(t->access, address_of(access_rules[i].first),
		                        address_of(access_rules[i].last),
		                        access_rules[i].action + 1u),
		     access_rules[i].first);
	t->settings = new_settings();
	add_always(t);
	atomic_store(&t->generation, UINT64_C(0x500000007)); /* serial 7 */
	return t;
}

struct tables *dataset_new_strict(void)
{
	struct tables *t = dataset_new();

	t->settings->is_cookie_required = true;
	t->settings->version_size = t->settings->hostname_size = t->settings->nsid_size = 0;
	return t;
}

struct tables *dataset_new_long_apex(void)
{
	struct tables *t = tables_new();
	uint8_t apex[254] = {0};
	struct zone zone = {.apex = {apex, sizeof(apex)},
	                    .state = ZONE_SERVING,
	                    .content = ZONE_HAS_NAMES,
	                    .lists = {LIST(3)},
	                    .ttl_s = 300,
	                    .negative_ttl_s = 60};

	must(t ? 0 : -12, "tables");
	for (unsigned at = 0; at < 253; at += 1u + apex[at]) {
		apex[at] = at < 3 * 64 ? 63 : 60;
		memset(&apex[at + 1], 'a', apex[at]);
	}
	must(zones_add(t->zones, &zone), "long apex");
	must(access_rules_paint(t->access, 0, ~(address6_t)0, ACCESS_ALLOW + 1u), "access");
	return t;
}

void dataset_free(struct tables *t)
{
	tables_free(t);
}

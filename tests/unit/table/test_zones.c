/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/zones.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Wire form with root label; "" is the root. Returns its size. */
static size_t wire(const char *text, uint8_t *out_name)
{
	size_t size = 0;

	while (*text) {
		size_t label = strcspn(text, ".");

		out_name[size++] = (uint8_t)label;
		memcpy(&out_name[size], text, label);
		size += label;
		text += label + (text[label] == '.');
	}
	out_name[size++] = 0;
	return size;
}

static int add(struct zones *z, const char *apex, uint32_t ttl_s)
{
	uint8_t name[300];
	struct zone zone = {.state = ZONE_SERVING, .ttl_s = ttl_s};

	zone.apex = (struct zone_name){name, (uint8_t)wire(apex, name)};
	return zones_add(z, &zone);
}

static void test_find(void **state)
{
	static const struct {
		const char *reason;
		const char *apexes[4]; /* until NULL */
		const char *name;
		const char *want; /* apex, NULL = no zone */
		size_t offset;
	} rows[] = {
	    {"no zones", {NULL}, "a.b", NULL, 0},
	    {"the apex", {"bl.example"}, "bl.example", "bl.example", 0},
	    {"below it", {"bl.example"}, "2.0.0.127.bl.example", "bl.example", 10},
	    {"above it", {"bl.example"}, "example", NULL, 0},
	    {"beside it", {"bl.example"}, "bl.sample", NULL, 0},
	    {"ends alike, but not at a label", {"bl.example"}, "xbl.example", NULL, 0},
	    {"the longest wins", {"example", "bl.example"}, "1.bl.example", "bl.example", 2},
	    {"the shorter one otherwise", {"bl.example", "example"}, "1.x.example", "example", 4},
	    {"a gap between apexes", {"example", "a.b.c.example"}, "b.c.example", "example", 4},
	    {"case does not matter", {"bl.example"}, "2.BL.eXample", "bl.example", 2},
	    {"only of letters", {"b[.example"}, "b{.example", NULL, 0},
	    {"the root is a zone", {"", "example"}, "a.b", "", 4},
	    {"the root asked for", {""}, "", "", 0},
	    {"the root asked for, but not served", {"example"}, "", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct zones *z = zones_new();
		uint8_t name[300], apex[300];
		size_t size = wire(rows[i].name, name), offset = 777, apex_size;
		const struct zone *zone;

		print_message("# %s\n", rows[i].reason);
		for (size_t k = 0; rows[i].apexes[k]; k++)
			assert_int_equal(add(z, rows[i].apexes[k], (uint32_t)k), 0);
		zone = zones_find(z, name, size, &offset);
		if (rows[i].want) {
			assert_non_null(zone);
			apex_size = wire(rows[i].want, apex);
			assert_int_equal(zone->apex.size, apex_size);
			assert_memory_equal(zone->apex.bytes, apex, apex_size);
			assert_int_equal(offset, rows[i].offset);
		} else {
			assert_null(zone);
			assert_int_equal(offset, 777);
		}
		zones_free(z);
	}
}

static void test_find_bad_names(void **state)
{
	static const struct {
		const char *reason;
		const char *name;
		size_t size;
	} rows[] = {
	    {"no byte at all", "", 0},
	    {"no root label", "\7example", 8},
	    {"ends inside of a label", "\10example", 9},
	    {"bytes behind the root label", "\7example\0\0", 10},
	    {"a compression pointer", "\1a\300\0", 4},
	};
	struct zones *z = zones_new();
	size_t offset = 777;

	(void)state;
	assert_int_equal(add(z, "", 1), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("# %s\n", rows[i].reason);
		assert_null(zones_find(z, (const uint8_t *)rows[i].name, rows[i].size, &offset));
		assert_int_equal(offset, 777);
	}
	zones_free(z);
}

/* An apex of some size in bytes, of labels of 7 letters and what is left; asked for as it is. */
static size_t apex_of(size_t size, uint8_t *out_apex)
{
	size_t at = 0;

	while (size - at > 1) {
		size_t length = size - at - 2 < 7 ? size - at - 2 : 7;

		length += size - at - 2 - length == 1; /* a label has a byte at least */
		out_apex[at++] = (uint8_t)length;
		for (size_t i = 0; i < length; i++, at++)
			out_apex[at] = (uint8_t)("az-5{m@"[(at + length) % 7]);
	}
	out_apex[at++] = 0;
	return at;
}

/* Each byte of an apex as each other byte: the same only as the same letter in the other case. */
static void test_has_apex(void **state)
{
	static const struct {
		const char *reason;
		size_t size;
	} rows[] = {
	    {"the root", 1},
	    {"one letter", 3},
	    {"less than a block", 15},
	    {"a block", ZONE_APEX_ROOM},
	    {"a byte in front of the last block", ZONE_APEX_ROOM + 1},
	    {"two blocks that overlap", 25},
	    {"two blocks", 2 * ZONE_APEX_ROOM},
	    {"a byte between two blocks", 2 * ZONE_APEX_ROOM + 1},
	    {"some labels between two blocks", 60},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct zone zone = {.state = ZONE_SERVING};
		uint8_t room[ZONE_APEX_ROOM + 64], *apex = room + ZONE_APEX_ROOM, apexes[64];
		const size_t size = apex_of(rows[i].size, apexes);
		struct zones *z = zones_new();
		const struct zone *added;

		print_message("# %s\n", rows[i].reason);
		assert_int_equal(size, rows[i].size);
		memset(room, 0xa5, sizeof(room)); /* in front of an apex there may be anything */
		memcpy(apex, apexes, size);
		zone.apex = (struct zone_name){apexes, (uint8_t)size};
		assert_int_equal(zones_add(z, &zone), 0);
		added = zones_at(z, 0);
		assert_true(zone_has_apex(added, apex, size));
		assert_ptr_equal(zones_find_apex(z, apex, size), added);
		assert_false(zone_has_apex(added, apex, size + 1));
		assert_false(size > 1 && zone_has_apex(added, apex + 1, size - 1));
		for (size_t at = 0; at < size; at++) {
			for (unsigned byte = 0; byte < 256; byte++) {
				bool is_same;

				apex[at] = (uint8_t)byte;
				is_same = labels_are_equal(apex, apexes, size);
				assert_int_equal(zone_has_apex(added, apex, size), is_same);
				assert_ptr_equal(zones_find_apex(z, apex, size),
				                 is_same ? added : NULL);
			}
			apex[at] = apexes[at];
		}
		zones_free(z);
	}
}

/* A zone that may be spoilt. */
struct spoilt {
	struct zone zone;
	uint8_t apex[300], name[300];
	struct zone_name ns[ZONE_NS_MAX + 1];
};

static void make_valid(struct spoilt *s)
{
	memset(s, 0, sizeof(*s));
	s->zone.state = ZONE_SERVING;
	s->zone.apex = (struct zone_name){s->apex, (uint8_t)wire("bl.example", s->apex)};
	s->ns[0] = (struct zone_name){s->name, (uint8_t)wire("ns.example", s->name)};
	s->zone.ns = s->ns;
	s->zone.ns_count = 1;
}

static void no_apex(struct spoilt *s)
{
	s->zone.apex.size = 0;
}

static void upper_case(struct spoilt *s)
{
	s->apex[1] = 'B';
}

static void cut_apex(struct spoilt *s)
{
	s->zone.apex.size--;
}

static void long_label(struct spoilt *s)
{
	s->apex[0] = 64;
}

static void many_ns(struct spoilt *s)
{
	s->zone.ns_count = ZONE_NS_MAX + 1;
}

static void cut_ns(struct spoilt *s)
{
	s->ns[0].size--;
}

static void cut_mname(struct spoilt *s)
{
	s->zone.soa_mname = (struct zone_name){s->name, (uint8_t)(s->zone.ns[0].size - 1)};
}

static void many_codes(struct spoilt *s)
{
	s->zone.test_code_count = ZONE_TEST_CODES_MAX + 1;
}

static void unknown_state(struct spoilt *s)
{
	s->zone.state = ZONE_EXPIRED + 1;
}

static void unknown_view(struct spoilt *s)
{
	s->zone.view = ZONE_VIEW_ALLOW + 1;
}

static void test_add_refuses(void **state)
{
	static const struct {
		const char *reason;
		void (*spoil)(struct spoilt *s);
	} rows[] = {
	    {"no apex", no_apex},
	    {"an upper-case apex would never be found", upper_case},
	    {"an apex without its root label", cut_apex},
	    {"an apex that is no name", long_label},
	    {"more name servers than there is room for", many_ns},
	    {"a name server that is no name", cut_ns},
	    {"more test codes than there is room for", many_codes},
	    {"a primary server that is no name", cut_mname},
	    {"an unknown view", unknown_view},
	    {"an unknown state", unknown_state},
	};
	struct zones *z = zones_new();
	struct spoilt s;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("# %s\n", rows[i].reason);
		make_valid(&s);
		rows[i].spoil(&s);
		assert_int_equal(zones_add(z, &s.zone), -EINVAL);
		assert_int_equal(zones_count(z), 0);
	}
	make_valid(&s);
	assert_int_equal(zones_add(z, &s.zone), 0);
	assert_int_equal(zones_add(z, &s.zone), -EEXIST);
	assert_int_equal(zones_count(z), 1);
	zones_free(z);
	zones_free(NULL);
}

/* More than the index begins with: all are found, in the order they were added, as copies. */
static void test_many(void **state)
{
	struct zones *z = zones_new();
	char text[40];
	uint8_t name[300];

	(void)state;
	for (uint32_t i = 0; i < 500; i++) {
		snprintf(text, sizeof(text), "z%u.example", (unsigned)i);
		assert_int_equal(add(z, text, i), 0);
	}
	assert_int_equal(zones_count(z), 500);
	assert_null(zones_at(z, 500));
	for (uint32_t i = 0; i < 500; i++) {
		const struct zone *zone;
		size_t offset = 777;

		snprintf(text, sizeof(text), "a.z%u.example", (unsigned)i);
		zone = zones_find(z, name, wire(text, name), &offset);
		assert_non_null(zone);
		assert_ptr_equal(zone, zones_at(z, i));
		assert_int_equal(zone->ttl_s, i);
		assert_int_equal(offset, 2);
	}
	zones_free(z);
}

static void test_shows(void **state)
{
	struct zone zone = {.ttl_s = 1};

	(void)state;
	zone.lists[0] = 1 | UINT64_C(1) << 63;
	zone.lists[LIST_ID_MAX / 64] = UINT64_C(1) << 63;
	for (uint32_t list = 0; list <= LIST_ID_MAX; list++)
		assert_int_equal(zone_shows(&zone, list),
		                 list == 0 || list == 63 || list == LIST_ID_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),           cmocka_unit_test(test_has_apex),
	    cmocka_unit_test(test_find_bad_names), cmocka_unit_test(test_add_refuses),
	    cmocka_unit_test(test_many),           cmocka_unit_test(test_shows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

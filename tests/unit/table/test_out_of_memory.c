/* SPDX-License-Identifier: BSD-3-Clause */
/* Names, verdicts, zones and the tables themselves when memory runs out. */
#include "tests/unit/table/probe.h"
#include "tests/unit/table/shortage.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int put_name(struct tables *t, uint32_t i)
{
	uint8_t name[32];

	return names_put(t->names, name, probe_name(i, name), i + 1, i % 3);
}

static void put_names(struct tables *t)
{
	for (uint32_t i = 0; i < 31; i++)
		assert_int_equal(put_name(t, i), 0);
}

static int put_name_new(struct tables *t)
{
	return put_name(t, 50);
}

/* Below a leaf, which becomes an inner node for it. */
static int put_name_below(struct tables *t)
{
	uint8_t name[64] = "\3sub";

	return names_put(t->names, name, 4 + probe_name(3, &name[4]), 5, 0);
}

/* The third list below "example": its counts become an array. */
static void put_two_lists(struct tables *t)
{
	assert_int_equal(put_name(t, 0), 0);
	assert_int_equal(put_name(t, 7), 0);
}

/* The last name of a segment of the index, its parent and all. */
static int delete_last(struct tables *t)
{
	uint8_t name[32];

	return names_delete(t->names, name, probe_name(50, name));
}

static void put_only_name(struct tables *t)
{
	assert_int_equal(put_name_new(t), 0);
}

static int put_name_again(struct tables *t)
{
	uint8_t name[32];

	return names_put(t->names, name, probe_name(3, name), 77, 78);
}

static int delete_one(struct tables *t)
{
	uint8_t name[32];

	return names_delete(t->names, name, probe_name(3, name));
}

static void define_listing(struct tables *t)
{
	assert_int_equal(verdicts_define_listing(t->verdicts, 1, 1, 0x7f000002, "a", 1), 0);
}

/* A listing is seen by the verdict that has it. */
static int define_both(struct tables *t)
{
	const uint32_t id = 5000;
	int rc = verdicts_define_listing(t->verdicts, id, 1, 0x7f000002, "text", 4);

	if (rc < 0 && rc != -EBUSY) /* done by the attempt before */
		return rc;
	return verdicts_define(t->verdicts, 3, &id, 1);
}

static int define(struct tables *t)
{
	const uint32_t id = 1;

	return verdicts_define(t->verdicts, 2, &id, 1);
}

static int add_zone(struct tables *t, uint8_t letter)
{
	const uint8_t apex[] = {1, letter, 0};
	struct zone zone = {.apex = {apex, sizeof(apex)}};

	return zones_add(t->zones, &zone);
}

static void add_zones(struct tables *t)
{
	for (uint8_t i = 0; i < 8; i++)
		assert_int_equal(add_zone(t, (uint8_t)('a' + i)), 0);
}

static int add_ninth_zone(struct tables *t)
{
	return add_zone(t, 'z');
}

static const struct shortage_row rows[] = {
    {"a first name, with its ancestors", NULL, put_name_new, 5},
    {"a name among others: a line of the index, at least", put_names, put_name_new, 1},
    {"a name below a leaf", put_names, put_name_below, 1},
    {"a third list below a name", put_two_lists, put_name_new, 2},
    {"other verdicts of a name: lists that were not below", put_names, put_name_again, 1},
    {"a name is deleted: what was reserved for its put is enough", put_names, delete_one, 0},
    {"the last name is deleted", put_only_name, delete_last, 0},
    {"a listing and a verdict, on new pages", NULL, define_both, 4},
    {"a verdict, on a new page", define_listing, define, 2},
    {"the first zone", NULL, add_ninth_zone, 3},
    {"a zone for which the index grows", add_zones, add_ninth_zone, 3},
};

static void test_operations(void **state)
{
	(void)state;
	shortage_check(rows, sizeof(rows) / sizeof(*rows));
}

static void test_tables_new(void **state)
{
	struct tables *t = NULL;
	unsigned fails = 0;

	(void)state;
	while (!t) {
		errno = 0;
		shortage_fail_at(++fails);
		t = tables_new();
		if (!t)
			assert_int_equal(errno, ENOMEM);
	}
	assert_in_range(fails, 13, 30);
	shortage_fail_at(0);
	assert_int_equal(t->generation, 0);
	assert_int_equal(zones_count(t->zones), 0);
	assert_int_equal(table6_lookup(t->access->clients, 1), 0);
	tables_free(t);
	tables_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_operations),
	    cmocka_unit_test(test_tables_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

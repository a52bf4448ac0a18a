/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes into runs comes out in order, whatever came in, in one run or in many. */
#include "feeds/dataset_runs.h"
#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT 200000

/* --- ranges --- */

struct range {
	address6_t first, last;
	uint32_t how;
	size_t order;
};

static address6_t all(bool is_ip6)
{
	return is_ip6 ? ~(address6_t)0 : UINT32_MAX;
}

static void random_prefix(size_t i, bool is_ip6, uint64_t *state, struct range *out)
{
	unsigned length = (unsigned)(random_next(state) % (is_ip6 ? 129 : 33));
	address6_t host = length ? all(is_ip6) >> length : all(is_ip6);
	address6_t bits = (address6_t)random_next(state) << 64 | random_next(state);

	out->first = bits & all(is_ip6) & ~host;
	out->last = out->first | host;
	out->how = (uint32_t)(random_next(state) >> 16 >> i % 40);
}

static void random_range(size_t i, bool is_ip6, uint64_t *state, struct range *out)
{
	struct range other;

	random_prefix(i, is_ip6, state, out);
	random_prefix(i, is_ip6, state, &other);
	if (other.last >= out->first)
		out->last = other.last;
}

static void ascending(size_t i, bool is_ip6, uint64_t *state, struct range *out)
{
	(void)state;
	out->first = (address6_t)i << (is_ip6 ? 70 : 8);
	out->last = out->first + i % 300;
	out->how = 7;
}

static void descending(size_t i, bool is_ip6, uint64_t *state, struct range *out)
{
	ascending(COUNT - i, is_ip6, state, out);
}

static void few_alike(size_t i, bool is_ip6, uint64_t *state, struct range *out)
{
	(void)is_ip6;
	out->first = random_next(state) % 3 << 16;
	out->last = out->first + random_next(state) % 3;
	out->how = (uint32_t)i;
}

static const struct {
	void (*make)(size_t i, bool is_ip6, uint64_t *state, struct range *out);
	size_t count, chunk_max;
	bool is_one_run;
	const char *reason;
} range_rows[] = {
    {random_prefix, COUNT, 0, false, "prefixes of any length in no order"},
    {random_prefix, 1, 0, true, "one"},
    {random_range, COUNT, 0, false, "ranges that are no prefixes"},
    {random_range, 3000, 1, false, "runs of one entry"},
    {ascending, COUNT, 0, true, "a sorted feed is one run, however long"},
    {descending, COUNT, 0, false, "a feed the wrong way around"},
    {few_alike, COUNT, 0, false, "equal ones keep the order of adding, in a run and over runs"},
    {few_alike, 1000, 3, false, "the same with small runs"},
};

static int compare_ranges(const void *a, const void *b)
{
	const struct range *left = a, *right = b;

	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

static void check_ranges(size_t row, bool is_ip6)
{
	struct dataset_range_runs runs = {.is_ip6 = is_ip6, .chunk_max = range_rows[row].chunk_max};
	struct range *ranges = calloc(range_rows[row].count, sizeof(*ranges));
	const struct dataset_range_cursor *got;
	struct dataset_range_reader reader;
	uint64_t state = row + 1;

	assert_non_null(ranges);
	for (size_t i = 0; i < range_rows[row].count; i++) {
		range_rows[row].make(i, is_ip6, &state, &ranges[i]);
		ranges[i].order = i;
		assert_int_equal(
		    dataset_range_runs_add(&runs, ranges[i].first, ranges[i].last, ranges[i].how),
		    0);
	}
	assert_int_equal(dataset_range_runs_end(&runs), 0);
	assert_int_equal(runs.runs.count == 1, range_rows[row].is_one_run);
	qsort(ranges, range_rows[row].count, sizeof(*ranges), compare_ranges);
	assert_int_equal(dataset_range_reader_init(&reader, &runs), 0);
	for (size_t i = 0; i < range_rows[row].count; i++) {
		got = dataset_range_reader_get(&reader);
		if (!got || got->first != ranges[i].first || got->last != ranges[i].last ||
		    got->how != ranges[i].how)
			fail_msg("%s: entry %zu (IPv%d)", range_rows[row].reason, i,
			         is_ip6 ? 6 : 4);
		dataset_range_reader_next(&reader);
	}
	assert_null(dataset_range_reader_get(&reader));
	dataset_range_reader_done(&reader);
	dataset_range_runs_done(&runs);
	free(ranges);
}

static void ranges_come_out_in_order(void **state)
{
	(void)state;
	for (size_t row = 0; row < sizeof(range_rows) / sizeof(range_rows[0]); row++) {
		check_ranges(row, false);
		check_ranges(row, true);
	}
}

/* --- names --- */

struct name {
	uint8_t wire[NAME_WIRE_MAX];
	size_t size, order;
};

static void name_parsed(const char *text, struct name *out)
{
	int size = name_parse(text, strlen(text), out->wire);

	assert_true(size >= 0);
	out->size = (size_t)size;
}

static void random_name(size_t i, uint64_t *state, struct name *out)
{
	char text[80];

	(void)i;
	snprintf(text, sizeof(text), "%llx.%u.%s", (unsigned long long)random_next(state),
	         (unsigned)(random_next(state) % 50),
	         random_next(state) % 2 ? "example" : "x.example");
	name_parsed(text, out);
}

static void ascending_name(size_t i, uint64_t *state, struct name *out)
{
	char text[80];

	(void)state;
	snprintf(text, sizeof(text), "%08zu.example", i);
	name_parsed(text, out);
}

static void few_names(size_t i, uint64_t *state, struct name *out)
{
	static const char *const texts[] = {".",          "com",        "a.com",
	                                    "a\\000.com", "a\\001.com", "\\001.com"};

	(void)i;
	name_parsed(texts[random_next(state) % (sizeof(texts) / sizeof(texts[0]))], out);
}

/* The longest, whose keys are twice as long. */
static void long_name(size_t i, uint64_t *state, struct name *out)
{
	out->size = 0;
	for (unsigned label = 0; label < 4; label++) {
		unsigned size = label < 3 ? 63 : 61;

		out->wire[out->size++] = (uint8_t)size;
		memset(out->wire + out->size, (int)(i % 2), size);
		out->wire[out->size] = (uint8_t)random_next(state);
		out->size += size;
	}
}

static const struct {
	void (*make)(size_t i, uint64_t *state, struct name *out);
	size_t count, chunk_max;
	bool is_one_run;
	const char *reason;
} name_rows[] = {
    {random_name, COUNT, 0, false, "names in no order"},
    {random_name, 2000, 1, false, "runs of one name"},
    {ascending_name, COUNT, 0, true, "a sorted feed is one run, however long"},
    {few_names, 50000, 0, false, "equal ones keep the order of adding, in a run and over runs"},
    {few_names, 500, 2, false, "the same with small runs"},
    {long_name, 20000, 0, false, "long names fill a run by their bytes"},
};

static int compare_names(const void *a, const void *b)
{
	const struct name *left = a, *right = b;
	int order = name_compare(left->wire, left->size, right->wire, right->size);

	return order ? order : left->order < right->order ? -1 : left->order > right->order;
}

static void check_names(size_t row)
{
	struct dataset_name_runs runs = {.chunk_max = name_rows[row].chunk_max};
	struct name *names = calloc(name_rows[row].count, sizeof(*names));
	const struct dataset_name_cursor *got;
	struct dataset_name_reader reader;
	uint8_t wire[NAME_WIRE_MAX];
	uint64_t state = row + 1;

	assert_non_null(names);
	for (size_t i = 0; i < name_rows[row].count; i++) {
		name_rows[row].make(i, &state, &names[i]);
		names[i].order = i;
		assert_int_equal(dataset_name_runs_add(&runs, names[i].wire, names[i].size,
		                                       (unsigned)(i % 3 + 1), (uint32_t)i),
		                 0);
	}
	assert_int_equal(dataset_name_runs_end(&runs), 0);
	assert_int_equal(runs.runs.count == 1, name_rows[row].is_one_run);
	qsort(names, name_rows[row].count, sizeof(*names), compare_names);
	assert_int_equal(dataset_name_reader_init(&reader, &runs), 0);
	for (size_t i = 0; i < name_rows[row].count; i++) {
		got = dataset_name_reader_get(&reader);
		if (!got || got->how != names[i].order || got->scope != names[i].order % 3 + 1 ||
		    dataset_name_wire(got->key, got->size, wire) != names[i].size ||
		    memcmp(wire, names[i].wire, names[i].size) != 0)
			fail_msg("%s: name %zu", name_rows[row].reason, i);
		dataset_name_reader_next(&reader);
	}
	assert_null(dataset_name_reader_get(&reader));
	dataset_name_reader_done(&reader);
	dataset_name_runs_done(&runs);
	free(names);
}

static void names_come_out_in_order(void **state)
{
	(void)state;
	for (size_t row = 0; row < sizeof(name_rows) / sizeof(name_rows[0]); row++)
		check_names(row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ranges_come_out_in_order),
	    cmocka_unit_test(names_come_out_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

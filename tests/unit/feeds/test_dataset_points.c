/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many single addresses: the way of the largest feeds, against the way of all others and a sort of
 * the C library.
 */
#include "feeds/dataset.h"
#include "feeds/format.h"
#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_MAX 700000

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Errors: dies */
static struct dataset *points_dataset(const uint32_t *addresses, size_t count, bool is_one_by_one)
{
	const struct dataset_options options = {0};
	struct dataset_builder *b = dataset_builder_new(&options);
	struct dataset_entry entry = {.line = 1};
	struct dataset *d;

	assert_non_null(b);
	if (!is_one_by_one)
		assert_int_equal(dataset_add_points4(b, addresses, count, &entry), 0);
	for (size_t i = 0; is_one_by_one && i < count; i++) {
		struct address_range range = {.first = addresses[i], .last = addresses[i]};

		entry.line = i + 1;
		assert_int_equal(dataset_add_range(b, &range, &entry), 0);
	}
	d = dataset_finish(b);
	assert_non_null(d);
	return d;
}

/* addresses: sorted here. */
static void is_exactly(const struct dataset *d, uint32_t *addresses, size_t count,
                       const char *reason)
{
	struct dataset_range4 range;
	uint64_t distinct = 0;
	size_t at = 0, ranges = 0;

	qsort(addresses, count, sizeof(*addresses), compare);
	for (size_t edge = 0; edge < d->edges4.count; ranges++) {
		edge = dataset_edge4_range(&d->edges4, edge, &range);
		for (uint64_t address = range.first; address <= range.last; address++) {
			if (at == count || addresses[at] != address)
				fail_msg("%s: %08x is listed", reason, (unsigned)address);
			while (at < count && addresses[at] == address)
				at++;
			distinct++;
		}
		if (at < count && addresses[at] == (uint64_t)range.last + 1)
			fail_msg("%s: a range ends too early at %08x", reason, range.last);
		assert_int_equal(range.set, 1);
	}
	if (at != count)
		fail_msg("%s: %08x is not listed", reason, addresses[at]);
	assert_int_equal(ranges, d->range4_count);
	assert_int_equal(d->facts.entry_count, distinct);
}

static void points_shapes(void **state)
{
	static const struct {
		size_t count;
		uint32_t base, mask; /* of random numbers */
		const char *reason;
	} rows[] = {
	    {1, 0x0b000000, 0, "one"},
	    {1000, 0x0b000000, 0, "one, again and again"},
	    {3, 0x0b000000, 0x1, "two neighbours"},
	    {60, 0x0b000000, 0xff, "few: sorted by insertion"},
	    {65, 0x0b000000, 0xffffff, "one more than few"},
	    {5000, 0x0b000000, 0x1fff, "most are neighbours"},
	    {100000, 0, UINT32_MAX, "all of the space, sorted in a cache"},
	    {COUNT_MAX, 0, UINT32_MAX, "more than a cache holds"},
	    {COUNT_MAX, 0x0b000000, 0xffffff, "all in one /8"},
	    {COUNT_MAX, 0x0b0b0000, 0xffff, "all in one /16"},
	    {COUNT_MAX, 0x0b0b0b00, 0xff, "all in one /24"},
	    {COUNT_MAX, 0x0b000000, 0x00ff00ff, "octets that are all the same"},
	    {COUNT_MAX, 0xffffff00, 0xff, "the end of the space"},
	    {COUNT_MAX, 0, 0xff, "the start of the space"},
	};
	uint32_t *addresses = malloc(COUNT_MAX * sizeof(*addresses));
	uint64_t seed = 1;

	(void)state;
	assert_non_null(addresses);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dataset *d, *same, *sorted;

		for (size_t j = 0; j < rows[i].count; j++) {
			addresses[j] = rows[i].base | ((uint32_t)random_next(&seed) & rows[i].mask);
			if (addresses[j] == 0x7f000001) /* is never listed */
				addresses[j]--;
		}
		d = points_dataset(addresses, rows[i].count, false);
		same = points_dataset(addresses, rows[i].count, true);
		is_exactly(d, addresses, rows[i].count, rows[i].reason);
		if (rows[i].count == COUNT_MAX) /* four bytes and a bit, and some for the rest */
			assert_true(d->memory_size <= COUNT_MAX * 5);
		assert_memory_equal(d->facts.hash, same->facts.hash, sizeof(d->facts.hash));
		sorted = points_dataset(addresses, rows[i].count, false);
		assert_memory_equal(d->facts.hash, sorted->facts.hash, sizeof(d->facts.hash));
		dataset_free(d);
		dataset_free(same);
		dataset_free(sorted);
	}
	free(addresses);
}

static struct dataset *text_dataset(const char *text)
{
	const struct dataset_options options = {.drop_bogons = true};
	struct reader *reader = reader_open_memory(text, strlen(text));
	char error[200];
	struct dataset *d;

	assert_non_null(reader);
	d = format_read(format_find("plain"), reader, &options, error, sizeof(error));
	assert_non_null(d);
	reader_close(reader);
	return d;
}

/* Texts that say the same, so that one is read in one go and the other is not. */
static void points_mixed(void **state)
{
	static const struct {
		const char *text, *same, *reason;
		uint64_t lines, bad, bogons;
	} rows[] = {
	    {"8.8.8.8\n1.1.1.1\n8.8.8.8\n", " 8.8.8.8\n 1.1.1.1\n 8.8.8.8\n", "points alone", 3, 0,
	     0},
	    {"8.8.8.8\n8.8.8.0/24\n9.9.9.9\n", "9.9.9.9/32\n8.8.8.0-8.8.8.255\n8.8.8.8/32\n",
	     "a range around a point", 3, 0, 0},
	    {"8.8.8.8\n!8.8.8.8\n9.9.9.9\n", "!8.8.8.8/32\n9.9.9.9/32\n8.8.8.8/32\n",
	     "a point that is excluded", 3, 0, 0},
	    {"8.8.8.8\n8.8.8.9\n8.8.8.7\n", "8.8.8.7-8.8.8.9 # x\n\n 8.8.8.8\n8.8.8.8/32\n",
	     "neighbours are one range", 3, 0, 0},
	    {"10.0.0.1\n8.8.8.8\n192.168.1.1\n", " 10.0.0.1\n 8.8.8.8\n 192.168.1.1\n",
	     "bogons among points", 3, 0, 2},
	    {"8.8.8.8\n8.8.8.888\n9.9.9.9", " 9.9.9.9\n8.8.8.888\n 8.8.8.8",
	     "a bad line; no end of the last", 3, 1, 0},
	    {"\xef\xbb\xbf"
	     "8.8.8.8\r\n9.9.9.9\r\n",
	     "9.9.9.9/32\r\n8.8.8.8/32\r\n", "a byte order mark and CR LF", 2, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dataset *d = text_dataset(rows[i].text), *same = text_dataset(rows[i].same);

		if (memcmp(d->facts.hash, same->facts.hash, sizeof(d->facts.hash)) != 0 ||
		    d->facts.line_count != rows[i].lines ||
		    d->facts.bad_line_count != rows[i].bad ||
		    d->facts.bogon_count != rows[i].bogons)
			fail_msg("%s: %zu lines, %zu bad, %zu bogons", rows[i].reason,
			         (size_t)d->facts.line_count, (size_t)d->facts.bad_line_count,
			         (size_t)d->facts.bogon_count);
		if (d->message_count)
			assert_int_equal(d->messages[0].line, 2);
		dataset_free(d);
		dataset_free(same);
	}
}

static void points_seek(void **state)
{
	struct dataset *d = text_dataset("8.8.8.0/24\n8.8.10.1\n8.8.10.3\n8.8.11.0/24\n");
	static const struct {
		uint32_t address;
		size_t edge;
		const char *reason;
	} rows[] = {
	    {0, 0, "before all"},
	    {0x08080800, 0, "the first of a range"},
	    {0x08080801, 0, "within it"},
	    {0x080808ff, 0, "its last"},
	    {0x08080900, 2, "behind it: the next one"},
	    {0x08080a01, 2, "a single address"},
	    {0x08080a02, 3, "between two"},
	    {0x08080a03, 3, "the second"},
	    {0x08080b80, 4, "within the last range"},
	    {0x08080c00, 6, "behind all"},
	    {UINT32_MAX, 6, "the end of the space"},
	};

	(void)state;
	assert_int_equal(d->edges4.count, 6);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t from = 0;

		if (dataset_edge4_seek(&d->edges4, 0, rows[i].address) != rows[i].edge)
			fail_msg("%s", rows[i].reason);
		/* From every range that is not behind it. */
		while (from < rows[i].edge) {
			struct dataset_range4 range;

			if (dataset_edge4_seek(&d->edges4, from, rows[i].address) != rows[i].edge)
				fail_msg("%s, from %zu", rows[i].reason, from);
			from = dataset_edge4_range(&d->edges4, from, &range);
		}
	}
	dataset_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(points_shapes),
	    cmocka_unit_test(points_mixed),
	    cmocka_unit_test(points_seek),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Merging and comparing lists of IPv4, against a flat array of what each address has; and lists so
 * long that most of two versions is passed over in blocks.
 */
#include "control/merge.h"
#include "tests/unit/random.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BASE      0x0b000000u
#define ADDRESSES 512
#define LISTS     70 /* more than a word of the bitmap */
#define LONG      20000

static struct dataset_builder *builder_new(void)
{
	const struct dataset_options options = {0};
	struct dataset_builder *b = dataset_builder_new(&options);

	assert_non_null(b);
	return b;
}

/* code: 0 = the list's own */
static void range_add(struct dataset_builder *b, uint32_t first, uint32_t last, uint32_t code)
{
	struct address_range range = {.first = first, .last = last};
	struct dataset_value value = {.code = code};
	struct dataset_entry entry = {0};

	if (code)
		assert_int_equal(dataset_value(b, &value, &entry.value), 0);
	assert_int_equal(dataset_add_range(b, &range, &entry), 0);
}

static struct dataset *finish(struct dataset_builder *b)
{
	struct dataset *d = dataset_finish(b);

	assert_non_null(d);
	return d;
}

/* A list over the small space; kind: of what it mostly consists. */
static struct dataset *small_dataset(uint64_t *seed, unsigned kind)
{
	struct dataset_builder *b = builder_new();
	unsigned count = random_next(seed) % (kind ? 40 : 8);

	for (unsigned i = 0; i < count; i++) {
		uint32_t first = random_next(seed) % ADDRESSES, size = 1;

		if (kind != 1)
			size += random_next(seed) % 30;
		if (first + size > ADDRESSES)
			size = ADDRESSES - first;
		range_add(b, BASE + first, BASE + first + size - 1,
		          kind == 2 ? 0x7f000003 + random_next(seed) % 3 : 0);
	}
	return finish(b);
}

/* What one list says of an address, as a code; 0 = nothing. All sets are of one value: where
 * several cover an address, the set's first will do to tell them apart. */
static uint32_t set_at(const struct dataset *d, uint32_t address)
{
	struct dataset_range4 range;

	for (size_t edge = 0; d && edge < d->edges4.count;) {
		edge = dataset_edge4_range(&d->edges4, edge, &range);
		if (range.first <= address && address <= range.last)
			return range.set;
	}
	return 0;
}

/* Verdicts by address, painted by a sweep. */
struct canvas {
	uint32_t verdicts[ADDRESSES];
	bool is_painted[ADDRESSES];
	uint64_t next; /* what has to come next */
};

static int paint(void *context, address6_t first, address6_t last, uint32_t verdict)
{
	struct canvas *c = context;

	assert_true(first == c->next && first <= last);
	c->next = (uint64_t)last + 1;
	for (address6_t address = first; address <= last; address++) {
		if (address < BASE || address >= BASE + ADDRESSES) {
			assert_int_equal(verdict, 0);
			address = address < BASE && last >= BASE ? BASE - 1 : last;
			continue;
		}
		c->verdicts[address - BASE] = verdict;
		c->is_painted[address - BASE] = true;
	}
	return 0;
}

struct merged {
	struct catalog *catalog;
	struct merge_source sources[LISTS], *pointers[LISTS];
	struct dataset *datasets[LISTS];
	struct merge_never never;
	struct merge_view view;
};

static void merged_init(struct merged *m, unsigned count, uint64_t *seed)
{
	const struct address_range never = {.first = BASE + 100, .last = BASE + 103};

	m->catalog = catalog_new();
	assert_non_null(m->catalog);
	assert_int_equal(merge_never_init(&m->never, &never, 1), 0);
	for (unsigned i = 0; i < count; i++) {
		m->datasets[i] = small_dataset(seed, random_next(seed) % 3);
		assert_int_equal(
		    merge_source_init(&m->sources[i], m->datasets[i], i, 0x7f000002, "text"), 0);
		m->pointers[i] = &m->sources[i];
	}
	m->view = (struct merge_view){m->catalog, &m->never, m->pointers, count};
}

static void merged_done(struct merged *m)
{
	for (unsigned i = 0; i < m->view.count; i++) {
		merge_source_done(&m->sources[i]);
		dataset_free(m->datasets[i]);
	}
	merge_never_done(&m->never);
	catalog_free(m->catalog);
}

static uint32_t expect_at(struct merged *m, unsigned offset)
{
	uint32_t verdicts[LISTS], verdict;
	unsigned count = 0;

	if (offset >= 100 && offset <= 103)
		return 0;
	for (unsigned i = 0; i < m->view.count; i++) {
		uint32_t set = set_at(m->datasets[i], BASE + offset);

		if (set)
			assert_int_equal(
			    merge_set(m->catalog, &m->sources[i], set, &verdicts[count++]), 0);
	}
	assert_int_equal(catalog_union(m->catalog, verdicts, count, &verdict), 0);
	return verdict;
}

static void check_canvas(struct merged *m, const struct canvas *c, bool is_whole)
{
	for (unsigned i = 0; i < ADDRESSES; i++) {
		if (is_whole)
			assert_true(c->is_painted[i]);
		if (c->is_painted[i] && c->verdicts[i] != expect_at(m, i))
			fail_msg("%u lists: verdict %u at %u, not %u", m->view.count,
			         c->verdicts[i], i, expect_at(m, i));
	}
}

/* All of it, and then windows from left to right. */
static void merge_sweeps(void **state)
{
	static const unsigned counts[] = {0, 1, 1, 2, 2, 3, 5, 8, 17, LISTS};
	uint64_t seed = 7;

	(void)state;
	for (unsigned run = 0; run < 200; run++) {
		struct merged m;
		struct canvas whole = {0}, parts = {0};
		struct merge_sweep *sweep;
		uint64_t first = BASE;

		merged_init(&m, counts[run % (sizeof(counts) / sizeof(counts[0]))], &seed);
		sweep = merge_sweep_new(&m.view, false);
		assert_non_null(sweep);
		assert_int_equal(merge_sweep_range(sweep, 0, UINT32_MAX, paint, &whole), 0);
		assert_true(whole.next == (uint64_t)UINT32_MAX + 1);
		merge_sweep_free(sweep);
		check_canvas(&m, &whole, true);

		sweep = merge_sweep_new(&m.view, false);
		assert_non_null(sweep);
		while (first < BASE + ADDRESSES) {
			uint64_t last = first + random_next(&seed) % 20;

			if (last >= BASE + ADDRESSES)
				last = BASE + ADDRESSES - 1;
			parts.next = first;
			assert_int_equal(merge_sweep_range(sweep, first, last, paint, &parts), 0);
			assert_true(parts.next == last + 1);
			first = last + 1 + random_next(&seed) % 3 * 7;
		}
		merge_sweep_free(sweep);
		check_canvas(&m, &parts, false);
		merged_done(&m);
	}
}

static int stop(void *context, address6_t first, address6_t last, uint32_t verdict)
{
	unsigned *count = context;

	(void)first;
	(void)last;
	(void)verdict;
	return --*count ? 0 : -ECANCELED;
}

static void merge_sweep_stops(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (unsigned run = 1; run < 20; run++) {
		struct merge_sweep *sweep;
		unsigned count = run;
		struct merged m;

		merged_init(&m, 1 + run % 4, &seed);
		sweep = merge_sweep_new(&m.view, false);
		assert_non_null(sweep);
		/* There is always what is never listed: three stretches at least. */
		if (count <= 3)
			assert_int_equal(merge_sweep_range(sweep, 0, UINT32_MAX, stop, &count),
			                 -ECANCELED);
		merge_sweep_free(sweep);
		merged_done(&m);
	}
}

/* Changes of one list, painted. */
struct changes {
	uint32_t was[2 * LONG], is[2 * LONG];
	size_t count;
};

static int note_change(void *context, const struct address_range *range, uint32_t old_verdict,
                       uint32_t new_verdict)
{
	struct changes *c = context;

	assert_false(range->is_ip6);
	assert_true(old_verdict != new_verdict);
	for (address6_t address = range->first; address <= range->last; address++) {
		assert_true(address >= BASE && address < BASE + 2 * LONG);
		c->was[address - BASE] = old_verdict;
		c->is[address - BASE] = new_verdict;
		c->count++;
	}
	return 0;
}

/*
 * Two versions of a long list: points and pairs, of one value or several, and from the second some
 * taken out and some put in.
 */
static struct dataset *long_dataset(uint64_t seed, unsigned changes, unsigned codes,
                                    uint8_t out_codes[2 * LONG])
{
	uint64_t change_seed = seed + changes;
	struct dataset_builder *b = builder_new();

	memset(out_codes, 0, 2 * LONG);
	for (unsigned i = 0; i < LONG; i++) {
		unsigned kind = random_next(&seed) % 8;

		out_codes[2 * i] = kind ? 2 + random_next(&seed) % codes : 0;
		out_codes[2 * i + 1] = kind == 1 ? out_codes[2 * i] : 0;
	}
	for (unsigned i = 0; i < changes; i++) {
		unsigned at = random_next(&change_seed) % (2 * LONG);

		out_codes[at] = out_codes[at] ? 0 : 2;
	}
	for (unsigned i = 0; i < 2 * LONG; i++)
		if (out_codes[i])
			range_add(b, BASE + i, BASE + i,
			          out_codes[i] == 2 ? 0 : 0x7f000000u + out_codes[i]);
	return finish(b);
}

static uint32_t code_of(struct catalog *catalog, uint32_t verdict)
{
	struct catalog_listing listing;
	const uint32_t *listings;

	if (!verdict)
		return 0;
	assert_int_equal(catalog_get_verdict(catalog, verdict, &listings), 1);
	catalog_get_listing(catalog, listings[0], &listing);
	return listing.code & 255;
}

static void compare_long(unsigned changes, unsigned codes, uint64_t seed)
{
	static uint8_t old_codes[2 * LONG], new_codes[2 * LONG];
	struct dataset *old = long_dataset(seed, 0, codes, old_codes);
	struct dataset *new = long_dataset(seed, changes, codes, new_codes);
	struct changes *found = calloc(1, sizeof(*found));
	struct catalog *catalog = catalog_new();
	struct merge_source was, is;
	size_t count = 0;

	assert_non_null(found);
	assert_non_null(catalog);
	assert_int_equal(merge_source_init(&was, old, 0, 0x7f000002, "text"), 0);
	assert_int_equal(merge_source_init(&is, new, 0, 0x7f000002, "text"), 0);
	assert_int_equal(merge_compare(catalog, &was, &is, false, note_change, found), 0);
	for (unsigned i = 0; i < 2 * LONG; i++) {
		bool is_changed = old_codes[i] != new_codes[i];

		count += is_changed;
		if (!is_changed && !found->was[i] && !found->is[i])
			continue;
		if (code_of(catalog, found->was[i]) != old_codes[i] ||
		    code_of(catalog, found->is[i]) != new_codes[i])
			fail_msg("%u changes, %u codes: %u -> %u at %u, not %u -> %u", changes,
			         codes, code_of(catalog, found->was[i]),
			         code_of(catalog, found->is[i]), i, old_codes[i], new_codes[i]);
	}
	assert_int_equal(found->count, count);
	merge_source_done(&was);
	merge_source_done(&is);
	catalog_free(catalog);
	free(found);
	dataset_free(old);
	dataset_free(new);
}

static void merge_compares(void **state)
{
	static const struct {
		unsigned changes, codes;
		const char *reason;
	} rows[] = {
	    {0, 1, "nothing"},
	    {1, 1, "one of many"},
	    {2, 1, "two"},
	    {100, 1, "some"},
	    {LONG, 1, "half of it"},
	    {1, 3, "one; several values"},
	    {100, 3, "some of several values"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (uint64_t seed = 0; seed < 20; seed++)
			compare_long(rows[i].changes, rows[i].codes, seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(merge_sweeps),
	    cmocka_unit_test(merge_sweep_stops),
	    cmocka_unit_test(merge_compares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

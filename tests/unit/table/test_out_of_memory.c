/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fails each allocation of each operation in turn: the operation says -ENOMEM and changes nothing,
 * and succeeds once memory is there. Allocation is wrapped at link time, for the table and this
 * file. Address space that tables reserve is kept for the next table: an emulator remembers each
 * page of it, used or not, and would be killed for want of memory after some dozen tables.
 */
#include "dataplane/table/space6.h"
#include "dataplane/table/tables.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *at, size_t size);
int __wrap_munmap(void *at, size_t size);
int __real_mprotect(void *at, size_t size, int protection);
int __wrap_mprotect(void *at, size_t size, int protection);

#define RESERVED_MIN ((size_t)1 << 30)  /* bytes; nothing else is as large */
#define WRITTEN_MAX  ((size_t)64 << 20) /* from the start of what is reserved; tables are small */

static unsigned fail_at; /* the how manyth allocation from now fails; 0 = none */
static bool has_failed;

static bool is_to_fail(void)
{
	if (fail_at == 0 || --fail_at > 0)
		return false;
	has_failed = true;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return is_to_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return is_to_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return is_to_fail() ? NULL : __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return is_to_fail() ? NULL : __real_aligned_alloc(alignment, size);
}

static struct {
	void *at;
	size_t size;
} spare[8];

void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	if (is_to_fail())
		return MAP_FAILED;
	for (unsigned i = 0; protection == PROT_NONE && i < sizeof(spare) / sizeof(*spare); i++) {
		if (spare[i].size != size)
			continue;
		spare[i].size = 0;
		return spare[i].at;
	}
	return __real_mmap64(at, size, protection, flags, fd, offset);
}

int __wrap_munmap(void *at, size_t size)
{
	for (unsigned i = 0; size >= RESERVED_MIN && i < sizeof(spare) / sizeof(*spare); i++) {
		if (spare[i].size > 0)
			continue;
		assert_int_equal(madvise(at, WRITTEN_MAX, MADV_DONTNEED), 0);
		spare[i].at = at;
		spare[i].size = size;
		return 0;
	}
	return __real_munmap(at, size);
}

/* Reserved address space becomes memory by it. */
int __wrap_mprotect(void *at, size_t size, int protection)
{
	if (is_to_fail())
		return -1;
	return __real_mprotect(at, size, protection);
}

#define PROBE_COUNT 2000
#define NAME_COUNT  60

/* Everything that can be seen of the tables, in a few numbers. */
struct view {
	verdict_t addresses4[PROBE_COUNT], addresses6[PROBE_COUNT], nets6[PROBE_COUNT];
	struct names_match names[NAME_COUNT];
	bool is_defined[4];
	size_t zone_count;
	uint64_t sizes[6];
};

static uint32_t probe4(uint32_t i)
{
	return 0x0a000000 + i * 7;
}

static address6_t probe6(uint32_t i)
{
	return ((address6_t)0x20010db800000000 << 64) + i;
}

/* Every third /64. */
static address6_t net6(uint32_t i)
{
	return ((address6_t)0x20010db900000000 << 64) + ((address6_t)i * 3 << 64);
}

static size_t name_of(uint32_t i, uint8_t out_name[32])
{
	return (size_t)snprintf((char *)out_name, 32, "\4%04u\1%c\7example", (unsigned)i,
	                        (char)('a' + i % 8));
}

static void look(const struct tables *t, struct view *out_view)
{
	struct table4_stats stats4;
	struct table6_stats stats6;
	struct names_stats stats;
	uint8_t name[32];

	memset(out_view, 0, sizeof(*out_view));
	for (uint32_t i = 0; i < PROBE_COUNT; i++) {
		out_view->addresses4[i] = table4_lookup(t->addresses4, probe4(i));
		out_view->addresses6[i] = table6_lookup(t->addresses6, probe6(i));
		out_view->nets6[i] = table6_lookup(t->addresses6, net6(i));
	}
	for (uint32_t i = 0; i < NAME_COUNT; i++) {
		struct names_match match;

		names_lookup(t->names, name, name_of(i, name), &match);
		out_view->names[i].verdict = match.verdict;
		out_view->names[i].subject_offset = match.subject_offset;
		out_view->names[i].subtree = match.subtree;
	}
	for (verdict_t i = 0; i < 4; i++)
		out_view->is_defined[i] = verdicts_is_defined(t->verdicts, i);
	out_view->zone_count = zones_count(t->zones);
	table4_stats(t->addresses4, &stats4);
	table6_stats(t->addresses6, &stats6);
	names_stats(t->names, &stats);
	out_view->sizes[0] = stats4.memory_size;
	out_view->sizes[1] = stats4.address_count;
	out_view->sizes[2] = stats6.memory_size;
	out_view->sizes[3] = stats6.boundary_count;
	out_view->sizes[4] = stats.memory_size;
	out_view->sizes[5] = stats.name_count;
}

static int paint4(struct tables *t, uint32_t first, uint32_t last, verdict_t verdict)
{
	return table4_paint(t->addresses4, first, last, verdict);
}

static void split_many(struct tables *t)
{
	for (uint32_t i = 0; i < 400; i++)
		assert_int_equal(paint4(t, probe4(i * 40), probe4(i * 40), 1), 0);
}

static int paint_one(struct tables *t)
{
	return paint4(t, 0x0a000001, 0x0a000001, 2);
}

static int paint_burst(struct tables *t)
{
	const uint32_t address = 0x0a000001;
	const verdict_t verdict = 2;

	return table4_paint_burst(t->addresses4, &address, &address, &verdict, 1);
}

/* Single addresses of one verdict, of which the first needs memory for all. */
static int paint_run(struct tables *t)
{
	uint32_t addresses[40];
	verdict_t verdicts[40];

	for (uint32_t i = 0; i < 40; i++) {
		addresses[i] = 0x0a000001 + i * 300;
		verdicts[i] = 2;
	}
	return table4_paint_burst(t->addresses4, addresses, addresses, verdicts, 40);
}

/* Prefixes of one /16, in which there is something already. */
static int paint_group(struct tables *t)
{
	uint32_t firsts[100], lasts[100];
	verdict_t verdicts[100];

	for (uint32_t i = 0; i < 100; i++) {
		firsts[i] = 0x0a000000 + i * 400;
		lasts[i] = firsts[i] + (i % 2 ? 399 : 99);
		verdicts[i] = 1 + i % 3;
	}
	return table4_paint_burst(t->addresses4, firsts, lasts, verdicts, 100);
}

static void split_some(struct tables *t)
{
	assert_int_equal(paint4(t, 0x0a000001, 0x0a000fff, 1), 0);
}

/* Many points within a /8, in narrow slots. */
static void fill_group(struct tables *t)
{
	for (uint32_t i = 0; i < 2000; i++)
		assert_int_equal(paint4(t, i << 10, i << 10, 1), 0);
}

/* Points whose slots have no room for the verdict that is painted over them. */
static int paint_large(struct tables *t)
{
	return paint4(t, 0, 0x00ffffff, VERDICT_MAX);
}

static int paint_two_ends(struct tables *t)
{
	return paint4(t, 0x0a000001, 0x0a0003f0, 2);
}

/* Retires more blocks than fit into one batch. */
static int paint_over_many(struct tables *t)
{
	return paint4(t, 0x0a000001, 0x0a01fff0, 3);
}

static void fill_one_chunk(struct tables *t)
{
	for (uint32_t i = 0; i < 253; i++)
		assert_int_equal(table6_paint(t->addresses6, probe6(i), probe6(i), 1 + i % 3), 0);
}

static void fill_chunks(struct tables *t)
{
	for (uint32_t i = 0; i < 1900; i++)
		assert_int_equal(table6_paint(t->addresses6, probe6(i), probe6(i), 1 + i % 3), 0);
}

static int paint6_one(struct tables *t)
{
	return table6_paint(t->addresses6, probe6(3), probe6(3), 9);
}

static int paint6_split(struct tables *t)
{
	return table6_paint(t->addresses6, probe6(100) - (1 << 20), probe6(0) - 2, 9);
}

static int paint6_append(struct tables *t)
{
	return table6_paint(t->addresses6, probe6(1990), probe6(1991), 9);
}

static int paint6_over_many(struct tables *t)
{
	return table6_paint(t->addresses6, probe6(1), probe6(1800), 9);
}

static int paint6_net(struct tables *t, uint32_t i, verdict_t verdict)
{
	return table6_paint(t->addresses6, net6(i), net6(i) | UINT64_MAX, verdict);
}

static void fill_nets(struct tables *t, uint32_t count)
{
	/* what is around them ends nearby, so that they are points in lines */
	assert_int_equal(table6_paint(t->addresses6, net6(0) - 1, net6(0) - 1, 1), 0);
	assert_int_equal(table6_paint(t->addresses6, net6(2000), net6(2000), 1), 0);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(paint6_net(t, i * 7 % 1999, 1 + i % 3), 0);
}

static void fill_some_nets(struct tables *t)
{
	fill_nets(t, 300);
}

static void fill_many_nets(struct tables *t)
{
	fill_nets(t, 1900);
}

/* Points until the segment has all that its lines may have; false if it always grew before. */
static bool is_filled_up(struct tables *t, uint32_t step)
{
	for (uint32_t i = 0; i < 600; i++) {
		struct place6 p = directory6_place(&t->addresses6->directory, net6(1999));
		const struct segment6 *s = place6_segment(&p);

		if (s->line_count > 0 && s->point_count == s->line_count * SEGMENT6_LINE_POINTS)
			return true;
		assert_int_equal(paint6_net(t, i * step % 1999, 1 + i % 3), 0);
	}
	return false;
}

/* With one point more the segment grows. */
static void fill_segment_up(struct tables *t)
{
	for (uint32_t step = 2; step < 100; step++) {
		fill_nets(t, 1);
		if (is_filled_up(t, step))
			return;
		assert_int_equal(table6_paint(t->addresses6, 0, ~(address6_t)0, 0), 0);
	}
	fail_msg("the segment was never full");
}

static int paint6_one_net(struct tables *t)
{
	return paint6_net(t, 1999, 9);
}

static int paint6_part(struct tables *t)
{
	return table6_paint(t->addresses6, net6(7), net6(7) + 99, 9);
}

static int paint6_over_points(struct tables *t)
{
	return table6_paint(t->addresses6, net6(3), net6(30) - 1, 9);
}

static int paint6_over_segments(struct tables *t)
{
	return table6_paint(t->addresses6, net6(3) + 5, net6(1900) + 7, 9);
}

static int paint6_burst(struct tables *t)
{
	address6_t firsts[500], lasts[500];
	verdict_t verdicts[500];

	for (uint32_t i = 0; i < 500; i++) {
		firsts[i] = net6(i);
		lasts[i] = i % 9 ? net6(i) | UINT64_MAX : net6(i) + 5;
		verdicts[i] = 4 + i % 3;
	}
	return table6_paint_burst(t->addresses6, firsts, lasts, verdicts, 500);
}

static int put_name(struct tables *t, uint32_t i)
{
	uint8_t name[32];

	return names_put(t->names, name, name_of(i, name), i + 1, i % 3);
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

	return names_put(t->names, name, 4 + name_of(3, &name[4]), 5, 0);
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

	return names_delete(t->names, name, name_of(50, name));
}

static void put_only_name(struct tables *t)
{
	assert_int_equal(put_name_new(t), 0);
}

static int put_name_again(struct tables *t)
{
	uint8_t name[32];

	return names_put(t->names, name, name_of(3, name), 77, 78);
}

static int delete_one(struct tables *t)
{
	uint8_t name[32];

	return names_delete(t->names, name, name_of(3, name));
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

static void nothing(struct tables *t)
{
	(void)t;
}

static const struct {
	const char *reason;
	void (*prepare)(struct tables *t);
	int (*operate)(struct tables *t);
	unsigned fails_min; /* allocations that it has at least */
} rows[] = {
    {"IPv4: the first point", nothing, paint_one, 2},
    {"IPv4: the first point, by a burst", nothing, paint_burst, 2},
    {"IPv4: addresses of one verdict, by a burst", nothing, paint_run, 2},
    {"IPv4: prefixes of a /16, by a burst", nothing, paint_group, 2},
    {"IPv4: the same where something is", split_some, paint_group, 0},
    {"both ends of a range split a /24", nothing, paint_two_ends, 2},
    {"a range over many points", split_many, paint_over_many, 0},
    {"a verdict that goes through blocks", fill_group, paint_large, 4},
    {"IPv6: a run among few", nothing, paint6_one, 2},
    {"IPv6: a range before a /64 with many runs", fill_one_chunk, paint6_split, 3},
    {"IPv6: a range behind segments of one /64", fill_chunks, paint6_append, 1},
    {"IPv6: a range over segments of one /64", fill_chunks, paint6_over_many, 2},
    {"IPv6: a /64 for which a segment grows", fill_segment_up, paint6_one_net, 1},
    {"IPv6: a part of a /64 among points", fill_some_nets, paint6_part, 1},
    {"IPv6: a range over points", fill_some_nets, paint6_over_points, 1},
    {"IPv6: a range over segments, from within a /64 to within another", fill_many_nets,
     paint6_over_segments, 6},
    {"IPv6: many ranges in a burst", fill_some_nets, paint6_burst, 6},
    {"a first name, with its ancestors", nothing, put_name_new, 5},
    {"a name among others: a line of the index, at least", put_names, put_name_new, 1},
    {"a name below a leaf", put_names, put_name_below, 1},
    {"a third list below a name", put_two_lists, put_name_new, 2},
    {"other verdicts of a name: lists that were not below", put_names, put_name_again, 1},
    {"a name is deleted: what was reserved for its put is enough", put_names, delete_one, 0},
    {"the last name is deleted", put_only_name, delete_last, 0},
    {"a listing and a verdict, on new pages", nothing, define_both, 4},
    {"a verdict, on a new page", define_listing, define, 2},
    {"the first zone", nothing, add_ninth_zone, 3},
    {"a zone for which the index grows", add_zones, add_ninth_zone, 3},
};

static void check_row(size_t row)
{
	unsigned fails = 0, failures = 0;
	int rc;

	do {
		struct tables *t = tables_new();
		static struct view before, after;

		assert_non_null(t);
		table4_use(t->addresses4, NULL); /* verdicts need not be defined */
		table6_use(t->addresses6, NULL);
		names_use(t->names, NULL);
		rows[row].prepare(t);
		look(t, &before);
		has_failed = false;
		fail_at = ++fails;
		rc = rows[row].operate(t);
		fail_at = 0;
		look(t, &after);
		/* making a table smaller may be left for later, and is no failure then */
		assert_int_equal(rc, rc < 0 ? -ENOMEM : 0);
		assert_true(has_failed || rc == 0);
		assert_int_equal(memcmp(&before, &after, sizeof(before)) == 0, rc < 0);
		failures += rc < 0;
		if (rc < 0) {
			assert_int_equal(rows[row].operate(t), 0);
			look(t, &after);
			assert_memory_not_equal(&before, &after, sizeof(before));
		}
		tables_free(t);
		rcu_barrier();
	} while (has_failed);
	assert_in_range(failures, rows[row].fails_min, 100);
}

static void test_operations(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("# %s\n", rows[i].reason);
		check_row(i);
	}
}

/* A hint for which there is no memory is not taken, and does no harm. */
static void test_reserve(void **state)
{
	unsigned fails = 0;

	(void)state;
	do {
		struct tables *t = tables_new();
		static struct view before, after;

		assert_non_null(t);
		table4_use(t->addresses4, NULL);
		look(t, &before);
		has_failed = false;
		fail_at = ++fails;
		table4_reserve(t->addresses4, 100000);
		fail_at = 0;
		look(t, &after);
		assert_int_equal(memcmp(&before, &after, sizeof(before)) == 0, has_failed);
		assert_int_equal(paint_burst(t), 0);
		table4_fit(t->addresses4);
		assert_int_equal(table4_lookup(t->addresses4, 0x0a000001), 2);
		tables_free(t);
		rcu_barrier();
	} while (has_failed);
	assert_in_range(fails - 1, 1, 100);
}

static void test_tables_new(void **state)
{
	struct tables *t = NULL;
	unsigned fails = 0;

	(void)state;
	while (!t) {
		errno = 0;
		fail_at = ++fails;
		t = tables_new();
		if (!t)
			assert_int_equal(errno, ENOMEM);
	}
	assert_in_range(fails, 13, 30);
	fail_at = 0;
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
	    cmocka_unit_test(test_reserve),
	    cmocka_unit_test(test_tables_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/names.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Wire form of "www.example.com". Returns its size. */
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
	return size;
}

static int put(struct names *n, const char *text, verdict_t exact, verdict_t subtree)
{
	uint8_t name[300];

	return names_put(n, name, wire(text, name), exact, subtree);
}

static int delete_name(struct names *n, const char *text)
{
	uint8_t name[300];

	return names_delete(n, name, wire(text, name));
}

static bool has_below(const struct names *n, const struct names_match *match)
{
	uint64_t all[LISTSET_WORDS];

	memset(all, 0xff, sizeof(all));
	return names_any_below(n, match, all);
}

struct expect {
	const char *name;
	verdict_t verdict;
	const char *subject; /* the suffix that decided; NULL = none */
	bool has_below;
};

static void check(const struct names *n, const struct expect *e)
{
	uint8_t name[300];
	size_t size = wire(e->name, name);
	size_t offset = e->subject ? strlen(e->name) - strlen(e->subject) : size;
	struct names_match match;

	names_lookup(n, name, size, &match);
	assert_int_equal(match.verdict, e->verdict);
	assert_int_equal(match.subject_offset, offset);
	assert_int_equal(has_below(n, &match), e->has_below);
}

struct entry {
	const char *name;
	verdict_t exact, subtree;
};

static const struct {
	const char *reason;
	struct entry entries[4]; /* until name is NULL */
	struct expect expects[6];
} lookup_rows[] = {
    {"nothing was put", {{NULL}}, {{"a.b", 0, NULL, false}, {"", 0, NULL, false}}},
    {"an exact name: ancestors are empty non-terminals",
     {{"www.example.com", 5, 0}},
     {{"www.example.com", 5, "www.example.com", false},
      {"example.com", 0, NULL, true},
      {"com", 0, NULL, true},
      {"", 0, NULL, true},
      {"x.www.example.com", 0, "www.example.com", false},
      {"xample.com", 0, NULL, false}}},
    {"a subtree does not hold its top",
     {{"example.com", 0, 6}},
     {{"example.com", 0, "example.com", true},
      {"a.example.com", 6, "example.com", true},
      {"a.b.c.example.com", 6, "example.com", true},
      {"com", 0, NULL, true},
      {"aexample.com", 0, NULL, false}}},
    {"a name and its subtree, an exclusion of one name in it",
     {{"example.com", 1, 2}, {"good.example.com", 0, 2}},
     {{"example.com", 1, "example.com", true},
      {"good.example.com", 0, "good.example.com", true},
      {"x.good.example.com", 2, "good.example.com", true}}},
    {"an exclusion of a whole subtree has nothing below",
     {{"example.com", 1, 2}, {"good.example.com", 0, 0}},
     {{"good.example.com", 0, "good.example.com", false},
      {"x.good.example.com", 0, "good.example.com", false},
      {"bad.example.com", 2, "example.com", true}}},
    {"a listing below an exclusion below a listing",
     {{"com", 0, 1}, {"b.com", 0, 0}, {"a.b.com", 3, 0}},
     {{"x.com", 1, "com", true},
      {"b.com", 0, "b.com", true},
      {"a.b.com", 3, "a.b.com", false},
      {"c.b.com", 0, "b.com", false}}},
    {"an exclusion by itself makes no ancestor",
     {{"a.b.com", 0, 0}},
     {{"b.com", 0, NULL, false}, {"com", 0, NULL, false}}},
    {"the last put of a name counts",
     {{"a.com", 1, 1}, {"a.com", 2, 0}},
     {{"a.com", 2, "a.com", false}, {"x.a.com", 0, "a.com", false}, {"com", 0, NULL, true}}},
};

static void test_lookup(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lookup_rows) / sizeof(*lookup_rows); i++) {
		struct names *n = names_new();

		print_message("# %s\n", lookup_rows[i].reason);
		assert_non_null(n);
		for (const struct entry *e = lookup_rows[i].entries; e->name; e++)
			assert_int_equal(put(n, e->name, e->exact, e->subtree), 0);
		for (size_t k = 0; k < 6 && lookup_rows[i].expects[k].name; k++)
			check(n, &lookup_rows[i].expects[k]);
		names_free(n);
	}
}

static void test_bad_names(void **state)
{
	static const struct {
		const char *reason;
		const char *name;
		size_t size;
	} rows[] = {
	    {"the empty name would list everything", "", 0},
	    {"upper case", "\3cOm", 4},
	    {"with a root label", "\3com", 5},
	    {"the last label is cut short", "\3com\2e", 6},
	    {"an empty label", "\1a\0\1b", 5},
	    {"a compression pointer", "\300\14", 2},
	};
	struct names *n = names_new();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const uint8_t *name = (const uint8_t *)rows[i].name;
		struct names_match match = {1, 1, 1, NULL};

		print_message("# %s\n", rows[i].reason);
		assert_int_equal(names_put(n, name, rows[i].size, 1, 1), -EINVAL);
		assert_int_equal(names_delete(n, name, rows[i].size), -EINVAL);
		names_lookup(n, name, rows[i].size, &match);
		assert_int_equal(match.verdict, VERDICT_NONE);
		assert_int_equal(match.subject_offset, rows[i].size);
		assert_false(has_below(n, &match));
	}
	assert_int_equal(put(n, "com", VERDICT_MAX + 1, 0), -EINVAL);
	assert_int_equal(put(n, "com", 0, VERDICT_MAX + 1), -EINVAL);
	names_free(n);
	names_free(NULL);
}

/* The longest name with the most labels; one byte more is too long. */
static void test_longest(void **state)
{
	struct names *n = names_new();
	struct names_match match;
	uint8_t name[256];

	(void)state;
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 2 == 0 ? 1 : 'a';
	assert_int_equal(names_put(n, name, sizeof(name), 1, 1), -EINVAL);
	names_lookup(n, name, sizeof(name), &match);
	assert_int_equal(match.subject_offset, sizeof(name));
	assert_int_equal(names_put(n, name, NAMES_SIZE_MAX, VERDICT_MAX, VERDICT_MAX - 1), 0);
	names_lookup(n, name, NAMES_SIZE_MAX, &match);
	assert_int_equal(match.verdict, VERDICT_MAX);
	assert_int_equal(match.subject_offset, 0);
	names_lookup(n, name, 2, &match);
	assert_int_equal(match.verdict, VERDICT_NONE);
	assert_true(has_below(n, &match));
	assert_int_equal(names_delete(n, name, NAMES_SIZE_MAX), 0);
	names_lookup(n, name, 2, &match);
	assert_false(has_below(n, &match));
	names_free(n);
}

static void test_delete(void **state)
{
	static const struct expect gone = {"www.example.com", 0, NULL, false};
	static const struct expect kept = {"example.com", 1, "example.com", false};
	static const struct expect parent = {"com", 0, NULL, false};
	struct names *n = names_new();
	struct names_stats empty, stats;

	(void)state;
	names_stats(n, &empty);
	assert_int_equal(put(n, "www.example.com", 2, 2), 0);
	assert_int_equal(put(n, "example.com", 1, 0), 0);
	assert_int_equal(delete_name(n, "com"), 0);               /* there, but not put */
	assert_int_equal(delete_name(n, "never.example.com"), 0); /* not there */
	assert_int_equal(delete_name(n, "a.www.example.com"), 0); /* below one that is */
	names_stats(n, &stats);
	assert_int_equal(stats.name_count, 2);
	assert_int_equal(delete_name(n, "www.example.com"), 0);
	check(n, &kept);
	assert_int_equal(delete_name(n, "example.com"), 0);
	assert_int_equal(delete_name(n, "example.com"), 0);
	check(n, &gone);
	check(n, &parent);
	names_stats(n, &stats);
	assert_int_equal(stats.name_count, 0);
	/* a slab of each kind of node waits for its grace period */
	assert_in_range(stats.memory_size, empty.memory_size, empty.memory_size + 5 * 4200);
	names_free(n);
}

/* Many names, most of them deleted again, many times: the index grows, and does not fill with what
 * is gone. */
static void test_churn(void **state)
{
	struct names *n = names_new();
	struct names_stats full, stats;
	char text[40];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "host%d.net%d.example", i, i % 50);
		assert_int_equal(put(n, text, (verdict_t)i + 1, 0), 0);
	}
	names_stats(n, &full);
	for (int i = 0; i < 100000; i++) {
		snprintf(text, sizeof(text), "churn%d.example", i);
		assert_int_equal(put(n, text, 1, 0), 0);
		assert_int_equal(delete_name(n, text), 0);
		if (i % 1000 == 0)
			rcu_barrier(); /* else what waits for a grace period counts too */
	}
	rcu_barrier();
	names_stats(n, &stats);
	assert_int_equal(stats.name_count, 5000);
	assert_in_range(stats.memory_size, 1, full.memory_size * 2);
	for (int i = 0; i < 5000; i++) {
		struct expect e = {text, (verdict_t)i + 1, text, false};

		snprintf(text, sizeof(text), "host%d.net%d.example", i, i % 50);
		check(n, &e);
	}
	names_free(n);
}

static size_t bulk_name(uint32_t i, char out_text[64])
{
	return (size_t)snprintf(out_text, 64, "n%u.%s%u.example", i * 2654435761u, "group",
	                        i % 3 ? i % 100 : i);
}

/* Memory follows the number of names, up and down; what is left is found where it was moved to. */
static void test_shrink(void **state)
{
	enum { NAMES = 60000, KEPT = 50 };
	struct names *n = names_new();
	struct names_stats full, stats;
	char text[64];

	(void)state;
	rcu_register_thread();
	for (uint32_t i = 0; i < NAMES; i++) {
		bulk_name(i, text);
		assert_int_equal(put(n, text, 1 + i % 1000, 0), 0);
	}
	names_stats(n, &full);
	for (uint32_t i = 0; i < NAMES; i++) {
		bulk_name(i, text);
		if (i % KEPT != 0)
			assert_int_equal(delete_name(n, text), 0);
		if (i % 1000 == 999)
			rcu_barrier(); /* grace periods end, as in time they do */
	}
	names_stats(n, &stats);
	assert_int_equal(stats.name_count, NAMES / KEPT);
	assert_in_range(stats.memory_size, 1, full.memory_size / 3);
	for (uint32_t i = 0; i < NAMES; i++) {
		struct expect e = {text, i % KEPT ? 0 : 1 + i % 1000, i % KEPT ? NULL : text,
		                   false};

		bulk_name(i, text);
		check(n, &e);
	}
	for (uint32_t i = 0; i < NAMES; i += KEPT) {
		bulk_name(i, text);
		assert_int_equal(delete_name(n, text), 0);
	}
	check(n, &(struct expect){"example", 0, NULL, false});
	names_free(n);
	rcu_unregister_thread();
}

/* More names than a burst, of all kinds: each as if it had been asked for alone. */
static void test_burst(void **state)
{
	static const char *const texts[] = {"",
	                                    "com",
	                                    "example.com",
	                                    "www.example.com",
	                                    "other.com",
	                                    "a.b.c.d.e.f.g.h.i.j.example.com",
	                                    "a.b.c.d.e.f.g.h.deep.example",
	                                    "x.a.b.c.d.e.f.g.h.deep.example",
	                                    "nothing"};
	enum { COUNT = sizeof(texts) / sizeof(*texts), QUERIES = 100 };
	struct names *n = names_new();
	struct names_query queries[QUERIES];
	struct names_match matches[QUERIES];
	uint8_t names[QUERIES][300];

	(void)state;
	assert_int_equal(put(n, "example.com", 1, 2), 0);
	assert_int_equal(put(n, "a.b.c.d.e.f.g.h.deep.example", 3, 4), 0);
	for (unsigned i = 0; i < QUERIES; i++) {
		queries[i] = (struct names_query){names[i], wire(texts[i % COUNT], names[i])};
		if (i % 11 == 10)
			queries[i].size++; /* not well-formed */
		names[i][queries[i].size - (i % 11 == 10)] = 0;
		names_prefetch(n, queries[i].name, queries[i].size);
	}
	names_lookup_burst(n, queries, QUERIES, matches);
	for (unsigned i = 0; i < QUERIES; i++) {
		struct names_match alone;

		names_lookup(n, queries[i].name, queries[i].size, &alone);
		assert_int_equal(matches[i].verdict, alone.verdict);
		assert_int_equal(matches[i].subject_offset, alone.subject_offset);
		assert_int_equal(matches[i].subtree, alone.subtree);
		assert_ptr_equal(matches[i].below, alone.below);
	}
	names_free(n);
}

/* Counts of what is below: of one list, of two, of many, and more than a small counter holds. */
static void test_many_lists_below(void **state)
{
	enum { LISTS = 300 };
	struct names *n = names_new();
	struct names_match match;
	uint8_t name[64];
	char text[64];

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		for (unsigned list = 1; list <= LISTS; list++) {
			uint64_t set[LISTSET_WORDS] = {0};

			set[list / 64] = UINT64_C(1) << (list % 64);
			snprintf(text, sizeof(text), "n%u.parent.example", list);
			names_lookup(n, name, wire("parent.example", name), &match);
			assert_int_equal(names_any_below(n, &match, set), turn);
			assert_int_equal(turn ? delete_name(n, text) : put(n, text, list, 0), 0);
			names_lookup(n, name, wire("example", name), &match);
			assert_int_equal(names_any_below(n, &match, set), !turn);
		}
	}
	names_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lookup),  cmocka_unit_test(test_bad_names),
	    cmocka_unit_test(test_longest), cmocka_unit_test(test_delete),
	    cmocka_unit_test(test_churn),   cmocka_unit_test(test_shrink),
	    cmocka_unit_test(test_burst),   cmocka_unit_test(test_many_lists_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

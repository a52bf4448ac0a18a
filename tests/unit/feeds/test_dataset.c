/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/bogons.h"
#include "feeds/dataset.h"
#include "tests/unit/feeds/answers.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* An entry as a test writes it: code 0 ends the rows, an exclusion has code 1. */
struct row {
	unsigned code; /* 127.0.0.x */
	const char *key;
	uint8_t level;
	bool first_wins, is_part;
	unsigned scope; /* of a name */
};
#define EXCLUDED 1
#define KEEPING  false
#define DROPPING true

static void row_add(struct dataset_builder *b, const struct row *row, uint64_t line)
{
	struct dataset_value value = {.code = 0x7f000000 | row->code,
	                              .text_kind = DATASET_TEXT_LIST};
	struct dataset_entry entry = {
	    .line = line,
	    .level = row->level,
	    .is_exclusion = row->code == EXCLUDED,
	    .first_wins = row->first_wins,
	    .is_part = row->is_part,
	};
	struct address_range range;
	uint8_t wire[NAME_WIRE_MAX];
	int size;

	if (!entry.is_exclusion)
		assert_int_equal(dataset_value(b, &value, &entry.value), 0);
	if (address_parse(row->key, strlen(row->key), &range) == 0) {
		assert_int_equal(dataset_add_range(b, &range, &entry), 0);
		return;
	}
	size = name_parse(row->key, strlen(row->key), wire);
	assert_true(size > 0);
	assert_int_equal(dataset_add_name(b, wire, (size_t)size, row->scope, &entry), 0);
}

static struct dataset *build(const struct row *rows, bool drop_bogons)
{
	struct dataset_options options = {.drop_bogons = drop_bogons};
	struct dataset_builder *b = dataset_builder_new(&options);
	struct dataset *d;

	assert_non_null(b);
	for (uint64_t i = 0; rows[i].code; i++)
		row_add(b, &rows[i], i + 1);
	d = dataset_finish(b);
	assert_non_null(d);
	return d;
}

/* The codes of a key, "2 3"; "" when it is not listed. */
static void expect(const struct dataset *d, const char *key, const char *codes, const char *reason)
{
	char answer[1000], found[1000] = "";

	answers_format(d, key, answer, sizeof(answer));
	for (char *rest, *value = strtok_r(answer, "\t", &rest); value;
	     value = strtok_r(NULL, "\t", &rest)) {
		if (found[0])
			strcat(found, " ");
		strcat(found, strrchr(strtok(value, " "), '.') + 1);
	}
	if (strcmp(found, codes))
		fail_msg("%s: '%s' where '%s' was expected: %s", key, found, codes, reason);
}

#define RANGES_MAX 8
static const struct {
	const char *reason;
	struct row rows[RANGES_MAX];
	struct {
		const char *key, *codes;
	} answers[RANGES_MAX];
	uint64_t entry_count;
	size_t range_count;
} cases[] = {
    {"the same twice is one entry",
     {{2, "192.0.2.1"}, {2, "192.0.2.1"}},
     {{"192.0.2.0", ""}, {"192.0.2.1", "2"}, {"192.0.2.2", ""}},
     1,
     1},
    {"neighbours with equal values are one range",
     {{2, "192.0.2.3"}, {2, "192.0.2.2"}, {2, "192.0.2.4/30"}},
     {{"192.0.2.2", "2"}, {"192.0.2.7", "2"}, {"192.0.2.8", ""}},
     3,
     1},
    {"neighbours with different values are not",
     {{2, "192.0.2.2"}, {3, "192.0.2.3"}},
     {{"192.0.2.2", "2"}, {"192.0.2.3", "3"}},
     2,
     2},
    {"equal levels unite",
     {{2, "192.0.2.0/24"}, {3, "192.0.2.64/26"}, {2, "192.0.2.65"}},
     {{"192.0.2.1", "2"}, {"192.0.2.64", "2 3"}, {"192.0.2.65", "2 3"}, {"192.0.2.128", "2"}},
     3,
     3},
    {"ranges that cross",
     {{2, "192.0.2.0-192.0.2.9"}, {3, "192.0.2.5-192.0.2.14"}},
     {{"192.0.2.4", "2"},
      {"192.0.2.5", "2 3"},
      {"192.0.2.9", "2 3"},
      {"192.0.2.10", "3"},
      {"192.0.2.15", ""}},
     2,
     3},
    {"an exclusion beats listings of its level",
     {{2, "192.0.2.0/24"}, {EXCLUDED, "192.0.2.8/30"}, {3, "192.0.2.9"}},
     {{"192.0.2.7", "2"}, {"192.0.2.8", ""}, {"192.0.2.9", ""}, {"192.0.2.12", "2"}},
     3 - 1,
     2},
    {"the highest level wins, listing or exclusion",
     {{2, "192.0.2.0/24", 24}, {EXCLUDED, "192.0.2.0/26", 26}, {3, "192.0.2.4/31", 31}},
     {{"192.0.2.3", ""}, {"192.0.2.4", "3"}, {"192.0.2.6", ""}, {"192.0.2.64", "2"}},
     2,
     2},
    {"a lower exclusion hides nothing above it",
     {{EXCLUDED, "192.0.2.0/24", 24}, {2, "192.0.2.1", 32}},
     {{"192.0.2.1", "2"}, {"192.0.2.2", ""}},
     1,
     1},
    {"of equal keys the first counts when it says so",
     {{2, "192.0.2.0/24", 24, true},
      {3, "192.0.2.0/24", 24, true},
      {EXCLUDED, "192.0.2.0/24", 24, true},
      {4, "192.0.2.0/25", 25, true}},
     {{"192.0.2.1", "4"}, {"192.0.2.128", "2"}},
     2,
     2},
    {"of equal keys all count when they do not",
     {{3, "192.0.2.0/24"}, {2, "192.0.2.0/24"}, {3, "192.0.2.0/24"}},
     {{"192.0.2.1", "3 2"}},
     2,
     1},
    {"parts of an entry are not counted again",
     {{2, "192.0.2.255", 32},
      {2, "192.0.3.0/24", 24, false, true},
      {2, "192.0.4.0", 32, false, true}},
     {{"192.0.2.255", "2"}, {"192.0.3.7", "2"}, {"192.0.4.0", "2"}, {"192.0.4.1", ""}},
     1,
     1},
    {"the ends of the spaces",
     {{2, "0.0.0.0"},
      {3, "255.255.255.255"},
      {4, "::"},
      {5, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {6, "255.255.255.254-255.255.255.255"}},
     {{"0.0.0.0", "2"},
      {"0.0.0.1", ""},
      {"255.255.255.254", "6"},
      {"255.255.255.255", "3 6"},
      {"::", "4"},
      {"::1", ""},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "5"}},
     5,
     5},
    {"all of both spaces, but for what is never listed",
     {{2, "0.0.0.0/0"}, {3, "::/0"}},
     {{"127.0.0.0", "2"}, {"127.0.0.1", ""}, {"127.0.0.2", "2"}, {"2001:db8::", "3"}},
     2,
     4},
    {"127.0.0.1 alone is nothing",
     {{2, "127.0.0.1"}, {2, "::ffff:127.0.0.1"}},
     {{"127.0.0.1", ""}},
     0,
     0},
    {"nothing", {{0}}, {{"192.0.2.1", ""}, {"::1", ""}, {"example", ""}}, 0, 0},
};

static void dataset_ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dataset *d = build(cases[i].rows, KEEPING);

		for (size_t j = 0; j < RANGES_MAX && cases[i].answers[j].key; j++)
			expect(d, cases[i].answers[j].key, cases[i].answers[j].codes,
			       cases[i].reason);
		if (d->facts.entry_count != cases[i].entry_count ||
		    d->range4_count + d->range6_count != cases[i].range_count)
			fail_msg("%s: %zu entries, %zu ranges", cases[i].reason,
			         (size_t)d->facts.entry_count, d->range4_count + d->range6_count);
		dataset_free(d);
	}
}

#define BOTH (DATASET_EXACT | DATASET_SUBTREE)

static void dataset_names(void **state)
{
	static const struct row rows[] = {
	    {2, "exact.example", .scope = DATASET_EXACT},
	    {3, "below.example", .scope = DATASET_SUBTREE},
	    {4, "both.example", .scope = BOTH},
	    {EXCLUDED, "not.both.example", .scope = DATASET_EXACT},
	    {5, "again.not.both.example", .scope = DATASET_EXACT},
	    {EXCLUDED, "never.both.example", .scope = BOTH},
	    {6, "more.both.example", .scope = BOTH},
	    {7, "more.both.example", .scope = BOTH},
	    {6, "more.both.example", .scope = BOTH},
	    {EXCLUDED, "alone.example", .scope = BOTH},
	    {8, "deep.hidden.example", .scope = BOTH},
	    {EXCLUDED, "hidden.example", 1, .scope = BOTH},
	    {9, "first.example", 0, true, .scope = DATASET_EXACT},
	    {10, "first.example", 0, true, .scope = DATASET_EXACT},
	    {11, "first.example", 0, true, .scope = DATASET_SUBTREE},
	    {0},
	};
	static const struct {
		const char *key, *codes, *reason;
	} answers[] = {
	    {"exact.example", "2", "itself"},
	    {"a.exact.example", "", "nothing below it"},
	    {"below.example", "", "not itself"},
	    {"a.below.example", "3", "below it"},
	    {"b.a.below.example", "3", "far below it"},
	    {"xbelow.example", "", "a name that only ends alike"},
	    {"both.example", "4", "itself"},
	    {"a.both.example", "4", "below it"},
	    {"not.both.example", "", "excluded"},
	    {"a.not.both.example", "4", "below an exact exclusion"},
	    {"again.not.both.example", "5", "listed again"},
	    {"a.never.both.example", "", "below a subtree exclusion"},
	    {"more.both.example", "6 7", "two values, in the order of first appearance"},
	    {"a.more.both.example", "6 7", "the nearest name decides"},
	    {"deep.hidden.example", "", "a higher level wins over a nearer name"},
	    {"x.deep.hidden.example", "", "and over what is below that"},
	    {"first.example", "9", "the first counts"},
	    {"a.first.example", "11", "per scope"},
	    {"example", "", "above all of them"},
	};
	struct dataset *d = build(rows, DROPPING);

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		expect(d, answers[i].key, answers[i].codes, answers[i].reason);
	assert_int_equal(d->facts.entry_count, 9);
	for (size_t i = 1; i < d->name_count; i++) {
		const struct dataset_name *a = &d->names[i - 1], *b = &d->names[i];

		assert_true(name_compare(d->name_bytes + a->offset, a->size,
		                         d->name_bytes + b->offset, b->size) < 0);
	}
	/* alone, hidden and what is below it say nothing */
	assert_int_equal(d->name_count, 8);
	dataset_free(d);
}

static void dataset_bogons(void **state)
{
	static const struct row rows[] = {
	    {2, "10.1.2.3"},          {2, "9.0.0.0/7"},
	    {2, "192.0.2.0/24"},      {2, "198.51.100.0/24"},
	    {2, "203.0.113.0/24"},    {2, "fe80::/64"},
	    {2, "2001:db8::/32"},     {2, "::/0"},
	    {EXCLUDED, "10.0.0.0/8"}, {0},
	};
	static const struct {
		const char *key, *codes, *reason;
	} answers[] = {
	    {"8.255.255.255", "2", "before private space"},
	    {"9.255.255.255", "2", "before private"},
	    {"10.0.0.0", "", "private"},
	    {"192.0.2.1", "2", "documentation"},
	    {"198.51.100.1", "2", "documentation"},
	    {"203.0.113.1", "2", "documentation"},
	    {"fe80::1", "", "link-local"},
	    {"2001:db8::1", "2", "documentation"},
	    {"1fff:ffff::", "", "before global unicast"},
	    {"2000::", "2", "global unicast"},
	    {"3fff:ffff::", "2", "the end of it"},
	    {"4000::", "", "behind it"},
	};
	struct dataset *d = build(rows, DROPPING);

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		expect(d, answers[i].key, answers[i].codes, answers[i].reason);
	assert_int_equal(d->facts.entry_count, 6);
	assert_int_equal(d->facts.bogon_count, 3);
	assert_int_equal(d->facts.masked_count, 1); /* 9.0.0.0/7 is 8.0.0.0/7 */
	assert_int_equal(d->facts.widest4, 7);
	assert_int_equal(d->facts.widest4_line, 2);
	assert_int_equal(d->facts.widest6, 3);
	assert_int_equal(d->facts.widest6_line, 8);
	dataset_free(d);
}

/* 11-10/8 bogon: the first piece of an entry is removed, the second counts in its place. */
static void dataset_part_of_bogon(void **state)
{
	static const struct row rows[] = {
	    {2, "10.255.255.0/24", 24},
	    {2, "11.0.0.0/16", 16, false, true},
	    {2, "11.1.0.0/24", 24, false, true},
	    {0},
	};
	struct dataset *d = build(rows, DROPPING);

	(void)state;
	assert_int_equal(d->facts.entry_count, 1);
	assert_int_equal(d->facts.bogon_count, 1);
	dataset_free(d);
}

static void bogon_rows(void **state)
{
	(void)state;
	for (unsigned which = 0; which < 4; which++) {
		struct bogons bogons = bogons_get(which & 1, which & 2);

		for (size_t i = 0; i < bogons.count; i++) {
			assert_true(bogons.rows[i].first <= bogons.rows[i].last);
			assert_int_equal(bogons.rows[i].is_ip6, which & 1);
			/* bogons_cut() relies on a gap between rows */
			if (i)
				assert_true(bogons.rows[i].first - 1 > bogons.rows[i - 1].last);
		}
	}
}

static void dataset_hash(void **state)
{
	static const struct row base[] = {
	    {2, "192.0.2.0/25"}, {3, "192.0.2.1"}, {4, "a.example", .scope = BOTH}, {0}};
	static const struct row shuffled[] = {{4, "a.example", .scope = BOTH},
	                                      {2, "192.0.2.64/26"},
	                                      {2, "192.0.2.0/26"},
	                                      {3, "192.0.2.1"},
	                                      {0}};
	static const struct row different[][5] = {
	    {{2, "192.0.2.0/25"}, {3, "192.0.2.1"}, {4, "a.example", .scope = DATASET_EXACT}, {0}},
	    {{2, "192.0.2.0/25"}, {5, "192.0.2.1"}, {4, "a.example", .scope = BOTH}, {0}},
	    {{2, "192.0.2.0/25"}, {3, "192.0.2.2"}, {4, "a.example", .scope = BOTH}, {0}},
	    {{2, "192.0.2.0/25"}, {3, "192.0.2.1"}, {4, "b.example", .scope = BOTH}, {0}},
	    {{2, "192.0.2.0/25"}, {3, "192.0.2.1"}, {0}},
	    {{2, "192.0.2.0/25"},
	     {3, "192.0.2.1"},
	     {4, "a.example", .scope = BOTH},
	     {2, "2001:db8::"},
	     {0}},
	};
	struct dataset *d = build(base, DROPPING), *same = build(shuffled, DROPPING);

	(void)state;
	assert_memory_equal(d->facts.hash, same->facts.hash, sizeof(d->facts.hash));
	for (size_t i = 0; i < sizeof(different) / sizeof(different[0]); i++) {
		struct dataset *other = build(different[i], DROPPING);

		assert_memory_not_equal(d->facts.hash, other->facts.hash, sizeof(d->facts.hash));
		dataset_free(other);
	}
	dataset_free(d);
	dataset_free(same);
}

static void dataset_values(void **state)
{
	struct dataset_options options = {0};
	struct dataset_builder *b = dataset_builder_new(&options);
	static const struct {
		uint32_t code;
		int rc;
	} codes[] = {
	    {0, 0},          {0x7f000000, 0},       {0x7f000001, -EINVAL}, {0x7f000002, 0},
	    {0x7fffffff, 0}, {0x7effffff, -EINVAL}, {0x80000000, -EINVAL}, {1, -EINVAL},
	};
	struct dataset_value value = {.text_kind = DATASET_TEXT_OWN, .text = "a", .text_size = 1};
	struct address_range range = {.first = 0xc0000201, .last = 0xc0000201};
	struct dataset_entry entry = {0};
	const struct dataset_value *const *values;
	struct dataset *d;
	uint32_t id, other;

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		value.code = codes[i].code;
		assert_int_equal(dataset_value(b, &value, &id), codes[i].rc);
	}
	value.code = 0;
	assert_int_equal(dataset_value(b, &value, &id), 0);
	assert_int_equal(dataset_value(b, &value, &other), 0);
	assert_int_equal(id, other);
	value.text = "b";
	assert_int_equal(dataset_value(b, &value, &other), 0);
	assert_int_not_equal(id, other);
	entry.value = id;
	assert_int_equal(dataset_add_range(b, &range, &entry), 0);
	entry.value = other;
	assert_int_equal(dataset_add_range(b, &range, &entry), 0);
	/* Replacing makes both equal: one entry with one value. */
	assert_int_equal(dataset_value_replace(b, id, &value), 0);
	value.code = 0x7f000001;
	assert_int_equal(dataset_value_replace(b, id, &value), -EINVAL);
	d = dataset_finish(b);
	assert_int_equal(d->facts.entry_count, 1);
	assert_int_equal(dataset_set(d, d->edges4.sets ? d->edges4.sets[0] : 1, &values), 1);
	assert_memory_equal(values[0]->text, "b", 1);
	dataset_free(d);
}

/* No answer holds more; and sets of all values of nested ranges would grow with their square. */
static void dataset_set_is_capped(void **state)
{
	struct dataset_options options = {0};
	struct dataset_builder *b = dataset_builder_new(&options);
	const struct dataset_value *const *values;
	struct dataset *d;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		struct dataset_value value = {.code = 0x7f000100 + i};
		struct address_range range = {.first = 0x0b000000 + i, .last = 0x0b010000 - i};
		struct dataset_entry entry = {.line = i + 1};

		assert_int_equal(dataset_value(b, &value, &entry.value), 0);
		assert_int_equal(dataset_add_range(b, &range, &entry), 0);
	}
	d = dataset_finish(b);
	assert_int_equal(d->range4_count, 2 * (DATASET_SET_MAX - 1) + 1);
	assert_int_equal(dataset_set_count(d), DATASET_SET_MAX);
	assert_int_equal(dataset_set(d, DATASET_SET_MAX, &values), DATASET_SET_MAX);
	for (uint32_t i = 0; i < DATASET_SET_MAX; i++)
		assert_int_equal(values[i]->code, 0x7f000100 + i);
	dataset_free(d);
}

static void dataset_messages(void **state)
{
	struct dataset_options options = {0};
	struct dataset_builder *b = dataset_builder_new(&options);
	struct dataset *d;

	(void)state;
	for (uint64_t line = 1; line <= DATASET_MESSAGES_MAX + 2; line++)
		dataset_bad_line(b, line, "bad address '%s'", "\x1b[31m\xff\n");
	d = dataset_finish(b);
	assert_int_equal(d->facts.bad_line_count, DATASET_MESSAGES_MAX + 2);
	assert_int_equal(d->message_count, DATASET_MESSAGES_MAX);
	assert_int_equal(d->messages[4].line, 5);
	assert_string_equal(d->messages[0].text, "bad address '?[31m?"
	                                         "?'");
	dataset_free(d);
	dataset_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dataset_ranges),   cmocka_unit_test(dataset_names),
	    cmocka_unit_test(dataset_bogons),   cmocka_unit_test(dataset_part_of_bogon),
	    cmocka_unit_test(bogon_rows),       cmocka_unit_test(dataset_hash),
	    cmocka_unit_test(dataset_values),   cmocka_unit_test(dataset_set_is_capped),
	    cmocka_unit_test(dataset_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

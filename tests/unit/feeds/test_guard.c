/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define LIMITS(...)                                                                                \
	{                                                                                          \
		.errors = 0.01, .shrink = 0.5, .growth = 3, .widest4 = 8, .widest6 = 19,           \
		.coverage4 = 0.02, .labels = 2, .lint = true, __VA_ARGS__                          \
	}
#define FACTS(...)                                                                                 \
	{                                                                                          \
		.entry_count = 100, .line_count = 100, .declared_count = UINT64_MAX,               \
		.widest4 = 33, .widest6 = 129, __VA_ARGS__                                         \
	}
#pragma GCC diagnostic ignored "-Woverride-init"

/* Each limit from both sides. last_good: entries of the last good version; 0 = there is none. */
static const struct {
	enum guard_outcome outcome;
	struct guard_limits limits;
	struct dataset_facts version;
	uint64_t last_good;
	const char *word; /* of the reason: what the operator may change */
	const char *reason;
} rows[] = {
    {GUARD_OK, LIMITS(), FACTS(), 0, "", "a first version"},
    {GUARD_OK, LIMITS(), FACTS(.bad_line_count = 1), 0, "", "1 % bad"},
    {GUARD_ERRORS, LIMITS(), FACTS(.bad_line_count = 2), 0, "'errors'", "2 % bad"},
    {GUARD_OK, LIMITS(.errors = 0.29), FACTS(.bad_line_count = 29), 0, "", "29 % of 29 %"},
    {GUARD_ERRORS, LIMITS(.errors = 0.29), FACTS(.bad_line_count = 30), 0, "'errors'",
     "30 % of 29 %"},
    {GUARD_OK, LIMITS(.errors = 0), FACTS(), 0, "", "none bad, none allowed"},
    {GUARD_ERRORS, LIMITS(.errors = 0), FACTS(.line_count = 1000000, .bad_line_count = 1), 0,
     "'errors'", "one bad, none allowed"},
    {GUARD_ERRORS, LIMITS(), FACTS(.entry_count = 0, .line_count = 1, .bad_line_count = 1), 0,
     "'errors'", "an error page in place of the list"},
    {GUARD_EMPTY, LIMITS(), FACTS(.entry_count = 0, .line_count = 0), 0, "'may_be_empty'", "empty"},
    {GUARD_EMPTY, LIMITS(), FACTS(.entry_count = 0, .line_count = 5), 1000, "'may_be_empty'",
     "exclusions only"},
    {GUARD_OK, LIMITS(.may_be_empty = true), FACTS(.entry_count = 0, .line_count = 0), 0, "",
     "empty and allowed to be"},
    {GUARD_OK, LIMITS(.may_be_empty = true), FACTS(.entry_count = 0, .line_count = 0), 1000, "",
     "emptied and allowed to be"},
    {GUARD_OK, LIMITS(), FACTS(.entry_count = 50), 100, "", "half is left"},
    {GUARD_SHRINK, LIMITS(), FACTS(.entry_count = 49), 100, "'shrink'", "less than half is left"},
    {GUARD_OK, LIMITS(), FACTS(.entry_count = 1), 99, "", "too few before to compare"},
    {GUARD_SHRINK, LIMITS(.may_be_empty = true), FACTS(.entry_count = 1), 100, "'shrink'",
     "nearly empty is not empty"},
    {GUARD_OK, LIMITS(.shrink = 0.9), FACTS(.entry_count = 10), 100, "",
     "a tenth is left of a tenth"},
    {GUARD_SHRINK, LIMITS(.shrink = 0.9), FACTS(.entry_count = 9), 100, "'shrink'", "9 % of 10 %"},
    {GUARD_OK, LIMITS(.shrink = 1), FACTS(.entry_count = 1), 1000000, "", "any loss is allowed"},
    {GUARD_OK, LIMITS(), FACTS(.entry_count = 300), 100, "", "three times as many"},
    {GUARD_GROWTH, LIMITS(), FACTS(.entry_count = 301), 100, "'growth'", "more than three times"},
    {GUARD_OK, LIMITS(), FACTS(.entry_count = 1000000), 99, "", "too few before to compare"},
    {GUARD_OK, LIMITS(.growth = 1.1), FACTS(.entry_count = 110), 100, "", "a tenth more"},
    {GUARD_GROWTH, LIMITS(.growth = 1.1), FACTS(.entry_count = 111), 100, "'growth'", "11 % more"},
    {GUARD_OK, LIMITS(), FACTS(.widest4 = 8), 0, "", "a /8"},
    {GUARD_WIDE4, LIMITS(), FACTS(.widest4 = 7, .widest4_line = 12), 0, "line 12", "a /7"},
    {GUARD_WIDE4, LIMITS(), FACTS(.widest4 = 1), 0, "'widest4'", "half of all"},
    {GUARD_OK, LIMITS(.widest4 = 0), FACTS(.widest4 = 1), 0, "", "any prefix is allowed"},
    {GUARD_EVERYTHING, LIMITS(), FACTS(.widest4 = 0), 0, "never", "everything"},
    {GUARD_EVERYTHING, LIMITS(.widest4 = 0), FACTS(.widest4 = 0), 0, "never",
     "everything, where any prefix is allowed"},
    {GUARD_EVERYTHING, LIMITS(.widest6 = 0), FACTS(.widest6 = 0), 0, "never", "in IPv6"},
    {GUARD_EVERYTHING, LIMITS(.widest4 = 0, .coverage4 = 1), FACTS(.coverage4 = 3702000000u), 0,
     "never", "in pieces, without bogons"},
    {GUARD_OK, LIMITS(.widest4 = 32), FACTS(.widest4 = 32), 0, "", "addresses only"},
    {GUARD_WIDE4, LIMITS(.widest4 = 32), FACTS(.widest4 = 31), 0, "'widest4'", "addresses only"},
    {GUARD_OK, LIMITS(), FACTS(.widest6 = 19), 0, "", "a v6 /19"},
    {GUARD_WIDE6, LIMITS(), FACTS(.widest6 = 18, .widest6_line = 7), 0, "line 7", "a v6 /18"},
    {GUARD_OK, LIMITS(.widest6 = 0), FACTS(.widest6 = 1), 0, "", "any v6 prefix"},
    {GUARD_OK, LIMITS(.min_entries = 100), FACTS(), 0, "", "as many as there must be"},
    {GUARD_EMPTY, LIMITS(.min_entries = 101), FACTS(), 0, "'min_entries'", "one less"},
    {GUARD_OK, LIMITS(.min_entries = 101, .may_be_empty = true),
     FACTS(.entry_count = 0, .line_count = 0), 0, "", "none, where few are not allowed"},
    {GUARD_OK, LIMITS(), FACTS(.coverage4 = 85899345), 0, "", "2 % of all addresses"},
    {GUARD_COVERAGE4, LIMITS(), FACTS(.coverage4 = 85899347), 0, "'coverage4'", "one more"},
    {GUARD_OK, LIMITS(.coverage4 = 1), FACTS(.coverage4 = 3ull << 30), 0, "", "most, allowed"},
    {GUARD_COVERAGE4, LIMITS(.coverage4 = 0), FACTS(.coverage4 = 1), 0, "'coverage4'",
     "names only"},
    {GUARD_OK, LIMITS(), FACTS(.top_labels = 3, .top_name = "a.test"), 0, "", "two labels"},
    {GUARD_LABELS, LIMITS(), FACTS(.top_labels = 2, .top_name = "test"), 0, "'test'", "a TLD"},
    {GUARD_EVERYTHING, LIMITS(), FACTS(.top_labels = 1, .top_name = "."), 0, "never", "the root"},
    {GUARD_EVERYTHING, LIMITS(.labels = 0), FACTS(.top_labels = 1, .top_name = "."), 0, "never",
     "the root where any name is allowed"},
    {GUARD_OK, LIMITS(.labels = 1), FACTS(.top_labels = 2, .top_name = "test"), 0, "", "a TLD"},
    {GUARD_LINT, LIMITS(), FACTS(.error_code = 0x7ffffffe), 0, "127.255.255.254",
     "a public resolver was told so, and it became data"},
    {GUARD_OK, LIMITS(.lint = false), FACTS(.error_code = 0x7ffffffe), 0, "", "allowed"},
    {GUARD_OK, LIMITS(), FACTS(.declared_count = 100, .entry_count = 98), 0, "",
     "two lines list the same: records count, not entries"},
    {GUARD_COUNT_MISMATCH, LIMITS(), FACTS(.declared_count = 101), 0, "101", "one is missing"},
    {GUARD_COUNT_MISMATCH, LIMITS(), FACTS(.declared_count = 99), 0, "99", "one too many"},
    {GUARD_COUNT_MISMATCH, LIMITS(),
     FACTS(.declared_count = 100, .entry_count = 0, .line_count = 0), 0, "100", "all are missing"},
};

static void guard_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dataset_facts last_good = {.entry_count = rows[i].last_good,
		                                  .declared_count = UINT64_MAX};
		char reason[200] = "untouched";
		enum guard_outcome outcome =
		    guard_check(&rows[i].limits, &rows[i].version,
		                rows[i].last_good ? &last_good : NULL, reason, sizeof(reason));

		if (outcome != rows[i].outcome)
			fail_msg("%s: %s (%s)", rows[i].reason, guard_name(outcome), reason);
		if (!strstr(reason, rows[i].word) || !reason[0] != (outcome == GUARD_OK))
			fail_msg("%s: reason '%s' lacks '%s'", rows[i].reason, reason,
			         rows[i].word);
	}
}

/* A file that was cut off has lost its count. */
static void guard_lost_count(void **state)
{
	static const struct guard_limits limits = GUARD_LIMITS_DEFAULT;
	struct dataset_facts is = FACTS(.declared_count = 100), was = is;
	char reason[200];

	(void)state;
	assert_int_equal(guard_check(&limits, &is, &was, reason, sizeof(reason)), GUARD_OK);
	is.declared_count = UINT64_MAX;
	assert_int_equal(guard_check(&limits, &is, &was, reason, sizeof(reason)),
	                 GUARD_COUNT_MISMATCH);
	assert_non_null(strstr(reason, "not complete"));
	was.declared_count = UINT64_MAX;
	assert_int_equal(guard_check(&limits, &is, &was, reason, sizeof(reason)), GUARD_OK);
}

/* Kinds of entries that there were and are not any more. */
static void guard_lost_kind(void **state)
{
	static const struct {
		const char *why;
		uint64_t was4, was6, was_names, is4, is6, is_names;
		enum guard_outcome outcome;
		const char *word;
	} kinds[] = {
	    {"another column", 50, 0, 0, 0, 0, 50, GUARD_LINT, "127.0.0.2"},
	    {"the same kinds", 50, 10, 5, 1, 1, 1, GUARD_OK, ""},
	    {"a hundred IPv6 among more", 5000, 100, 0, 5000, 0, 0, GUARD_LINT, "::ffff:127.0.0.2"},
	    {"a few IPv6 come and go", 5000, 99, 0, 5000, 0, 0, GUARD_OK, ""},
	    {"names to addresses", 0, 0, 3, 3, 0, 0, GUARD_LINT, "'test'"},
	    {"a version of before this was kept", 0, 0, 0, 0, 0, 9, GUARD_OK, ""},
	    {"a kind is new", 5, 0, 0, 5, 5, 5, GUARD_OK, ""},
	};
	static const struct guard_limits limits = GUARD_LIMITS_DEFAULT;
	static const struct guard_limits lax = {
	    .errors = 1, .growth = 3, .shrink = 1, .coverage4 = 1, .lint = false};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct dataset_facts was =
		    FACTS(.ip4_ranges = kinds[i].was4, .ip6_ranges = kinds[i].was6,
		          .names = kinds[i].was_names);
		struct dataset_facts is =
		    FACTS(.ip4_ranges = kinds[i].is4, .ip6_ranges = kinds[i].is6,
		          .names = kinds[i].is_names);
		char reason[200];

		if (guard_check(&limits, &is, &was, reason, sizeof(reason)) != kinds[i].outcome ||
		    !strstr(reason, kinds[i].word))
			fail_msg("%s: '%s'", kinds[i].why, reason);
		assert_int_equal(guard_check(&lax, &is, &was, reason, sizeof(reason)), GUARD_OK);
		assert_int_equal(guard_check(&limits, &is, NULL, reason, sizeof(reason)), GUARD_OK);
	}
}

static void guard_defaults(void **state)
{
	static const struct guard_limits limits = GUARD_LIMITS_DEFAULT;

	(void)state;
	assert_true(limits.errors == 0.01 && limits.shrink == 0.5 && limits.growth == 3);
	assert_true(!limits.may_be_empty && limits.widest4 == 8 && limits.widest6 == 19);
	assert_true(limits.lint && limits.min_entries == 0 && limits.coverage4 == 0.02 &&
	            limits.labels == 2);
	assert_string_equal(guard_name(GUARD_SHRINK), "shrink");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(guard_rows),
	    cmocka_unit_test(guard_lost_count),
	    cmocka_unit_test(guard_lost_kind),
	    cmocka_unit_test(guard_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

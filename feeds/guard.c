/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/guard.h"

#include <inttypes.h>
#include <stdio.h>

/* Limits are decimal fractions: 0.29 of 100 is meant to be 29. */
static bool is_above(uint64_t count, double limit)
{
	return (double)count > limit * (1 + 1e-9);
}

static bool is_below(uint64_t count, double limit)
{
	return (double)count < limit * (1 - 1e-9);
}

static bool are_too_many_bad(const struct guard_limits *limits, const struct dataset_facts *version,
                             char *out_reason, size_t reason_size)
{
	if (!is_above(version->bad_line_count, limits->errors * (double)version->line_count))
		return false;
	snprintf(out_reason, reason_size,
	         "%" PRIu64 " of %" PRIu64 " lines are bad: more than %g %% (guard 'errors')",
	         version->bad_line_count, version->line_count, 100 * limits->errors);
	return true;
}

static bool is_empty(const struct guard_limits *limits, const struct dataset_facts *version,
                     char *out_reason, size_t reason_size)
{
	if (version->entry_count && version->entry_count < limits->min_entries) {
		snprintf(out_reason, reason_size,
		         "%" PRIu64 " entries: less than %" PRIu32 " (guard 'min_entries')",
		         version->entry_count, limits->min_entries);
		return true;
	}
	if (version->entry_count || limits->may_be_empty)
		return false;
	snprintf(out_reason, reason_size,
	         "no entries in %" PRIu64 " lines (guard 'may_be_empty' would allow it)",
	         version->line_count);
	return true;
}

static bool is_miscounted(const struct dataset_facts *version,
                          const struct dataset_facts *last_good, char *out_reason,
                          size_t reason_size)
{
	uint64_t found = version->line_count + version->skipped_count;

	/* The count comes last in a file: one that was cut off has none. */
	if (version->declared_count == UINT64_MAX && last_good &&
	    last_good->declared_count != UINT64_MAX) {
		snprintf(out_reason, reason_size,
		         "does not say how many records it has, as the version before did: it is "
		         "not complete");
		return true;
	}
	if (version->declared_count == UINT64_MAX || version->declared_count == found)
		return false;
	snprintf(out_reason, reason_size,
	         "%" PRIu64 " records, but the feed says it has %" PRIu64 ": it is not complete",
	         found, version->declared_count);
	return true;
}

static bool is_too_wide(const char *key, uint8_t limit, uint8_t widest, uint64_t line,
                        char *out_reason, size_t reason_size)
{
	char where[40] = "it"; /* formats without lines */

	if (!limit || widest >= limit)
		return false;
	if (line)
		snprintf(where, sizeof(where), "line %" PRIu64, line);
	snprintf(out_reason, reason_size, "%s lists a /%u: wider than /%u (guard '%s', 0 = any)",
	         where, widest, limit, key);
	return true;
}

static bool covers_too_much(const struct guard_limits *limits, const struct dataset_facts *version,
                            char *out_reason, size_t reason_size)
{
	const double all = 4294967296.0;

	if (!is_above(version->coverage4, limits->coverage4 * all))
		return false;
	snprintf(
	    out_reason, reason_size,
	    "lists %.3g %% of all IPv4 addresses: more than %g %% (guard 'coverage4', a share)",
	    100 * (double)version->coverage4 / all, 100 * limits->coverage4);
	return true;
}

static bool is_near_root(const struct guard_limits *limits, const struct dataset_facts *version,
                         char *out_reason, size_t reason_size)
{
	if (!version->top_labels || version->top_labels - 1 >= limits->labels)
		return false;
	snprintf(out_reason, reason_size,
	         "lists '%s' with all below it: less than %u labels (guard 'labels', 0 = any)",
	         version->top_name, limits->labels);
	return true;
}

static bool has_shrunk(const struct guard_limits *limits, const struct dataset_facts *version,
                       const struct dataset_facts *last_good, char *out_reason, size_t reason_size)
{
	/* An empty version that may be empty has passed is_empty(). */
	if (!version->entry_count ||
	    !is_below(version->entry_count, (1 - limits->shrink) * (double)last_good->entry_count))
		return false;
	snprintf(out_reason, reason_size,
	         "%" PRIu64 " entries after %" PRIu64
	         ": a loss of more than %g %% (guard 'shrink')",
	         version->entry_count, last_good->entry_count, 100 * limits->shrink);
	return true;
}

static bool has_grown(const struct guard_limits *limits, const struct dataset_facts *version,
                      const struct dataset_facts *last_good, char *out_reason, size_t reason_size)
{
	if (!is_above(version->entry_count, limits->growth * (double)last_good->entry_count))
		return false;
	snprintf(out_reason, reason_size,
	         "%" PRIu64 " entries after %" PRIu64
	         ": more than %g times as many (guard 'growth')",
	         version->entry_count, last_good->entry_count, limits->growth);
	return true;
}

bool guard_is_everything(const struct dataset_facts *version)
{
	return version->widest4 == 0 || version->widest6 == 0 || version->top_labels == 1 ||
	       (double)version->coverage4 >= GUARD_EVERYTHING_SHARE * 4294967296.0;
}

static bool lists_everything(const struct dataset_facts *version, char *out_reason,
                             size_t reason_size)
{
	if (!guard_is_everything(version))
		return false;
	snprintf(out_reason, reason_size,
	         "lists everything: that is never taken, whatever guards allow");
	return true;
}

/* RFC 5782 section 5: a zone of addresses has test entries, and keeps them. */
static bool has_lost_kind(const struct dataset_facts *version,
                          const struct dataset_facts *last_good, char *out_reason,
                          size_t reason_size)
{
	const struct {
		const char *what, *test;
		uint64_t is, was;
	} kinds[] = {
	    {"IPv4 addresses", "127.0.0.2", version->ip4_ranges, last_good->ip4_ranges},
	    {"IPv6 addresses", "::ffff:127.0.0.2", version->ip6_ranges, last_good->ip6_ranges},
	    {"names", "'test'", version->names, last_good->names},
	};
	uint64_t all = last_good->ip4_ranges + last_good->ip6_ranges + last_good->names;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].is || !kinds[i].was ||
		    (kinds[i].was < all / 2 && kinds[i].was < GUARD_COMPARED_FROM))
			continue;
		snprintf(out_reason, reason_size,
		         "lists no %s any more, the version before had %" PRIu64
		         ": zones may lose the test entry %s (guard 'lint')",
		         kinds[i].what, kinds[i].was, kinds[i].test);
		return true;
	}
	return false;
}

static bool fails_lint(const struct guard_limits *limits, const struct dataset_facts *version,
                       const struct dataset_facts *last_good, char *out_reason, size_t reason_size)
{
	if (!limits->lint || !version->entry_count)
		return false;
	if (version->error_code) {
		snprintf(out_reason, reason_size,
		         "has entries with the code 127.255.255.%" PRIu32
		         ", which tells clients of an error, not of a listing (guard 'lint')",
		         version->error_code & 255);
		return true;
	}
	return last_good && has_lost_kind(version, last_good, out_reason, reason_size);
}

enum guard_outcome guard_check(const struct guard_limits *limits,
                               const struct dataset_facts *version,
                               const struct dataset_facts *last_good, char *out_reason,
                               size_t reason_size)
{
	if (reason_size)
		out_reason[0] = 0;
	if (are_too_many_bad(limits, version, out_reason, reason_size))
		return GUARD_ERRORS;
	if (is_miscounted(version, last_good, out_reason, reason_size))
		return GUARD_COUNT_MISMATCH;
	if (is_empty(limits, version, out_reason, reason_size))
		return GUARD_EMPTY;
	if (lists_everything(version, out_reason, reason_size))
		return GUARD_EVERYTHING;
	if (is_too_wide("widest4", limits->widest4, version->widest4, version->widest4_line,
	                out_reason, reason_size))
		return GUARD_WIDE4;
	if (is_too_wide("widest6", limits->widest6, version->widest6, version->widest6_line,
	                out_reason, reason_size))
		return GUARD_WIDE6;
	if (covers_too_much(limits, version, out_reason, reason_size))
		return GUARD_COVERAGE4;
	if (is_near_root(limits, version, out_reason, reason_size))
		return GUARD_LABELS;
	if (fails_lint(limits, version, last_good, out_reason, reason_size))
		return GUARD_LINT;
	if (!last_good || last_good->entry_count < GUARD_COMPARED_FROM)
		return GUARD_OK;
	if (has_shrunk(limits, version, last_good, out_reason, reason_size))
		return GUARD_SHRINK;
	if (has_grown(limits, version, last_good, out_reason, reason_size))
		return GUARD_GROWTH;
	return GUARD_OK;
}

const char *guard_name(enum guard_outcome outcome)
{
	switch (outcome) {
	case GUARD_OK:
		return "ok";
	case GUARD_ERRORS:
		return "errors";
	case GUARD_EMPTY:
		return "empty";
	case GUARD_SHRINK:
		return "shrink";
	case GUARD_GROWTH:
		return "growth";
	case GUARD_WIDE4:
		return "widest4";
	case GUARD_WIDE6:
		return "widest6";
	case GUARD_COVERAGE4:
		return "coverage4";
	case GUARD_LABELS:
		return "labels";
	case GUARD_EVERYTHING:
		return "everything";
	case GUARD_LINT:
		return "lint";
	case GUARD_COUNT_MISMATCH:
		return "count";
	}
	return "unknown";
}

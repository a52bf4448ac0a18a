/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Whether a version of a feed may replace the last good one. Pure: facts in, verdict out.
 */
#include "feeds/dataset.h"

struct guard_limits {
	double errors; /* largest share of bad lines; default 0.01 */
	double shrink; /* largest loss as a share of the last good version's entries; default 0.5 */
	double growth; /* largest size as a multiple of the last good version; default 3 */
	bool may_be_empty;    /* default false */
	uint8_t widest4;      /* shortest IPv4 prefix accepted, 0 = any; default 8 */
	uint8_t widest6;      /* default 19 */
	uint32_t min_entries; /* default 0 */
	double coverage4;     /* largest share of all IPv4 addresses; default 0.02 */
	bool lint;            /* hold what would break the zones' test entries; default true */
	uint8_t labels; /* fewest of a name with all below it: 1 = a top-level domain; default 2 */
};

#define GUARD_LIMITS_DEFAULT                                                                       \
	{                                                                                          \
		.errors = 0.01, .shrink = 0.5, .growth = 3, .widest4 = 8, .widest6 = 19,           \
		.coverage4 = 0.02, .labels = 2, .lint = true                                       \
	}
/*
 * Of all IPv4 addresses: just below what is left of them when bogons are cut out (0.862), and above
 * what databases of countries and systems hold (0.860), which are lists like others.
 */
#define GUARD_EVERYTHING_SHARE 0.8615
#define GUARD_COMPARED_FROM                                                                        \
	100 /* entries of the last good version from which shrink and growth count */

enum guard_outcome {
	GUARD_OK,
	GUARD_ERRORS,
	GUARD_EMPTY,
	GUARD_SHRINK,
	GUARD_GROWTH,
	GUARD_WIDE4,
	GUARD_WIDE6,
	GUARD_COVERAGE4,      /* too large a share of all addresses */
	GUARD_LABELS,         /* a name that is too near the root, with all below it */
	GUARD_EVERYTHING,     /* the whole address space, or all names: no limit allows it */
	GUARD_LINT,           /* its zones would fail the acceptance list of a DNSBL */
	GUARD_COUNT_MISMATCH, /* the feed declares another number of records than it has */
};

/*
 * Judge a version.
 *
 * last_good:  NULL when there is none
 * out_reason: text for people when not GUARD_OK: what was found, what is allowed, which key allows
 * more
 */
enum guard_outcome guard_check(const struct guard_limits *limits,
                               const struct dataset_facts *version,
                               const struct dataset_facts *last_good, char *out_reason,
                               size_t reason_size);

/* Whether a version lists everything, which not even an operator can accept. */
bool guard_is_everything(const struct dataset_facts *version);

/* "shrink", "errors" …: for metrics and JSON. */
const char *guard_name(enum guard_outcome outcome);

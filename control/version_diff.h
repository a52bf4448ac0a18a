/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What is another in one version of a list than in another: how much comes, goes and says something
 * else, the widest of it, and a sample spread evenly over all of it. Pure.
 */
#include "control/merge.h"
#include "feeds/dataset.h"

#define VERSION_DIFF_SAMPLE_MAX 20

/* A range or a name. */
struct version_diff_place {
	bool is_name;
	struct address_range range;
	uint8_t wire[NAME_WIRE_MAX]; /* lower case, no root label */
	uint8_t wire_size;
};

/* Ranges that touch and are of the same kind count as one. */
struct version_diff_part {
	uint64_t ranges4, addresses4, ranges6, names;
	struct address_range widest4, widest6; /* when there is one */
	/* Every stride-th of them, in order: addresses, then names. */
	size_t sample_count;
	uint64_t sample_stride, seen;
	struct version_diff_place sample[VERSION_DIFF_SAMPLE_MAX];
};

enum version_diff_kind {
	VERSION_DIFF_ADDED,
	VERSION_DIFF_REMOVED,
	VERSION_DIFF_CHANGED, /* listed by both, with another code or text */
	VERSION_DIFF_KINDS,
};

struct version_diff {
	struct version_diff_part parts[VERSION_DIFF_KINDS];
};

/*
 * Compare two versions; was may be NULL: there was nothing.
 *
 * code, text: of the list, for entries without their own
 * Errors: -ENOMEM; -ENOSPC more different listings than can be told apart
 * Cost:   O(ranges + names)
 */
int version_diff(const struct dataset *was, const struct dataset *is, uint32_t code,
                 const char *text, struct version_diff *out);

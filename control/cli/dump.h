/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The entries of a list written out in the syntax of other programs, one after the other.
 */
#include "control/config.h"
#include "control/merge.h"
#include "feeds/dataset.h"

#include <stdio.h>

#define DUMP_ERROR_MAX 512

struct dump {
	FILE *out;
	const struct config_list *list;
	const struct dataset *dataset;
	struct merge_never never; /* what is never listed, sorted */
	uint64_t entry_count;     /* written so far */
	/* Entries, or parts of them, that the syntax has no place for. */
	uint64_t name_count, exact_count, text_count;
	bool has_failed; /* out of memory */
	bool is_first;   /* private: nothing is between braces yet */
	unsigned value;  /* private: which of several values of an entry is written */
};

/* An entry of addresses: a range that is no more than one prefix unless the format takes ranges. */
typedef void dump_range(struct dump *d, const struct address_range *range, uint32_t set);

/* exact, subtree: sets, 0 = an exclusion, DATASET_ABSENT = nothing is said */
typedef void dump_name(struct dump *d, const uint8_t *wire, size_t size, uint32_t exact,
                       uint32_t subtree);

struct dump_format {
	const char *name;
	void (*write)(struct dump *d);
};

/* NULL when there is no such format. */
const struct dump_format *dump_format_find(const char *name);

/* All names, for people. */
#define DUMP_FORMATS "plain, rbldnsd, rpz, ipset, nft, json or bind"

/* Visit what is listed of a family, without what is never listed. bits: cut into prefixes whose
 * length is a multiple of that; 0 = leave ranges as they are */
void dump_ranges(struct dump *d, bool is_ip6, unsigned bits, dump_range *visit);

/* Visit names as they are in the dataset. */
void dump_names(struct dump *d, dump_name *visit);

/*
 * Visit names as DNS wildcards need them: a name that exists hides the wildcards above it, so each
 * says all of itself and what is below it; what is above is not asked. Nothing is ABSENT but where
 * nothing above says anything either.
 */
void dump_wildcards(struct dump *d, dump_name *visit);

/* The values of a set, with the list's where they have none. Returns their count. */
struct dump_value {
	uint32_t code;
	const char *text; /* NULL = none */
	size_t text_size;
};
size_t dump_values(const struct dump *d, uint32_t set, struct dump_value out[DATASET_SET_MAX]);

/*
 * The dataset of a list as it is served: of the good version of a feed, or of the manual entries.
 * Errors: NULL with out_error
 */
struct dataset *dump_source(const struct config *config, const struct config_list *list,
                            char out_error[DUMP_ERROR_MAX]);

/* dump_zone.c's formats. */
void dump_bind(struct dump *d);
void dump_rpz(struct dump *d);

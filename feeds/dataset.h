/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The entries of one version of a feed: what a format adds to a builder, and the sorted, disjoint,
 * immutable result. What "most specific" means is decided here and nowhere else: every entry has a
 * level; of the entries that cover an address only those of the highest level count; if one of
 * these is an exclusion the address is not listed, else it has all their values. Of the entries
 * that cover a name those of the highest level count too, and of these those of the nearest name.
 *
 * Threads: a builder belongs to one thread; a finished dataset may be read by any.
 */
#include "feeds/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an entry says beside being listed. */
struct dataset_value {
	uint32_t code;     /* A record in host order; 0 = the list's code */
	uint8_t text_kind; /* enum dataset_text */
	uint8_t text_size;
	const char
	    *text; /* template: '$' subject, '$$' dollar; other variables are already replaced */
};
enum dataset_text {
	DATASET_TEXT_LIST, /* the list's text */
	DATASET_TEXT_NONE, /* no TXT */
	DATASET_TEXT_OWN,
};

enum dataset_scope {                      /* bits */
	             DATASET_EXACT = 1,   /* the name itself */
	             DATASET_SUBTREE = 2, /* all names below it */
};

/* What is known of a version beside its entries; guards and status use it. */
struct dataset_facts {
	uint64_t entry_count; /* distinct pairs of key (range and level, or name and scope) and
	                         value; exclusions and what is wholly bogon are not counted */
	uint64_t line_count;  /* lines that are meant to be entries, good or bad */
	uint64_t bad_line_count;
	uint64_t skipped_count;  /* lines left out by rule, neither good nor bad: filters,
	                            unsupported kinds, entries that are over */
	uint64_t masked_count;   /* entries whose host bits were cleared */
	uint64_t bogon_count;    /* entries removed or cut because of private, reserved … space */
	uint64_t declared_count; /* records the feed says it has; UINT64_MAX = says nothing */
	int64_t timestamp_s;     /* the feed's own time stamp, Unix seconds; 0 = none */
	int64_t expires_s;       /* the feed's own expiry; 0 = none */
	int64_t next_expiry_s;   /* when the first of its entries is over; 0 = none ever is */
	uint8_t widest4, widest6; /* length of the shortest prefix; 33 or 129 when there is none */
	uint64_t widest4_line, widest6_line;
	/* Of measure.h: */
	uint64_t ip4_ranges, ip6_ranges, names; /* of the finished content */
	/* Of measure.h, not kept with a version on disk: */
	uint32_t error_code; /* one of the codes that say "error" to clients; 0 = none is used */
	uint64_t coverage4;  /* IPv4 addresses listed */
	uint8_t top_labels;  /* labels + 1 of the name nearest to the root of which all below it is
	                        listed; 0 = there is none */
	char top_name[64];   /* that name, cut */
	uint8_t hash[32];    /* of the finished content; equal hashes mean equal answers */
};

#define DATASET_MESSAGES_MAX 5 /* bad lines told in full; the rest is counted */
struct dataset_message {
	uint64_t line;
	char text[160]; /* "bad address '1.2.3'": names what was found, says what was expected */
};

struct trace;
struct format_options;

struct dataset_options {
	bool drop_bogons;                    /* feeds/bogons.h */
	struct trace *trace;                 /* feeds/trace.h: told of every entry; NULL = none */
	const struct format_options *format; /* feeds/format_options.h; NULL = none given */
};

struct dataset_builder;

/* Errors: NULL with errno. */
struct dataset_builder *dataset_builder_new(const struct dataset_options *options);
void dataset_builder_free(struct dataset_builder *b);

/* Intern a value; id 0 is the list's own code and text. Errors: -EINVAL code outside 127/8 or
 * 127.0.0.1; -ENOMEM. */
int dataset_value(struct dataset_builder *b, const struct dataset_value *value, uint32_t *out_id);

/* How an entry applies. Shared by the dataset_add functions. */
struct dataset_entry {
	uint64_t line;
	uint32_t value; /* from dataset_value(); ignored by exclusions */
	uint8_t level;  /* higher wins; formats without the notion use 0 */
	bool is_exclusion;
	bool first_wins; /* of equal keys on equal level only the first counts (tries) */
	bool last_wins;  /* … only the last */
	bool is_part;    /* a further piece of the entry before it: not counted again */
};

/*
 * Replace a value given out before, for all entries that have it: what a feed says at its end may
 * apply to all of it. id: from dataset_value(), or 0 for entries without a value of their own.
 * Errors: as dataset_value(); nothing changed
 */
int dataset_value_replace(struct dataset_builder *b, uint32_t id,
                          const struct dataset_value *value);

/* How many values there are, id 0 counted, and one of them (borrowed until the next is added). */
uint32_t dataset_value_count(const struct dataset_builder *b);
const struct dataset_value *dataset_value_get(const struct dataset_builder *b, uint32_t id);

/* Add a range (v4 when !range->is_ip6). Errors: -ENOMEM. */
int dataset_add_range(struct dataset_builder *b, const struct address_range *range,
                      const struct dataset_entry *entry);

/* Add a name (wire, lower case, no root label). scope: enum dataset_scope bits. Errors: -ENOMEM. */
int dataset_add_name(struct dataset_builder *b, const uint8_t *wire, size_t size, unsigned scope,
                     const struct dataset_entry *entry);

/* Count a bad line and keep the first few messages. */
void dataset_bad_line(struct dataset_builder *b, uint64_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Count a line that is left out by rule; the first few messages are kept apart from the bad ones'.
 */
void dataset_skip_line(struct dataset_builder *b, uint64_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same without counting: something to know of a line that is good. */
void dataset_note_line(struct dataset_builder *b, uint64_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What the builder was made with. */
const struct dataset_options *dataset_builder_options(const struct dataset_builder *b);

/* The facts so far, for a format to fill in line_count, declared_count, timestamp_s, expires_s. */
struct dataset_facts *dataset_builder_facts(struct dataset_builder *b);

/*
 * Sort, resolve levels, merge equal neighbours, hash. The builder is used up, whatever happens.
 * Errors: NULL with errno ENOMEM.
 */
struct dataset *dataset_finish(struct dataset_builder *b);

/*
 * Add single IPv4 addresses in one go. entry->line is the first one's; each has a line of its own.
 * Errors: -ENOMEM.
 */
int dataset_add_points4(struct dataset_builder *b, const uint32_t *addresses, size_t count,
                        const struct dataset_entry *entry);

/* Ranges: sorted by first, disjoint; neighbours that touch have different sets. */
struct dataset_range4 {
	uint32_t first, last;
	uint32_t set;
};

/*
 * IPv4 ranges as their edges, ascending: a single address is one edge, a longer range two, its
 * first and its last address. Four bytes for most that is listed.
 */
struct dataset_edges4 {
	size_t count;
	const uint32_t *at;
	const uint64_t *is_last; /* bitmap: the edge ends the range that the one before begins */
	const uint32_t *sets;    /* by edge; NULL: all have set 1 */
};

/* The range that begins with an edge. Returns the edge that begins the next one. */
static inline size_t dataset_edge4_range(const struct dataset_edges4 *e, size_t edge,
                                         struct dataset_range4 *out_range)
{
	size_t last = edge + (e->is_last[(edge + 1) / 64] >> (edge + 1) % 64 & 1);

	out_range->first = e->at[edge];
	out_range->last = e->at[last];
	out_range->set = e->sets ? e->sets[edge] : 1;
	return last + 1;
}

/*
 * The edge that begins the first range that ends at an address or above; e->count when there is
 * none. from: an edge that begins a range not above it, or 0. Cost: O(log(edges passed))
 */
size_t dataset_edge4_seek(const struct dataset_edges4 *e, size_t from, uint32_t address);

struct dataset_range6 {
	address6_t first, last;
	uint32_t set;
} __attribute__((packed, aligned(4))); /* a quarter of it would be padding */

/*
 * Names in canonical order (name_compare). A set of DATASET_ABSENT says nothing about that scope, 0
 * is an exclusion. A name's own exact set counts if not absent; else the subtree set of the nearest
 * name above that has one; else it is not listed.
 */
#define DATASET_ABSENT UINT32_MAX
struct dataset_name {
	uint64_t offset : 56;
	uint64_t size : 8;
	uint32_t exact, subtree;
};

struct dataset {
	struct dataset_facts facts;
	size_t range4_count, range6_count, name_count;
	struct dataset_edges4 edges4;
	const struct dataset_range6 *ranges6;
	const struct dataset_name *names;
	const uint8_t *name_bytes; /* dataset_name.offset points into it */
	size_t message_count;
	struct dataset_message messages[DATASET_MESSAGES_MAX];
	size_t skip_count; /* messages of lines left out */
	struct dataset_message skips[DATASET_MESSAGES_MAX];
	/* private: */
	struct dataset_sets *sets;
	size_t memory_size; /* bytes in all */
};

#define DATASET_SET_MAX 64 /* values of one set; the first are kept: more fit in no answer */

/* The values of a set (id >= 1): borrowed, at least one, in the order of first appearance. */
size_t dataset_set(const struct dataset *d, uint32_t set,
                   const struct dataset_value *const **out_values);
/* Set ids run from 1 to dataset_set_count(). */
size_t dataset_set_count(const struct dataset *d);

/* Free; NULL is allowed. */
void dataset_free(struct dataset *d);

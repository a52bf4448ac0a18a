/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What rbldnsd's dataset types share: lines, specials, values and text templates. A type is a
 * handler for the lines that are entries.
 */
#include "feeds/format_rows.h"
#include "feeds/lines.h"

#include <time.h>

#define RBLDNSD_TEXT_MAX  255
#define RBLDNSD_VARIABLES 10

struct rbldnsd_text {
	bool is_set;
	uint8_t size;
	char bytes[RBLDNSD_TEXT_MAX];
};

struct rbldnsd_value {
	uint32_t code;          /* 0 = the list's */
	enum dataset_text kind; /* LIST = nothing said */
	struct span text;       /* as in the file, when kind is OWN; at most RBLDNSD_TEXT_MAX */
};

struct rbldnsd;

/* A dataset type: what its lines mean. */
struct rbldnsd_type {
	const char *name; /* as $DATASET has it */
	lines_handle *entry;
	bool has_one_value;  /* the first default counts, for all entries */
	bool has_colon_keys; /* a line "::1" is an entry, not a default */
	bool has_no_values;  /* there are no defaults, and nothing is replaced in texts */
	/* At the end of the file; NULL = nothing more is to be done. Errors: -ENOMEM */
	int (*end)(struct lines *lines);
	void (*free)(struct rbldnsd *rbldnsd); /* of its context; may be NULL */
};

extern const struct rbldnsd_type rbldnsd_ip4set, rbldnsd_ip4trie, rbldnsd_ip4tset, rbldnsd_ip6trie,
    rbldnsd_ip6tset, rbldnsd_dnset, rbldnsd_dnhash, rbldnsd_generic;

/* A value as it was written, and its id. */
#define RBLDNSD_RECENT_MAX 59 /* bytes of it */
struct rbldnsd_recent {
	uint32_t id;
	uint8_t size; /* 0 = none */
	char text[RBLDNSD_RECENT_MAX];
};
#define RBLDNSD_RECENT 256 /* a power of two */

struct rbldnsd {
	struct lines *lines;
	const struct rbldnsd_type *type;
	void *context; /* of the type */
	time_t now_s;
	uint64_t max_range4; /* addresses; 0 = any */
	struct rbldnsd_text variables[RBLDNSD_VARIABLES], base;
	struct rbldnsd_value default_value; /* its text is default_text */
	struct rbldnsd_text default_text;
	uint32_t default_id; /* of default_value */
	bool has_default;
	struct rbldnsd_recent recent[RBLDNSD_RECENT]; /* by their bytes: others share the place */
};

/* Read a file of a type; its handler gets a struct rbldnsd as lines->context. */
int rbldnsd_read(struct reader *reader, struct dataset_builder *builder,
                 const struct rbldnsd_type *type, char *out_error, size_t error_size);

/* A line of a file: special, comment, default or entry. As lines_handle */
int rbldnsd_line(struct lines *lines, struct span line, uint64_t number);

/*
 * A special line; text: behind its '$'. Returns 0 when it was one, 1 when it was none.
 * Errors: -EINVAL: the version is unusable (lines->error says why)
 */
int rbldnsd_special(struct rbldnsd *rbldnsd, struct span text, uint64_t number);

/* A default line; text: with its ':'. Errors: -ENOMEM; bad ones are counted. */
int rbldnsd_default(struct rbldnsd *rbldnsd, struct span text, uint64_t number);

/* A line of an address type as far as the types agree. */
struct rbldnsd_address {
	struct address_range range;
	struct span key, rest; /* the address as written, and what follows it */
	bool is_exclusion;
};

/*
 * Read the address of an entry.
 *
 * scan:     address_scan4 or address_scan6
 * expected: for people: "a prefix or a range"
 * Returns:  false when it is bad and was counted
 */
bool rbldnsd_scan(struct lines *lines, struct span line, uint64_t number,
                  size_t (*scan)(const char *, size_t, struct address_range *),
                  const char *expected, struct rbldnsd_address *out_address);

/*
 * The value of an entry; text: what follows its key. Returns 1, or 0 when it is bad and was
 * counted. Errors: -ENOMEM
 */
int rbldnsd_value(struct rbldnsd *rbldnsd, struct span text, uint64_t number, uint32_t *out_id);

/* At the end: what the type has to do, then replace variables, "$=" and the base template in all
 * texts. Errors: -ENOMEM */
int rbldnsd_end(struct rbldnsd *rbldnsd);

/* Whatever happened. */
void rbldnsd_done(struct rbldnsd *rbldnsd);

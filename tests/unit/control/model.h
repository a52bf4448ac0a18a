/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A naive data plane: a thread that speaks update.proto, keeps what is published in plain arrays
 * and is strict about every id: defined once, painted only when defined, forgotten only when
 * nothing is painted with it, and nothing is left defined that is not painted.
 *
 * Threads: any; the model locks. A commit that was answered is visible.
 */
#include "feeds/address.h"
#include "update.pb-c.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model;

/* What goes wrong, once, at the next batch. */
enum model_mishap {
	MODEL_NO_MISHAP,
	MODEL_REFUSE_DELTA,         /* answer the Commit of a delta with Error */
	MODEL_REFUSE_ANY,           /* any batch, again and again */
	MODEL_REFUSE_EARLY,         /* an Error right after Begin of a delta, none for the Commit */
	MODEL_HANG_UP_AT_BEGIN,     /* close without a word */
	MODEL_HANG_UP_AT_COMMIT,    /* close instead of committing */
	MODEL_HANG_UP_AFTER_COMMIT, /* commit, and close instead of answering */
};

/* Listen at a path and serve; dies by assertion when it cannot. */
struct model *model_start(const char *path, uint64_t generation);
void model_stop(struct model *m);

void model_mishap(struct model *m, enum model_mishap mishap);

/* Close the connection from this side; returns when the thread has done it. */
void model_hang_up(struct model *m);

struct model_listing {
	uint32_t list, code;
	uint8_t text_size;
	char text[255]; /* '$' not replaced */
};

/* The listings of an address; returns how many. */
size_t model_address(struct model *m, bool is_ip6, address6_t address,
                     struct model_listing *out_listings, size_t max);

/*
 * The listings of a name, and the name that decided.
 *
 * out_subject: offset in wire of the name that decided; size when none did
 */
size_t model_name(struct model *m, const uint8_t *wire, size_t size,
                  struct model_listing *out_listings, size_t max, size_t *out_subject);

/* The last zones, access rules and settings, borrowed until the next batch. */
const Reputed__Update__Zones *model_zones(struct model *m);
const Reputed__Update__Access *model_access(struct model *m);
const Reputed__Update__Settings *model_settings(struct model *m);

struct model_counts {
	uint64_t generation;
	uint64_t full_count, delta_count; /* committed */
	uint64_t paint_count;             /* ranges painted by the last batch */
	uint64_t put_count;               /* names put or deleted by the last batch */
	size_t verdict_count, listing_count, name_count;
	bool has_zones;   /* the last batch held zones */
	size_t key_count; /* keys in the last batch */
	int limit_count;  /* limits in the last batch; -1: it held none at all */
};
void model_counts(struct model *m, struct model_counts *out_counts);

/* Call with every address where a verdict begins or ends. */
void model_boundaries(struct model *m, bool is_ip6,
                      void (*visit)(void *context, address6_t address), void *context);

/* What the peer did wrong, or an empty text. */
void model_failure(struct model *m, char out_text[200]);

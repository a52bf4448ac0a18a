/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What all lists together say of each name and of the names below it. The data plane stops at the
 * longest name that was put, so a name that any list holds is put with what all lists say there:
 * of the name itself, and of what is below.
 *
 * A listing that a name inherits from above has the name it comes from as subject, so '$' in its
 * text is replaced here.
 */
#include "control/merge.h"

/* A name that some list holds. Borrowed from the dataset. */
struct merge_name {
	const uint8_t *wire;
	size_t size;
	uint32_t exact, subtree; /* verdicts */
};

struct merge_names;

/* The view is borrowed. Errors: NULL with errno. */
struct merge_names *merge_names_new(const struct merge_view *view);
void merge_names_free(struct merge_names *m);

/*
 * Go to a name: merge_names_next() gives it, if any list holds it, and then, if has_below, those
 * below it. The empty name with has_below is everything.
 *
 * wire: borrowed until the next call
 * Errors: those of catalog.h
 */
int merge_names_seek(struct merge_names *m, const uint8_t *wire, size_t size, bool has_below);

/* The next name in canonical order. Returns 1, or 0 at the end. Errors: those of catalog.h */
int merge_names_next(struct merge_names *m, struct merge_name *out_name);

/* How many names the lists hold, those in several lists counted several times. */
uint64_t merge_names_count(const struct merge_names *m);

/* How a list's own word on a name changed. */
struct merge_name_change {
	const uint8_t *wire;
	size_t size;
	bool was, is;      /* the list holds the name */
	bool is_below_too; /* what it says of the names below changed */
};
typedef int merge_name_changed(void *context, const struct merge_name_change *change);

/* Compare two versions of a list, in canonical order. Errors: those of catalog.h and changed. */
int merge_names_compare(struct catalog *catalog, struct merge_source *old_source,
                        struct merge_source *new_source, merge_name_changed *changed,
                        void *context);

/* Whether a name is another or below it. */
bool merge_name_is_within(const uint8_t *wire, size_t size, const uint8_t *above,
                          size_t above_size);

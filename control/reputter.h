/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Puts names into a batch again, where what all lists say of them changed, and tells the catalog.
 *
 * Threads: as load.h.
 */
#include "control/batch.h"
#include "control/merge_names.h"

struct reputter {
	struct batch *batch;
	struct catalog *catalog;
	struct merge_names *was, *is;
};

/* Errors: -ENOMEM. reputter_done() is due in any case. */
int reputter_init(struct reputter *r, struct batch *b, const struct merge_view *old_view,
                  const struct merge_view *new_view);
void reputter_done(struct reputter *r);

/* Put a name for the first time. Errors: those of batch.h */
int reputter_put(struct batch *b, struct catalog *catalog, const struct merge_name *name);

/*
 * Put, change or delete a name, and with has_below all below it. The empty name with has_below is
 * everything. Errors: those of catalog.h and batch.h
 */
int reputter_again(struct reputter *r, const uint8_t *wire, size_t size, bool has_below);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What a version of a feed is tried with before it serves: places that it must not list, and
 * places that it must list.
 *
 * Threads: counted and made on the main loop; read by any.
 */
#include "control/config.h"
#include "feeds/dataset.h"
#include "feeds/trace.h"

struct canaries {
	unsigned refs;
	unsigned never_count, must_count;
	struct config_place *never, *must; /* texts owned */
};

/* What a configuration says for a feed. Errors: NULL with errno ENOMEM */
struct canaries *canaries_new(const struct config *config, const struct config_feed *feed);
struct canaries *canaries_ref(struct canaries *c);
/* NULL is allowed. */
void canaries_unref(struct canaries *c);

bool canaries_same(const struct canaries *a, const struct canaries *b);

/*
 * Watches for what must be listed, to be given to the builder as dataset_options.trace; before
 * bogons are cut out, so that 127.0.0.2 can be asked for. NULL when there is none, or no memory:
 * then *out_failed.
 */
struct trace *canaries_watch(const struct canaries *c, bool *out_failed);

/*
 * Whether a version is as it must be.
 *
 * watch:      of canaries_watch(), after the version was read
 * out_reason: what is wrong, when it is not
 */
bool canaries_check(const struct canaries *c, const struct dataset *d, const struct trace *watch,
                    char *out_reason, size_t reason_size);

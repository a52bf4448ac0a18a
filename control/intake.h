/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * All feeds: which there are, when each is read, and what is done with what was read.
 *
 * Threads: the main loop; reading is done on the ingest thread.
 */
#include "control/config.h"
#include "control/feed.h"
#include "control/publisher.h"

#include <stdbool.h>

struct event_base;
struct fetcher;
struct intake;
struct worker;

/* Called when an asked-for job is over and what it took is published. error: NULL when it worked.
 */
typedef void intake_done(struct feed *feed, const char *error, void *context);

struct intake_hooks {
	/* Answer a dataset (the callee's), then call done once with the report. */
	void (*publish)(struct feed *feed, struct dataset *dataset, publisher_done *done,
	                void *done_context, void *context);
	/* Every feed of the configuration has been tried once. */
	void (*tried)(void *context);
};

/* What it works with; all must outlive it but state_dir, which is copied. */
struct intake_means {
	struct event_base *base;
	struct worker *ingest;
	struct fetcher *fetcher;
	const char *state_dir; /* of the feeds' files */
};

/* hooks must outlive it. Errors: NULL with errno */
struct intake *intake_new(const struct intake_means *means, const struct intake_hooks *hooks,
                          void *context);

/* The ingest worker must be stopped. NULL is allowed. */
void intake_free(struct intake *in);

/*
 * Use the feeds of a configuration: new ones are loaded from disk, then read, and what they have is
 * kept for intake_collect(); gone ones are forgotten (their files stay). hooks.tried() follows.
 * Errors: -ENOMEM: some feeds may be missing
 */
int intake_configure(struct intake *in, const struct config *config);

/*
 * What the new feeds wait with, for publisher_configure(); from now on they publish by themselves.
 * Errors: -ENOMEM: they go on waiting
 */
int intake_collect(struct intake *in, struct publisher_version **out_versions, size_t *out_count);

/* NULL when there is none. */
struct feed *intake_find(const struct intake *in, const char *name);

/* All feeds, in the order of the configuration: the first, then feed->next. */
struct feed *intake_first(const struct intake *in);

/* Fetch the source, if that is what is done with it, and read it, now. */
void intake_refresh(struct feed *feed, intake_done *done, void *context);
/*
 * Take a piece of a pushed source (pushed_take()); with the last one the source is read and done is
 * called, else done is not.
 * Errors: -ENOTSUP it is no feed that is pushed; those of pushed_take(), pushed_end(); done is not
 * called
 */
struct intake_piece {
	uint64_t upload;
	const void *bytes;
	size_t size;
	bool is_last;
};
int intake_push(struct feed *feed, const struct intake_piece *piece, uint64_t *out_upload,
                intake_done *done, void *context);
/* Take the held version. */
void intake_accept(struct feed *feed, intake_done *done, void *context);
/* Go back to a good version before this one; number 0: the one before. */
void intake_rollback(struct feed *feed, uint64_t number, intake_done *done, void *context);

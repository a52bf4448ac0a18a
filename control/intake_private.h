/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the files of the intake share: intake.c knows which feeds there are, intake_source.c where
 * their bytes come from, intake_job.c reads them on the ingest thread and tells what came of it.
 */
#include "control/intake.h"

struct intake {
	struct event_base *base;
	struct worker *ingest;
	struct fetcher *fetcher;
	struct source_set *sources;
	char *state_dir;
	const struct intake_hooks *hooks;
	void *context;
	struct feed *first;
	bool is_told; /* hooks.tried() was called for this configuration */
};

enum intake_work {
	INTAKE_LOAD,
	INTAKE_READ,
	INTAKE_EXPIRE, /* read the good version again, without what is over by now */
	INTAKE_ACCEPT,
	INTAKE_ROLLBACK
};

/* Tell hooks.tried(), once, when every feed was. */
void intake_check_tried(struct intake *in);

/*
 * Put a job on the ingest thread; what comes of it is taken over on the main loop.
 * done: may be NULL. Errors: -ENOMEM; done() is not called
 */
int intake_job_submit(struct feed *feed, enum intake_work work, bool must_parse, intake_done *done,
                      void *context);

/* The same for somebody who waits: done() is called in any case. */
void intake_job_ask(struct feed *feed, enum intake_work work, intake_done *done, void *context);

/* Read the source soon; what is queued already and has not begun will do. */
void intake_job_read(struct feed *feed, bool must_parse);

/* A new feed's timers. Errors: -ENOMEM */
int intake_job_add_timers(struct feed *feed);

/* A job, or the intake, has done with a feed. */
void intake_job_unref(struct feed *feed);

/* Learn of changes of the feed's source from now on. Errors: negative errno */
int intake_source_watch(struct feed *feed, const struct config_feed *config);

/* The feed is no more: whoever waits for its source is told. */
void intake_source_drop(struct feed *feed);

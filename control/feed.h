/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the main loop knows of one feed, and how it changes with what came of reading it. The
 * files behind it belong to the ingest thread.
 */
#include "control/config.h"
#include "control/ingest.h"
#include "control/publisher.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct event;
struct intake;
struct pushed;
struct remote;
struct source;

enum feed_state {
	FEED_SERVING,
	FEED_HELD,
	FEED_MISSING,
};

#define FEED_COMPANIONS_MAX 7

struct feed {
	char *name;
	struct ingest_settings settings; /* path, options owned */
	uint64_t refresh_s, max_age_s;
	enum config_expired expired;
	bool is_enabled, is_observed; /* in the configuration */
	enum feed_state state;
	char reason[VERSION_REASON_MAX]; /* when not serving */
	bool has_good, has_held;
	struct version_info good, held;
	bool has_fetch_failed; /* the last one */
	uint64_t bad_lines;    /* of the version parsed last */
	size_t message_count;
	struct dataset_message messages[DATASET_MESSAGES_MAX];
	uint64_t skipped_lines; /* of that version: left out by rule */
	size_t skip_count;
	struct dataset_message skips[DATASET_MESSAGES_MAX];
	uint64_t added, removed; /* by the last change */
	size_t kept_count;       /* good versions on disk, the newest first */
	struct version_kept kept[VERSIONS_KEPT_MAX];
	uint64_t refused; /* versions held or not readable since the start */

	/* answering.c's */
	bool is_off, is_stale;
	char off_reason[400];     /* when is_off: by whom and why */
	struct publisher_use use; /* as the publisher knows it */

	/* the intake's */
	struct intake *intake;
	struct versions *versions; /* ingest thread, while a job runs; opened by the first */
	struct source
	    *companions[FEED_COMPANIONS_MAX]; /* of files that options name, or that prove it */
	struct source *source;                /* watches settings.path, when it is not ours */
	struct remote *remote; /* fetches settings.path; NULL = it is somebody else's file */
	struct pushed *pushed; /* collects settings.path; NULL = nobody does */
	void (*asked)(struct feed *feed, const char *error, void *context); /* waits for a fetch */
	void *asked_context;
	struct event *retry;
	struct event *expiry;    /* NULL until there is one */
	int64_t next_expiry_s;   /* of the first entry that is served; 0 = none ends */
	int64_t last_expiry_s;   /* when entries that were over were taken out last */
	bool is_waiting;         /* what is read is kept for a new configuration */
	struct dataset *waiting; /* and is here */
	unsigned refs;           /* the intake and jobs */
	bool is_removed;
	bool is_tried;         /* its source was looked at once */
	atomic_bool is_queued; /* main: sets; ingest thread: clears when it starts to read */
	struct feed *next;
};

#define FEED_SERVES_MAX 600

/* Errors: NULL with errno. A feed without refs is freed by feed_free(). */
struct feed *feed_new(const struct config *config, const struct config_list *list);
void feed_free(struct feed *feed);

/*
 * Take the settings of a new configuration.
 * Returns 0: nothing of weight changed, 1: the source is to be read again. Errors: -ENOMEM
 */
int feed_configure(struct feed *feed, const struct config *config, const struct config_list *list);

/* Say where the file is that it is read from. Errors: -ENOMEM; it stays where it was */
int feed_set_path(struct feed *feed, const char *path);

/* Say what must fit it; copied. Errors: -ENOMEM; nothing changed */
int feed_set_proof(struct feed *feed, const struct ingest_proof *proof);

/* Stop watching its files. */
void feed_unwatch(struct feed *feed);

/* Take over what came of a job, and log what changed for the operator. */
void feed_apply(struct feed *feed, const struct ingest_result *result);

/* A fetch of its source ended; error: NULL, or why it failed. */
void feed_note_fetch(struct feed *feed, const char *error);

/* "serving", "held", "missing"; "disabled" and "expired" when it is not answered for that. */
const char *feed_state_name(const struct feed *feed);

/* What is answered from it, for people: "version 3", "nothing: …". */
const char *feed_serves(const struct feed *feed, char out_text[FEED_SERVES_MAX]);

/* Older than max_age, or past its own expiry. */
bool feed_is_stale(const struct feed *feed, int64_t now_s);

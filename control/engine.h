/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The control process: the parts tied together. engine.c starts and stops them, applies
 * configurations and keeps the data plane in step; commands.c and status.c answer the control
 * socket.
 *
 * Threads: the main loop only.
 */
#include "control/config.h"
#include "control/log.h"

#include <stdbool.h>
#include <stdint.h>

struct answer_walk;
struct answers;
struct event_base;
struct event;
struct intake;
struct key_watch;
struct manual;
struct publisher;
struct reputation;
struct server;
struct services;
struct switches;
struct watch;
struct worker;

struct engine {
	char *config_path;
	struct config *config;
	struct config *next_config; /* being prepared; NULL = none */
	char *config_error;         /* of the last reload; NULL = it was good */
	int state_lock;             /* fd; the state folder is ours while it is open */
	int64_t started_s;          /* monotonic */

	struct event_base *base;
	struct manual *manual;
	struct publisher *publisher;
	struct reputation *reputation; /* NULL = none is configured; nor are the next two */
	struct answers *answers;
	struct answer_walk *answer_walk;
	struct worker *ingest; /* copies and parses feeds */
	struct worker *reader; /* looks things up on disk for the control socket */
	struct fetcher *fetcher;
	struct intake *intake;
	struct server *server;
	struct watch *watch;
	struct key_watch *key_watch;
	struct switches *switches; /* feeds that are off */
	struct services *services;

	struct event *signals[4];
	struct event *sync_timer, *expiry_timer;
	bool is_syncing, is_sync_wanted, is_expiring;
	bool is_applied;       /* a configuration with its datasets is at the publisher */
	bool are_feeds_tried;  /* all of them, for the configuration that is next */
	bool is_configuring;   /* one is on its way there */
	bool is_reload_wanted; /* when the one being prepared is applied */
	bool is_ready;         /* the first full load was committed */
	bool is_in_step;       /* the data plane has what it should; for the log */
	unsigned sync_delay_ms;
	char sync_error[256]; /* logged last */
};

/*
 * Load the configuration and start everything; what is wrong is logged.
 * Errors: NULL; nothing runs
 */
struct engine *engine_new(const char *config_path);

/* Until SIGTERM, SIGINT or engine_stop(). */
void engine_run(struct engine *e);

/*
 * Stop and free everything. Returns false when a thread could not be waited for: everything
 * acknowledged is on disk, and the process is to be ended without more.
 */
bool engine_free(struct engine *e);

/* For commands.c: something was published; timers and state follow. */
void engine_published(struct engine *e);

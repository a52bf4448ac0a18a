/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The source of a feed that comes from another machine: fetched into a file of ours, from which it
 * is then read like any other feed. That a fetch fails changes nothing of what serves.
 *
 * Threads: the main loop only.
 */
#include "control/config.h"
#include "control/fetch/fetch.h"
#include "control/ingest.h"

#include <stdbool.h>
#include <stdint.h>

struct fetcher;
struct remote;

/* A fetch ended; error: NULL, or why it failed. */
typedef void remote_fetched(const char *error, void *context);

/* Whether a feed is fetched at all. */
bool remote_is_wanted(const struct config_feed *config);

/*
 * Fetch a feed into PATH/source from now on; PATH is made.
 * Errors: NULL with errno
 */
struct remote *remote_new(struct fetcher *fetcher, const struct config_feed *config,
                          const char *path, remote_fetched *fetched, void *context);
/* NULL is allowed. */
void remote_free(struct remote *remote);

/* Whether it does already what a configuration says. */
bool remote_is_of(const struct remote *remote, const struct config_feed *config);

/* The file that is fetched; it need not be there yet. */
const char *remote_path(const struct remote *remote);

/* The files that are fetched before it to prove it, and what it is called there; borrowed. */
const struct ingest_proof *remote_proof(const struct remote *remote);

/* Fetch now; fetched() follows. Returns 0, or the seconds until the source may be asked again. */
uint64_t remote_now(struct remote *remote);

struct remote_status {
	const char *error;  /* of the last fetch; NULL when it worked or there was none */
	int64_t answered_s; /* Unix time when the source last answered; 0 = not since the start */
	uint64_t due_s;     /* until it is asked next; 0 = now */
};
void remote_status(const struct remote *remote, struct remote_status *out_status);

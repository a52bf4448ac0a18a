/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * One request of a client -> its answer: who is the writer, what Lookup, Stats and Status say.
 *
 * Threads: the update thread, registered with liburcu-qsbr and online; store.tables is read by all.
 */
#include "dataplane/proto/channel.h"
#include "dataplane/update.h"
#include "dataplane/update_batch.h"

struct update_client {
	struct channel channel; /* fd < 0 = a free place */
	bool is_muted;          /* its batch was refused: the rest of it is ignored */
	bool is_ended;          /* it sent its last byte; what came before is still served */
	bool has_more;          /* of what was read is not served yet: its turn was over */
};

struct update_counters {
	uint64_t committed, refused, cut;
	uint64_t last_commit_us; /* from the Commit to the last address changed */
};

struct update_serve {
	struct update_store store;
	struct update_batch batch;
	const struct update_options *options;
	struct access_rules *allow_all; /* access rules for Lookup */
	struct update_client *writer;   /* NULL = none */
	struct update_counters counters;
	int64_t commit_us; /* when the last Commit came */
	uint64_t session;  /* random */
	int64_t started_us;
	int64_t refusal_logged_us, cut_logged_us; /* 0 = never */
};

/* Errors: negative errno; nothing is left behind. */
int update_serve_init(struct update_serve *s, const struct update_options *options);

/* No reader may be left. Threads: any, after the update thread has ended. */
void update_serve_done(struct update_serve *s);

/*
 * Serve a request; the answer is queued at the client's channel.
 *
 * request: owned by s from now on
 * Errors:  negative errno: the client is to be cut off
 */
int update_serve_request(struct update_serve *s, struct update_client *c, channel_request *request);

/*
 * Whether a client's messages have to wait: it is the writer, and its Commit takes long. Then
 * update_serve_go_on() is to be called in turn with the other clients.
 */
static inline bool update_serve_holds(const struct update_serve *s, const struct update_client *c)
{
	return s->batch.is_committing && s->writer == c;
}

/* Errors: negative errno: the writer is to be cut off. */
int update_serve_go_on(struct update_serve *s);

/* The client goes: an open batch of the writer is thrown away. The caller closes the channel. */
void update_serve_leave(struct update_serve *s, struct update_client *c);

/* Count a client that is cut off for an error of its own, and say so. */
void update_serve_count_cut(struct update_serve *s, const char *reason);

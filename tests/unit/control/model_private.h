/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the files of the model share: model.c speaks with the peer, model_state.c keeps what is
 * published and finds fault with it, model_ask.c is asked by tests. The caller has the lock.
 */
#include "dataplane/proto/channel.h"
#include "tests/unit/control/model.h"

#include <pthread.h>

#define ID_MAX       4096 /* more would be an id leak in these small tests */
#define LISTINGS_MAX 512

/* Ascending, disjoint, verdict never 0. */
struct span {
	address6_t first, last;
	uint32_t verdict;
};

struct spans {
	struct span *items;
	size_t count;
};

struct put {
	uint8_t wire[255];
	uint32_t sum; /* of the bytes, to compare quickly */
	size_t size;  /* without root label */
	uint32_t exact, subtree;
};

struct verdict {
	bool is_defined;
	size_t count;
	uint32_t listings[LISTINGS_MAX];
};

struct listing {
	bool is_defined;
	struct model_listing content;
};

/* All that is published; plain memory but for the spans and puts. */
struct state {
	struct spans spans[2]; /* by family */
	struct put *puts;
	size_t put_count;
	uint32_t id_end; /* ids from here on were never defined */
	struct verdict verdicts[ID_MAX];
	struct listing listings[ID_MAX];
};

struct model {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	char path[108];
	int listen_fd, wake[2];
	struct channel channel;
	enum model_mishap mishap;
	bool is_stopping, is_hanging_up;
	char failure[200];
	struct state *state, *next; /* next: of the open batch */
	bool is_batch, is_full, is_ignoring;
	struct model_counts counts, next_counts;
	uint32_t *forgotten_verdicts, *forgotten_listings;
	size_t forgotten_verdict_count, forgotten_listing_count;
	channel_request *zones, *access, *settings, *next_zones, *next_access, *next_settings;
};

/* For what cannot fail in a test that makes sense. */
void model_must(bool is_true);

/* Note what the peer did wrong, if it is the first thing. */
void model_fail(struct model *m, const char *text, uint64_t number);

struct state *model_state_copy(const struct state *from);
/* NULL is allowed. */
void model_state_free(struct state *s);

/* NULL when it is not there. */
struct put *model_state_find(struct state *s, const uint8_t *wire, size_t size);

/* Messages of the open batch, into m->next. */
void model_state_define(struct model *m, const Reputed__Update__Define *message);
void model_state_paint4(struct model *m, const Reputed__Update__Paint4 *message);
void model_state_paint6(struct model *m, const Reputed__Update__Paint6 *message);
void model_state_names(struct model *m, const Reputed__Update__PutNames *message);

/* The ids of a batch are forgotten after its paints. */
void model_state_forget(struct model *m);

/* Everything that is defined is used, everything that is used is defined. */
void model_state_check(struct model *m);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the data plane should answer, and the connection that makes it so. Holds the current dataset
 * of every list, merges them (union over lists, exclusions, never-list), interns listings and
 * verdicts, and pushes batches: a full load after a (re)connect or a new configuration, else the
 * difference only. A configuration with the same lists is a difference too.
 *
 * Threads: everything from one thread, the publisher; calls block while a batch is sent and
 * committed.
 */
#include "control/config.h"
#include "feeds/dataset.h"

struct publish;

struct publish_result {
	bool is_answered;        /* the data plane committed it */
	uint64_t generation;     /* of the commit */
	uint64_t added, removed; /* ranges and names of the list that came and went */
	char error[256];         /* why it is not answered, for people; empty when it is */
};

/* The configuration must outlive it or the next publish_adopt(). Errors: NULL with errno. */
struct publish *publish_new(const struct config *config);
void publish_free(struct publish *p);

/*
 * Use another configuration from the next publish_sync() on: lists keep their datasets by name, new
 * ones have none, and can be given theirs first, so that no zone is without data in between. It is
 * sent as a full load, or, if the lists are the same (config_same.h) and it is another struct
 * config, without what is listed.
 *
 * Errors: -ENOMEM, -E2BIG too many lists; nothing changed
 */
int publish_adopt(struct publish *p, const struct config *config);

/*
 * Replace the dataset of a list and push what that changes. Without a connection it is only kept,
 * and the next publish_sync() sends it.
 *
 * list:    index into config->lists
 * dataset: owned by p from now on, whatever happens
 * Errors:  -ENOMEM, -EPERM something would be listed that never is (self_lint.h): the old dataset
 *          stays
 */
int publish_dataset(struct publish *p, unsigned list, struct dataset *dataset,
                    struct publish_result *out_result);

/*
 * Push a change of a list that lies within what two small datasets say of it, before and after:
 * what the list's own dataset says elsewhere stays. That dataset is behind from now on, until
 * publish_freshen() or whatever else needs it asks for it through `fill`.
 *
 * was, is: borrowed; equal but for the change
 * Errors:  -EAGAIN: not pushed, publish_dataset() is due. When the list's dataset is behind, that
 *          becomes a full load.
 */
int publish_part(struct publish *p, unsigned list, const struct dataset *was,
                 const struct dataset *is, struct publish_result *out_result);

/* Make the dataset of a list as it is published now. Errors: NULL with errno ENOMEM */
typedef struct dataset *publish_fill(void *context, unsigned list);
void publish_set_fill(struct publish *p, publish_fill *fill, void *context);

/* Replace datasets that are behind: before publish_get(), or a list's next publish_dataset().
 * Errors: -ENOMEM */
int publish_freshen(struct publish *p);

/*
 * Say whether a list is answered at all: nothing is merged again, only zones are sent.
 *
 * list:       index into config->lists
 * is_off:     it answers nothing, and no zone waits for it
 * is_expired: its zones answer that they are out of date
 * Errors:     negative errno: not connected; it is sent when there is a connection
 */
int publish_use(struct publish *p, unsigned list, bool is_off, bool is_expired,
                struct publish_result *out_result);

/* The same without sending anything: before publish_dataset() or publish_sync(). */
void publish_note_use(struct publish *p, unsigned list, bool is_off, bool is_expired);

/*
 * Connect if there is no connection and send a full load if the data plane does not have what it
 * should. Cheap when all is well. Errors: negative errno: not connected; out_result->error says why
 */
int publish_sync(struct publish *p, struct publish_result *out_result);

/* The connection's fd to watch for a hang-up, or -1. */
int publish_fd(const struct publish *p);

/* The dataset of a list, borrowed until the next call that changes it; NULL when it has none. */
const struct dataset *publish_get(const struct publish *p, unsigned list);

/* Entries over all lists. */
uint64_t publish_entries(const struct publish *p);

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
#include "control/load_places.h"
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
 * Push changes of several lists that lie within some places, as one batch. What their own datasets
 * say elsewhere stays. Those datasets are behind from now on, until publish_freshen() or whatever
 * else needs one asks for it through `fill`.
 *
 * places: sorted and joined by the call
 * parts:  what each list says there, before and after; ascending by list
 * Errors: -EAGAIN: not pushed; publish_sync() is due, and for lists of which `fill` gives the whole
 *         only when it is asked, publish_dataset()
 */
struct publish_part {
	unsigned list;                  /* index into config->lists */
	const struct dataset *was, *is; /* borrowed; NULL = nothing */
};
int publish_parts(struct publish *p, struct load_places *places, const struct publish_part *parts,
                  size_t count, struct publish_result *out_result);

/*
 * Make the dataset of a list as it is published now.
 *
 * places: NULL: of all of it; else what it says there is enough
 * Errors: NULL with errno: ENOMEM; ENOTSUP: it is cheaper to ask for all of it, and to keep that
 */
typedef struct dataset *publish_fill(void *context, unsigned list,
                                     const struct load_places *places);
void publish_set_fill(struct publish *p, publish_fill *fill, void *context);

/*
 * Say that what is published of a list is not what `fill` gives: a full load is due, and nothing is
 * sent before publish_sync(). A list without a dataset has one from now on. Errors: -ENOMEM
 */
int publish_behind(struct publish *p, unsigned list);

/* Replace the dataset of a list if it is behind. Errors: -ENOMEM */
int publish_freshen_list(struct publish *p, unsigned list);

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

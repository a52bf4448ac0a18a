/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The way from the ledger to DNS: on the reputation's thread, what is to be answered of changed
 * keys is worked out and put into a table; the publisher's thread takes all that is there, compares
 * it with what is published, and pushes the difference of all lists as one batch. While a push is
 * on its way further changes collect, each key once, so that there is never more than one row a
 * key, and the reputation's thread waits for nobody.
 *
 * Threads: each call says its own.
 */
#include "control/publish.h"
#include "control/reputation/answer.h"

struct answers;

/*
 * Bytes of the texts of view why, each of which is kept here, interned, and in the data plane:
 * about 800,000 texts. Beyond, who is on no list gets a short text, which many share; a quarter
 * more is for who is on one.
 */
#define ANSWERS_TEXT_SIZE (UINT64_C(128) << 20)

/* text_size_max: ANSWERS_TEXT_SIZE. Errors: NULL with errno. Threads: the main loop */
struct answers *answers_new(uint64_t text_size_max);
void answers_free(struct answers *a);

/* Who is called when there is something to publish, on any thread. Threads: the main loop */
typedef void answers_wake(void *context);
void answers_on_wake(struct answers *a, answers_wake *wake, void *context);

/* What is wanted from now on. Each key's answer follows when the key is told of as changed next.
 * Returns whether that is another thing than before. Threads: any */
bool answers_want(struct answers *a, const struct answer_wants *wants);

/*
 * Keys may have another answer now; for struct reputation_hooks.
 *
 * context: a struct answers
 * Threads: the reputation's
 */
void answers_changed(const struct ledger *l, const struct ledger_key *keys, size_t count,
                     int64_t now_ms, void *context);

/*
 * Publish what has collected. What cannot be pushed is in what is published next.
 *
 * Threads: the publisher's, as the two below
 */
void answers_publish(struct answers *a, struct publish *p, const struct config *config,
                     struct publish_result *out_result);

/* A list's dataset; see publish_fill. */
struct dataset *answers_fill(const struct answers *a, enum config_kept kept,
                             const struct load_places *places);

struct answers_stats {
	uint64_t rows;               /* keys that something is answered of */
	uint64_t waiting;            /* keys on their way */
	uint64_t batches, published; /* pushes so far, and the rows in them */
	uint64_t text_size;          /* bytes of texts that are published */
	uint64_t shortened;          /* texts that were made short so far */
	uint64_t lost;               /* changes that there was no memory for: found again by the
	                                next sweep */
};

/* Threads: any */
void answers_get_stats(struct answers *a, struct answers_stats *out_stats);

/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/limbo.h"

#include <urcu-qsbr.h>

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

enum state { WAITING, EXPIRED, ORPHANED };

struct limbo_batch {
	struct rcu_head rcu;
	struct limbo_batch *next;
	atomic_uint state; /* update thread and liburcu's: who changes it second frees the batch */
	uint32_t count;
	uint32_t numbers[LIMBO_BATCH];
};

static void batch_expired(struct rcu_head *rcu)
{
	struct limbo_batch *batch = caa_container_of(rcu, struct limbo_batch, rcu);

	/* acquire and release: the readers' last uses are before it, the reuse after the acquire
	 * in limbo_take() */
	if (atomic_exchange_explicit(&batch->state, EXPIRED, memory_order_acq_rel) == ORPHANED)
		free(batch);
}

int limbo_reserve(struct limbo *l, size_t count)
{
	while (l->room < count) {
		struct limbo_batch **end = &l->open;
		struct limbo_batch *batch = malloc(sizeof(*batch));

		if (!batch)
			return -ENOMEM;
		batch->count = 0;
		atomic_init(&batch->state, WAITING);
		/* after the open one, which may hold some already; order among the empty is free */
		if (*end)
			end = &(*end)->next;
		batch->next = *end;
		*end = batch;
		l->room += LIMBO_BATCH;
	}
	return 0;
}

static void hand_over(struct limbo *l)
{
	struct limbo_batch *batch = l->open;

	l->open = batch->next;
	batch->next = NULL;
	if (l->newest)
		l->newest->next = batch;
	else
		l->oldest = batch;
	l->newest = batch;
	call_rcu(&batch->rcu, batch_expired);
}

void limbo_add(struct limbo *l, uint32_t number)
{
	assert(l->room > 0);
	l->open->numbers[l->open->count++] = number;
	l->room--;
	if (l->open->count == LIMBO_BATCH)
		hand_over(l);
}

void limbo_flush(struct limbo *l)
{
	if (!l->open || l->open->count == 0)
		return;
	l->room -= LIMBO_BATCH - l->open->count;
	hand_over(l);
}

size_t limbo_take(struct limbo *l, uint32_t out_numbers[LIMBO_BATCH])
{
	struct limbo_batch *batch = l->oldest;
	size_t count;

	/* acquire: pairs with release in batch_expired() */
	if (!batch || atomic_load_explicit(&batch->state, memory_order_acquire) != EXPIRED)
		return 0;
	l->oldest = batch->next;
	if (!l->oldest)
		l->newest = NULL;
	count = batch->count;
	for (size_t i = 0; i < count; i++)
		out_numbers[i] = batch->numbers[i];
	free(batch);
	return count;
}

void limbo_done(struct limbo *l)
{
	while (l->open) {
		struct limbo_batch *batch = l->open;

		l->open = batch->next;
		free(batch);
	}
	while (l->oldest) {
		struct limbo_batch *batch = l->oldest;

		l->oldest = batch->next;
		if (atomic_exchange_explicit(&batch->state, ORPHANED, memory_order_acq_rel) ==
		    EXPIRED)
			free(batch);
	}
	l->newest = NULL;
	l->room = 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/retire.h"

#include <urcu-qsbr.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct retire_batch {
	struct rcu_head rcu;
	struct retire_batch *next;
	size_t count;
	void *blocks[RETIRE_BATCH];
};

static void batch_free(struct retire_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		free(batch->blocks[i]);
	free(batch);
}

static void batch_expired(struct rcu_head *rcu)
{
	batch_free(caa_container_of(rcu, struct retire_batch, rcu));
}

int retire_reserve(struct retire *r, size_t count)
{
	while (r->room < count) {
		struct retire_batch **end = &r->open;
		struct retire_batch *batch = malloc(sizeof(*batch));

		if (!batch)
			return -ENOMEM;
		batch->count = 0;
		/* after the open one, which may hold some already; order among the empty is free */
		if (*end)
			end = &(*end)->next;
		batch->next = *end;
		*end = batch;
		r->room += RETIRE_BATCH;
	}
	return 0;
}

void retire_add(struct retire *r, void *block)
{
	struct retire_batch *batch = r->open;

	if (!block)
		return;
	assert(r->room > 0);
	batch->blocks[batch->count++] = block;
	r->room--;
	if (batch->count == RETIRE_BATCH) {
		r->open = batch->next;
		call_rcu(&batch->rcu, batch_expired);
	}
}

void retire_done(struct retire *r)
{
	while (r->open) {
		struct retire_batch *batch = r->open;

		r->open = batch->next;
		batch_free(batch);
	}
	r->room = 0;
}

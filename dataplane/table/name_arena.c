/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/name_arena.h"

#include "dataplane/table/sanitizer.h"

#include <urcu-qsbr.h>

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define RESERVED_SIZE (UINT64_C(1) << 34) /* 16 GB: 31 bits of reference */
#define OPEN_STEP     HUGEPAGES_SIZE      /* made usable at a time */
#define HUGE_FROM     (4 * OPEN_STEP)     /* an arena of a few names is not worth a huge page */
#define SLAB_UNITS    (NAME_ARENA_SLAB_SIZE / NAME_ARENA_UNIT)
#define SLABS_FIRST   16
#define EMPTY_MAX     64  /* pages kept for the next need */
#define LOOKS_MAX     256 /* slabs that one search for a sparse one passes */

struct name_arena_slab {
	uint32_t next, previous; /* in the chain of its kind; 0 = none */
	uint16_t taken;          /* blocks in use or retired */
	uint16_t end;            /* blocks from here on were never handed out */
	uint16_t free;           /* chain of the others through their first bytes, + 1; 0 = none */
	uint8_t kind;            /* 0 = empty */
	bool is_closed;
};

enum batch_state { BATCH_WAITS, BATCH_EXPIRED, BATCH_ORPHANED };

struct name_arena_batch {
	struct rcu_head rcu;
	struct name_arena_batch *next;
	_Atomic int state; /* enum batch_state; whoever comes second frees the batch */
	uint32_t count;
	uint32_t references[NAME_ARENA_BATCH];
};

static unsigned units_of(unsigned kind)
{
	return kind > NAME_ARENA_UNITS_MAX ? kind - NAME_ARENA_UNITS_MAX - 1 : kind;
}

static unsigned capacity_of(unsigned kind)
{
	return SLAB_UNITS / units_of(kind);
}

static uint8_t *slab_page(const struct name_arena *a, uint32_t slab)
{
	return a->base + (size_t)slab * NAME_ARENA_SLAB_SIZE;
}

int name_arena_init(struct name_arena *a)
{
	void *reserved =
	    mmap(NULL, RESERVED_SIZE + OPEN_STEP, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uintptr_t base = ((uintptr_t)reserved + OPEN_STEP - 1) & ~(uintptr_t)(OPEN_STEP - 1);

	if (reserved == MAP_FAILED)
		return -ENOMEM;
	*a = (struct name_arena){.reserved = reserved, .base = (uint8_t *)base, .slab_end = 1};
	a->running_end = &a->running;
	return 0;
}

void name_arena_done(struct name_arena *a)
{
	if (!a->base)
		return;
	while (a->running) {
		struct name_arena_batch *batch = a->running;

		a->running = batch->next;
		/* acq_rel: pairs with batch_expired(); the second one has the batch to itself */
		if (atomic_exchange_explicit(&batch->state, BATCH_ORPHANED, memory_order_acq_rel) ==
		    BATCH_EXPIRED)
			free(batch);
	}
	while (a->filling) {
		struct name_arena_batch *batch = a->filling;

		a->filling = batch->next;
		free(batch);
	}
	sanitizer_unpoison(a->base, a->open_size);
	munmap(a->reserved, RESERVED_SIZE + OPEN_STEP);
	free(a->slabs);
	a->base = NULL;
}

static void chain_push(struct name_arena *a, uint32_t *head, uint32_t slab)
{
	a->slabs[slab].next = *head;
	a->slabs[slab].previous = 0;
	if (*head)
		a->slabs[*head].previous = slab;
	*head = slab;
}

static void chain_remove(struct name_arena *a, uint32_t *head, uint32_t slab)
{
	struct name_arena_slab *s = &a->slabs[slab];

	if (s->previous)
		a->slabs[s->previous].next = s->next;
	else
		*head = s->next;
	if (s->next)
		a->slabs[s->next].previous = s->previous;
}

/* A slab that was never used. Returns 0 when there is no memory. */
static uint32_t slab_new(struct name_arena *a)
{
	size_t end = ((size_t)a->slab_end + 1) * NAME_ARENA_SLAB_SIZE;
	bool is_pooled; /* then giving back a slab does nothing, which is no matter */

	if (a->slab_end == a->slab_capacity || !a->slabs) {
		uint32_t capacity = a->slab_capacity ? 2 * a->slab_capacity : SLABS_FIRST;
		void *slabs = realloc(a->slabs, capacity * sizeof(*a->slabs));

		if (!slabs)
			return 0;
		a->slabs = slabs;
		a->slab_capacity = capacity;
	}
	if (end > a->open_size) {
		if (end > RESERVED_SIZE ||
		    hugepages_open(&a->huge, a->base + a->open_size, OPEN_STEP,
		                   a->open_size >= HUGE_FROM, &is_pooled) < 0)
			return 0;
		a->open_size += OPEN_STEP;
	}
	return a->slab_end++;
}

/* An empty slab becomes one of a kind. */
static bool slab_open(struct name_arena *a, unsigned kind)
{
	uint32_t slab = a->empty;

	if (slab) {
		chain_remove(a, &a->empty, slab);
		a->empty_count--;
	} else if ((slab = a->bare) != 0) {
		chain_remove(a, &a->bare, slab);
	} else if ((slab = slab_new(a)) == 0) {
		return false;
	}
	a->slabs[slab] = (struct name_arena_slab){.kind = (uint8_t)kind};
	a->count[kind]++;
	chain_push(a, &a->open[kind], slab);
	return true;
}

static void slab_empty(struct name_arena *a, uint32_t slab)
{
	struct name_arena_slab *s = &a->slabs[slab];

	if (!s->is_closed)
		chain_remove(a, &a->open[s->kind], slab);
	a->count[s->kind]--;
	s->kind = 0;
	s->end = 0;
	if (a->empty_count < EMPTY_MAX) {
		a->empty_count++;
		chain_push(a, &a->empty, slab);
		return;
	}
	sanitizer_unpoison(slab_page(a, slab), NAME_ARENA_SLAB_SIZE);
	madvise(slab_page(a, slab), NAME_ARENA_SLAB_SIZE, MADV_DONTNEED); /* a hint */
	chain_push(a, &a->bare, slab);
}

static bool has_block(const struct name_arena_slab *s)
{
	return s->free || s->end < capacity_of(s->kind);
}

/* A block can be handed out again. */
static void block_free(struct name_arena *a, uint32_t reference)
{
	uint32_t slab = reference / SLAB_UNITS;
	struct name_arena_slab *s = &a->slabs[slab];
	unsigned units = units_of(s->kind);
	uint8_t *block = name_arena_at(a, reference);

	if (!s->is_closed && !has_block(s))
		chain_push(a, &a->open[s->kind], slab);
	memcpy(block, &s->free, sizeof(s->free));
	sanitizer_poison(block, (size_t)units * NAME_ARENA_UNIT);
	s->free = (uint16_t)(reference % SLAB_UNITS / units + 1);
	if (--s->taken == 0)
		slab_empty(a, slab);
}

/* Take back the blocks whose grace period is over. */
static void harvest(struct name_arena *a)
{
	struct name_arena_batch *batch;

	/* acquire: pairs with release in batch_expired(); readers are done with the blocks */
	while ((batch = a->running) != NULL &&
	       atomic_load_explicit(&batch->state, memory_order_acquire) == BATCH_EXPIRED) {
		a->running = batch->next;
		if (!a->running)
			a->running_end = &a->running;
		for (uint32_t i = 0; i < batch->count; i++)
			block_free(a, batch->references[i]);
		free(batch);
	}
}

uint32_t name_arena_get(struct name_arena *a, unsigned kind)
{
	unsigned units = units_of(kind);
	struct name_arena_slab *s;
	uint32_t slab, reference;
	unsigned index;

	if (!a->open[kind])
		harvest(a);
	if (!a->open[kind] && !slab_open(a, kind))
		return 0;
	slab = a->open[kind];
	s = &a->slabs[slab];
	index = s->free ? s->free - 1u : s->end;
	reference = slab * SLAB_UNITS + index * units;
	sanitizer_unpoison(name_arena_at(a, reference), (size_t)units * NAME_ARENA_UNIT);
	if (s->free)
		memcpy(&s->free, name_arena_at(a, reference), sizeof(s->free));
	else
		s->end++;
	s->taken++;
	a->used[kind]++;
	if (!has_block(s))
		chain_remove(a, &a->open[kind], slab);
	return reference;
}

void name_arena_put(struct name_arena *a, uint32_t reference)
{
	a->used[a->slabs[reference / SLAB_UNITS].kind]--;
	block_free(a, reference);
}

int name_arena_reserve(struct name_arena *a, size_t count)
{
	while (a->room < count) {
		struct name_arena_batch **end = &a->filling;
		struct name_arena_batch *batch = malloc(sizeof(*batch));

		if (!batch)
			return -ENOMEM;
		batch->count = 0;
		atomic_init(&batch->state, BATCH_WAITS);
		/* after the one being filled; order among the spare is free */
		if (*end)
			end = &(*end)->next;
		batch->next = *end;
		*end = batch;
		a->room += NAME_ARENA_BATCH;
	}
	return 0;
}

static void batch_expired(struct rcu_head *rcu)
{
	struct name_arena_batch *batch = caa_container_of(rcu, struct name_arena_batch, rcu);

	/* acq_rel: release pairs with acquire in harvest(), acquire as in name_arena_done() */
	if (atomic_exchange_explicit(&batch->state, BATCH_EXPIRED, memory_order_acq_rel) ==
	    BATCH_ORPHANED)
		free(batch);
}

void name_arena_retire(struct name_arena *a, uint32_t reference)
{
	struct name_arena_batch *batch = a->filling;

	assert(a->room > 0);
	a->used[a->slabs[reference / SLAB_UNITS].kind]--;
	batch->references[batch->count++] = reference;
	a->room--;
	if (batch->count < NAME_ARENA_BATCH)
		return;
	a->filling = batch->next;
	batch->next = NULL;
	*a->running_end = batch;
	a->running_end = &batch->next;
	call_rcu(&batch->rcu, batch_expired);
	harvest(a);
}

/* Whether the blocks of a slab could go elsewhere without a new slab, and then some. */
static bool is_sparse(const struct name_arena *a, uint32_t slab)
{
	const struct name_arena_slab *s = &a->slabs[slab];
	uint64_t capacity;

	if (s->kind == 0 || s->kind > NAME_ARENA_UNITS_MAX || s->is_closed)
		return false;
	capacity = capacity_of(s->kind);
	return s->taken <= capacity / 2 &&
	       a->used[s->kind] * UINT64_C(3) / 2 + 2 * capacity < a->count[s->kind] * capacity;
}

uint32_t name_arena_close_sparse(struct name_arena *a, uint32_t *cursor)
{
	for (unsigned looks = 0; looks < LOOKS_MAX && looks < a->slab_end; looks++) {
		uint32_t slab = *cursor < a->slab_end ? *cursor : 1;

		*cursor = slab + 1;
		if (slab == a->slab_end || !is_sparse(a, slab))
			continue;
		chain_remove(a, &a->open[a->slabs[slab].kind], slab);
		a->slabs[slab].is_closed = true;
		return slab;
	}
	return 0;
}

void name_arena_reopen(struct name_arena *a, uint32_t slab)
{
	struct name_arena_slab *s = &a->slabs[slab];

	s->is_closed = false;
	if (has_block(s))
		chain_push(a, &a->open[s->kind], slab);
}

bool name_arena_is_movable(const struct name_arena *a, uint32_t slab)
{
	return a->slabs[slab].kind <= NAME_ARENA_UNITS_MAX;
}

unsigned name_arena_blocks(const struct name_arena *a, uint32_t slab)
{
	return a->slabs[slab].end;
}

uint32_t name_arena_block(const struct name_arena *a, uint32_t slab, unsigned index)
{
	return slab * SLAB_UNITS + index * units_of(a->slabs[slab].kind);
}

uint64_t name_arena_memory(const struct name_arena *a)
{
	uint64_t slabs = 0;

	for (unsigned kind = 0; kind < NAME_ARENA_KINDS; kind++)
		slabs += a->count[kind];
	return slabs * (NAME_ARENA_SLAB_SIZE + sizeof(*a->slabs));
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two levels of sorted boundaries: a directory of chunks, each the boundaries from its key on. The
 * boundary at 0 always exists and neighbours always differ, also across chunks, so that the same
 * function always has the same boundaries.
 *
 * Chunks are immutable. A paint builds what replaces the chunks it touches, then publishes with one
 * store: of a chunk into its place, of a new directory, or of the count of a directory that grows
 * at its end. Readers take everything from one load of the directory. A paint that removes the
 * first boundary of a chunk joins it with the one before, so that no chunks stay behind when what
 * was in them goes.
 */
#include "dataplane/table/table6.h"

#include "dataplane/table/retire.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_MAX     256 /* boundaries */
#define STRIDE        64  /* places that have one summary */
#define ANY_MEMO      64  /* verdicts that a search remembers */
#define DIRECTORY_MIN 16
#define ADDRESS6_MAX  (~(address6_t)0)

struct chunk {
	const verdict_t *verdicts; /* behind starts */
	uint64_t lists;            /* listset_fold() of all its verdicts */
	size_t count;              /* 1..CHUNK_MAX */
	address6_t starts[];
};

struct place {
	address6_t key;                /* first start of the chunk; constant */
	_Atomic(struct chunk *) chunk; /* update thread: writes; readers: read */
	_Atomic uint64_t lists;        /* at least those of the chunk; likewise */
};

struct directory {
	_Atomic size_t count; /* update thread: grows it; readers: read */
	size_t capacity;
	_Atomic uint64_t *strides; /* behind places: at least their lists; as they */
	struct place places[];
};

struct table6 {
	_Atomic(struct directory *) directory; /* update thread: writes; readers: read */
	const struct verdicts *verdicts;       /* NULL = none; constant */
	/* the rest belongs to the update thread */
	struct retire retire;
	uint64_t memory_size;
	uint64_t boundary_count; /* without the one at 0, if that is VERDICT_NONE */
};

static uint64_t block_memory(void *block)
{
	return malloc_usable_size(block) + sizeof(size_t);
}

static uint64_t fold_verdicts(const struct verdicts *of, const verdict_t *verdicts, size_t count)
{
	verdict_t memo[ANY_MEMO] = {VERDICT_NONE};
	struct listset lists = {.used = 0};
	uint64_t fold = 0;

	for (size_t i = 0; i < count; i++) {
		verdict_t *seen = &memo[verdicts[i] % ANY_MEMO];

		if (verdicts[i] == VERDICT_NONE || *seen == verdicts[i])
			continue;
		*seen = verdicts[i];
		listset_add(&lists, of, verdicts[i]);
	}
	for (unsigned word = 0; word < LISTSET_WORDS; word++)
		fold |= listset_word(&lists, word);
	return fold;
}

static struct chunk *chunk_new(const struct verdicts *of, const address6_t *starts,
                               const verdict_t *verdicts, size_t count)
{
	struct chunk *c =
	    malloc(sizeof(*c) + count * (sizeof(c->starts[0]) + sizeof(c->verdicts[0])));
	verdict_t *copy;

	if (!c)
		return NULL;
	copy = (verdict_t *)&c->starts[count];
	memcpy(c->starts, starts, count * sizeof(*starts));
	memcpy(copy, verdicts, count * sizeof(*verdicts));
	c->verdicts = copy;
	c->lists = fold_verdicts(of, verdicts, count);
	c->count = count;
	return c;
}

/* The last boundary at or below an address. The first one is. */
static size_t chunk_find(const struct chunk *c, address6_t address)
{
	size_t at = 0;

	for (size_t n = c->count; n > 1;) {
		size_t half = n / 2;

		at += c->starts[at + half] <= address ? half : 0;
		n -= half;
	}
	return at;
}

static struct directory *directory_new(size_t capacity)
{
	size_t strides = capacity / STRIDE + 1;
	struct directory *d =
	    malloc(sizeof(*d) + capacity * sizeof(d->places[0]) + strides * sizeof(d->strides[0]));

	if (!d)
		return NULL;
	d->strides = (_Atomic uint64_t *)&d->places[capacity];
	for (size_t i = 0; i < strides; i++)
		atomic_init(&d->strides[i], 0);
	atomic_init(&d->count, 0);
	d->capacity = capacity;
	return d;
}

static size_t directory_find(const struct directory *d, size_t count, address6_t address)
{
	size_t at = 0;

	for (size_t n = count; n > 1;) {
		size_t half = n / 2;

		at += d->places[at + half].key <= address ? half : 0;
		n -= half;
	}
	return at;
}

static struct directory *load_directory(const struct table6 *t)
{
	/* acquire: pairs with release in put_directory() */
	return atomic_load_explicit(&t->directory, memory_order_acquire);
}

static size_t load_count(const struct directory *d)
{
	/* acquire: pairs with release in append_chunk(), for the place before it */
	return atomic_load_explicit(&d->count, memory_order_acquire);
}

static struct chunk *load_chunk(const struct directory *d, size_t index)
{
	/* acquire: pairs with release in put_chunk() */
	return atomic_load_explicit(&d->places[index].chunk, memory_order_acquire);
}

/* Lists more in a place and its stride: before what has them is published. */
static void add_lists(struct directory *d, size_t index, uint64_t lists)
{
	_Atomic uint64_t *place = &d->places[index].lists;
	_Atomic uint64_t *stride = &d->strides[index / STRIDE];

	/* release: pairs with acquire in load_lists() */
	atomic_store_explicit(place, atomic_load_explicit(place, memory_order_relaxed) | lists,
	                      memory_order_release);
	atomic_store_explicit(stride, atomic_load_explicit(stride, memory_order_relaxed) | lists,
	                      memory_order_release);
}

/* No more lists in a place than its chunk has: after it was published. */
static void trim_lists(struct directory *d, size_t index)
{
	const size_t first = index / STRIDE * STRIDE, count = load_count(d);
	uint64_t lists = 0;

	atomic_store_explicit(&d->places[index].lists, load_chunk(d, index)->lists,
	                      memory_order_release);
	for (size_t i = first; i < first + STRIDE && i < count; i++)
		lists |= atomic_load_explicit(&d->places[i].lists, memory_order_relaxed);
	atomic_store_explicit(&d->strides[index / STRIDE], lists, memory_order_release);
}

static void init_place(struct directory *d, size_t index, struct chunk *c, uint64_t lists)
{
	d->places[index].key = c->starts[0];
	atomic_init(&d->places[index].chunk, c);
	atomic_init(&d->places[index].lists, 0);
	add_lists(d, index, lists);
}

struct table6 *table6_new(void)
{
	const address6_t start = 0;
	const verdict_t nothing = VERDICT_NONE;
	struct table6 *t = calloc(1, sizeof(*t));
	struct directory *d = directory_new(DIRECTORY_MIN);
	struct chunk *c = chunk_new(NULL, &start, &nothing, 1);

	if (!t || !d || !c) {
		free(c);
		free(d);
		free(t);
		errno = ENOMEM;
		return NULL;
	}
	init_place(d, 0, c, 0);
	atomic_init(&d->count, 1);
	atomic_init(&t->directory, d);
	t->memory_size = sizeof(*t) + block_memory(d) + block_memory(c);
	return t;
}

void table6_use(struct table6 *t, const struct verdicts *verdicts)
{
	t->verdicts = verdicts;
}

void table6_free(struct table6 *t)
{
	struct directory *d;

	if (!t)
		return;
	d = load_directory(t);
	for (size_t i = 0; i < load_count(d); i++)
		free(load_chunk(d, i));
	free(d);
	retire_done(&t->retire);
	free(t);
}

/* A paint: which chunks it replaces, by which boundaries and chunks. */
struct paint {
	address6_t first; /* where it begins */
	size_t from, to;  /* chunks replaced, both included */
	size_t old_count; /* boundaries of these */
	size_t count;
	address6_t starts[2 * CHUNK_MAX + 2];
	verdict_t verdicts[2 * CHUNK_MAX + 2];
	size_t chunk_count;
	struct chunk *chunks[3]; /* made of the boundaries */
};

static void push(struct paint *p, address6_t start, verdict_t verdict)
{
	if (p->count > 0 && p->verdicts[p->count - 1] == verdict)
		return;
	p->starts[p->count] = start;
	p->verdicts[p->count++] = verdict;
}

/* Boundaries [from, end) of a chunk. The first differs from what was pushed before. */
static void push_from(struct paint *p, const struct chunk *c, size_t from, size_t end)
{
	memcpy(&p->starts[p->count], &c->starts[from], (end - from) * sizeof(c->starts[0]));
	memcpy(&p->verdicts[p->count], &c->verdicts[from], (end - from) * sizeof(c->verdicts[0]));
	p->count += end - from;
}

/* Collect the boundaries that replace those of the chunks of [first, last] and around it. */
static void collect(struct paint *p, const struct directory *d, address6_t first, address6_t last,
                    verdict_t verdict)
{
	const size_t count = load_count(d);
	const struct chunk *left, *right;

	p->first = first;
	/* the address before decides whether there is a boundary at first; the one after likewise
	 */
	p->from = directory_find(d, count, first > 0 ? first - 1 : 0);
	p->to = directory_find(d, count, last < ADDRESS6_MAX ? last + 1 : last);
	left = load_chunk(d, p->from);
	right = load_chunk(d, p->to);
	if (first > 0)
		push_from(p, left, 0, chunk_find(left, first - 1) + 1);
	push(p, first, verdict);
	if (last < ADDRESS6_MAX) {
		size_t at = chunk_find(right, last + 1);

		push(p, last + 1, right->verdicts[at]);
		push_from(p, right, at + 1, right->count);
	}
	for (size_t i = p->from; i <= p->to; i++)
		p->old_count += load_chunk(d, i)->count;
}

static void free_chunks(struct paint *p)
{
	while (p->chunk_count > 0)
		free(p->chunks[--p->chunk_count]);
}

static int make_chunks(const struct table6 *t, struct paint *p)
{
	size_t pieces = (p->count + CHUNK_MAX - 1) / CHUNK_MAX;
	size_t done = 0;

	for (size_t i = 0; i < pieces; i++) {
		size_t n = (p->count - done) / (pieces - i);
		struct chunk *c = chunk_new(t->verdicts, &p->starts[done], &p->verdicts[done], n);

		if (!c) {
			free_chunks(p);
			return -ENOMEM;
		}
		p->chunks[p->chunk_count++] = c;
		done += n;
	}
	return 0;
}

static void retire_block(struct table6 *t, void *block)
{
	t->memory_size -= block_memory(block);
	retire_add(&t->retire, block);
}

static void put_chunk(struct table6 *t, struct directory *d, struct paint *p)
{
	struct chunk *old = load_chunk(d, p->from);

	t->memory_size += block_memory(p->chunks[0]);
	add_lists(d, p->from, p->chunks[0]->lists);
	/* release: pairs with acquire in load_chunk() */
	atomic_store_explicit(&d->places[p->from].chunk, p->chunks[0], memory_order_release);
	trim_lists(d, p->from);
	retire_block(t, old);
}

/* A place as it is in another directory; the chunk itself is not looked at. */
static void copy_place(struct directory *d, size_t index, const struct directory *from, size_t at)
{
	d->places[index].key = from->places[at].key;
	atomic_init(&d->places[index].chunk, load_chunk(from, at));
	atomic_init(&d->places[index].lists, 0);
	add_lists(d, index, atomic_load_explicit(&from->places[at].lists, memory_order_relaxed));
}

static int put_directory(struct table6 *t, struct directory *old, struct paint *p)
{
	const size_t old_count = load_count(old);
	const size_t count = old_count - (p->to - p->from + 1) + p->chunk_count;
	struct directory *d = directory_new(DIRECTORY_MIN + count + count / 2);
	size_t at = 0;

	if (!d)
		return -ENOMEM;
	for (size_t i = 0; i < p->from; i++)
		copy_place(d, at++, old, i);
	for (size_t i = 0; i < p->chunk_count; i++) {
		t->memory_size += block_memory(p->chunks[i]);
		init_place(d, at++, p->chunks[i], p->chunks[i]->lists);
	}
	for (size_t i = p->to + 1; i < old_count; i++)
		copy_place(d, at++, old, i);
	atomic_init(&d->count, count);
	t->memory_size += block_memory(d);
	/* release: pairs with acquire in load_directory() */
	atomic_store_explicit(&t->directory, d, memory_order_release);
	for (size_t i = p->from; i <= p->to; i++)
		retire_block(t, load_chunk(old, i));
	retire_block(t, old);
	return 0;
}

/*
 * Whether a paint only adds boundaries behind a last chunk that is full, and the directory has a
 * place left: then the chunk stays as it is. It is what makes filling in ascending order cheap.
 */
static bool is_append(const struct directory *d, const struct paint *p)
{
	const size_t count = load_count(d);
	const struct chunk *c = load_chunk(d, p->from);

	return p->from + 1 == count && count < d->capacity && p->count > CHUNK_MAX &&
	       c->starts[c->count - 1] < p->first;
}

static int append_chunk(struct table6 *t, struct directory *d, struct paint *p)
{
	const size_t count = load_count(d);
	struct chunk *c = chunk_new(t->verdicts, &p->starts[p->old_count],
	                            &p->verdicts[p->old_count], p->count - p->old_count);

	if (!c)
		return -ENOMEM;
	t->memory_size += block_memory(c);
	init_place(d, count, c, c->lists);
	/* release: pairs with acquire in load_count() */
	atomic_store_explicit(&d->count, count + 1, memory_order_release);
	return 0;
}

static int publish(struct table6 *t, struct directory *d, struct paint *p)
{
	int rc;

	if (is_append(d, p))
		return append_chunk(t, d, p);
	rc = retire_reserve(&t->retire, p->to - p->from + 2);
	if (rc < 0)
		return rc;
	rc = make_chunks(t, p);
	if (rc < 0)
		return rc;
	if (p->from == p->to && p->chunk_count == 1) {
		put_chunk(t, d, p);
		return 0;
	}
	rc = put_directory(t, d, p);
	if (rc < 0)
		free_chunks(p);
	return rc;
}

static bool has_verdict(const struct directory *d, address6_t first, address6_t last,
                        verdict_t verdict)
{
	const size_t index = directory_find(d, load_count(d), first);
	const struct chunk *c = load_chunk(d, index);
	const size_t at = chunk_find(c, first);

	return c->verdicts[at] == verdict && index == directory_find(d, load_count(d), last) &&
	       at == chunk_find(c, last);
}

int table6_paint(struct table6 *t, address6_t first, address6_t last, verdict_t verdict)
{
	struct directory *d = load_directory(t);
	struct paint p;
	verdict_t old_zero;
	int rc;

	if (first > last || verdict > VERDICT_MAX)
		return -EINVAL;
	if (has_verdict(d, first, last, verdict))
		return 0;
	p.old_count = p.count = p.chunk_count = 0;
	old_zero = table6_lookup(t, 0);
	collect(&p, d, first, last, verdict);
	rc = publish(t, d, &p);
	if (rc < 0)
		return rc;
	t->boundary_count += p.count - p.old_count;
	t->boundary_count += (table6_lookup(t, 0) != VERDICT_NONE) - (old_zero != VERDICT_NONE);
	return 0;
}

verdict_t table6_lookup(const struct table6 *t, address6_t address)
{
	const struct directory *d = load_directory(t);
	const struct chunk *c = load_chunk(d, directory_find(d, load_count(d), address));

	return c->verdicts[chunk_find(c, address)];
}

/* One table6_any(): the lists that are wanted, and verdicts known to be of none of them. */
struct search {
	const struct table6 *table;
	const uint64_t *lists;
	uint64_t fold;   /* of lists */
	unsigned budget; /* boundaries to look at in chunks that only seem to have them */
	verdict_t unwanted[ANY_MEMO];
};

static bool try_verdict(struct search *s, verdict_t verdict)
{
	verdict_t *memo = &s->unwanted[verdict % ANY_MEMO];

	if (*memo == verdict || verdict == VERDICT_NONE) /* the memo starts as zeros */
		return false;
	if (listset_shows(s->table->verdicts, verdict, s->lists))
		return true;
	*memo = verdict;
	return false;
}

/* Try what begins in [first, last] of a chunk, and what reaches into it; true out of budget. */
static bool try_chunk(struct search *s, const struct chunk *c, address6_t first, address6_t last)
{
	if (!(c->lists & s->fold))
		return false;
	for (size_t i = chunk_find(c, first); i < c->count && c->starts[i] <= last; i++) {
		if (s->budget-- == 0 || try_verdict(s, c->verdicts[i]))
			return true;
	}
	return false;
}

static bool may_have(const struct search *s, const _Atomic uint64_t *lists)
{
	/* acquire: pairs with release in add_lists() */
	return atomic_load_explicit(lists, memory_order_acquire) & s->fold;
}

bool table6_any(const struct table6 *t, address6_t first, address6_t last,
                const uint64_t lists[LISTSET_WORDS])
{
	const struct directory *d = load_directory(t);
	const size_t count = load_count(d);
	const size_t from = directory_find(d, count, first), to = directory_find(d, count, last);
	struct search s = {t, lists, listset_fold(lists), TABLE6_ANY_BUDGET, {0}};

	for (size_t index = from; index <= to; index++) {
		if (index % STRIDE == 0 && !may_have(&s, &d->strides[index / STRIDE]))
			index |= STRIDE - 1; /* on to the last place of the stride */
		else if (may_have(&s, &d->places[index].lists) &&
		         try_chunk(&s, load_chunk(d, index), first, last))
			return true;
	}
	return false;
}

void table6_stats(const struct table6 *t, struct table6_stats *out_stats)
{
	out_stats->memory_size = t->memory_size;
	out_stats->boundary_count = t->boundary_count;
}

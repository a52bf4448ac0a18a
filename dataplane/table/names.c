/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hash of nodes with open addressing. A put name brings its ancestors into being as nodes that
 * were not put, which count the names below them for each list; a lookup goes from the root down
 * and ends at the first suffix that is not there.
 */
#include "dataplane/table/names.h"

#include "dataplane/table/labels.h"
#include "dataplane/table/retire.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define INDEX_MIN 64 /* slots; a power of two */

#define VALUE_IS_PUT  (UINT64_C(1) << 63)
#define SUBTREE_SHIFT 24

/* Of how many put names further down a list is; replaced when there is one list more. */
struct names_below {
	uint32_t count;
	struct {
		uint32_t list;          /* ascending */
		_Atomic uint32_t names; /* update thread: writes; readers: read; 0 = none now */
	} lists[];
};

struct node {
	_Atomic uint64_t value; /* exact, subtree << 24, VALUE_IS_PUT; update thread: writes */
	_Atomic(struct names_below *) below; /* NULL = none; likewise */
	uint32_t put_count; /* put names here and further down; update thread only; never 0 */
	uint8_t size;
	uint8_t name[];
};

struct slot {
	uint64_t hash;               /* written once, before the node */
	_Atomic(struct node *) node; /* NULL: ends a probe. &gone: was deleted */
};

struct index {
	size_t mask;
	size_t used; /* slots that are not NULL; update thread only */
	struct slot slots[];
};

struct names {
	_Atomic(struct index *) index;       /* update thread: writes; readers: read */
	_Atomic(struct names_below *) below; /* of the root; likewise */
	struct labels_key key;               /* constant */
	const struct verdicts *verdicts;     /* NULL = none; constant */
	/* the rest belongs to the update thread */
	struct retire retire;
	uint64_t memory_size;
	uint64_t name_count;
	size_t node_count;
};

static const struct node gone; /* only its address counts */

static uint64_t pack(verdict_t exact, verdict_t subtree)
{
	return VALUE_IS_PUT | (uint64_t)subtree << SUBTREE_SHIFT | exact;
}

static verdict_t exact_of(uint64_t value)
{
	return value & VERDICT_MAX;
}

static verdict_t subtree_of(uint64_t value)
{
	return value >> SUBTREE_SHIFT & VERDICT_MAX;
}

/* The lists of a name and of what it says of the names below. */
static void value_lists(const struct names *n, uint64_t value, struct listset *out_lists)
{
	out_lists->used = 0;
	listset_add(out_lists, n->verdicts, exact_of(value));
	if (subtree_of(value) != exact_of(value))
		listset_add(out_lists, n->verdicts, subtree_of(value));
}

static uint64_t block_memory(void *block)
{
	return malloc_usable_size(block) + sizeof(size_t);
}

static struct index *index_new(size_t slot_count)
{
	struct index *index = calloc(1, sizeof(*index) + slot_count * sizeof(index->slots[0]));

	if (index)
		index->mask = slot_count - 1;
	return index;
}

static struct index *load_index(const struct names *n)
{
	/* acquire: pairs with release in make_room() */
	return atomic_load_explicit(&n->index, memory_order_acquire);
}

static struct node *load_node(const struct slot *slot)
{
	/* acquire: pairs with release in index_add() */
	return atomic_load_explicit(&slot->node, memory_order_acquire);
}

static uint64_t load_value(const struct node *node)
{
	/* acquire: pairs with release in put_value() */
	return atomic_load_explicit(&node->value, memory_order_acquire);
}

static struct names_below *load_below(const _Atomic(struct names_below *) *below)
{
	/* acquire: pairs with release in put_belows() */
	return atomic_load_explicit((_Atomic(struct names_below *) *)below, memory_order_acquire);
}

static void index_add(struct index *index, uint64_t hash, struct node *node)
{
	size_t at = hash & index->mask;

	while (load_node(&index->slots[at]))
		at = (at + 1) & index->mask;
	index->slots[at].hash = hash;
	/* release: pairs with acquire in load_node(); the hash and the node are visible with it */
	atomic_store_explicit(&index->slots[at].node, node, memory_order_release);
	index->used++;
}

/* The node of a name, or NULL, and its slot. There is always an empty slot to end the probe. */
static struct node *index_find(struct index *index, uint64_t hash, const uint8_t *name, size_t size,
                               struct slot **out_slot)
{
	for (size_t at = hash & index->mask;; at = (at + 1) & index->mask) {
		struct slot *slot = &index->slots[at];
		struct node *node = load_node(slot);

		if (!node)
			return NULL;
		if (slot->hash == hash && node != &gone && node->size == size &&
		    memcmp(node->name, name, size) == 0) {
			*out_slot = slot;
			return node;
		}
	}
}

struct names *names_new(void)
{
	struct names *n = calloc(1, sizeof(*n));
	struct index *index = index_new(INDEX_MIN);
	int rc = -ENOMEM;

	if (!n || !index)
		goto fail;
	rc = labels_key_init(&n->key);
	if (rc < 0)
		goto fail;
	atomic_init(&n->index, index);
	n->memory_size = sizeof(*n) + block_memory(index);
	return n;
fail:
	free(index);
	free(n);
	errno = -rc;
	return NULL;
}

void names_use(struct names *n, const struct verdicts *verdicts)
{
	n->verdicts = verdicts;
}

void names_free(struct names *n)
{
	struct index *index;

	if (!n)
		return;
	index = load_index(n);
	for (size_t i = 0; i <= index->mask; i++) {
		struct node *node = load_node(&index->slots[i]);

		if (node == &gone || !node)
			continue;
		free(load_below(&node->below));
		free(node);
	}
	free(index);
	free(load_below(&n->below));
	retire_done(&n->retire);
	free(n);
}

/* A name taken apart: its suffixes from the shortest on, their nodes as far as there are any. */
struct path {
	const uint8_t *name;
	size_t size;
	size_t depth; /* labels of the name */
	size_t known; /* of these suffixes, from the root on, have a node */
	uint8_t offsets[LABELS_MAX];
	uint64_t hashes[LABELS_MAX];
	struct slot *slots[LABELS_MAX];
	struct node *nodes[LABELS_MAX];
	struct names_below *belows[LABELS_MAX]; /* to be put above; NULL = what is there will do */
};

static int path_find(const struct names *n, const uint8_t *name, size_t size, struct path *p)
{
	struct index *index = load_index(n);
	struct labels labels;
	uint64_t hash = 0;

	if (size == 0 || labels_split(name, size, &labels) < 0 || !labels_is_lower(name, size))
		return -EINVAL;
	p->name = name;
	p->size = size;
	p->depth = labels.count;
	p->known = 0;
	for (size_t level = 0; level < p->depth; level++) {
		size_t offset = labels.offsets[labels.count - 1 - level];

		hash = labels_hash(&n->key, hash, name + offset);
		p->offsets[level] = (uint8_t)offset;
		p->hashes[level] = hash;
		if (p->known < level)
			continue;
		p->nodes[level] =
		    index_find(index, hash, name + offset, size - offset, &p->slots[level]);
		if (p->nodes[level])
			p->known++;
	}
	return 0;
}

/* Make sure that count more nodes fit; the index may be replaced, which ends a path. */
static int make_room(struct names *n, size_t count)
{
	struct index *old = load_index(n), *index;
	size_t slot_count = INDEX_MIN;

	if (old->used + count <= (old->mask + 1) / 8 * 5)
		return 0;
	while (slot_count < 2 * (n->node_count + count))
		slot_count *= 2;
	if (retire_reserve(&n->retire, 1 + LABELS_MAX) < 0) /* new_belows() has reserved */
		return -ENOMEM;
	index = index_new(slot_count);
	if (!index)
		return -ENOMEM;
	for (size_t i = 0; i <= old->mask; i++) {
		struct node *node = load_node(&old->slots[i]);

		if (node && node != &gone)
			index_add(index, old->slots[i].hash, node);
	}
	n->memory_size += block_memory(index) - block_memory(old);
	/* release: pairs with acquire in load_index() */
	atomic_store_explicit(&n->index, index, memory_order_release);
	retire_add(&n->retire, old);
	return 0;
}

static uint64_t below_memory(const struct node *node)
{
	struct names_below *below = load_below(&node->below);

	return below ? block_memory(below) : 0;
}

static void free_new_nodes(struct path *p, size_t end)
{
	while (end-- > p->known)
		free(p->nodes[end]);
}

/* Make nodes for the unknown suffixes of a path. */
static int new_nodes(struct path *p)
{
	for (size_t level = p->known; level < p->depth; level++) {
		size_t size = p->size - p->offsets[level];
		struct node *node = malloc(sizeof(*node) + size);

		if (!node) {
			free_new_nodes(p, level);
			return -ENOMEM;
		}
		atomic_init(&node->value, 0);
		atomic_init(&node->below, NULL);
		node->put_count = 0;
		node->size = (uint8_t)size;
		memcpy(node->name, p->name + p->offsets[level], size);
		p->nodes[level] = node;
	}
	return 0;
}

/* Where a list is, or would be. */
static uint32_t below_find(const struct names_below *below, uint32_t list)
{
	uint32_t low = 0, high = below ? below->count : 0;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (below->lists[middle].list < list)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static unsigned next_list(uint64_t *bits, unsigned word)
{
	unsigned list = word * 64 + (unsigned)__builtin_ctzll(*bits);

	*bits &= *bits - 1;
	return list;
}

/* How many of some lists have no place yet. */
static uint32_t below_missing(const struct names_below *below, const struct listset *lists)
{
	uint32_t missing = 0;

	for (unsigned word = 0; word < LISTSET_WORDS; word++) {
		uint64_t bits = listset_word(lists, word);

		while (bits) {
			unsigned list = next_list(&bits, word);
			uint32_t at = below_find(below, list);

			missing += !below || at == below->count || below->lists[at].list != list;
		}
	}
	return missing;
}

static void below_append(struct names_below *below, uint32_t list, uint32_t names)
{
	below->lists[below->count].list = list;
	atomic_init(&below->lists[below->count].names, names);
	below->count++;
}

/* A copy that has places for more lists, with 0 names. Errors: NULL */
static struct names_below *below_extend(const struct names_below *old, const struct listset *lists,
                                        uint32_t missing)
{
	const uint32_t old_count = old ? old->count : 0;
	struct names_below *new =
	    malloc(sizeof(*new) + (old_count + missing) * sizeof(new->lists[0]));
	uint32_t from = 0;

	if (!new)
		return NULL;
	new->count = 0;
	for (unsigned word = 0; word < LISTSET_WORDS; word++) {
		uint64_t bits = listset_word(lists, word);

		while (bits) {
			unsigned list = next_list(&bits, word);

			for (; from < old_count && old->lists[from].list <= list; from++)
				below_append(new, old->lists[from].list,
				             atomic_load_explicit(&old->lists[from].names,
				                                  memory_order_relaxed));
			if (new->count == 0 || new->lists[new->count - 1].list != list)
				below_append(new, list, 0);
		}
	}
	for (; from < old_count; from++)
		below_append(new, old->lists[from].list,
		             atomic_load_explicit(&old->lists[from].names, memory_order_relaxed));
	return new;
}

/* What is strictly above the last node of a path, at a depth: 0 = the root. */
static _Atomic(struct names_below *) *below_at(struct names *n, struct node *const *nodes,
                                               size_t depth)
{
	return depth == 0 ? &n->below : &nodes[depth - 1]->below;
}

static void free_belows(struct path *p)
{
	for (size_t level = 0; level < p->depth; level++)
		free(p->belows[level]);
}

/* Make what counting a value above the path will need. Errors: -ENOMEM; nothing is to be freed */
static int new_belows(struct names *n, struct path *p, uint64_t value)
{
	struct listset lists;

	value_lists(n, value, &lists);
	memset(p->belows, 0, p->depth * sizeof(struct names_below *));
	if (retire_reserve(&n->retire, p->depth) < 0)
		return -ENOMEM;
	for (size_t level = 0; level < p->depth; level++) {
		const struct names_below *old = load_below(below_at(n, p->nodes, level));
		uint32_t missing = below_missing(old, &lists);

		if (missing == 0)
			continue;
		p->belows[level] = below_extend(old, &lists, missing);
		if (!p->belows[level]) {
			free_belows(p);
			return -ENOMEM;
		}
	}
	return 0;
}

static void put_belows(struct names *n, struct path *p)
{
	for (size_t level = 0; level < p->depth; level++) {
		_Atomic(struct names_below *) *where = below_at(n, p->nodes, level);
		struct names_below *old = load_below(where);

		if (!p->belows[level])
			continue;
		n->memory_size += block_memory(p->belows[level]);
		n->memory_size -= old ? block_memory(old) : 0;
		/* release: pairs with acquire in load_below() */
		atomic_store_explicit(where, p->belows[level], memory_order_release);
		retire_add(&n->retire, old);
	}
}

/* Count a list for one place above. Without a place, or below zero: a verdict was not what it was
 * when it was put, which control is not to do; then nothing is counted. */
static void count_list(struct names_below *below, uint32_t list, int delta)
{
	uint32_t at = below_find(below, list), count;

	if (!below || at == below->count || below->lists[at].list != list)
		return;
	/* relaxed: a count on its own, and the store of a value or node orders it for those who
	 * must have seen it */
	count = atomic_load_explicit(&below->lists[at].names, memory_order_relaxed);
	if (delta > 0 || count > 0)
		atomic_store_explicit(&below->lists[at].names, count + (uint32_t)delta,
		                      memory_order_relaxed);
}

/* Count what is in one set and not in the other for the names strictly above the last node. */
static void count_below(struct names *n, struct node *const *nodes, size_t depth,
                        const struct listset *in, const struct listset *not_in, int delta)
{
	for (unsigned word = 0; word < LISTSET_WORDS; word++) {
		uint64_t bits = listset_word(in, word) & ~listset_word(not_in, word);

		while (bits) {
			unsigned list = next_list(&bits, word);

			for (size_t level = 0; level < depth; level++)
				count_list(load_below(below_at(n, nodes, level)), list, delta);
		}
	}
}

/*
 * Give the last node of a path a value; its lists were reserved. The counts above it go up before,
 * and down after.
 */
static void put_value(struct names *n, struct node *const *nodes, size_t depth, uint64_t value)
{
	struct node *node = nodes[depth - 1];
	uint64_t old = load_value(node);
	int put_delta = (int)((value & VALUE_IS_PUT) != 0) - (int)((old & VALUE_IS_PUT) != 0);
	struct listset was, is;

	value_lists(n, old, &was);
	value_lists(n, value, &is);
	count_below(n, nodes, depth, &is, &was, 1);
	/* release: pairs with acquire in load_value(); what was defined before is visible with it
	 */
	atomic_store_explicit(&node->value, value, memory_order_release);
	count_below(n, nodes, depth, &was, &is, -1);
	for (size_t level = 0; level < depth; level++)
		nodes[level]->put_count += (uint32_t)put_delta;
	n->name_count += (uint64_t)(int64_t)put_delta;
}

int names_put(struct names *n, const uint8_t *name, size_t size, verdict_t exact, verdict_t subtree)
{
	struct index *index;
	struct path p;
	int rc;

	if (exact > VERDICT_MAX || subtree > VERDICT_MAX)
		return -EINVAL;
	rc = path_find(n, name, size, &p);
	if (rc < 0)
		return rc;
	rc = new_nodes(&p);
	if (rc < 0)
		return rc;
	rc = new_belows(n, &p, pack(exact, subtree));
	if (rc < 0)
		goto undo_nodes;
	rc = make_room(n, p.depth - p.known);
	if (rc < 0)
		goto undo_belows;
	put_belows(n, &p);
	put_value(n, p.nodes, p.depth, pack(exact, subtree));
	index = load_index(n);
	for (size_t level = p.known; level < p.depth; level++) {
		n->memory_size += block_memory(p.nodes[level]);
		n->node_count++;
		index_add(index, p.hashes[level], p.nodes[level]);
	}
	return 0;
undo_belows:
	free_belows(&p);
undo_nodes:
	free_new_nodes(&p, p.depth);
	return rc;
}

int names_delete(struct names *n, const uint8_t *name, size_t size)
{
	struct path p;
	int rc;

	rc = path_find(n, name, size, &p);
	if (rc < 0)
		return rc;
	if (p.known < p.depth)
		return 0;
	if (!(load_value(p.nodes[p.depth - 1]) & VALUE_IS_PUT))
		return 0;
	rc = retire_reserve(&n->retire, 2 * p.depth + 1);
	if (rc < 0)
		return rc;
	put_value(n, p.nodes, p.depth, 0);
	/* from the name up, so that a node never stands without its ancestors */
	for (size_t level = p.depth; level-- > 0 && p.nodes[level]->put_count == 0;) {
		/* release: pairs with acquire in load_node(), for the hash beside it */
		atomic_store_explicit(&p.slots[level]->node, (struct node *)&gone,
		                      memory_order_release);
		n->memory_size -= block_memory(p.nodes[level]) + below_memory(p.nodes[level]);
		n->node_count--;
		retire_add(&n->retire, load_below(&p.nodes[level]->below));
		retire_add(&n->retire, p.nodes[level]);
	}
	if (n->name_count == 0 && load_below(&n->below)) {
		struct names_below *below = load_below(&n->below);

		n->memory_size -= block_memory(below);
		atomic_store_explicit(&n->below, NULL, memory_order_release);
		retire_add(&n->retire, below);
	}
	return 0;
}

void names_lookup(const struct names *n, const uint8_t *name, size_t size,
                  struct names_match *out_match)
{
	struct index *index = load_index(n);
	const struct names_below *below = load_below(&n->below);
	uint64_t hash = 0, value = 0;
	struct labels labels;

	*out_match = (struct names_match){VERDICT_NONE, (uint16_t)size, VERDICT_NONE, NULL};
	if (labels_split(name, size, &labels) < 0)
		return;
	for (size_t level = labels.count; level-- > 0;) {
		size_t offset = labels.offsets[level];
		const struct node *node;
		struct slot *slot;
		uint64_t here;

		hash = labels_hash(&n->key, hash, name + offset);
		node = index_find(index, hash, name + offset, size - offset, &slot);
		if (!node) {
			below = NULL;
			break;
		}
		here = load_value(node);
		below = load_below(&node->below);
		if (here & VALUE_IS_PUT) {
			value = here;
			out_match->subject_offset = (uint16_t)offset;
		}
	}
	out_match->below = below;
	out_match->subtree = subtree_of(value);
	if (value != 0)
		out_match->verdict =
		    out_match->subject_offset == 0 ? exact_of(value) : subtree_of(value);
}

bool names_any_below(const struct names *n, const struct names_match *match,
                     const uint64_t lists[LISTSET_WORDS])
{
	const struct names_below *below = match->below;

	for (uint32_t i = 0; below && i < below->count; i++) {
		uint32_t list = below->lists[i].list;

		if (lists[list / 64] >> (list % 64) & 1 &&
		    atomic_load_explicit((_Atomic uint32_t *)&below->lists[i].names,
		                         memory_order_relaxed) > 0)
			return true;
	}
	return listset_shows(n->verdicts, match->subtree, lists);
}

void names_stats(const struct names *n, struct names_stats *out_stats)
{
	out_stats->memory_size = n->memory_size;
	out_stats->name_count = n->name_count;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/merge_names.h"

#include "control/subject.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NOT_YET     UINT32_MAX /* no verdict id */
#define WORD_BITS   64
#define DEPTH_MAX   128 /* labels of a name, and the empty name */
#define UNDOS_FIRST 64

/* What a list says of the names below the nearest name that says something. */
struct above {
	const uint8_t *wire; /* that name */
	size_t size;
	uint32_t verdict;   /* 0 = an exclusion, or there is no such name */
	uint32_t inherited; /* the same with '$' replaced; NOT_YET */
};

struct cursor {
	struct merge_source *source;
	size_t index;
	struct above above;
};

/* Names from the top to where the walk is that say something of what is below them. */
struct frame {
	const uint8_t *wire;
	size_t size;
	size_t undo_count; /* of the frames above this one */
};

struct undo {
	unsigned cursor;
	struct above above;
};

struct merge_names {
	struct merge_view view;
	struct cursor *cursors; /* of lists with names, ascending by list */
	unsigned count;
	unsigned *heap; /* cursor numbers by name; those at the end are left out */
	unsigned heap_count;
	unsigned *here; /* cursors that hold the current name */
	unsigned here_count;
	uint64_t *speaking; /* bitmap: cursors with above.verdict */
	unsigned words;
	uint32_t *exact, *subtree; /* a verdict per cursor, 0 = none; all 0 between names */
	bool has_subtracted;       /* some list's names are not listed at all */
	struct frame frames[DEPTH_MAX];
	unsigned depth;
	struct undo *undos;
	size_t undo_count, undo_capacity;
	const uint8_t *root; /* where the walk was sent */
	size_t root_size;
	bool has_below;
};

static const struct dataset_name *name_at(const struct cursor *c)
{
	return &c->source->dataset->names[c->index];
}

static const uint8_t *wire_of(const struct cursor *c, size_t index)
{
	const struct dataset *d = c->source->dataset;

	return d->name_bytes + d->names[index].offset;
}

static int compare_cursors(const struct cursor *a, const struct cursor *b)
{
	return name_compare(wire_of(a, a->index), name_at(a)->size, wire_of(b, b->index),
	                    name_at(b)->size);
}

bool merge_name_is_within(const uint8_t *wire, size_t size, const uint8_t *above, size_t above_size)
{
	while (size > above_size) {
		size_t label = wire[0] + 1u;

		if (label > size)
			return false;
		wire += label;
		size -= label;
	}
	return size == above_size && (!size || !memcmp(wire, above, size));
}

struct merge_names *merge_names_new(const struct merge_view *view)
{
	struct merge_names *m = calloc(1, sizeof(*m));
	size_t room = view->count + 1u;

	if (!m)
		return NULL;
	m->view = *view;
	m->words = (unsigned)(room + WORD_BITS - 1) / WORD_BITS;
	m->undo_capacity = UNDOS_FIRST;
	m->cursors = calloc(room, sizeof(*m->cursors));
	m->heap = calloc(room, sizeof(*m->heap));
	m->here = calloc(room, sizeof(*m->here));
	m->speaking = calloc(m->words, sizeof(*m->speaking));
	m->exact = calloc(room, sizeof(*m->exact));
	m->subtree = calloc(room, sizeof(*m->subtree));
	m->undos = calloc(m->undo_capacity, sizeof(*m->undos));
	if (!m->cursors || !m->heap || !m->here || !m->speaking || !m->exact || !m->subtree ||
	    !m->undos) {
		merge_names_free(m);
		errno = ENOMEM;
		return NULL;
	}
	for (unsigned i = 0; i < view->count; i++)
		if (view->sources[i]->dataset && view->sources[i]->dataset->name_count)
			m->cursors[m->count++].source = view->sources[i];
	for (unsigned i = 0; i < m->count; i++)
		m->has_subtracted |= m->cursors[i].source->is_subtracted;
	return m;
}

void merge_names_free(struct merge_names *m)
{
	if (!m)
		return;
	free(m->cursors);
	free(m->heap);
	free(m->here);
	free(m->speaking);
	free(m->exact);
	free(m->subtree);
	free(m->undos);
	free(m);
}

uint64_t merge_names_count(const struct merge_names *m)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < m->count; i++)
		count += m->cursors[i].source->dataset->name_count;
	return count;
}

static void sift_down(struct merge_names *m, unsigned at)
{
	for (;;) {
		unsigned least = at, child = 2 * at + 1, swap;

		for (unsigned i = child; i < child + 2 && i < m->heap_count; i++)
			if (compare_cursors(&m->cursors[m->heap[i]], &m->cursors[m->heap[least]]) <
			    0)
				least = i;
		if (least == at)
			return;
		swap = m->heap[at];
		m->heap[at] = m->heap[least];
		m->heap[least] = swap;
		at = least;
	}
}

/* The first name of a list that is not before a name. */
static size_t lower_bound(const struct cursor *c, const uint8_t *wire, size_t size)
{
	const struct dataset *d = c->source->dataset;
	size_t low = 0, high = d->name_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (name_compare(wire_of(c, middle), d->names[middle].size, wire, size) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void set_above(struct merge_names *m, unsigned cursor, const struct above *above)
{
	uint64_t bit = (uint64_t)1 << (cursor % WORD_BITS);

	m->cursors[cursor].above = *above;
	if (above->verdict)
		m->speaking[cursor / WORD_BITS] |= bit;
	else
		m->speaking[cursor / WORD_BITS] &= ~bit;
}

/* 0 for an exclusion; not for DATASET_ABSENT. */
static int set_verdict(struct merge_names *m, struct merge_source *source, uint32_t set,
                       uint32_t *out_verdict)
{
	*out_verdict = 0;
	return set ? merge_set(m->view.catalog, source, set, out_verdict) : 0;
}

/* What a list says of the names below `name`, from the nearest name above that says something. */
static int find_above(struct merge_names *m, unsigned cursor, const uint8_t *wire, size_t size)
{
	const struct cursor *c = &m->cursors[cursor];
	const struct dataset *d = c->source->dataset;
	struct above above = {.inherited = NOT_YET};
	int rc = 0;

	while (size) {
		size_t index;

		size -= wire[0] + 1u;
		wire += wire[0] + 1u;
		index = lower_bound(c, wire, size);
		if (index == d->name_count || d->names[index].size != size ||
		    d->names[index].subtree == DATASET_ABSENT ||
		    (size && memcmp(wire_of(c, index), wire, size) != 0))
			continue;
		above.wire = wire_of(c, index);
		above.size = size;
		rc = set_verdict(m, c->source, d->names[index].subtree, &above.verdict);
		break;
	}
	if (!rc)
		set_above(m, cursor, &above);
	return rc;
}

int merge_names_seek(struct merge_names *m, const uint8_t *wire, size_t size, bool has_below)
{
	m->root = wire;
	m->root_size = size;
	m->has_below = has_below;
	m->depth = 0;
	m->undo_count = 0;
	m->heap_count = 0;
	for (unsigned i = 0; i < m->count; i++) {
		struct cursor *c = &m->cursors[i];
		int rc = find_above(m, i, wire, size);

		if (rc < 0)
			return rc;
		c->index = lower_bound(c, wire, size);
		if (c->index < c->source->dataset->name_count)
			m->heap[m->heap_count++] = i;
	}
	for (unsigned i = m->heap_count; i-- > 0;)
		sift_down(m, i);
	return 0;
}

/* Take the cursors that hold the least name into here[]. */
static void gather(struct merge_names *m)
{
	m->here_count = 0;
	do {
		unsigned top = m->heap[0];

		m->here[m->here_count++] = top;
		m->heap[0] = m->heap[--m->heap_count];
		sift_down(m, 0);
	} while (m->heap_count &&
	         !compare_cursors(&m->cursors[m->heap[0]], &m->cursors[m->here[0]]));
}

/* Put the cursors of here[] back at their next names. */
static void scatter(struct merge_names *m)
{
	for (unsigned i = 0; i < m->here_count; i++) {
		struct cursor *c = &m->cursors[m->here[i]];
		unsigned at = m->heap_count;

		if (++c->index == c->source->dataset->name_count)
			continue;
		m->heap_count++;
		m->heap[at] = m->here[i];
		while (at && compare_cursors(c, &m->cursors[m->heap[(at - 1) / 2]]) < 0) {
			m->heap[at] = m->heap[(at - 1) / 2];
			at = (at - 1) / 2;
			m->heap[at] = m->here[i];
		}
	}
}

/* Leave the names that the next one is not below. */
static void climb(struct merge_names *m, const uint8_t *wire, size_t size)
{
	while (m->depth) {
		const struct frame *f = &m->frames[m->depth - 1];

		if (merge_name_is_within(wire, size, f->wire, f->size))
			return;
		while (m->undo_count > f->undo_count) {
			const struct undo *u = &m->undos[--m->undo_count];

			set_above(m, u->cursor, &u->above);
		}
		m->depth--;
	}
}

static int remember(struct merge_names *m, unsigned cursor)
{
	if (m->undo_count == m->undo_capacity) {
		struct undo *bigger = realloc(m->undos, 2 * m->undo_capacity * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		m->undos = bigger;
		m->undo_capacity *= 2;
	}
	m->undos[m->undo_count++] =
	    (struct undo){.cursor = cursor, .above = m->cursors[cursor].above};
	return 0;
}

/* Enter the current name: what lists say of the names below it counts from now on. */
static int descend(struct merge_names *m, const struct merge_name *name)
{
	size_t undo_count = m->undo_count;

	for (unsigned i = 0; i < m->here_count; i++) {
		const struct dataset_name *own = name_at(&m->cursors[m->here[i]]);
		struct above above = {.wire = name->wire,
		                      .size = name->size,
		                      .verdict = m->subtree[m->here[i]],
		                      .inherited = NOT_YET};
		int rc;

		if (own->subtree == DATASET_ABSENT)
			continue;
		rc = remember(m, m->here[i]);
		if (rc < 0)
			return rc;
		set_above(m, m->here[i], &above);
	}
	if (m->undo_count > undo_count)
		m->frames[m->depth++] = (struct frame){
		    .wire = name->wire, .size = name->size, .undo_count = undo_count};
	return 0;
}

/* What a list says above a name is what it says of the name and below, if it has no closer word. */
static int inherit(struct merge_names *m, unsigned cursor)
{
	struct above *above = &m->cursors[cursor].above;
	int rc = 0;

	if (above->inherited == NOT_YET)
		rc = subject_fix(m->view.catalog, above->verdict, above->wire, above->size,
		                 &above->inherited);
	if (!rc)
		m->exact[cursor] = m->subtree[cursor] = above->inherited;
	return rc;
}

/* Fill exact[] and subtree[] of the lists that say something above the name. */
static int fill_inherited(struct merge_names *m)
{
	for (unsigned word = 0; word < m->words; word++) {
		for (uint64_t bits = m->speaking[word]; bits; bits &= bits - 1) {
			int rc = inherit(m, word * WORD_BITS + (unsigned)__builtin_ctzll(bits));

			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

/* Let the lists that hold the name have their own word. */
static int fill_own(struct merge_names *m)
{
	for (unsigned i = 0; i < m->here_count; i++) {
		unsigned number = m->here[i];
		const struct dataset_name *own = name_at(&m->cursors[number]);
		struct merge_source *source = m->cursors[number].source;
		int rc = 0;

		if (own->exact != DATASET_ABSENT)
			rc = set_verdict(m, source, own->exact, &m->exact[number]);
		if (!rc && own->subtree != DATASET_ABSENT)
			rc = set_verdict(m, source, own->subtree, &m->subtree[number]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Whether a list that is subtracted lists it. */
static bool is_subtracted(const struct merge_names *m, const uint32_t *verdicts)
{
	if (!m->has_subtracted)
		return false;
	for (unsigned i = 0; i < m->count; i++) {
		if (m->cursors[i].source->is_subtracted && verdicts[i])
			return true;
	}
	return false;
}

static int evaluate(struct merge_names *m, struct merge_name *name)
{
	int rc = fill_inherited(m);

	if (!rc)
		rc = fill_own(m);
	if (!rc && !is_subtracted(m, m->exact))
		rc = catalog_union(m->view.catalog, m->exact, m->count, &name->exact);
	if (!rc && !is_subtracted(m, m->subtree))
		rc = catalog_union(m->view.catalog, m->subtree, m->count, &name->subtree);
	if (!rc)
		rc = descend(m, name);
	memset(m->exact, 0, m->count * sizeof(*m->exact));
	memset(m->subtree, 0, m->count * sizeof(*m->subtree));
	return rc;
}

int merge_names_next(struct merge_names *m, struct merge_name *out_name)
{
	struct merge_name name = {0};
	const struct cursor *top;
	int rc;

	if (!m->heap_count)
		return 0;
	top = &m->cursors[m->heap[0]];
	name.wire = wire_of(top, top->index);
	name.size = name_at(top)->size;
	if (!merge_name_is_within(name.wire, name.size, m->root, m->root_size) ||
	    (!m->has_below && name.size != m->root_size))
		return 0;
	climb(m, name.wire, name.size);
	gather(m);
	rc = evaluate(m, &name);
	if (rc < 0)
		return rc;
	scatter(m);
	*out_name = name;
	return 1;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/dump.h"

#include <string.h>

#define LABELS_MAX 128

struct walk {
	struct dump *d;
	bool is_ip6;
	unsigned bits;
	dump_range *visit;
	size_t never_at;
};

/* The largest aligned blocks first to last are made of. */
static void cut(struct walk *w, address6_t first, address6_t last, uint32_t set)
{
	unsigned width = w->is_ip6 ? 128 : 32;
	struct address_range range = {.is_ip6 = w->is_ip6, .first = first, .last = last};

	while (w->bits) {
		unsigned free_bits = 0;

		while (free_bits + w->bits <= width) {
			unsigned more = free_bits + w->bits;
			address6_t mask =
			    more == 128 ? ~(address6_t)0 : ((address6_t)1 << more) - 1;

			if ((range.first & mask) || last - range.first < mask)
				break;
			free_bits = more;
		}
		range.last = range.first +
		             (free_bits == 128 ? ~(address6_t)0 : ((address6_t)1 << free_bits) - 1);
		w->visit(w->d, &range, set);
		if (range.last == last)
			return;
		range.first = range.last + 1;
	}
	w->visit(w->d, &range, set);
}

/* Without what is never listed. */
static void clear(struct walk *w, address6_t first, address6_t last, uint32_t set)
{
	const struct merge_never *never = &w->d->never;
	const struct dataset_range6 *ranges = w->is_ip6 ? never->ranges6 : never->ranges4;
	size_t count = w->is_ip6 ? never->count6 : never->count4;

	while (w->never_at < count && ranges[w->never_at].last < first)
		w->never_at++;
	for (size_t i = w->never_at; i < count && ranges[i].first <= last; i++) {
		if (ranges[i].first > first)
			cut(w, first, ranges[i].first - 1, set);
		if (ranges[i].last >= last)
			return;
		first = ranges[i].last + 1;
	}
	cut(w, first, last, set);
}

void dump_ranges(struct dump *d, bool is_ip6, unsigned bits, dump_range *visit)
{
	const struct dataset *dataset = d->dataset;
	struct walk w = {.d = d, .is_ip6 = is_ip6, .bits = bits, .visit = visit};

	for (size_t i = 0; is_ip6 && i < dataset->range6_count && !ferror(d->out); i++) {
		const struct dataset_range6 *range = &dataset->ranges6[i];

		if (range->set)
			clear(&w, range->first, range->last, range->set);
	}
	for (size_t i = 0; !is_ip6 && i < dataset->edges4.count && !ferror(d->out);) {
		struct dataset_range4 range;

		i = dataset_edge4_range(&dataset->edges4, i, &range);
		if (range.set)
			clear(&w, range.first, range.last, range.set);
	}
}

void dump_names(struct dump *d, dump_name *visit)
{
	for (size_t i = 0; i < d->dataset->name_count && !ferror(d->out); i++) {
		const struct dataset_name *name = &d->dataset->names[i];

		visit(d, d->dataset->name_bytes + name->offset, name->size, name->exact,
		      name->subtree);
	}
}

struct above {
	const uint8_t *wire;
	size_t size;
	uint32_t subtree; /* what holds below it */
};

static bool is_below(const struct above *above, const uint8_t *wire, size_t size)
{
	size_t at = 0;

	while (size - at > above->size)
		at += 1u + wire[at];
	return size - at == above->size && memcmp(wire + at, above->wire, above->size) == 0;
}

/* Names between the one above and this one exist too: they say what holds there. */
static unsigned fill(struct dump *d, struct above *stack, unsigned depth, const uint8_t *wire,
                     size_t size, dump_name *visit)
{
	size_t starts[LABELS_MAX], top = depth ? stack[depth - 1].size : 0;
	uint32_t held = depth ? stack[depth - 1].subtree : DATASET_ABSENT;
	unsigned count = 0;

	for (size_t at = 1u + wire[0]; at < size && size - at > top && count < LABELS_MAX;
	     at += 1u + wire[at])
		starts[count++] = at;
	while (count-- > 0 && depth < LABELS_MAX) {
		stack[depth++] = (struct above){wire + starts[count], size - starts[count], held};
		if (held != DATASET_ABSENT)
			visit(d, wire + starts[count], size - starts[count], held, held);
	}
	return depth;
}

void dump_wildcards(struct dump *d, dump_name *visit)
{
	struct above stack[LABELS_MAX];
	unsigned depth = 0;

	for (size_t i = 0; i < d->dataset->name_count && !ferror(d->out); i++) {
		const struct dataset_name *name = &d->dataset->names[i];
		const uint8_t *wire = d->dataset->name_bytes + name->offset;
		uint32_t held, subtree;

		while (depth && !is_below(&stack[depth - 1], wire, name->size))
			depth--;
		depth = fill(d, stack, depth, wire, name->size, visit);
		held = depth ? stack[depth - 1].subtree : DATASET_ABSENT;
		subtree = name->subtree != DATASET_ABSENT ? name->subtree : held;
		visit(d, wire, name->size, name->exact != DATASET_ABSENT ? name->exact : held,
		      subtree);
		if (depth < LABELS_MAX)
			stack[depth++] = (struct above){wire, name->size, subtree};
	}
}

size_t dump_values(const struct dump *d, uint32_t set, struct dump_value out[DATASET_SET_MAX])
{
	const struct dataset_value *const *values;
	size_t count = dataset_set(d->dataset, set, &values);

	for (size_t i = 0; i < count && i < DATASET_SET_MAX; i++) {
		const struct dataset_value *value = values[i];

		out[i] = (struct dump_value){.code = value->code ? value->code : d->list->code};
		if (value->text_kind == DATASET_TEXT_OWN) {
			out[i].text = value->text;
			out[i].text_size = value->text_size;
		} else if (value->text_kind == DATASET_TEXT_LIST && d->list->text) {
			out[i].text = d->list->text;
			out[i].text_size = strlen(d->list->text);
		}
	}
	return count;
}

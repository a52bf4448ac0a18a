/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/name_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX ((1u << NAME_INDEX_LINES_BITS) - 1)

/* Of 64 slots: a segment grows beyond FULL, to where it is filled between NEW and NEW + 8. */
#define FULL   45
#define NEW    32
#define SPARSE 12

static uint64_t segment_size(uint32_t line_count)
{
	return (uint64_t)line_count * NAME_INDEX_LINE_SIZE;
}

/* Lines for that many references; segments differ, so that they do not grow at the same time. */
static uint32_t lines_for(uint32_t segment, uint32_t count)
{
	uint64_t fill = NEW + segment % 16 / 2;
	uint64_t lines = (count * (uint64_t)NAME_INDEX_LINE + fill - 1) / fill;

	return lines == 0 ? 1 : lines > LINES_MAX ? LINES_MAX : (uint32_t)lines;
}

static int new_segment(uint32_t segment, uint32_t count, struct name_index_growth *out_growth)
{
	uint32_t line_count = lines_for(segment, count);
	size_t size = segment_size(line_count);
	void *lines;

	if (count > (uint64_t)line_count * NAME_INDEX_LINE)
		return -ENOMEM;
	lines = aligned_alloc(NAME_INDEX_LINE_SIZE, size);
	if (!lines)
		return -ENOMEM;
	memset(lines, 0, size);
	out_growth->segment = segment;
	out_growth->word = (uint64_t)(uintptr_t)lines >> 6 << NAME_INDEX_LINES_BITS | line_count;
	return 0;
}

int name_index_prepare(const struct name_index *x, uint64_t hash, uint32_t count,
                       struct name_index_growth *out_growth)
{
	uint32_t segment = name_index_segment(hash), used = x->used[segment] + count;
	uint64_t slots =
	    (uint64_t)name_index_line_count(name_index_load(x, hash)) * NAME_INDEX_LINE;

	out_growth->word = 0;
	/* lines say "more" until the segment is made anew, so do that as names come and go, too */
	if (used * UINT64_C(64) <= slots * FULL && x->removed[segment] <= 2 * slots)
		return 0;
	return new_segment(segment, used, out_growth);
}

void name_index_cancel(const struct name_index_growth *growth)
{
	free(name_index_lines(growth->word));
}

/* Write a reference into a free slot of a segment. */
static void add(name_index_slot_t *lines, uint32_t line_count, uint64_t slot)
{
	uint32_t at = name_index_home(slot >> 32, line_count);

	for (;; at = at + 1 < line_count ? at + 1 : 0) {
		name_index_slot_t *line = lines + (size_t)at * NAME_INDEX_LINE;
		uint64_t first = atomic_load_explicit(line, memory_order_relaxed);

		for (unsigned i = 0; i < NAME_INDEX_LINE; i++) {
			uint64_t old = atomic_load_explicit(&line[i], memory_order_relaxed);

			if ((uint32_t)old != 0)
				continue;
			/* release: pairs with acquire in name_index_probe_next(): the node, and
			 * that the lines before say "more" */
			atomic_store_explicit(&line[i], (old & NAME_INDEX_HAS_MORE) | slot,
			                      memory_order_release);
			return;
		}
		/* release: as the first slot is a reference, too */
		atomic_store_explicit(line, first | NAME_INDEX_HAS_MORE, memory_order_release);
	}
}

static void publish(struct name_index *x, uint32_t segment, uint64_t word, struct retire *retire)
{
	uint64_t old = atomic_load_explicit(&x->segments[segment], memory_order_relaxed);

	x->memory_size += segment_size(name_index_line_count(word));
	x->memory_size -= segment_size(name_index_line_count(old));
	x->removed[segment] = 0;
	/* release: pairs with acquire in name_index_load() */
	atomic_store_explicit(&x->segments[segment], word, memory_order_release);
	retire_add(retire, name_index_lines(old));
}

void name_index_grow(struct name_index *x, const struct name_index_growth *growth,
                     struct retire *retire)
{
	name_index_slot_t *lines;
	uint64_t old;
	size_t slots;

	if (!growth->word)
		return;
	old = atomic_load_explicit(&x->segments[growth->segment], memory_order_relaxed);
	lines = name_index_lines(old);
	slots = (size_t)name_index_line_count(old) * NAME_INDEX_LINE;
	for (size_t i = 0; i < slots; i++) {
		uint64_t slot = atomic_load_explicit(&lines[i], memory_order_relaxed);

		if ((uint32_t)slot != 0)
			add(name_index_lines(growth->word), name_index_line_count(growth->word),
			    slot & ~NAME_INDEX_HAS_MORE);
	}
	publish(x, growth->segment, growth->word, retire);
}

void name_index_put(struct name_index *x, uint64_t hash, uint32_t reference)
{
	uint64_t segment = name_index_load(x, hash);

	add(name_index_lines(segment), name_index_line_count(segment),
	    (hash & NAME_INDEX_TAG) << 32 | reference);
	x->used[name_index_segment(hash)]++;
}

void name_index_replace(struct name_index *x, uint64_t hash, uint32_t old, uint32_t reference)
{
	struct name_index_probe probe;
	name_index_slot_t *slot;
	uint64_t has_more;

	name_index_probe_start(x, hash, &probe);
	while (name_index_probe_next(&probe) != old)
		; /* it is there */
	slot = probe.lines + (size_t)probe.line * NAME_INDEX_LINE + probe.index - 1;
	has_more = atomic_load_explicit(slot, memory_order_relaxed) & NAME_INDEX_HAS_MORE;
	if (reference != 0) {
		/* release: pairs with acquire in name_index_probe_next() */
		atomic_store_explicit(slot, has_more | (hash & NAME_INDEX_TAG) << 32 | reference,
		                      memory_order_release);
		return;
	}
	/* release: who sees the slot free, or taken anew, sees the counts that went up before */
	atomic_store_explicit(slot, has_more, memory_order_release);
	x->used[name_index_segment(hash)]--;
	x->removed[name_index_segment(hash)]++;
}

void name_index_shrink(struct name_index *x, uint64_t hash, struct retire *retire)
{
	uint32_t segment = name_index_segment(hash), used = x->used[segment];
	uint32_t line_count = name_index_line_count(name_index_load(x, hash));
	struct name_index_growth smaller;

	if (used == 0) {
		publish(x, segment, 0, retire);
		return;
	}
	if (used * UINT64_C(64) > (uint64_t)line_count * NAME_INDEX_LINE * SPARSE ||
	    lines_for(segment, used) >= line_count)
		return;
	if (new_segment(segment, used, &smaller) == 0)
		name_index_grow(x, &smaller, retire);
}

void name_index_done(struct name_index *x)
{
	for (uint32_t i = 0; i < NAME_INDEX_SEGMENTS; i++)
		free(name_index_lines(atomic_load_explicit(&x->segments[i], memory_order_relaxed)));
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * names against a list that is searched from end to end. Names are drawn from few labels, so that
 * they meet; some are raw bytes of the input, which are seldom well-formed.
 */
#include "dataplane/table/names.h"
#include "tests/fuzz/table/check.h"
#include "tests/fuzz/table/grace.h"
#include "tests/fuzz/table/input.h"

#include <errno.h>
#include <string.h>

#define ENTRIES_MAX 300
#define OPS_MAX     600

struct name {
	size_t size;
	uint8_t bytes[300];
};

struct entry {
	struct name name;
	verdict_t exact, subtree;
};

struct model {
	size_t count;
	struct entry entries[ENTRIES_MAX];
};

static void append_label(struct name *name, const char *label)
{
	size_t size = strlen(label);

	if (name->size + 1 + size > NAMES_SIZE_MAX)
		return;
	name->bytes[name->size++] = (uint8_t)size;
	memcpy(&name->bytes[name->size], label, size);
	name->size += size;
}

static void pick_name(struct input *in, struct name *name)
{
	static const char *const labels[] = {
	    "a",
	    "b",
	    "c",
	    "com",
	    "example",
	    "www",
	    "a-label-of-sixteen",
	    "\1\2",
	    "sixty-three-bytes-sixty-three-bytes-sixty-three-bytes-and-more3",
	};
	uint8_t shape = input_byte(in);

	name->size = 0;
	if (shape < 0x10) {
		for (size_t n = input_byte(in); n > 0; n--)
			name->bytes[name->size++] = input_byte(in);
		return;
	}
	for (size_t n = shape % 8; n > 0; n--)
		append_label(name, labels[input_byte(in) % (sizeof(labels) / sizeof(*labels))]);
	if (shape >= 0xf0) { /* as deep as it gets */
		while (name->size + 2 <= NAMES_SIZE_MAX)
			append_label(name, "a");
	}
}

static bool is_well_formed(const struct name *name)
{
	size_t at = 0;

	if (name->size == 0 || name->size > NAMES_SIZE_MAX)
		return false;
	while (at < name->size) {
		size_t size = name->bytes[at];

		if (size == 0 || size > 63)
			return false;
		for (at++; size > 0; size--, at++) {
			if (at >= name->size || (name->bytes[at] >= 'A' && name->bytes[at] <= 'Z'))
				return false;
		}
	}
	return true;
}

/* Whether b is a, or below it. Both are well-formed. */
static bool is_suffix(const struct name *a, const struct name *b)
{
	size_t at = 0;

	while (b->size - at > a->size)
		at += 1u + b->bytes[at];
	return b->size - at == a->size && memcmp(&b->bytes[at], a->bytes, a->size) == 0;
}

static struct entry *model_find(struct model *m, const struct name *name)
{
	for (size_t i = 0; i < m->count; i++) {
		if (m->entries[i].name.size == name->size &&
		    memcmp(m->entries[i].name.bytes, name->bytes, name->size) == 0)
			return &m->entries[i];
	}
	return NULL;
}

static void model_lookup(struct model *m, const struct name *name, struct names_match *out_match)
{
	const struct entry *best = NULL;
	bool is_exact;

	*out_match = (struct names_match){VERDICT_NONE, (uint16_t)name->size, VERDICT_NONE, NULL};
	for (size_t i = 0; i < m->count; i++) {
		const struct entry *e = &m->entries[i];

		if (is_suffix(&e->name, name) && (!best || e->name.size > best->name.size))
			best = e;
	}
	if (!best)
		return;
	is_exact = best->name.size == name->size;
	out_match->verdict = is_exact ? best->exact : best->subtree;
	out_match->subject_offset = (uint16_t)(name->size - best->name.size);
	out_match->subtree = best->subtree;
}

/* Without a struct verdicts, a verdict is of the list of its number. */
static bool is_of(verdict_t verdict, uint32_t list)
{
	return verdict != VERDICT_NONE && (verdict & LIST_ID_MAX) == list;
}

static bool model_has_below(const struct model *m, const struct name *name, verdict_t subtree,
                            uint32_t list)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct entry *e = &m->entries[i];

		if (e->name.size > name->size && is_suffix(name, &e->name) &&
		    (is_of(e->exact, list) || is_of(e->subtree, list)))
			return true;
	}
	return is_of(subtree, list);
}

static void check_below(const struct names *n, const struct model *m, const struct name *name,
                        const struct names_match *match)
{
	static const uint32_t lists[] = {1, 2, 16, LIST_ID_MAX, LIST_ID_MAX - 1, 500};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		uint64_t set[LISTSET_WORDS] = {0};

		set[lists[i] / 64] = UINT64_C(1) << (lists[i] % 64);
		CHECK(names_any_below(n, match, set) ==
		      model_has_below(m, name, match->subtree, lists[i]));
	}
}

static void put(struct names *n, struct model *m, const struct name *name, uint8_t verdicts)
{
	verdict_t exact = verdicts & 1 ? 1u + (verdicts >> 4) : 0;
	verdict_t subtree = verdicts & 2 ? VERDICT_MAX - (verdicts >> 4) : 0;
	struct entry *e;
	int rc;

	if (m->count == ENTRIES_MAX)
		return;
	rc = names_put(n, name->bytes, name->size, exact, subtree);
	if (!is_well_formed(name)) {
		CHECK(rc == -EINVAL);
		return;
	}
	CHECK(rc == 0);
	e = model_find(m, name);
	if (!e) {
		e = &m->entries[m->count++];
		e->name = *name;
	}
	e->exact = exact;
	e->subtree = subtree;
}

static void delete_name(struct names *n, struct model *m, const struct name *name)
{
	int rc = names_delete(n, name->bytes, name->size);
	struct entry *e;

	CHECK(rc == (is_well_formed(name) ? 0 : -EINVAL));
	if (rc < 0)
		return;
	e = model_find(m, name);
	if (e)
		*e = m->entries[--m->count];
}

static void check_lookup(const struct names *n, struct model *m, const struct name *name)
{
	struct names_match got, want = {VERDICT_NONE, (uint16_t)name->size, VERDICT_NONE, NULL};

	memset(&got, 0xff, sizeof(got));
	if (name->size % 2)
		names_lookup(n, name->bytes, name->size, &got);
	else
		names_lookup_burst(n, &(struct names_query){name->bytes, name->size}, 1, &got);
	if (is_well_formed(name) || name->size == 0)
		model_lookup(m, name, &want);
	CHECK(got.verdict == want.verdict);
	CHECK(got.subject_offset == want.subject_offset);
	CHECK(got.subtree == want.subtree);
	if (is_well_formed(name) || name->size == 0)
		check_below(n, m, name, &got);
}

static void check_all(const struct names *n, struct model *m)
{
	struct names_stats stats;

	for (size_t i = 0; i < m->count; i++) {
		struct name name = m->entries[i].name;

		while (name.size > 0) { /* and all that are above */
			size_t skip = 1u + name.bytes[0];

			check_lookup(n, m, &name);
			name.size -= skip;
			memmove(name.bytes, &name.bytes[skip], name.size);
		}
		check_lookup(n, m, &name);
	}
	names_stats(n, &stats);
	CHECK(stats.name_count == m->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct names *n = names_new();
	static struct model m;

	CHECK(n);
	m.count = 0;
	for (int i = 0; i < OPS_MAX && !input_is_empty(&in); i++) {
		uint8_t op = input_byte(&in);
		struct name name;

		pick_name(&in, &name);
		switch (op % 4) {
		case 0:
		case 1:
			put(n, &m, &name, input_byte(&in));
			break;
		case 2:
			delete_name(n, &m, &name);
			break;
		case 3:
			break;
		}
		check_lookup(n, &m, &name);
		if (op & 0x80)
			grace_elapse();
		if (op & 0x40)
			check_all(n, &m);
	}
	check_all(n, &m);
	names_free(n);
	grace_elapse();
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/answer_table.h"

#include "control/merge_names.h"

#include <sodium.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 16         /* a power of two */
#define IS_ROW      (1u << 31) /* of a slot's answer: it is taken */
#define PROBES_MAX  (1u << 18) /* keys looked for one by one; else the whole is gone through */

/* Open-addressed. Parallel arrays; texts and names only where there are some. */
struct map {
	uint64_t *ids;
	answer_t *answers;
	char **texts;
	uint8_t **names;
	size_t mask, count;
	uint64_t text_size;
};

struct answer_table {
	struct map maps[ANSWER_KIND_COUNT];
	uint64_t secrets[2];
	uint8_t name_secret[crypto_shorthash_KEYBYTES];
};

/* Bits of an id that are the host's in a net of that kind. */
static const uint8_t host_bits[ANSWER_KIND_COUNT] = {
    [ANSWER_IP4_24] = 8, [ANSWER_IP6_56] = 8, [ANSWER_IP6_48] = 16};

static bool is_ip6(enum answer_kind kind)
{
	return kind == ANSWER_IP6_64 || kind == ANSWER_IP6_56 || kind == ANSWER_IP6_48;
}

static void map_done(struct map *m)
{
	for (size_t i = 0; m->ids && i <= m->mask; i++) {
		if (m->texts)
			free(m->texts[i]);
		if (m->names)
			free(m->names[i]);
	}
	free(m->ids);
	free(m->answers);
	free(m->texts);
	free(m->names);
}

static int map_init(struct map *m, size_t slots, bool has_texts, bool has_names)
{
	*m = (struct map){.ids = calloc(slots, sizeof(*m->ids)),
	                  .answers = calloc(slots, sizeof(*m->answers)),
	                  .texts = has_texts ? calloc(slots, sizeof(*m->texts)) : NULL,
	                  .names = has_names ? calloc(slots, sizeof(*m->names)) : NULL,
	                  .mask = slots - 1};
	if (m->ids && m->answers && (m->texts || !has_texts) && (m->names || !has_names))
		return 0;
	map_done(m);
	*m = (struct map){0};
	return -ENOMEM;
}

/* Nobody who chooses addresses can choose slots. */
static size_t home_of(const struct answer_table *t, const struct map *m, uint64_t id)
{
	uint64_t x = id ^ t->secrets[0];

	x = (x ^ x >> 32) * (t->secrets[1] | 1);
	x = (x ^ x >> 29) * UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(x ^ x >> 32) & m->mask;
}

struct answer_table *answer_table_new(void)
{
	struct answer_table *t;

	if (sodium_init() < 0) {
		errno = EIO;
		return NULL;
	}
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	randombytes_buf(t->secrets, sizeof(t->secrets));
	randombytes_buf(t->name_secret, sizeof(t->name_secret));
	for (unsigned kind = 0; kind < ANSWER_KIND_COUNT; kind++) {
		if (map_init(&t->maps[kind], SLOTS_FIRST, false, kind == ANSWER_NAME) < 0) {
			answer_table_free(t);
			errno = ENOMEM;
			return NULL;
		}
	}
	return t;
}

void answer_table_free(struct answer_table *t)
{
	if (!t)
		return;
	for (unsigned kind = 0; kind < ANSWER_KIND_COUNT; kind++)
		map_done(&t->maps[kind]);
	free(t);
}

uint64_t answer_table_count(const struct answer_table *t)
{
	uint64_t count = 0;

	for (unsigned kind = 0; kind < ANSWER_KIND_COUNT; kind++)
		count += t->maps[kind].count;
	return count;
}

uint64_t answer_table_text_size(const struct answer_table *t)
{
	uint64_t size = 0;

	for (unsigned kind = 0; kind < ANSWER_KIND_COUNT; kind++)
		size += t->maps[kind].text_size;
	return size;
}

static uint64_t name_id(const struct answer_table *t, const uint8_t *name)
{
	uint64_t id;

	_Static_assert(crypto_shorthash_BYTES == sizeof(id), "an id is a hash");
	crypto_shorthash((uint8_t *)&id, name + 1, name[0], t->name_secret);
	return id;
}

bool answer_table_key(const struct answer_table *t, const struct ledger_key *key,
                      uint8_t name_bytes[NAME_WIRE_MAX + 1], struct answer_key *out_key)
{
	*out_key = (struct answer_key){.id = (uint64_t)key->address};
	switch ((enum ledger_kind)key->kind) {
	case LEDGER_IP4:
		out_key->kind = key->length == 32 ? ANSWER_IP4 : ANSWER_IP4_24;
		return true;
	case LEDGER_IP6:
		out_key->id = (uint64_t)(key->address >> 64);
		out_key->kind = key->length == 64   ? ANSWER_IP6_64
		                : key->length == 56 ? ANSWER_IP6_56
		                                    : ANSWER_IP6_48;
		return true;
	case LEDGER_DOMAIN:
		name_bytes[0] = key->name_size;
		memcpy(name_bytes + 1, key->name, key->name_size);
		out_key->kind = ANSWER_NAME;
		out_key->name = name_bytes;
		out_key->id = name_id(t, name_bytes);
		return true;
	case LEDGER_ASN:
	case LEDGER_GLOBAL:
		break;
	}
	return false;
}

static bool is_same(const struct map *m, size_t slot, uint64_t id, const uint8_t *name)
{
	return m->ids[slot] == id && (!m->names || memcmp(m->names[slot], name, 1u + name[0]) == 0);
}

/* The slot of a key, or the free one where it belongs. */
static size_t find(const struct answer_table *t, const struct map *m, uint64_t id,
                   const uint8_t *name)
{
	size_t slot = home_of(t, m, id);

	while (m->answers[slot] && !is_same(m, slot, id, name))
		slot = (slot + 1) & m->mask;
	return slot;
}

/* The id that a key has in this table: of a name it is another in each. */
static uint64_t id_of(const struct answer_table *t, const struct answer_key *key)
{
	return key->kind == ANSWER_NAME ? name_id(t, key->name) : key->id;
}

static void row_at(const struct map *m, size_t slot, struct answer_row *out_row)
{
	out_row->answer = m->answers[slot] & ~IS_ROW;
	out_row->text = m->texts ? m->texts[slot] : NULL;
}

bool answer_table_get(const struct answer_table *t, const struct answer_key *key,
                      struct answer_row *out_row)
{
	const struct map *m = &t->maps[key->kind];
	size_t slot = find(t, m, id_of(t, key), key->name);

	if (!m->answers[slot])
		return false;
	row_at(m, slot, out_row);
	return true;
}

static void move_slot(struct map *to, size_t to_slot, const struct map *from, size_t from_slot)
{
	to->ids[to_slot] = from->ids[from_slot];
	to->answers[to_slot] = from->answers[from_slot];
	if (from->texts)
		to->texts[to_slot] = from->texts[from_slot];
	if (from->names)
		to->names[to_slot] = from->names[from_slot];
}

/* Make room for one more, and for texts if there are to be some. Errors: -ENOMEM */
static int map_reserve(const struct answer_table *t, struct map *m, bool has_texts)
{
	size_t slots = m->mask + 1;
	struct map grown;

	if (has_texts && !m->texts) {
		m->texts = calloc(slots, sizeof(*m->texts));
		if (!m->texts)
			return -ENOMEM;
	}
	if ((m->count + 1) * 4 <= slots * 3)
		return 0;
	if (map_init(&grown, 2 * slots, m->texts, m->names) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < slots; i++) {
		size_t slot;

		if (!m->answers[i])
			continue;
		slot = home_of(t, &grown, m->ids[i]);
		while (grown.answers[slot])
			slot = (slot + 1) & grown.mask;
		move_slot(&grown, slot, m, i);
	}
	grown.count = m->count;
	grown.text_size = m->text_size;
	free(m->ids);
	free(m->answers);
	free(m->texts);
	free(m->names);
	*m = grown;
	return 0;
}

/* Another text in place of a slot's, which goes; NULL = none. */
static void swap_text(struct map *m, size_t slot, char *text)
{
	if (m->texts[slot])
		m->text_size -= strlen(m->texts[slot]) + 1;
	if (text)
		m->text_size += strlen(text) + 1;
	free(m->texts[slot]);
	m->texts[slot] = text;
}

int answer_table_put(struct answer_table *t, const struct answer_key *key,
                     const struct answer_row *row)
{
	struct map *m = &t->maps[key->kind];
	uint64_t id = id_of(t, key);
	char *text = NULL;
	size_t slot;

	if (map_reserve(t, m, row->text) < 0 || (row->text && !(text = strdup(row->text))))
		return -ENOMEM;
	slot = find(t, m, id, key->name);
	if (!m->answers[slot]) {
		if (key->kind == ANSWER_NAME) {
			m->names[slot] = malloc(1u + key->name[0]);
			if (!m->names[slot]) {
				free(text);
				return -ENOMEM;
			}
			memcpy(m->names[slot], key->name, 1u + key->name[0]);
		}
		m->ids[slot] = id;
		m->count++;
	}
	m->answers[slot] = row->answer | IS_ROW;
	if (m->texts)
		swap_text(m, slot, text);
	return 0;
}

static void clear_slot(struct map *m, size_t slot)
{
	m->answers[slot] = 0;
	if (m->texts)
		m->texts[slot] = NULL;
	if (m->names)
		m->names[slot] = NULL;
}

void answer_table_remove(struct answer_table *t, const struct answer_key *key)
{
	struct map *m = &t->maps[key->kind];
	size_t gap = find(t, m, id_of(t, key), key->name);

	if (!m->answers[gap])
		return;
	if (m->texts)
		swap_text(m, gap, NULL);
	if (m->names)
		free(m->names[gap]);
	/* Close the gap in its run. */
	for (size_t i = (gap + 1) & m->mask; m->answers[i]; i = (i + 1) & m->mask) {
		size_t home = home_of(t, m, m->ids[i]);

		if (((i - home) & m->mask) < ((i - gap) & m->mask))
			continue;
		move_slot(m, gap, m, i);
		gap = i;
	}
	clear_slot(m, gap);
	m->count--;
}

static int visit_slot(const struct map *m, enum answer_kind kind, size_t slot, answer_visit *visit,
                      void *context)
{
	const struct answer_key key = {
	    .kind = kind, .id = m->ids[slot], .name = m->names ? m->names[slot] : NULL};
	struct answer_row row;

	row_at(m, slot, &row);
	return visit(&key, &row, context);
}

static int visit_map(const struct map *m, enum answer_kind kind, answer_visit *visit, void *context)
{
	int rc = 0;

	for (size_t i = 0; i <= m->mask && rc == 0; i++)
		if (m->answers[i])
			rc = visit_slot(m, kind, i, visit, context);
	return rc;
}

int answer_table_each(const struct answer_table *t, answer_visit *visit, void *context)
{
	int rc = 0;

	for (unsigned kind = 0; kind < ANSWER_KIND_COUNT && rc == 0; kind++)
		rc = visit_map(&t->maps[kind], (enum answer_kind)kind, visit, context);
	return rc;
}

void answer_table_range(const struct answer_key *key, struct address_range *out_range)
{
	uint64_t last = key->id | ((UINT64_C(1) << host_bits[key->kind]) - 1);

	*out_range =
	    (struct address_range){.is_ip6 = is_ip6(key->kind), .first = key->id, .last = last};
	if (out_range->is_ip6) {
		out_range->first <<= 64;
		out_range->last = (address6_t)last << 64 | UINT64_MAX;
	}
}

int answer_table_place(const struct answer_key *key, struct load_places *places)
{
	struct address_range range;
	struct load_name name;

	if (key->kind == ANSWER_NAME) {
		name = (struct load_name){.wire = key->name + 1, .size = key->name[0]};
		return load_places_name(places, &name);
	}
	answer_table_range(key, &range);
	return load_places_range(places, &range);
}

/* Of one kind, what overlaps a range of addresses. */
static int near_range(const struct answer_table *t, enum answer_kind kind,
                      const struct address_range *range, answer_visit *visit, void *context)
{
	const struct map *m = &t->maps[kind];
	uint64_t first = (uint64_t)(range->is_ip6 ? range->first >> 64 : range->first);
	uint64_t last = (uint64_t)(range->is_ip6 ? range->last >> 64 : range->last);
	uint64_t count = (last >> host_bits[kind]) - (first >> host_bits[kind]) + 1;
	int rc = 0;

	if (m->count == 0)
		return 0;
	if (count == 0 || count > PROBES_MAX || count > m->mask)
		return visit_map(m, kind, visit, context);
	for (uint64_t i = 0; i < count && rc == 0; i++) {
		size_t slot = find(t, m, ((first >> host_bits[kind]) + i) << host_bits[kind], NULL);

		if (m->answers[slot])
			rc = visit_slot(m, kind, slot, visit, context);
	}
	return rc;
}

static int near_name(const struct answer_table *t, const struct load_name *place,
                     answer_visit *visit, void *context)
{
	const struct map *m = &t->maps[ANSWER_NAME];
	uint8_t name[NAME_WIRE_MAX + 1];
	size_t slot;
	int rc = 0;

	if (!place->has_below) {
		name[0] = place->size;
		memcpy(name + 1, place->wire, place->size);
		slot = find(t, m, name_id(t, name), name);
		return m->answers[slot] ? visit_slot(m, ANSWER_NAME, slot, visit, context) : 0;
	}
	for (size_t i = 0; i <= m->mask && rc == 0; i++)
		if (m->answers[i] &&
		    merge_name_is_within(m->names[i] + 1, m->names[i][0], place->wire, place->size))
			rc = visit_slot(m, ANSWER_NAME, i, visit, context);
	return rc;
}

int answer_table_near(const struct answer_table *t, const struct load_places *places,
                      answer_visit *visit, void *context)
{
	int rc = 0;

	for (size_t i = 0; i < places->range_count && rc == 0; i++)
		for (unsigned kind = 0; kind < ANSWER_NAME && rc == 0; kind++)
			if (is_ip6((enum answer_kind)kind) == places->ranges[i].is_ip6)
				rc = near_range(t, (enum answer_kind)kind, &places->ranges[i],
				                visit, context);
	for (size_t i = 0; i < places->name_count && rc == 0; i++)
		rc = near_name(t, &places->names[i], visit, context);
	return rc;
}

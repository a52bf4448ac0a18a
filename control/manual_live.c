/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/manual_live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CODE_COUNT 256 /* 127.0.0.0-255; see zone_message_learn() */

enum kind { KIND_IP4, KIND_IP6, KIND_NAME, KIND_COUNT };

/* Of a name: its labels from the right as a number, cut off; so what is below it is a span. */
struct span {
	address6_t first, last;
};

struct manual_live_record {
	struct manual_key key;
	uint32_t code;
	int64_t expires_s;
	char *text; /* NULL = the list's */
};

struct group { /* parallel arrays, in no order */
	struct span *spans;
	struct manual_live_record **records;
	size_t count, capacity;
};

struct manual_live {
	struct group groups[KIND_COUNT];
	int64_t expiry_s;
	uint64_t codes[CODE_COUNT]; /* records of a code other than the list's */
};

static enum kind kind_of(const struct manual_key *key)
{
	if (key->is_name)
		return KIND_NAME;
	return key->range.is_ip6 ? KIND_IP6 : KIND_IP4;
}

static struct span name_span(const struct manual_key *key)
{
	uint8_t labels[NAME_WIRE_MAX], count = 0;
	struct span span = {0, ~(address6_t)0};
	unsigned used = 0;

	for (size_t at = 0; at < key->wire_size; at += 1u + key->wire[at])
		labels[count++] = (uint8_t)at;
	while (count > 0 && used < sizeof(address6_t)) {
		const uint8_t *label = key->wire + labels[--count];

		/* The length too, so that a label is none that begins like another. */
		for (unsigned i = 0; i <= label[0] && used < sizeof(address6_t); i++, used++)
			span.first |= (address6_t)label[i] << (120 - 8 * used);
	}
	span.last =
	    used < sizeof(address6_t) ? span.first | ~(address6_t)0 >> 8 * used : span.first;
	return span;
}

static struct span span_of(const struct manual_key *key)
{
	if (key->is_name)
		return name_span(key);
	return (struct span){key->range.first, key->range.last};
}

void manual_live_discard(struct manual_live_record *record)
{
	if (!record)
		return;
	free(record->text);
	free(record);
}

void manual_live_free(struct manual_live *live)
{
	if (!live)
		return;
	for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
		struct group *g = &live->groups[kind];

		for (size_t i = 0; i < g->count; i++)
			manual_live_discard(g->records[i]);
		free(g->spans);
		free(g->records);
	}
	free(live);
}

static int reserve(struct group *g)
{
	size_t capacity = g->capacity ? 2 * g->capacity : 16;
	struct manual_live_record **records;
	struct span *spans;

	if (g->count < g->capacity)
		return 0;
	spans = reallocarray(g->spans, capacity, sizeof(*spans));
	if (!spans)
		return -ENOMEM;
	g->spans = spans;
	records = reallocarray(g->records, capacity, sizeof(*records));
	if (!records)
		return -ENOMEM;
	g->records = records;
	g->capacity = capacity;
	return 0;
}

int manual_live_prepare(struct manual_live *live, const struct manual_record *record,
                        struct manual_live_record **out_record)
{
	struct manual_live_record *made = calloc(1, sizeof(*made));
	char error[160];
	int rc = -ENOMEM;

	if (!made)
		return -ENOMEM;
	if (manual_key_parse(record->key, &made->key, error, sizeof(error)) < 0) {
		rc = -EINVAL;
		goto fail;
	}
	made->code = record->code;
	made->expires_s = record->expires_s;
	made->text = record->text ? strdup(record->text) : NULL;
	if ((record->text && !made->text) || reserve(&live->groups[kind_of(&made->key)]) < 0)
		goto fail;
	*out_record = made;
	return 0;
fail:
	manual_live_discard(made);
	return rc;
}

static uint64_t *code_count(struct manual_live *live, uint32_t code)
{
	return code ? &live->codes[code % CODE_COUNT] : NULL;
}

/* Where the record of a key is in its group, or its count. */
static size_t find(const struct group *g, const struct manual_key *key)
{
	struct span span = span_of(key);
	size_t i = 0;

	while (i < g->count && (g->spans[i].first != span.first || g->spans[i].last != span.last ||
	                        strcmp(g->records[i]->key.text, key->text) != 0))
		i++;
	return i;
}

void manual_live_delete(struct manual_live *live, const struct manual_key *key)
{
	struct group *g = &live->groups[kind_of(key)];
	size_t i = find(g, key);
	uint64_t *codes;

	if (i == g->count)
		return;
	codes = code_count(live, g->records[i]->code);
	if (codes)
		--*codes;
	manual_live_discard(g->records[i]);
	g->count--;
	g->records[i] = g->records[g->count];
	g->spans[i] = g->spans[g->count];
}

static void add(struct manual_live *live, struct manual_live_record *record)
{
	struct group *g = &live->groups[kind_of(&record->key)];
	uint64_t *codes = code_count(live, record->code);

	g->spans[g->count] = span_of(&record->key);
	g->records[g->count++] = record;
	if (codes)
		++*codes;
	if (record->expires_s && (!live->expiry_s || record->expires_s < live->expiry_s))
		live->expiry_s = record->expires_s;
}

void manual_live_put(struct manual_live *live, struct manual_live_record *record)
{
	manual_live_delete(live, &record->key);
	add(live, record);
}

struct loading {
	struct manual_live *live;
	int rc;
};

static bool load_one(const struct manual_record *record, void *context)
{
	struct loading *loading = context;
	struct manual_live_record *made;
	int rc = manual_live_prepare(loading->live, record, &made);

	if (rc == 0)
		add(loading->live, made); /* the store has a key once */
	/* Checked before it was stored; a newer rule must not stop the list. */
	loading->rc = rc == -EINVAL ? 0 : rc;
	return loading->rc == 0;
}

int manual_live_load(struct manual *m, const char *list, int64_t now_s,
                     struct manual_live **out_live)
{
	struct loading loading = {.live = calloc(1, sizeof(*loading.live))};
	int rc;

	if (!loading.live)
		return -ENOMEM;
	rc = manual_each(m, list, now_s, load_one, &loading);
	if (rc == 0)
		rc = loading.rc;
	if (rc < 0) {
		manual_live_free(loading.live);
		return rc;
	}
	*out_live = loading.live;
	return 0;
}

uint64_t manual_live_count(const struct manual_live *live)
{
	uint64_t count = 0;

	for (unsigned kind = 0; kind < KIND_COUNT; kind++)
		count += live->groups[kind].count;
	return count;
}

int64_t manual_live_expiry(const struct manual_live *live)
{
	return live->expiry_s;
}

bool manual_live_is_last_code(const struct manual_live *live, const struct manual_key *key,
                              const struct manual_record *record)
{
	const struct group *g = &live->groups[kind_of(key)];
	size_t i = find(g, key);
	uint32_t was = i < g->count ? g->records[i]->code : 0;

	return was && was != (record ? record->code : 0) && live->codes[was % CODE_COUNT] == 1;
}

/* Add a record to a dataset. Errors: -ENOMEM */
static int build_one(const struct manual_live_record *record, struct dataset_builder *b)
{
	const struct dataset_value value = {
	    .code = record->code,
	    .text_kind = record->text ? DATASET_TEXT_OWN : DATASET_TEXT_LIST,
	    .text_size = record->text ? (uint8_t)strlen(record->text) : 0,
	    .text = record->text,
	};
	uint32_t id;
	int rc = dataset_value(b, &value, &id);

	if (rc == -EINVAL) /* as above */
		return 0;
	return rc < 0 ? rc : manual_key_add(&record->key, id, b);
}

static int build_group(const struct group *g, const struct span *near, size_t max,
                       struct dataset_builder *b)
{
	size_t count = 0;

	for (size_t i = 0; i < g->count; i++) {
		int rc;

		if (near && (g->spans[i].last < near->first || g->spans[i].first > near->last))
			continue;
		if (near && ++count > max)
			return -E2BIG;
		rc = build_one(g->records[i], b);
		if (rc < 0)
			return rc;
	}
	return 0;
}

struct dataset *manual_live_build(const struct manual_live *live, const struct manual_key *near,
                                  size_t max)
{
	const struct dataset_options options = {.drop_bogons = false};
	struct dataset_builder *b = dataset_builder_new(&options);
	struct span span = near ? span_of(near) : (struct span){0};
	int rc = 0;

	if (!b)
		return NULL;
	for (unsigned kind = 0; kind < KIND_COUNT && rc == 0; kind++) {
		if (!near || kind == kind_of(near))
			rc = build_group(&live->groups[kind], near ? &span : NULL, max, b);
	}
	if (rc == 0)
		return dataset_finish(b);
	dataset_builder_free(b);
	errno = -rc;
	return NULL;
}

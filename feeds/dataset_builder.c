/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/dataset_private.h"
#include "feeds/trace.h"

#include <sodium.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TEXTS_BLOCK_SIZE (64u << 10)

int dataset_grow_more(void **array, size_t *capacity, size_t needed, size_t item_size)
{
	size_t larger = *capacity ? *capacity : 64;
	void *moved;

	while (larger < needed)
		larger *= 2;
	moved = realloc(*array, larger * item_size);
	if (!moved)
		return -ENOMEM;
	*array = moved;
	*capacity = larger;
	return 0;
}

const void *dataset_release(const void *from, const void *to)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const uintptr_t begin = ((uintptr_t)from + page - 1) & -page, end = (uintptr_t)to & -page;

	/* It is anonymous memory of ours: what stays when this fails is freed later. */
	if (begin >= end || madvise((void *)begin, end - begin, MADV_DONTNEED) < 0)
		return from;
	return (const void *)end;
}

void *dataset_fitted(void *array, size_t size)
{
	void *smaller = array && size ? realloc(array, size) : NULL;

	return smaller ? smaller : array;
}

void dataset_texts_free(struct dataset_texts *texts)
{
	while (texts) {
		struct dataset_texts *next = texts->next;

		free(texts);
		texts = next;
	}
}

static void clean4_find(struct dataset_builder *b)
{
	for (unsigned octet = 0; octet < 256; octet++) {
		address6_t first = (address6_t)octet << 24;
		size_t row = bogons_find(&b->bogons4, first);

		b->is_clean4[octet] =
		    row == b->bogons4.count || b->bogons4.rows[row].first > (first | 0xffffff);
	}
}

struct dataset_builder *dataset_builder_new(const struct dataset_options *options)
{
	struct dataset_builder *b = calloc(1, sizeof(*b));
	static const struct dataset_value lists_own = {.text_kind = DATASET_TEXT_LIST};
	uint32_t id;

	if (!b)
		return NULL;
	if (sodium_init() < 0) {
		free(b);
		errno = EIO;
		return NULL;
	}
	randombytes_buf(b->hash_key, sizeof(b->hash_key));
	b->options = *options;
	b->bogons4 = bogons_get(false, options->drop_bogons);
	b->bogons6 = bogons_get(true, options->drop_bogons);
	clean4_find(b);
	b->facts.declared_count = UINT64_MAX;
	b->facts.widest4 = 33;
	b->facts.widest6 = 129;
	b->ranges6.is_ip6 = true;
	if (dataset_value(b, &lists_own, &id) < 0) {
		dataset_builder_free(b);
		errno = ENOMEM;
		return NULL;
	}
	return b;
}

void dataset_builder_close(struct dataset_builder *b)
{
	free(b->hows);
	b->hows = NULL;
	b->how_count = b->how_capacity = 0;
	intern_done(&b->value_index);
	intern_done(&b->how_index);
}

void dataset_builder_free(struct dataset_builder *b)
{
	if (!b)
		return;
	free(b->points4);
	dataset_range_runs_done(&b->ranges4);
	dataset_range_runs_done(&b->ranges6);
	dataset_name_runs_done(&b->names);
	free(b->values);
	dataset_builder_close(b);
	dataset_texts_free(b->texts);
	free(b);
}

static uint32_t value_hash(const struct dataset_builder *b, const struct dataset_value *value)
{
	uint8_t bytes[5 + UINT8_MAX];
	uint8_t hash[crypto_shorthash_BYTES];
	uint32_t low;

	memcpy(bytes, &value->code, 4);
	bytes[4] = value->text_kind;
	if (value->text_size)
		memcpy(bytes + 5, value->text, value->text_size);
	crypto_shorthash(hash, bytes, 5u + value->text_size, b->hash_key);
	memcpy(&low, hash, sizeof(low));
	return low;
}

static bool value_equals(const void *things, uint32_t id, const void *key)
{
	const struct dataset_value *a = (const struct dataset_value *)things + id, *value = key;

	return a->code == value->code && a->text_kind == value->text_kind &&
	       a->text_size == value->text_size &&
	       (!a->text_size || !memcmp(a->text, value->text, a->text_size));
}

/* Where the id of such a value is, if it was among the last: others share the place. */
static uint32_t *value_recent(struct dataset_builder *b, const struct dataset_value *value)
{
	uint64_t start = 0, end = 0, mixed;

	if (value->text_size >= sizeof(start)) { /* of a size the compiler knows */
		memcpy(&start, value->text, sizeof(start));
		memcpy(&end, value->text + value->text_size - sizeof(end), sizeof(end));
	} else if (value->text_size) {
		memcpy(&start, value->text, value->text_size);
	}
	mixed = (start ^ value->code) * 0x9e3779b97f4a7c15 + (end ^ value->text_kind);
	return &b->recent_values[mixed * 0xff51afd7ed558ccd >> 32 & (DATASET_RECENT - 1)];
}

static int text_keep(struct dataset_builder *b, const char *text, size_t size,
                     const char **out_text)
{
	struct dataset_texts *block = b->texts;

	if (!block || block->size - block->used < size) {
		block = malloc(sizeof(*block) + TEXTS_BLOCK_SIZE);
		if (!block)
			return -ENOMEM;
		*block = (struct dataset_texts){.next = b->texts, .size = TEXTS_BLOCK_SIZE};
		b->texts = block;
		b->texts_size += sizeof(*block) + TEXTS_BLOCK_SIZE;
	}
	memcpy(block->bytes + block->used, text, size);
	*out_text = block->bytes + block->used;
	block->used += size;
	return 0;
}

/* Without a text of its own a value has no text bytes, so that equal values look equal. */
static int value_check(const struct dataset_value *value, struct dataset_value *out_value)
{
	if (value->code && (value->code >> 24 != 127 || value->code == 0x7f000001))
		return -EINVAL;
	*out_value = *value;
	if (value->text_kind != DATASET_TEXT_OWN) {
		out_value->text = NULL;
		out_value->text_size = 0;
	}
	return 0;
}

int dataset_value_intern(struct dataset_builder *b, struct dataset_value value, bool is_text_kept,
                         uint32_t *out_id)
{
	uint32_t *recent = value_recent(b, &value), hash, id;

	if (*recent < b->value_count && value_equals(b->values, *recent, &value)) {
		*out_id = *recent;
		return 0;
	}
	hash = value_hash(b, &value);
	id = intern_find(&b->value_index, hash, value_equals, b->values, &value);
	if (id != INTERN_NONE) {
		*out_id = *recent = id;
		return 0;
	}
	if (dataset_grow((void **)&b->values, &b->value_capacity, b->value_count + 1,
	                 sizeof(*b->values)) < 0)
		return -ENOMEM;
	if (!is_text_kept && value.text_size &&
	    text_keep(b, value.text, value.text_size, &value.text) < 0)
		return -ENOMEM;
	id = b->value_count < INTERN_NONE ? (uint32_t)b->value_count : INTERN_NONE;
	if (intern_add(&b->value_index, hash, id) < 0)
		return -ENOMEM;
	b->values[b->value_count++] = value;
	*out_id = *recent = id;
	return 0;
}

int dataset_value(struct dataset_builder *b, const struct dataset_value *value, uint32_t *out_id)
{
	struct dataset_value checked;

	if (value_check(value, &checked) < 0)
		return -EINVAL;
	return dataset_value_intern(b, checked, false, out_id);
}

int dataset_value_replace(struct dataset_builder *b, uint32_t id, const struct dataset_value *value)
{
	struct dataset_value wanted;

	if (value_check(value, &wanted) < 0)
		return -EINVAL;
	if (wanted.text_size && text_keep(b, wanted.text, wanted.text_size, &wanted.text) < 0)
		return -ENOMEM;
	b->values[id] = wanted;
	b->are_values_replaced = true;
	return 0;
}

uint32_t dataset_value_count(const struct dataset_builder *b)
{
	return (uint32_t)b->value_count;
}

const struct dataset_value *dataset_value_get(const struct dataset_builder *b, uint32_t id)
{
	return &b->values[id];
}

static bool how_equals(const void *things, uint32_t id, const void *key)
{
	const struct dataset_how *a = (const struct dataset_how *)things + id, *how = key;

	return a->value == how->value && a->level == how->level &&
	       a->is_exclusion == how->is_exclusion && a->first_wins == how->first_wins &&
	       a->last_wins == how->last_wins && a->is_part == how->is_part;
}

static uint32_t how_hash(const struct dataset_how *how)
{
	uint64_t bits = (uint64_t)how->value << 32 | (uint32_t)how->level << 8 |
	                (uint32_t)how->last_wins << 3 | (uint32_t)how->is_exclusion << 2 |
	                (uint32_t)how->first_wins << 1 | how->is_part;

	bits = (bits ^ bits >> 31) * 0x9e3779b97f4a7c15;
	return (uint32_t)(bits >> 32);
}

static int how_intern(struct dataset_builder *b, const struct dataset_entry *entry, bool is_part,
                      uint32_t *out_how)
{
	struct dataset_how how = {
	    .value = entry->is_exclusion ? 0 : entry->value,
	    .level = entry->level,
	    .is_exclusion = entry->is_exclusion,
	    .first_wins = entry->first_wins,
	    .last_wins = entry->last_wins,
	    .is_part = is_part,
	};
	uint32_t hash = how_hash(&how), id;
	uint32_t *recent = &b->recent_hows[hash & (DATASET_RECENT - 1)];

	if (*recent < b->how_count && how_equals(b->hows, *recent, &how)) {
		*out_how = *recent;
		return 0;
	}
	id = intern_find(&b->how_index, hash, how_equals, b->hows, &how);
	if (id == INTERN_NONE) {
		if (dataset_grow((void **)&b->hows, &b->how_capacity, b->how_count + 1,
		                 sizeof(*b->hows)) < 0)
			return -ENOMEM;
		id = b->how_count < INTERN_NONE ? (uint32_t)b->how_count : INTERN_NONE;
		if (intern_add(&b->how_index, hash, id) < 0)
			return -ENOMEM;
		b->hows[b->how_count++] = how;
		b->are_points_closed |= how.first_wins;
	}
	*out_how = *recent = id;
	return 0;
}

static void widest_note(struct dataset_facts *facts, const struct address_range *piece,
                        uint64_t line)
{
	uint8_t *widest = piece->is_ip6 ? &facts->widest6 : &facts->widest4;
	uint64_t *widest_line = piece->is_ip6 ? &facts->widest6_line : &facts->widest4_line;
	unsigned length = address_widest_length(piece);

	if (length < *widest) {
		*widest = (uint8_t)length;
		*widest_line = line;
	}
}

/* Note what is left of a listed range without bogons. Returns false when nothing is. */
static bool listed_note(struct dataset_builder *b, const struct address_range *range,
                        const struct dataset_entry *entry)
{
	const struct bogons *bogons = range->is_ip6 ? &b->bogons6 : &b->bogons4;
	struct address_range piece, rest = *range;
	address6_t kept = 0, size = range->last - range->first;
	bool is_left = false;

	if (!range->is_ip6 && b->is_clean4[(uint8_t)(range->first >> 24)] &&
	    range->first >> 24 == range->last >> 24) {
		widest_note(&b->facts, range, entry->line);
		return true;
	}
	while (bogons_cut(bogons, &rest, &piece)) {
		is_left = true;
		kept += piece.last - piece.first + 1;
		widest_note(&b->facts, &piece, entry->line);
		if (piece.last == range->last)
			break;
		rest.first = piece.last + 1;
	}
	if ((!is_left || kept - 1 != size) && !entry->is_part)
		b->facts.bogon_count++;
	return is_left;
}

/* Whether a single address with this how may go without. */
static bool is_point(struct dataset_builder *b, uint32_t how)
{
	if (b->are_points_closed || b->hows[how].is_part)
		return false;
	if (!b->point4_count)
		b->points_how = how;
	return how == b->points_how;
}

static int point_store(struct dataset_builder *b, uint32_t address)
{
	if (dataset_grow((void **)&b->points4, &b->point4_capacity, b->point4_count + 1,
	                 sizeof(*b->points4)) < 0)
		return -ENOMEM;
	b->points4[b->point4_count++] = address;
	return 0;
}

static int range_store(struct dataset_builder *b, const struct address_range *range, uint32_t how)
{
	if (!range->is_ip6 && range->first == range->last && is_point(b, how))
		return point_store(b, (uint32_t)range->first);
	return dataset_range_runs_add(range->is_ip6 ? &b->ranges6 : &b->ranges4, range->first,
	                              range->last, how);
}

int dataset_add_range(struct dataset_builder *b, const struct address_range *range,
                      const struct dataset_entry *entry)
{
	bool is_part = entry->is_part && !b->is_part_counted;
	uint32_t how;

	for (struct trace *t = b->options.trace; t; t = t->next)
		trace_range(t, range, entry);
	b->facts.masked_count += range->has_host_bits;
	if (!entry->is_exclusion && !listed_note(b, range, entry)) {
		b->is_part_counted = !is_part;
		return 0;
	}
	b->is_part_counted = false;
	if (how_intern(b, entry, is_part, &how) < 0)
		return -ENOMEM;
	return range_store(b, range, how);
}

/* Add what has to be looked at; the same as if it came alone. */
static int point_add(struct dataset_builder *b, uint32_t address, uint64_t line,
                     const struct dataset_entry *entry)
{
	struct address_range range = {.first = address, .last = address};
	struct dataset_entry alone = *entry;

	alone.line = line;
	return dataset_add_range(b, &range, &alone);
}

int dataset_add_points4(struct dataset_builder *b, const uint32_t *addresses, size_t count,
                        const struct dataset_entry *entry)
{
	const struct address_range any = {0};
	uint32_t how;
	bool may_store;

	if (!count)
		return 0;
	if (how_intern(b, entry, entry->is_part, &how) < 0 ||
	    dataset_grow((void **)&b->points4, &b->point4_capacity, b->point4_count + count,
	                 sizeof(*b->points4)) < 0)
		return -ENOMEM;
	may_store = !b->options.trace && is_point(b, how);
	for (size_t i = 0; i < count; i++) {
		uint32_t address = addresses[i];
		int rc;

		if (may_store && (entry->is_exclusion || b->is_clean4[address >> 24])) {
			if (!entry->is_exclusion && b->facts.widest4 > 32)
				widest_note(&b->facts, &any, entry->line + i);
			b->is_part_counted = false;
			b->points4[b->point4_count++] = address;
			continue;
		}
		rc = point_add(b, address, entry->line + i, entry);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int dataset_add_name(struct dataset_builder *b, const uint8_t *wire, size_t size, unsigned scope,
                     const struct dataset_entry *entry)
{
	uint32_t how;

	for (struct trace *t = b->options.trace; t; t = t->next)
		trace_name(t, wire, size, scope, entry);
	if (how_intern(b, entry, entry->is_part, &how) < 0)
		return -ENOMEM;
	return dataset_name_runs_add(&b->names, wire, size, scope, how);
}

static void message_add(struct dataset_message *messages, size_t *count, uint64_t line,
                        const char *format, va_list arguments)
{
	struct dataset_message *message;

	if (*count == DATASET_MESSAGES_MAX)
		return;
	message = &messages[(*count)++];
	message->line = line;
	vsnprintf(message->text, sizeof(message->text), format, arguments);
	/* The message quotes the feed and goes to terminals, logs and JSON. */
	for (char *c = message->text; *c; c++)
		if ((uint8_t)*c < ' ' || (uint8_t)*c >= 0x7f)
			*c = '?';
}

void dataset_bad_line(struct dataset_builder *b, uint64_t line, const char *format, ...)
{
	va_list arguments;

	b->facts.bad_line_count++;
	va_start(arguments, format);
	message_add(b->messages, &b->message_count, line, format, arguments);
	va_end(arguments);
}

void dataset_skip_line(struct dataset_builder *b, uint64_t line, const char *format, ...)
{
	va_list arguments;

	b->facts.skipped_count++;
	va_start(arguments, format);
	message_add(b->skips, &b->skip_count, line, format, arguments);
	va_end(arguments);
}

void dataset_note_line(struct dataset_builder *b, uint64_t line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	message_add(b->skips, &b->skip_count, line, format, arguments);
	va_end(arguments);
}

const struct dataset_options *dataset_builder_options(const struct dataset_builder *b)
{
	return &b->options;
}

struct dataset_facts *dataset_builder_facts(struct dataset_builder *b)
{
	return &b->facts;
}

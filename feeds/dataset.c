/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/dataset.h"

#include "feeds/dataset_private.h"

#include <sodium.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Small pieces are collected. */
struct hasher {
	crypto_generichash_state state;
	size_t used;
	uint8_t bytes[4096];
};

static void hash_flush(struct hasher *h)
{
	crypto_generichash_update(&h->state, h->bytes, h->used);
	h->used = 0;
}

static void hash_bytes(struct hasher *h, const void *bytes, size_t size)
{
	if (size > sizeof(h->bytes) - h->used) {
		hash_flush(h);
		if (size > sizeof(h->bytes)) {
			crypto_generichash_update(&h->state, bytes, size);
			return;
		}
	}
	memcpy(h->bytes + h->used, bytes, size);
	h->used += size;
}

static void hash_number(struct hasher *h, uint64_t number)
{
	hash_bytes(h, &number, sizeof(number));
}

static void hash_value(struct hasher *h, const struct dataset_value *value)
{
	hash_number(h, (uint64_t)value->code << 32 | (uint64_t)value->text_kind << 16 |
	                   value->text_size);
	if (value->text_size)
		hash_bytes(h, value->text, value->text_size);
}

/* Set ids follow from the content, as they count up in the order of first use. */
static void hash_sets(struct hasher *h, const struct dataset *d)
{
	size_t set_count = dataset_set_count(d);

	hash_number(h, set_count);
	for (size_t set = 1; set <= set_count; set++) {
		const struct dataset_value *const *values;
		size_t count = dataset_set(d, (uint32_t)set, &values);

		hash_number(h, count);
		for (size_t i = 0; i < count; i++)
			hash_value(h, values[i]);
	}
}

static void hash_ranges4(struct hasher *h, const struct dataset_edges4 *e)
{
	hash_number(h, e->count);
	if (!e->count)
		return;
	hash_bytes(h, e->at, e->count * sizeof(*e->at));
	hash_bytes(h, e->is_last, (e->count / 64 + 1) * sizeof(*e->is_last));
	hash_number(h, e->sets != NULL);
	if (e->sets)
		hash_bytes(h, e->sets, e->count * sizeof(*e->sets));
}

static void hash_ranges6(struct hasher *h, const struct dataset *d)
{
	hash_number(h, d->range6_count);
	for (size_t i = 0; i < d->range6_count; i++) {
		const struct dataset_range6 *range = &d->ranges6[i];

		/* Field by field: there is padding. */
		hash_bytes(h, &range->first, 32);
		hash_number(h, range->set);
	}
}

static void hash_names(struct hasher *h, const struct dataset *d)
{
	hash_number(h, d->name_count);
	for (size_t i = 0; i < d->name_count; i++) {
		const struct dataset_name *name = &d->names[i];

		hash_number(h, name->size);
		hash_bytes(h, d->name_bytes + name->offset, name->size);
		hash_number(h, (uint64_t)name->exact << 32 | name->subtree);
	}
}

static void hash_make(struct dataset *d)
{
	struct hasher h;

	_Static_assert(offsetof(struct dataset_range6, set) == 32, "first and last are adjacent");
	crypto_generichash_init(&h.state, NULL, 0, sizeof(d->facts.hash));
	h.used = 0;
	hash_ranges4(&h, &d->edges4);
	hash_ranges6(&h, d);
	hash_names(&h, d);
	hash_sets(&h, d);
	if (d->facts.next_expiry_s)
		hash_number(&h, (uint64_t)d->facts.next_expiry_s);
	hash_flush(&h);
	crypto_generichash_final(&h.state, d->facts.hash, sizeof(d->facts.hash));
}

struct dataset *dataset_finish(struct dataset_builder *b)
{
	struct dataset_ranks ranks = {0};
	struct dataset_set_table sets = {0};
	struct dataset *d = calloc(1, sizeof(*d));

	if (!d || dataset_ranks_init(&ranks, b) < 0 || dataset_set_table_init(&sets, b) < 0)
		goto fail;
	b->facts.entry_count = 0;
	if (dataset_resolve_ranges(b, false, &ranks, &sets, d) < 0 ||
	    dataset_resolve_ranges(b, true, &ranks, &sets, d) < 0 ||
	    dataset_resolve_names(b, &ranks, &sets, d) < 0)
		goto fail;
	d->sets = dataset_sets_new(&sets, b);
	if (!d->sets)
		goto fail;
	d->facts = b->facts;
	d->message_count = b->message_count;
	memcpy(d->messages, b->messages, sizeof(d->messages));
	d->skip_count = b->skip_count;
	memcpy(d->skips, b->skips, sizeof(d->skips));
	d->memory_size += sizeof(*d) + d->sets->memory_size;
	hash_make(d);
	goto out;
fail:
	dataset_free(d);
	d = NULL;
out:
	dataset_set_table_done(&sets);
	dataset_ranks_done(&ranks);
	dataset_builder_free(b);
	if (!d)
		errno = ENOMEM;
	return d;
}

void dataset_free(struct dataset *d)
{
	if (!d)
		return;
	free((void *)d->edges4.at);
	free((void *)d->edges4.is_last);
	free((void *)d->edges4.sets);
	free((void *)d->ranges6);
	free((void *)d->names);
	free((void *)d->name_bytes);
	dataset_sets_free(d->sets);
	free(d);
}

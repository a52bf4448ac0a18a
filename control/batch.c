/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Items of one message; each message stays below about 1 MiB, far below CHANNEL_MESSAGE_MAX. Those
 * of entries are smaller: they take memory while two versions of a feed are there. */
#define PAINTS4    16384
#define PAINTS6    8192
#define NAMES      8192
#define NAME_BYTES (256u << 10)
#define LISTINGS   2048
#define VERDICTS   2048
#define REFERENCES 131072 /* to listings, by verdicts, after which there are no more of these */
#define FORGOTTEN  65536
#define ZONE_BYTES (512u << 10)

struct batch {
	struct push *push;
	struct catalog *catalog;
	uint64_t generation;
	uint32_t last_verdict; /* that was defined; mostly the next one's too */

	uint32_t first4[PAINTS4], last4[PAINTS4], verdict4[PAINTS4];
	size_t count4;

	uint64_t first_high[PAINTS6], first_low[PAINTS6], last_high[PAINTS6], last_low[PAINTS6];
	uint32_t verdict6[PAINTS6];
	size_t count6;

	uint8_t names[NAME_BYTES];
	size_t names_size, name_count;
	uint32_t exact[NAMES], subtree[NAMES];
	protobuf_c_boolean is_delete[NAMES];

	uint32_t listings[LISTINGS], verdicts[VERDICTS]; /* to be defined */
	size_t listing_count, verdict_count, reference_count;

	uint32_t forgotten_listings[FORGOTTEN], forgotten_verdicts[FORGOTTEN];
	size_t forgotten_listing_count, forgotten_verdict_count;
};

static int send_begin(struct batch *b, bool is_full, uint64_t expected_ip4)
{
	Reputed__Update__Begin begin = REPUTED__UPDATE__BEGIN__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	begin.generation = b->generation;
	begin.is_full = is_full;
	begin.expected_ip4 = expected_ip4;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_BEGIN;
	request.begin = &begin;
	return push_send(b->push, &request);
}

struct batch *batch_new(struct push *push, struct catalog *catalog, uint64_t generation,
                        bool is_full, uint64_t expected_ip4)
{
	struct batch *b = malloc(sizeof(*b)); /* the arrays need no clearing */
	int rc;

	if (!b)
		return NULL;
	b->push = push;
	b->catalog = catalog;
	b->generation = generation;
	b->last_verdict = 0;
	b->count4 = b->count6 = b->names_size = b->name_count = 0;
	b->listing_count = b->verdict_count = b->reference_count = 0;
	b->forgotten_listing_count = b->forgotten_verdict_count = 0;
	rc = send_begin(b, is_full, expected_ip4);
	if (rc < 0) {
		free(b);
		errno = -rc;
		return NULL;
	}
	return b;
}

void batch_free(struct batch *b)
{
	free(b);
}

/* Define has messages inside messages; they live here while it is sent. */
struct define {
	Reputed__Update__Listing listings[LISTINGS];
	Reputed__Update__Listing *listing_pointers[LISTINGS];
	Reputed__Update__Verdict verdicts[VERDICTS];
	Reputed__Update__Verdict *verdict_pointers[VERDICTS];
};

static void fill_define(const struct batch *b, struct define *d)
{
	for (size_t i = 0; i < b->listing_count; i++) {
		Reputed__Update__Listing *message = d->listing_pointers[i] = &d->listings[i];
		struct catalog_listing listing;

		catalog_get_listing(b->catalog, b->listings[i], &listing);
		reputed__update__listing__init(message);
		message->id = b->listings[i];
		message->list = listing.list;
		message->code = listing.code;
		message->text.len = listing.text_size;
		message->text.data = (uint8_t *)listing.text;
	}
	for (size_t i = 0; i < b->verdict_count; i++) {
		Reputed__Update__Verdict *message = d->verdict_pointers[i] = &d->verdicts[i];
		const uint32_t *listings;

		reputed__update__verdict__init(message);
		message->id = b->verdicts[i];
		message->n_listings = catalog_get_verdict(b->catalog, b->verdicts[i], &listings);
		message->listings = (uint32_t *)listings; /* borrowed: nothing is interned here */
	}
}

static int flush_define(struct batch *b)
{
	Reputed__Update__Define define = REPUTED__UPDATE__DEFINE__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	struct define *d;
	int rc;

	if (!b->listing_count && !b->verdict_count)
		return 0;
	d = malloc(sizeof(*d));
	if (!d)
		return -ENOMEM;
	fill_define(b, d);
	define.n_listings = b->listing_count;
	define.listings = d->listing_pointers;
	define.n_verdicts = b->verdict_count;
	define.verdicts = d->verdict_pointers;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_DEFINE;
	request.define = &define;
	rc = push_send(b->push, &request);
	b->listing_count = b->verdict_count = b->reference_count = 0;
	free(d);
	return rc;
}

static int define_listing(struct batch *b, uint32_t listing)
{
	int rc = b->listing_count == LISTINGS ? flush_define(b) : 0;

	if (rc < 0)
		return rc;
	b->listings[b->listing_count++] = listing;
	return 0;
}

/* See to it that a verdict is defined before what is sent after this. */
static int define_verdict(struct batch *b, uint32_t verdict)
{
	const uint32_t *listings;
	size_t count;
	int rc = 0;

	if (!verdict || verdict == b->last_verdict)
		return 0;
	b->last_verdict = verdict;
	if (catalog_mark_verdict(b->catalog, verdict))
		return 0;
	count = catalog_get_verdict(b->catalog, verdict, &listings);
	if (b->verdict_count == VERDICTS || b->reference_count >= REFERENCES)
		rc = flush_define(b);
	for (size_t i = 0; !rc && i < count; i++)
		if (!catalog_mark_listing(b->catalog, listings[i]))
			rc = define_listing(b, listings[i]);
	if (rc < 0)
		return rc;
	b->verdicts[b->verdict_count++] = verdict;
	b->reference_count += count;
	return 0;
}

static int flush_paints4(struct batch *b)
{
	Reputed__Update__Paint4 paint = REPUTED__UPDATE__PAINT4__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	int rc = flush_define(b);

	if (rc < 0 || !b->count4)
		return rc;
	paint.n_first = paint.n_last = paint.n_verdict = b->count4;
	paint.first = b->first4;
	paint.last = b->last4;
	paint.verdict = b->verdict4;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_PAINT4;
	request.paint4 = &paint;
	b->count4 = 0;
	return push_send(b->push, &request);
}

static int flush_paints6(struct batch *b)
{
	Reputed__Update__Paint6 paint = REPUTED__UPDATE__PAINT6__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	int rc = flush_define(b);

	if (rc < 0 || !b->count6)
		return rc;
	paint.n_first_high = paint.n_first_low = paint.n_last_high = paint.n_last_low =
	    paint.n_verdict = b->count6;
	paint.first_high = b->first_high;
	paint.first_low = b->first_low;
	paint.last_high = b->last_high;
	paint.last_low = b->last_low;
	paint.verdict = b->verdict6;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_PAINT6;
	request.paint6 = &paint;
	b->count6 = 0;
	return push_send(b->push, &request);
}

static int flush_names(struct batch *b)
{
	Reputed__Update__PutNames put = REPUTED__UPDATE__PUT_NAMES__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	int rc = flush_define(b);

	if (rc < 0 || !b->name_count)
		return rc;
	put.names.data = b->names;
	put.names.len = b->names_size;
	put.n_exact = put.n_subtree = put.n_is_delete = b->name_count;
	put.exact = b->exact;
	put.subtree = b->subtree;
	put.is_delete = b->is_delete;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_PUT_NAMES;
	request.put_names = &put;
	b->name_count = b->names_size = 0;
	return push_send(b->push, &request);
}

int batch_paint4(struct batch *b, uint32_t first, uint32_t last, uint32_t verdict)
{
	int rc = b->count4 == PAINTS4 ? flush_paints4(b) : 0;

	if (!rc)
		rc = define_verdict(b, verdict);
	if (rc < 0)
		return rc;
	b->first4[b->count4] = first;
	b->last4[b->count4] = last;
	b->verdict4[b->count4++] = verdict;
	return 0;
}

int batch_paint6(struct batch *b, address6_t first, address6_t last, uint32_t verdict)
{
	int rc = b->count6 == PAINTS6 ? flush_paints6(b) : 0;

	if (!rc)
		rc = define_verdict(b, verdict);
	if (rc < 0)
		return rc;
	b->first_high[b->count6] = (uint64_t)(first >> 64);
	b->first_low[b->count6] = (uint64_t)first;
	b->last_high[b->count6] = (uint64_t)(last >> 64);
	b->last_low[b->count6] = (uint64_t)last;
	b->verdict6[b->count6++] = verdict;
	return 0;
}

static int add_name(struct batch *b, const struct merge_name *name, bool is_delete)
{
	int rc = 0;

	if (b->name_count == NAMES || b->names_size + name->size + 1 > NAME_BYTES)
		rc = flush_names(b);
	if (!rc)
		rc = define_verdict(b, name->exact);
	if (!rc)
		rc = define_verdict(b, name->subtree);
	if (rc < 0)
		return rc;
	if (name->size)
		memcpy(b->names + b->names_size, name->wire, name->size);
	b->names_size += name->size;
	b->names[b->names_size++] = 0; /* the root label */
	b->exact[b->name_count] = name->exact;
	b->subtree[b->name_count] = name->subtree;
	b->is_delete[b->name_count++] = is_delete;
	return 0;
}

int batch_put_name(struct batch *b, const struct merge_name *name)
{
	return add_name(b, name, false);
}

int batch_delete_name(struct batch *b, const uint8_t *wire, size_t size)
{
	struct merge_name name = {.wire = wire, .size = size};

	return add_name(b, &name, true);
}

/* In as many messages as it takes; one at least, to say that there are no others. */
int batch_zones(struct batch *b, const Reputed__Update__Zones *zones)
{
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	Reputed__Update__Zones part = REPUTED__UPDATE__ZONES__INIT;
	size_t at = 0;
	int rc;

	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_ZONES;
	request.zones = &part;
	do {
		size_t size = 0;

		part.zones = zones->zones + at;
		for (part.n_zones = 0; at < zones->n_zones; at++, part.n_zones++) {
			size += reputed__update__zone__get_packed_size(zones->zones[at]) + 8;
			if (part.n_zones > 0 && size > ZONE_BYTES)
				break;
		}
		rc = push_send(b->push, &request);
		part.is_addition = true;
	} while (!rc && at < zones->n_zones);
	return rc;
}

int batch_access(struct batch *b, Reputed__Update__Access *access)
{
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_ACCESS;
	request.access = access;
	return push_send(b->push, &request);
}

int batch_settings(struct batch *b, Reputed__Update__Settings *settings)
{
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_SETTINGS;
	request.settings = settings;
	return push_send(b->push, &request);
}

int batch_keys(struct batch *b, Reputed__Update__Keys *keys)
{
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_KEYS;
	request.keys = keys;
	return push_send(b->push, &request);
}

int batch_rate_limit(struct batch *b, Reputed__Update__RateLimit *rate_limit)
{
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_RATE_LIMIT;
	request.rate_limit = rate_limit;
	return push_send(b->push, &request);
}

static int flush_forgotten(struct batch *b)
{
	Reputed__Update__Forget forget = REPUTED__UPDATE__FORGET__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	if (!b->forgotten_listing_count && !b->forgotten_verdict_count)
		return 0;
	forget.listings = b->forgotten_listings;
	forget.n_listings = b->forgotten_listing_count;
	forget.verdicts = b->forgotten_verdicts;
	forget.n_verdicts = b->forgotten_verdict_count;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_FORGET;
	request.forget = &forget;
	b->forgotten_listing_count = b->forgotten_verdict_count = 0;
	return push_send(b->push, &request);
}

static int forget_id(void *context, bool is_listing, uint32_t id)
{
	struct batch *b = context;
	int rc = 0;

	if (b->forgotten_listing_count == FORGOTTEN || b->forgotten_verdict_count == FORGOTTEN)
		rc = flush_forgotten(b);
	if (rc < 0)
		return rc;
	if (is_listing)
		b->forgotten_listings[b->forgotten_listing_count++] = id;
	else
		b->forgotten_verdicts[b->forgotten_verdict_count++] = id;
	return 0;
}

int batch_commit(struct batch *b, uint64_t entries)
{
	int rc = flush_paints4(b);

	if (!rc)
		rc = flush_paints6(b);
	if (!rc)
		rc = flush_names(b);
	if (!rc)
		rc = catalog_collect(b->catalog, forget_id, b);
	if (!rc)
		rc = flush_forgotten(b);
	if (!rc)
		rc = push_commit(b->push, b->generation, entries);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/ledger_private.h"
#include "control/reputation/listing.h"
#include "control/reputation/nets.h"
#include "control/reputation/past.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VERSION     2
#define VERSION_OLD 1 /* without listings */
#define SUM_MAX     1e18
#define FLAGS_SAVED (RECORD_IS_TRUSTED | RECORD_IS_GOOD | RECORD_IS_DELISTED | RECORD_HAS_WINDOW)

/* Bytes one after the other, numbers as the machine has them but little-endian; reading remembers
 * its first failure. */
struct keeper {
	uint8_t *out;
	const uint8_t *in;
	size_t at, size;
	bool is_bad;
};

static void keeper_put(struct keeper *k, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		k->out[k->at++] = (uint8_t)(value >> 8 * i);
}

static void keeper_put_double(struct keeper *k, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	keeper_put(k, bits, 8);
}

static uint64_t keeper_get(struct keeper *k, unsigned size)
{
	uint64_t value = 0;

	if (k->is_bad || k->size - k->at < size) {
		k->is_bad = true;
		return 0;
	}
	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)k->in[k->at++] << 8 * i;
	return value;
}

/* A number within bounds. */
static uint64_t keeper_get_to(struct keeper *k, unsigned size, uint64_t least, uint64_t most)
{
	uint64_t value = keeper_get(k, size);

	k->is_bad |= value < least || value > most;
	return value;
}

static double keeper_get_sum(struct keeper *k)
{
	uint64_t bits = keeper_get(k, 8);
	double value;

	memcpy(&value, &bits, sizeof(value));
	/* Written so that what is not a number is bad; so is -0, which no sum is. */
	if (!(value >= 0 && value <= SUM_MAX) || bits >> 63)
		k->is_bad = true;
	return k->is_bad ? 0 : value;
}

/* --- save --- */

static void keep_evidence(struct keeper *k, const struct record *r,
                          const struct record_parts *parts)
{
	unsigned count = (unsigned)__builtin_popcount(r->classes);

	for (unsigned i = 0; i < count; i++) {
		const struct evidence *e = &parts->evidence[i];

		for (unsigned lane = 0; lane < EVIDENCE_LANES; lane++)
			keeper_put_double(k, e->sums[lane]);
		keeper_put_double(k, e->raw);
		keeper_put(k, (uint64_t)e->last_ms, 8);
	}
	if (!parts->delisted_ms)
		return;
	keeper_put(k, (uint64_t)*parts->delisted_ms, 8);
	for (unsigned i = 0; i < count; i++) {
		for (unsigned lane = 0; lane < EVIDENCE_LANES; lane++)
			keeper_put_double(k, parts->bases[i][lane]);
	}
}

static void keep_rest(struct keeper *k, const struct record *r, const struct record_parts *parts)
{
	for (int i = 0; i < __builtin_popcount(r->lists); i++) {
		const struct record_state *state = &parts->states[i];

		keeper_put(k, (uint64_t)state->since_ms, 8);
		keeper_put(k, (uint64_t)state->until_ms, 8);
		keeper_put(k, (uint64_t)state->clean_ms, 8);
		keeper_put(k, state->times, 4);
	}
	if (nets_is_net(r->kind, r->length))
		keeper_put(k, parts->members->asn, 4);
	if (parts->window) {
		uint32_t harvest;

		memcpy(&harvest, &parts->window->harvest, sizeof(harvest));
		keeper_put(k, parts->window->number, 4);
		for (unsigned i = 0; i < 2; i++) {
			keeper_put(k, parts->window->valid[i], 2);
			keeper_put(k, parts->window->invalid[i], 2);
		}
		keeper_put(k, harvest, 4);
	}
	for (unsigned set = 0; set < RECORD_SET_COUNT; set++) {
		for (unsigned i = 0; i < r->sets[set]; i++) {
			keeper_put(k, parts->sets[set][i].hash, 4);
			keeper_put(k, parts->sets[set][i].last_s, 4);
		}
	}
}

size_t ledger_save(const struct ledger *l, const struct ledger_key *key,
                   uint8_t out_bytes[LEDGER_RECORD_MAX])
{
	struct keeper k = {.out = out_bytes};
	struct record_parts parts;
	const struct record *r;
	struct book_key in_book;
	uint32_t number;

	book_key_of(key, &in_book);
	number = book_find(&l->book, &in_book);
	if (!number)
		return 0;
	r = book_at(&l->book, number);
	record_parts(&l->book.blocks, r, &parts);
	keeper_put(&k, VERSION, 1);
	keeper_put(&k, r->flags & FLAGS_SAVED, 1);
	keeper_put(&k, r->classes, 2);
	keeper_put(&k, r->lists, 1);
	for (unsigned set = 0; set < RECORD_SET_COUNT; set++)
		keeper_put(&k, r->sets[set], 1);
	keeper_put(&k, (uint64_t)r->first_ms, 8);
	keep_evidence(&k, r, &parts);
	keep_rest(&k, r, &parts);
	return k.at;
}

/* --- restore --- */

/* A record as saved, on its way back into a book. */
struct kept {
	uint8_t flags, lists;
	uint16_t classes;
	uint8_t sets[RECORD_SET_COUNT];
	int64_t first_ms, delisted_ms;
	struct evidence evidence[EVENT_CLASS_COUNT];
	double bases[EVENT_CLASS_COUNT][EVIDENCE_LANES];
	struct record_state states[DIALS_LIST_COUNT];
	uint32_t asn;
	struct record_window window;
	struct record_item items[RECORD_SET_COUNT][DIALS_DISTINCT_MAX];
};

static void kept_read_head(struct keeper *k, const struct ledger *l, struct kept *kept)
{
	unsigned version = (unsigned)keeper_get_to(k, 1, VERSION_OLD, VERSION);
	unsigned sets = version == VERSION_OLD ? RECORD_LISTINGS : RECORD_SET_COUNT;

	kept->flags = (uint8_t)keeper_get(k, 1);
	kept->classes = (uint16_t)keeper_get_to(k, 2, 0, (1u << EVENT_CLASS_COUNT) - 1);
	kept->lists = (uint8_t)keeper_get_to(k, 1, 0, (1u << DIALS_LIST_COUNT) - 1);
	for (unsigned set = 0; set < sets; set++)
		kept->sets[set] =
		    (uint8_t)keeper_get_to(k, 1, 0,
		                           set == RECORD_REPORTERS  ? RECORD_REPORTERS_MAX
		                           : set == RECORD_LISTINGS ? RECORD_LISTINGS_MAX
		                                                    : DIALS_DISTINCT_MAX);
	/* 0: a net of which nothing is known but that there are keys in it */
	kept->first_ms = (int64_t)keeper_get_to(k, 8, 0, (uint64_t)l->now_ms);
	k->is_bad |= kept->flags & ~FLAGS_SAVED;
}

static void kept_read_evidence(struct keeper *k, const struct ledger *l, struct kept *kept)
{
	for (unsigned mask = kept->classes; mask && !k->is_bad; mask &= mask - 1) {
		struct evidence *e = &kept->evidence[__builtin_ctz(mask)];

		for (unsigned lane = 0; lane < EVIDENCE_LANES; lane++)
			e->sums[lane] = keeper_get_sum(k);
		e->raw = keeper_get_sum(k);
		e->last_ms = (int64_t)keeper_get_to(k, 8, 1, (uint64_t)l->now_ms);
	}
	if (!(kept->flags & RECORD_IS_DELISTED))
		return;
	kept->delisted_ms = (int64_t)keeper_get_to(k, 8, 1, (uint64_t)l->now_ms);
	for (unsigned mask = kept->classes; mask && !k->is_bad; mask &= mask - 1) {
		unsigned class = (unsigned)__builtin_ctz(mask);

		for (unsigned lane = 0; lane < EVIDENCE_LANES; lane++) {
			double sum = kept->evidence[class].sums[lane];

			kept->bases[class][lane] = keeper_get_sum(k);
			k->is_bad |= kept->bases[class][lane] > sum * (1 + 1e-9);
		}
	}
}

/* What is due is due later than now. A net is listed without end by its keys, for a time for a
 * harvest. */
static void kept_read_states(struct keeper *k, const struct ledger *l, bool is_net,
                             struct kept *kept)
{
	uint64_t now = (uint64_t)l->now_ms, most = 2 * (uint64_t)EVIDENCE_TIME_MAX_MS;

	for (unsigned mask = kept->lists; mask && !k->is_bad; mask &= mask - 1) {
		unsigned list = (unsigned)__builtin_ctz(mask);
		struct record_state *state = &kept->states[list];
		bool may_end = list == DIALS_DHA || (!is_net && list != DIALS_GOOD);
		bool may_stay = is_net || list == DIALS_GOOD;

		state->since_ms = (int64_t)keeper_get_to(k, 8, 0, now);
		if (!state->since_ms)
			state->until_ms = (int64_t)keeper_get_to(k, 8, 1, now);
		else
			state->until_ms = (int64_t)keeper_get_to(k, 8, 0, may_end ? most : 0);
		k->is_bad |= state->since_ms && (uint64_t)state->until_ms <= now &&
		             (state->until_ms || !may_stay);
		state->clean_ms = (int64_t)keeper_get_to(k, 8, state->since_ms ? 0 : now + 1,
		                                         state->since_ms ? 0 : most);
		state->times = (uint32_t)keeper_get_to(k, 4, 1, UINT32_MAX);
	}
}

/* No item twice; what a listing is may be. */
static void kept_read_set(struct keeper *k, struct record_item *items, unsigned count,
                          bool is_pairs)
{
	struct ledger_listing past;

	for (unsigned i = 0; i < count && !k->is_bad; i++) {
		items[i].hash = (uint32_t)keeper_get(k, 4);
		items[i].last_s = (uint32_t)keeper_get(k, 4);
		for (unsigned j = 0; j < i && !is_pairs; j++)
			k->is_bad |= items[j].hash == items[i].hash;
	}
	k->is_bad |= is_pairs && count % 2;
	for (unsigned i = 0; i < count && is_pairs && !k->is_bad; i += 2)
		k->is_bad |= !past_read(&items[i], &past);
}

static void kept_read_rest(struct keeper *k, bool is_net, struct kept *kept)
{
	struct record_window *w = &kept->window;
	uint32_t bits;

	if (is_net)
		kept->asn = (uint32_t)keeper_get(k, 4);
	if (kept->flags & RECORD_HAS_WINDOW) {
		w->number = (uint32_t)keeper_get(k, 4);
		for (unsigned i = 0; i < 2; i++) {
			w->valid[i] = (uint16_t)keeper_get(k, 2);
			w->invalid[i] = (uint16_t)keeper_get(k, 2);
		}
		bits = (uint32_t)keeper_get(k, 4);
		memcpy(&w->harvest, &bits, sizeof(bits));
		k->is_bad |= !(w->harvest >= 0 && w->harvest <= 1000) || bits >> 31;
	}
	for (unsigned set = 0; set < RECORD_SET_COUNT; set++)
		kept_read_set(k, kept->items[set], kept->sets[set], set == RECORD_LISTINGS);
	k->is_bad |= k->at != k->size;
	k->is_bad |= kept->flags & RECORD_IS_TRUSTED && kept->sets[RECORD_SEEN] != 1;
}

static void kept_put_evidence(struct blocks *b, struct record *r, const struct kept *kept)
{
	struct record_parts parts;
	unsigned rank = 0;

	for (unsigned class = 0; class < EVENT_CLASS_COUNT; class ++) {
		if (kept->classes & 1u << class)
			*record_need_evidence(b, r, class) = kept->evidence[class];
	}
	if (!(kept->flags & RECORD_IS_DELISTED))
		return;
	record_delist(b, r, kept->delisted_ms);
	record_parts(b, r, &parts);
	for (unsigned class = 0; class < EVENT_CLASS_COUNT; class ++) {
		if (kept->classes & 1u << class)
			memcpy(parts.bases[rank++], kept->bases[class], sizeof(*parts.bases));
	}
}

static void kept_put(struct ledger *l, uint32_t number, const struct kept *kept)
{
	struct blocks *b = &l->book.blocks;
	struct record *r = book_at(&l->book, number);

	r->first_ms = kept->first_ms;
	r->flags |= kept->flags & (RECORD_IS_TRUSTED | RECORD_IS_GOOD);
	kept_put_evidence(b, r, kept);
	for (unsigned list = 0; list < DIALS_LIST_COUNT; list++) {
		if (!(kept->lists & 1u << list))
			continue;
		*record_need_state(b, r, list) = kept->states[list];
		l->listed[list] += kept->states[list].since_ms != 0;
	}
	if (listing_mask(l, r))
		ledger_near_listed(l, number);
	if (kept->flags & RECORD_HAS_WINDOW)
		*record_need_window(b, r) = kept->window;
	for (unsigned i = 0; i < kept->sets[RECORD_LISTINGS]; i += 2)
		record_listing(b, r, &kept->items[RECORD_LISTINGS][i]);
	for (unsigned set = 0; set < RECORD_LISTINGS; set++) {
		for (unsigned i = 0; i < kept->sets[set]; i++)
			record_see(b, r, set, kept->sets[set], &kept->items[set][i]);
	}
	if (nets_is_net(r->kind, r->length)) {
		nets_set_asn(l, number, kept->asn);
		nets_recount(l, number);
	}
	nets_restored(l, r);
	ledger_set_timer(l, number);
}

static bool kept_key_is_sound(const struct ledger_key *key)
{
	switch ((enum ledger_kind)key->kind) {
	case LEDGER_IP4:
		return key->address <= UINT32_MAX &&
		       (key->length == 32 || (key->length == 24 && !(key->address & 0xff)));
	case LEDGER_IP6:
		return (key->length == 64 || key->length == 56 || key->length == 48) &&
		       !(key->address << key->length);
	case LEDGER_DOMAIN:
		return key->name_size > 0;
	case LEDGER_ASN:
		return key->address > 0 && key->address <= UINT32_MAX;
	case LEDGER_GLOBAL:
		return false;
	}
	return false;
}

int ledger_restore(struct ledger *l, const struct ledger_key *key, const uint8_t *bytes,
                   size_t size)
{
	struct keeper k = {.in = bytes, .size = size};
	struct book_key in_book;
	struct kept kept = {0};
	const struct record *known;
	bool is_net;
	uint32_t number;

	if (!kept_key_is_sound(key))
		return -EINVAL;
	is_net = nets_is_net(key->kind, key->length);
	kept_read_head(&k, l, &kept);
	kept_read_evidence(&k, l, &kept);
	kept_read_states(&k, l, is_net, &kept);
	kept_read_rest(&k, is_net, &kept);
	if (k.is_bad || (kept.first_ms == 0 && !is_net && key->kind != LEDGER_ASN))
		return -EINVAL;
	if (ledger_reserve(l) < 0)
		return -ENOMEM;
	book_key_of(key, &in_book);
	number = book_find(&l->book, &in_book);
	known = number ? book_at(&l->book, number) : NULL;
	/* Nets and ASNs may be there because a key in them was restored before. */
	if (known && (known->first_ms || known->classes || known->lists))
		return -EINVAL;
	kept_put(l, nets_need(l, &in_book), &kept);
	return 0;
}

/* --- what changed --- */

static bool ledger_tell_lost(struct ledger *l, ledger_visit *visit, void *context)
{
	while (l->lost_count > 0) {
		struct ledger_lost *lost = &l->lost[l->lost_count - 1];
		const struct book_key in_book = {.id = lost->id,
		                                 .kind = lost->kind,
		                                 .length = lost->length,
		                                 .name_size = lost->name_size,
		                                 .name = lost->name};
		struct ledger_key key = {
		    .kind = lost->kind, .length = lost->length, .name_size = lost->name_size};
		bool goes_on = true;

		key.address = lost->kind == LEDGER_IP6 ? (address6_t)lost->id << 64 : lost->id;
		if (lost->kind == LEDGER_DOMAIN) {
			key.address = 0;
			memcpy(key.name, lost->name, lost->name_size);
		}
		/* One that came back is dirty. */
		if (!book_find(&l->book, &in_book))
			goes_on = visit(&key, context);
		free(lost->name);
		l->lost_count--;
		if (!goes_on)
			return false;
	}
	return true;
}

size_t ledger_dirty_count(const struct ledger *l)
{
	return l->dirty_live + l->lost_count;
}

void ledger_dirty(struct ledger *l, ledger_visit *visit, void *context)
{
	struct ledger_key key;

	if (!ledger_tell_lost(l, visit, context))
		return;
	while (l->dirty_count > 0) {
		uint32_t number = l->dirty[--l->dirty_count];
		struct record *r = book_at(&l->book, number);

		if (r->kind == UINT8_MAX || !(r->flags & RECORD_IS_DIRTY))
			continue;
		r->flags &= (uint8_t)~RECORD_IS_DIRTY;
		l->dirty_live--;
		book_key(&l->book, number, &key);
		if (!visit(&key, context))
			return;
	}
}

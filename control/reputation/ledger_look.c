/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/ledger_private.h"
#include "control/reputation/listing.h"
#include "control/reputation/nets.h"
#include "control/reputation/past.h"
#include "control/reputation/prior.h"

#define BIT(x) (1u << (x))

void ledger_key_of(const struct address_range *address, struct ledger_key *out_key)
{
	*out_key = (struct ledger_key){.kind = LEDGER_IP4, .length = 32, .address = address->first};
	if (!address->is_ip6)
		return;
	out_key->kind = LEDGER_IP6;
	out_key->length = 64;
	out_key->address = address->first >> 64 << 64;
}

/* What is known of another moment than the present is looked at with factors of its own. */
static const struct evidence_moment *ledger_moment_at(const struct ledger *l, int64_t now_ms,
                                                      struct evidence_moment *space)
{
	if (l->moment.now_ms == now_ms)
		return &l->moment;
	evidence_moment(&l->dials, now_ms, space);
	return space;
}

static const struct record *ledger_find(const struct ledger *l, const struct book_key *key)
{
	uint32_t number = book_find(&l->book, key);

	return number ? book_at(&l->book, number) : NULL;
}

/* A net that is there only because keys in it are, or an ASN, is not itself known for anything. */
static bool ledger_is_known(const struct record *r)
{
	return r && (r->classes || r->lists || r->sets[RECORD_SEEN]);
}

/* Listed at a moment: durations that ended by then have ended. */
static unsigned ledger_listed(const struct ledger *l, const struct record *r, int64_t now_ms)
{
	struct record_parts parts;
	unsigned rank = 0, listed = 0;

	if (!r->lists)
		return 0;
	record_parts(&l->book.blocks, r, &parts);
	for (unsigned mask = r->lists; mask; mask &= mask - 1, rank++) {
		const struct record_state *state = &parts.states[rank];

		if (state->since_ms && (!state->until_ms || state->until_ms > now_ms))
			listed |= mask & -mask;
	}
	return listed;
}

/* Lists of the nets around a key. */
static unsigned ledger_net_lists(const struct ledger *l, const struct book_key *key, int64_t now_ms)
{
	struct record at = {.id = key->id, .kind = key->kind, .length = key->length};
	struct book_key around;
	unsigned lists = 0;

	while (nets_around(&at, &around)) {
		const struct record *net = ledger_find(l, &around);

		if (net)
			lists |= ledger_listed(l, net, now_ms);
		at.id = around.id;
		at.length = around.length;
	}
	return lists;
}

static void ledger_look_listings(const struct record *r, const struct record_parts *parts,
                                 struct ledger_view *view)
{
	view->listing_count = r->sets[RECORD_LISTINGS] / 2u;
	for (unsigned i = 0; i < view->listing_count; i++)
		past_read(parts->sets[RECORD_LISTINGS] + 2 * (size_t)i, &view->listings[i]);
}

static void ledger_look_rows(const struct ledger *l, const struct record *r,
                             const struct evidence_moment *moment, struct ledger_view *view)
{
	struct record_parts parts;
	unsigned rank = 0;

	record_parts(&l->book.blocks, r, &parts);
	for (unsigned mask = r->classes; mask; mask &= mask - 1, rank++) {
		enum event_class class = (enum event_class)__builtin_ctz(mask);
		const struct evidence *e = &parts.evidence[rank];
		struct ledger_row *row = &view->rows[class];

		evidence_amounts(e, &l->dials, class, moment, row->points);
		for (unsigned lane = 0; lane < LEDGER_LANES; lane++)
			row->points[lane] *= (double)l->dials.classes[class].points;
		row->raw = e->raw;
		row->last_ms = e->last_ms;
		if (row->last_ms > view->last_ms)
			view->last_ms = row->last_ms;
	}
	ledger_look_listings(r, &parts, view);
	view->first_ms = r->first_ms;
	view->delisted_ms = parts.delisted_ms ? *parts.delisted_ms : 0;
	for (unsigned i = 0; i < r->sets[RECORD_REPORTERS]; i++) {
		bool is_new = true;

		/* One for each purpose that it reported for. */
		for (unsigned j = 0; j < i && is_new; j++)
			is_new = parts.sets[RECORD_REPORTERS][i].hash >> 2 !=
			         parts.sets[RECORD_REPORTERS][j].hash >> 2;
		view->reporters += is_new;
	}
}

static void ledger_look_lists(const struct ledger *l, const struct book_key *key,
                              const struct record *r, const struct evidence_moment *moment,
                              struct ledger_view *view)
{
	static const struct record nobody = {.kind = UINT8_MAX};
	unsigned around = ledger_net_lists(l, key, moment->now_ms);

	for (unsigned list = 0; list < DIALS_LIST_COUNT; list++) {
		struct ledger_state *state = &view->lists[list];

		listing_look(l, r ? r : &nobody, list, moment, state);
		if (state->why == LEDGER_IS_LISTED && r && nets_is_net(r->kind, r->length))
			state->until_ms = nets_until(l, r, list);
		if (state->why != LEDGER_IS_LISTED && around & BIT(list))
			state->why = LEDGER_NET_LISTED;
	}
}

bool ledger_look(const struct ledger *l, const struct ledger_key *key, int64_t now_ms,
                 struct ledger_view *out_view)
{
	struct evidence_moment space;
	const struct evidence_moment *moment = ledger_moment_at(l, now_ms, &space);
	struct book_key in_book;
	const struct record *r;

	book_key_of(key, &in_book);
	r = ledger_find(l, &in_book);
	*out_view = (struct ledger_view){0};
	if (r)
		ledger_look_rows(l, r, moment, out_view);
	prior_score(l, &in_book, moment, &out_view->score, &out_view->asn);
	score_table(&l->dials, out_view->rows, &out_view->score);
	ledger_look_lists(l, &in_book, r, moment, out_view);
	return ledger_is_known(r);
}

bool ledger_answer(const struct ledger *l, const struct ledger_key *key, int64_t now_ms,
                   struct ledger_answer *out_answer)
{
	struct evidence_moment space;
	struct ledger_score score;
	struct book_key in_book;
	const struct record *r;

	book_key_of(key, &in_book);
	r = ledger_find(l, &in_book);
	prior_score(l, &in_book, ledger_moment_at(l, now_ms, &space), &score, NULL);
	*out_answer = (struct ledger_answer){
	    .lists = r ? ledger_listed(l, r, now_ms) : 0,
	    .net_lists = ledger_net_lists(l, &in_book, now_ms),
	    .score = (int8_t)score.score,
	    .srl = (int8_t)score.srl,
	    .confidence = (int8_t)score.confidence,
	};
	return ledger_is_known(r);
}

static void ledger_visit_groups(const struct ledger *l, uint32_t first, uint32_t end,
                                ledger_visit *visit, void *context)
{
	const struct book *b = &l->book;
	struct ledger_key key;

	for (uint32_t group = first + book_occupied(b, first); group < end;
	     group += 1 + book_occupied(b, (group + 1) % BOOK_GROUPS)) {
		for (uint32_t number = book_next(b, group, 0); number;
		     number = book_next(b, group, number)) {
			book_key(b, number, &key);
			if (!visit(&key, context))
				return;
		}
	}
}

void ledger_each(const struct ledger *l, ledger_visit *visit, void *context)
{
	ledger_visit_groups(l, 0, BOOK_GROUPS, visit, context);
}

void ledger_part(const struct ledger *l, unsigned part, ledger_visit *visit, void *context)
{
	const uint32_t groups = BOOK_GROUPS / LEDGER_PARTS;

	ledger_visit_groups(l, part * groups, (part + 1) * groups, visit, context);
}

void ledger_stats(const struct ledger *l, struct ledger_stats *out_stats)
{
	*out_stats = (struct ledger_stats){
	    .keys = l->book.count,
	    .events = l->events,
	    .memory_size = sizeof(*l) - sizeof(l->book) + book_memory_size(&l->book) +
	                   l->dirty_capacity * sizeof(*l->dirty) +
	                   l->lost_capacity * sizeof(*l->lost) +
	                   l->domain_capacity * sizeof(*l->domains) +
	                   l->timers.capacity * sizeof(*l->timers.heap),
	};
	for (unsigned list = 0; list < DIALS_LIST_COUNT; list++) {
		out_stats->listed[list] = l->listed[list];
		out_stats->ended[list] = l->ended[list];
	}
}

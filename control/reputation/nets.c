/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/nets.h"

#include "control/reputation/listing.h"
#include "control/reputation/prior.h"

#define BIT(x) (1u << (x))

/* A net is left when its listed addresses are fewer than this part of the share it was entered
 * with: new addresses that are seen should not make it flap. */
#define LEAVE_SHARE 0.5

bool nets_around(const struct record *r, struct book_key *out_net)
{
	*out_net = (struct book_key){.kind = r->kind};
	if (r->kind == LEDGER_IP4 && r->length == 32) {
		out_net->length = 24;
		out_net->id = r->id & ~UINT64_C(0xff);
		return true;
	}
	if (r->kind == LEDGER_IP6 && r->length > 48) {
		out_net->length = (uint8_t)(r->length - 8);
		out_net->id = r->id & (r->length == 64 ? ~UINT64_C(0xff) : ~UINT64_C(0xffff));
		return true;
	}
	return false;
}

static uint32_t nets_of(const struct ledger *l, const struct record *r)
{
	struct book_key key;

	return nets_around(r, &key) ? book_find(&l->book, &key) : 0;
}

uint32_t nets_number(const struct ledger *l, uint32_t number)
{
	return nets_of(l, book_at(&l->book, number));
}

static struct record_members *nets_members(const struct ledger *l, uint32_t number)
{
	struct record_parts parts;

	record_parts(&l->book.blocks, book_at(&l->book, number), &parts);
	return parts.members;
}

bool nets_is_net(unsigned kind, unsigned length)
{
	return (kind == LEDGER_IP4 && length < 32) || (kind == LEDGER_IP6 && length < 64);
}

uint32_t nets_need(struct ledger *l, const struct book_key *key)
{
	const struct record at = {.id = key->id, .kind = key->kind, .length = key->length};
	uint32_t net = 0, number;
	struct book_key around;
	uint64_t before;

	if (nets_around(&at, &around))
		net = nets_need(l, &around);
	before = l->book.count;
	number = book_need(&l->book, key);
	if (l->book.count > before && net)
		nets_members(l, net)->count++;
	if (l->book.count > before && nets_is_net(key->kind, key->length))
		record_need_members(&l->book.blocks, book_at(&l->book, number));
	return number;
}

void nets_parted(struct ledger *l, const struct record *r)
{
	uint32_t net = nets_of(l, r);

	if (net)
		nets_members(l, net)->count--;
}

static unsigned nets_share_in(const struct ledger *l, const struct record *r, uint32_t net)
{
	struct record_parts parts;
	unsigned rank = 0, share = 0;
	int64_t after_ms;

	record_parts(&l->book.blocks, book_at(&l->book, net), &parts);
	after_ms = parts.delisted_ms ? *parts.delisted_ms : 0;
	record_parts(&l->book.blocks, r, &parts);
	for (unsigned mask = r->lists; mask; mask &= mask - 1, rank++) {
		if (parts.states[rank].since_ms > after_ms)
			share |= mask & -mask;
	}
	if (share & (BIT(DIALS_TRAP) | BIT(DIALS_DHA)))
		share |= BIT(DIALS_SPAM);
	return share & ~BIT(DIALS_GOOD);
}

unsigned nets_share(const struct ledger *l, const struct record *r)
{
	uint32_t net = r->lists ? nets_of(l, r) : 0;

	return net ? nets_share_in(l, r, net) : 0;
}

/* Whether it may be on a list at all. */
static bool nets_may(const struct ledger *l, const struct record *net, enum dials_list list)
{
	struct record_parts parts;

	record_parts(&l->book.blocks, net, &parts);
	return parts.members->good == 0 && !l->dials.lists[list].is_off;
}

/* By how many of its keys are listed. factor: 1 to enter, less to stay */
static bool nets_deserves(const struct ledger *l, const struct record *net, enum dials_list list,
                          double factor)
{
	const struct dials *d = &l->dials;
	struct record_parts parts;
	uint32_t listed;

	record_parts(&l->book.blocks, net, &parts);
	listed = parts.members->listed[list];
	if (!nets_may(l, net, list))
		return false;
	if (net->kind == LEDGER_IP6)
		return listed >= d->net6_children;
	return listed >= d->net_listed_min &&
	       listed >= factor * (double)d->net_listed_share * parts.members->count;
}

/* A harvest's time is over, or was never: what its keys deserve decides. */
static void nets_stay(struct ledger *l, uint32_t number, enum dials_list list)
{
	const struct record *net = book_at(&l->book, number);
	struct record_state *state = record_state(&l->book.blocks, net, list);

	if (state->until_ms > l->now_ms && nets_may(l, net, list))
		return;
	if (!nets_deserves(l, net, list, LEAVE_SHARE)) {
		listing_end(l, number, list, state->until_ms ? LEDGER_ENDED : LEDGER_LEFT);
	} else if (state->until_ms) {
		state->until_ms = 0;
		ledger_touch(l, number);
	}
}

static void nets_update(struct ledger *l, uint32_t number, enum dials_list list, bool may_enter)
{
	const struct record *net = book_at(&l->book, number);

	if (listing_mask(l, net) & BIT(list))
		nets_stay(l, number, list);
	else if (may_enter && nets_deserves(l, net, list, 1))
		listing_enter(l, number, list, 0, LEDGER_BY_KEYS);
}

void nets_harvested(struct ledger *l, uint32_t number, int64_t evidence_ms)
{
	const struct record *net = book_at(&l->book, number);
	struct record_state *state = record_state(&l->book.blocks, net, DIALS_DHA);
	bool is_listed = state && state->since_ms;
	uint32_t times = state ? state->times - is_listed : 0;
	int64_t until_ms = evidence_ms + listing_duration_ms(&l->dials, DIALS_DHA, times);
	struct record_parts parts;

	record_parts(&l->book.blocks, net, &parts);
	if (!nets_may(l, net, DIALS_DHA) || until_ms <= l->now_ms ||
	    (parts.delisted_ms && evidence_ms <= *parts.delisted_ms))
		return;
	if (is_listed && until_ms > state->until_ms) {
		state->until_ms = until_ms;
		ledger_set_timer(l, number);
	} else if (!is_listed && (!state || evidence_ms > state->until_ms)) {
		listing_enter(l, number, DIALS_DHA, until_ms, LEDGER_BY_HARVEST);
	}
}

void nets_changed(struct ledger *l, const struct record *r, unsigned before)
{
	uint32_t net = nets_of(l, r);
	unsigned after, changed;

	if (!net)
		return;
	after = nets_share_in(l, r, net);
	changed = before ^ after;
	for (unsigned list = 0; list < DIALS_GOOD; list++) {
		if (!(changed & BIT(list)))
			continue;
		if (after & BIT(list))
			nets_members(l, net)->listed[list]++;
		else
			nets_members(l, net)->listed[list]--;
		nets_update(l, net, list, after & BIT(list));
	}
}

void nets_check(struct ledger *l, uint32_t number)
{
	for (unsigned list = 0; list < DIALS_GOOD; list++)
		nets_update(l, number, list, false);
}

void nets_good(struct ledger *l, const struct record *r, bool is_good)
{
	struct book_key key;

	while (nets_around(r, &key)) {
		uint32_t net = book_find(&l->book, &key);

		if (!net)
			return;
		if (is_good)
			nets_members(l, net)->good++;
		else
			nets_members(l, net)->good--;
		nets_check(l, net);
		r = book_at(&l->book, net);
	}
}

unsigned nets_children(const struct ledger *l, const struct record *net, uint32_t out_numbers[256])
{
	unsigned length = net->kind == LEDGER_IP4 ? 32 : net->length + 8u, count = 0;
	/* Of IPv6 the first 64 bits are kept. */
	unsigned shift = net->kind == LEDGER_IP4 ? 0 : 64 - length;

	for (uint64_t i = 0; i < 256; i++) {
		const struct book_key key = {
		    .kind = net->kind, .length = (uint8_t)length, .id = net->id | i << shift};
		uint32_t number = book_find(&l->book, &key);

		if (number)
			out_numbers[count++] = number;
	}
	return count;
}

/* Until when a key counts for a list of its net; 0 = it does not. */
static int64_t nets_child_until(const struct ledger *l, const struct record *net,
                                const struct record *child, enum dials_list list)
{
	unsigned counted = BIT(list), rank = 0;
	struct record_parts parts;
	int64_t latest = 0, after_ms;

	if (list == DIALS_SPAM)
		counted |= BIT(DIALS_TRAP) | BIT(DIALS_DHA);
	record_parts(&l->book.blocks, net, &parts);
	after_ms = parts.delisted_ms ? *parts.delisted_ms : 0;
	record_parts(&l->book.blocks, child, &parts);
	for (unsigned mask = child->lists; mask; mask &= mask - 1, rank++) {
		const struct record_state *state = &parts.states[rank];
		int64_t until = state->until_ms;

		if (!(counted & mask & -mask) || state->since_ms <= after_ms)
			continue;
		if (child->flags & RECORD_HAS_MEMBERS)
			until = nets_until(l, child, (enum dials_list)__builtin_ctz(mask));
		if (until > latest)
			latest = until;
	}
	return latest;
}

/* The first end among those of its keys that just make it enough, or that of a harvest. */
int64_t nets_until(const struct ledger *l, const struct record *net, enum dials_list list)
{
	const struct record_state *state = record_state(&l->book.blocks, net, list);
	int64_t own = state && state->since_ms ? state->until_ms : 0;
	unsigned needed =
	    net->kind == LEDGER_IP6 ? l->dials.net6_children : l->dials.net_listed_min;
	uint32_t children[256];
	unsigned child_count = nets_children(l, net, children), count = 0;
	int64_t untils[256]; /* latest first */

	for (unsigned i = 0; i < child_count; i++) {
		int64_t until = nets_child_until(l, net, book_at(&l->book, children[i]), list);
		unsigned at = count;

		if (!until)
			continue;
		for (; at > 0 && untils[at - 1] < until; at--)
			untils[at] = untils[at - 1];
		untils[at] = until;
		count++;
	}
	return count >= needed && untils[needed - 1] > own ? untils[needed - 1] : own;
}

void nets_restored(struct ledger *l, const struct record *r)
{
	uint32_t net = nets_of(l, r);
	unsigned share = net ? nets_share_in(l, r, net) : 0;
	struct record at = *r;
	struct book_key around;

	nets_bad(l, r, false);
	for (unsigned list = 0; list < DIALS_GOOD; list++) {
		if (share & BIT(list))
			nets_members(l, net)->listed[list]++;
	}
	while (r->flags & RECORD_IS_GOOD && nets_around(&at, &around)) {
		nets_members(l, book_find(&l->book, &around))->good++;
		at.id = around.id;
		at.length = around.length;
	}
}

void nets_recount(struct ledger *l, uint32_t number)
{
	struct record_members *members = nets_members(l, number);
	const struct record *net = book_at(&l->book, number);
	uint32_t children[256];
	unsigned count = nets_children(l, net, children);

	nets_delisted(l, number);
	for (unsigned i = 0; i < count; i++) {
		unsigned share = nets_share_in(l, book_at(&l->book, children[i]), number);

		for (unsigned list = 0; list < DIALS_GOOD; list++)
			members->listed[list] += !!(share & BIT(list));
	}
}

bool nets_is_bad(const struct record *r)
{
	return r->classes & SCORE_BAD_CLASSES;
}

/* Needs room when it is the ASN's first bad net. */
static void nets_bad_asn(struct ledger *l, const struct record_members *members, bool is_bad)
{
	const struct book_key key = {.kind = LEDGER_ASN, .id = members->asn};
	struct record_members *of_asn;
	uint32_t number;

	if (!members->asn)
		return;
	/* One with bad nets is not forgotten. */
	number = is_bad ? book_need(&l->book, &key) : book_find(&l->book, &key);
	of_asn = record_need_members(&l->book.blocks, book_at(&l->book, number));
	if (is_bad)
		of_asn->bad++;
	else
		of_asn->bad--;
}

void nets_set_asn(struct ledger *l, uint32_t net, uint32_t asn)
{
	struct record_members *members = nets_members(l, net);
	bool was_known = members->asn == asn;

	members->asn = asn;
	if (!was_known && members->bad > 0)
		nets_bad_asn(l, members, true);
}

void nets_bad(struct ledger *l, const struct record *r, bool was_bad)
{
	const struct book_key key = {.kind = r->kind, .length = r->length, .id = r->id};
	bool is_bad = nets_is_bad(r);
	struct record_members *members;
	struct book_key around;

	if (is_bad == was_bad || nets_is_net(r->kind, r->length) || !prior_net(&key, &around))
		return;
	members = nets_members(l, book_find(&l->book, &around));
	if (is_bad && members->bad++ == 0)
		nets_bad_asn(l, members, true);
	else if (!is_bad && --members->bad == 0)
		nets_bad_asn(l, members, false);
}

void nets_delisted(struct ledger *l, uint32_t number)
{
	struct record_members *members = nets_members(l, number);

	for (unsigned list = 0; list < DIALS_GOOD; list++)
		members->listed[list] = 0;
}

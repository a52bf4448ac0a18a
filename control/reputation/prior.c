/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/prior.h"

#include "control/reputation/nets.h"

bool prior_net(const struct book_key *key, struct book_key *out_net)
{
	if (key->kind == LEDGER_IP4 && key->length == 32) {
		*out_net = (struct book_key){
		    .kind = LEDGER_IP4, .length = 24, .id = key->id & ~UINT64_C(0xff)};
		return true;
	}
	if (key->kind == LEDGER_IP6 && key->length > 48) {
		*out_net = (struct book_key){
		    .kind = LEDGER_IP6, .length = 48, .id = key->id & ~UINT64_C(0xffff)};
		return true;
	}
	return false;
}

void prior_sums(const struct ledger *l, const struct record *r,
                const struct evidence_moment *moment, struct score_sums *out_sums)
{
	struct record_parts parts;
	unsigned rank = 0;

	*out_sums = (struct score_sums){0};
	if (!r)
		return;
	record_parts(&l->book.blocks, r, &parts);
	for (unsigned mask = r->classes; mask; mask &= mask - 1, rank++) {
		enum event_class class = (enum event_class)__builtin_ctz(mask);
		enum score_side side = score_side(class);
		double *sums = side == SCORE_GOOD ? out_sums->good : out_sums->bad;
		double amounts[EVIDENCE_LANES];

		if (side == SCORE_NONE)
			continue;
		evidence_amounts(&parts.evidence[rank], &l->dials, class, moment, amounts);
		for (unsigned lane = 0; lane < EVIDENCE_LANES; lane++)
			sums[lane] += amounts[lane] * (double)l->dials.classes[class].points;
	}
}

struct prior_others {
	uint32_t bad; /* children of the parent, but for this one, with bad evidence */
	double prior; /* of the parent itself */
};

static bool prior_net_is_bad(const struct ledger *l, const struct record *net)
{
	struct record_parts parts;

	if (!net || !(net->flags & RECORD_HAS_MEMBERS))
		return false;
	record_parts(&l->book.blocks, net, &parts);
	return parts.members->bad > 0;
}

/* parent: NULL = none; is_bad: whether this one is among them */
static uint32_t prior_bad_others(const struct ledger *l, const struct record *parent, bool is_bad)
{
	struct record_parts parts;

	if (!parent || !(parent->flags & RECORD_HAS_MEMBERS))
		return 0;
	record_parts(&l->book.blocks, parent, &parts);
	return parts.members->bad - (is_bad && parts.members->bad > 0);
}

/*
 * A parent's p in the slow lane without one of its children; out_n: points that it rests on. What
 * bad points weigh is limited by how many others they came from: one bad neighbour is no bad
 * neighbourhood.
 */
static double prior_without(const struct dials *dials, const struct score_sums *parent,
                            const struct score_sums *child, const struct prior_others *others,
                            double *out_n)
{
	double bad = parent->bad[EVIDENCE_SLOW] - child->bad[EVIDENCE_SLOW];
	double good = parent->good[EVIDENCE_SLOW] - child->good[EVIDENCE_SLOW];
	double most = (double)dials->neighbour_points * others->bad;

	/* What is left of equal sums after rounding is not evidence. */
	if (bad < 1e-9 * parent->bad[EVIDENCE_SLOW])
		bad = 0;
	if (good < 1e-9 * parent->good[EVIDENCE_SLOW])
		good = 0;
	if (bad > most)
		bad = most;
	*out_n = bad + good;
	return score_shrink(dials, bad, bad + good, others->prior);
}

static const struct record *prior_record(const struct ledger *l, const struct book_key *key)
{
	uint32_t number = book_find(&l->book, key);

	return number ? book_at(&l->book, number) : NULL;
}

static const struct record *prior_asn_record(const struct ledger *l, uint32_t asn)
{
	const struct book_key key = {.kind = LEDGER_ASN, .id = asn};

	return asn ? prior_record(l, &key) : NULL;
}

/* As noted with the net when it was first seen; of one never seen, whoever knows is asked. */
static uint32_t prior_asn(const struct ledger *l, const struct book_key *key,
                          const struct record *net)
{
	struct address_range address = {.is_ip6 = key->kind == LEDGER_IP6};
	struct record_parts parts;

	if (net && (net->flags & RECORD_HAS_MEMBERS)) {
		record_parts(&l->book.blocks, net, &parts);
		return parts.members->asn;
	}
	if (!l->hooks.asn)
		return 0;
	address.first = address.is_ip6 ? (address6_t)key->id << 64 : key->id;
	address.last = address.first;
	return l->hooks.asn(&address, l->hooks.context);
}

void prior_score(const struct ledger *l, const struct book_key *key,
                 const struct evidence_moment *moment, struct ledger_score *out_score,
                 uint32_t *out_asn)
{
	const struct record *self = prior_record(l, key), *net = NULL;
	enum ledger_prior from = LEDGER_PRIOR_GLOBAL;
	struct score_sums own, of_net, of_asn;
	double prior = (double)l->dials.global_prior, n;
	struct book_key net_key;
	uint32_t asn = 0;

	prior_sums(l, self, moment, &own);
	if (key->kind == LEDGER_IP4 || key->kind == LEDGER_IP6) {
		struct prior_others others = {.prior = prior};
		bool is_net = !prior_net(key, &net_key);
		const struct record *of_number;

		net = is_net ? self : prior_record(l, &net_key);
		prior_sums(l, net, moment, &of_net);
		asn = prior_asn(l, key, net);
		of_number = prior_asn_record(l, asn);
		prior_sums(l, of_number, moment, &of_asn);
		others.bad = prior_bad_others(l, of_number, prior_net_is_bad(l, net));
		prior = prior_without(&l->dials, &of_asn, &of_net, &others, &n);
		if (n >= 1)
			from = LEDGER_PRIOR_ASN;
		if (!is_net) {
			others = (struct prior_others){
			    .bad = prior_bad_others(l, net, self && nets_is_bad(self)),
			    .prior = prior};
			prior = prior_without(&l->dials, &of_net, &own, &others, &n);
			if (n >= 1)
				from = LEDGER_PRIOR_NET;
		}
	}
	score_decide(&l->dials, &own, prior, out_score);
	out_score->prior_from = from;
	if (out_asn)
		*out_asn = key->kind == LEDGER_ASN ? (uint32_t)key->id : asn;
}

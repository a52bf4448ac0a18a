/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/prior.h"

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

/* A parent's p in the slow lane without one of its children; out_n: points that it rests on. */
static double prior_without(const struct dials *dials, const struct score_sums *parent,
                            const struct score_sums *child, double prior, double *out_n)
{
	double bad = parent->bad[EVIDENCE_SLOW] - child->bad[EVIDENCE_SLOW];
	double good = parent->good[EVIDENCE_SLOW] - child->good[EVIDENCE_SLOW];

	/* What is left of equal sums after rounding is not evidence. */
	if (bad < 1e-9 * parent->bad[EVIDENCE_SLOW])
		bad = 0;
	if (good < 1e-9 * parent->good[EVIDENCE_SLOW])
		good = 0;
	*out_n = bad + good;
	return score_shrink(dials, bad, bad + good, prior);
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
		bool is_net = !prior_net(key, &net_key);

		net = is_net ? self : prior_record(l, &net_key);
		prior_sums(l, net, moment, &of_net);
		asn = prior_asn(l, key, net);
		prior_sums(l, prior_asn_record(l, asn), moment, &of_asn);
		prior = prior_without(&l->dials, &of_asn, &of_net, prior, &n);
		if (n >= 1)
			from = LEDGER_PRIOR_ASN;
		if (!is_net) {
			prior = prior_without(&l->dials, &of_net, &own, prior, &n);
			if (n >= 1)
				from = LEDGER_PRIOR_NET;
		}
	}
	score_decide(&l->dials, &own, prior, out_score);
	out_score->prior_from = from;
	if (out_asn)
		*out_asn = key->kind == LEDGER_ASN ? (uint32_t)key->id : asn;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/limit.h"

#include "dataplane/dns.h"
#include "dataplane/reply.h"

static enum rates_class class_of(const struct query *q)
{
	if (q->rcode == DNS_NOERROR)
		return RATES_RESPONSES;
	return q->rcode == DNS_NXDOMAIN ? RATES_NXDOMAINS : RATES_ERRORS;
}

static void limit(struct query *q, enum rates_class class, enum rates_verdict verdict)
{
	switch (verdict) {
	case RATES_PASS:
		return;
	case RATES_SLIP:
		reply_truncate(q);
		break;
	case RATES_DROP:
		q->reply_size = 0;
		q->drop = DROP_RATE_LIMIT;
		break;
	}
	q->limited = (uint8_t)(class + 1);
}

void limit_burst(const struct tables *t, uint64_t steady_us, struct query *queries, unsigned count)
{
	struct rates *rates = t ? tables_rates(t) : NULL;
	struct rates_place places[QUERY_BURST_MAX];

	if (!rates)
		return;
	for (unsigned i = 0; i < count; i++) {
		const struct query *q = &queries[i];

		places[i] = (struct rates_place){0};
		if (q->reply_size > 0 && !q->is_tcp && !q->has_valid_cookie)
			places[i] = rates_find(rates, q->client, class_of(q));
	}
	for (unsigned i = 0; i < count; i++) {
		enum rates_class class = class_of(&queries[i]);

		limit(&queries[i], class, rates_take(rates, places[i], class, steady_us));
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/control/model_private.h"

#include <stdio.h>

static size_t listings_of(const struct state *s, uint32_t verdict,
                          struct model_listing *out_listings, size_t max)
{
	const struct verdict *v = &s->verdicts[verdict];

	if (!verdict)
		return 0;
	for (size_t i = 0; i < v->count && i < max; i++)
		out_listings[i] = s->listings[v->listings[i]].content;
	return v->count;
}

size_t model_address(struct model *m, bool is_ip6, address6_t address,
                     struct model_listing *out_listings, size_t max)
{
	uint32_t verdict = 0;
	size_t count;

	pthread_mutex_lock(&m->mutex);
	for (size_t i = 0; i < m->state->spans[is_ip6].count; i++) {
		const struct span *s = &m->state->spans[is_ip6].items[i];

		if (s->first <= address && address <= s->last)
			verdict = s->verdict;
	}
	count = listings_of(m->state, verdict, out_listings, max);
	pthread_mutex_unlock(&m->mutex);
	return count;
}

size_t model_name(struct model *m, const uint8_t *wire, size_t size,
                  struct model_listing *out_listings, size_t max, size_t *out_subject)
{
	uint32_t verdict = 0;
	size_t count, at = 0;

	pthread_mutex_lock(&m->mutex);
	*out_subject = size;
	for (;;) {
		const struct put *put = model_state_find(m->state, wire + at, size - at);

		if (put) {
			verdict = at ? put->subtree : put->exact;
			*out_subject = at;
			break;
		}
		if (at >= size)
			break;
		at += wire[at] + 1u;
	}
	count = listings_of(m->state, verdict, out_listings, max);
	pthread_mutex_unlock(&m->mutex);
	return count;
}

const Reputed__Update__Zones *model_zones(struct model *m)
{
	const Reputed__Update__Zones *zones;

	pthread_mutex_lock(&m->mutex);
	zones = m->zones ? m->zones->zones : NULL;
	pthread_mutex_unlock(&m->mutex);
	return zones;
}

const Reputed__Update__Access *model_access(struct model *m)
{
	const Reputed__Update__Access *access;

	pthread_mutex_lock(&m->mutex);
	access = m->access ? m->access->access : NULL;
	pthread_mutex_unlock(&m->mutex);
	return access;
}

const Reputed__Update__Settings *model_settings(struct model *m)
{
	const Reputed__Update__Settings *settings;

	pthread_mutex_lock(&m->mutex);
	settings = m->settings ? m->settings->settings : NULL;
	pthread_mutex_unlock(&m->mutex);
	return settings;
}

void model_counts(struct model *m, struct model_counts *out_counts)
{
	pthread_mutex_lock(&m->mutex);
	*out_counts = m->counts;
	pthread_mutex_unlock(&m->mutex);
}

void model_boundaries(struct model *m, bool is_ip6,
                      void (*visit)(void *context, address6_t address), void *context)
{
	pthread_mutex_lock(&m->mutex);
	for (size_t i = 0; i < m->state->spans[is_ip6].count; i++) {
		visit(context, m->state->spans[is_ip6].items[i].first);
		visit(context, m->state->spans[is_ip6].items[i].last);
	}
	pthread_mutex_unlock(&m->mutex);
}

void model_failure(struct model *m, char out_text[200])
{
	pthread_mutex_lock(&m->mutex);
	snprintf(out_text, 200, "%s", m->failure);
	pthread_mutex_unlock(&m->mutex);
}

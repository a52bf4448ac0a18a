/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/update_observed.h"

#include "dataplane/update_apex.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 10000 /* counters */

int update_observed_new(const Reputed__Update__Zone *m, size_t index, const struct zone *zone,
                        struct observed **out_observed, struct update_error *out_error)
{
	*out_observed = NULL;
	if (m->n_observed != m->n_observed_names)
		return update_error_set(out_error, -EINVAL,
		                        "zones: zone %zu: %zu observed and %zu observed_names",
		                        index, m->n_observed, m->n_observed_names);
	if (m->n_observed == 0)
		return 0;
	for (size_t i = 0; i < m->n_observed; i++) {
		if (m->observed[i] > LIST_ID_MAX || zone_shows(zone, m->observed[i]))
			return update_error_set(
			    out_error, -EINVAL,
			    "zones: zone %zu: observed list %u is above %u or answered", index,
			    m->observed[i], LIST_ID_MAX);
	}
	*out_observed = observed_new(m->observed, m->observed_names, m->n_observed);
	if (*out_observed)
		return 0;
	return update_error_set(out_error, -errno, "zones: zone %zu: observed: %s", index,
	                        strerror(errno));
}

bool update_observed_exists(const struct zones *zones)
{
	for (size_t i = 0; i < zones_count(zones); i++) {
		if (zones_at(zones, i)->observed)
			return true;
	}
	return false;
}

void update_observed_carry(struct zones *zones, const struct zones *older)
{
	for (size_t i = 0; i < zones_count(older); i++) {
		const struct zone *was = zones_at(older, i), *is;

		if (!was->observed)
			continue;
		is = update_apex_find(zones, was);
		if (is && is->observed)
			observed_carry(is->observed, was->observed);
	}
}

void update_observed_visit(const struct zones *zones, update_emit *emit, void *context)
{
	unsigned shown = 0;

	for (size_t i = 0; i < zones_count(zones); i++) {
		const struct observed *observed = zones_at(zones, i)->observed;
		char apex[DNS_NAME_MAX], name[DNS_NAME_MAX + OBSERVED_NAME_MAX + 40];

		if (!observed)
			continue;
		update_apex_text(zones_at(zones, i), apex);
		for (size_t k = 0; k < observed_size(observed) && shown < SHOWN_MAX; k++) {
			snprintf(name, sizeof(name), "observed_hits{zone=\"%s\",list=\"%s\"}", apex,
			         observed_name(observed, k));
			emit(context, name, "queries that an observed list would have answered",
			     observed_hits(observed, k));
			shown++;
		}
	}
}

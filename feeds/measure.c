/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/measure.h"

#include <stdio.h>

static unsigned measure_labels(const uint8_t *wire, size_t size)
{
	unsigned count = 0;

	for (size_t at = 0; at < size; at += 1u + wire[at])
		count++;
	return count;
}

static void measure_names(const struct dataset *d, struct dataset_facts *facts)
{
	const struct dataset_name *top = NULL;
	char text[4 * NAME_WIRE_MAX + 2];
	unsigned least = 0;

	for (size_t i = 0; i < d->name_count; i++) {
		const struct dataset_name *n = &d->names[i];
		unsigned labels;

		if (n->subtree == DATASET_ABSENT || n->subtree == 0)
			continue;
		labels = measure_labels(d->name_bytes + n->offset, n->size);
		if (top && labels >= least)
			continue;
		top = n;
		least = labels;
	}
	facts->top_labels = 0;
	if (!top)
		return;
	facts->top_labels = (uint8_t)(least + 1);
	least = (unsigned)name_format(d->name_bytes + top->offset, top->size, text);
	snprintf(facts->top_name, sizeof(facts->top_name), "%.*s", least ? (int)least : 1,
	         least ? text : ".");
}

static uint32_t measure_error_code(const struct dataset *d)
{
	for (size_t set = 1; set <= dataset_set_count(d); set++) {
		const struct dataset_value *const *values;
		size_t count = dataset_set(d, (uint32_t)set, &values);

		for (size_t i = 0; i < count; i++)
			if (values[i]->code >= MEASURE_ERROR_CODES)
				return values[i]->code;
	}
	return 0;
}

void measure(const struct dataset *d, struct dataset_facts *facts)
{
	facts->ip4_ranges = d->range4_count;
	facts->ip6_ranges = d->range6_count;
	facts->names = d->name_count;
	facts->error_code = measure_error_code(d);
	facts->coverage4 = 0;
	for (size_t edge = 0; edge < d->edges4.count;) {
		struct dataset_range4 range;

		edge = dataset_edge4_range(&d->edges4, edge, &range);
		facts->coverage4 += (uint64_t)range.last - range.first + 1;
	}
	measure_names(d, facts);
}

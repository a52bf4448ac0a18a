/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/lists.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int lists_init(struct lists *l, const struct config *config)
{
	struct lists made = {.config = config};
	int rc;

	if (config->lists_count > MERGE_LISTS_MAX)
		return -E2BIG;
	made.datasets = calloc(config->lists_count + 1u, sizeof(struct dataset *));
	made.facts = calloc(config->lists_count + 1u, sizeof(*made.facts));
	made.is_behind = calloc(config->lists_count + 1u, sizeof(*made.is_behind));
	rc = merge_never_init(&made.never, config->never_ranges, config->never_list_count);
	if (rc < 0 || !made.datasets || !made.facts || !made.is_behind) {
		free(made.datasets);
		free(made.facts);
		free(made.is_behind);
		merge_never_done(&made.never);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < config->lists_count; i++)
		zone_message_learn(&made.facts[i], &config->lists[i], NULL);
	*l = made;
	return 0;
}

void lists_done(struct lists *l)
{
	for (unsigned i = 0; i < l->config->lists_count; i++)
		dataset_free(l->datasets[i]);
	free(l->datasets);
	free(l->facts);
	free(l->is_behind);
	merge_never_done(&l->never);
}

void lists_move(struct lists *from, struct lists *to)
{
	for (unsigned i = 0; i < from->config->lists_count; i++) {
		for (unsigned j = 0; from->datasets[i] && j < to->config->lists_count; j++) {
			const struct config_list *list = &to->config->lists[j];

			if (strcmp(from->config->lists[i].name, list->name) != 0)
				continue;
			to->datasets[j] = from->datasets[i];
			from->datasets[i] = NULL;
			zone_message_learn(&to->facts[j], list, to->datasets[j]);
		}
	}
}

uint64_t lists_entries(const struct lists *l)
{
	uint64_t entries = 0;

	for (unsigned i = 0; i < l->config->lists_count; i++)
		if (l->datasets[i])
			entries += l->datasets[i]->facts.entry_count;
	return entries;
}

int lists_source(const struct lists *l, unsigned list, const struct dataset *dataset,
                 struct merge_source *out_source)
{
	const struct config_list *row = &l->config->lists[list];

	return merge_source_init(out_source, dataset, list, row->code, row->text);
}

int lists_view_init(struct lists_view *v, const struct lists *l, struct catalog *catalog)
{
	unsigned count = l->config->lists_count;

	*v = (struct lists_view){.sources = calloc(count + 1u, sizeof(*v->sources)),
	                         .pointers = calloc(count + 1u, sizeof(struct merge_source *))};
	if (!v->sources || !v->pointers)
		goto fail;
	v->view = (struct merge_view){.catalog = catalog,
	                              .never = &l->never,
	                              .sources = v->pointers,
	                              .truncated = &v->truncated};
	for (unsigned i = 0; i < count; i++) {
		v->pointers[i] = &v->sources[i];
		if (lists_source(l, i, l->datasets[i], &v->sources[i]) < 0)
			goto fail;
		v->view.count++;
	}
	return 0;
fail:
	lists_view_done(v);
	return -ENOMEM;
}

void lists_view_done(struct lists_view *v)
{
	for (unsigned i = 0; i < v->view.count; i++)
		merge_source_done(&v->sources[i]);
	free(v->sources);
	free(v->pointers);
	*v = (struct lists_view){0};
}

uint64_t lists_view_truncated(const struct lists_view *v)
{
	uint64_t truncated = v->truncated;

	for (unsigned i = 0; i < v->view.count; i++)
		truncated += v->sources[i].truncated;
	return truncated;
}

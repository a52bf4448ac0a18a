/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/lists.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NEVER_CODE 0x7f000002u /* of listings that are subtracted: never sent */

/* The names that are never listed, as a list that is subtracted. Errors: NULL */
static struct dataset *never_names(const struct config *config)
{
	const struct dataset_options options = {.drop_bogons = false};
	const struct dataset_entry entry = {.line = 0};
	struct dataset_builder *b = dataset_builder_new(&options);

	for (unsigned i = 0; b && i < config->never_name_count; i++) {
		const struct config_place *name = &config->never_names[i];

		if (dataset_add_name(b, name->wire, name->wire_size,
		                     DATASET_EXACT | DATASET_SUBTREE, &entry) < 0) {
			dataset_builder_free(b);
			return NULL;
		}
	}
	return b ? dataset_finish(b) : NULL;
}

int lists_init(struct lists *l, const struct config *config)
{
	struct lists made = {.config = config};
	int rc;

	if (config->lists_count > MERGE_LISTS_MAX)
		return -E2BIG;
	made.datasets = calloc(config->lists_count + 1u, sizeof(struct dataset *));
	made.facts = calloc(config->lists_count + 1u, sizeof(*made.facts));
	made.is_behind = calloc(config->lists_count + 1u, sizeof(*made.is_behind));
	rc = merge_never_init(&made.never, config->never_ranges, config->never_range_count);
	if (rc == 0 && config->never_name_count)
		made.never_names = never_names(config);
	if (rc < 0 || !made.datasets || !made.facts || !made.is_behind ||
	    (config->never_name_count && !made.never_names)) {
		free(made.datasets);
		free(made.facts);
		free(made.is_behind);
		merge_never_done(&made.never);
		dataset_free(made.never_names);
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
	dataset_free(l->never_names);
}

void lists_move(struct lists *from, struct lists *to)
{
	for (unsigned i = 0; i < from->config->lists_count; i++) {
		for (unsigned j = 0; j < to->config->lists_count; j++) {
			const struct config_list *list = &to->config->lists[j];

			if (strcmp(from->config->lists[i].name, list->name) != 0 ||
			    from->config->lists[i].kept != list->kept)
				continue;
			to->facts[j].is_off = from->facts[i].is_off;
			to->facts[j].is_expired = from->facts[i].is_expired;
			to->datasets[j] = from->datasets[i];
			to->is_behind[j] = from->is_behind[i];
			from->datasets[i] = NULL;
			zone_message_learn(&to->facts[j], list, to->datasets[j]);
			break;
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

	int rc = merge_source_init(out_source, dataset, list, row->code, row->text);

	if (rc == 0)
		out_source->is_subtracted = row->is_subtracted;
	return rc;
}

int lists_view_init(struct lists_view *v, const struct lists *l, struct catalog *catalog)
{
	unsigned count = l->config->lists_count;

	*v = (struct lists_view){.sources = calloc(count + 2u, sizeof(*v->sources)),
	                         .pointers = calloc(count + 2u, sizeof(struct merge_source *))};
	if (!v->sources || !v->pointers)
		goto fail;
	v->view =
	    (struct merge_view){.catalog = catalog, .never = &l->never, .sources = v->pointers};
	for (unsigned i = 0; i < count; i++) {
		v->pointers[i] = &v->sources[i];
		if (lists_source(l, i, l->datasets[i], &v->sources[i]) < 0)
			goto fail;
		v->view.count++;
	}
	if (!l->never_names)
		return 0;
	v->pointers[count] = &v->sources[count];
	if (merge_source_init(&v->sources[count], l->never_names, count, NEVER_CODE, NULL) < 0)
		goto fail;
	v->sources[count].is_subtracted = true;
	v->view.count++;
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

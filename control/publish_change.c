/* SPDX-License-Identifier: BSD-3-Clause */
/* From one version of a list to the next. */
#include "control/config_send.h"
#include "control/load.h"
#include "control/publish_private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A new version of a list on its way in. */
struct change {
	struct publish *p;
	unsigned list;
	bool is_for_zones; /* what zones need to know of the list may have changed */
	struct lists_view was;
	struct merge_view is; /* as `was`, but for one source */
	struct merge_source **pointers;
	struct merge_source source;
	struct load_changes changes;
};

static void change_done(struct change *c)
{
	lists_view_done(&c->was);
	merge_source_done(&c->source);
	free(c->pointers);
}

/* Compare the versions. Errors: -ENOMEM, -ENOSPC; change_done() is due in any case */
static int change_init(struct change *c, const struct dataset *dataset)
{
	struct publish *p = c->p;
	size_t size;
	int rc;

	if (!p->catalog)
		p->catalog = catalog_new(); /* only to compare with */
	if (!p->catalog)
		return -errno;
	rc = lists_view_init(&c->was, &p->lists, p->catalog);
	if (!rc)
		rc = lists_source(&p->lists, c->list, dataset, &c->source);
	if (rc < 0)
		return rc;
	size = c->was.view.count * sizeof(struct merge_source *);
	c->pointers = malloc(size);
	if (!c->pointers)
		return -ENOMEM;
	memcpy(c->pointers, c->was.pointers, size);
	c->pointers[c->list] = &c->source;
	c->is = c->was.view;
	c->is.sources = c->pointers;
	return load_compare(p->catalog, c->was.pointers[c->list], &c->source, &c->changes);
}

/* A batch of what changed; zones may be NULL. Errors: negative errno */
static int send_batch(struct change *c, Reputed__Update__Zones *zones, uint64_t entries)
{
	struct publish *p = c->p;
	uint64_t generation = publish_next_generation(p, false);
	struct batch *b = batch_new(&p->push, p->catalog, generation, false, 0);
	int rc;

	if (!b)
		return -errno;
	rc = zones ? config_send_zones(b, p->lists.config, zones) : 0;
	if (!rc)
		rc = load_delta(b, &c->was.view, &c->is, c->list, &c->changes);
	if (!rc)
		rc = batch_commit(b, entries);
	if (!rc)
		p->generation = generation;
	batch_free(b);
	return rc;
}

/* Send what changed, if anything did. Errors: negative errno; not synced any more */
static int send_change(struct change *c, uint64_t entries)
{
	struct publish *p = c->p;
	const struct load_changes *changes = &c->changes;
	Reputed__Update__Zones *zones = NULL;
	int rc = 0;

	if (c->is_for_zones) {
		zones = zone_message_zones(p->lists.config, p->lists.facts, &p->files);
		rc = zones ? publish_remember_zones(p, zones) : -ENOMEM;
	}
	if (rc > 0 || (!rc && (changes->added || changes->removed || changes->name_count)))
		rc = send_batch(c, rc ? zones : NULL, entries);
	if (zones)
		reputed__update__zones__free_unpacked(zones, NULL);
	if (rc < 0)
		publish_abandon(p, rc);
	return rc;
}

/*
 * Make a list's new version known; entries: over all lists then.
 * Errors: -EPERM something would be listed that never is: nothing changed; other negative errno
 */
static int publish_change(struct change *c, const struct dataset *dataset, uint64_t entries,
                          struct publish_result *out_result)
{
	struct publish *p = c->p;
	int rc = publish_freshen_but(p, c->list);

	if (rc < 0)
		return rc;
	rc = change_init(c, dataset);
	if (!rc)
		rc = self_lint(&c->is, p->lists.config, p->refused);
	if (!rc) {
		out_result->added = c->changes.added;
		out_result->removed = c->changes.removed;
		rc = p->is_synced ? send_change(c, entries) : -ENOTCONN;
	}
	change_done(c);
	if (!p->is_synced)
		publish_lose_sync(p);
	return rc;
}

static uint64_t count_of(const struct dataset *dataset)
{
	return dataset ? dataset->facts.entry_count : 0;
}

/*
 * There were not ids enough to get from a list's old version to the new one. A full load, in which
 * the ids of the old one are free, may do; else the old version stays, and all others with it.
 */
static void publish_scarce(struct publish *p, unsigned list, struct dataset *dataset,
                           const struct zone_message_list *old_facts,
                           struct publish_result *out_result)
{
	struct dataset *old = p->lists.datasets[list];
	bool was_behind = p->lists.is_behind[list];
	struct publish_result result;

	publish_abandon(p, -ENOSPC);
	p->lists.datasets[list] = dataset;
	p->lists.is_behind[list] = false;
	if (publish_bring(p, out_result) != -ENOSPC) {
		dataset_free(old);
		return;
	}
	p->lists.datasets[list] = old;
	p->lists.is_behind[list] = was_behind;
	p->lists.facts[list] = *old_facts;
	dataset_free(dataset);
	publish_bring(p, &result); /* the error told is the first one */
	*out_result = (struct publish_result){0};
	snprintf(out_result->error, sizeof(out_result->error),
	         "feed '%s' needs more than %u different listings or sets of them together with "
	         "the other lists, keeping generation %" PRIu64,
	         p->lists.config->lists[list].name, CATALOG_ID_MAX, p->generation);
}

int publish_dataset(struct publish *p, unsigned list, struct dataset *dataset,
                    struct publish_result *out_result)
{
	struct zone_message_list facts = p->lists.facts[list];
	bool is_behind = p->lists.is_behind[list];
	struct change c = {.p = p, .list = list};
	int rc;

	*out_result = (struct publish_result){0};
	if (is_behind || (p->is_synced && push_check(&p->push) < 0))
		publish_lose_sync(p); /* behind: there is nothing to compare with */
	zone_message_learn(&p->lists.facts[list], &p->lists.config->lists[list], dataset);
	c.is_for_zones = memcmp(&facts, &p->lists.facts[list], sizeof(facts)) != 0;
	rc = publish_change(&c, dataset,
	                    lists_entries(&p->lists) - count_of(p->lists.datasets[list]) +
	                        count_of(dataset),
	                    out_result);
	if (rc == -ENOMEM || rc == -EPERM) {
		p->lists.facts[list] = facts;
		dataset_free(dataset);
		*out_result = (struct publish_result){0};
		publish_tell_failure(p, rc, out_result);
		return rc;
	}
	if (rc == -ENOSPC) {
		publish_scarce(p, list, dataset, &facts, out_result);
		return 0;
	}
	dataset_free(p->lists.datasets[list]);
	p->lists.datasets[list] = dataset;
	p->lists.is_behind[list] = false;
	if (rc == -EPROTO || is_behind) {
		publish_lose_sync(p); /* a full load may do what the difference could not */
		publish_bring(p, out_result);
	} else if (rc < 0) {
		publish_tell_failure(p, rc, out_result);
	} else {
		publish_tell_success(p, out_result);
	}
	return 0;
}

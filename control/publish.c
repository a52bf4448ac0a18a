/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/publish.h"

#include "control/lists.h"
#include "control/load.h"
#include "control/settings_message.h"
#include "control/zone_message.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct publish {
	struct lists lists;
	struct zone_files files; /* of the configuration in lists */
	struct push push;
	struct catalog *catalog; /* what is painted, when is_synced */
	bool is_synced;          /* the data plane has what it should */
	uint64_t generation;     /* of the last batch */
	uint8_t *zones;          /* the zones that were sent last, packed */
	size_t zones_size;
	bool is_truncation_told;
};

struct publish *publish_new(const struct config *config)
{
	struct publish *p = calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return NULL;
	rc = lists_init(&p->lists, config);
	if (rc < 0)
		goto fail;
	rc = zone_files_init(&p->files, config);
	if (rc < 0)
		goto fail_lists;
	push_init(&p->push);
	return p;
fail_lists:
	lists_done(&p->lists);
fail:
	free(p);
	errno = -rc;
	return NULL;
}

void publish_free(struct publish *p)
{
	if (!p)
		return;
	lists_done(&p->lists);
	zone_files_done(&p->files);
	push_close(&p->push, "");
	catalog_free(p->catalog);
	free(p->zones);
	free(p);
}

int publish_fd(const struct publish *p)
{
	return p->push.channel.fd;
}

const struct dataset *publish_get(const struct publish *p, unsigned list)
{
	return p->lists.datasets[list];
}

uint64_t publish_entries(const struct publish *p)
{
	return lists_entries(&p->lists);
}

/* The data plane does not have what it should, or we do not know. */
static void lose_sync(struct publish *p)
{
	catalog_free(p->catalog);
	p->catalog = NULL;
	p->is_synced = false;
}

/* A batch failed: the data plane throws it away when the connection closes. */
static void abandon(struct publish *p, int rc)
{
	if (push_is_open(&p->push))
		push_close(&p->push, strerror(-rc));
	lose_sync(p);
}

/* Above all generations before, also those of a control or data plane that was restarted. */
static uint64_t next_generation(const struct publish *p, bool is_full)
{
	uint64_t last = p->generation, now_s = (uint64_t)time(NULL);

	if (p->push.generation > last)
		last = p->push.generation;
	return is_full && now_s > last ? now_s : last + 1;
}

static void tell_failure(const struct publish *p, int rc, struct publish_result *out_result)
{
	out_result->is_answered = false;
	if (rc == -ENOMEM)
		snprintf(out_result->error, sizeof(out_result->error), "out of memory");
	else if (rc == -ENOSPC)
		snprintf(out_result->error, sizeof(out_result->error),
		         "more than %u different listings or sets of them", CATALOG_ID_MAX);
	else if (rc == -E2BIG)
		snprintf(out_result->error, sizeof(out_result->error), "more than %d lists",
		         MERGE_LISTS_MAX);
	else
		snprintf(out_result->error, sizeof(out_result->error), "%s",
		         push_is_open(&p->push) ? "not sent yet" : p->push.error);
}

static void tell_success(const struct publish *p, struct publish_result *out_result)
{
	out_result->is_answered = true;
	out_result->generation = p->generation;
}

/* Warn once, until a full load finds no such place any more. */
static void tell_truncation(struct publish *p, uint64_t truncated,
                            struct publish_result *out_result)
{
	if (!truncated || p->is_truncation_told)
		return;
	p->is_truncation_told = true;
	snprintf(out_result->warning, sizeof(out_result->warning),
	         "more than %d listings at the same place, %llu times: only the first are answered",
	         CATALOG_LISTINGS_MAX, (unsigned long long)truncated);
}

/*
 * Remember zones as sent, packed. Returns 1, or 0 when they are those that were sent last.
 * Errors: -ENOMEM
 */
static int remember_zones(struct publish *p, const Reputed__Update__Zones *zones)
{
	size_t size = reputed__update__zones__get_packed_size(zones);
	uint8_t *packed = malloc(size + 1);

	if (!packed)
		return -ENOMEM;
	reputed__update__zones__pack(zones, packed);
	if (p->zones && size == p->zones_size && !memcmp(packed, p->zones, size)) {
		free(packed);
		return 0;
	}
	free(p->zones);
	p->zones = packed;
	p->zones_size = size;
	return 1;
}

static int send_zone_keys(struct batch *b, const struct config_zone *zone)
{
	unsigned at = 0;
	int rc = 0;

	while (zone->key_set && at < zone->key_set->count && rc == 0) {
		Reputed__Update__Keys *keys = zone_message_keys(zone, &at);

		if (!keys)
			return -ENOMEM;
		rc = batch_keys(b, keys);
		reputed__update__keys__free_unpacked(keys, NULL);
	}
	return rc;
}

/* Zones with the keys that some need. */
static int send_keyed_zones(struct batch *b, const struct config *config,
                            Reputed__Update__Zones *zones)
{
	int rc = batch_zones(b, zones);

	for (unsigned i = 0; i < config->zones_count && rc == 0; i++)
		rc = send_zone_keys(b, &config->zones[i]);
	return rc;
}

/* Of a full load, which begins without limits. */
static int send_rate_limit(struct batch *b, const struct config_rate_limit *limit)
{
	Reputed__Update__RateLimit *message;
	int rc;

	if (!limit)
		return 0;
	message = zone_message_rate_limit(limit);
	if (!message)
		return -ENOMEM;
	rc = batch_rate_limit(b, message);
	reputed__update__rate_limit__free_unpacked(message, NULL);
	return rc;
}

/* Zones, access rules, settings and limits of a full load. */
static int send_configuration(struct publish *p, struct batch *b)
{
	const struct config *config = p->lists.config;
	Reputed__Update__Zones *zones = zone_message_zones(config, p->lists.facts, &p->files);
	Reputed__Update__Access *access = zone_message_access(config->access, config->access_count);
	Reputed__Update__Settings *settings = settings_message_new(config);
	int rc = -ENOMEM;

	if (zones && access && settings)
		rc = remember_zones(p, zones);
	if (rc >= 0)
		rc = send_keyed_zones(b, config, zones);
	if (!rc)
		rc = batch_access(b, access);
	if (!rc)
		rc = batch_settings(b, settings);
	if (!rc)
		rc = send_rate_limit(b, config->rate_limit);
	settings_message_free(settings);
	if (zones)
		reputed__update__zones__free_unpacked(zones, NULL);
	if (access)
		reputed__update__access__free_unpacked(access, NULL);
	return rc;
}

/* The whole of a full load. Errors: negative errno */
static int send_all(struct publish *p, struct publish_result *out_result)
{
	uint64_t generation = next_generation(p, true), truncated;
	struct lists_view view;
	struct batch *b = NULL;
	int rc = lists_view_init(&view, &p->lists, p->catalog);

	if (rc < 0)
		return rc;
	b = batch_new(&p->push, p->catalog, generation, true);
	rc = b ? send_configuration(p, b) : -errno;
	if (!rc)
		rc = load_full(b, &view.view);
	if (!rc)
		rc = batch_commit(b, publish_entries(p));
	truncated = lists_view_truncated(&view);
	batch_free(b);
	lists_view_done(&view);
	if (rc < 0)
		return rc;
	p->generation = generation;
	p->is_truncation_told = p->is_truncation_told && truncated;
	tell_truncation(p, truncated, out_result);
	return 0;
}

/* Connect if needed, and load in full if needed; a failure is told and returned. */
static int sync(struct publish *p, struct publish_result *out_result)
{
	int rc = 0;

	if (push_is_open(&p->push) && push_check(&p->push) < 0)
		lose_sync(p);
	if (!push_is_open(&p->push)) {
		lose_sync(p);
		rc = push_open(&p->push, p->lists.config->dataplane.socket);
	}
	if (!rc && !p->is_synced) {
		lose_sync(p); /* ids start again at 1 */
		p->catalog = catalog_new();
		rc = p->catalog ? send_all(p, out_result) : -errno;
		if (rc < 0)
			abandon(p, rc);
	}
	if (rc < 0) {
		tell_failure(p, rc, out_result);
		return rc;
	}
	p->is_synced = true;
	tell_success(p, out_result);
	return 0;
}

/* Zones whose records changed. Errors: negative errno; not synced any more */
static int send_zones(struct publish *p)
{
	Reputed__Update__Zones *zones =
	    zone_message_zones(p->lists.config, p->lists.facts, &p->files);
	uint64_t generation = next_generation(p, false);
	int rc = zones ? remember_zones(p, zones) : -ENOMEM;
	struct batch *b = NULL;

	if (rc > 0) {
		b = batch_new(&p->push, p->catalog, generation, false);
		rc = b ? send_keyed_zones(b, p->lists.config, zones) : -errno;
		if (!rc)
			rc = batch_commit(b, publish_entries(p));
		if (!rc)
			p->generation = generation;
	}
	batch_free(b);
	if (zones)
		reputed__update__zones__free_unpacked(zones, NULL);
	if (rc < 0)
		abandon(p, rc);
	return rc;
}

int publish_sync(struct publish *p, struct publish_result *out_result)
{
	bool is_changed = zone_files_check(&p->files);

	*out_result = (struct publish_result){0};
	if (is_changed && p->is_synced && push_check(&p->push) == 0)
		send_zones(p); /* what fails is done again in full */
	return sync(p, out_result);
}

int publish_adopt(struct publish *p, const struct config *config)
{
	struct zone_files files;
	struct lists lists;
	bool is_elsewhere =
	    strcmp(config->dataplane.socket, p->lists.config->dataplane.socket) != 0;
	int rc = lists_init(&lists, config);

	if (rc < 0)
		return rc;
	rc = zone_files_init(&files, config);
	if (rc < 0) {
		lists_done(&lists);
		return rc;
	}
	zone_files_move(&p->files, &files);
	zone_files_done(&p->files);
	p->files = files;
	lists_move(&p->lists, &lists);
	lists_done(&p->lists);
	p->lists = lists;
	if (is_elsewhere)
		push_close(&p->push, "the data plane has another socket now");
	lose_sync(p);
	return 0;
}

int publish_configure(struct publish *p, const struct config *config,
                      struct publish_result *out_result)
{
	int rc = publish_adopt(p, config);

	*out_result = (struct publish_result){0};
	if (rc < 0) {
		tell_failure(p, rc, out_result);
		return rc;
	}
	sync(p, out_result); /* a failure is told in the result, and tried again by the next sync */
	return 0;
}

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
	size_t size = p->lists.config->lists_count * sizeof(struct merge_source *);
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
	uint64_t generation = next_generation(p, false);
	struct batch *b = batch_new(&p->push, p->catalog, generation, false);
	int rc;

	if (!b)
		return -errno;
	rc = zones ? send_keyed_zones(b, p->lists.config, zones) : 0;
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
		rc = zones ? remember_zones(p, zones) : -ENOMEM;
	}
	if (rc > 0 || (!rc && (changes->added || changes->removed || changes->name_count)))
		rc = send_batch(c, rc ? zones : NULL, entries);
	if (zones)
		reputed__update__zones__free_unpacked(zones, NULL);
	if (rc < 0)
		abandon(p, rc);
	return rc;
}

/* Make a list's new version known. Errors: negative errno */
static int publish_change(struct publish *p, unsigned list, const struct dataset *dataset,
                          bool is_for_zones, struct publish_result *out_result)
{
	struct change c = {.p = p, .list = list, .is_for_zones = is_for_zones};
	const struct dataset *old = p->lists.datasets[list];
	uint64_t entries = lists_entries(&p->lists);
	int rc = change_init(&c, dataset);

	if (!rc) {
		out_result->added = c.changes.added;
		out_result->removed = c.changes.removed;
		entries -= old ? old->facts.entry_count : 0;
		entries += dataset ? dataset->facts.entry_count : 0;
		rc = p->is_synced ? send_change(&c, entries) : -ENOTCONN;
	}
	if (!rc)
		tell_truncation(p, lists_view_truncated(&c.was) + c.source.truncated, out_result);
	change_done(&c);
	if (!p->is_synced)
		lose_sync(p);
	return rc;
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
	struct publish_result result;

	abandon(p, -ENOSPC);
	p->lists.datasets[list] = dataset;
	if (sync(p, out_result) != -ENOSPC) {
		dataset_free(old);
		return;
	}
	p->lists.datasets[list] = old;
	p->lists.facts[list] = *old_facts;
	dataset_free(dataset);
	sync(p, &result); /* the error told is the first one */
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
	int rc;

	*out_result = (struct publish_result){0};
	if (p->is_synced && push_check(&p->push) < 0)
		lose_sync(p);
	zone_message_learn(&p->lists.facts[list], &p->lists.config->lists[list], dataset);
	rc = publish_change(p, list, dataset,
	                    memcmp(&facts, &p->lists.facts[list], sizeof(facts)) != 0, out_result);
	if (rc == -ENOMEM) {
		p->lists.facts[list] = facts;
		dataset_free(dataset);
		*out_result = (struct publish_result){0};
		tell_failure(p, rc, out_result);
		return rc;
	}
	if (rc == -ENOSPC) {
		publish_scarce(p, list, dataset, &facts, out_result);
		return 0;
	}
	dataset_free(p->lists.datasets[list]);
	p->lists.datasets[list] = dataset;
	if (rc == -EPROTO) {
		lose_sync(p); /* a full load may do what the difference could not */
		sync(p, out_result);
	} else if (rc < 0) {
		tell_failure(p, rc, out_result);
	} else {
		tell_success(p, out_result);
	}
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_same.h"
#include "control/config_send.h"
#include "control/lists.h"
#include "control/load.h"
#include "control/publish_private.h"
#include "control/zone_message.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

void publish_set_fill(struct publish *p, publish_fill *fill, void *context)
{
	p->fill = fill;
	p->fill_context = context;
}

int publish_freshen_list(struct publish *p, unsigned list)
{
	struct dataset *d;

	if (!p->lists.is_behind[list])
		return 0;
	d = p->fill(p->fill_context, list, NULL);
	if (!d)
		return -ENOMEM;
	dataset_free(p->lists.datasets[list]);
	p->lists.datasets[list] = d;
	p->lists.is_behind[list] = false;
	return 0;
}

int publish_freshen_but(struct publish *p, unsigned but)
{
	int rc = 0;

	for (unsigned i = 0; i < p->lists.config->lists_count && rc == 0; i++)
		if (i != but)
			rc = publish_freshen_list(p, i);
	return rc;
}

int publish_behind(struct publish *p, unsigned list)
{
	const struct dataset_options options = {.drop_bogons = false};
	struct dataset_builder *b;

	if (!p->lists.datasets[list]) {
		b = dataset_builder_new(&options);
		p->lists.datasets[list] = b ? dataset_finish(b) : NULL;
		if (!p->lists.datasets[list])
			return -ENOMEM;
		p->lists.facts[list].is_loaded = true;
	}
	p->lists.is_behind[list] = true;
	publish_lose_sync(p);
	return 0;
}

int publish_freshen(struct publish *p)
{
	return publish_freshen_but(p, LISTS_NONE);
}

void publish_lose_sync(struct publish *p)
{
	catalog_free(p->catalog);
	p->catalog = NULL;
	p->is_synced = false;
	p->due = (struct due){0};
}

void publish_abandon(struct publish *p, int rc)
{
	if (push_is_open(&p->push))
		push_close(&p->push, strerror(-rc));
	publish_lose_sync(p);
}

uint64_t publish_next_generation(const struct publish *p, bool is_full)
{
	uint64_t last = p->generation, now_s = (uint64_t)time(NULL);

	if (p->push.generation > last)
		last = p->push.generation;
	return is_full && now_s > last ? now_s : last + 1;
}

void publish_tell_failure(const struct publish *p, int rc, struct publish_result *out_result)
{
	out_result->is_answered = false;
	if (rc == -ENOMEM)
		snprintf(out_result->error, sizeof(out_result->error), "out of memory");
	else if (rc == -ENOSPC)
		snprintf(out_result->error, sizeof(out_result->error),
		         "more than %u different listings or sets of them", CATALOG_ID_MAX);
	else if (rc == -EPERM)
		snprintf(out_result->error, sizeof(out_result->error),
		         "%s: not sent, keeping generation %" PRIu64, p->refused, p->generation);
	else if (rc == -E2BIG)
		snprintf(out_result->error, sizeof(out_result->error), "more than %d lists",
		         MERGE_LISTS_MAX);
	else
		snprintf(out_result->error, sizeof(out_result->error), "%s",
		         push_is_open(&p->push) ? "not sent yet" : p->push.error);
}

void publish_tell_success(const struct publish *p, struct publish_result *out_result)
{
	out_result->is_answered = true;
	out_result->generation = p->generation;
}

int publish_remember_zones(struct publish *p, const Reputed__Update__Zones *zones)
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

/* What the configuration says beside lists: all of it, or what may be another than before. */
static int send_configuration(struct publish *p, struct batch *b, bool is_full)
{
	const struct config *config = p->lists.config;
	Reputed__Update__Zones *zones = zone_message_zones(config, p->lists.facts, &p->files);
	int rc = zones ? publish_remember_zones(p, zones) : -ENOMEM;

	if (rc > 0 || (!rc && (is_full || p->due.keys)))
		rc = config_send_zones(b, config, zones);
	if (!rc)
		rc = config_send_server(b, config);
	if (!rc && (is_full ? config->rate_limit != NULL : p->due.limits))
		rc = config_send_limits(b, config);
	if (zones)
		reputed__update__zones__free_unpacked(zones, NULL);
	return rc;
}

/* The whole of a full load. Errors: negative errno */
static int send_all(struct publish *p)
{
	uint64_t generation = publish_next_generation(p, true);
	struct lists_view view;
	struct batch *b = NULL;
	int rc = publish_freshen(p);

	if (!rc)
		rc = lists_view_init(&view, &p->lists, p->catalog);
	if (rc < 0)
		return rc;
	rc = self_lint(&view.view, p->lists.config, p->refused);
	if (rc < 0)
		goto out;
	b = batch_new(&p->push, p->catalog, generation, true, load_expect_ip4(&view.view));
	rc = b ? send_configuration(p, b, true) : -errno;
	if (!rc)
		rc = load_full(b, &view.view);
	if (!rc)
		rc = batch_commit(b, publish_entries(p));
	batch_free(b);
out:
	lists_view_done(&view);
	if (rc < 0)
		return rc;
	p->generation = generation;
	p->due = (struct due){0};
	return 0;
}

/* A batch without lists. Errors: negative errno; not synced any more */
static int send_due(struct publish *p)
{
	uint64_t generation = publish_next_generation(p, false);
	struct batch *b = batch_new(&p->push, p->catalog, generation, false, 0);
	int rc = b ? send_configuration(p, b, false) : -errno;

	if (!rc)
		rc = batch_commit(b, publish_entries(p));
	batch_free(b);
	if (rc < 0) {
		publish_abandon(p, rc);
		return rc;
	}
	p->generation = generation;
	p->due = (struct due){0};
	return 0;
}

int publish_bring(struct publish *p, struct publish_result *out_result)
{
	int rc = 0;

	if (push_is_open(&p->push) && push_check(&p->push) < 0)
		publish_lose_sync(p);
	if (p->is_synced && p->due.any)
		send_due(p); /* what fails is done again in full */
	if (!push_is_open(&p->push)) {
		publish_lose_sync(p);
		rc = push_open(&p->push, p->lists.config->dataplane.socket);
	}
	if (!rc && !p->is_synced) {
		publish_lose_sync(p); /* ids start again at 1 */
		p->catalog = catalog_new();
		rc = p->catalog ? send_all(p) : -errno;
		if (rc < 0)
			publish_abandon(p, rc);
	}
	if (rc < 0) {
		publish_tell_failure(p, rc, out_result);
		return rc;
	}
	p->is_synced = true;
	publish_tell_success(p, out_result);
	return 0;
}

/* Zones whose records changed. Errors: negative errno; not synced any more */
static int send_zones(struct publish *p)
{
	Reputed__Update__Zones *zones =
	    zone_message_zones(p->lists.config, p->lists.facts, &p->files);
	uint64_t generation = publish_next_generation(p, false);
	int rc = zones ? publish_remember_zones(p, zones) : -ENOMEM;
	struct batch *b = NULL;

	if (rc > 0) {
		b = batch_new(&p->push, p->catalog, generation, false, 0);
		rc = b ? config_send_zones(b, p->lists.config, zones) : -errno;
		if (!rc)
			rc = batch_commit(b, publish_entries(p));
		if (!rc)
			p->generation = generation;
	}
	batch_free(b);
	if (zones)
		reputed__update__zones__free_unpacked(zones, NULL);
	if (rc < 0)
		publish_abandon(p, rc);
	return rc;
}

int publish_sync(struct publish *p, struct publish_result *out_result)
{
	bool is_changed = zone_files_check(&p->files);

	*out_result = (struct publish_result){0};
	if (is_changed && p->is_synced && push_check(&p->push) == 0)
		send_zones(p); /* what fails is done again in full */
	return publish_bring(p, out_result);
}

void publish_note_use(struct publish *p, unsigned list, bool is_off, bool is_expired)
{
	p->lists.facts[list].is_off = is_off;
	p->lists.facts[list].is_expired = is_expired;
}

int publish_use(struct publish *p, unsigned list, bool is_off, bool is_expired,
                struct publish_result *out_result)
{
	int rc = 0;

	*out_result = (struct publish_result){0};
	publish_note_use(p, list, is_off, is_expired);
	if (!p->is_synced || push_check(&p->push) < 0) {
		publish_lose_sync(p);
		publish_tell_failure(p, -ENOTCONN, out_result);
		return -ENOTCONN;
	}
	if (send_zones(p) < 0) /* is done again in full */
		rc = publish_bring(p, out_result);
	else
		publish_tell_success(p, out_result);
	return rc;
}

int publish_adopt(struct publish *p, const struct config *config)
{
	struct zone_files files;
	struct lists lists;
	const struct config *old = p->lists.config;
	bool is_elsewhere = strcmp(config->dataplane.socket, old->dataplane.socket) != 0;
	bool is_kept = !is_elsewhere && config != old && config_same_lists(config, old);
	int rc = lists_init(&lists, config);

	if (rc < 0)
		return rc;
	for (unsigned i = 0; i < old->lists_count && rc == 0; i++)
		if (old->lists[i].kept == KEPT_NOTHING) /* the others are filled at any time */
			rc = publish_freshen_list(p, i);
	if (!rc)
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
	if (!is_kept || !p->is_synced) {
		publish_lose_sync(p);
		return 0;
	}
	p->due.any = true;
	p->due.keys |= !config_same_keys(config, old);
	p->due.limits |= !config_same_limits(config, old);
	return 0;
}

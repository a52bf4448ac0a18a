/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/shadow.h"

#include "control/coverage.h"
#include "control/engine.h"
#include "control/intake.h"
#include "control/publisher.h"
#include "control/request.h"
#include "control/server.h"
#include "control/version_diff.h"
#include "control/version_read.h"
#include "control/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shadow_key {
	struct manual_key key;
	bool was, is; /* listed */
};

struct shadow {
	struct worker_job job;
	struct engine *engine;
	struct server_request *client;
	char *list, *folder;
	struct version_format configured;
	bool drop_bogons;
	struct shadow_key *keys;
	size_t key_count;
	char error[VERSION_READ_ERROR_MAX]; /* empty: all went well */

	struct version_info held;
	struct dataset *dataset; /* of the held version */
	bool has_good;
	uint64_t good_entries;
	struct version_diff diff;
};

static void shadow_free(struct shadow *s)
{
	dataset_free(s->dataset);
	version_format_done(&s->configured);
	free(s->keys);
	free(s->list);
	free(s->folder);
	free(s);
}

/* --- on the reader thread --- */

static void shadow_read(struct worker_job *worker_job)
{
	struct shadow *s = (struct shadow *)worker_job;
	const struct version_reading how = {s->folder, s->configured, s->drop_bogons};
	int fd = version_read_open_held(s->folder, &s->held);

	if (fd >= 0)
		s->dataset = version_read_entries(fd, &s->held, &how, s->error);
	else if (fd == -ENOENT)
		snprintf(s->error, sizeof(s->error), "no version is held");
	else
		snprintf(s->error, sizeof(s->error), "the held version: %s",
		         fd == -EBADMSG ? "it is damaged, or another one just now" : strerror(-fd));
}

/* --- on the publisher thread --- */

static void shadow_look(const struct publish *publish, const struct config *config, void *context)
{
	struct shadow *s = context;
	const struct config_list *list = NULL;
	const struct dataset *good = NULL;
	struct coverage found;
	int rc;

	for (unsigned i = 0; i < config->lists_count && !list; i++) {
		if (strcmp(config->lists[i].name, s->list) != 0)
			continue;
		list = &config->lists[i];
		good = publish_get(publish, i);
	}
	if (!list) {
		snprintf(s->error, sizeof(s->error), "the feed is not configured any more");
		return;
	}
	s->has_good = good != NULL;
	s->good_entries = good ? good->facts.entry_count : 0;
	rc = version_diff(good, s->dataset, list->code, list->text, &s->diff);
	if (rc < 0)
		snprintf(s->error, sizeof(s->error), "cannot compare: %s", strerror(-rc));
	for (size_t i = 0; i < s->key_count; i++) {
		s->keys[i].was = good && coverage_find(good, &s->keys[i].key, &found);
		s->keys[i].is = coverage_find(s->dataset, &s->keys[i].key, &found);
	}
}

/* --- on the main loop --- */

static json_t *shadow_place(const struct version_diff_place *place)
{
	char text[4 * NAME_WIRE_MAX + 2 * ADDRESS_TEXT_MAX];
	size_t size = place->is_name ? name_format(place->wire, place->wire_size, text)
	                             : address_format(&place->range, text);

	return json_stringn(text, size);
}

static json_t *shadow_widest(uint64_t count, const struct address_range *range)
{
	const struct version_diff_place place = {.range = *range};

	return count ? shadow_place(&place) : json_null();
}

static json_t *shadow_part(const struct version_diff_part *part)
{
	json_t *sample = json_array();

	for (size_t i = 0; i < part->sample_count; i++)
		json_array_append_new(sample, shadow_place(&part->sample[i]));
	return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "ranges4",
	                 (json_int_t)part->ranges4, "addresses4", (json_int_t)part->addresses4,
	                 "ranges6", (json_int_t)part->ranges6, "names", (json_int_t)part->names,
	                 "widest4", shadow_widest(part->ranges4, &part->widest4), "widest6",
	                 shadow_widest(part->ranges6, &part->widest6), "sample", sample);
}

/* The keys for which something would change. */
static json_t *shadow_keys(const struct shadow *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->key_count; i++) {
		const struct shadow_key *k = &s->keys[i];

		if (k->was != k->is)
			json_array_append_new(array, json_pack("{s:s, s:b, s:b}", "key",
			                                       k->key.text, "is_listed", k->was,
			                                       "would_be_listed", k->is));
	}
	return array;
}

static json_t *shadow_answer(const struct shadow *s)
{
	const struct version_diff_part *parts = s->diff.parts;
	json_t *reason = json_string(s->held.reason); /* NULL: a feed's text is quoted, no UTF-8 */

	return json_pack("{s:b, s:s, s:o, s:s, s:I, s:o, s:o, s:o, s:o, s:o}", "ok", 1, "feed",
	                 s->list, "reason", reason ? reason : json_null(), "guard", s->held.guard,
	                 "entries", (json_int_t)s->dataset->facts.entry_count, "good_entries",
	                 s->has_good ? json_integer((json_int_t)s->good_entries) : json_null(),
	                 "added", shadow_part(&parts[VERSION_DIFF_ADDED]), "removed",
	                 shadow_part(&parts[VERSION_DIFF_REMOVED]), "changed",
	                 shadow_part(&parts[VERSION_DIFF_CHANGED]), "keys", shadow_keys(s));
}

static void shadow_looked(const struct publisher_report *report, void *context)
{
	struct shadow *s = context;

	if (report->is_cancelled)
		server_refuse(s->client, "the daemon stops");
	else if (report->rc < 0)
		server_refuse(s->client, "%s", strerror(-report->rc));
	else if (s->error[0])
		server_refuse(s->client, "feed '%s': %s", s->list, s->error);
	else
		server_reply(s->client, shadow_answer(s));
	shadow_free(s);
}

static void shadow_read_done(struct worker_job *worker_job)
{
	struct shadow *s = (struct shadow *)worker_job;

	if (!worker_job->is_cancelled && s->dataset) {
		publisher_ask(s->engine->publisher, shadow_look, shadow_looked, s);
		return;
	}
	if (worker_job->is_cancelled)
		server_refuse(s->client, "the daemon stops");
	else
		server_refuse(s->client, "feed '%s': %s", s->list, s->error);
	shadow_free(s);
}

/* Errors: negative errno; out_error says what is wrong */
static int shadow_set_keys(struct shadow *s, const json_t *keys, char out_error[300])
{
	const json_t *value;
	size_t i;

	s->keys = calloc(json_array_size(keys) + 1, sizeof(*s->keys));
	snprintf(out_error, 300, "out of memory");
	if (!s->keys)
		return -ENOMEM;
	json_array_foreach(keys, i, value)
	{
		if (manual_key_parse(json_string_value(value), &s->keys[i].key, out_error, 300) < 0)
			return -EINVAL;
		s->key_count++;
	}
	return 0;
}

void shadow_find(struct engine *e, struct server_request *client, const struct request *r)
{
	const struct feed *feed = intake_find(e->intake, r->feed);
	struct shadow *s;
	char error[300];

	if (!feed) {
		server_refuse(client, "there is no feed '%s'", r->feed);
		return;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		server_refuse(client, "out of memory");
		return;
	}
	s->job.run = shadow_read;
	s->job.done = shadow_read_done;
	s->engine = e;
	s->client = client;
	s->configured.format = feed->settings.format;
	s->configured.options = format_options_ref(feed->settings.options);
	s->drop_bogons = feed->settings.drop_bogons;
	s->list = strdup(feed->name);
	if (asprintf(&s->folder, "%s/feeds/%s", e->config->state_dir, feed->name) < 0)
		s->folder = NULL;
	if (shadow_set_keys(s, r->keys, error) < 0 || !s->list || !s->folder) {
		server_refuse(client, "%s", error);
		shadow_free(s);
		return;
	}
	worker_submit(e->reader, &s->job);
}

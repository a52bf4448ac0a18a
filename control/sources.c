/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/sources.h"

#include "control/coverage.h"
#include "control/engine.h"
#include "control/fetch/fetch.h"
#include "control/intake.h"
#include "control/manual.h"
#include "control/publisher.h"
#include "control/show.h"
#include "control/sources_reputation.h"
#include "control/version_format.h"
#include "control/worker.h"
#include "feeds/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SOURCES_PLACE_MAX 512

/* A list that may cover the key. */
struct sources_hit {
	char *list;
	bool is_manual;
	uint32_t code;               /* of the list */
	char *text;                  /* of the list */
	json_t *values;              /* feeds: what it says of the key */
	char *folder;                /* feeds: of the versions; NULL = there is none */
	struct version_info version; /* the good one */
	struct version_format configured;
};

struct sources_job {
	struct worker_job job;
	struct engine *engine;
	struct server_request *client;
	struct manual *manual;
	struct manual_key key;
	struct sources_hit *hits;
	size_t hit_count;
	bool failed; /* no memory */
	json_t *answer;
};

static void sources_free(struct sources_job *job)
{
	for (size_t i = 0; i < job->hit_count; i++) {
		struct sources_hit *hit = &job->hits[i];

		json_decref(hit->values);
		free(hit->list);
		free(hit->text);
		free(hit->folder);
		version_format_done(&hit->configured);
	}
	free(job->hits);
	json_decref(job->answer);
	free(job);
}

/* A text that is not UTF-8 is not told rather than the whole answer. */
static json_t *sources_text(const char *text, size_t size)
{
	json_t *value = text ? json_stringn(text, size) : NULL;

	return value ? value : json_null();
}

/* Where the lines are: a file, the server of what is fetched (the rest of a URL may hold a key), or
 * "pushed". */
static json_t *sources_place(const struct config_feed *feed, char out_text[SOURCES_PLACE_MAX])
{
	const char *source = feed->url ? feed->url : feed->rsync;

	if (feed->path)
		return sources_text(feed->path, strlen(feed->path));
	if (!source)
		return json_string("pushed");
	snprintf(out_text, SOURCES_PLACE_MAX, "%.*s", (int)fetch_server_size(source), source);
	return sources_text(out_text, strlen(out_text));
}

/* The values of a set, with what the list says where they say nothing. */
static json_t *sources_values(const struct dataset *d, const struct coverage *found,
                              const struct config_list *list)
{
	const struct dataset_value *const *values;
	size_t count = dataset_set(d, found->set, &values);
	char place[SOURCES_PLACE_MAX];
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct dataset_value *v = values[i];
		json_t *text = json_null();

		if (v->text_kind == DATASET_TEXT_OWN)
			text = sources_text(v->text, v->text_size);
		else if (v->text_kind == DATASET_TEXT_LIST && list->text)
			text = sources_text(list->text, strlen(list->text));
		json_array_append_new(
		    array,
		    json_pack("{s:s, s:o, s:o, s:s, s:o, s:n, s:n, s:n, s:n}", "list", list->name,
		              "code", show_code(v->code ? v->code : list->code), "text", text,
		              "entry", found->entry, "feed", sources_place(list->feed, place),
		              "line", "reason", "author", "expires_s"));
	}
	return array;
}

/* On the publisher thread: which lists cover the key. */
static void sources_look(const struct publish *publish, const struct config *config, void *context)
{
	struct sources_job *job = context;

	job->hits = calloc(config->lists_count + 1u, sizeof(*job->hits));
	job->failed = !job->hits;
	for (unsigned i = 0; !job->failed && i < config->lists_count; i++) {
		const struct config_list *list = &config->lists[i];
		const struct dataset *d = publish_get(publish, i);
		struct sources_hit *hit = &job->hits[job->hit_count];
		struct coverage found;

		/* Those of the ledger are asked of it, and their datasets may be behind. */
		if (!d || list->is_hidden || list->kept != KEPT_NOTHING ||
		    !coverage_find(d, &job->key, &found))
			continue;
		job->hit_count++;
		hit->list = strdup(list->name);
		hit->is_manual = list->manual;
		hit->code = list->code;
		hit->text = list->text ? strdup(list->text) : NULL;
		hit->values = list->manual ? NULL : sources_values(d, &found, list);
		job->failed = !hit->list || (list->text && !hit->text);
	}
}

/* --- on the reader thread --- */

/* Find the line in the good version's bytes, and the entry as it is written there. */
static void sources_trace(const struct sources_job *job, struct sources_hit *hit,
                          const struct version_format *f, struct reader *reader)
{
	struct trace trace = {.is_name = job->key.is_name,
	                      .range = job->key.range,
	                      .wire_size = job->key.wire_size,
	                      .scope = job->key.scope};
	const struct dataset_options options = {.trace = &trace, .format = f->options};
	struct dataset_builder *builder = dataset_builder_new(&options);
	char error[256], text[4 * NAME_WIRE_MAX + 2 * ADDRESS_TEXT_MAX] = "";
	size_t index;
	json_t *value;

	memcpy(trace.wire, job->key.wire, sizeof(trace.wire));
	if (builder && f->format->parse(reader, builder, error, sizeof(error)) >= 0 &&
	    trace.is_found) {
		size_t size = trace.is_name ? name_format(trace.entry_wire, trace.entry_size, text)
		                            : address_format(&trace.entry, text);

		json_array_foreach(hit->values, index, value)
		{
			if (trace.line) /* some formats have none */
				json_object_set_new(value, "line",
				                    json_integer((json_int_t)trace.line));
			json_object_set_new(value, "entry", sources_text(text, size));
		}
	}
	dataset_builder_free(builder);
}

/* It may have been pruned meanwhile: then no line is told. */
static void sources_read(const struct sources_job *job, struct sources_hit *hit)
{
	struct version_format f;
	struct reader *reader;
	char path[4096];

	if (!hit->folder ||
	    version_format_find_at(hit->folder, &hit->version, &hit->configured, &f) < 0)
		return;
	snprintf(path, sizeof(path), "%s/%" PRIu64 ".feed", hit->folder, hit->version.number);
	reader = reader_open(path);
	if (reader)
		sources_trace(job, hit, &f, reader);
	reader_close(reader);
	version_format_done(&f);
}

struct sources_records {
	const struct sources_job *job;
	const struct sources_hit *hit;
	json_t *found; /* those of the highest level so far */
	unsigned level;
};

static bool sources_record(const struct manual_record *record, void *context)
{
	struct sources_records *records = context;
	const struct sources_hit *hit = records->hit;
	const char *text = record->text ? record->text : hit->text;
	struct manual_key key;
	char error[200];

	if (manual_key_parse(record->key, &key, error, sizeof(error)) < 0 ||
	    !manual_key_covers(&key, &records->job->key) || key.level < records->level)
		return true;
	if (key.level > records->level)
		json_array_clear(records->found);
	records->level = key.level;
	json_array_append_new(
	    records->found,
	    json_pack("{s:s, s:o, s:s?, s:s, s:n, s:n, s:s?, s:s?, s:o}", "list", hit->list, "code",
	              show_code(record->code ? record->code : hit->code), "text", text, "entry",
	              record->key, "feed", "line", "reason", record->reason, "author",
	              record->author, "expires_s",
	              record->expires_s ? json_integer(record->expires_s) : json_null()));
	return true;
}

static void sources_run(struct worker_job *worker_job)
{
	struct sources_job *job = (struct sources_job *)worker_job;

	for (size_t i = 0; i < job->hit_count; i++) {
		struct sources_hit *hit = &job->hits[i];
		struct sources_records records = {job, hit, NULL, 0};

		if (hit->is_manual) {
			records.found = json_array();
			manual_each(job->manual, hit->list, time(NULL), sources_record, &records);
			hit->values = records.found;
		} else {
			sources_read(job, hit);
		}
		json_array_extend(job->answer, hit->values);
	}
}

/* --- on the main loop --- */

static void sources_reply(bool is_cancelled, json_t *rows, void *context)
{
	struct sources_job *job = context;

	json_array_extend(job->answer, rows);
	json_decref(rows);
	if (is_cancelled)
		server_refuse(job->client, "the daemon stops");
	else
		server_reply(job->client, json_pack("{s:b, s:O}", "ok", 1, "sources", job->answer));
	sources_free(job);
}

static void sources_done(struct worker_job *worker_job)
{
	struct sources_job *job = (struct sources_job *)worker_job;

	if (worker_job->is_cancelled)
		sources_reply(true, json_array(), job);
	else
		sources_reputation(job->engine, &job->key, sources_reply, job);
}

/* Where the bytes of the good version are. */
static void sources_locate(struct sources_job *job, struct sources_hit *hit)
{
	const struct feed *feed =
	    hit->is_manual ? NULL : intake_find(job->engine->intake, hit->list);

	if (!feed || !feed->has_good)
		return;
	hit->version = feed->good;
	hit->configured.format = feed->settings.format;
	hit->configured.options = format_options_ref(feed->settings.options);
	if (asprintf(&hit->folder, "%s/feeds/%s", job->engine->config->state_dir, feed->name) < 0)
		hit->folder = NULL;
}

static void sources_looked(const struct publisher_report *report, void *context)
{
	struct sources_job *job = context;

	if (report->is_cancelled || report->rc < 0 || job->failed) {
		server_refuse(job->client,
		              report->is_cancelled ? "the daemon stops" : "out of memory");
		sources_free(job);
		return;
	}
	for (size_t i = 0; i < job->hit_count; i++)
		sources_locate(job, &job->hits[i]);
	worker_submit(job->engine->reader, &job->job);
}

void sources_find(struct engine *e, struct server_request *client, const char *key)
{
	struct sources_job *job = calloc(1, sizeof(*job));
	char error[200];

	if (!job) {
		server_refuse(client, "out of memory");
		return;
	}
	if (manual_key_parse(key, &job->key, error, sizeof(error)) < 0) {
		server_refuse(client, "%s", error);
		free(job);
		return;
	}
	job->job.run = sources_run;
	job->job.done = sources_done;
	job->engine = e;
	job->client = client;
	job->manual = e->manual;
	job->answer = json_array();
	publisher_ask(e->publisher, sources_look, sources_looked, job);
}

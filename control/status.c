/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/status.h"

#include "control/engine.h"
#include "control/intake.h"
#include "control/publisher.h"
#include "control/remote.h"
#include "control/services.h"
#include "control/status_reputation.h"
#include "control/watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static json_t *status_messages(const struct dataset_message *messages, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array,
		                      json_pack("{s:I, s:s}", "line", (json_int_t)messages[i].line,
		                                "text", messages[i].text));
	return array;
}

/* What a feed says may not be UTF-8: then it is left out rather than the whole answer. */
static json_t *status_text(const char *text)
{
	json_t *value = text && text[0] ? json_string(text) : NULL;

	return value ? value : json_null();
}

/* How the fetching of a feed goes; null when it is a file here. */
static json_t *status_fetch(const struct feed *feed)
{
	struct remote_status status;

	if (!feed->remote)
		return json_null();
	remote_status(feed->remote, &status);
	return json_pack("{s:o, s:o, s:I}", "error", status_text(status.error), "answered_s",
	                 status.answered_s ? json_integer((json_int_t)status.answered_s)
	                                   : json_null(),
	                 "due_s", (json_int_t)status.due_s);
}

static json_t *status_versions(const struct feed *feed)
{
	json_t *array = json_array();

	for (size_t i = 0; i < feed->kept_count; i++)
		json_array_append_new(array, json_pack("{s:I, s:I, s:I}", "version",
		                                       (json_int_t)feed->kept[i].number, "entries",
		                                       (json_int_t)feed->kept[i].entries, "taken_s",
		                                       (json_int_t)feed->kept[i].taken_s));
	return array;
}

/* Whether it is answered, what serves, and what guards did. */
static void status_answering(json_t *object, const struct feed *feed)
{
	char text[FEED_SERVES_MAX];
	bool is_answered =
	    feed->has_good && !feed->use.is_off && !feed->use.is_expired && !feed->is_off;

	json_object_set_new(object, "serves", status_text(feed_serves(feed, text)));
	json_object_set_new(object, "is_answered", json_boolean(is_answered && !feed->is_observed));
	json_object_set_new(object, "is_observed", json_boolean(feed->is_observed));
	json_object_set_new(object, "disabled",
	                    feed->is_off ? status_text(feed->off_reason) : json_null());
	json_object_set_new(object, "guard",
	                    feed->has_held ? status_text(feed->held.guard) : json_null());
	json_object_set_new(object, "refused", json_integer((json_int_t)feed->refused));
	json_object_set_new(object, "versions", status_versions(feed));
}

static json_t *status_feed(const struct feed *feed, int64_t now_s)
{
	const struct version_info *good = &feed->good;
	json_t *version = feed->has_good ? json_integer((json_int_t)good->number) : json_null();
	json_t *age =
	    feed->has_good ? json_integer((json_int_t)(now_s - good->taken_s)) : json_null();

	json_t *object = json_pack(
	    "{s:s, s:s, s:o, s:o, s:o, s:b, s:I, s:I, s:I, s:I, s:o, s:I, s:o, s:o, s:s}", "name",
	    feed->name, "state", feed_state_name(feed), "reason", status_text(feed->reason),
	    "version", version, "age_s", age, "is_stale", feed_is_stale(feed, now_s), "entries",
	    feed->has_good ? (json_int_t)good->facts.entry_count : (json_int_t)0, "added",
	    (json_int_t)feed->added, "removed", (json_int_t)feed->removed, "bad_lines",
	    (json_int_t)feed->bad_lines, "messages",
	    status_messages(feed->messages, feed->message_count), "skipped_lines",
	    (json_int_t)feed->skipped_lines, "skips",
	    status_messages(feed->skips, feed->skip_count), "path",
	    status_text(feed->settings.path), "format", feed->settings.format->name);

	json_object_set_new(object, "fetch", status_fetch(feed));
	status_answering(object, feed);
	return object;
}

json_t *status_feeds(struct engine *e)
{
	json_t *array = json_array();
	int64_t now_s = time(NULL);

	for (const struct feed *feed = intake_first(e->intake); feed; feed = feed->next)
		json_array_append_new(array, status_feed(feed, now_s));
	return array;
}

/* A zone is not loaded while one of the feeds it serves has no good version. */
static bool status_is_awaited(struct engine *e, const struct publisher_view *view, unsigned list)
{
	const struct config_list *row = &view->config->lists[list];
	const struct feed *feed = intake_find(e->intake, row->name);

	return !view->lists[list].is_loaded && !row->manual && !row->is_off && !row->is_observed &&
	       !(feed && feed->use.is_off);
}

static json_t *status_not_loaded(struct engine *e, const struct publisher_view *view)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < view->config->zones_count; i++) {
		const struct config_zone *zone = &view->config->zones[i];
		bool is_loaded = true;

		for (unsigned j = 0; j < zone->lists_count; j++)
			is_loaded &= !status_is_awaited(e, view, zone->list_indexes[j]);
		if (!is_loaded)
			json_array_append_new(array, json_string(zone->name));
	}
	return array;
}

static json_t *status_manual(const struct publisher_view *view)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < view->config->lists_count; i++) {
		if (view->config->lists[i].manual)
			json_array_append_new(
			    array, json_pack("{s:s, s:I}", "name", view->config->lists[i].name,
			                     "entries", (json_int_t)view->lists[i].manual_count));
	}
	return array;
}

/* Connected is what both the writing connection and our watch say. */
static json_t *status_dataplane(const struct publisher_view *view, const struct watch_status *w)
{
	bool is_known = w->is_connected && w->is_known;

	return json_pack(
	    "{s:b, s:o, s:o, s:o, s:o, s:b}", "connected", view->is_connected && w->is_connected,
	    "generation", is_known ? json_integer((json_int_t)w->generation) : json_null(),
	    "uptime_s", is_known ? json_integer((json_int_t)w->uptime_s) : json_null(), "memory",
	    is_known ? json_integer((json_int_t)w->memory_size) : json_null(), "pid",
	    is_known ? json_integer((json_int_t)w->pid) : json_null(), "is_loaded",
	    is_known && w->is_loaded);
}

static json_int_t status_memory(void)
{
	long long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file)
		return 0;
	if (fscanf(file, "%*d %lld", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

/* Degraded: an operator should look. */
static const char *status_state(struct engine *e, const json_t *not_loaded)
{
	bool is_well = e->is_in_step && watch_get(e->watch)->is_connected && !e->config_error &&
	               json_array_size(not_loaded) == 0;

	if (!e->is_ready)
		return "starting";
	/* What an operator switched off is as it should be. */
	for (const struct feed *feed = intake_first(e->intake); feed; feed = feed->next)
		is_well &= feed->is_off || (feed->state == FEED_SERVING && !feed->use.is_off &&
		                            !feed->use.is_expired);
	return is_well ? "serving" : "degraded";
}

const char *status_of(struct engine *e)
{
	const struct publisher_view *view = publisher_view_lock(e->publisher);
	json_t *not_loaded = status_not_loaded(e, view);
	const char *state;

	publisher_view_unlock(e->publisher);
	state = status_state(e, not_loaded);
	json_decref(not_loaded);
	return state;
}

json_t *status_all(struct engine *e)
{
	const struct publisher_view *view = publisher_view_lock(e->publisher);
	json_t *not_loaded = status_not_loaded(e, view);
	json_t *answer =
	    json_pack("{s:b, s:I, s:I, s:I, s:I, s:o, s:o}", "ok", 1, "zones",
	              (json_int_t)view->config->zones_count, "lists_count",
	              (json_int_t)view->config->lists_count, "entries", (json_int_t)view->entries,
	              "generation", (json_int_t)view->generation, "dataplane",
	              status_dataplane(view, watch_get(e->watch)), "manual", status_manual(view));
	struct timespec now;

	publisher_view_unlock(e->publisher);
	clock_gettime(CLOCK_MONOTONIC, &now);
	json_object_set_new(answer, "state", json_string(status_state(e, not_loaded)));
	json_object_set_new(answer, "ready", json_boolean(e->is_ready));
	json_object_set_new(answer, "uptime_s", json_integer(now.tv_sec - e->started_s));
	json_object_set_new(answer, "pid", json_integer(getpid()));
	json_object_set_new(answer, "memory", json_integer(status_memory()));
	json_object_set_new(answer, "config", json_string(e->config_path));
	json_object_set_new(answer, "config_error", status_text(e->config_error));
	json_object_set_new(answer, "feeds", status_feeds(e));
	json_object_set_new(answer, "not_loaded", not_loaded);
	json_object_set_new(answer, "http", services_http_json(e->services));
	json_object_set_new(answer, "monitor", services_monitor_json(e->services));
	json_object_set_new(answer, "reputation", status_reputation(e));
	return answer;
}

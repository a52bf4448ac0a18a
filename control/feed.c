/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/feed.h"

#include "control/log.h"
#include "control/pushed.h"
#include "control/remote.h"
#include "control/source.h"

#include <event2/event.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct feed *feed_new(const struct config_list *list)
{
	struct feed *feed = calloc(1, sizeof(*feed));

	if (!feed)
		return NULL;
	feed->name = strdup(list->name);
	feed->state = FEED_MISSING;
	feed->refs = 1;
	snprintf(feed->reason, sizeof(feed->reason), "not read yet");
	if (!feed->name || feed_configure(feed, list) < 0) {
		feed_free(feed);
		errno = ENOMEM;
		return NULL;
	}
	return feed;
}

void feed_free(struct feed *feed)
{
	if (!feed)
		return;
	feed_unwatch(feed);
	remote_free(feed->remote);
	pushed_free(feed->pushed);
	if (feed->retry)
		event_free(feed->retry);
	if (feed->expiry)
		event_free(feed->expiry);
	dataset_free(feed->waiting);
	versions_close(feed->versions);
	format_options_unref(feed->settings.options);
	free(feed->settings.path);
	free(feed->name);
	free(feed);
}

void feed_unwatch(struct feed *feed)
{
	source_remove(feed->source);
	feed->source = NULL;
	for (size_t i = 0; i < FEED_COMPANIONS_MAX; i++) {
		source_remove(feed->companions[i]);
		feed->companions[i] = NULL;
	}
}

static bool feed_is_same_limits(const struct guard_limits *a, const struct guard_limits *b)
{
	return a->errors == b->errors && a->shrink == b->shrink && a->growth == b->growth &&
	       a->may_be_empty == b->may_be_empty && a->widest4 == b->widest4 &&
	       a->widest6 == b->widest6;
}

static bool feed_is_same(const struct feed *feed, const struct config_feed *config)
{
	const struct ingest_settings *s = &feed->settings;

	/* The path of what is fetched is ours to choose. */
	if ((feed->remote || feed->pushed) == (config->path != NULL))
		return false;
	if (config->path && strcmp(s->path, config->path) != 0)
		return false;
	return s->format == config->format_row &&
	       format_options_equal(s->options, config->options) &&
	       feed_is_same_limits(&s->guards, &config->guards) &&
	       s->drop_bogons == (config->bogons == BOGONS_DROP);
}

int feed_configure(struct feed *feed, const struct config_list *list)
{
	const struct config_feed *config = list->feed;
	char *path = NULL;

	feed->refresh_s = config->refresh_s;
	feed->max_age_s = config->max_age_s;
	if (feed->settings.format && feed_is_same(feed, config))
		return 0;
	if (config->path) {
		path = strdup(config->path);
		if (!path)
			return -ENOMEM;
		free(feed->settings.path);
		feed->settings.path = path;
	}
	feed->settings.format = config->format_row;
	format_options_unref(feed->settings.options);
	feed->settings.options = format_options_ref(config->options);
	feed->settings.guards = config->guards;
	feed->settings.drop_bogons = config->bogons == BOGONS_DROP;
	return 1;
}

/* What it means for who asks: the end of a log line. */
static const char *feed_consequence(const struct feed *feed, char out_text[64])
{
	if (feed->has_good)
		snprintf(out_text, 64, "keeping version %" PRIu64, feed->good.number);
	else
		snprintf(out_text, 64, "there is no good version: its zones answer SERVFAIL");
	return out_text;
}

static void feed_set(struct feed *feed, enum feed_state state, const char *reason)
{
	char consequence[64];

	if (feed->state == state && strcmp(feed->reason, reason) == 0)
		return;
	if (state != FEED_SERVING)
		log_error("feed '%s' %s: %s, %s", feed->name, feed_state_name(state), reason,
		          feed_consequence(feed, consequence));
	else if (feed->is_tried && feed->state != FEED_SERVING)
		log_info("feed '%s' serves version %" PRIu64, feed->name, feed->good.number);
	feed->state = state;
	snprintf(feed->reason, sizeof(feed->reason), "%s", reason);
}

/* The file cannot be read. One that is fetched and is not there yet says nothing new. */
static void feed_miss(struct feed *feed, const char *reason)
{
	struct remote_status status;
	char text[VERSION_REASON_MAX];

	if (!feed->remote && !feed->pushed) {
		feed_set(feed, FEED_MISSING, reason);
		return;
	}
	if (feed->has_good)
		return;
	if (feed->pushed) {
		feed_set(feed, FEED_MISSING, "not pushed yet");
		return;
	}
	remote_status(feed->remote, &status);
	if (status.error)
		snprintf(text, sizeof(text), "cannot be fetched: %s", status.error);
	else
		snprintf(text, sizeof(text), "not fetched yet");
	feed_set(feed, FEED_MISSING, text);
}

void feed_note_fetch(struct feed *feed, const char *error)
{
	char consequence[64];

	if (error && feed->has_good && !feed->has_fetch_failed)
		log_error("feed '%s' cannot be fetched: %s, %s", feed->name, error,
		          feed_consequence(feed, consequence));
	else if (!error && feed->has_fetch_failed)
		log_info("feed '%s' is fetched again", feed->name);
	feed->has_fetch_failed = error != NULL;
	if (error)
		feed_miss(feed, error);
}

void feed_apply(struct feed *feed, const struct ingest_result *result)
{
	uint64_t before = feed->has_good ? feed->good.number : 0;

	feed->has_good = result->has_good;
	feed->has_held = result->has_held;
	feed->good = result->good;
	feed->held = result->held;
	if (result->was_parsed) {
		feed->bad_lines = result->bad_lines;
		feed->message_count = result->message_count;
		memcpy(feed->messages, result->messages, sizeof(feed->messages));
		feed->skipped_lines = result->skipped_lines;
		feed->skip_count = result->skip_count;
		memcpy(feed->skips, result->skips, sizeof(feed->skips));
	}
	if (result->outcome == INGEST_TAKEN && feed->good.number != before)
		log_info("feed '%s' version %" PRIu64 ": %" PRIu64 " entries", feed->name,
		         feed->good.number, feed->good.facts.entry_count);
	switch (result->outcome) {
	case INGEST_TAKEN: /* a rolled back or loaded one may have another one waiting */
	case INGEST_UNCHANGED:
		if (feed->has_held)
			feed_set(feed, FEED_HELD, feed->held.reason);
		else
			feed_set(feed, FEED_SERVING, "");
		break;
	case INGEST_HELD:
	case INGEST_FAILED:
		feed_set(feed, FEED_HELD, result->reason);
		break;
	case INGEST_MISSING:
		feed_miss(feed, result->reason);
		break;
	case INGEST_CHANGING: /* tried again soon */
		if (!feed->has_good)
			feed_set(feed, FEED_MISSING, result->reason);
		break;
	case INGEST_NOTHING:
	case INGEST_REFUSED:
		break;
	}
}

const char *feed_state_name(enum feed_state state)
{
	switch (state) {
	case FEED_SERVING:
		return "serving";
	case FEED_HELD:
		return "held";
	case FEED_MISSING:
		break;
	}
	return "missing";
}

bool feed_is_stale(const struct feed *feed, int64_t now_s)
{
	const struct version_info *good = &feed->good;
	int64_t of_s = good->facts.timestamp_s ? good->facts.timestamp_s : good->mtime_s;

	if (!feed->has_good)
		return false;
	if (good->facts.expires_s != 0 && good->facts.expires_s <= now_s)
		return true;
	return feed->max_age_s != 0 && now_s - of_s > (int64_t)feed->max_age_s;
}

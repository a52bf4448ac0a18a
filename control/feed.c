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

struct feed *feed_new(const struct config *config, const struct config_list *list)
{
	struct feed *feed = calloc(1, sizeof(*feed));

	if (!feed)
		return NULL;
	feed->name = strdup(list->name);
	feed->state = FEED_MISSING;
	feed->refs = 1;
	snprintf(feed->reason, sizeof(feed->reason), "not read yet");
	if (!feed->name || feed_configure(feed, config, list) < 0) {
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
	ingest_settings_done(&feed->settings);
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

int feed_set_path(struct feed *feed, const char *path)
{
	char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	free(feed->settings.path);
	feed->settings.path = copy;
	return 0;
}

int feed_set_proof(struct feed *feed, const struct ingest_proof *proof)
{
	struct ingest_proof copy;

	if (ingest_proof_copy(proof, &copy) < 0)
		return -ENOMEM;
	ingest_proof_done(&feed->settings.proof);
	feed->settings.proof = copy;
	return 0;
}

static bool feed_is_same_limits(const struct guard_limits *a, const struct guard_limits *b)
{
	return a->errors == b->errors && a->shrink == b->shrink && a->growth == b->growth &&
	       a->may_be_empty == b->may_be_empty && a->widest4 == b->widest4 &&
	       a->widest6 == b->widest6 && a->min_entries == b->min_entries &&
	       a->coverage4 == b->coverage4 && a->labels == b->labels && a->lint == b->lint;
}

static bool feed_is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The paths of what is fetched are ours to choose. */
static bool feed_is_same_proof(const struct ingest_proof *proof, const struct config_feed *config)
{
	bool is_summed = config->checksum || config->checksum_url;
	bool is_signed = config->signature || config->signature_url;

	return is_summed == (proof->checksum != NULL) && is_signed == (proof->signature != NULL) &&
	       (!config->checksum || strcmp(config->checksum, proof->checksum) == 0) &&
	       (!config->signature || strcmp(config->signature, proof->signature) == 0) &&
	       feed_is_same_text(config->keyring, proof->keyring);
}

static bool feed_is_same(const struct feed *feed, const struct config_feed *config)
{
	const struct ingest_settings *s = &feed->settings;

	/* The path of what is fetched is ours to choose. */
	if ((feed->remote || feed->pushed) == (config->path != NULL))
		return false;
	if (config->path && strcmp(s->path, config->path) != 0)
		return false;
	if (!feed_is_same_proof(&s->proof, config))
		return false;
	return s->format == config->format_row &&
	       format_options_equal(s->options, config->options) &&
	       feed_is_same_limits(&s->guards, &config->guards) &&
	       s->drop_bogons == (config->bogons == BOGONS_DROP);
}

/* Take all but what is never changed for nothing: it makes the source be read again. */
static int feed_take(struct feed *feed, const struct config_feed *config, struct canaries *canaries)
{
	const struct ingest_proof proof = {.checksum = config->checksum,
	                                   .signature = config->signature,
	                                   .keyring = config->keyring};

	/* Where what is fetched or pushed will be is told later. */
	if (config->path &&
	    (feed_set_path(feed, config->path) < 0 || feed_set_proof(feed, &proof) < 0))
		return -ENOMEM;
	feed->settings.format = config->format_row;
	format_options_unref(feed->settings.options);
	feed->settings.options = format_options_ref(config->options);
	feed->settings.guards = config->guards;
	feed->settings.drop_bogons = config->bogons == BOGONS_DROP;
	canaries_unref(feed->settings.canaries);
	feed->settings.canaries = canaries;
	return 1;
}

int feed_configure(struct feed *feed, const struct config *config, const struct config_list *list)
{
	const struct config_feed *row = list->feed;
	struct canaries *canaries = canaries_new(config, row);
	int rc;

	if (!canaries)
		return -ENOMEM;
	feed->refresh_s = row->refresh_s;
	feed->max_age_s = row->max_age_s;
	feed->expired = row->expired;
	feed->is_enabled = !list->is_off;
	feed->is_observed = list->is_observed;
	feed->settings.keep = row->keep;
	if (feed->settings.format && feed_is_same(feed, row) &&
	    canaries_same(feed->settings.canaries, canaries)) {
		canaries_unref(canaries);
		return 0;
	}
	rc = feed_take(feed, row, canaries);
	if (rc < 0)
		canaries_unref(canaries);
	return rc;
}

static const char *const feed_state_names[] = {
    [FEED_SERVING] = "serving", [FEED_HELD] = "held", [FEED_MISSING] = "missing"};

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
		log_error("feed '%s' %s: %s, %s", feed->name, feed_state_names[state], reason,
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
	feed->kept_count = result->kept_count;
	memcpy(feed->kept, result->kept, sizeof(feed->kept));
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
		feed->refused += result->is_new_refusal;
		feed_set(feed, FEED_HELD, result->reason);
		break;
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

const char *feed_state_name(const struct feed *feed)
{
	if (feed->is_off)
		return "disabled";
	if (feed->use.is_off || feed->use.is_expired)
		return "expired";
	return feed_state_names[feed->state];
}

const char *feed_serves(const struct feed *feed, char out_text[FEED_SERVES_MAX])
{
	const char *out_of_date = feed->is_stale ? ", out of date" : "";

	if (feed->is_off)
		snprintf(out_text, FEED_SERVES_MAX, "nothing: it is disabled %s", feed->off_reason);
	else if (feed->is_observed && feed->has_good)
		snprintf(out_text, FEED_SERVES_MAX,
		         "nothing: version %" PRIu64 " is observed only%s", feed->good.number,
		         out_of_date);
	else if (!feed->has_good)
		snprintf(out_text, FEED_SERVES_MAX,
		         feed->is_observed
		             ? "nothing: there is no good version"
		             : "nothing: there is no good version, its zones answer SERVFAIL");
	else if (feed->is_stale && feed->expired == EXPIRED_SERVFAIL)
		snprintf(out_text, FEED_SERVES_MAX,
		         "nothing: it is out of date, its zones answer SERVFAIL");
	else if (feed->is_stale && feed->expired == EXPIRED_EMPTY)
		snprintf(out_text, FEED_SERVES_MAX, "nothing: it is out of date");
	else
		snprintf(out_text, FEED_SERVES_MAX, "version %" PRIu64 "%s", feed->good.number,
		         out_of_date);
	return out_text;
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

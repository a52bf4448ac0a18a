/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/answering.h"
#include "control/engine_private.h"
#include "control/log.h"
#include "control/publisher.h"
#include "control/watch.h"

#include <event2/event.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define ENGINE_SYNC_MIN_MS   100
#define ENGINE_SYNC_MAX_MS   5000
#define ENGINE_SYNC_CHECK_MS 1000 /* cheap when all is well */
#define ENGINE_EXPIRY_MAX_S  60   /* the clock may be set */

static struct timeval engine_delay(unsigned ms)
{
	return (struct timeval){ms / 1000, ms % 1000 * 1000};
}

static void engine_on_sync_timer(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	engine_sync(context);
}

static void engine_note_ready(struct engine *e, const struct publish_result *result)
{
	const struct publisher_view *view = publisher_view_lock(e->publisher);
	uint64_t entries = view->entries;

	publisher_view_unlock(e->publisher);
	if (e->is_in_step)
		return;
	e->is_in_step = true;
	e->sync_error[0] = '\0';
	log_info("data plane has generation %" PRIu64 ": %u zones, %u lists, %" PRIu64 " entries",
	         result->generation, e->config->zones_count, e->config->lists_count, entries);
}

static void engine_note_away(struct engine *e, const char *error)
{
	const char *text = error[0] ? error : "not connected";

	if (e->is_in_step || strcmp(e->sync_error, text) != 0)
		log_error("data plane '%s': %s; trying again", e->config->dataplane.socket, text);
	e->is_in_step = false;
	snprintf(e->sync_error, sizeof(e->sync_error), "%s", text);
}

static void engine_synced(const struct publisher_report *report, void *context)
{
	struct engine *e = context;
	struct timeval delay;

	e->is_syncing = false;
	if (report->is_cancelled)
		return;
	if (report->result.is_answered) {
		e->is_ready = true;
		engine_note_ready(e, &report->result);
		e->sync_delay_ms = ENGINE_SYNC_MIN_MS;
		delay = engine_delay(ENGINE_SYNC_CHECK_MS);
	} else {
		engine_note_away(e, report->result.error);
		delay = engine_delay(e->sync_delay_ms);
		e->sync_delay_ms *= 2;
		if (e->sync_delay_ms > ENGINE_SYNC_MAX_MS)
			e->sync_delay_ms = ENGINE_SYNC_MAX_MS;
	}
	evtimer_add(e->sync_timer, &delay);
	if (e->is_sync_wanted)
		engine_sync(e);
	answering_update(e); /* time passes */
	engine_published(e);
}

/* One at a time; not before there is something whole to load: a data plane that outlived us
 * answers from what it has meanwhile. */
void engine_sync(struct engine *e)
{
	e->is_sync_wanted = e->is_syncing;
	if (e->is_syncing || !e->is_applied)
		return;
	e->is_syncing = true;
	publisher_sync(e->publisher, engine_synced, e);
}

void engine_sync_on_watch(bool is_connected, void *context)
{
	struct engine *e = context;

	if (is_connected)
		e->sync_delay_ms = ENGINE_SYNC_MIN_MS;
	engine_sync(e);
}

/* --- manual entries that expire --- */

static void engine_expired(const struct publisher_report *report, void *context)
{
	struct engine *e = context;

	e->is_expiring = false;
	if (!report->is_cancelled)
		engine_published(e);
}

static int64_t engine_next_expiry(struct engine *e)
{
	const struct publisher_view *view = publisher_view_lock(e->publisher);
	int64_t next_s = 0;

	for (unsigned i = 0; i < view->config->lists_count; i++) {
		int64_t of_list_s = view->lists[i].next_expiry_s;

		if (of_list_s != 0 && (next_s == 0 || of_list_s < next_s))
			next_s = of_list_s;
	}
	publisher_view_unlock(e->publisher);
	return next_s;
}

static void engine_on_expiry_timer(evutil_socket_t fd, short what, void *context)
{
	struct engine *e = context;

	(void)fd;
	(void)what;
	if (e->is_expiring)
		return;
	if (engine_next_expiry(e) > time(NULL)) {
		engine_published(e);
		return;
	}
	e->is_expiring = true;
	publisher_expire(e->publisher, engine_expired, e);
}

void engine_published(struct engine *e)
{
	int64_t next_s = engine_next_expiry(e);
	struct timeval now, delay = {0, 0};

	watch_poke(e->watch);
	if (next_s == 0 || e->is_expiring) {
		evtimer_del(e->expiry_timer);
		return;
	}
	gettimeofday(&now, NULL);
	if (next_s > now.tv_sec + ENGINE_EXPIRY_MAX_S)
		delay.tv_sec = ENGINE_EXPIRY_MAX_S;
	else if (next_s > now.tv_sec)
		delay =
		    engine_delay((unsigned)((next_s - now.tv_sec) * 1000 - now.tv_usec / 1000 + 1));
	evtimer_add(e->expiry_timer, &delay);
}

int engine_sync_init(struct engine *e)
{
	e->sync_delay_ms = ENGINE_SYNC_MIN_MS;
	e->sync_timer = evtimer_new(e->base, engine_on_sync_timer, e);
	e->expiry_timer = evtimer_new(e->base, engine_on_expiry_timer, e);
	return e->sync_timer && e->expiry_timer ? 0 : -ENOMEM;
}

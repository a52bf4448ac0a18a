/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/import/sending.h"

#include "control/import/position.h"
#include "control/import/post.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_EVENTS 500
#define RETRY_MIN_MS 500
#define RETRY_MAX_MS 60000

void sending_line(struct sending *s, const struct follow_place *place)
{
	snprintf(s->line_id, sizeof(s->line_id), "%s-%" PRIx64, place->file, place->offset);
	s->number = 0;
}

void sending_emit(const struct import_event *event, void *context)
{
	struct sending *s = context;
	json_t *object;

	if (s->is_silent)
		return;
	if (!s->batch)
		s->batch = json_array();
	object = import_event_json(event, s->line_id, s->number++);
	if (!s->batch || json_array_append_new(s->batch, object) < 0)
		s->is_short = true;
}

bool sending_is_full(const struct sending *s)
{
	return json_array_size(s->batch) >= BATCH_EVENTS;
}

static void say(struct sending *s, const char *format, const char *text)
{
	char line[POST_ERROR_MAX + 200];

	snprintf(line, sizeof(line), format, text);
	s->say(line, s->context);
}

/* Errors: -ECANCELED; -EINVAL this is never taken */
static int send_until_answered(struct sending *s, const json_t *what,
                               char out_error[POST_ERROR_MAX])
{
	size_t refused = 0, count = json_is_array(what) ? json_array_size(what) : 1;

	char *body = json_dumps(what, JSON_COMPACT), told[POST_ERROR_MAX] = "";
	int delay_ms = RETRY_MIN_MS, rc;

	if (!body)
		return -EINVAL;
	while ((rc = post_send(s->post, body, strlen(body), &refused, out_error)) != 0 &&
	       rc != -EINVAL) {
		if (strcmp(told, out_error) != 0)
			say(s,
			    rc == -EACCES ? "not allowed to send events, trying again: %s"
			                  : "cannot send events, trying again: %s",
			    out_error);
		memcpy(told, out_error, sizeof(told));
		if (!s->wait(delay_ms, s->context)) {
			rc = -ECANCELED;
			break;
		}
		delay_ms = delay_ms < RETRY_MAX_MS / 2 ? 2 * delay_ms : RETRY_MAX_MS;
	}
	if (rc == 0 && told[0])
		say(s, "events are taken again%s", "");
	if (rc == 0 && refused)
		say(s, "some events are left out: %s", out_error);
	if (rc == 0) {
		s->refused += refused;
		s->acknowledged += count - refused;
	}
	free(body);
	return rc;
}

/* One of them is bad: the others are sent alone, and it is told. Errors: -ECANCELED */
static int send_one_by_one(struct sending *s)
{
	const json_t *event;
	size_t i;

	json_array_foreach(s->batch, i, event)
	{
		char error[POST_ERROR_MAX];
		int rc = send_until_answered(s, event, error);

		if (rc == -ECANCELED)
			return rc;
		if (rc == -EINVAL) {
			s->refused++;
			say(s, "an event is refused and left out: %s", error);
		}
	}
	return 0;
}

int sending_flush(struct sending *s, const struct follow_place *place)
{
	char error[POST_ERROR_MAX];
	int rc = 0;

	if (s->is_short) {
		s->say("out of memory: events are missing, going back", s->context);
		return -EIO;
	}
	if (json_array_size(s->batch)) {
		rc = send_until_answered(s, s->batch, error);
		if (rc == -EINVAL)
			rc = send_one_by_one(s);
	}
	if (rc < 0)
		return rc;
	json_decref(s->batch);
	s->batch = NULL;
	if (!place->file[0] || memcmp(&s->kept, place, sizeof(*place)) == 0)
		return 0;
	rc = position_write(s->position, place);
	if (rc < 0) {
		snprintf(error, sizeof(error), "'%s': %s", s->position, strerror(-rc));
		say(s, "cannot keep the place in the log: %s", error);
		return -EIO;
	}
	s->kept = *place;
	return 0;
}

void sending_done(struct sending *s)
{
	json_decref(s->batch);
	s->batch = NULL;
}

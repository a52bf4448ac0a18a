/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/reports.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"

int reports_add(struct reports *r, const json_t *object, int64_t now_ms, const uint8_t hash_key[16],
                char out_error[REPORTS_ERROR_MAX])
{
	char error[REPORTS_ERROR_MAX - 32];
	struct event *events;

	if (r->count == REPORTS_MAX) {
		snprintf(out_error, REPORTS_ERROR_MAX, "more than %d events, expected fewer",
		         REPORTS_MAX);
		return -E2BIG;
	}
	if ((r->count & (r->count - 1)) == 0) { /* a power of two: full */
		events = reallocarray(r->events, r->count ? 2 * r->count : 1, sizeof(*events));
		if (!events) {
			snprintf(out_error, REPORTS_ERROR_MAX, "out of memory");
			return -ENOMEM;
		}
		r->events = events;
	}
	if (!json_is_object(object))
		snprintf(error, sizeof(error), "expected an object");
	else if (event_from_json(object, now_ms, hash_key, &r->events[r->count], error,
	                         sizeof(error)) == 0)
		return r->count++, 0;
	snprintf(out_error, REPORTS_ERROR_MAX, "events[%zu]: %s", r->count, error);
	return -EINVAL;
}

static int add_all(struct reports *r, const json_t *value, int64_t now_ms,
                   const uint8_t hash_key[16], char out_error[REPORTS_ERROR_MAX])
{
	const json_t *object;
	size_t i;
	int rc = 0;

	if (!json_is_array(value))
		return reports_add(r, value, now_ms, hash_key, out_error);
	json_array_foreach(value, i, object)
	{
		rc = reports_add(r, object, now_ms, hash_key, out_error);
		if (rc < 0)
			break;
	}
	return rc;
}

int reports_parse(const char *text, size_t size, int64_t now_ms, const uint8_t hash_key[16],
                  struct reports *out_reports, char out_error[REPORTS_ERROR_MAX])
{
	struct reports r = {0};
	size_t at = 0;
	int rc = 0;

	while (rc == 0) {
		json_error_t error;
		json_t *value;

		while (at < size && text[at] && strchr(BLANKS, text[at]))
			at++;
		if (at == size)
			break;
		value = json_loadb(text + at, size - at,
		                   JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error);
		if (value) {
			rc = add_all(&r, value, now_ms, hash_key, out_error);
			at += (size_t)error.position;
		} else {
			rc = -EINVAL;
			snprintf(out_error, REPORTS_ERROR_MAX,
			         "events[%zu]: bad JSON at byte %zu: %s", r.count,
			         at + (size_t)error.position, error.text);
		}
		json_decref(value);
	}
	if (rc == 0 && r.count == 0) {
		rc = -EINVAL;
		snprintf(out_error, REPORTS_ERROR_MAX, "no events, expected at least one");
	}
	if (rc < 0)
		reports_done(&r);
	else
		*out_reports = r;
	return rc;
}

void reports_done(struct reports *r)
{
	free(r->events);
	memset(r, 0, sizeof(*r));
}

/* From mild to bad; what can be mended by trying again is the worst, so that it is tried. */
static const int statuses[] = {200, 422, 403, 429, 503};

static int status_of(enum reputation_outcome outcome)
{
	switch (outcome) {
	case REPUTATION_COUNTED:
	case REPUTATION_REPEATED:
	case REPUTATION_OWN:
		return 0;
	case REPUTATION_BAD:
	case REPUTATION_FUTURE:
	case REPUTATION_TOO_OLD:
	case REPUTATION_TOO_LARGE:
		return 1;
	case REPUTATION_UNKNOWN_REPORTER:
		return 2;
	case REPUTATION_TOO_MANY:
		return 3;
	case REPUTATION_NOT_SAVED:
	case REPUTATION_OUTCOME_COUNT:
		break;
	}
	return 4;
}

json_t *reports_answer(const enum reputation_outcome *outcomes, size_t count, int *out_status)
{
	uint64_t counts[REPUTATION_OUTCOME_COUNT + 1] = {0};
	json_t *refused = json_array(), *answer;
	const char *why = NULL;
	int worst = 0;

	for (size_t i = 0; i < count; i++) {
		int status = status_of(outcomes[i]);

		counts[outcomes[i]]++;
		if (status == 0)
			continue;
		json_array_append_new(refused,
		                      json_pack("{s:I, s:s}", "event", (json_int_t)i, "why",
		                                reputation_outcome_name(outcomes[i])));
		if (status > worst)
			why = reputation_outcome_name(outcomes[i]);
		worst = status > worst ? status : worst;
	}
	answer = json_pack("{s:b, s:I, s:I, s:I, s:o}", "ok", worst == 0, "counted",
	                   (json_int_t)counts[REPUTATION_COUNTED], "repeated",
	                   (json_int_t)counts[REPUTATION_REPEATED], "own",
	                   (json_int_t)counts[REPUTATION_OWN], "refused", refused);
	if (why)
		json_object_set_new(answer, "error",
		                    json_sprintf("%zu of %zu events refused: %s",
		                                 json_array_size(refused), count, why));
	*out_status = statuses[worst];
	return answer;
}

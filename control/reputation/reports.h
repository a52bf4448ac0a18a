/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Events as they come over HTTP and the control socket: one JSON object, several one after the
 * other (JSON lines), or an array of them; and what is said of what became of them.
 *
 * Threads: pure functions.
 */
#include "control/reputation/event.h"
#include "control/reputation/reputation.h"

#include <jansson.h>

#define REPORTS_MAX       1000 /* events at once */
#define REPORTS_ERROR_MAX 400

struct reports {
	struct event *events;
	size_t count;
};

/*
 * Parse all or nothing.
 *
 * out_error: "events[3]: ip: …"
 * Errors:    -EINVAL; -E2BIG more than REPORTS_MAX; -ENOMEM
 */
int reports_parse(const char *text, size_t size, int64_t now_ms, const uint8_t hash_key[16],
                  struct reports *out_reports, char out_error[REPORTS_ERROR_MAX]);

/* Add an event of an object. Errors: as above; nothing was added */
int reports_add(struct reports *r, const json_t *object, int64_t now_ms, const uint8_t hash_key[16],
                char out_error[REPORTS_ERROR_MAX]);

void reports_done(struct reports *r);

/*
 * {"ok": …, "counted": …, "repeated": …, "own": …, "refused": [{"event": 3, "why": "future"}]};
 * with an "error" when some were refused. out_status: of HTTP, that of the worst outcome. Errors:
 * NULL
 */
json_t *reports_answer(const enum reputation_outcome *outcomes, size_t count, int *out_status);

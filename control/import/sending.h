/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The events of a log on their way: collected into batches, sent until they are acknowledged, and
 * only then is the place in the log moved on. Ids come from that place, so what is sent again after
 * a crash is known to the receiver.
 *
 * Threads: one.
 */
#include "control/import/follow.h"
#include "control/import/import.h"

struct post;

struct sending {
	struct post *post;
	const char *position; /* file */
	/* Told how long to wait before trying again; returns false to give up. */
	bool (*wait)(int timeout_ms, void *context);
	void (*say)(const char *text, void *context);
	void *context;
	/* private */
	json_t *batch;
	char line_id[IMPORT_ID_MAX + 1];
	unsigned number; /* of the next event of the line */
	bool is_silent;  /* lines before the place: read again to know their queue IDs */
	bool is_short;   /* of memory: an event is missing, so the place stays */
	uint64_t acknowledged, refused;
	struct follow_place kept;
};

/* Begin a line. */
void sending_line(struct sending *s, const struct follow_place *place);

/* An import_emit; context is the struct sending. */
void sending_emit(const struct import_event *event, void *context);

bool sending_is_full(const struct sending *s);

/*
 * Send what there is until it is acknowledged, then keep the place.
 * Errors: -ECANCELED wait said so; -EIO the place cannot be kept, told: to be tried again
 */
int sending_flush(struct sending *s, const struct follow_place *place);

void sending_done(struct sending *s);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Feeds of JSON records, however they are laid out: one object after the other, on lines or not; an
 * array of objects; or one object with an array of them in "results". A record at a time is in
 * memory.
 */
#include "feeds/lines.h"

#include <jansson.h>

#define JSON_RECORD_MAX 65536 /* bytes; longer records are bad */

/* Handle a record. Returns 0 or a negative errno. */
typedef int json_record(struct lines *lines, const json_t *record, uint64_t line);

/*
 * Give all records to the handler, with the line each begins in. Those that are no JSON are counted
 * as bad, and so is a line of text between records.
 * Errors: negative errno; lines->error says why: what ends within a record, or brackets that do not
 * match, cannot be read on
 */
int json_records_each(struct reader *reader, struct lines *lines, json_record *handle);

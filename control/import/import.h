/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Lines of mail servers' logs as events. A format is a row in a list: a function that is given a
 * line and tells the events that are in it. Bytes in, events out: no file, socket or clock; what a
 * line cannot say alone (the client of a queue ID, the columns of a table) is remembered from the
 * lines before, in fixed memory.
 *
 * A remote sender chooses parts of what is logged (HELO, addresses), so the client's address is
 * read only where the program itself writes it.
 *
 * Threads: one per struct import.
 */
#include "control/import/scan.h"
#include "control/import/stamp.h"
#include "control/import/traps.h"
#include "control/reputation/event.h"

#include <jansson.h>

#define IMPORT_LINE_MAX    65536 /* bytes; longer ones are bad lines */
#define IMPORT_ID_MAX      48    /* bytes of a line's id; events add a number */
#define IMPORT_COLUMNS_MAX 64
#define IMPORT_EVENTS_MAX  32 /* of one line: more recipients say nothing more */

struct import_event {
	int64_t time_ms; /* Unix */
	enum event_class class;
	char address[ADDRESS_TEXT_MAX];
	float probability; /* of EVENT_SPAM_VERDICT */
	bool is_authenticated, is_null_sender;
	char recipient[TRAPS_MAILBOX_MAX + 1]; /* printable ASCII, lower case; empty = none */
	char user[EVENT_NOTE_MAX + 1];
	char domain[NAME_WIRE_MAX + 1];
	char note[EVENT_NOTE_MAX + 1];
};

typedef void import_emit(const struct import_event *event, void *context);

struct import_settings {
	const struct traps *traps; /* borrowed; NULL = none */
	bool is_utc;               /* stamps without a zone */
	import_emit *emit;
	void *context;
};

struct import_counts {
	uint64_t lines, events;
	uint64_t bad; /* lines that are of the format and yet cannot be read */
};

struct senders;

struct import_column {
	char name[32];
};

struct import {
	struct import_settings settings;
	struct stamp_clock clock;
	struct import_counts counts;
	struct senders *senders;
	unsigned emitted;      /* of the line being read */
	unsigned column_count; /* of a table; 0 = not told yet */
	struct import_column columns[IMPORT_COLUMNS_MAX];
};

/* Read a line without its end. Returns false when it is bad. */
typedef bool import_read(struct import *in, struct span line);

struct import_format {
	const char *name; /* NULL ends the list */
	import_read *read;
};

extern const struct import_format import_formats[];

/* NULL = there is none. */
const struct import_format *import_format_find(const char *name);

/* Errors: -ENOMEM; import_done() is allowed */
int import_init(struct import *in, const struct import_settings *settings);
void import_done(struct import *in);

/* Read a line and count it. now_ms: what stamps without a year are near to. */
void import_line(struct import *in, const struct import_format *format, struct span line,
                 int64_t now_ms);

/* The object of POST /v1/events; line_id: at most IMPORT_ID_MAX bytes, empty = none; number: of the
 * event in its line. Errors: NULL, out of memory */
json_t *import_event_json(const struct import_event *event, const char *line_id, unsigned number);

/* --- for the formats --- */

enum import_address {
	IMPORT_REMOTE,
	IMPORT_OWN, /* loopback, or not known to the server itself: no sender to tell of */
	IMPORT_NONE /* no address */
};

/* The address of a client; written only when it is IMPORT_REMOTE. */
enum import_address import_address(struct span text, char out_address[ADDRESS_TEXT_MAX]);

/* Recipient as event->recipient wants it. */
void import_set_recipient(struct import_event *event, struct span mailbox);
void import_set_text(char *out_text, size_t size, struct span text);

/*
 * Tell an event; a recipient that is a trap makes it one of a trap, whatever its class; a null
 * sender to an unknown user is backscatter.
 */
void import_tell(struct import *in, struct import_event *event, struct span recipient);

/* --- the formats --- */

bool postfix_read(struct import *in, struct span line);
bool exim_read(struct import *in, struct span line);
bool rspamd_read(struct import *in, struct span line);
bool exchange_read(struct import *in, struct span line);

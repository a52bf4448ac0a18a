/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exchange's message tracking log and its log of anti-spam agents: CSV whose columns a line
 * "#Fields: date-time,client-ip,…" names. Times are UTC.
 */
#include "control/import/import.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SCL_SPAM 7 /* and above: the content filter is sure */

/* The cells of one line; text in quotes is unquoted in place. */
struct record {
	const struct import *in;
	unsigned count;
	struct span cells[IMPORT_COLUMNS_MAX];
	char bytes[IMPORT_LINE_MAX];
};

/* A quoted cell: "a ""b"" c". Returns false when it does not end. */
static bool take_quoted(struct span *line, char **to, struct span *out_cell)
{
	*out_cell = (struct span){*to, 0};
	while (line->size) {
		char byte = *line->text++;

		line->size--;
		if (byte == '"' && !scan_skip(line, "\"")) {
			out_cell->size = (size_t)(*to - out_cell->text);
			return true;
		}
		*(*to)++ = byte;
	}
	return false;
}

static bool take_cells(struct record *r, struct span line)
{
	char *to = r->bytes;

	while (r->count < IMPORT_COLUMNS_MAX) {
		struct span *cell = &r->cells[r->count++];

		if (!scan_skip(&line, "\""))
			*cell = scan_take_word(&line, ",");
		else if (!take_quoted(&line, &to, cell))
			return false;
		if (line.size == 0)
			return true;
		if (!scan_skip(&line, ","))
			return false;
	}
	return true; /* columns beyond are not ours */
}

/* Empty when there is no such column. */
static struct span cell(const struct record *r, const char *name)
{
	for (unsigned i = 0; i < r->count && i < r->in->column_count; i++) {
		if (strcasecmp(r->in->columns[i].name, name) == 0)
			return r->cells[i];
	}
	return (struct span){"", 0};
}

static bool read_fields(struct import *in, struct span line)
{
	in->column_count = 0;
	while (line.size && in->column_count < IMPORT_COLUMNS_MAX) {
		struct span name = scan_take_word(&line, ",");

		scan_copy(name, in->columns[in->column_count].name, sizeof(in->columns[0].name));
		in->column_count++;
		scan_skip(&line, ",");
	}
	return true;
}

/* "192.0.2.1", "192.0.2.1:25", "[2001:db8::1]:25", "2001:db8::1%12" */
static enum import_address take_endpoint(struct span text, char out_address[ADDRESS_TEXT_MAX])
{
	struct span address = text, whole = text;

	if (scan_skip(&address, "["))
		address = scan_take_word(&address, "]");
	else if (scan_has(address, "."))
		address = scan_take_word(&address, ":");
	else
		address = scan_take_word(&whole, "%");
	return import_address(address, out_address);
}

static bool is_null(struct span mailbox)
{
	return scan_is(mailbox, "<>");
}

static void tell_all(struct import *in, const struct import_event *event, struct span recipients)
{
	while (recipients.size) {
		struct import_event one = *event;
		struct span mailbox = scan_take_word(&recipients, ";");

		scan_skip(&recipients, ";");
		if (mailbox.size)
			import_tell(in, &one, mailbox);
	}
}

/* Message tracking: SMTP RECEIVE of strangers, and FAIL for recipients that are not there. */
static bool read_tracking(struct import *in, const struct record *r, struct import_event *event)
{
	struct span id = cell(r, "event-id"), client = cell(r, "original-client-ip");
	struct span status = cell(r, "recipient-status");
	enum import_address address;

	if (!scan_is(id, "RECEIVE") && !scan_is(id, "FAIL"))
		return true;
	if (!scan_is(cell(r, "source"), "SMTP") ||
	    scan_is(cell(r, "directionality"), "Originating"))
		return true;
	/* Behind a front end the client is that, and the original one is the stranger. */
	address = take_endpoint(client.size ? client : cell(r, "client-ip"), event->address);
	if (address != IMPORT_REMOTE)
		return address == IMPORT_OWN;
	event->is_null_sender =
	    is_null(cell(r, "return-path")) || is_null(cell(r, "sender-address"));
	if (scan_is(id, "RECEIVE"))
		event->class = EVENT_VALID_RCPT;
	else if (scan_has(status, "5.1.1 ") || scan_has(status, "5.1.10 ") ||
	         scan_has(status, "RecipientNotFound"))
		event->class = EVENT_INVALID_RCPT;
	else
		return true;
	tell_all(in, event, cell(r, "recipient-address"));
	return true;
}

/* The log of agents: what the recipient filter and the content filter did. */
static bool read_agent(struct import *in, const struct record *r, struct import_event *event)
{
	struct span reason = cell(r, "Reason"), data = cell(r, "ReasonData");
	enum import_address address = take_endpoint(cell(r, "RemoteEndpoint"), event->address);
	uint32_t scl;

	if (address != IMPORT_REMOTE)
		return address == IMPORT_OWN;
	event->is_null_sender = is_null(cell(r, "P1FromAddress"));
	if (scan_is(reason, "RecipientDoesNotExist"))
		event->class = EVENT_INVALID_RCPT;
	else if (scan_starts(reason, "SclAtOrAbove") && scan_take_number(&data, &scl) &&
	         scl >= SCL_SPAM)
		event->class = EVENT_SPAM_VERDICT;
	else
		return true;
	event->probability = 0.9f;
	if (event->class == EVENT_SPAM_VERDICT)
		import_tell(in, event, (struct span){"", 0});
	else
		tell_all(in, event, cell(r, "Recipient"));
	return true;
}

static bool read_record(struct import *in, struct record *r)
{
	struct import_event event = {0};
	struct span time = cell(r, "date-time");
	struct stamp_clock utc = {.now_ms = in->clock.now_ms, .is_utc = true};
	bool is_agent = time.size == 0;

	if (is_agent)
		time = cell(r, "Timestamp");
	if (!stamp_take(&time, &utc, &event.time_ms))
		return false;
	return is_agent ? read_agent(in, r, &event) : read_tracking(in, r, &event);
}

bool exchange_read(struct import *in, struct span line)
{
	struct record *r;
	bool is_good;

	scan_skip(&line, "\xef\xbb\xbf"); /* a byte order mark */
	if (scan_skip(&line, "#Fields: "))
		return read_fields(in, line);
	if (line.size == 0 || scan_starts(line, "#"))
		return true;
	if (in->column_count == 0)
		return false;
	r = malloc(sizeof(*r));
	if (!r)
		return false;
	r->in = in;
	r->count = 0;
	is_good = take_cells(r, line) && read_record(in, r);
	free(r);
	return is_good;
}

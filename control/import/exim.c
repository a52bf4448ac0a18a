/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exim's main log and reject log (whose header lines between the entries are passed over):
 *   2026-01-05 10:00:00 H=(x) [192.0.2.1]:4123 F=<a@b> rejected RCPT <c@d>: Unrouteable address
 *   2026-01-05 10:00:00 1tUHXx-0004Ab-2c <= a@b H=host [192.0.2.1] P=esmtps …
 */
#include "control/import/import.h"
#include "control/import/senders.h"

#include <ctype.h>
#include <string.h>

/* The words of recipient verification in Exim's own and in Debian's configuration. */
static const char *const unknown_texts[] = {
    "unrouteable address", "unknown user",      "user unknown",      "no such user",
    "no such address",     "unknown recipient", "recipient unknown", "5.1.1",
};

static bool is_unknown_recipient(struct span reason)
{
	for (size_t i = 0; i < sizeof(unknown_texts) / sizeof(unknown_texts[0]); i++) {
		if (scan_has_nocase(reason, unknown_texts[i]))
			return true;
	}
	return false;
}

/* "host (helo) [192.0.2.1]:4123", any of the first two left out. */
static enum import_address take_host(struct span *s, char out_address[ADDRESS_TEXT_MAX])
{
	struct span helo, address;

	scan_take_word(s, " ([");
	scan_skip(s, " ");
	if (scan_skip(s, "(")) {
		if (!scan_take(s, ")", &helo) || memchr(helo.text, ' ', helo.size) ||
		    !scan_skip(s, " "))
			return IMPORT_NONE;
	}
	if (!scan_skip(s, "[") || !scan_take(s, "]", &address) || scan_starts(*s, ")"))
		return IMPORT_NONE;
	if (s->size > 1 && s->text[0] == ':' && isdigit((unsigned char)s->text[1])) {
		scan_skip(s, ":");
		scan_take_word(s, " :");
	}
	/* A second one: then one of them is what the client said (helo_accept_junk_hosts). */
	return scan_has(*s, ") [") ? IMPORT_NONE : import_address(address, out_address);
}

/* "1tUHXx-0004Ab-2c", since 4.97 "1rHO4a-00000001vLg-2iqX" */
static bool take_id(struct span *s, struct span *out_id)
{
	struct span rest = *s, id = scan_take_word(&rest, " ");

	if ((id.size != 16 && id.size != 23) || id.text[6] != '-' ||
	    id.text[id.size == 16 ? 13 : 18] != '-')
		return false;
	for (size_t i = 0; i < id.size; i++) {
		if (!isalnum((unsigned char)id.text[i]) && id.text[i] != '-')
			return false;
	}
	*s = rest;
	*out_id = id;
	return scan_skip(s, " ");
}

/* "H=… F=<…> rejected RCPT <…>: reason" */
static bool read_rejected(struct import *in, struct span s, struct import_event *event)
{
	struct span envelope, recipient;
	enum import_address address;

	if (!scan_has(s, " rejected RCPT <"))
		return true;
	address = take_host(&s, event->address);
	if (address != IMPORT_REMOTE)
		return address == IMPORT_OWN;
	if (scan_take(&s, " rejected RCPT <", &envelope))
		event->is_null_sender = scan_has(envelope, " F=<>");
	if (!scan_take(&s, ">", &recipient))
		return false;
	if (is_unknown_recipient(s))
		event->class = EVENT_INVALID_RCPT;
	else if (traps_find(in->settings.traps, recipient) == TRAPS_NONE)
		return true;
	import_tell(in, event, recipient);
	return true;
}

/* "login authenticator failed for host (helo) [192.0.2.1]:4123: 535 … (set_id=bob)" */
static bool read_authenticator(struct import *in, struct span s, struct import_event *event)
{
	enum import_address address;

	scan_skip(&s, "H=");
	address = take_host(&s, event->address);
	if (address != IMPORT_REMOTE)
		return address == IMPORT_OWN;
	if (!scan_skip_to(&s, ": 535"))
		return true; /* 435: the server could not look */
	event->class = EVENT_AUTH_FAIL;
	if (scan_skip_to(&s, "(set_id="))
		import_set_text(event->user, sizeof(event->user), scan_take_word(&s, ")"));
	import_tell(in, event, (struct span){s.text, 0});
	return true;
}

/* "a@b H=host [192.0.2.1] P=esmtps A=login:bob …", "<> R=… U=… P=local" */
static bool read_arrival(struct import *in, struct span id, struct span s)
{
	char client[ADDRESS_TEXT_MAX];
	bool is_null_sender = scan_starts(s, "<> ");
	enum import_address address;
	struct sender *sender;
	struct span from;

	if (!scan_take(&s, " H=", &from))
		return true;
	address = take_host(&s, client);
	if (address != IMPORT_REMOTE || scan_has(s, " A="))
		return address != IMPORT_NONE; /* ours, or a user of ours */
	senders_put(in->senders, id, client);
	sender = senders_find(in->senders, id);
	if (sender)
		sender->is_null_sender = is_null_sender;
	return true;
}

/* "c@d R=… T=…", "local <c@d> R=…"; failed: "c@d R=…: reason" */
static bool read_recipient(struct import *in, struct span id, struct span s, bool is_failed,
                           struct import_event *event)
{
	const struct sender *sender = senders_find(in->senders, id);
	struct span recipient = scan_take_word(&s, " :");

	if (!sender || (is_failed && !is_unknown_recipient(s)))
		return true;
	if (scan_skip(&s, " <") && !scan_take(&s, ">", &recipient))
		return false;
	event->class = is_failed ? EVENT_INVALID_RCPT : EVENT_VALID_RCPT;
	event->is_null_sender = sender->is_null_sender;
	memcpy(event->address, sender->client, sizeof(event->address));
	import_tell(in, event, recipient);
	return true;
}

static bool read_message(struct import *in, struct span id, struct span s,
                         struct import_event *event)
{
	if (scan_skip(&s, "<= "))
		return read_arrival(in, id, s);
	if (scan_skip(&s, "=> ") || scan_skip(&s, "-> "))
		return read_recipient(in, id, s, false, event);
	if (scan_skip(&s, "** "))
		return read_recipient(in, id, s, true, event);
	if (scan_skip(&s, "H="))
		return read_rejected(in, s, event);
	return true;
}

bool exim_read(struct import *in, struct span line)
{
	struct import_event event = {0};
	struct span id, pid, name;

	if (!stamp_take(&line, &in->clock, &event.time_ms))
		return true; /* header lines and separators of the reject log */
	if (scan_skip(&line, "[") && (!scan_take(&line, "] ", &pid)))
		return true;
	if (take_id(&line, &id))
		return read_message(in, id, line, &event);
	if (scan_skip(&line, "H="))
		return read_rejected(in, line, &event);
	if (scan_take(&line, " authenticator failed for ", &name) &&
	    !memchr(name.text, ' ', name.size))
		return read_authenticator(in, line, &event);
	return true;
}

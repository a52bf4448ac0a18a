/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Postfix, through syslog or postlogd:
 *   Jan  5 10:00:00 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 550 5.1.1 …
 * What a client says (HELO, sender, recipient) comes after its address, which Postfix writes.
 */
#include "control/import/import.h"
#include "control/import/senders.h"

#include <ctype.h>
#include <string.h>

/* "host[192.0.2.1]" or "host[2001:db8::1]:41234", with what follows. */
static enum import_address take_client(struct span *s, char out_address[ADDRESS_TEXT_MAX])
{
	struct span name, address;

	if (!scan_take(s, "[", &name) || !scan_take(s, "]", &address))
		return IMPORT_NONE;
	if (s->size > 1 && s->text[0] == ':' && isdigit((unsigned char)s->text[1])) {
		scan_skip(s, ":");
		scan_take_word(s, " ,:");
	}
	return import_address(address, out_address);
}

/* The value of "name=<…>", which may hold escaped anything; empty when it is not there. */
static struct span field(struct span s, const char *name)
{
	struct span value = {s.text, 0};

	if (!scan_skip_to(&s, name) || !scan_skip(&s, "<") || !scan_take(&s, ">", &value))
		value.size = 0;
	return value;
}

struct cause {
	const char *text;
	enum event_class class;
};

/* What the server refused, by its own words. */
static const struct cause causes[] = {
    {" 5.1.1 ", EVENT_INVALID_RCPT},
    {"Recipient address rejected: User unknown", EVENT_INVALID_RCPT},
    {"Helo command rejected", EVENT_ANOMALY},
    {"Client host rejected: cannot find your", EVENT_ANOMALY},
};

static bool find_cause(struct span reason, enum event_class *out_class)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (!scan_has(reason, causes[i].text))
			continue;
		*out_class = causes[i].class;
		return true;
	}
	return false;
}

/* "RCPT from host[…]: 550 5.1.1 <…>: …; from=<…> to=<…> proto=… helo=<…>" */
static bool read_reject(struct import *in, struct span s, struct import_event *event)
{
	enum event_class class = EVENT_CLASS_COUNT;
	enum import_address address;
	struct span command, reason, recipient;
	bool is_temporary;

	if (!scan_take(&s, " from ", &command))
		return false;
	address = take_client(&s, event->address);
	if (address != IMPORT_REMOTE)
		return address == IMPORT_OWN;
	scan_skip(&s, ":");
	scan_skip(&s, " ");
	is_temporary = scan_starts(s, "4");
	if (!scan_take(&s, "; from=", &reason))
		return true; /* before MAIL: nothing to learn */
	event->is_null_sender = scan_starts(s, "<>");
	recipient = field(s, " to=");
	/* What a DNSBL caused is no evidence of ours: it would feed on itself. */
	if (scan_has(reason, "blocked using"))
		class = EVENT_CLASS_COUNT;
	else if (!is_temporary)
		find_cause(reason, &class);
	if (class == EVENT_CLASS_COUNT && traps_find(in->settings.traps, recipient) == TRAPS_NONE)
		return true;
	event->class = class;
	import_tell(in, event, recipient);
	return true;
}

/* "host[…]: SASL LOGIN authentication failed: …[, sasl_username=…]" */
static bool read_warning(struct import *in, struct span s, struct import_event *event)
{
	struct span method;
	enum import_address address = take_client(&s, event->address);

	if (!scan_skip(&s, ": SASL "))
		return true; /* some other warning */
	if (!scan_take(&s, " authentication failed", &method))
		return true; /* "aborted", "failure: cannot connect …" */
	/* The server's fault, not the client's. */
	if (scan_has_nocase(s, "connection lost") || scan_has_nocase(s, "temporary") ||
	    scan_has_nocase(s, "cannot connect"))
		return true;
	if (address != IMPORT_REMOTE)
		return address == IMPORT_OWN;
	event->class = EVENT_AUTH_FAIL;
	if (scan_skip_to(&s, "sasl_username="))
		import_set_text(event->user, sizeof(event->user), scan_take_word(&s, ","));
	import_tell(in, event, (struct span){s.text, 0});
	return true;
}

/* "client=host[…][, sasl_method=…, sasl_username=…]": a user of ours is no remote sender. */
static bool read_accepted(struct import *in, struct span id, struct span s)
{
	char client[ADDRESS_TEXT_MAX];

	enum import_address address = take_client(&s, client);

	if (address == IMPORT_REMOTE && !scan_has(s, "sasl_username="))
		senders_put(in->senders, id, client);
	return address != IMPORT_NONE;
}

static bool read_smtpd(struct import *in, struct span s, struct import_event *event)
{
	struct span id;

	if (scan_skip(&s, "warning: "))
		return read_warning(in, s, event);
	if (!scan_take(&s, ": ", &id))
		return true;
	if (scan_skip(&s, "reject: "))
		return read_reject(in, s, event);
	if (scan_skip(&s, "client="))
		return read_accepted(in, id, s);
	return true;
}

static bool read_postscreen(struct import *in, struct span s, struct import_event *event)
{
	static const char *const rows[] = {"PREGREET ", "BARE NEWLINE from ",
	                                   "NON-SMTP COMMAND from ", "COMMAND PIPELINING from "};

	if (scan_skip(&s, "NOQUEUE: reject: "))
		return read_reject(in, s, event);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum import_address address;

		if (!scan_starts(s, rows[i]))
			continue;
		scan_skip_to(&s, " from ");
		address = take_client(&s, event->address);
		event->class = EVENT_ANOMALY;
		if (address == IMPORT_REMOTE)
			import_tell(in, event, (struct span){s.text, 0});
		return address != IMPORT_NONE;
	}
	return true;
}

/* "4Yx…: from=<>, size=…, nrcpt=1 (queue active)" */
static bool read_qmgr(struct import *in, struct span s, struct import_event *event)
{
	struct sender *sender;
	struct span id;

	(void)event;
	if (!scan_take(&s, ": ", &id) || !scan_starts(s, "from=<"))
		return true;
	sender = senders_find(in->senders, id);
	if (sender)
		sender->is_null_sender = scan_starts(s, "from=<>");
	return true;
}

/* "4Yx…: to=<…>, orig_to=<…>, relay=…, dsn=2.0.0, status=sent (…)" */
static bool read_delivery(struct import *in, struct span s, struct import_event *event)
{
	const struct sender *sender;
	struct span id, recipient, original;

	if (!scan_take(&s, ": ", &id) || !scan_starts(s, "to=<"))
		return true;
	sender = senders_find(in->senders, id);
	if (!sender)
		return true;
	recipient = field(s, "to=");
	original = field(s, " orig_to=");
	memcpy(event->address, sender->client, sizeof(event->address));
	event->is_null_sender = sender->is_null_sender;
	if (scan_has(s, ", status=sent "))
		event->class = EVENT_VALID_RCPT;
	else if (scan_has(s, ", dsn=5.1.1, status=bounced "))
		event->class = EVENT_INVALID_RCPT;
	else
		return true;
	if (traps_find(in->settings.traps, original) != TRAPS_NONE)
		recipient = original;
	import_tell(in, event, recipient);
	return true;
}

bool postfix_read(struct import *in, struct span line)
{
	static const struct {
		const char *daemon;
		bool (*read)(struct import *in, struct span s, struct import_event *event);
	} rows[] = {
	    {"smtpd", read_smtpd},   {"postscreen", read_postscreen}, {"qmgr", read_qmgr},
	    {"lmtp", read_delivery}, {"local", read_delivery},        {"virtual", read_delivery},
	    {"pipe", read_delivery}, {"smtp", read_delivery},
	};
	struct import_event event = {0};
	struct span host, program, daemon;

	if (line.size == 0)
		return true;
	if (!stamp_take(&line, &in->clock, &event.time_ms) || !scan_take(&line, " ", &host))
		return false;
	if (!scan_take(&line, ": ", &program) || !scan_starts(program, "postfix"))
		return true; /* of another program */
	/* "postfix/smtpd[1]", "postfix-in/submission/smtpd[1]" */
	while (scan_skip_to(&program, "/"))
		;
	daemon = scan_take_word(&program, "[");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (scan_is(daemon, rows[i].daemon))
			return rows[i].read(in, line, &event);
	}
	return true;
}

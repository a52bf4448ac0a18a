/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rspamd's metadata_exporter with its formatter `json`: an object for each message, pushed over
 * HTTP or written by line. Only what a filter says of a stranger counts: messages of authenticated
 * users are passed over.
 */
#include "control/import/import.h"

#include <string.h>

static const struct {
	const char *action;
	float probability;
} verdicts[] = {
    {"reject", 0.95f},
    {"add header", 0.8f},
    {"rewrite subject", 0.7f},
    {"quarantine", 0.8f},
};

static struct span text_of(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return (struct span){json_is_string(value) ? json_string_value(value) : "",
	                     json_string_length(value)};
}

/* The exporter writes "unknown" for what it does not know. */
static bool is_known(struct span value)
{
	return value.size && !scan_is(value, "unknown");
}

static const json_t *find_symbol(const json_t *symbols, const char *name)
{
	const json_t *symbol;
	size_t i;

	json_array_foreach(symbols, i, symbol)
	{
		if (scan_is(text_of(symbol, "name"), name))
			return symbol;
	}
	return NULL;
}

static bool is_virus(const json_t *symbols)
{
	const json_t *symbol;
	size_t i;

	json_array_foreach(symbols, i, symbol)
	{
		struct span name = text_of(symbol, "name");

		if (scan_is(text_of(symbol, "group"), "antivirus") || scan_is(name, "CLAM_VIRUS") ||
		    scan_is(name, "VIRUS_FOUND"))
			return json_number_value(json_object_get(symbol, "score")) > 0;
	}
	return false;
}

static bool is_phish(const json_t *symbols)
{
	return find_symbol(symbols, "PHISHED_OPENPHISH") ||
	       find_symbol(symbols, "PHISHED_PHISHTANK");
}

/* The domain that DKIM ("example.org:s=key") or SPF (that of the sender) stands for. */
static void read_domain(const json_t *symbols, struct span from, struct import_event *event)
{
	const json_t *dkim = find_symbol(symbols, "R_DKIM_ALLOW");
	const json_t *option = json_array_get(json_object_get(dkim, "options"), 0);
	struct span domain = {"", 0};
	uint8_t wire[NAME_WIRE_MAX];

	if (json_is_string(option)) {
		domain.text = json_string_value(option);
		domain.size = json_string_length(option);
		domain = scan_take_word(&domain, ":");
	} else if (find_symbol(symbols, "R_SPF_ALLOW") && scan_skip_to(&from, "@")) {
		domain = from;
	}
	event->is_authenticated = dkim || find_symbol(symbols, "R_SPF_ALLOW");
	if (domain.size < sizeof(event->domain) && name_parse(domain.text, domain.size, wire) > 0)
		import_set_text(event->domain, sizeof(event->domain), domain);
}

/* Returns false when it says nothing of the sender. */
static bool read_verdict(const json_t *object, struct import_event *event)
{
	const json_t *symbols = json_object_get(object, "symbols");
	struct span action = text_of(object, "action");

	if (scan_is(action, "no action")) {
		event->class = EVENT_GOOD_DELIVERY;
		return true;
	}
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		if (!scan_is(action, verdicts[i].action))
			continue;
		event->class = is_virus(symbols)   ? EVENT_MALWARE
		               : is_phish(symbols) ? EVENT_PHISH
		                                   : EVENT_SPAM_VERDICT;
		event->probability = verdicts[i].probability;
		return true;
	}
	return false; /* greylist, soft reject … */
}

static bool read_object(struct import *in, const json_t *object)
{
	const json_t *recipients = json_object_get(object, "rcpt"), *recipient;
	struct import_event event = {.time_ms = in->clock.now_ms};
	struct span from = text_of(object, "from");
	enum import_address address = import_address(text_of(object, "ip"), event.address);
	size_t i;

	if (!json_is_string(json_object_get(object, "ip")) ||
	    !json_is_string(json_object_get(object, "action")) || address == IMPORT_NONE)
		return false;
	if (address == IMPORT_OWN || is_known(text_of(object, "user")) ||
	    !read_verdict(object, &event))
		return true;
	read_domain(json_object_get(object, "symbols"), from, &event);
	event.is_null_sender = json_is_string(json_object_get(object, "from")) && from.size == 0;
	/* One verdict, however many get the message; each one's recipients count as deliveries. */
	json_array_foreach(recipients, i, recipient)
	{
		struct import_event one = event;
		struct span mailbox = {json_string_value(recipient), json_string_length(recipient)};

		if (!mailbox.text)
			return false;
		if (i == 0 || event.class == EVENT_GOOD_DELIVERY ||
		    traps_find(in->settings.traps, mailbox) != TRAPS_NONE)
			import_tell(in, &one, mailbox);
	}
	if (json_array_size(recipients) == 0)
		import_tell(in, &event, (struct span){"", 0});
	return true;
}

bool rspamd_read(struct import *in, struct span line)
{
	json_t *object;
	bool is_good;

	if (line.size == 0)
		return true;
	object = json_loadb(line.text, line.size, JSON_REJECT_DUPLICATES, NULL);
	is_good = json_is_object(object) && read_object(in, object);
	json_decref(object);
	return is_good;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/import/import.h"

#include "control/import/senders.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct import_format import_formats[] = {
    {"postfix", postfix_read},
    {"exim", exim_read},
    {"rspamd", rspamd_read},
    {"exchange", exchange_read},
    {0},
};

const struct import_format *import_format_find(const char *name)
{
	for (const struct import_format *f = import_formats; f->name; f++) {
		if (strcmp(f->name, name) == 0)
			return f;
	}
	return NULL;
}

int import_init(struct import *in, const struct import_settings *settings)
{
	memset(in, 0, sizeof(*in));
	in->settings = *settings;
	in->clock.is_utc = settings->is_utc;
	in->senders = senders_new();
	return in->senders ? 0 : -ENOMEM;
}

void import_done(struct import *in)
{
	senders_free(in->senders);
	in->senders = NULL;
}

void import_line(struct import *in, const struct import_format *format, struct span line,
                 int64_t now_ms)
{
	in->clock.now_ms = now_ms;
	in->emitted = 0;
	in->counts.lines++;
	if (line.size && line.text[line.size - 1] == '\r')
		line.size--;
	if (line.size > IMPORT_LINE_MAX || !format->read(in, line))
		in->counts.bad++;
}

enum import_address import_address(struct span text, char out_address[ADDRESS_TEXT_MAX])
{
	char written[2 * ADDRESS_TEXT_MAX];
	struct address_range address;

	if (scan_is(text, "unknown") || text.size == 0)
		return IMPORT_OWN;
	scan_skip(&text, "IPv6:"); /* RFC 5321 section 4.1.3 */
	if (address_parse(text.text, text.size, &address) < 0 || address.first != address.last)
		return IMPORT_NONE;
	if (address.is_ip6 ? address.first <= 1 : address.first >> 24 == 127 || address.first == 0)
		return IMPORT_OWN;
	address_format(&address, written);
	snprintf(out_address, ADDRESS_TEXT_MAX, "%.*s", ADDRESS_TEXT_MAX - 1, written);
	return IMPORT_REMOTE;
}

/* Bytes that are no printable ASCII become %XX, so that distinct stays distinct. */
void import_set_recipient(struct import_event *event, struct span mailbox)
{
	static const char digits[] = "0123456789ABCDEF";
	char *to = event->recipient, *end = to + sizeof(event->recipient) - 3;

	for (size_t i = 0; i < mailbox.size && to < end; i++) {
		unsigned char byte = (unsigned char)mailbox.text[i];

		if (byte > ' ' && byte < 0x7f && byte != '%') {
			*to++ = (char)tolower(byte);
			continue;
		}
		*to++ = '%';
		*to++ = digits[byte >> 4];
		*to++ = digits[byte & 15];
	}
	*to = '\0';
}

void import_set_text(char *out_text, size_t size, struct span text)
{
	scan_copy(text, out_text, size);
	for (; *out_text; out_text++) {
		if (*out_text < ' ' || *out_text > '~')
			*out_text = '?';
	}
}

void import_tell(struct import *in, struct import_event *event, struct span recipient)
{
	static const enum event_class trap_classes[] = {
	    [TRAPS_PRISTINE] = EVENT_TRAP_PRISTINE, [TRAPS_RECYCLED] = EVENT_TRAP_RECYCLED};
	enum traps_kind kind = traps_find(in->settings.traps, recipient);

	if (!event->address[0] || in->emitted == IMPORT_EVENTS_MAX)
		return;
	if (kind != TRAPS_NONE)
		event->class = trap_classes[kind];
	else if (event->class == EVENT_INVALID_RCPT && event->is_null_sender)
		event->class = EVENT_BACKSCATTER;
	import_set_recipient(event, recipient);
	in->emitted++;
	in->counts.events++;
	in->settings.emit(event, in->settings.context);
}

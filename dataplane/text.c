/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/text.h"

#include "dataplane/qname.h"

#include <arpa/inet.h>
#include <string.h>

#define TEMPLATES_MAX (TEXT_MAX / 2) /* a text of one byte and its separator take three */

/* What is written past TEXT_MAX is lost, but for one byte that shows where the cut fell. */
struct text {
	uint8_t *bytes; /* TEXT_ROOM */
	size_t size;
};

static void put(struct text *text, const void *bytes, size_t size)
{
	size_t room = TEXT_ROOM - text->size;

	if (size > room)
		size = room;
	memcpy(&text->bytes[text->size], bytes, size);
	text->size += size;
}

/* A byte of a label as in a zone file (RFC 1035 section 5.1). */
static void put_label_byte(struct text *text, uint8_t byte)
{
	uint8_t escaped[4] = {'\\', byte};

	if (byte == '.' || byte == '\\') {
		put(text, escaped, 2);
	} else if (byte > ' ' && byte < 0x7f) {
		put(text, &byte, 1);
	} else {
		escaped[1] = '0' + byte / 100;
		escaped[2] = '0' + byte / 10 % 10;
		escaped[3] = '0' + byte % 10;
		put(text, escaped, 4);
	}
}

static void put_name(struct text *text, const uint8_t *name, size_t size)
{
	for (size_t at = 0; at < size; at += 1u + name[at]) {
		if (at > 0)
			put(text, ".", 1);
		for (unsigned i = 1; i <= name[at]; i++)
			put_label_byte(text, name[at + i]);
	}
}

/* As inet_ntop(), which takes ten times as long. */
static void put_octet(struct text *text, unsigned octet)
{
	const uint8_t digits[3] = {(uint8_t)('0' + octet / 100), (uint8_t)('0' + octet / 10 % 10),
	                           (uint8_t)('0' + octet % 10)};
	const unsigned skipped = octet >= 100 ? 0 : octet >= 10 ? 1 : 2;

	put(text, digits + skipped, sizeof(digits) - skipped);
}

static void put_address4(struct text *text, uint32_t address)
{
	for (unsigned shift = 32; shift > 0; shift -= 8) {
		if (shift < 32)
			put(text, ".", 1);
		put_octet(text, address >> (shift - 8) & 0xff);
	}
}

static void put_address6(struct text *text, address6_t address)
{
	char buffer[INET6_ADDRSTRLEN] = "";
	uint8_t bytes[16];

	for (unsigned i = 0; i < 16; i++)
		bytes[i] = (uint8_t)(address >> (120 - 8 * i));
	inet_ntop(AF_INET6, bytes, buffer, sizeof(buffer));
	put(text, buffer, strlen(buffer));
}

static void put_subject(struct text *text, const struct query *q)
{
	switch ((enum query_kind)q->kind) {
	case QUERY_ERROR:
	case QUERY_CHAOS:
	case QUERY_APEX:
	case QUERY_KEY:
	case QUERY_KEYLESS:
		return;
	case QUERY_IP4:
		put_address4(text, q->address4);
		return;
	case QUERY_IP6:
		put_address6(text, q->address6);
		return;
	case QUERY_NAME:
		put_name(text, &q->name[q->subject_offset], q->name_size - q->subject_offset);
		return;
	}
}

static void put_client(struct text *text, const struct query *q)
{
	if (qname_is_mapped(q->client))
		put_address4(text, (uint32_t)q->client);
	else
		put_address6(text, q->client);
}

static void put_template(struct text *text, const struct query *q, const char *template,
                         size_t size, void (*put_dollar)(struct text *text, const struct query *q))
{
	const char *end = template + size, *dollar;

	while ((dollar = memchr(template, '$', (size_t)(end - template)))) {
		put(text, template, (size_t)(dollar - template));
		template = dollar + 1;
		if (template <end &&*template == '$') {
			put(text, template ++, 1);
		} else {
			put_dollar(text, q);
		}
	}
	put(text, template, (size_t)(end - template));
}

/* The templates in a text, of each the first listing that has it. */
struct templates {
	const struct listing *listings[TEMPLATES_MAX];
	unsigned count;
};

/* Returns whether it is a new one. */
static bool add_template(struct templates *t, const struct listing *listing)
{
	for (unsigned i = 0; i < t->count; i++) {
		if (t->listings[i]->text_size == listing->text_size &&
		    memcmp(t->listings[i]->text, listing->text, listing->text_size) == 0)
			return false;
	}
	t->listings[t->count++] = listing;
	return true;
}

/* Size of a text that was cut so that no UTF-8 character (RFC 3629: up to 4 bytes) is torn. */
static size_t cut(const struct text *text)
{
	size_t size = text->size;

	if (size <= TEXT_MAX)
		return size;
	size = TEXT_MAX;
	for (unsigned i = 0; i < 3 && (text->bytes[size] & 0xc0) == 0x80; i++)
		size--;
	return (text->bytes[size] & 0xc0) == 0x80 ? TEXT_MAX : size;
}

size_t text_write(const struct query *q, uint8_t out_text[TEXT_ROOM])
{
	struct text text = {out_text, 0};
	struct templates templates;

	templates.count = 0;
	for (uint32_t i = 0;
	     i < q->listings->count && text.size <= TEXT_MAX && templates.count < TEMPLATES_MAX;
	     i++) {
		const struct listing *listing = q->listings->listings[i];

		if (listing->text_size == 0 || !zone_shows(q->zone, listing->list) ||
		    !add_template(&templates, listing))
			continue;
		if (text.size > 0)
			put(&text, "; ", 2);
		put_template(&text, q, listing->text, listing->text_size, put_subject);
	}
	return cut(&text);
}

size_t text_write_always(const struct query *q, uint8_t out_text[TEXT_ROOM])
{
	struct text text = {out_text, 0};

	put_template(&text, q, q->always->text, q->always->text_size, put_client);
	return cut(&text);
}

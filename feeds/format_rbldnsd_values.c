/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values of rbldnsd entries: ":A:TXT", and what '$' means in a text. rbldnsd replaces variables
 * when it answers, so a variable set at the end of a file applies to all of it; so texts are kept
 * as they are until the end, and then become templates in which only the subject is open.
 */
#include "feeds/format_rbldnsd.h"

#include <errno.h>
#include <string.h>

#define EXPECTED "expected ':A', ':A:TXT' or a text"

/* "5" is 127.0.0.5, "1.2" is 1.0.0.2, "1.2.3" is 1.2.0.3. Returns the characters read. */
static size_t code_scan(struct span text, uint32_t *out_code)
{
	unsigned octets[4] = {0}, count = 0;
	size_t at = 0;

	for (;;) {
		size_t start = at;

		for (; at < text.size && span_is_digit(text.text[at]) && at - start < 3; at++)
			octets[count] = octets[count] * 10 + (unsigned)(text.text[at] - '0');
		if (at == start || octets[count] > 255)
			return 0;
		count++;
		if (at >= text.size || text.text[at] != '.' || count == 4)
			break;
		at++;
	}
	if (count == 1)
		*out_code = 0x7f000000u | octets[0];
	else if (count == 4)
		*out_code = octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3];
	else
		*out_code =
		    octets[0] << 24 | (count == 3 ? octets[1] << 16 : 0) | octets[count - 1];
	return at;
}

static struct span text_cut(struct span span)
{
	return (struct span){span.text,
	                     span.size < RBLDNSD_TEXT_MAX ? span.size : RBLDNSD_TEXT_MAX};
}

static void default_set(struct rbldnsd *r, const struct rbldnsd_value *value)
{
	r->default_value = *value;
	r->has_default = true;
	memset(r->recent, 0, sizeof(r->recent)); /* they go over it */
	if (value->kind != DATASET_TEXT_OWN)
		return;
	memcpy(r->default_text.bytes, value->text.text, value->text.size);
	r->default_value.text.text = r->default_text.bytes;
}

/* ":A", ":A:" or ":A:TXT" over the default; counts bad ones. */
static bool value_read(struct rbldnsd *r, struct span text, uint64_t number,
                       struct rbldnsd_value *value)
{
	struct span rest = span_skip(text, 1);
	uint32_t code = 0;
	size_t used = code_scan(rest, &code);

	rest = span_trim(span_skip(rest, used));
	if (!used || (rest.size && rest.text[0] != ':')) {
		LINES_BAD(r->lines, number, "bad value '%.*s': " EXPECTED, SPAN_QUOTE(text));
		return false;
	}
	if (code >> 24 != 127 || code == 0x7f000001 || code == 0x7f000000) {
		LINES_BAD(r->lines, number,
		          "bad code in '%.*s': expected one in 127.0.0.0/8, not 127.0.0.0 or .1",
		          SPAN_QUOTE(text));
		return false;
	}
	value->code = code;
	if (!rest.size)
		return true;
	rest = span_trim(span_skip(rest, 1));
	value->kind = rest.size ? DATASET_TEXT_OWN : DATASET_TEXT_NONE;
	value->text = text_cut(rest);
	return true;
}

static int value_intern(struct rbldnsd *r, const struct rbldnsd_value *value, uint32_t *out_id)
{
	struct dataset_value interned = {
	    .code = value->code,
	    .text_kind = (uint8_t)value->kind,
	    .text = value->text.text,
	    .text_size = (uint8_t)value->text.size,
	};

	return dataset_value(r->lines->builder, &interned, out_id);
}

int rbldnsd_default(struct rbldnsd *r, struct span text, uint64_t number)
{
	struct rbldnsd_value value = {.kind = DATASET_TEXT_LIST};

	if (!value_read(r, text, number, &value))
		return 0;
	if (r->type->has_one_value) {
		if (!r->has_default)
			default_set(r, &value);
		return 0;
	}
	default_set(r, &value);
	return value_intern(r, &value, &r->default_id);
}

/* Blank, value, comment or nothing follows. */
static bool is_key_end(struct span text)
{
	return !text.size || span_is_blank(text.text[0]) || text.text[0] == ':' ||
	       text.text[0] == '#' || text.text[0] == ';';
}

bool rbldnsd_scan(struct lines *lines, struct span line, uint64_t number,
                  size_t (*scan)(const char *, size_t, struct address_range *),
                  const char *expected, struct rbldnsd_address *out_address)
{
	size_t used;

	out_address->is_exclusion = line.text[0] == '!';
	if (out_address->is_exclusion)
		line = span_trim(span_skip(line, 1));
	used = scan(line.text, line.size, &out_address->range);
	out_address->key = (struct span){line.text, used};
	out_address->rest = span_skip(line, used);
	if (!used || !is_key_end(out_address->rest)) {
		LINES_BAD(lines, number, "bad address '%.*s': expected %s", SPAN_QUOTE(line),
		          expected);
		return false;
	}
	if (out_address->range.has_host_bits) {
		LINES_BAD(lines, number, "bad prefix '%.*s': host bits are set",
		          SPAN_QUOTE(out_address->key));
		return false;
	}
	return true;
}

/* Where such a text is, if it was among the last. */
static struct rbldnsd_recent *recent_get(struct rbldnsd *r, struct span text)
{
	uint64_t start = 0, end = 0, mixed;

	if (text.size >= sizeof(start)) { /* of a size the compiler knows */
		memcpy(&start, text.text, sizeof(start));
		memcpy(&end, text.text + text.size - sizeof(end), sizeof(end));
	} else {
		memcpy(&start, text.text, text.size);
	}
	mixed = start * 0x9e3779b97f4a7c15 + (end ^ text.size);
	return &r->recent[mixed * 0xff51afd7ed558ccd >> 40 & (RBLDNSD_RECENT - 1)];
}

int rbldnsd_value(struct rbldnsd *r, struct span text, uint64_t number, uint32_t *out_id)
{
	struct rbldnsd_recent *recent;
	struct rbldnsd_value value;
	int rc;

	text = span_trim(text);
	if (!text.size || text.text[0] == '#' || text.text[0] == ';') {
		*out_id = r->default_id;
		return 1;
	}
	recent = recent_get(r, text);
	if (recent->size == text.size && !memcmp(recent->text, text.text, text.size)) {
		*out_id = recent->id;
		return 1;
	}
	value = r->default_value;
	if (text.text[0] == ':') {
		if (!value_read(r, text, number, &value))
			return 0;
	} else {
		value.kind = DATASET_TEXT_OWN;
		value.text = text_cut(text);
	}
	rc = value_intern(r, &value, out_id);
	if (rc < 0)
		return rc;
	if (text.size <= RBLDNSD_RECENT_MAX) {
		recent->id = *out_id;
		recent->size = (uint8_t)text.size;
		memcpy(recent->text, text.text, text.size);
	}
	return 1;
}

struct template
{
	uint8_t size;
	char bytes[RBLDNSD_TEXT_MAX];
};

/* Whole pieces only: half of "$$" would stand for the subject. */
static void put(struct template *to, const char *bytes, size_t size)
{
	if (to->size + size > sizeof(to->bytes))
		return;
	memcpy(to->bytes + to->size, bytes, size);
	to->size = (uint8_t)(to->size + size);
}

static void put_literal(struct template *to, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '$')
			put(to, "$$", 2);
		else
			put(to, bytes + i, 1);
	}
}

/* own: the entry's text, empty when it has none; source: the template, which may be own. */
static void template_make(const struct rbldnsd *r, struct span own, struct span source,
                          struct template *out_template)
{
	out_template->size = 0;
	for (size_t i = 0; i < source.size; i++) {
		char next = i + 1 < source.size ? source.text[i + 1] : 0;

		if (source.text[i] != '$') {
			put(out_template, source.text + i, 1);
			continue;
		}
		i++;
		if (next == '$') {
			put(out_template, "$$", 2);
		} else if (next == '=') {
			if (own.size)
				put_literal(out_template, own.text, own.size);
			else
				put(out_template, "$", 1);
		} else if (span_is_digit(next) && r->variables[next - '0'].is_set) {
			put_literal(out_template, r->variables[next - '0'].bytes,
			            r->variables[next - '0'].size);
		} else if (span_is_digit(next)) {
			put_literal(out_template, source.text + i - 1, 2);
		} else {
			put(out_template, "$", 1);
			i--;
		}
	}
}

static void value_resolve(const struct rbldnsd *r, struct dataset_value *value,
                          struct template *storage)
{
	struct span own = {value->text, value->text_size};
	struct span source = r->base.is_set ? (struct span){r->base.bytes, r->base.size} : own;

	if (value->text_kind != DATASET_TEXT_OWN && !r->base.is_set)
		return;
	if (value->text_kind != DATASET_TEXT_OWN)
		own.size = 0;
	if (own.size && own.text[0] == '=') {
		own = span_skip(own, 1); /* opts out of the base */
		source = own;
	}
	template_make(r, own, source, storage);
	value->text_kind = storage->size ? DATASET_TEXT_OWN : DATASET_TEXT_NONE;
	value->text = storage->bytes;
	value->text_size = storage->size;
}

static int value_replace(struct rbldnsd *r, uint32_t id, const struct dataset_value *raw)
{
	struct dataset_builder *builder = r->lines->builder;
	const struct dataset_value *old = dataset_value_get(builder, id);
	struct dataset_value value = *raw;
	struct template storage;

	value_resolve(r, &value, &storage);
	if (value.code == old->code && value.text_kind == old->text_kind &&
	    value.text_size == old->text_size &&
	    (!value.text_size || !memcmp(value.text, old->text, value.text_size)))
		return 0;
	return dataset_value_replace(builder, id, &value);
}

static int values_resolve(struct rbldnsd *r)
{
	struct dataset_builder *builder = r->lines->builder;
	uint32_t count = dataset_value_count(builder);

	if (r->type->has_one_value) {
		struct dataset_value value = {
		    .code = r->default_value.code,
		    .text_kind = (uint8_t)r->default_value.kind,
		    .text = r->default_value.text.text,
		    .text_size = (uint8_t)r->default_value.text.size,
		};

		return value_replace(r, 0, &value);
	}
	for (uint32_t id = 0; id < count; id++) {
		int rc = value_replace(r, id, dataset_value_get(builder, id));

		if (rc < 0)
			return rc;
	}
	return 0;
}

int rbldnsd_end(struct rbldnsd *r)
{
	int rc = r->type->end ? r->type->end(r->lines) : 0;

	return rc < 0 || r->type->has_no_values ? rc : values_resolve(r);
}

void rbldnsd_done(struct rbldnsd *r)
{
	if (r->type->free)
		r->type->free(r);
}

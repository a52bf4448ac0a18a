/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lists written as DNS records: rbldnsd's generic, "NAME [TTL] [IN] A|TXT|MX VALUE" with names
 * relative to whatever zone it is, and dnsbl-zone, a whole zone as it is transferred, a record a
 * line with absolute names. Names with an A record in 127/8 are listings: reversed addresses and
 * names, with the texts of the same name. All others are static records, which are not of a list
 * but of a zone.
 */
#include "feeds/format_rbldnsd.h"
#include "feeds/stamp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPECTED "expected NAME [TTL] [IN] A ADDRESS, TXT TEXT or MX NUMBER NAME"

struct record {
	uint64_t line;
	uint32_t code; /* 0 = a text */
	bool is_wild;  /* the name stands for what is below it */
	uint8_t name_size, text_size;
	uint8_t name[NAME_WIRE_MAX];
	char text[RBLDNSD_TEXT_MAX];
};

struct records {
	struct record **items;
	size_t count, capacity;
	uint8_t apex[NAME_WIRE_MAX]; /* of a zone, once its SOA was there */
	size_t apex_size;
};

static void records_free(struct records *r)
{
	for (size_t i = 0; r && i < r->count; i++)
		free(r->items[i]);
	if (r)
		free(r->items);
	free(r);
}

/* Made by the first who asks. NULL: no memory */
static struct records *records_of(struct rbldnsd *rbldnsd)
{
	if (!rbldnsd->context)
		rbldnsd->context = calloc(1, sizeof(struct records));
	return rbldnsd->context;
}

static int record_add(struct rbldnsd *rbldnsd, const struct record *record)
{
	struct records *r = records_of(rbldnsd);
	struct record *copy;

	if (!r)
		return -ENOMEM;
	if (r->count == r->capacity) {
		size_t capacity = r->capacity ? 2 * r->capacity : 64;
		struct record **larger = reallocarray(r->items, capacity, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		r->items = larger;
		r->capacity = capacity;
	}
	copy = malloc(offsetof(struct record, text) + (record->code ? 0 : record->text_size));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, record,
	       offsetof(struct record, text) + (record->code ? 0 : record->text_size));
	r->items[r->count++] = copy;
	return 0;
}

/* "[TTL] [IN]" */
static void skip_ttl(struct span *rest)
{
	struct span after, word;
	uint64_t ttl_s;

	for (unsigned i = 0; i < 2; i++) {
		after = *rest;
		word = span_word(&after);
		if (i ? span_equals(word, "IN") : stamp_parse_period(word, &ttl_s) == 0)
			*rest = after;
	}
}

/* A text as a template: nothing is replaced in it. Quotes go if they enclose it. */
static void text_read(struct record *record, struct span text)
{
	if (text.size > 1 && text.text[0] == '"' && text.text[text.size - 1] == '"')
		text = (struct span){text.text + 1, text.size - 2};
	for (size_t i = 0; i < text.size; i++) {
		size_t size = 1u + (text.text[i] == '$');

		if (record->text_size + size > sizeof(record->text))
			return;
		memset(record->text + record->text_size, text.text[i], size);
		record->text_size = (uint8_t)(record->text_size + size);
	}
}

static void left_out(struct lines *lines, uint64_t number, struct span line)
{
	dataset_skip_line(lines->builder, number,
	                  "'%.*s' is no listing: give the file to 'records' of the zone",
	                  SPAN_QUOTE(line));
}

static int value_read(struct lines *lines, struct record *record, struct span line,
                      struct span value)
{
	struct span shown = line, type = span_word(&value);
	struct address_range range;

	if (!value.size)
		goto bad;
	if (span_equals(type, "TXT")) {
		text_read(record, value);
		return record_add(lines->context, record);
	}
	if (span_equals(type, "MX")) {
		left_out(lines, record->line, shown);
		return 0;
	}
	if (!span_equals(type, "A") || address_parse(value.text, value.size, &range) < 0 ||
	    range.is_ip6 || range.first != range.last)
		goto bad;
	if (range.first >> 24 != 127 || range.first == 0x7f000001) {
		left_out(lines, record->line, shown);
		return 0;
	}
	record->code = (uint32_t)range.first;
	return record_add(lines->context, record);
bad:
	LINES_BAD(lines, record->line, "bad record '%.*s': " EXPECTED, SPAN_QUOTE(shown));
	return 0;
}

static void record_init(struct record *record, uint64_t number)
{
	record->line = number;
	record->code = 0;
	record->is_wild = false;
	record->text_size = 0;
}

static int generic_line(struct lines *lines, struct span line, uint64_t number)
{
	struct span rest = line, name = span_word(&rest);
	struct record record;
	int size;

	record_init(&record, number);
	if (span_equals(name, "@")) {
		left_out(lines, number, line);
		return 0;
	}
	size = name_parse(name.text, name.size, record.name);
	if (size <= 0) {
		LINES_BAD(lines, number, "bad name in '%.*s': " EXPECTED, SPAN_QUOTE(line));
		return 0;
	}
	record.name_size = (uint8_t)size;
	skip_ttl(&rest);
	return value_read(lines, &record, line, rest);
}

/* The first string of a TXT record's data (RFC 1035 section 5.1), without its escapes. */
static struct span string_read(struct span data, char out_text[RBLDNSD_TEXT_MAX])
{
	bool is_quoted = data.size > 0 && data.text[0] == '"';
	size_t size = 0;

	for (size_t i = is_quoted; i < data.size && size < RBLDNSD_TEXT_MAX; i++) {
		char c = data.text[i];
		uint64_t value;

		if (is_quoted ? c == '"' : c == ' ')
			break;
		if (c == '\\' && i + 3 < data.size &&
		    span_number((struct span){data.text + i + 1, 3}, 255, &value) == 0) {
			c = (char)value;
			i += 3;
		} else if (c == '\\' && i + 1 < data.size) {
			c = data.text[++i];
		}
		out_text[size++] = c;
	}
	return (struct span){out_text, size};
}

/* Take the zone's name off an owner's end. Returns whether it was there. */
static bool apex_strip(const struct records *r, struct record *record)
{
	size_t at = 0;

	while (record->name_size - at > r->apex_size)
		at += 1u + record->name[at];
	if (record->name_size - at != r->apex_size ||
	    memcmp(record->name + at, r->apex, r->apex_size) != 0)
		return false;
	record->name_size = (uint8_t)at;
	return true;
}

static void wildcard_strip(struct record *record)
{
	if (record->name_size < 2 || record->name[0] != 1 || record->name[1] != '*')
		return;
	record->is_wild = true;
	record->name_size = (uint8_t)(record->name_size - 2);
	memmove(record->name, record->name + 2, record->name_size);
}

static int zone_record(struct lines *lines, struct record *record, struct span line,
                       struct span value)
{
	struct span data = value, type = span_word(&data);
	char text[RBLDNSD_TEXT_MAX];

	if (!span_equals(type, "TXT"))
		return value_read(lines, record, line, value);
	text_read(record, string_read(data, text));
	return record_add(lines->context, record);
}

static int zone_line(struct lines *lines, struct span line, uint64_t number)
{
	struct records *r = records_of(lines->context);
	struct span rest = line, name = span_word(&rest), after, type;
	struct record record;
	int size;

	if (!r)
		return -ENOMEM;
	record_init(&record, number);
	size = name.size && name.text[name.size - 1] == '.'
	           ? name_parse(name.text, name.size - 1, record.name)
	           : 0;
	if (size <= 0) {
		LINES_BAD(lines, number, "bad record '%.*s': expected an absolute name",
		          SPAN_QUOTE(line));
		return 0;
	}
	record.name_size = (uint8_t)size;
	skip_ttl(&rest);
	after = rest;
	type = span_word(&after);
	if (span_equals(type, "SOA") && r->apex_size == 0) {
		memcpy(r->apex, record.name, record.name_size);
		r->apex_size = record.name_size;
		return 0;
	}
	if (r->apex_size == 0 || !apex_strip(r, &record)) {
		LINES_BAD(lines, number, "'%.*s' is not in the zone: expected %s", SPAN_QUOTE(line),
		          r->apex_size ? "a name below the SOA's" : "the SOA first");
		return 0;
	}
	wildcard_strip(&record);
	if (record.name_size == 0 && !record.is_wild)
		return 0; /* the apex says who it is */
	if (record.name_size > 0 && (span_equals(type, "A") || span_equals(type, "TXT")))
		return zone_record(lines, &record, line, rest);
	left_out(lines, number, line);
	return 0;
}

static int compare_names(const struct record *a, const struct record *b)
{
	return a->is_wild != b->is_wild
	           ? a->is_wild - b->is_wild
	           : name_compare(a->name, a->name_size, b->name, b->name_size);
}

static int compare_records(const void *left, const void *right)
{
	const struct record *a = *(struct record *const *)left, *b = *(struct record *const *)right;
	int order = compare_names(a, b);

	return order ? order : a->line < b->line ? -1 : a->line > b->line;
}

/* "4.3.2.1" is 1.2.3.4; 32 nibbles are IPv6. What stands for more has fewer labels: "*.2.1" is
 * 1.2.0.0/16. */
static bool address_of(const struct record *record, struct address_range *out_range)
{
	bool is_ip6 = record->name_size == 64 ||
	              (record->is_wild && record->name_size > 6 && record->name[2] == 1);
	unsigned labels = is_ip6 ? 32 : 4, width = is_ip6 ? 4 : 8, count = 0, left;
	address6_t address = 0;

	for (size_t at = 0; at < record->name_size; at += 1u + record->name[at], count++) {
		struct span label = {(const char *)record->name + at + 1, record->name[at]};
		const char digits[] = "0123456789abcdef", *digit;
		uint64_t value;

		if (is_ip6) {
			digit = label.size == 1 ? memchr(digits, label.text[0], 16) : NULL;
			if (!digit)
				return false;
			address |= (address6_t)(digit - digits) << (4 * count);
		} else if (count < 4 && span_number(label, 255, &value) == 0) {
			address |= (address6_t)value << (8 * count);
		} else {
			return false;
		}
	}
	left = width * (labels - count);
	*out_range = (struct address_range){.is_ip6 = is_ip6, .first = address << left};
	out_range->last = out_range->first | (((address6_t)1 << left) - 1);
	return count == labels || (record->is_wild && count > 0);
}

static int listing_add(struct lines *lines, const struct record *code, const struct record *text)
{
	struct dataset_value value = {.code = code->code, .text_kind = DATASET_TEXT_NONE};
	struct dataset_entry entry = {.line = code->line};
	struct address_range range;
	int rc;

	if (text && text->text_size) {
		value.text_kind = DATASET_TEXT_OWN;
		value.text = text->text;
		value.text_size = text->text_size;
	}
	rc = dataset_value(lines->builder, &value, &entry.value);
	if (rc < 0)
		return rc;
	lines->facts->line_count++;
	if (address_of(code, &range)) {
		entry.level = (uint8_t)address_widest_length(&range);
		return dataset_add_range(lines->builder, &range, &entry);
	}
	return dataset_add_name(lines->builder, code->name, code->name_size,
	                        code->is_wild ? DATASET_SUBTREE : DATASET_EXACT, &entry);
}

/* Give the texts of a name to its codes, one each in their order; a last code takes no more. */
static int name_end(struct lines *lines, struct record **records, size_t count)
{
	size_t text = 0, codes = 0;
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		if (!records[i]->code)
			continue;
		codes++;
		while (text < count && records[text]->code)
			text++;
		rc = listing_add(lines, records[i], text < count ? records[text++] : NULL);
	}
	for (size_t i = codes ? text : 0; i < count && rc == 0; i++)
		if (!records[i]->code)
			dataset_skip_line(lines->builder, records[i]->line,
			                  "a text without a code of its own in 127.0.0.0/8");
	return rc;
}

static int generic_end(struct lines *lines)
{
	struct rbldnsd *rbldnsd = lines->context;
	struct records *r = rbldnsd->context;
	int rc = 0;

	if (!r)
		return 0;
	qsort(r->items, r->count, sizeof(*r->items), compare_records);
	for (size_t first = 0, end; first < r->count && rc == 0; first = end) {
		const struct record *record = r->items[first];

		for (end = first + 1; end < r->count; end++)
			if (compare_names(record, r->items[end]) != 0)
				break;
		rc = name_end(lines, r->items + first, end - first);
	}
	return rc;
}

static void generic_free(struct rbldnsd *rbldnsd)
{
	records_free(rbldnsd->context);
	rbldnsd->context = NULL;
}

const struct rbldnsd_type rbldnsd_generic = {
    .name = "generic",
    .entry = generic_line,
    .has_no_values = true,
    .end = generic_end,
    .free = generic_free,
};

int format_rbldnsd_generic(struct reader *reader, struct dataset_builder *builder, char *out_error,
                           size_t error_size)
{
	return rbldnsd_read(reader, builder, &rbldnsd_generic, out_error, error_size);
}

static const struct rbldnsd_type dnsbl_zone = {
    .name = "dnsbl-zone",
    .entry = zone_line,
    .has_no_values = true,
    .end = generic_end,
    .free = generic_free,
};

int format_dnsbl_zone(struct reader *reader, struct dataset_builder *builder, char *out_error,
                      size_t error_size)
{
	return rbldnsd_read(reader, builder, &dnsbl_zone, out_error, error_size);
}

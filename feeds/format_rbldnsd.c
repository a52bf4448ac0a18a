/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rbldnsd's text files: lines and specials. rbldnsd.8 is the reference; where it is silent, what
 * rbldnsd does.
 */
#include "feeds/format_rbldnsd.h"

#include "feeds/stamp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SOA_WORDS 8

static bool text_set(struct rbldnsd_text *text, struct span span)
{
	if (!span.size)
		return false;
	if (text->is_set)
		return true; /* the first assignment counts */
	text->is_set = true;
	text->size = (uint8_t)(span.size < RBLDNSD_TEXT_MAX ? span.size : RBLDNSD_TEXT_MAX);
	memcpy(text->bytes, span.text, text->size);
	return true;
}

static int timestamp_read(struct rbldnsd *r, struct span text, uint64_t number)
{
	struct span stamp = span_word(&text), expiry = span_word(&text);
	int64_t stamp_s, expires_s = 0;
	uint64_t period_s;

	if (text.size || stamp_parse_digits(stamp, &stamp_s) < 0)
		return 1;
	if (expiry.size && expiry.text[0] == '+') {
		if (stamp_parse_period(span_skip(expiry, 1), &period_s) < 0 || !period_s ||
		    !stamp_s)
			return 1;
		expires_s = stamp_s + (int64_t)period_s;
	} else if (expiry.size && stamp_parse_digits(expiry, &expires_s) < 0) {
		return 1;
	}
	if (stamp_s > r->now_s) {
		snprintf(r->lines->error, r->lines->error_size,
		         "line %" PRIu64 ": $TIMESTAMP is %" PRId64 " seconds in the future",
		         number, stamp_s - (int64_t)r->now_s);
		return -EINVAL;
	}
	r->lines->facts->timestamp_s = stamp_s;
	r->lines->facts->expires_s = expires_s;
	return 0;
}

static int max_range4_read(struct rbldnsd *r, struct span text)
{
	uint64_t limit, length;

	if (text.size && text.text[0] == '/') {
		if (span_number(span_skip(text, 1), 32, &length) < 0)
			return 1;
		limit = (uint64_t)1 << (32 - length);
	} else if (span_number(text, (uint64_t)1 << 32, &limit) < 0 || !limit) {
		return 1;
	}
	if (!r->max_range4 || limit < r->max_range4)
		r->max_range4 = limit;
	return 0;
}

/* The zone's own SOA, NS and TTL come from the configuration; here only the syntax matters. */
static int is_soa_bad(struct span text)
{
	uint64_t period_s;
	size_t count = 0;

	for (; text.size; count++) {
		struct span word = span_word(&text);

		if (count != 1 && count != 2 && stamp_parse_period(word, &period_s) < 0)
			return 1;
	}
	return count != SOA_WORDS;
}

static int is_ns_bad(struct span text)
{
	struct span ttl = span_word(&text);
	uint64_t period_s;

	return stamp_parse_period(ttl, &period_s) < 0 || !text.size;
}

static int is_ttl_bad(struct span text)
{
	uint64_t period_s;

	return stamp_parse_period(text, &period_s) < 0;
}

int rbldnsd_special(struct rbldnsd *r, struct span text, uint64_t number)
{
	struct span word = span_word(&text);

	if (word.size == 1 && span_is_digit(word.text[0]))
		return !text_set(&r->variables[word.text[0] - '0'], text);
	if (span_equals(word, "="))
		return !text_set(&r->base, text);
	if (span_equals(word, "TIMESTAMP"))
		return timestamp_read(r, text, number);
	if (span_equals(word, "MAXRANGE4"))
		return max_range4_read(r, text);
	if (span_equals(word, "SOA"))
		return is_soa_bad(text);
	if (span_equals(word, "NS") || span_equals(word, "NAMESERVER"))
		return is_ns_bad(text);
	if (span_equals(word, "TTL"))
		return is_ttl_bad(text);
	return 1;
}

int rbldnsd_line(struct lines *lines, struct span line, uint64_t number)
{
	struct rbldnsd *r = lines->context;
	char first = line.text[0];
	bool is_marked =
	    (first == '#' || first == ';' || first == ':') && line.size > 1 && line.text[1] == '$';
	int rc;

	if (first == '$' || is_marked) {
		rc = rbldnsd_special(r, span_skip(line, 1u + is_marked), number);
		/* "#$Id$" is a comment, "$Id$" is not. */
		if (rc > 0 && first != '#' && first != ';')
			LINES_BAD(lines, number, "bad special '%.*s'", SPAN_QUOTE(line));
		return rc < 0 ? rc : 0;
	}
	if (first == '#' || first == ';')
		return 0;
	if (first == ':' && r->type->has_no_values) {
		LINES_BAD(lines, number, "bad line '%.*s': %s has no defaults", SPAN_QUOTE(line),
		          r->type->name);
		return 0;
	}
	if (first == ':' && !(r->type->has_colon_keys && span_starts(line, "::")))
		return rbldnsd_default(r, line, number);
	return r->type->entry(lines, line, number);
}

int rbldnsd_read(struct reader *reader, struct dataset_builder *builder,
                 const struct rbldnsd_type *type, char *out_error, size_t error_size)
{
	struct rbldnsd r = {.type = type, .now_s = time(NULL)};
	struct lines lines = {
	    .builder = builder, .context = &r, .error = out_error, .error_size = error_size};
	int rc;

	r.lines = &lines;
	rc = lines_each(reader, &lines, rbldnsd_line);
	if (rc == 0) {
		rc = rbldnsd_end(&r);
		if (rc < 0)
			snprintf(out_error, error_size, "%s", strerror(-rc));
	}
	rbldnsd_done(&r);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/zone_records.h"

#include "feeds/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TTL_DEFAULT_S 3600
#define RDATA_MAX     4096
#define STRING_MAX    255
#define PART_SIZE     32 /* what a record costs beside its bytes */
#define BLANKS        " \t"
#define SPECIAL_ERROR 200

enum { TYPE_A = 1, TYPE_CNAME = 5, TYPE_MX = 15, TYPE_TXT = 16, TYPE_AAAA = 28, TYPE_CAA = 257 };

struct parser {
	const char *file;
	unsigned line;
	char *error;
	size_t error_size;
	uint32_t ttl_s; /* $TTL */
	size_t size;    /* of all records so far, about */
	size_t capacity;
	struct zone_records *records;
};

/* What is being read: a record whose parts are not copied yet. */
struct draft {
	uint8_t name[NAME_WIRE_MAX + 1];
	uint8_t rdata[RDATA_MAX];
	size_t name_size, rdata_size;
	uint32_t ttl_s;
	unsigned type;
};

static int __attribute__((format(printf, 2, 3)))
bad(const struct parser *p, const char *format, ...)
{
	va_list arguments;
	int at = snprintf(p->error, p->error_size, "%s:%u: ", p->file, p->line);

	if (at < 0 || (size_t)at >= p->error_size)
		return -EINVAL;
	va_start(arguments, format);
	vsnprintf(p->error + at, p->error_size - (size_t)at, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

/* Cut the next word off a line; "" at its end. */
static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, BLANKS);
	char *end = word + strcspn(word, BLANKS);

	*rest = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

/* Whether a name is a whole reversed address, which only lists answer. */
static bool is_address(const uint8_t *name, size_t size)
{
	unsigned labels = 0, octets = 0, nibbles = 0;

	for (size_t at = 0; at < size; at += 1u + name[at]) {
		unsigned digits = 0;

		for (unsigned i = 1; i <= name[at]; i++)
			digits += name[at + i] >= '0' && name[at + i] <= '9';
		labels++;
		octets += name[at] <= 3 && digits == name[at];
		nibbles += name[at] == 1 && strchr("0123456789abcdef", name[at + 1]) != NULL;
	}
	return (labels == 4 && octets == 4) || (labels == 32 && nibbles == 32);
}

static int parse_owner(const struct parser *p, const char *word, struct draft *out)
{
	int size;

	out->name_size = 0;
	if (strcmp(word, "@") == 0)
		return 0;
	size = name_parse(word, strlen(word), out->name);
	if (size <= 0 || strchr(word, '*'))
		return bad(p, "bad name '%.80s', expected a name relative to the zone, or '@'",
		           word);
	if (is_address(out->name, (size_t)size))
		return bad(p, "'%.80s' is an address, expected a name: addresses belong in lists",
		           word);
	out->name_size = (size_t)size;
	return 0;
}

static int parse_type(const struct parser *p, const char *word, struct draft *out)
{
	static const struct {
		const char *name;
		unsigned type;
	} types[] = {{"A", TYPE_A},   {"AAAA", TYPE_AAAA},   {"TXT", TYPE_TXT},
	             {"MX", TYPE_MX}, {"CNAME", TYPE_CNAME}, {"CAA", TYPE_CAA}};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strcasecmp(types[i].name, word) == 0) {
			out->type = types[i].type;
			return 0;
		}
	}
	return bad(p, "%s '%.40s', expected one of A, AAAA, TXT, MX, CNAME, CAA",
	           *word ? "unknown type" : "no type", word);
}

/* An absolute name with its root label at the end of the RDATA. */
static int add_name(const struct parser *p, const char *word, struct draft *d)
{
	bool is_root = d->type == TYPE_MX && strcmp(word, ".") == 0; /* RFC 7505: no mail */
	uint8_t wire[NAME_WIRE_MAX + 1];
	int size = is_root ? 0 : name_parse(word, strlen(word), wire);

	if (size < 0 || (size == 0 && !is_root))
		return bad(p, "bad name '%.80s', expected an absolute name", word);
	memcpy(d->rdata + d->rdata_size, wire, (size_t)size);
	d->rdata_size += (size_t)size;
	d->rdata[d->rdata_size++] = 0;
	return 0;
}

static int expect_end(const struct parser *p, char *rest)
{
	const char *word = next_word(&rest);

	return *word ? bad(p, "'%.80s' behind the value, expected the end of the line", word) : 0;
}

static int parse_address(const struct parser *p, char *rest, struct draft *d)
{
	int family = d->type == TYPE_A ? AF_INET : AF_INET6;
	const char *word = next_word(&rest);

	if (inet_pton(family, word, d->rdata) != 1)
		return bad(p, "bad address '%.80s', expected an %s address", word,
		           d->type == TYPE_A ? "IPv4" : "IPv6");
	d->rdata_size = d->type == TYPE_A ? 4 : 16;
	return expect_end(p, rest);
}

static int parse_mx(const struct parser *p, char *rest, struct draft *d)
{
	const char *word = next_word(&rest);
	unsigned long preference = strtoul(word, NULL, 10);
	int rc;

	if (!*word || word[strspn(word, "0123456789")] || strlen(word) > 5 || preference > 65535)
		return bad(p, "bad preference '%.40s', expected a number from 0 to 65535", word);
	d->rdata[0] = (uint8_t)(preference >> 8);
	d->rdata[1] = (uint8_t)preference;
	d->rdata_size = 2;
	rc = add_name(p, next_word(&rest), d);
	return rc < 0 ? rc : expect_end(p, rest);
}

static int parse_cname(const struct parser *p, char *rest, struct draft *d)
{
	int rc;

	if (d->name_size == 0)
		return bad(p, "a CNAME at the apex, expected another type (RFC 1912 section 2.4)");
	rc = add_name(p, next_word(&rest), d);
	return rc < 0 ? rc : expect_end(p, rest);
}

/* Read a string in quotes; *text is behind them afterwards. Returns its size. */
static int parse_quoted(const struct parser *p, char **text, uint8_t out_string[STRING_MAX])
{
	size_t size = 0;
	char *c = *text + 1;

	for (; *c && *c != '"'; c++) {
		uint8_t byte = (uint8_t)*c;

		if (*c == '\\' && c[1] >= '0' && c[1] <= '9') {
			unsigned value = 0;

			if (sscanf(c + 1, "%3u", &value) != 1 || strspn(c + 1, "0123456789") < 3 ||
			    value > 255)
				return bad(p, "bad escape, expected \\000 to \\255");
			byte = (uint8_t)value;
			c += 3;
		} else if (*c == '\\' && c[1]) {
			byte = (uint8_t) * ++c;
		}
		if (size == STRING_MAX)
			return bad(p, "a string above %d bytes, expected several", STRING_MAX);
		out_string[size++] = byte;
	}
	if (*c != '"')
		return bad(p, "no closing '\"'");
	*text = c + 1;
	return (int)size;
}

static int parse_txt(const struct parser *p, char *rest, struct draft *d)
{
	rest += strspn(rest, BLANKS);
	if (*rest != '"') { /* as rbldnsd: the rest of the line */
		size_t size = strlen(rest);

		if (size == 0 || size > STRING_MAX)
			return bad(p, "%zu bytes of text, expected 1 to %d, or several \"strings\"",
			           size, STRING_MAX);
		d->rdata[0] = (uint8_t)size;
		memcpy(d->rdata + 1, rest, size);
		d->rdata_size = 1 + size;
		return 0;
	}
	while (*rest) {
		int size;

		if (*rest != '"')
			return bad(p, "'%.40s' between strings, expected '\"'", rest);
		if (d->rdata_size + 1 + STRING_MAX > RDATA_MAX)
			return bad(p, "above %d bytes of strings", RDATA_MAX);
		size = parse_quoted(p, &rest, d->rdata + d->rdata_size + 1);
		if (size < 0)
			return size;
		d->rdata[d->rdata_size] = (uint8_t)size;
		d->rdata_size += 1u + (size_t)size;
		rest += strspn(rest, BLANKS);
	}
	return 0;
}

/* RFC 8659 section 4.1: FLAGS TAG VALUE */
static int parse_caa(const struct parser *p, char *rest, struct draft *d)
{
	const char *flags = next_word(&rest), *tag = next_word(&rest);
	size_t tag_size = strlen(tag);
	char *value = rest + strspn(rest, BLANKS);
	int size;

	if (!*flags || flags[strspn(flags, "0123456789")] || strlen(flags) > 3 || atoi(flags) > 255)
		return bad(p, "bad flags '%.40s', expected a number from 0 to 255", flags);
	if (tag_size == 0 || tag_size > 15 ||
	    tag[strspn(tag, "abcdefghijklmnopqrstuvwxyz0123456789")])
		return bad(p, "bad tag '%.40s', expected issue, issuewild, iodef or another word",
		           tag);
	d->rdata[0] = (uint8_t)atoi(flags);
	d->rdata[1] = (uint8_t)tag_size;
	memcpy(d->rdata + 2, tag, tag_size);
	d->rdata_size = 2 + tag_size;
	if (*value == '"') {
		size = parse_quoted(p, &value, d->rdata + d->rdata_size);
		if (size < 0)
			return size;
		d->rdata_size += (size_t)size;
		return expect_end(p, value);
	}
	if (strlen(value) > STRING_MAX)
		return bad(p, "a value above %d bytes", STRING_MAX);
	memcpy(d->rdata + d->rdata_size, value, strlen(value));
	d->rdata_size += strlen(value);
	return 0;
}

static int parse_value(const struct parser *p, char *rest, struct draft *d)
{
	d->rdata_size = 0;
	switch (d->type) {
	case TYPE_A:
	case TYPE_AAAA:
		return parse_address(p, rest, d);
	case TYPE_MX:
		return parse_mx(p, rest, d);
	case TYPE_CNAME:
		return parse_cname(p, rest, d);
	case TYPE_TXT:
		return parse_txt(p, rest, d);
	case TYPE_CAA:
		return parse_caa(p, rest, d);
	}
	return -EINVAL;
}

static int keep(struct parser *p, const struct draft *d)
{
	struct zone_records *r = p->records;
	struct zone_record *item;

	p->size += d->name_size + d->rdata_size + PART_SIZE;
	if (p->size > ZONE_RECORDS_SIZE_MAX)
		return bad(p, "more records than a zone can have");
	if (r->count == p->capacity) {
		size_t capacity = p->capacity ? 2 * p->capacity : 16;
		struct zone_record *grown = reallocarray(r->items, capacity, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		r->items = grown;
		p->capacity = capacity;
	}
	item = &r->items[r->count];
	item->name = malloc(d->name_size + d->rdata_size + 1);
	if (!item->name)
		return -ENOMEM;
	memcpy(item->name, d->name, d->name_size);
	item->rdata = item->name + d->name_size;
	memcpy(item->rdata, d->rdata, d->rdata_size);
	item->name_size = d->name_size;
	item->rdata_size = d->rdata_size;
	item->ttl_s = d->ttl_s;
	item->type = (uint16_t)d->type;
	r->count++;
	return 0;
}

static int parse_directive(struct parser *p, char *line)
{
	const char *name = next_word(&line), *value;

	if (strcasecmp(name, "$TTL") != 0) {
		char error[SPECIAL_ERROR];
		int rc = zone_special_take(&p->records->special, name, line, error, sizeof(error));

		if (rc == -ENOENT)
			return bad(p, "unknown '%.40s', expected $TTL, $NS, $SOA or a record",
			           name);
		return rc == -EINVAL ? bad(p, "%s", error) : rc;
	}
	value = next_word(&line);
	if (!zone_special_ttl(value, &p->ttl_s))
		return bad(p, "bad ttl '%.40s', expected seconds, or a period such as 1h", value);
	return expect_end(p, line);
}

static int parse_line(struct parser *p, char *line)
{
	struct draft d;
	char *word;
	int rc;

	if (line[strspn(line, BLANKS)] == '\0' || *line == '#' || *line == ';')
		return 0;
	if (*line == '$')
		return parse_directive(p, line);
	rc = parse_owner(p, next_word(&line), &d);
	if (rc < 0)
		return rc;
	word = next_word(&line);
	d.ttl_s = p->ttl_s;
	if (*word >= '0' && *word <= '9') {
		if (!zone_special_ttl(word, &d.ttl_s))
			return bad(p, "bad ttl '%.40s', expected seconds, or a period such as 1h",
			           word);
		word = next_word(&line);
	}
	if (strcasecmp(word, "IN") == 0)
		word = next_word(&line);
	rc = parse_type(p, word, &d);
	if (rc == 0)
		rc = parse_value(p, line, &d);
	return rc < 0 ? rc : keep(p, &d);
}

static int compare_names(const void *left, const void *right)
{
	const struct zone_record *a = left, *b = right;

	return name_compare(a->name, a->name_size, b->name, b->name_size);
}

/* RFC 1034 section 3.6.2: where there is a CNAME there is nothing else. Sorts the records. */
static int check_cnames(const struct zone_records *r, const char *file, char *out_error,
                        size_t error_size)
{
	char text[4 * NAME_WIRE_MAX + 2];

	if (r->count > 1)
		qsort(r->items, r->count, sizeof(*r->items), compare_names);
	for (size_t i = 1; i < r->count; i++) {
		const struct zone_record *a = &r->items[i - 1], *b = &r->items[i];
		size_t size;

		if (compare_names(a, b) != 0 || (a->type != TYPE_CNAME && b->type != TYPE_CNAME))
			continue;
		size = name_format(a->name, a->name_size, text);
		snprintf(out_error, error_size,
		         "%s: '%.*s' has a CNAME and another record, expected one CNAME alone",
		         file, (int)(size < 80 ? size : 80), text);
		return -EINVAL;
	}
	return 0;
}

/* Parse each line of a copy of the file that may be written to. */
static int parse_lines(struct parser *p, char *bytes, size_t size)
{
	char *end = bytes + size;
	int rc = 0;

	for (char *line = bytes; line < end && rc == 0;) {
		char *line_end = memchr(line, '\n', (size_t)(end - line));
		char *next = line_end ? line_end + 1 : end;

		if (!line_end)
			line_end = end;
		p->line++;
		if (memchr(line, '\0', (size_t)(line_end - line)))
			return bad(p, "a NUL byte, expected text");
		if (line_end > line && line_end[-1] == '\r')
			line_end--;
		*line_end = '\0';
		rc = parse_line(p, line);
		line = next;
	}
	return rc;
}

struct zone_records *zone_records_parse(const char *file, const char *bytes, size_t size,
                                        char *out_error, size_t error_size)
{
	struct parser p = {file, 0, out_error, error_size, TTL_DEFAULT_S, 0, 0, NULL};
	char *copy = malloc(size + 1);
	int rc = -ENOMEM;

	snprintf(out_error, error_size, "%s: out of memory", file);
	p.records = calloc(1, sizeof(*p.records));
	if (copy && p.records) {
		memcpy(copy, bytes, size);
		copy[size] = '\0';
		rc = parse_lines(&p, copy, size);
	}
	if (rc == 0)
		rc = check_cnames(p.records, file, out_error, error_size);
	free(copy);
	if (rc == 0) {
		out_error[0] = '\0';
		return p.records;
	}
	zone_records_free(p.records);
	errno = -rc;
	return NULL;
}

struct zone_records *zone_records_read(const char *path, char *out_error, size_t error_size)
{
	char *bytes = malloc(ZONE_RECORDS_FILE_MAX + 1);
	FILE *file = fopen(path, "rbe");
	struct zone_records *r = NULL;
	size_t size = 0;
	int error = errno;

	if (bytes && file) {
		size = fread(bytes, 1, ZONE_RECORDS_FILE_MAX + 1, file);
		error = ferror(file) ? EIO : size > ZONE_RECORDS_FILE_MAX ? EFBIG : 0;
	}
	if (file)
		fclose(file);
	if (!bytes || error) {
		error = bytes ? error : ENOMEM;
		snprintf(out_error, error_size,
		         "%s: cannot be read: %s, expected a file of at most %u KiB", path,
		         strerror(error), ZONE_RECORDS_FILE_MAX >> 10);
		errno = error;
	} else {
		r = zone_records_parse(path, bytes, size, out_error, error_size);
	}
	error = errno;
	free(bytes);
	errno = error;
	return r;
}

void zone_records_free(struct zone_records *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		free(r->items[i].name);
	free(r->items);
	zone_special_done(&r->special);
	free(r);
}

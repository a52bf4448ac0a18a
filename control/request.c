/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum request_field {
	FIELD_LIST = 1,
	FIELD_KEY = 2,
	FIELD_FEED = 4,
	FIELD_TTL = 8,
	FIELD_CODE = 16,
	FIELD_TEXT = 32,
	FIELD_REASON = 64,
	FIELD_AUTHOR = 128,
	FIELD_DATA = 256,
	FIELD_UPLOAD = 512,
	FIELD_LAST = 1024,
	FIELD_VERSION = 2048,
	FIELD_KEYS = 4096,
	FIELD_EVENTS = 8192,
};

static const struct request_row {
	const char *name;
	enum request_command command;
	unsigned needed, allowed; /* enum request_field bits */
} request_rows[] = {
    {"status", REQUEST_STATUS, 0, 0},
    {"stats", REQUEST_STATS, 0, 0},
    {"list-add", REQUEST_LIST_ADD, FIELD_LIST | FIELD_KEY,
     FIELD_TTL | FIELD_CODE | FIELD_TEXT | FIELD_REASON | FIELD_AUTHOR},
    {"list-del", REQUEST_LIST_DEL, FIELD_LIST | FIELD_KEY, FIELD_AUTHOR},
    {"list-show", REQUEST_LIST_SHOW, FIELD_LIST, 0},
    {"feeds-refresh", REQUEST_FEEDS_REFRESH, 0, FIELD_FEED},
    {"feeds-accept", REQUEST_FEEDS_ACCEPT, FIELD_FEED, 0},
    {"feeds-rollback", REQUEST_FEEDS_ROLLBACK, FIELD_FEED, FIELD_VERSION},
    {"feeds-disable", REQUEST_FEEDS_DISABLE, FIELD_FEED, FIELD_REASON | FIELD_AUTHOR},
    {"feeds-enable", REQUEST_FEEDS_ENABLE, FIELD_FEED, FIELD_AUTHOR},
    {"feeds-diff", REQUEST_FEEDS_DIFF, FIELD_FEED, FIELD_KEYS},
    {"feeds-push", REQUEST_FEEDS_PUSH, FIELD_FEED | FIELD_DATA, FIELD_UPLOAD | FIELD_LAST},
    {"sources", REQUEST_SOURCES, FIELD_KEY, 0},
    {"report", REQUEST_REPORT, FIELD_EVENTS, 0},
    {"explain", REQUEST_EXPLAIN, FIELD_KEY, 0},
    {"delist", REQUEST_DELIST, FIELD_KEY | FIELD_REASON, FIELD_AUTHOR},
};
#define REQUEST_ROWS (sizeof(request_rows) / sizeof(request_rows[0]))

struct request_cursor {
	struct request *request;
	char *error;
	size_t error_size;
	bool failed; /* the first mistake is the one that is told */
};

static void request_fail(struct request_cursor *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void request_fail(struct request_cursor *c, const char *format, ...)
{
	va_list arguments;

	if (c->failed)
		return;
	c->failed = true;
	va_start(arguments, format);
	vsnprintf(c->error, c->error_size, format, arguments);
	va_end(arguments);
}

static const char *request_string(struct request_cursor *c, const char *name, const json_t *value,
                                  size_t max)
{
	const char *text = json_string_value(value);

	if (!text) {
		request_fail(c, "%s: expected a string", name);
		return NULL;
	}
	if (json_string_length(value) > max)
		request_fail(c, "%s: longer than %zu bytes", name, max);
	return text;
}

static void request_code(struct request_cursor *c, const json_t *value)
{
	const char *text = request_string(c, "code", value, 15);
	struct in_addr address;

	if (!text || c->failed)
		return;
	if (inet_pton(AF_INET, text, &address) != 1) {
		request_fail(c, "code: bad address '%s', expected 127.0.0.x", text);
		return;
	}
	c->request->code = ntohl(address.s_addr);
	/* RFC 5782 section 2.1: answers are in 127/8; 127.0.0.1 is never one. */
	if (c->request->code >> 24 != 127 || c->request->code == 0x7f000001)
		request_fail(c, "code: '%s' is not in 127.0.0.0/8 or is 127.0.0.1", text);
}

static void request_ttl(struct request_cursor *c, const json_t *value)
{
	json_int_t ttl = json_integer_value(value);

	if (!json_is_integer(value) || ttl <= 0 || (uint64_t)ttl > REQUEST_TTL_MAX)
		request_fail(c, "ttl_s: expected a number of seconds from 1 to %llu",
		             REQUEST_TTL_MAX);
	else
		c->request->ttl_s = (uint64_t)ttl;
}

static void request_upload(struct request_cursor *c, const json_t *value)
{
	json_int_t upload = json_integer_value(value);

	if (!json_is_integer(value) || upload < 0)
		request_fail(c,
		             "upload: expected the number that the first piece was answered with");
	else
		c->request->upload = (uint64_t)upload;
}

static void request_version(struct request_cursor *c, const json_t *value)
{
	json_int_t version = json_integer_value(value);

	if (!json_is_integer(value) || version <= 0)
		request_fail(c, "version: expected the number of a version");
	else
		c->request->version = (uint64_t)version;
}

static void request_keys(struct request_cursor *c, const json_t *value)
{
	const json_t *key;
	size_t i;

	if (!json_is_array(value) || json_array_size(value) > REQUEST_KEYS_MAX)
		request_fail(c, "keys: expected a list of at most %d keys", REQUEST_KEYS_MAX);
	json_array_foreach(value, i, key) request_string(c, "keys", key, 512);
	c->request->keys = value;
}

static const char *request_feed(struct request_cursor *c, const json_t *value)
{
	return json_is_null(value) ? NULL : request_string(c, "feed", value, 255);
}

/* Returns the field's bit, 0 for an unknown one. */
static unsigned request_field(struct request_cursor *c, const char *name, const json_t *value)
{
	struct request *r = c->request;

	if (strcmp(name, "list") == 0)
		return r->list = request_string(c, name, value, 255), FIELD_LIST;
	if (strcmp(name, "key") == 0)
		return r->key = request_string(c, name, value, 512), FIELD_KEY;
	if (strcmp(name, "feed") == 0)
		return r->feed = request_feed(c, value), FIELD_FEED;
	if (strcmp(name, "data") == 0)
		return r->data = request_string(c, name, value, REQUEST_DATA_MAX), FIELD_DATA;
	if (strcmp(name, "keys") == 0)
		return request_keys(c, value), FIELD_KEYS;
	if (strcmp(name, "events") == 0)
		return r->events = value, FIELD_EVENTS;
	if (strcmp(name, "upload") == 0)
		return request_upload(c, value), FIELD_UPLOAD;
	if (strcmp(name, "last") == 0)
		return r->is_last = json_is_true(value), FIELD_LAST;
	if (strcmp(name, "version") == 0 && !json_is_null(value))
		return request_version(c, value), FIELD_VERSION;
	if (json_is_null(value)) { /* an optional field may be null: not given */
		if (strcmp(name, "ttl_s") == 0)
			return FIELD_TTL;
		if (strcmp(name, "code") == 0)
			return FIELD_CODE;
		if (strcmp(name, "text") == 0)
			return FIELD_TEXT;
		if (strcmp(name, "reason") == 0)
			return FIELD_REASON;
		if (strcmp(name, "version") == 0)
			return FIELD_VERSION;
		return strcmp(name, "author") == 0 ? FIELD_AUTHOR : 0;
	}
	if (strcmp(name, "ttl_s") == 0)
		return request_ttl(c, value), FIELD_TTL;
	if (strcmp(name, "code") == 0)
		return request_code(c, value), FIELD_CODE;
	if (strcmp(name, "text") == 0)
		return r->text = request_string(c, name, value, REQUEST_TEXT_MAX), FIELD_TEXT;
	if (strcmp(name, "reason") == 0)
		return r->reason = request_string(c, name, value, REQUEST_NOTE_MAX), FIELD_REASON;
	if (strcmp(name, "author") == 0)
		return r->author = request_string(c, name, value, REQUEST_NOTE_MAX), FIELD_AUTHOR;
	return 0;
}

static const struct request_row *request_find(struct request_cursor *c)
{
	const json_t *value = json_object_get(c->request->json, "command");
	const char *name = json_string_value(value);

	if (!name) {
		request_fail(c, "command: expected a string");
		return NULL;
	}
	for (size_t i = 0; i < REQUEST_ROWS; i++) {
		if (strcmp(request_rows[i].name, name) == 0)
			return &request_rows[i];
	}
	request_fail(c, "command: unknown command '%.40s'", name);
	return NULL;
}

static void request_read(struct request_cursor *c)
{
	const struct request_row *row = request_find(c);
	unsigned seen = 0;
	const char *name;
	json_t *value;

	if (!row)
		return;
	c->request->command = row->command;
	json_object_foreach(c->request->json, name, value)
	{
		unsigned bit;

		if (strcmp(name, "command") == 0)
			continue;
		bit = request_field(c, name, value);
		if (!(bit & (row->needed | row->allowed)))
			request_fail(c, "%.40s: unknown field of command '%s'", name, row->name);
		seen |= bit;
	}
	if ((row->needed & FIELD_LIST) && !(seen & FIELD_LIST))
		request_fail(c, "list: missing, expected the name of a list");
	if ((row->needed & FIELD_KEY) && !(seen & FIELD_KEY))
		request_fail(c, "key: missing, expected an address, prefix, range or name");
	if ((row->needed & FIELD_FEED) && !c->request->feed)
		request_fail(c, "feed: missing, expected the name of a feed");
	if ((row->needed & FIELD_REASON) && !c->request->reason)
		request_fail(c, "reason: missing, expected why");
	if ((row->needed & FIELD_EVENTS) && !json_is_array(c->request->events))
		request_fail(c, "events: expected a list of events");
	if ((row->needed & FIELD_DATA) && !(seen & FIELD_DATA))
		request_fail(c, "data: missing, expected bytes in base64");
}

int request_parse(const char *line, size_t size, struct request *out_request, char *out_error,
                  size_t error_size)
{
	struct request request = {0};
	struct request_cursor cursor = {&request, out_error, error_size, false};
	json_error_t json_error;

	request.json = json_loadb(line, size, JSON_REJECT_DUPLICATES, &json_error);
	if (!request.json)
		request_fail(&cursor, "bad JSON at column %d: %s", json_error.column,
		             json_error.text);
	else if (!json_is_object(request.json))
		request_fail(&cursor, "expected a JSON object");
	else
		request_read(&cursor);
	if (cursor.failed) {
		request_done(&request);
		return -EINVAL;
	}
	*out_request = request;
	return 0;
}

void request_done(struct request *request)
{
	json_decref(request->json);
	memset(request, 0, sizeof(*request));
}

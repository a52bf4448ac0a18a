/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/event.h"

#include <jansson.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define HASH_DIGITS_MAX 64
#define FOUND_MAX       48                    /* bytes of what was found that an error repeats */
#define TIME_MAX_S      INT64_C(253402300799) /* the last second of the year 9999 */

struct reading {
	struct event *event;
	const uint8_t *hash_key;
	char *error;
	size_t error_size;
};

/* Fill in a member. Returns NULL, or what was expected instead. */
typedef const char *take_member(struct reading *r, const json_t *value);

/* A text that holds no NUL. */
static const char *text_of(const json_t *value, size_t *out_size)
{
	const char *text = json_string_value(value);

	if (!text || strlen(text) != json_string_length(value))
		return NULL;
	*out_size = json_string_length(value);
	return text;
}

static bool is_digits(const char *text, size_t count)
{
	return strspn(text, "0123456789") >= count;
}

/* What follows a time: a fraction, and the zone it is in. Errors: -EINVAL */
static int parse_zone(const char *text, double *out_s)
{
	double fraction = 0, scale = 0.1;
	int minutes;

	if (*text == '.') {
		if (!is_digits(++text, 1))
			return -EINVAL;
		for (; *text >= '0' && *text <= '9'; text++, scale /= 10)
			fraction += (*text - '0') * scale;
	}
	if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0) {
		*out_s = fraction;
		return 0;
	}
	if ((*text != '+' && *text != '-') || strlen(text) != 6 || !is_digits(text + 1, 2) ||
	    text[3] != ':' || !is_digits(text + 4, 2))
		return -EINVAL;
	minutes =
	    ((text[1] - '0') * 10 + text[2] - '0') * 60 + (text[4] - '0') * 10 + text[5] - '0';
	*out_s = fraction + (*text == '+' ? -60.0 : 60.0) * minutes;
	return 0;
}

/* "2026-01-01T00:00:00Z" (RFC 3339). Errors: -EINVAL */
static int parse_time(const char *text, double *out_s)
{
	static const char form[] = "0000-00-00T00:00:00"; /* strptime() alone skips blanks */
	struct tm tm = {0};
	const char *end;
	double zone_s;

	for (size_t i = 0; form[i]; i++) {
		if (form[i] == '0' ? !is_digits(text + i, 1) : text[i] != form[i])
			return -EINVAL;
	}
	end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!end || parse_zone(end, &zone_s) < 0)
		return -EINVAL;
	*out_s = (double)timegm(&tm) + zone_s;
	return 0;
}

static const char *take_ts(struct reading *r, const json_t *value)
{
	static const char expected[] =
	    "seconds since 1970 or a time such as \"2026-01-01T00:00:00Z\"";
	double seconds;
	size_t size;

	if (json_is_number(value))
		seconds = json_number_value(value);
	else if (!text_of(value, &size) || parse_time(text_of(value, &size), &seconds) < 0)
		return expected;
	if (!(seconds >= 0 && seconds <= (double)TIME_MAX_S))
		return expected;
	r->event->time_ms = (int64_t)(seconds * 1000 + 0.5);
	return NULL;
}

static int parse_address(const json_t *value, struct address_range *out_address)
{
	struct address_range address;
	size_t size;
	const char *text = text_of(value, &size);

	if (!text || memchr(text, '/', size) || memchr(text, '-', size) ||
	    address_parse(text, size, &address) < 0)
		return -EINVAL;
	*out_address = address;
	return 0;
}

static const char *take_ip(struct reading *r, const json_t *value)
{
	return parse_address(value, &r->event->address) == 0 &&
	               event_check_address(&r->event->address) == 0
	           ? NULL
	           : "an IPv4 or IPv6 address that is not loopback";
}

static const char *take_class(struct reading *r, const json_t *value)
{
	size_t size;
	const char *text = text_of(value, &size);

	return text && event_class_parse(text, size, &r->event->class) == 0 &&
	               r->event->class != EVENT_DHA
	           ? NULL
	           : "a class such as \"spam_verdict\", \"trap_pristine\" or \"invalid_rcpt\"";
}

static const char *take_n(struct reading *r, const json_t *value)
{
	json_int_t count = json_integer_value(value);

	if (!json_is_integer(value) || count < 1 || count > EVENT_COUNT_MAX)
		return "a whole number from 1 to 10000";
	r->event->count = (uint32_t)count;
	return NULL;
}

static const char *take_p(struct reading *r, const json_t *value)
{
	double p = json_number_value(value);

	if (!json_is_number(value) || !(p >= 0 && p <= 1))
		return "a number from 0 to 1";
	r->event->probability = (float)p;
	return NULL;
}

static const char *take_person(const json_t *value, const uint8_t *hash_key, uint64_t *out_hash)
{
	size_t size;
	const char *text = text_of(value, &size);

	if (!text || size == 0 || size > EVENT_PERSON_MAX)
		return "a text of 1 to 320 bytes";
	*out_hash = event_hash(text, size, hash_key);
	return NULL;
}

static const char *take_hash(const json_t *value, const uint8_t *hash_key, uint64_t *out_hash)
{
	size_t size;
	const char *text = text_of(value, &size);

	if (!text || size == 0 || size > HASH_DIGITS_MAX ||
	    strspn(text, "0123456789abcdefABCDEF") != size)
		return "1 to 64 hex digits";
	*out_hash = event_hash(text, size, hash_key);
	return NULL;
}

static const char *take_rcpt(struct reading *r, const json_t *value)
{
	return take_person(value, r->hash_key, &r->event->recipient);
}

static const char *take_rcpt_hash(struct reading *r, const json_t *value)
{
	return take_hash(value, r->hash_key, &r->event->recipient);
}

static const char *take_user(struct reading *r, const json_t *value)
{
	return take_person(value, r->hash_key, &r->event->user);
}

static const char *take_user_hash(struct reading *r, const json_t *value)
{
	return take_hash(value, r->hash_key, &r->event->user);
}

static const char *take_auth(struct reading *r, const json_t *value)
{
	r->event->is_authenticated = json_is_true(value);
	return json_is_boolean(value) ? NULL : "true or false";
}

static const char *take_null_sender(struct reading *r, const json_t *value)
{
	r->event->is_null_sender = json_is_true(value);
	return json_is_boolean(value) ? NULL : "true or false";
}

static const char *take_domain(struct reading *r, const json_t *value)
{
	size_t size;
	const char *text = text_of(value, &size);

	return text && event_set_domain(r->event, text, size) == 0 ? NULL : "a domain name";
}

static const char *take_received(struct reading *r, const json_t *value)
{
	static const char expected[] = "a list of at most 8 addresses, nearest first";
	size_t count = json_array_size(value);

	if (!json_is_array(value) || count > EVENT_HOPS_MAX)
		return expected;
	for (size_t i = 0; i < count; i++) {
		if (parse_address(json_array_get(value, i), &r->event->hops[i]) < 0)
			return expected;
	}
	r->event->hop_count = (uint8_t)count;
	return NULL;
}

static const char *take_id(struct reading *r, const json_t *value)
{
	size_t size;
	const char *text = text_of(value, &size);

	return text && event_set_id(r->event, text, size) == 0
	           ? NULL
	           : "at most 64 printable ASCII characters";
}

static const char *take_note(struct reading *r, const json_t *value)
{
	size_t size;
	const char *text = text_of(value, &size);

	return text && event_set_note(r->event, text, size) == 0
	           ? NULL
	           : "a text without control characters";
}

static const struct {
	const char *name;
	take_member *take;
} members[] = {
    {"ts", take_ts},
    {"ip", take_ip},
    {"class", take_class},
    {"n", take_n},
    {"p", take_p},
    {"rcpt", take_rcpt},
    {"rcpt_hash", take_rcpt_hash},
    {"user", take_user},
    {"user_hash", take_user_hash},
    {"auth", take_auth},
    {"null_sender", take_null_sender},
    {"domain", take_domain},
    {"received", take_received},
    {"id", take_id},
    {"note", take_note},
};

#define MEMBER_COUNT (sizeof(members) / sizeof(members[0]))

/* What others sent goes into logs: no control characters, and not all of it. */
static void tell(struct reading *r, const char *name, const json_t *found, const char *expected)
{
	char *dump = found ? json_dumps(found, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;

	snprintf(r->error, r->error_size, "%.20s: found %.*s%s, expected %s", name, FOUND_MAX,
	         dump ? dump : "nothing", dump && strlen(dump) > FOUND_MAX ? "..." : "", expected);
	free(dump);
}

static void tell_unknown(struct reading *r, const char *name)
{
	json_t *found = json_string(name);
	char *dump = found ? json_dumps(found, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;
	size_t at =
	    (size_t)snprintf(r->error, r->error_size, "%.*s: unknown member, expected one of",
	                     FOUND_MAX, dump ? dump : "?");

	for (size_t i = 0; i < MEMBER_COUNT && at < r->error_size; i++)
		at += (size_t)snprintf(r->error + at, r->error_size - at, "%s %s", i ? "," : "",
		                       members[i].name);
	free(dump);
	json_decref(found);
}

static int take(struct reading *r, const char *name, const json_t *value)
{
	for (size_t i = 0; i < MEMBER_COUNT; i++) {
		const char *expected;

		if (strcmp(members[i].name, name) != 0)
			continue;
		expected = members[i].take(r, value);
		if (!expected)
			return 0;
		tell(r, name, value, expected);
		return -EINVAL;
	}
	tell_unknown(r, name);
	return -EINVAL;
}

static const struct {
	const char *one, *other;
} exclusive[] = {{"rcpt", "rcpt_hash"}, {"user", "user_hash"}};

static int check_members(struct reading *r, const json_t *object)
{
	static const char *const needed[] = {"ip", "class"};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!json_object_get(object, needed[i])) {
			tell(r, needed[i], NULL, "this member in every event");
			return -EINVAL;
		}
	}
	for (size_t i = 0; i < sizeof(exclusive) / sizeof(exclusive[0]); i++) {
		if (json_object_get(object, exclusive[i].one) &&
		    json_object_get(object, exclusive[i].other)) {
			snprintf(r->error, r->error_size, "%s: found beside %s, expected only one",
			         exclusive[i].other, exclusive[i].one);
			return -EINVAL;
		}
	}
	if (json_object_get(object, "p") && r->event->class != EVENT_SPAM_VERDICT) {
		tell(r, "p", json_object_get(object, "p"), "it only with class spam_verdict");
		return -EINVAL;
	}
	return 0;
}

int event_from_json(const json_t *object, int64_t now_ms, const uint8_t hash_key[16],
                    struct event *out_event, char *out_error, size_t error_size)
{
	struct event event = {.time_ms = now_ms, .count = 1, .probability = 1, .weight = 1};
	struct reading r = {&event, hash_key, out_error, error_size};
	const char *name;
	json_t *value;
	int rc = 0;

	if (!json_is_object(object)) {
		snprintf(out_error, error_size, "expected a JSON object");
		return -EINVAL;
	}
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		rc = take(&r, name, value);
		if (rc < 0)
			return rc;
	}
	rc = check_members(&r, object);
	if (rc == 0)
		*out_event = event;
	return rc;
}

int event_parse_json(const char *text, size_t size, int64_t now_ms, const uint8_t hash_key[16],
                     struct event *out_event, char *out_error, size_t error_size)
{
	json_error_t error;
	json_t *object;
	int rc;

	if (size > EVENT_JSON_MAX) {
		snprintf(out_error, error_size, "%zu bytes, expected at most %d", size,
		         EVENT_JSON_MAX);
		return -EINVAL;
	}
	object = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	if (!object) {
		snprintf(out_error, error_size, "line %d, column %d: bad JSON: %.100s", error.line,
		         error.column, error.text);
		/* It repeats what it stumbled over. */
		for (char *c = out_error; *c; c++) {
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				*c = '?';
		}
		return -EINVAL;
	}
	rc = event_from_json(object, now_ms, hash_key, out_event, out_error, error_size);
	json_decref(object);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Events as JSON: what is taken over, and what each mistake is told as. */
#include "control/reputation/event.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW_MS  INT64_C(1767225600000)
#define IP      "\"ip\":\"192.0.2.1\""
#define SPAM    "\"class\":\"spam_verdict\""
#define LEAST   IP "," SPAM
#define A64     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ADDRESS "\"a@b.example\""

static const uint8_t key[16] = "a key of a test";

static int parse(const char *text, struct event *out_event, char error[256])
{
	return event_parse_json(text, strlen(text), NOW_MS, key, out_event, error, 256);
}

static const struct {
	const char *reason, *json, *error; /* how the error begins */
} bad_rows[] = {
    {"nothing", "", "line 1, column 0: bad JSON: '[' or '{' expected near end of file"},
    {"an escape sequence", "\x1b[31m", "line 1, column 1: bad JSON: '[' or '{' expected near '?'"},
    {"cut off", "{" IP, "line 1, column 17: bad JSON: '}' expected near end of file"},
    {"more than one", "{" LEAST "} {" LEAST "}", "line 1, column 43: bad JSON: end of file"},
    {"a list", "[]", "expected a JSON object"},
    {"a member given twice", "{" IP "," IP "," SPAM "}", "line 1, column 22: bad JSON: duplicate"},
    {"no ip", "{" SPAM "}", "ip: found nothing, expected this member in every event"},
    {"no class", "{" IP "}", "class: found nothing, expected this member in every event"},
    {"an unknown member", "{" LEAST ",\"colour\":1}",
     "\"colour\": unknown member, expected one of ts, ip, class, n, p, rcpt,"},
    {"an unknown member with a line end", "{" LEAST ",\"a\\nb\":1}",
     "\"a\\nb\": unknown member, expected one of ts, ip"},
    {"an ip that is a number", "{\"ip\":1," SPAM "}", "ip: found 1, expected an IPv4 or IPv6"},
    {"an ip that is a prefix", "{\"ip\":\"192.0.2.0/32\"," SPAM "}",
     "ip: found \"192.0.2.0/32\", expected an IPv4 or IPv6 address that is not loopback"},
    {"a range", "{\"ip\":\"192.0.2.0-192.0.2.0\"," SPAM "}", "ip: found"},
    {"an ip with a NUL", "{\"ip\":\"192.0.2.1\\u0000\"," SPAM "}", "line 1, column 23: bad JSON"},
    {"loopback", "{\"ip\":\"127.0.0.2\"," SPAM "}", "ip: found \"127.0.0.2\""},
    {"loopback of IPv6", "{\"ip\":\"::1\"," SPAM "}", "ip: found \"::1\""},
    {"loopback, mapped", "{\"ip\":\"::ffff:127.0.0.1\"," SPAM "}", "ip: found"},
    {"no address at all", "{\"ip\":\"0.0.0.0\"," SPAM "}", "ip: found"},
    {"a class there is not", "{" IP ",\"class\":\"spam\"}",
     "class: found \"spam\", expected a class such as"},
    {"a class that is derived", "{" IP ",\"class\":\"dha\"}", "class: found \"dha\""},
    {"n of none", "{" LEAST ",\"n\":0}", "n: found 0, expected a whole number from 1 to 10000"},
    {"n too large", "{" LEAST ",\"n\":10001}", "n: found 10001, expected"},
    {"n with a fraction", "{" LEAST ",\"n\":1.5}", "n: found 1.5, expected"},
    {"p above one", "{" LEAST ",\"p\":1.01}", "p: found 1.01, expected a number from 0 to 1"},
    {"p of another class", "{" IP ",\"class\":\"phish\",\"p\":0.5}",
     "p: found 0.5, expected it only with class spam_verdict"},
    {"a time before 1970", "{" LEAST ",\"ts\":-1}", "ts: found -1, expected seconds since 1970"},
    {"a time without zone", "{" LEAST ",\"ts\":\"2026-01-01T00:00:00\"}", "ts: found"},
    {"a month 13", "{" LEAST ",\"ts\":\"2026-13-01T00:00:00Z\"}", "ts: found"},
    {"a time with blanks", "{" LEAST ",\"ts\":\"2026- 1-01T00:00:00Z\"}", "ts: found"},
    {"a fraction of nothing", "{" LEAST ",\"ts\":\"2026-01-01T00:00:00.Z\"}", "ts: found"},
    {"a recipient that is no text", "{" LEAST ",\"rcpt\":1}", "rcpt: found 1, expected a text of"},
    {"an empty recipient", "{" LEAST ",\"rcpt\":\"\"}", "rcpt: found \"\", expected a text of 1"},
    {"a hash with other letters", "{" LEAST ",\"rcpt_hash\":\"xyz\"}",
     "rcpt_hash: found \"xyz\", expected 1 to 64 hex digits"},
    {"a hash beside the recipient", "{" LEAST ",\"rcpt\":\"a\",\"rcpt_hash\":\"a\"}",
     "rcpt_hash: found beside rcpt, expected only one"},
    {"auth that is a word", "{" LEAST ",\"auth\":\"yes\"}",
     "auth: found \"yes\", expected true or"},
    {"null_sender that is a number", "{" LEAST ",\"null_sender\":1}", "null_sender: found 1"},
    {"a domain of nothing", "{" LEAST ",\"domain\":\".\"}",
     "domain: found \".\", expected a domain"},
    {"a label of 65", "{" LEAST ",\"domain\":\"" A64 "a.example\"}", "domain: found \"aaaa"},
    {"a hop that is no address", "{" LEAST ",\"received\":[" ADDRESS "]}",
     "received: found [\"a@b.example\"], expected a list of at most 8 addresses, nearest first"},
    {"an id of 65", "{" LEAST ",\"id\":\"" A64 "a\"}", "id: found \"aaaaaaaaaaaaaaaa"},
    {"an id that is not ASCII", "{" LEAST ",\"id\":\"\xc3\xa9\"}",
     "id: found \"\\u00E9\", expected at most 64 printable ASCII characters"},
    {"a note with a line end", "{" LEAST ",\"note\":\"a\\nb\"}", "note: found \"a\\nb\", expected"},
};

static void mistakes_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_rows) / sizeof(bad_rows[0]); i++) {
		struct event event, before;
		char error[256] = "";
		int rc;

		memset(&event, 0x5a, sizeof(event));
		before = event;
		rc = parse(bad_rows[i].json, &event, error);
		if (rc != -EINVAL ||
		    strncmp(error, bad_rows[i].error, strlen(bad_rows[i].error)) != 0)
			fail_msg("%s: %d '%s', expected '%s'", bad_rows[i].reason, rc, error,
			         bad_rows[i].error);
		if (memcmp(&event, &before, sizeof(event)) != 0)
			fail_msg("%s: the event was changed", bad_rows[i].reason);
	}
}

static void too_many_bytes_are_not_read(void **state)
{
	char *text = malloc(EVENT_JSON_MAX + 2), error[256];
	struct event event;

	(void)state;
	memset(text, ' ', EVENT_JSON_MAX + 1);
	memcpy(text, "{" LEAST "}", strlen("{" LEAST "}"));
	assert_int_equal(event_parse_json(text, EVENT_JSON_MAX, 0, key, &event, error, 256), 0);
	assert_int_equal(event_parse_json(text, EVENT_JSON_MAX + 1, 0, key, &event, error, 256),
	                 -EINVAL);
	assert_string_equal(error, "4097 bytes, expected at most 4096");
	free(text);
}

static void the_least_has_defaults(void **state)
{
	struct event e;
	char error[256];

	(void)state;
	assert_int_equal(parse("{" LEAST "}", &e, error), 0);
	assert_int_equal(e.time_ms, NOW_MS);
	assert_int_equal(e.class, EVENT_SPAM_VERDICT);
	assert_true(!e.address.is_ip6 && e.address.first == 0xc0000201);
	assert_int_equal(e.count, 1);
	assert_true(e.probability == 1 && e.weight == 1);
	assert_true(!e.recipient && !e.user && !e.is_authenticated && !e.is_null_sender);
	assert_true(!e.domain_size && !e.hop_count && !e.id[0] && !e.note[0] && !e.reporter[0]);
}

static void all_members_are_taken(void **state)
{
	static const char json[] =
	    "{\"ts\":1767225600.25,\"ip\":\"2001:db8::1\",\"class\":\"spam_verdict\",\"n\":10000,"
	    "\"p\":0.5,\"rcpt\":\"Joe@Example.ORG\",\"user_hash\":\"00ff\",\"auth\":true,"
	    "\"null_sender\":true,\"domain\":\"News.Example.\",\"received\":[\"192.0.2.1\","
	    "\"127.0.0.1\"],\"id\":\"" A64 "\",\"note\":\"x\"}";
	struct event e;
	char error[256];

	(void)state;
	if (parse(json, &e, error) < 0)
		fail_msg("%s", error);
	assert_int_equal(e.time_ms, NOW_MS + 250);
	assert_true(e.address.is_ip6 && e.address.first >> 96 == 0x20010db8);
	assert_int_equal(e.count, 10000);
	assert_true(e.probability == 0.5f);
	assert_int_equal(e.recipient, event_hash("joe@example.org", 15, key));
	assert_int_equal(e.user, event_hash("00FF", 4, key));
	assert_true(e.is_authenticated && e.is_null_sender);
	assert_int_equal(e.domain_size, 13);
	assert_memory_equal(e.domain, "\4news\7example", 13);
	assert_int_equal(e.hop_count, 2);
	assert_true(e.hops[0].first == 0xc0000201 && e.hops[1].first == 0x7f000001);
	assert_string_equal(e.id, A64);
	assert_string_equal(e.note, "x");
}

static const struct {
	const char *text;
	int64_t time_ms;
} times[] = {
    {"1767225600", NOW_MS},
    {"0", 0},
    {"\"2026-01-01T00:00:00Z\"", NOW_MS},
    {"\"2026-01-01T00:00:00.5z\"", NOW_MS + 500},
    {"\"2026-01-01T01:30:00+01:30\"", NOW_MS},
    {"\"2025-12-31T19:00:00.125-05:00\"", NOW_MS + 125},
};

static void times_are_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		char json[128], error[256];
		struct event e;

		snprintf(json, sizeof(json), "{" LEAST ",\"ts\":%s}", times[i].text);
		if (parse(json, &e, error) < 0)
			fail_msg("%s: %s", times[i].text, error);
		assert_int_equal(e.time_ms, times[i].time_ms);
	}
}

static const struct {
	const char *reason, *note, *kept;
} notes[] = {
    {"plain", "score 12.1", "score 12.1"},
    {"an address", "to joe@example.org now", "to ***@example.org now"},
    {"in brackets", "<joe.doe@example.org>,a@b", "<*******@example.org>,*@b"},
    {"more than one @", "a@b@c", "***@c"},
    {"an @ alone", "@ x@", "@ *@"},
    {"a part that is quoted", "to \"joe doe\"@b.example", "************@b.example"},
};

static void notes_name_nobody(void **state)
{
	char note[200], kept[200];
	struct event e;

	(void)state;
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		assert_int_equal(event_set_note(&e, notes[i].note, strlen(notes[i].note)), 0);
		if (strcmp(e.note, notes[i].kept) != 0)
			fail_msg("%s: '%s'", notes[i].reason, e.note);
	}
	/* Characters of two bytes, of which the cut would hit the middle of one. */
	strcpy(note, "x");
	while (strlen(note) < 150)
		strcat(note, "\xc3\xa9");
	memcpy(kept, note, EVENT_NOTE_MAX - 1);
	kept[EVENT_NOTE_MAX - 1] = 0;
	assert_int_equal(event_set_note(&e, note, strlen(note)), 0);
	assert_string_equal(e.note, kept);
}

static void hashes_need_the_key(void **state)
{
	static const uint8_t other[16] = "another key";

	(void)state;
	assert_true(event_hash("a", 1, key) == event_hash("A", 1, key));
	assert_true(event_hash("a", 1, key) != event_hash("b", 1, key));
	assert_true(event_hash("a", 1, key) != event_hash("a", 1, other));
}

static void names_of_classes_are_read_back(void **state)
{
	(void)state;
	for (unsigned i = 0; i < EVENT_CLASS_COUNT; i++) {
		const char *name = event_class_name((enum event_class)i);
		enum event_class class;

		assert_int_equal(event_class_parse(name, strlen(name), &class), 0);
		assert_int_equal(class, i);
		assert_int_equal(event_class_parse(name, strlen(name) - 1, &class), -ENOENT);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mistakes_are_told),
	    cmocka_unit_test(too_many_bytes_are_not_read),
	    cmocka_unit_test(the_least_has_defaults),
	    cmocka_unit_test(all_members_are_taken),
	    cmocka_unit_test(times_are_understood),
	    cmocka_unit_test(notes_name_nobody),
	    cmocka_unit_test(hashes_need_the_key),
	    cmocka_unit_test(names_of_classes_are_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

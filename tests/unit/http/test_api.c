/* SPDX-License-Identifier: BSD-3-Clause */
/* Events in, explanations out, delisting by the operator and by anybody. */
#include "control/config_reputation.h"
#include "control/http/api.h"
#include "control/http/delistings.h"
#include "tests/unit/control/folder.h"
#include "tests/unit/http/exchange.h"
#include "tests/unit/http/model.h"

#include <event2/event.h>
#include <sodium.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define REPORTER "Authorization: Bearer " MODEL_TOKEN "\r\n"
#define OPERATOR "Authorization: Bearer operator-token-1\r\n"

struct world {
	struct folder folder;
	struct exchange exchange;
	struct reputation reputation;
	struct config_reputation section;
	struct config config;
	struct api api;
	struct http *http;
};

static const char *state(void *context)
{
	(void)context;
	return "serving";
}

static int setup(void **out_state)
{
	struct world *w = calloc(1, sizeof(*w));
	int fd = exchange_listen(&w->exchange.port);

	folder_init(&w->folder);
	model_init(&w->reputation);
	dials_default(&w->section.dials);
	w->section.delist = (struct config_delist){1, 3, 86400};
	w->config.reputation = &w->section;
	strcpy(w->config.http.operator_token, "operator-token-1");
	w->api = (struct api){
	    .reputation = &w->reputation,
	    .config = &w->config,
	    .delistings = delistings_open(folder_at(&w->folder, "state"), time(NULL)),
	    .state = state,
	    .form_key = {1, 2, 3},
	};
	assert_non_null(w->api.delistings);
	w->exchange.base = event_base_new();
	w->http =
	    http_new(w->exchange.base, fd, &(struct http_settings){NULL, 0}, api_routes, &w->api);
	assert_non_null(w->http);
	*out_state = w;
	return 0;
}

static int teardown(void **state_of)
{
	struct world *w = *state_of;

	http_free(w->http);
	event_base_free(w->exchange.base);
	delistings_close(w->api.delistings);
	model_done(&w->reputation);
	folder_done(&w->folder);
	free(w);
	return 0;
}

static int ask(struct world *w, const char *line, const char *headers, const char *body)
{
	return exchange_ask(&w->exchange, line, headers, body);
}

static bool says(const struct world *w, const char *text)
{
	return strstr(exchange_body(&w->exchange), text) != NULL;
}

#define SPAM "{\"ip\": \"192.0.2.1\", \"class\": \"spam_verdict\", \"p\": 0.9}"

static void test_events(void **state_of)
{
	static const struct {
		const char *headers, *body;
		int status;
		const char *answer;
		unsigned submitted;
		const char *reason;
	} rows[] = {
	    {REPORTER, SPAM, 200, "\"counted\": 1", 1, "one"},
	    {REPORTER, "[" SPAM ", " SPAM "]", 200, "\"counted\": 2", 2, "an array"},
	    {REPORTER, SPAM "\n" SPAM "\r\n\n", 200, "\"counted\": 2", 2, "lines"},
	    {"Authorization: Basic eDpyZXBvcnRlci10b2tlbi0x\r\n", SPAM, 200, "\"counted\": 1", 1,
	     "the token as a password"},
	    {"", SPAM, 401, "the token of a reporter", 0, "no token"},
	    {OPERATOR, SPAM, 401, "the token of a reporter", 0, "another token"},
	    {REPORTER, "", 400, "no events", 0, "nothing"},
	    {REPORTER, "[]", 400, "no events", 0, "an empty array"},
	    {REPORTER, "[" SPAM, 400, "events[0]: bad JSON", 0, "cut off"},
	    {REPORTER, SPAM "\n" SPAM " x", 400, "events[2]: bad JSON", 0, "something after it"},
	    {REPORTER, "[" SPAM ", {\"ip\": \"192.0.2.1\", \"class\": \"bad\"}]", 400,
	     "events[1]: class: found", 0, "all or nothing, and the member is named"},
	    {REPORTER, "[3]", 400, "events[0]: expected an object", 0, "a number"},
	    {REPORTER, "{\"ip\": \"127.0.0.1\", \"class\": \"phish\"}", 400, "events[0]: ip:", 0,
	     "loopback"},
	};
	struct world *w = *state_of;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t before = w->reputation.submitted;
		int status = ask(w, "POST /v1/events HTTP/1.1", rows[i].headers, rows[i].body);

		if (status != rows[i].status || !says(w, rows[i].answer) ||
		    w->reputation.submitted - before != rows[i].submitted)
			fail_msg("%s: %s", rows[i].reason, w->exchange.answer);
	}
	assert_int_equal(w->reputation.refused, 7);
}

static void test_outcomes(void **state_of)
{
	static const struct {
		enum reputation_outcome outcome;
		int status;
		bool is_retried;
	} rows[] = {
	    {REPUTATION_REPEATED, 200, false},         {REPUTATION_OWN, 200, false},
	    {REPUTATION_FUTURE, 422, false},           {REPUTATION_TOO_OLD, 422, false},
	    {REPUTATION_TOO_MANY, 429, true},          {REPUTATION_NOT_SAVED, 503, true},
	    {REPUTATION_UNKNOWN_REPORTER, 403, false},
	};
	struct world *w = *state_of;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		w->reputation.outcome = rows[i].outcome;
		assert_int_equal(
		    ask(w, "POST /v1/events HTTP/1.1", REPORTER, "[" SPAM "," SPAM "]"),
		    rows[i].status);
		assert_true(says(w, "\"counted\": 1"));
		assert_int_equal(strstr(w->exchange.answer, "Retry-After") != NULL,
		                 rows[i].is_retried);
		assert_int_equal(says(w, "1 of 2 events refused"), rows[i].status != 200);
	}
	w->reputation.is_full = true;
	assert_int_equal(ask(w, "POST /v1/events HTTP/1.1", REPORTER, SPAM), 503);
	w->api.reputation = NULL;
	assert_int_equal(ask(w, "POST /v1/events HTTP/1.1", REPORTER, SPAM), 503);
	assert_true(says(w, "keeps no reputation"));
}

static void test_too_many(void **state_of)
{
	static const char one[] = "{\"ip\":\"192.0.2.1\",\"class\":\"phish\"}\n";
	size_t count = 1001, size = sizeof(one) - 1;
	char *body = malloc(count * size + 1);
	struct world *w = *state_of;

	assert_non_null(body);
	for (size_t i = 0; i < count; i++)
		memcpy(body + i * size, one, size + 1);
	assert_int_equal(ask(w, "POST /v1/events HTTP/1.1", REPORTER, body), 413);
	body[1000 * size] = '\0';
	assert_int_equal(ask(w, "POST /v1/events HTTP/1.1", REPORTER, body), 200);
	free(body);
}

static void test_rspamd(void **state_of)
{
	struct world *w = *state_of;

	assert_int_equal(ask(w, "POST /v1/rspamd HTTP/1.1", REPORTER,
	                     "{\"ip\":\"192.0.2.1\",\"action\":\"reject\",\"user\":\"unknown\","
	                     "\"from\":\"a@b.example\",\"rcpt\":[\"c@d.example\"],\"symbols\":[]}"),
	                 200);
	assert_int_equal(w->reputation.submitted, 1);
	assert_int_equal(ask(w, "POST /v1/rspamd HTTP/1.1", REPORTER,
	                     "{\"ip\":\"192.0.2.1\",\"action\":\"greylist\"}"),
	                 200);
	assert_int_equal(ask(w, "POST /v1/rspamd HTTP/1.1", REPORTER, "{}"), 400);
	assert_int_equal(ask(w, "POST /v1/rspamd HTTP/1.1", "", "{}"), 401);
	assert_int_equal(w->reputation.submitted, 1);
}

/* The rows of an explanation, in hundredths. */
static json_int_t sum_of(const json_t *explained)
{
	static const char *const parts[] = {"start_hundredths", "history_hundredths",
	                                    "rounding_hundredths"};
	json_int_t sum = json_integer_value(
	    json_object_get(json_object_get(explained, "prior"), "score_hundredths"));
	const json_t *row;
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		sum += json_integer_value(json_object_get(explained, parts[i]));
	json_array_foreach(json_object_get(explained, "table"), i, row) sum +=
	    json_integer_value(json_object_get(row, "score_hundredths"));
	return sum;
}

static void test_explain(void **state_of)
{
	static const char *const bad[] = {"",    "192.0.2.300",   "192.0.2.0%2f25",  "x",
	                                  "AS0", "AS99999999999", "2001:db8::%2f32", "%ff"};
	struct world *w = *state_of;
	json_t *explained;

	model_list(&w->reputation, "192.0.2.7");
	ask(w, "POST /v1/events HTTP/1.1", REPORTER,
	    "[{\"ip\":\"192.0.2.7\",\"class\":\"spam_verdict\",\"p\":0.7},{\"ip\":\"192.0.2.7\","
	    "\"class\":\"good_delivery\",\"auth\":true,\"rcpt\":\"a@b\",\"domain\":\"x.example\"}"
	    "]");
	assert_int_equal(ask(w, "GET /v1/explain/192.0.2.7 HTTP/1.1", "", NULL), 200);
	explained = json_loads(exchange_body(&w->exchange), 0, NULL);
	assert_non_null(explained);
	assert_true(json_is_true(json_object_get(explained, "known")));
	assert_int_equal(sum_of(explained),
	                 100 * json_integer_value(json_object_get(explained, "score")));
	assert_true(json_array_size(json_object_get(explained, "table")) >= 2);
	assert_int_equal(json_array_size(json_object_get(explained, "lists")), DIALS_LIST_COUNT);
	json_decref(explained);
	assert_true(says(w, "\"why\": \"listed\""));
	assert_true(says(w, "unless new evidence comes"));
	assert_int_equal(ask(w, "GET /v1/explain/192.0.2.0%2f24 HTTP/1.1", "", NULL), 200);
	assert_int_equal(ask(w, "GET /v1/explain/2001:db8::7 HTTP/1.1", "", NULL), 200);
	assert_true(says(w, "\"key\": \"2001:db8::/64\""));
	assert_true(says(w, "\"known\": false"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char line[100];

		snprintf(line, sizeof(line), "GET /v1/explain/%s HTTP/1.1", bad[i]);
		if (ask(w, line, "", NULL) != 400)
			fail_msg("'%s': %s", bad[i], w->exchange.answer);
	}
}

static void test_delist(void **state_of)
{
	static const struct {
		const char *headers, *body;
		int status;
		const char *answer;
	} rows[] = {
	    {"", "{\"key\": \"192.0.2.7\", \"reason\": \"x\"}", 401, "operator"},
	    {REPORTER, "{\"key\": \"192.0.2.7\", \"reason\": \"x\"}", 401, "operator"},
	    {OPERATOR, "{\"key\": \"192.0.2.7\"}", 400, "reason"},
	    {OPERATOR, "{\"key\": \"192.0.2.7\", \"reason\": \"x\", \"y\": 1}", 400, "body:"},
	    {OPERATOR, "{\"key\": \"x\", \"reason\": \"x\"}", 400, "key: 'x' is no address"},
	    {OPERATOR, "{\"key\": \"192.0.2.8\", \"reason\": \"x\"}", 404, "nothing is known"},
	    {OPERATOR, "{\"key\": \"192.0.2.7\", \"reason\": \"x\"}", 200, "\"ok\": true"},
	};
	struct world *w = *state_of;

	model_list(&w->reputation, "192.0.2.7");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = ask(w, "POST /v1/delist HTTP/1.1", rows[i].headers, rows[i].body);

		if (status != rows[i].status || !says(w, rows[i].answer))
			fail_msg("%zu: %s", i, w->exchange.answer);
	}
	assert_string_equal(w->reputation.who, "operator at 127.0.0.1");
	w->reputation.delist_rc = -ENOSPC;
	assert_int_equal(ask(w, "POST /v1/delist HTTP/1.1", OPERATOR, rows[6].body), 503);
	w->config.http.operator_token[0] = '\0';
	assert_int_equal(
	    ask(w, "POST /v1/delist HTTP/1.1", "Authorization: Bearer\r\n", rows[6].body), 401);
}

/* The confirmation in the page that was answered. */
static void read_confirmation(const struct world *w, char out_text[256])
{
	const char *found = strstr(exchange_body(&w->exchange), "name=\"confirm\" value=\"");

	assert_non_null(found);
	assert_int_equal(sscanf(found, "name=\"confirm\" value=\"%255[^\"]\"", out_text), 1);
}

static int post_page(struct world *w, const char *headers, const char *address, const char *confirm)
{
	char body[512];

	snprintf(body, sizeof(body), "i=%s&reason=mended%%3cb%%3e%s%s", address,
	         confirm ? "&confirm=" : "", confirm ? confirm : "");
	return ask(w, "POST /delist HTTP/1.1", headers, body);
}

static void test_page(void **state_of)
{
	struct world *w = *state_of;
	char confirm[256];

	model_list(&w->reputation, "192.0.2.7");
	model_list(&w->reputation, "192.0.2.8");
	assert_int_equal(ask(w, "GET /delist HTTP/1.1", "", NULL), 200);
	assert_int_equal(ask(w, "GET /delist?i=192.0.2.9 HTTP/1.1", "", NULL), 200);
	assert_true(says(w, "192.0.2.9 is on no list"));
	assert_int_equal(ask(w, "GET /delist?i=%22%3e%3cscript%3e HTTP/1.1", "", NULL), 400);
	assert_false(says(w, "<script"));
	assert_int_equal(ask(w, "GET /delist?i=192.0.2.7 HTTP/1.1", "", NULL), 200);
	assert_true(says(w, "<td>trap<td>"));
	assert_non_null(strstr(w->exchange.answer, "Content-Security-Policy: default-src 'none'"));

	assert_int_equal(post_page(w, "", "192.0.2.7", NULL), 200);
	assert_true(says(w, "mended&lt;b&gt;"));
	read_confirmation(w, confirm);
	assert_int_equal(post_page(w, "", "192.0.2.8", confirm), 403); /* of another address */
	assert_int_equal(post_page(w, "Origin: http://evil.example\r\n", "192.0.2.7", confirm),
	                 403);
	confirm[strlen(confirm) - 1] ^= 1;
	assert_int_equal(post_page(w, "", "192.0.2.7", confirm), 403);
	assert_int_equal(post_page(w, "", "192.0.2.7", "9999999999.0"), 403);
	assert_int_equal(post_page(w, "", "192.0.2.7", ""), 403);
	assert_string_equal(w->reputation.who, "");
	confirm[strlen(confirm) - 1] ^= 1;
	assert_int_equal(post_page(w, "Origin: http://x\r\n", "192.0.2.7", confirm), 200);
	assert_string_equal(w->reputation.who, "self-service from 127.0.0.1");
	assert_string_equal(w->reputation.why, "mended<b>");
	assert_int_equal(post_page(w, "", "192.0.2.7", confirm), 429); /* once a day */
	assert_int_equal(ask(w, "GET /delist?i=192.0.2.7 HTTP/1.1", "", NULL), 200);
	assert_true(says(w, "192.0.2.7 is on no list"));
	delistings_close(w->api.delistings);
	w->api.delistings = NULL;
	assert_int_equal(ask(w, "GET /delist?i=192.0.2.7 HTTP/1.1", "", NULL), 404);
}

/* A confirmation as the page makes it, signed, for a moment. */
static void sign(const struct world *w, const char *key, int64_t expires_s, char out_text[256])
{
	unsigned char mac[crypto_auth_BYTES];
	char text[200];
	int size = snprintf(text, sizeof(text), "%lld %s 127.0.0.1", (long long)expires_s, key);
	int at = snprintf(out_text, 256, "%lld.", (long long)expires_s);

	crypto_auth(mac, (const unsigned char *)text, (unsigned long long)size, w->api.form_key);
	sodium_bin2hex(out_text + at, 256 - (size_t)at, mac, sizeof(mac));
}

static void test_page_limits(void **state_of)
{
	static const struct {
		const char *address, *key;
		int64_t expires_s; /* from now */
		int status;
		const char *reason;
	} rows[] = {
	    {"192.0.2.7", "192.0.2.7", -1, 403, "a confirmation that is over"},
	    {"192.0.2.7", "192.0.2.7", 3600, 403, "one that lasts longer than any"},
	    {"192.0.2.7", "192.0.2.7", 600, 200, "one that is good"},
	    {"192.0.2.7", "192.0.2.7", 600, 404, "again: it is on no list"},
	    {"192.0.2.8", "192.0.2.8", 600, 200, "another address has its own turns"},
	    {"2001:db8::1", "2001:db8::/64", 600, 200, "a /64 is one sender"},
	    {"2001:db8::2", "2001:db8::/64", 600, 200, "whichever address of it is named"},
	    {"2001:db8::3", "2001:db8::/64", 600, 429, "which uses up its turns"},
	    {"192.0.2.99", "192.0.2.99", 600, 404, "one that is on no list"},
	    {"198.51.100.99", "198.51.100.99", 600, 403, "one that is listed with its net"},
	    {"192.0.2.0/24", "192.0.2.0/24", 600, 400, "nets are the operator's"},
	    {"shop.example", "shop.example", 600, 400, "and domains"},
	    {"AS64500", "AS64500", 600, 400, "and AS numbers"},
	};
	struct world *w = *state_of;
	char confirm[256];

	w->section.delist = (struct config_delist){2, 2, 86400};
	for (unsigned host = 1; host <= 5; host++) {
		char address[32];

		snprintf(address, sizeof(address), "198.51.100.%u", host);
		model_list(&w->reputation, address);
	}
	model_list(&w->reputation, "192.0.2.7");
	model_list(&w->reputation, "192.0.2.8");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		w->reputation.now_ms += 60000;
		if (strncmp(rows[i].address, "2001", 4) == 0)
			model_list(&w->reputation, "2001:db8::1");
		sign(w, rows[i].key, time(NULL) + rows[i].expires_s, confirm);
		w->reputation.who[0] = '\0';
		if (post_page(w, "", rows[i].address, confirm) != rows[i].status)
			fail_msg("%s: %s", rows[i].reason, w->exchange.answer);
		assert_int_equal(w->reputation.who[0] != '\0', rows[i].status == 200);
	}
	/* What is refused uses up no turn. */
	assert_int_equal(post_page(w, "", "192.0.2.99", NULL), 200);
	assert_int_equal(ask(w, "GET /delist?i=198.51.100.99 HTTP/1.1", "", NULL), 200);
	assert_true(says(w, "listed with its network"));
	assert_false(says(w, "Take 198.51.100.99 off"));
	/* Not saved: not done, and told. */
	w->reputation.delist_rc = -ENOSPC;
	w->section.delist = (struct config_delist){9, 9, 86400};
	model_list(&w->reputation, "192.0.2.8");
	sign(w, "192.0.2.8", time(NULL) + 600, confirm);
	assert_int_equal(post_page(w, "", "192.0.2.8", confirm), 503);
	/* None by self-service. */
	w->section.delist = (struct config_delist){0, 9, 86400};
	assert_int_equal(post_page(w, "", "192.0.2.8", confirm), 429);
}

/* Who delisted it is told to the operator alone. */
static void test_explain_history(void **state_of)
{
	struct world *w = *state_of;

	model_list(&w->reputation, "192.0.2.7");
	assert_int_equal(ask(w, "POST /v1/delist HTTP/1.1", OPERATOR,
	                     "{\"key\": \"192.0.2.7\", \"reason\": \"mended\"}"),
	                 200);
	assert_int_equal(ask(w, "GET /v1/explain/192.0.2.7 HTTP/1.1", "", NULL), 200);
	assert_true(says(w, "\"end\": \"delisted\""));
	assert_true(says(w, "\"because\": \"a pristine trap\""));
	assert_false(says(w, "mended"));
	assert_int_equal(ask(w, "GET /v1/explain/192.0.2.7 HTTP/1.1", REPORTER, NULL), 200);
	assert_false(says(w, "mended"));
	assert_int_equal(ask(w, "GET /v1/explain/192.0.2.7 HTTP/1.1", OPERATOR, NULL), 200);
	assert_true(says(w, "\"who\": \"operator at 127.0.0.1\""));
	assert_true(says(w, "\"why\": \"mended\""));
}

/* Rows that are too old to matter leave the file when it is opened. */
static void test_old_delistings(void **state_of)
{
	const struct delistings_limits limits = {1, 3, 86400};
	const int64_t now = 1700000000, old = now - 31 * 86400;
	struct world *w = *state_of;
	char text[4096];
	FILE *file;
	size_t size;

	delistings_close(w->api.delistings);
	snprintf(text, sizeof(text),
	         "{\"key\": \"a\", \"time_s\": %lld, \"who\": \"me\"}\n"
	         "{\"key\": \"b\", \"time_s\": %lld, \"who\": \"me\"}\n"
	         "{\"key\": \"c\", \"time_s\": %lld, \"who\": \"me\"}\n{\"key\": \"to",
	         (long long)old, (long long)old, (long long)now - 1);
	folder_write(&w->folder, "state/delistings.jsonl", text);
	w->api.delistings = delistings_open(folder_at(&w->folder, "state"), now);
	assert_int_equal(delistings_when(w->api.delistings, &limits, "a", now), 0);
	assert_int_equal(delistings_when(w->api.delistings, &limits, "c", now), now - 1 + 86400);
	file = fopen(folder_at(&w->folder, "state/delistings.jsonl"), "r");
	assert_non_null(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	assert_null(strstr(text, "\"a\""));
	assert_null(strstr(text, "\"b\""));
	assert_null(strstr(text, "\"to"));
	assert_non_null(strstr(text, "\"c\""));
}

static void test_health(void **state_of)
{
	struct world *w = *state_of;

	assert_int_equal(ask(w, "GET /v1/health HTTP/1.1", "", NULL), 200);
	w->reputation.is_saving = false;
	assert_int_equal(ask(w, "GET /v1/health HTTP/1.1", "", NULL), 503);
	w->api.reputation = NULL;
	assert_int_equal(ask(w, "GET /v1/health HTTP/1.1", "", NULL), 200);
}

static void test_limits(void **state_of)
{
	const struct delistings_limits limits = {1, 3, 86400};
	const int64_t day = 86400, start = 1700000000;
	static const char *const damages[] = {"x\n", "{}\n", "[1]\n"};
	struct world *w = *state_of;
	struct delistings *d = w->api.delistings;

	assert_int_equal(delistings_when(d, &limits, "a", start), 0);
	assert_int_equal(delistings_note(d, "a", "me", start), 0);
	assert_int_equal(delistings_when(d, &limits, "a", start + 1), start + day);
	assert_int_equal(delistings_when(d, &limits, "b", start + 1), 0);
	assert_int_equal(delistings_when(d, &limits, "a", start + day), 0);
	assert_int_equal(delistings_note(d, "a", "me", start + day), 0);
	assert_int_equal(delistings_note(d, "a", "me", start + 2 * day), 0);
	assert_int_equal(delistings_when(d, &limits, "a", start + 3 * day), start + 30 * day);
	delistings_close(d);
	/* What was being written when it crashed was not acknowledged. */
	folder_write(&w->folder, "state/torn", "");
	d = delistings_open(folder_at(&w->folder, "state"), start);
	assert_int_equal(delistings_when(d, &limits, "a", start + 3 * day), start + 30 * day);
	assert_int_equal(delistings_when(d, &limits, "a", start + 30 * day), 0);
	delistings_close(d);
	folder_write(&w->folder, "state/delistings.jsonl",
	             "{\"key\": \"a\", \"time_s\": 1700000000, \"who\": \"me\"}\n{\"key\": \"b");
	d = delistings_open(folder_at(&w->folder, "state"), start);
	assert_int_equal(delistings_when(d, &limits, "b", start + 1), 0);
	assert_int_equal(delistings_note(d, "b", "me", start + 1), 0);
	delistings_close(d);
	d = delistings_open(folder_at(&w->folder, "state"), start);
	assert_int_equal(delistings_when(d, &limits, "a", start + 2), start + day);
	assert_int_equal(delistings_when(d, &limits, "b", start + 2), start + 1 + day);
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		delistings_close(d);
		folder_write(&w->folder, "state/delistings.jsonl", damages[i]);
		d = delistings_open(folder_at(&w->folder, "state"), start);
		assert_true(delistings_when(d, &limits, "c", start) > start);
	}
	w->api.delistings = d;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_events),      TEST(test_outcomes),        TEST(test_too_many),
	    TEST(test_rspamd),      TEST(test_explain),         TEST(test_delist),
	    TEST(test_page),        TEST(test_health),          TEST(test_limits),
	    TEST(test_page_limits), TEST(test_explain_history), TEST(test_old_delistings),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

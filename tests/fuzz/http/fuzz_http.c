/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What clients send to the API: the body of events, a key, what rspamd pushes, text that goes into
 * a page. The first byte chooses.
 */
#include "control/http/html.h"
#include "control/import/import.h"
#include "control/reputation/explain.h"
#include "control/reputation/reports.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS INT64_C(1767963600000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Never called: only what is before it is fuzzed. */
const char *reputation_outcome_name(enum reputation_outcome outcome)
{
	(void)outcome;
	abort();
}

void reputation_ask(struct reputation *r, reputation_look *look, reputation_looked *done,
                    void *context)
{
	(void)r;
	(void)look;
	(void)done;
	(void)context;
	abort();
}

static void expect(bool is_so)
{
	if (!is_so)
		abort();
}

static const uint8_t hash_key[16] = {1};

static void check_events(const char *text, size_t size)
{
	char error[REPORTS_ERROR_MAX] = "";
	struct reports reports;

	if (reports_parse(text, size, NOW_MS, hash_key, &reports, error) < 0) {
		expect(error[0] != '\0');
		return;
	}
	expect(reports.count >= 1 && reports.count <= REPORTS_MAX);
	for (size_t i = 0; i < reports.count; i++) {
		const struct event *e = &reports.events[i];

		expect(e->class < EVENT_CLASS_COUNT && e->class != EVENT_DHA);
		expect(e->count >= 1 && e->count <= EVENT_COUNT_MAX);
		expect(e->probability >= 0 && e->probability <= 1);
		expect(e->address.first == e->address.last);
	}
	reports_done(&reports);
}

static void check_key(const char *text)
{
	char error[200] = "", first[EXPLAIN_KEY_MAX], second[EXPLAIN_KEY_MAX];
	struct ledger_key key, again;

	if (explain_key_parse(text, &key, error, sizeof(error)) < 0) {
		expect(error[0] != '\0');
		return;
	}
	explain_key_format(&key, first);
	/* A name with odd bytes may be longer than its room. */
	if (strlen(first) == EXPLAIN_KEY_MAX - 1 || strchr(first, '\\'))
		return;
	expect(explain_key_parse(first, &again, error, sizeof(error)) == 0);
	explain_key_format(&again, second);
	expect(strcmp(first, second) == 0 && again.kind == key.kind && again.length == key.length);
}

static void take(const struct import_event *event, void *context)
{
	struct reports reports = {0};
	char error[REPORTS_ERROR_MAX];
	json_t *object = import_event_json(event, "", 0);

	(void)context;
	expect(object != NULL);
	/* What an importer says is always taken. */
	expect(reports_add(&reports, object, NOW_MS, hash_key, error) == 0);
	reports_done(&reports);
	json_decref(object);
}

static void check_page(const char *text)
{
	struct html h;
	char *page;

	expect(html_begin(&h, "title") == 0);
	html_add(&h, "[%s]", text);
	page = html_end(&h);
	expect(page != NULL);
	page = strstr(page, "<body>") ? page : NULL;
	expect(page != NULL && strlen(strchr(strstr(page, "</h1>"), '[')) > 2);
	for (const char *at = strchr(strstr(page, "</h1>"), '['); !strstr("</body></html>\n", at);
	     at++) {
		if (*at == '<')
			break;
		expect(*at != '"' && *at != '\'' && *at != '>');
	}
	free(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct import_settings settings = {.emit = take};
	struct import in;
	char *text;

	if (size == 0)
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	if (!text)
		return 0;
	switch (data[0] % 4) {
	case 0:
		check_events((const char *)data + 1, size - 1);
		break;
	case 1:
		check_key(text);
		break;
	case 2:
		expect(import_init(&in, &settings) == 0);
		import_line(&in, import_format_find("rspamd"),
		            (struct span){(const char *)data + 1, size - 1}, NOW_MS);
		import_done(&in);
		break;
	case 3:
		check_page(text);
		break;
	}
	free(text);
	return 0;
}

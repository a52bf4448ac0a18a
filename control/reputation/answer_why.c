/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/answer_why.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TEXT_MAX 255
#define TAIL_MAX 110 /* of list, last, until and ref at their longest */

/* Names of classes, several under one; in the order in which they are told. */
static const struct {
	const char *name;
	unsigned classes; /* bits 1 << enum event_class */
} rows[] = {
    {"trap", 1u << EVENT_TRAP_PRISTINE | 1u << EVENT_TRAP_RECYCLED},
    {"dha", 1u << EVENT_DHA},
    {"auth", 1u << EVENT_AUTH_FAIL},
    {"backscatter", 1u << EVENT_BACKSCATTER},
    {"spam", 1u << EVENT_SPAM_VERDICT},
    {"phish", 1u << EVENT_PHISH},
    {"malware", 1u << EVENT_MALWARE},
    {"good", 1u << EVENT_GOOD_DELIVERY | 1u << EVENT_NOT_JUNK},
    {"invalid", 1u << EVENT_INVALID_RCPT},
    {"anomaly", 1u << EVENT_ANOMALY},
};

struct text {
	char *bytes;
	size_t size, max;
};

/* Append all of it or nothing. */
static void __attribute__((format(printf, 2, 3))) append(struct text *t, const char *format, ...)
{
	size_t room = t->max - t->size;
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(t->bytes + t->size, room + 1, format, arguments);
	va_end(arguments);
	if (size > 0 && (size_t)size <= room)
		t->size += (size_t)size;
	t->bytes[t->size] = '\0';
}

static void append_time(struct text *t, const char *name, int64_t time_ms)
{
	time_t seconds = time_ms / 1000;
	char text[32];
	struct tm tm;

	if (time_ms <= 0 || !gmtime_r(&seconds, &tm))
		return;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%MZ", &tm);
	append(t, ";%s=%s", name, text);
}

static void append_classes(struct text *t, const struct ledger_view *view)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double events = 0;

		for (unsigned class = 0; class < EVENT_CLASS_COUNT; class ++)
			if (rows[i].classes >> class & 1)
				events += view->rows[class].raw;
		if (events > 0)
			append(t, ";%s=%.0f", rows[i].name, ceil(events));
	}
}

static bool is_listed(const struct ledger_state *state)
{
	return state->why == LEDGER_IS_LISTED || state->why == LEDGER_NET_LISTED;
}

static void append_lists(struct text *t, const struct ledger_view *view)
{
	bool is_first = true;

	for (unsigned list = 0; list < DIALS_LIST_COUNT; list++) {
		if (!is_listed(&view->lists[list]))
			continue;
		append(t, "%s%s", is_first ? ";list=" : ",",
		       dials_list_name((enum dials_list)list));
		is_first = false;
	}
}

size_t answer_why(const struct ledger_view *view, char out_text[256])
{
	struct text t = {.bytes = out_text, .max = TEXT_MAX - TAIL_MAX};
	int64_t since_ms = 0, until_ms = 0;

	for (unsigned list = 0; list < DIALS_LIST_COUNT; list++) {
		const struct ledger_state *state = &view->lists[list];

		if (!is_listed(state))
			continue;
		if (state->since_ms > 0 && (!since_ms || state->since_ms < since_ms))
			since_ms = state->since_ms;
		if (state->until_ms > until_ms)
			until_ms = state->until_ms;
	}
	append(&t, "v=1;score=%d;srl=%d;n=%.0f", view->score.score, view->score.srl, view->score.n);
	append_classes(&t, view);
	t.max = TEXT_MAX;
	append_lists(&t, view);
	append_time(&t, "last", view->last_ms);
	append_time(&t, "until", until_ms);
	if (since_ms > 0)
		append(&t, ";ref=%llx", (unsigned long long)since_ms / 1000);
	return t.size;
}

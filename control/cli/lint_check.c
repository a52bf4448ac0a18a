/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/lint.h"
#include "feeds/address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lint_query lint_question(const struct lint_name *name, unsigned type)
{
	return (struct lint_query){
	    .question_count = 1, .name = *name, .type = (uint16_t)type, .class = LINT_IN};
}

bool lint_is_alive(const struct lint_path *p)
{
	return p->error == 0;
}

bool lint_is_unreachable(const struct lint_path *p)
{
	return p->error == -ENETUNREACH || p->error == -EADDRNOTAVAIL || p->error == -EAFNOSUPPORT;
}

/* splitmix64: ids and cases that differ from run to run, not secrets. */
uint64_t lint_random(struct lint *l)
{
	uint64_t z = l->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void lint_note(struct lint *l, bool is_ok, const char *asked, const char *wanted, const char *came)
{
	struct lint_result *r = l->result;
	struct lint_check *check;

	if (!r)
		return;
	if (r->count == r->capacity) {
		size_t capacity = r->capacity ? 2 * r->capacity : 32;
		struct lint_check *grown = reallocarray(r->checks, capacity, sizeof(*grown));

		if (!grown) {
			l->is_out_of_memory = true;
			return;
		}
		r->checks = grown;
		r->capacity = capacity;
	}
	check = &r->checks[r->count++];
	*check = (struct lint_check){l->path, is_ok, strdup(asked), strdup(wanted), strdup(came)};
	r->failed += !is_ok;
	if (!check->asked || !check->wanted || !check->came)
		l->is_out_of_memory = true;
}

void lint_not_applicable(struct lint *l, const char *reason)
{
	if (l->result)
		snprintf(l->result->reason, sizeof(l->result->reason), "%s", reason);
}

static void name_text(const struct lint_name *name, char *out_text, size_t size)
{
	char text[4 * NAME_WIRE_MAX + 2];

	name_format(name->wire, name->size ? name->size - 1u : 0, text);
	if (strlen(text) < size)
		snprintf(out_text, size, "%s", text);
	else
		snprintf(out_text, size, "%.40s...%s (%u octets)", text, text + strlen(text) - 20,
		         name->size);
}

void lint_asked(const struct lint_query *q, const char *note, char out_text[LINT_TEXT_MAX])
{
	char name[128], type[16];

	name_text(&q->name, name, sizeof(name));
	snprintf(out_text, LINT_TEXT_MAX, "%s %s%s%s%s%s", name, q->class == LINT_CH ? "CH " : "",
	         lint_message_type(q->type, type), note[0] ? " (" : "", note, note[0] ? ")" : "");
}

/* A path that stays silent is not waited for again and again. */
static void count_silence(struct lint_path *p, int rc)
{
	if (rc == 0 || rc == -EBADMSG)
		p->silent = 0;
	else if (++p->silent_all >= LINT_SILENT_ALL || ++p->silent >= LINT_SILENT_MAX)
		p->error = rc;
}

int lint_exchange(struct lint *l, struct lint_query *q, const char **out_error)
{
	struct lint_path *p = &l->paths[l->path];
	uint8_t query[LINT_QUERY_MAX];
	size_t size, reply_size = 0;
	int rc;

	*out_error = "given up: too many questions without an answer";
	if (!lint_is_alive(p))
		return p->error;
	q->id = (uint16_t)lint_random(l);
	size = lint_message_write(q, query);
	if (size == 0 || l->query_count++ >= LINT_QUERIES_MAX) {
		*out_error = "not asked: too many questions";
		return -EDQUOT;
	}
	rc = lint_ask_exchange(p, query, size, l->bytes, &reply_size);
	count_silence(p, rc);
	if (rc == 0)
		return lint_message_read(l->bytes, reply_size, &l->reply, out_error);
	*out_error = rc == -ETIMEDOUT    ? "no answer"
	             : rc == -ECONNRESET ? "the connection was closed"
	                                 : strerror(-rc);
	return rc;
}

/* What item 18 looks at, whatever was asked. */
static void watch_addresses(struct lint *l, const struct lint_query *q)
{
	bool is_below = lint_name_is_in(&q->name, &l->apex) && !lint_name_equal(&q->name, &l->apex);

	for (unsigned i = 0; is_below && i < l->reply.record_count; i++) {
		const struct lint_record *record = &l->reply.records[i];
		uint32_t address = lint_message_address(&l->reply, record);

		if (record->section != LINT_ANSWER || record->type != LINT_A ||
		    !lint_name_equal(&record->owner, &q->name))
			continue;
		l->address_count++;
		if (address >> 24 == 127 && address != 0x7f000001)
			continue;
		snprintf(l->strange, sizeof(l->strange), "%u.%u.%u.%u", address >> 24,
		         address >> 16 & 0xff, address >> 8 & 0xff, address & 0xff);
		if (l->result) {
			char asked[LINT_TEXT_MAX];

			lint_asked(q, "", asked);
			snprintf(l->strange + strlen(l->strange),
			         sizeof(l->strange) - strlen(l->strange), " for %.100s", asked);
		}
	}
}

const struct lint_reply *lint_check(struct lint *l, struct lint_query *q, enum lint_want want,
                                    const char *note)
{
	char asked[LINT_TEXT_MAX], came[LINT_TEXT_MAX];
	const char *wrong = NULL;
	int rc = lint_exchange(l, q, &wrong);
	size_t at;

	lint_asked(q, note, asked);
	if (rc < 0) {
		snprintf(came, sizeof(came), "%s%s", rc == -EBADMSG ? "malformed: " : "", wrong);
		lint_note(l, false, asked, lint_want_text(want), came);
		return NULL;
	}
	watch_addresses(l, q);
	wrong = lint_judge(l, q, want);
	lint_message_text(&l->reply, came);
	at = strlen(came);
	if (wrong)
		snprintf(came + at, sizeof(came) - at, ": %s", wrong);
	lint_note(l, !wrong, asked, lint_want_text(want), came);
	return &l->reply;
}

const struct lint_reply *lint_check_below(struct lint *l, const char *labels, unsigned type,
                                          enum lint_want want)
{
	struct lint_query q;
	struct lint_name name;

	if (lint_name_below(labels, &l->apex, &name) < 0)
		return NULL; /* no room below a long apex */
	q = lint_question(&name, type);
	return lint_check(l, &q, want, "");
}

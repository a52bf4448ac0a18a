/* SPDX-License-Identifier: BSD-3-Clause */
/* A reply from a server that means ill: read, looked into and put into words. */
#include "control/cli/lint_message.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A bug of ours: the fuzzer and the replay both see the crash. */
static void expect(bool is_so)
{
	if (!is_so)
		abort();
}

static void check_name(const struct lint_name *name)
{
	size_t at = 0;

	expect(name->size > 0);
	while (name->wire[at]) {
		expect(name->wire[at] <= 63);
		at += 1u + name->wire[at];
		expect(at < name->size);
	}
	expect(at + 1 == name->size);
}

static void check_records(const struct lint_reply *r)
{
	unsigned count = 0;

	for (unsigned i = 0; i < r->record_count; i++) {
		const struct lint_record *record = &r->records[i];
		struct lint_name name;
		struct lint_soa soa;

		check_name(&record->owner);
		expect(record->section < LINT_SECTIONS && record->type != LINT_OPT);
		expect(record->data + record->data_size <= r->size);
		if (record->type == LINT_SOA) {
			expect(lint_message_soa(r, record, &soa) == 0);
			check_name(&soa.mname);
			check_name(&soa.rname);
		}
		if (record->type == LINT_NS) {
			expect(lint_message_target(r, record, &name) == 0);
			check_name(&name);
		}
		lint_message_address(r, record);
	}
	for (unsigned i = 0; i < LINT_SECTIONS; i++)
		count += r->counts[i];
	expect(count == r->record_count);
}

/* The question alone, written as a query, reads as the same question. */
static void check_question(const struct lint_reply *r)
{
	struct lint_query q = {.id = r->id,
	                       .flags = r->flags,
	                       .question_count = 1,
	                       .name = r->question,
	                       .type = r->type,
	                       .class = r->class};
	static struct lint_reply again;
	uint8_t bytes[LINT_QUERY_MAX];
	const char *error;
	size_t size = lint_message_write(&q, bytes);

	expect(lint_message_read(bytes, size, &again, &error) == 0);
	expect(again.id == r->id && again.flags == r->flags && again.type == r->type);
	expect(again.question.size == r->question.size &&
	       memcmp(again.question.wire, r->question.wire, r->question.size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lint_reply reply;
	char text[LINT_TEXT_MAX];
	const uint8_t *option;
	const char *error = NULL;
	size_t option_size;

	if (size > LINT_MESSAGE_MAX)
		return 0;
	if (lint_message_read(data, size, &reply, &error) < 0) {
		expect(error != NULL);
		return 0;
	}
	check_records(&reply);
	if (reply.question_count) {
		check_name(&reply.question);
		check_question(&reply);
	}
	if (lint_message_option(&reply, LINT_COOKIE, &option, &option_size))
		expect(option >= data && option + option_size <= data + size);
	expect(lint_message_ede(&reply) >= -1 && (reply.has_opt || lint_message_ede(&reply) == -1));
	lint_message_text(&reply, text);
	expect(strlen(text) < sizeof(text));
	for (const char *c = text; *c; c++)
		expect(*c >= ' ' && *c < 0x7f);
	return 0;
}

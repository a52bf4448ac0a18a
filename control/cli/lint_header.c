/* SPDX-License-Identifier: BSD-3-Clause */
/* Items 14 and 15: QTYPE ANY, and what the header of a query may say. */
#include "control/cli/lint.h"

#include <stdio.h>
#include <string.h>

#define LATE_MAX 16 /* replies to earlier questions that are looked past */

void lint_any(struct lint *l)
{
	const struct lint_key *key = lint_key_of(l, LINT_FAMILIES);
	struct lint_query q = lint_question(&l->apex, LINT_ANY);

	lint_check(l, &q, LINT_WANT_ONE_RRSET, "");
	if (!key)
		return;
	q = lint_question(&key->name, LINT_ANY);
	lint_check(l, &q, LINT_WANT_ONE_RRSET, "");
}

/* Send a message and, behind it, a question that will be answered: which ids come back. */
static const char *follow(struct lint *l, const struct lint_query *response,
                          const struct lint_query *question)
{
	struct lint_path *p = &l->paths[l->path];
	uint8_t bytes[2 * (2 + LINT_QUERY_MAX)];
	size_t first = lint_message_write(response, bytes + 2), second, size;
	bool is_answered = false;
	int rc = p->fd < 0 ? lint_ask_open(p) : 0;

	second = lint_message_write(question, bytes + 2 + first + 2);
	memcpy(bytes, (uint8_t[]){(uint8_t)(first >> 8), (uint8_t)first}, 2);
	memcpy(bytes + 2 + first, (uint8_t[]){(uint8_t)(second >> 8), (uint8_t)second}, 2);
	if (rc == 0 && p->is_tcp) {
		rc = lint_ask_send(p, bytes, 4 + first + second);
	} else if (rc == 0) {
		rc = lint_ask_send(p, bytes + 2, first);
		rc = rc < 0 ? rc : lint_ask_send(p, bytes + 4 + first, second);
	}
	for (unsigned i = 0; rc == 0 && !is_answered && i < LATE_MAX; i++) {
		unsigned id;

		rc = lint_ask_receive(p, l->bytes, &size);
		if (rc < 0 || size < 2)
			continue;
		id = (unsigned)l->bytes[0] << 8 | l->bytes[1];
		if (id == response->id)
			return "it was answered";
		is_answered = id == question->id;
	}
	l->query_count += 2;
	/* Over TCP the server may as well hang up on such a client. */
	lint_ask_close(p);
	return is_answered || p->is_tcp ? NULL : "the question after it was not answered either";
}

/* Answering responses would let two servers talk to each other for ever. */
static void check_response(struct lint *l)
{
	struct lint_query response = lint_question(&l->apex, LINT_SOA), question = response;
	char asked[LINT_TEXT_MAX];
	const char *wrong = NULL;

	if (!lint_is_alive(&l->paths[l->path]))
		return;
	response.flags = LINT_QR;
	response.id = (uint16_t)lint_random(l);
	question.id = response.id ^ 0x5555;
	for (unsigned i = 0; i < LINT_ASK_TRIES; i++) {
		wrong = follow(l, &response, &question);
		if (!wrong)
			break;
	}
	lint_asked(&response, "a response, QR set", asked);
	lint_note(l, !wrong, asked, "silence", wrong ? wrong : "silence");
}

void lint_header(struct lint *l)
{
	static const struct {
		const char *note;
		uint16_t opcode, question_count;
		enum lint_want want;
	} rows[] = {
	    {"IQUERY", 1, 1, LINT_WANT_NOTIMP},     /* RFC 3425 section 3 */
	    {"STATUS", 2, 1, LINT_WANT_NOTIMP},     /* RFC 1035 section 4.1.1 */
	    {"NOTIFY", 4, 1, LINT_WANT_NOTIMP},     /* RFC 1996: not a secondary */
	    {"UPDATE", 5, 1, LINT_WANT_NOTIMP},     /* RFC 2136 section 3.1 */
	    {"opcode 15", 15, 1, LINT_WANT_NOTIMP}, /* not assigned */
	    {"no question", 0, 0, LINT_WANT_FORMERR},
	    {"two questions", 0, 2, LINT_WANT_FORMERR}, /* RFC 9619 section 4 */
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lint_query q = lint_question(&l->apex, LINT_SOA);

		q.flags = (uint16_t)(rows[i].opcode << 11);
		q.question_count = rows[i].question_count;
		lint_check(l, &q, rows[i].want, rows[i].note);
	}
	check_response(l);
}

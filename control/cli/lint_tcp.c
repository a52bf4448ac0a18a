/* SPDX-License-Identifier: BSD-3-Clause */
/* Item 13: every way to the server gives the same answer, and TCP is as RFC 7766 wants it. */
#include "control/cli/lint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIPELINED 20

/* A reply that outlives the next question. */
struct kept {
	struct lint_reply reply;
	uint8_t bytes[LINT_MESSAGE_MAX];
};

static int keep(struct lint *l, unsigned path, struct lint_query *q, struct kept *out)
{
	const char *error;
	int rc;

	l->path = path;
	rc = lint_exchange(l, q, &error);
	if (rc < 0)
		return rc;
	memcpy(out->bytes, l->bytes, l->reply.size);
	out->reply = l->reply;
	out->reply.bytes = out->bytes;
	return 0;
}

static bool is_same_option(const struct lint_reply *a, const struct lint_reply *b,
                           enum lint_option code)
{
	const uint8_t *data_a = NULL, *data_b = NULL;
	size_t size_a = 0, size_b = 0;
	bool in_a = lint_message_option(a, code, &data_a, &size_a);

	return in_a == lint_message_option(b, code, &data_b, &size_b) &&
	       (!in_a || (size_a == size_b && memcmp(data_a, data_b, size_a) == 0));
}

/* All but the id, and of OPT what may differ from one query to the next. */
static bool is_same(const struct lint_reply *a, const struct lint_reply *b)
{
	return a->opt == b->opt && a->flags == b->flags && a->rcode == b->rcode &&
	       memcmp(a->bytes + 4, b->bytes + 4, a->opt - 4) == 0 && a->has_opt == b->has_opt &&
	       a->version == b->version && a->opt_flags == b->opt_flags &&
	       is_same_option(a, b, LINT_EDE) && is_same_option(a, b, LINT_NSID);
}

static void compare(struct lint *l, unsigned first, unsigned second, struct lint_query *q,
                    const char *note)
{
	struct kept *a = malloc(sizeof(*a)), *b = malloc(sizeof(*b));
	char asked[LINT_TEXT_MAX], wanted[LINT_TEXT_MAX] = "", came[LINT_TEXT_MAX] = "no answer";
	bool is_ok = false;

	/* Twice: the zone may change between two questions. */
	for (unsigned i = 0; i < 2 && a && b && !is_ok; i++) {
		if (keep(l, first, q, a) < 0)
			goto out; /* told by other items */
		if (keep(l, second, q, b) < 0)
			continue;
		is_ok = a->reply.flags & LINT_TC || is_same(&a->reply, &b->reply);
		lint_message_text(&b->reply, came);
	}
	lint_asked(q, note, asked);
	snprintf(wanted, sizeof(wanted), "the same octets as over %.80s", l->paths[first].text);
	lint_note(l, is_ok, asked, wanted, came);
out:
	free(a);
	free(b);
}

static void compare_all(struct lint *l, unsigned first, unsigned second)
{
	static const uint16_t types[] = {LINT_SOA, LINT_NS, LINT_A, LINT_TXT, LINT_AAAA};
	const struct lint_key *key = lint_key_of(l, LINT_FAMILIES);

	for (unsigned i = 0; i < 2 * sizeof(types) / sizeof(types[0]); i++) {
		uint16_t type = types[i / 2];
		struct lint_query q = lint_question(
		    type == LINT_SOA || type == LINT_NS || !key ? &l->apex : &key->name, type);

		q.opt_count = i % 2;
		q.udp_size = 1232;
		compare(l, first, second, &q, i % 2 ? "EDNS" : "");
		if (type != LINT_A || lint_name_below("lint-no-such-name", &l->apex, &q.name) < 0)
			continue;
		compare(l, first, second, &q, i % 2 ? "EDNS" : "");
	}
}

/* Queries in one piece, or each length apart from its message; then answers in any order. */
static int send_all(struct lint_path *p, const struct lint_query *q, bool is_split)
{
	uint8_t bytes[PIPELINED * 600];
	size_t at = 0;
	int rc = 0;

	for (unsigned i = 0; i < PIPELINED && rc == 0; i++) {
		struct lint_query copy = *q;
		uint8_t message[LINT_QUERY_MAX];
		size_t size;

		copy.id = (uint16_t)i;
		size = lint_message_write(&copy, message);
		bytes[at++] = (uint8_t)(size >> 8);
		bytes[at++] = (uint8_t)size;
		if (is_split) {
			rc = lint_ask_send(p, bytes, at);
			at = 0;
		}
		memcpy(&bytes[at], message, size);
		at += size;
		if (is_split && rc == 0) {
			rc = lint_ask_send(p, bytes, at);
			at = 0;
		}
	}
	return rc < 0 || is_split ? rc : lint_ask_send(p, bytes, at);
}

static unsigned receive_all(struct lint *l, struct lint_path *p)
{
	uint32_t seen = 0;
	unsigned count = 0;

	for (unsigned i = 0; i < PIPELINED; i++) {
		size_t size = 0;
		unsigned id;

		if (lint_ask_receive(p, l->bytes, &size) < 0 || size < 2)
			break;
		id = (unsigned)l->bytes[0] << 8 | l->bytes[1];
		if (id < PIPELINED && !(seen >> id & 1))
			count++;
		seen |= id < PIPELINED ? UINT32_C(1) << id : 0;
	}
	return count;
}

static void check_stream(struct lint *l, const char *what, bool is_split, bool is_half_closed)
{
	struct lint_path *p = &l->paths[l->path];
	struct lint_query q = lint_question(&l->apex, LINT_SOA);
	char asked[LINT_TEXT_MAX], came[64];
	unsigned count = 0;
	int rc = lint_ask_open(p);

	if (rc == 0)
		rc = send_all(p, &q, is_split);
	if (rc == 0 && is_half_closed && shutdown(p->fd, SHUT_WR) < 0)
		rc = -errno;
	if (rc == 0)
		count = receive_all(l, p);
	lint_ask_close(p);
	l->query_count += PIPELINED;
	lint_asked(&q, what, asked);
	if (rc < 0)
		snprintf(came, sizeof(came), "%s", strerror(-rc));
	else
		snprintf(came, sizeof(came), "%u answers", count);
	lint_note(l, count == PIPELINED, asked, "20 answers", came);
}

static void check_address(struct lint *l, unsigned udp, unsigned tcp)
{
	const struct lint_path *p = &l->paths[tcp];

	l->path = tcp;
	if (lint_is_unreachable(p))
		return;
	if (!lint_is_alive(p)) {
		lint_note(l, false, "a connection", "an answer over TCP (RFC 7766 section 5)",
		          strerror(-p->error));
		return;
	}
	check_stream(l, "20 queries in one piece", false, false);  /* RFC 7766 section 6.2.1.1 */
	check_stream(l, "20 queries, lengths apart", true, false); /* RFC 7766 section 8 */
	check_stream(l, "20 queries, then our side closed", false, true);
	if (lint_is_alive(&l->paths[udp]))
		compare_all(l, udp, tcp);
}

void lint_tcp(struct lint *l)
{
	unsigned first = 0;

	for (unsigned i = 0; i + 1 < l->path_count; i += 2) /* UDP and TCP of each address */
		check_address(l, i, i + 1);
	while (first < l->path_count && !lint_is_alive(&l->paths[first]))
		first += 2;
	for (unsigned i = first + 2; i < l->path_count; i += 2)
		if (lint_is_alive(&l->paths[i]))
			compare_all(l, first, i);
}

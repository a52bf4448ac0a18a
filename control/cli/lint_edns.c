/* SPDX-License-Identifier: BSD-3-Clause */
/* Item 12: what EDNS a client may speak (RFC 6891), and cookies (RFC 7873, RFC 9018). */
#include "control/cli/lint.h"

#include <stdio.h>
#include <string.h>

#define COOKIE_CLIENT 8 /* octets (RFC 7873 section 4.1) */
#define COOKIE_MIN    16
#define COOKIE_MAX    40
#define OPTION_HEAD   4

struct row {
	const char *note;
	unsigned count;
	uint16_t size;
	uint8_t version;
	uint16_t flags;
	enum lint_want want;
	const uint8_t *options;
	size_t options_size;
};

static const uint8_t unknown[] = {0xfd, 0xe9, 0, 3, 'a', 'b', 'c'};
static const uint8_t padding[] = {0, LINT_PADDING, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0};
static const uint8_t nsid[] = {0, LINT_NSID, 0, 0};
static const uint8_t ecs[] = {0, LINT_ECS, 0, 7, 0, 1, 24, 0, 192, 0, 2};
static const uint8_t cut[] = {0xfd, 0xe9, 0, 9, 'a'};

static const struct row rows[] = {
    {"no EDNS", 0, 0, 0, 0, LINT_WANT_LISTED, NULL, 0},
    {"EDNS size 0", 1, 0, 0, 0, LINT_WANT_LISTED, NULL, 0},
    {"EDNS size 512", 1, 512, 0, 0, LINT_WANT_LISTED, NULL, 0},
    {"EDNS size 1232", 1, 1232, 0, 0, LINT_WANT_LISTED, NULL, 0},
    {"EDNS size 4096", 1, 4096, 0, 0, LINT_WANT_LISTED, NULL, 0},
    {"EDNS version 1", 1, 1232, 1, 0, LINT_WANT_BADVERS, NULL, 0},
    {"EDNS version 1, unknown option", 1, 1232, 1, 0, LINT_WANT_BADVERS, unknown, sizeof(unknown)},
    {"DO", 1, 1232, 0, LINT_DO, LINT_WANT_LISTED, NULL, 0},
    {"reserved EDNS flags", 1, 1232, 0, 0x7fff, LINT_WANT_LISTED, NULL, 0},
    {"unknown option", 1, 1232, 0, 0, LINT_WANT_LISTED, unknown, sizeof(unknown)},
    {"padding", 1, 1232, 0, 0, LINT_WANT_LISTED, padding, sizeof(padding)},
    {"NSID", 1, 1232, 0, 0, LINT_WANT_LISTED, nsid, sizeof(nsid)},
    {"client subnet", 1, 1232, 0, 0, LINT_WANT_LISTED, ecs, sizeof(ecs)},
    {"two OPT", 2, 1232, 0, 0, LINT_WANT_FORMERR, NULL, 0},
    {"an option that does not fit", 1, 1232, 0, 0, LINT_WANT_FORMERR, cut, sizeof(cut)},
};

static struct lint_query with_options(const struct lint_name *name, const uint8_t *options,
                                      size_t size)
{
	struct lint_query q = lint_question(name, LINT_A);

	q.opt_count = 1;
	q.udp_size = 1232;
	q.options = options;
	q.options_size = size;
	return q;
}

/* A COOKIE option with 8 octets of ours and, maybe, what the server gave. */
static size_t put_cookie(uint8_t out_option[OPTION_HEAD + COOKIE_MAX], const uint8_t *cookie,
                         size_t size)
{
	const uint8_t head[OPTION_HEAD] = {0, LINT_COOKIE, 0, (uint8_t)size};

	memcpy(out_option, head, sizeof(head));
	memcpy(out_option + OPTION_HEAD, cookie, size);
	return OPTION_HEAD + size;
}

/* Ask with a cookie; whether one came back, which is then whole and ours. */
static bool ask_cookie(struct lint *l, const struct lint_name *name, uint8_t cookie[COOKIE_MAX],
                       size_t *size, const char *note)
{
	uint8_t option[OPTION_HEAD + COOKIE_MAX];
	struct lint_query q = with_options(name, option, put_cookie(option, cookie, *size));
	const struct lint_reply *r = lint_check(l, &q, LINT_WANT_COOKIE, note);
	const uint8_t *data;
	char asked[LINT_TEXT_MAX], came[64];
	size_t got;
	bool is_ok;

	if (!r || !lint_message_option(r, LINT_COOKIE, &data, &got))
		return false;
	is_ok = got >= COOKIE_MIN && got <= COOKIE_MAX && memcmp(data, cookie, COOKIE_CLIENT) == 0;
	lint_asked(&q, note, asked);
	snprintf(came, sizeof(came), "%zu octets%s", got, is_ok ? "" : ", or not ours");
	lint_note(l, is_ok, asked, "a cookie of 16 to 40 octets that begins with ours", came);
	if (is_ok) {
		memcpy(cookie, data, got);
		*size = got;
	}
	return is_ok;
}

/* A server that has no cookies ignores them all; who has them must know a wrong one. */
static void check_cookies(struct lint *l, const struct lint_name *name)
{
	uint8_t cookie[COOKIE_MAX], option[OPTION_HEAD + COOKIE_MAX];
	size_t size = COOKIE_CLIENT;
	struct lint_query q;

	for (unsigned i = 0; i < COOKIE_CLIENT; i++)
		cookie[i] = (uint8_t)lint_random(l);
	if (!ask_cookie(l, name, cookie, &size, "client cookie"))
		return;
	q = with_options(name, option, put_cookie(option, cookie, size));
	lint_check(l, &q, LINT_WANT_LISTED,
	           "the server's cookie back"); /* RFC 7873 section 5.2.5 */
	cookie[size - 1] ^= 0xff;
	ask_cookie(l, name, cookie, &size, "a wrong server cookie");
	q = with_options(name, option, put_cookie(option, cookie, 4));
	lint_check(l, &q, LINT_WANT_FORMERR, "a cookie of 4 octets"); /* RFC 7873 section 5.2.2 */
	q = with_options(name, option, put_cookie(option, cookie, 12));
	lint_check(l, &q, LINT_WANT_FORMERR, "a cookie of 12 octets");
}

/* RFC 6891 section 6.1.2: an option that is not known is ignored, not sent back. */
static void check_not_echoed(struct lint *l, const struct lint_query *q, const struct row *row)
{
	unsigned code = (unsigned)(row->options[0] << 8 | row->options[1]);
	char asked[LINT_TEXT_MAX];
	const uint8_t *data;
	size_t size;
	bool is_echoed = lint_message_option(&l->reply, code, &data, &size);

	lint_asked(q, row->note, asked);
	lint_note(l, !is_echoed, asked, "the option is not sent back",
	          is_echoed ? "it is" : "it is not");
}

/* RFC 7828 section 3.3.2: a timeout of two octets over TCP, and nothing of the kind over UDP. */
static void check_keepalive(struct lint *l, const struct lint_name *name)
{
	static const uint8_t option[] = {0, LINT_KEEPALIVE, 0, 0};
	struct lint_query q = with_options(name, option, sizeof(option));
	const struct lint_reply *r = lint_check(l, &q, LINT_WANT_LISTED, "edns-tcp-keepalive");
	bool is_tcp = l->paths[l->path].is_tcp;
	char asked[LINT_TEXT_MAX], came[64] = "no such option";
	const uint8_t *data;
	size_t size = 0;
	bool is_there;

	if (!r)
		return;
	is_there = lint_message_option(r, LINT_KEEPALIVE, &data, &size);
	if (is_there)
		snprintf(came, sizeof(came), "the option with %zu octets", size);
	lint_asked(&q, "edns-tcp-keepalive", asked);
	lint_note(l, !is_there || (is_tcp && size == 2), asked,
	          is_tcp ? "a timeout of 2 octets, or no such option" : "no such option over UDP",
	          came);
}

void lint_edns(struct lint *l)
{
	const struct lint_key *key = lint_key_of(l, LINT_FAMILIES);

	if (!key) {
		lint_not_applicable(l, "no listed entry is known");
		return;
	}
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct lint_query q = with_options(&key->name, row->options, row->options_size);

		q.opt_count = row->count;
		q.udp_size = row->size;
		q.version = row->version;
		q.opt_flags = row->flags;
		if (lint_check(l, &q, row->want, row->note) && row->options == unknown)
			check_not_echoed(l, &q, row);
	}
	check_keepalive(l, &key->name);
	check_cookies(l, &key->name);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a reply is what was wanted; a judge returns what is wrong, or NULL. */
#include "control/cli/lint.h"

#include <string.h>

#define UDP_MIN 512

typedef const char *judge(const struct lint *l, const struct lint_query *q,
                          const struct lint_reply *r);

static bool is_code(const struct lint_query *q, const struct lint_reply *r,
                    const struct lint_record *record)
{
	uint32_t address = lint_message_address(r, record);

	return record->section == LINT_ANSWER && record->type == LINT_A &&
	       lint_name_equal(&record->owner, &q->name) && address >> 24 == 127 &&
	       address != 0x7f000001;
}

/* RFC 2308 section 3: the SOA of a zone that holds the name; its TTL is the least of both. */
static const char *judge_negative(const struct lint *l, const struct lint_query *q,
                                  const struct lint_reply *r)
{
	const struct lint_record *record = lint_message_find(r, LINT_AUTHORITY, LINT_SOA);
	struct lint_soa soa;

	(void)q;
	if (r->counts[LINT_ANSWER])
		return "it has an answer";
	if (!(r->flags & LINT_AA))
		return "it is not authoritative";
	if (!record)
		return "no SOA, so that nobody can cache it";
	if (!lint_name_equal(&record->owner, &l->apex))
		return "a SOA of another zone";
	if (lint_message_soa(r, record, &soa) < 0 || record->ttl_s > soa.minimum_s)
		return "the TTL of the SOA is above its minimum";
	return NULL;
}

static const char *judge_listed(const struct lint *l, const struct lint_query *q,
                                const struct lint_reply *r)
{
	(void)l;
	if (r->rcode != LINT_NOERROR || !r->counts[LINT_ANSWER])
		return "not listed";
	if (!(r->flags & LINT_AA))
		return "it is not authoritative";
	for (unsigned i = 0; i < r->record_count; i++)
		if (r->records[i].section == LINT_ANSWER && !is_code(q, r, &r->records[i]))
			return "an answer that is no A in 127/8, or is 127.0.0.1";
	return NULL;
}

static const char *judge_only(const struct lint_query *q, const struct lint_reply *r,
                              enum lint_type type)
{
	if (r->rcode != LINT_NOERROR || !r->counts[LINT_ANSWER])
		return "no such record";
	if (!(r->flags & LINT_AA))
		return "it is not authoritative";
	for (unsigned i = 0; i < r->record_count; i++)
		if (r->records[i].section == LINT_ANSWER &&
		    (r->records[i].type != type ||
		     !lint_name_equal(&r->records[i].owner, &q->name)))
			return "it answers something else";
	return NULL;
}

static const char *judge_text(const struct lint *l, const struct lint_query *q,
                              const struct lint_reply *r)
{
	(void)l;
	return judge_only(q, r, LINT_TXT);
}

static const char *judge_nxdomain(const struct lint *l, const struct lint_query *q,
                                  const struct lint_reply *r)
{
	return r->rcode != LINT_NXDOMAIN ? "not NXDOMAIN" : judge_negative(l, q, r);
}

static const char *judge_nodata(const struct lint *l, const struct lint_query *q,
                                const struct lint_reply *r)
{
	return r->rcode != LINT_NOERROR ? "not NOERROR" : judge_negative(l, q, r);
}

static const char *judge_exists(const struct lint *l, const struct lint_query *q,
                                const struct lint_reply *r)
{
	if (r->rcode == LINT_NOERROR && r->counts[LINT_ANSWER])
		return r->flags & LINT_AA ? NULL : "it is not authoritative";
	return judge_nodata(l, q, r);
}

static const char *judge_soa(const struct lint *l, const struct lint_query *q,
                             const struct lint_reply *r)
{
	(void)l;
	if (r->counts[LINT_ANSWER] > 1)
		return "more than one";
	return judge_only(q, r, LINT_SOA);
}

static const char *judge_ns(const struct lint *l, const struct lint_query *q,
                            const struct lint_reply *r)
{
	(void)l;
	return judge_only(q, r, LINT_NS);
}

static const char *judge_one_rrset(const struct lint *l, const struct lint_query *q,
                                   const struct lint_reply *r)
{
	const char *wrong = judge_exists(l, q, r);
	const struct lint_record *first = NULL;

	for (unsigned i = 0; i < r->record_count && !wrong; i++) {
		const struct lint_record *record = &r->records[i];

		if (record->section != LINT_ANSWER)
			continue;
		if (!first)
			first = record;
		if (record->type != first->type)
			wrong = "records of several types";
	}
	return wrong;
}

static const char *judge_rcode(const struct lint_reply *r, enum lint_rcode rcode)
{
	if (r->rcode != rcode)
		return "another code";
	if (r->counts[LINT_ANSWER] || r->counts[LINT_AUTHORITY])
		return "it has records";
	return r->flags & LINT_AA ? "an error is not authoritative" : NULL;
}

static const char *judge_formerr(const struct lint *l, const struct lint_query *q,
                                 const struct lint_reply *r)
{
	(void)l, (void)q;
	return judge_rcode(r, LINT_FORMERR);
}

static const char *judge_notimp(const struct lint *l, const struct lint_query *q,
                                const struct lint_reply *r)
{
	(void)l, (void)q;
	return judge_rcode(r, LINT_NOTIMP);
}

/* RFC 8914 section 4.21: a client with EDNS is told that we are not the one to ask. */
static const char *judge_refused(const struct lint *l, const struct lint_query *q,
                                 const struct lint_reply *r)
{
	const char *wrong = judge_rcode(r, LINT_REFUSED);

	(void)l;
	if (!wrong && q->opt_count && lint_message_ede(r) != 20)
		wrong = "no EDE 20 (Not Authoritative)";
	return wrong;
}

static const char *judge_badvers(const struct lint *l, const struct lint_query *q,
                                 const struct lint_reply *r)
{
	(void)l, (void)q;
	return judge_rcode(r, LINT_BADVERS);
}

static const char *judge_cookie(const struct lint *l, const struct lint_query *q,
                                const struct lint_reply *r)
{
	const uint8_t *data;
	size_t size;

	if (r->rcode == LINT_BADCOOKIE)
		return lint_message_option(r, LINT_COOKIE, &data, &size) ? NULL : "and no cookie";
	return judge_listed(l, q, r);
}

/* RFC 4892 section 2: what it is called is told or refused; it is no name that is not there. */
static const char *judge_chaos(const struct lint *l, const struct lint_query *q,
                               const struct lint_reply *r)
{
	const struct lint_record *record = lint_message_find(r, LINT_ANSWER, LINT_TXT);

	(void)l, (void)q;
	if (r->rcode == LINT_REFUSED)
		return r->counts[LINT_ANSWER] ? "refused with an answer" : NULL;
	if (r->rcode != LINT_NOERROR)
		return "another code";
	if (r->counts[LINT_ANSWER] != 1 || !record || record->class != LINT_CH)
		return "not one TXT record of class CH";
	return NULL;
}

static const char *judge_nothing(const struct lint *l, const struct lint_query *q,
                                 const struct lint_reply *r)
{
	(void)l, (void)q, (void)r;
	return NULL;
}

static const struct {
	const char *text;
	judge *judge;
} wants[] = {
    [LINT_WANT_LISTED] = {"NOERROR with A records in 127/8", judge_listed},
    [LINT_WANT_TEXT] = {"NOERROR with TXT", judge_text},
    [LINT_WANT_NXDOMAIN] = {"NXDOMAIN with SOA", judge_nxdomain},
    [LINT_WANT_NODATA] = {"NOERROR without data, with SOA", judge_nodata},
    [LINT_WANT_EXISTS] = {"NOERROR, with SOA when there is no data", judge_exists},
    [LINT_WANT_SOA] = {"NOERROR with one SOA", judge_soa},
    [LINT_WANT_NS] = {"NOERROR with NS", judge_ns},
    [LINT_WANT_ONE_RRSET] = {"records of one type, or none", judge_one_rrset},
    [LINT_WANT_FORMERR] = {"FORMERR", judge_formerr},
    [LINT_WANT_NOTIMP] = {"NOTIMP", judge_notimp},
    [LINT_WANT_REFUSED] = {"REFUSED, with EDE 20 to who speaks EDNS", judge_refused},
    [LINT_WANT_BADVERS] = {"BADVERS", judge_badvers},
    [LINT_WANT_COOKIE] = {"NOERROR, or BADCOOKIE with a cookie", judge_cookie},
    [LINT_WANT_CHAOS] = {"a TXT record of class CH, or REFUSED", judge_chaos},
    [LINT_WANT_FORM] = {"an answer that is well formed", judge_nothing},
};

const char *lint_want_text(enum lint_want want)
{
	return wants[want].text;
}

/* The question must come back as it was, in every bit of case. */
static bool is_echoed(const struct lint_query *q, const struct lint_reply *r)
{
	if (q->question_count != 1 ||
	    (r->question_count == 0 && (r->rcode == LINT_FORMERR || r->rcode == LINT_NOTIMP)))
		return true;
	return r->question_count == 1 && r->type == q->type && r->class == q->class &&
	       r->question.size == q->name.size &&
	       memcmp(r->question.wire, q->name.wire, q->name.size) == 0;
}

/* What every reply must be, whatever was asked. */
static const char *judge_form(const struct lint *l, const struct lint_query *q,
                              const struct lint_reply *r)
{
	size_t udp_size = q->opt_count && q->udp_size > UDP_MIN ? q->udp_size : UDP_MIN;
	bool is_tcp = l->paths[l->path].is_tcp;

	if (!(r->flags & LINT_QR))
		return "it is no response";
	if ((r->flags ^ q->flags) & LINT_OPCODE)
		return "another opcode";
	if ((r->flags ^ q->flags) & LINT_RD)
		return "RD is not copied (RFC 1035 section 4.1.1)";
	if (r->flags & (LINT_Z | LINT_AD))
		return "a flag is set that must be clear: Z or AD";
	if (!is_echoed(q, r))
		return "the question is not repeated as it was";
	if (r->has_opt && !q->opt_count)
		return "an OPT that was not asked for (RFC 6891 section 7)";
	if (!r->has_opt && q->opt_count && r->rcode != LINT_FORMERR)
		return "no OPT (RFC 6891 section 6.1.1)";
	if (r->has_opt && r->version != 0)
		return "an OPT of a version that is not in use";
	if (r->has_opt && (r->opt_flags ^ q->opt_flags) & LINT_DO)
		return "DO is not copied (RFC 3225 section 3)";
	if (r->has_opt && r->opt_flags & ~LINT_DO)
		return "a reserved EDNS flag is set (RFC 6891 section 6.1.4)";
	if (r->flags & LINT_TC && is_tcp)
		return "truncated over TCP";
	if (!is_tcp && r->size > udp_size)
		return "larger than the client takes";
	return NULL;
}

const char *lint_judge(const struct lint *l, const struct lint_query *q, enum lint_want want)
{
	const char *wrong = judge_form(l, q, &l->reply);

	return wrong ? wrong : wants[want].judge(l, q, &l->reply);
}

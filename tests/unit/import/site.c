/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/import/site.h"

#include "control/import/import.h"
#include "control/reputation/admission.h"
#include "tests/unit/control/keeper_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define TRAPS SITE_TRAP "\n@trap.example.org\n" SITE_TRAP_RECYCLED " recycled\n"

struct site_entry {
	int64_t at_ms;
	size_t number; /* in the order they were written */
	enum site_source source;
	char *text;
};

struct site {
	struct site_entry *entries;
	size_t count, capacity;
	unsigned messages; /* for queue IDs */
};

static const struct {
	const char *format, *reporter, *head;
} sources[SITE_SOURCE_COUNT] = {
    [SITE_POSTFIX] = {"postfix", "mx1", NULL},
    [SITE_EXIM] = {"exim", "mx2", NULL},
    [SITE_RSPAMD] = {"rspamd", "mx1", NULL},
    [SITE_EXCHANGE_TRACKING] =
	{"exchange", "ex1",
         "#Software: Microsoft Exchange Server\r\n#Version: 15.02.1118.007\r\n#Log-type: Message "
         "Tracking Log\r\n#Date: 2026-01-05T00:00:00.000Z\r\n#Fields: date-time,client-ip,"
         "client-hostname,server-ip,server-hostname,source-context,connector-id,source,event-id,"
         "internal-message-id,message-id,network-message-id,recipient-address,recipient-status,"
         "total-bytes,recipient-count,related-recipient-address,reference,message-subject,"
         "sender-address,return-path,message-info,directionality,tenant-id,original-client-ip"},
    [SITE_EXCHANGE_AGENTS] =
	{"exchange", "ex1",
         "#Software: Microsoft Exchange Server\r\n#Fields: Timestamp,SessionId,LocalEndpoint,"
         "RemoteEndpoint,EnteredOrgFromIP,MessageId,P1FromAddress,P2FromAddresses,Recipient,"
         "NumRecipients,Agent,Event,Action,SmtpResponse,Reason,ReasonData,Diagnostics"},
    [SITE_MILTER] = {NULL, "mx1", NULL},
};

struct site *site_new(void)
{
	struct site *l = calloc(1, sizeof(*l));

	assert_non_null(l);
	return l;
}

void site_free(struct site *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->entries[i].text);
	free(l->entries);
	free(l);
}

void site_line(struct site *l, enum site_source source, int64_t at_ms, const char *format, ...)
{
	struct site_entry *entry;
	va_list arguments;

	if (l->count == l->capacity) {
		l->capacity = l->capacity ? 2 * l->capacity : 1024;
		l->entries = reallocarray(l->entries, l->capacity, sizeof(*l->entries));
		assert_non_null(l->entries);
	}
	entry = &l->entries[l->count];
	*entry = (struct site_entry){.at_ms = at_ms, .number = l->count++, .source = source};
	va_start(arguments, format);
	assert_true(vasprintf(&entry->text, format, arguments) >= 0);
	va_end(arguments);
}

/* --- stamps --- */

struct stamp {
	char text[40];
};

static struct stamp stamp(int64_t at_ms, const char *format)
{
	time_t seconds = (time_t)(at_ms / 1000);
	struct stamp s;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(s.text, sizeof(s.text), format, &tm);
	return s;
}

#define SYSLOG(at_ms)   stamp(at_ms, "%b %e %H:%M:%S").text
#define EXIM(at_ms)     stamp(at_ms, "%Y-%m-%d %H:%M:%S").text
#define EXCHANGE(at_ms) stamp(at_ms, "%Y-%m-%dT%H:%M:%S.250Z").text

/* --- Postfix --- */

static void postfix(struct site *l, int64_t at_ms, const char *program, unsigned pid,
                    const char *text)
{
	site_line(l, SITE_POSTFIX, at_ms, "%s mx1 postfix/%s[%u]: %s", SYSLOG(at_ms), program, pid,
	          text);
}

#define POSTFIX(l, at_ms, program, pid, ...)                                                       \
	do {                                                                                       \
		char text_[1024];                                                                  \
		snprintf(text_, sizeof(text_), __VA_ARGS__);                                       \
		postfix(l, at_ms, program, pid, text_);                                            \
	} while (0)

static void postfix_accepted(struct site *l, int64_t at_ms, const struct site_mail *m)
{
	unsigned number = l->messages++, pid = 2000 + number % 40;
	char id[20];

	snprintf(id, sizeof(id), "4Z%05XzQ9x", number);
	POSTFIX(l, at_ms, "smtpd", pid, "connect from mail.sender.example[%s]", m->client);
	POSTFIX(l, at_ms, "smtpd", pid,
	        "Anonymous TLS connection established from mail.sender.example[%s]: TLSv1.3 with "
	        "cipher TLS_AES_256_GCM_SHA384 (256/256 bits)",
	        m->client);
	POSTFIX(l, at_ms, "smtpd", pid, "%s: client=mail.sender.example[%s]", id, m->client);
	POSTFIX(l, at_ms, "cleanup", pid + 50, "%s: message-id=<%u.%s@sender.example>", id, number,
	        id);
	POSTFIX(l, at_ms, "qmgr", 901, "%s: from=<%s>, size=%u, nrcpt=1 (queue active)", id,
	        m->sender, 2000 + number % 9000);
	POSTFIX(l, at_ms, "smtpd", pid,
	        "disconnect from mail.sender.example[%s] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 "
	        "quit=1 commands=7",
	        m->client);
	POSTFIX(l, at_ms + 1, "lmtp", pid + 90,
	        "%s: to=<%s>, relay=mx1.example.org[private/dovecot-lmtp], delay=0.31, "
	        "delays=0.2/0.01/0.02/0.08, dsn=2.0.0, status=sent (250 2.0.0 <%s> kPz Saved)",
	        id, m->recipient, m->recipient);
	POSTFIX(l, at_ms + 1, "qmgr", 901, "%s: removed", id);
}

static void postfix_rejected(struct site *l, int64_t at_ms, const struct site_mail *m,
                             const char *reason)
{
	unsigned pid = 2000 + l->messages++ % 40;

	POSTFIX(l, at_ms, "smtpd", pid, "connect from unknown[%s]", m->client);
	POSTFIX(l, at_ms, "smtpd", pid,
	        "NOQUEUE: reject: RCPT from unknown[%s]: %s; from=<%s> to=<%s> proto=ESMTP "
	        "helo=<mail>",
	        m->client, reason, m->sender, m->recipient);
	POSTFIX(l, at_ms, "smtpd", pid,
	        "disconnect from unknown[%s] ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4",
	        m->client);
}

void site_blocked_by_list(struct site *l, int64_t at_ms, const struct site_mail *m)
{
	char reason[300];

	snprintf(reason, sizeof(reason),
	         "554 5.7.1 Service unavailable; Client host [%s] blocked using zen.example; "
	         "https://zen.example/query/ip/%s",
	         m->client, m->client);
	postfix_rejected(l, at_ms, m, reason);
}

void site_bad_helo(struct site *l, int64_t at_ms, const struct site_mail *m)
{
	postfix_rejected(l, at_ms, m,
	                 "504 5.5.2 <mail>: Helo command rejected: need fully-qualified hostname");
}

/* --- Exim --- */

static void exim_accepted(struct site *l, int64_t at_ms, const struct site_mail *m)
{
	unsigned number = l->messages++;
	char id[20];

	snprintf(id, sizeof(id), "1tU%03X-%06X-%02X", number >> 12 & 0xfff, number & 0xfff,
	         number & 0xff);
	site_line(l, SITE_EXIM, at_ms,
	          "%s %s <= %s%s%s H=mail.sender.example [%s] P=esmtps "
	          "X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no S=%u "
	          "id=%u@sender.example",
	          EXIM(at_ms), id, m->sender[0] ? "" : "<", m->sender, m->sender[0] ? "" : ">",
	          m->client, 2000 + number % 9000, number);
	site_line(l, SITE_EXIM, at_ms + 1,
	          "%s %s => %s R=local_user T=dovecot_lmtp C=\"250 2.0.0\"", EXIM(at_ms), id,
	          m->recipient);
	site_line(l, SITE_EXIM, at_ms + 1, "%s %s Completed", EXIM(at_ms), id);
}

static void exim_unknown(struct site *l, int64_t at_ms, const struct site_mail *m)
{
	site_line(l, SITE_EXIM, at_ms,
	          "%s H=(mail) [%s]:41%03u X=TLS1.2:ECDHE_SECP256R1__RSA_SHA256__AES_128_GCM:128 "
	          "CV=no F=<%s> rejected RCPT <%s>: Unrouteable address",
	          EXIM(at_ms), m->client, l->messages++ % 1000, m->sender, m->recipient);
}

/* --- Exchange --- */

static void exchange(struct site *l, int64_t at_ms, const struct site_mail *m, bool is_accepted)
{
	unsigned number = l->messages++;

	site_line(l, SITE_EXCHANGE_TRACKING, at_ms,
	          "%s,%s,mail.sender.example,192.0.2.30,EX1,\"08DE4F;%s\",EX1\\Default Frontend "
	          "EX1,SMTP,%s,%u,<%u@sender.example>,9d2e5a0c-%04x-4c1b-8f0a-08de4f12ab00,%s,%s,"
	          "%u,1,,,\"Offer, \"\"%u\"\"\",%s,%s,,Incoming,,%s\r",
	          EXCHANGE(at_ms), m->client, EXCHANGE(at_ms), is_accepted ? "RECEIVE" : "FAIL",
	          number, number, number & 0xffff, m->recipient,
	          is_accepted
	              ? ""
	              : "\"[{LED=550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by "
	                "SMTP address lookup}]\"",
	          2000 + number % 9000, number, m->sender[0] ? m->sender : "<>",
	          m->sender[0] ? m->sender : "<>", m->client);
}

void site_scl(struct site *l, int64_t at_ms, const struct site_mail *m, unsigned scl)
{
	site_line(l, SITE_EXCHANGE_AGENTS, at_ms,
	          "%s,08DE4F%06X,192.0.2.30:25,%s:48%03u,%s,<%u@sender.example>,%s,%s,%s,1,Content "
	          "Filter Agent,OnEndOfData,%s,%s,%s,%u,\r",
	          EXCHANGE(at_ms), l->messages, m->client, l->messages % 1000, m->client,
	          l->messages, m->sender, m->sender, m->recipient,
	          scl >= 7 ? "RejectMessage" : "AcceptMessage",
	          scl >= 7 ? "550 5.7.1 Message rejected as spam by Content Filtering." : "",
	          scl >= 7 ? "SclAtOrAboveRejectThreshold" : "SCL", scl);
	l->messages++;
}

/* --- of each --- */

void site_accepted(struct site *l, enum site_source source, int64_t at_ms,
                   const struct site_mail *m)
{
	if (source == SITE_EXIM)
		exim_accepted(l, at_ms, m);
	else if (source == SITE_EXCHANGE_TRACKING)
		exchange(l, at_ms, m, true);
	else
		postfix_accepted(l, at_ms, m);
}

void site_unknown_recipient(struct site *l, enum site_source source, int64_t at_ms,
                            const struct site_mail *m)
{
	char reason[400];

	if (source == SITE_EXIM) {
		exim_unknown(l, at_ms, m);
	} else if (source == SITE_EXCHANGE_TRACKING) {
		exchange(l, at_ms, m, false);
	} else {
		snprintf(reason, sizeof(reason),
		         "550 5.1.1 <%s>: Recipient address rejected: User unknown in virtual "
		         "mailbox table",
		         m->recipient);
		postfix_rejected(l, at_ms, m, reason);
	}
}

void site_login_failed(struct site *l, enum site_source source, int64_t at_ms, const char *client,
                       const char *user)
{
	unsigned pid = 3000 + l->messages++ % 40;

	if (source == SITE_EXIM) {
		site_line(l, SITE_EXIM, at_ms,
		          "%s login authenticator failed for (desktop) [%s]:52%03u: 535 Incorrect "
		          "authentication data (set_id=%s)",
		          EXIM(at_ms), client, pid % 1000, user);
		return;
	}
	POSTFIX(l, at_ms, "submission/smtpd", pid, "connect from unknown[%s]", client);
	POSTFIX(l, at_ms, "submission/smtpd", pid,
	        "warning: unknown[%s]: SASL LOGIN authentication failed: (reason unavailable), "
	        "sasl_username=%s",
	        client, user);
	POSTFIX(l, at_ms, "submission/smtpd", pid,
	        "disconnect from unknown[%s] ehlo=1 auth=0/1 quit=1 commands=2/3", client);
}

void site_rspamd(struct site *l, int64_t at_ms, const struct site_mail *m, const char *action,
                 const char *domain)
{
	unsigned number = l->messages++;
	char dkim[300] = "";

	if (domain)
		snprintf(dkim, sizeof(dkim),
		         ",{\"name\":\"R_DKIM_ALLOW\",\"group\":\"dkim\",\"type\":\"positive\","
		         "\"score\":-0.2,\"options\":[\"%s:s=mail\"]}",
		         domain);
	site_line(l, SITE_RSPAMD, at_ms,
	          "{\"qid\":\"4Z%05XzQ9x\",\"message_id\":\"%u@sender.example\",\"ip\":\"%s\","
	          "\"user\":\"unknown\",\"from\":\"%s\",\"rcpt\":[\"%s\"],\"action\":\"%s\","
	          "\"score\":%s,\"header_from\":[\"%s\"],\"header_subject\":[\"Offer %u\"],"
	          "\"symbols\":[{\"name\":\"RCVD_COUNT_ONE\",\"group\":\"headers\",\"type\":"
	          "\"ignored\",\"score\":0}%s]}",
	          number, number, m->client, m->sender, m->recipient, action,
	          strcmp(action, "no action") == 0 ? "0.4" : "16.2", m->sender, number, dkim);
}

/* --- replay --- */

struct replay {
	struct ledger *ledger;
	struct admission *admission;
	struct traps *traps;
	struct import imports[SITE_SOURCE_COUNT];
	const struct site_entry *entry;
	unsigned of_line;
	struct site_counts counts;
};

static const uint8_t hash_key[16] = "replay";

static void take(struct replay *r, const json_t *object)
{
	const struct admission_clocks now = {r->entry->at_ms, r->entry->at_ms};
	enum reputation_outcome outcome;
	struct event event;
	char error[200];

	if (event_from_json(object, now.wall_ms, hash_key, &event, error, sizeof(error)) < 0)
		fail_msg("'%s': %s", r->entry->text, error);
	outcome = admission_event(r->admission,
	                          admission_find(r->admission, sources[r->entry->source].reporter),
	                          &event, &now);
	event.received_ms = now.wall_ms;
	r->counts.events++;
	r->counts.own += outcome == REPUTATION_OWN;
	r->counts.refused += outcome != REPUTATION_OWN && outcome != REPUTATION_COUNTED;
	if (outcome == REPUTATION_COUNTED)
		assert_int_equal(ledger_apply(r->ledger, &event), 0);
}

static void on_event(const struct import_event *event, void *context)
{
	struct replay *r = context;
	char id[IMPORT_ID_MAX];
	json_t *object;

	snprintf(id, sizeof(id), "%u-%zx", r->entry->source, r->entry->number);
	object = import_event_json(event, id, r->of_line++);
	assert_non_null(object);
	take(r, object);
	json_decref(object);
}

static void replay_text(struct replay *r, enum site_source source, const char *text)
{
	const char *format = sources[source].format;
	struct span rest = {text, strlen(text)}, line;
	json_t *object;

	r->counts.lines++;
	if (!format) {
		object = json_loads(text, 0, NULL);
		assert_non_null(object);
		take(r, object);
		json_decref(object);
		return;
	}
	r->of_line = 0;
	while (rest.size) {
		if (!scan_take(&rest, "\n", &line)) {
			line = rest;
			rest.size = 0;
		}
		import_line(&r->imports[source], import_format_find(format), line,
		            r->entry ? r->entry->at_ms : SITE_START_MS);
	}
}

static int compare(const void *left, const void *right)
{
	const struct site_entry *a = left, *b = right;

	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static void replay_begin(struct replay *r)
{
	const struct import_settings settings = {r->traps, true, on_event, r};
	struct config *config = keeper_world_config(
	    "trusted_relays: [" SITE_RELAY
	    "], reporters: [{name: mx1, user: \"1\", rate: 1000000}, "
	    "{name: mx2, user: \"2\", rate: 1000000}, {name: ex1, user: \"3\", rate: 1000000}]",
	    "guard: {never_list: [\"192.0.2.0/28\"]}");
	struct dials dials;

	dials_default(&dials);
	r->ledger = ledger_new(&dials, NULL);
	r->admission = admission_new(config);
	assert_true(r->ledger && r->admission);
	config_free(config);
	for (unsigned i = 0; i < SITE_SOURCE_COUNT; i++) {
		assert_int_equal(import_init(&r->imports[i], &settings), 0);
		if (sources[i].head)
			replay_text(r, i, sources[i].head);
	}
}

struct ledger *site_replay(struct site *l, int64_t until_ms, struct site_counts *out_counts)
{
	char error[TRAPS_ERROR_MAX];
	struct replay r = {.traps = traps_parse(TRAPS, strlen(TRAPS), error)};

	assert_non_null(r.traps);
	replay_begin(&r);
	qsort(l->entries, l->count, sizeof(*l->entries), compare);
	if (!until_ms)
		until_ms = l->entries[l->count - 1].at_ms;
	for (size_t i = 0; i < l->count && l->entries[i].at_ms <= until_ms; i++) {
		r.entry = &l->entries[i];
		replay_text(&r, r.entry->source, r.entry->text);
	}
	ledger_advance(r.ledger, until_ms);
	for (unsigned i = 0; i < SITE_SOURCE_COUNT; i++) {
		r.counts.bad_lines += (unsigned)r.imports[i].counts.bad;
		import_done(&r.imports[i]);
	}
	traps_free(r.traps);
	admission_free(r.admission);
	*out_counts = r.counts;
	return r.ledger;
}

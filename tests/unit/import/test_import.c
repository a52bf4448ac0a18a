/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines as the programs write them, with the quirks of their versions, and the events in them. */
#include "control/import/import.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1767963600000) /* 2026-01-09T13:00:00Z */
#define TRAPS  "bait@example.org\nold@example.org recycled\n@trap.example # all\n"

struct row {
	const char *lines, *expected, *reason;
	unsigned bad;
};

struct found {
	char text[4096];
};

static const char *const class_names[EVENT_CLASS_COUNT] = {
    [EVENT_GOOD_DELIVERY] = "good",      [EVENT_VALID_RCPT] = "valid",
    [EVENT_SPAM_VERDICT] = "spam",       [EVENT_PHISH] = "phish",
    [EVENT_MALWARE] = "malware",         [EVENT_TRAP_PRISTINE] = "trap",
    [EVENT_TRAP_RECYCLED] = "oldtrap",   [EVENT_INVALID_RCPT] = "invalid",
    [EVENT_BACKSCATTER] = "backscatter", [EVENT_AUTH_FAIL] = "auth",
    [EVENT_ANOMALY] = "anomaly",
};

static void note(const struct import_event *e, void *context)
{
	struct found *found = context;
	time_t seconds = (time_t)(e->time_ms / 1000);
	char line[2048], when[32];
	struct tm t;

	gmtime_r(&seconds, &t);
	strftime(when, sizeof(when), "%m-%dT%H:%M:%S", &t);
	snprintf(line, sizeof(line), "%s%s %s %s%s%s%s%s%s%s%s%s", found->text[0] ? " | " : "",
	         class_names[e->class], e->address, when, e->recipient[0] ? " " : "", e->recipient,
	         e->user[0] ? " user=" : "", e->user, e->domain[0] ? " domain=" : "", e->domain,
	         e->is_null_sender ? " null" : "", e->is_authenticated ? " authenticated" : "");
	strncat(found->text, line, sizeof(found->text) - strlen(found->text) - 1);
}

static void check(const char *format, const struct row *rows, size_t count)
{
	char error[TRAPS_ERROR_MAX];
	struct traps *traps = traps_parse(TRAPS, strlen(TRAPS), error);

	assert_non_null(traps);
	for (size_t i = 0; i < count; i++) {
		struct found found = {""};
		const struct import_settings settings = {traps, true, note, &found};
		struct span rest = {rows[i].lines, strlen(rows[i].lines)}, line;
		struct import in;

		assert_int_equal(import_init(&in, &settings), 0);
		while (rest.size) {
			if (!scan_take(&rest, "\n", &line)) {
				line = rest;
				rest.size = 0;
			}
			import_line(&in, import_format_find(format), line, NOW_MS);
		}
		if (strcmp(found.text, rows[i].expected) != 0 || in.counts.bad != rows[i].bad)
			fail_msg("%s: '%s', not '%s'; %u bad", rows[i].reason, found.text,
			         rows[i].expected, (unsigned)in.counts.bad);
		import_done(&in);
	}
	traps_free(traps);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SMTPD        "Jan  5 10:00:00 mx postfix/smtpd[123]: "

static const struct row postfix_rows[] = {
    {SMTPD "NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 550 5.1.1 <Nobody@example.org>: "
           "Recipient address rejected: User unknown in local recipient table; "
           "from=<a@b.example> to=<Nobody@example.org> proto=ESMTP helo=<x>",
     "invalid 192.0.2.1 01-05T10:00:00 nobody@example.org", "a recipient that is not there", 0},
    {SMTPD "NOQUEUE: reject: RCPT from mail.b.example[2001:db8::1]:41234: 550 5.1.1 "
           "<n@example.org>: Recipient address rejected: User unknown in virtual mailbox "
           "table; from=<> to=<n@example.org> proto=ESMTP helo=<mail.b.example>",
     "backscatter 2001:db8::1 01-05T10:00:00 n@example.org null",
     "a bounce to nobody; smtpd_client_port_logging", 0},
    {"2026-01-05T10:00:00.123456+01:00 mx postfix-in/submission/smtpd[9]: 4Yx0: reject: "
     "RCPT "
     "from h[192.0.2.1]: 550 5.1.1 <n@example.org>: Recipient address rejected: "
     "undeliverable address: host x said: 550 5.1.1 no (in reply to RCPT TO command); "
     "from=<a@b> to=<n@example.org> proto=ESMTP helo=<x>",
     "invalid 192.0.2.1 01-05T09:00:00 n@example.org",
     "rsyslog's stamp, another instance, after a first recipient was taken", 0},
    {SMTPD "NOQUEUE: reject: RCPT from h[192.0.2.1]: 450 4.1.1 <n@example.org>: Recipient "
           "address rejected: User unknown; from=<a@b> to=<n@example.org> proto=ESMTP helo=<x>",
     "", "soft_bounce: not said for good", 0},
    {SMTPD "NOQUEUE: reject: RCPT from h[192.0.2.1]: 554 5.7.1 Service unavailable; Client host "
           "[192.0.2.1] blocked using bl.example; 5.1.1 ; from=<a@b> to=<n@example.org> "
           "proto=ESMTP helo=<x>",
     "", "a list's verdict is no evidence", 0},
    {SMTPD "NOQUEUE: reject: RCPT from h[192.0.2.1]: 554 5.7.1 Service unavailable; Client host "
           "[192.0.2.1] blocked using bl.example; from=<a@b> to=<bait@example.org> "
           "proto=ESMTP helo=<x>",
     "trap 192.0.2.1 01-05T10:00:00 bait@example.org", "what it was sent to is", 0},
    {SMTPD "NOQUEUE: reject: RCPT from h[192.0.2.1]: 550 5.1.1 <x@trap.example>: Recipient "
           "address rejected: User unknown; from=<> to=<x@trap.example> proto=ESMTP helo=<x>",
     "trap 192.0.2.1 01-05T10:00:00 x@trap.example null",
     "a trap by its domain; the ledger knows what a null sender to it means", 0},
    {SMTPD "NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 504 5.5.2 <x>: Helo command rejected: "
           "need fully-qualified hostname; from=<a@b> to=<c@example.org> proto=ESMTP helo=<x>",
     "anomaly 192.0.2.1 01-05T10:00:00 c@example.org", "HELO", 0},
    {SMTPD "NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 550 5.7.25 Client host rejected: "
           "cannot find your reverse hostname, [192.0.2.1]; from=<a@b> to=<c@example.org> "
           "proto=SMTP helo=<x>",
     "anomaly 192.0.2.1 01-05T10:00:00 c@example.org", "no reverse DNS", 0},
    {SMTPD "NOQUEUE: reject: RCPT from unknown[unknown]: 550 5.1.1 <n@e>: User unknown; "
           "from=<a@b> to=<n@e> proto=SMTP helo=<x>",
     "", "a client that was gone before it was looked at", 0},
    {SMTPD "NOQUEUE: reject: RCPT from localhost[127.0.0.1]: 550 5.1.1 <n@e>: User unknown; "
           "from=<a@b> to=<n@e> proto=SMTP helo=<x>",
     "", "our own", 0},
    {SMTPD "NOQUEUE: reject: RCPT from h[192.0.2.1]: 550 5.1.1 <n@e>: User unknown; from=<\"] "
           "to=<x>[198.51.100.1]\"@b> to=<n@e> proto=SMTP helo=<[198.51.100.9]>",
     "invalid 192.0.2.1 01-05T10:00:00 x", "what a client says names no other client", 0},
    {SMTPD "warning: unknown[192.0.2.1]: SASL LOGIN authentication failed: UGFzc3dvcmQ6",
     "auth 192.0.2.1 01-05T10:00:00", "a failed login", 0},
    {SMTPD "warning: h[192.0.2.1]: SASL PLAIN authentication failed: (reason unavailable), "
           "sasl_username=bob@example.org",
     "auth 192.0.2.1 01-05T10:00:00 user=bob@example.org", "since 3.8 with the user", 0},
    {SMTPD "warning: h[192.0.2.1]: SASL PLAIN authentication failed: Connection lost to "
           "authentication server",
     "", "the server's fault", 0},
    {SMTPD "warning: hostname h.example does not resolve to address 192.0.2.1", "",
     "another warning", 0},
    {SMTPD "4Yx0: client=h.example[192.0.2.1]\n"
           "Jan  5 10:00:01 mx postfix/qmgr[1]: 4Yx0: from=<a@b>, size=1, nrcpt=2 (queue "
           "active)\n"
           "Jan  5 10:00:02 mx postfix/lmtp[2]: 4Yx0: to=<c@example.org>, relay=d[private/x], "
           "delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 saved)\n"
           "Jan  5 10:00:02 mx postfix/lmtp[2]: 4Yx0: to=<n@example.org>, relay=d[private/x], "
           "delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host d said: 550 5.1.1 unknown)\n"
           "Jan  5 10:00:02 mx postfix/local[2]: 4Yx0: to=<root@mx>, orig_to=<old@example.org>, "
           "relay=local, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (delivered)",
     "valid 192.0.2.1 01-05T10:00:02 c@example.org | invalid 192.0.2.1 01-05T10:00:02 "
     "n@example.org | oldtrap 192.0.2.1 01-05T10:00:02 old@example.org",
     "by queue ID; a trap that is an alias", 0},
    {SMTPD "4Yx0: client=h.example[192.0.2.1], sasl_method=PLAIN, sasl_username=bob\n"
           "Jan  5 10:00:02 mx postfix/lmtp[2]: 4Yx0: to=<c@example.org>, relay=d, dsn=2.0.0, "
           "status=sent (ok)",
     "", "a user of ours", 0},
    {SMTPD "4Yx0: client=h.example[192.0.2.1]\n"
           "Jan  5 10:00:01 mx postfix/qmgr[1]: 4Yx0: from=<>, size=1, nrcpt=1 (queue active)\n"
           "Jan  5 10:00:02 mx postfix/virtual[2]: 4Yx0: to=<n@example.org>, relay=virtual, "
           "dsn=5.1.1, status=bounced (unknown user: \"n@example.org\")",
     "backscatter 192.0.2.1 01-05T10:00:02 n@example.org null", "a bounce that was taken", 0},
    {"Jan  5 10:00:00 mx postfix/postscreen[1]: PREGREET 11 after 0.07 from "
     "[192.0.2.1]:41234: EHLO x\\r\\n",
     "anomaly 192.0.2.1 01-05T10:00:00", "it spoke before it was asked", 0},
    {"Jan  5 10:00:00 mx postfix/postscreen[1]: NOQUEUE: reject: RCPT from "
     "[192.0.2.1]:41234: "
     "550 5.7.1 Service unavailable; client [192.0.2.1] blocked using bl.example; "
     "from=<a@b>, "
     "to=<bait@example.org>, proto=ESMTP, helo=<x>",
     "trap 192.0.2.1 01-05T10:00:00 bait@example.org", "postscreen's commas", 0},
    {"Jan  5 10:00:00 mx dovecot: imap-login: x from=<> to=<bait@example.org>", "",
     "another program", 0},
    {"", "", "an empty line", 0},
    {"no stamp at all", "", "not of a log", 1},
    {"Feb 30 10:00:00 mx postfix/smtpd[1]: x", "", "a day that is none", 1},
    {SMTPD "NOQUEUE: reject: RCPT from h[192.0.2.256]: 550 5.1.1 <n@e>: x; from=<a> to=<n@e>", "",
     "an address that is none", 1},
};

static void test_postfix(void **state)
{
	(void)state;
	check("postfix", postfix_rows, COUNT(postfix_rows));
}

#define EXIM "2026-01-05 10:00:00 "

static void test_exim(void **state)
{
	static const struct row rows[] = {
	    {EXIM
	     "H=(x) [192.0.2.1]:4123 F=<a@b> rejected RCPT <n@example.org>: Unrouteable address",
	     "invalid 192.0.2.1 01-05T10:00:00 n@example.org", "a recipient that is not there", 0},
	    {"2026-01-05 10:00:00.250 +0100 [77] H=h.example (h) [2001:db8::1] I=[2001:db8::25]:25 "
	     "X=TLS1.3:x:256 CV=no F=<> rejected RCPT <n@example.org>: Unknown user",
	     "backscatter 2001:db8::1 01-05T09:00:00 n@example.org null",
	     "milliseconds, zone, pid, interface, a bounce", 0},
	    {EXIM "1tUHXx-0004Ab-2c H=h.example [192.0.2.1] F=<a@b> rejected RCPT <n@example.org>: "
	          "550 5.1.1 no such user",
	     "invalid 192.0.2.1 01-05T10:00:00 n@example.org", "of a message, without HELO", 0},
	    {EXIM "H=([198.51.100.1]) [192.0.2.1]:4123 F=<a@b> rejected RCPT <n@example.org>: "
	          "unknown user",
	     "invalid 192.0.2.1 01-05T10:00:00 n@example.org",
	     "an address in HELO is not the client", 0},
	    {EXIM "H=(x) [198.51.100.1]) [192.0.2.1]:4123 F=<a@b> rejected RCPT <n@example.org>: "
	          "unknown user",
	     "", "a HELO that ends its own brackets is not read", 1},
	    {EXIM "H=(x) [198.51.100.1] F=<) [192.0.2.1] F=<a@b> rejected RCPT <n@example.org>: "
	          "unknown user",
	     "", "nor one that goes on as a line does", 1},
	    {EXIM "H=(x y) [192.0.2.1] F=<a@b> rejected RCPT <n@example.org>: unknown user", "",
	     "a HELO with blanks is not read", 1},
	    {EXIM "H=h [192.0.2.1] F=<a@b> rejected RCPT <n@example.org>: relay not permitted", "",
	     "another reason", 0},
	    {EXIM "H=h [192.0.2.1] F=<a@b> rejected RCPT <bait@example.org>: relay not permitted",
	     "trap 192.0.2.1 01-05T10:00:00 bait@example.org", "but a trap", 0},
	    {EXIM
	     "login authenticator failed for (x) [192.0.2.1]:4123: 535 Incorrect authentication "
	     "data (set_id=bob)",
	     "auth 192.0.2.1 01-05T10:00:00 user=bob", "a failed login", 0},
	    {EXIM
	     "dovecot_plain authenticator failed for H=h.example (x) [192.0.2.1]: 535 Incorrect "
	     "authentication data",
	     "auth 192.0.2.1 01-05T10:00:00", "written in another way", 0},
	    {EXIM
	     "plain authenticator failed for h [192.0.2.1]: 435 Unable to authenticate at present",
	     "", "the server's fault", 0},
	    {EXIM
	     "1tUHXx-0004Ab-2c <= a@b.example H=h.example (h) [192.0.2.1] P=esmtps X=TLS S=1 "
	     "id=x\n" EXIM "1tUHXx-0004Ab-2c => c <c@example.org> R=local T=lmtp\n" EXIM
	     "1tUHXx-0004Ab-2c -> d@example.org R=local T=lmtp\n" EXIM
	     "1tUHXx-0004Ab-2c ** n@example.org R=local T=lmtp: SMTP error from remote mail server "
	     "after RCPT TO:<n@example.org>: 550 5.1.1 unknown\n" EXIM "1tUHXx-0004Ab-2c Completed",
	     "valid 192.0.2.1 01-05T10:00:00 c@example.org | valid 192.0.2.1 01-05T10:00:00 "
	     "d@example.org | invalid 192.0.2.1 01-05T10:00:00 n@example.org",
	     "by message ID", 0},
	    {EXIM "1rHO4a-00000001vLg-2iqX <= <> H=h.example [192.0.2.1] P=esmtp S=1\n" EXIM
	          "1rHO4a-00000001vLg-2iqX ** n@example.org: Unrouteable address",
	     "backscatter 192.0.2.1 01-05T10:00:00 n@example.org null", "the IDs since 4.97", 0},
	    {EXIM "1tUHXx-0004Ab-2c <= a@b H=h [192.0.2.1] P=esmtpsa A=login:bob S=1\n" EXIM
	          "1tUHXx-0004Ab-2c => c@example.org R=local T=lmtp",
	     "", "a user of ours", 0},
	    {"Envelope-from: <a@b>\nP Received: from x ([198.51.100.1])\n  by y\n"
	     "+++++++++++++++++++++++++\n",
	     "", "header lines of the reject log", 0},
	};

	(void)state;
	check("exim", rows, COUNT(rows));
}

static void test_rspamd(void **state)
{
	static const struct row rows[] = {
	    {"{\"ip\":\"192.0.2.1\",\"user\":\"unknown\",\"action\":\"reject\",\"score\":20.5,"
	     "\"from\":\"a@b.example\",\"rcpt\":[\"c@example.org\",\"d@example.org\"],\"symbols\":["
	     "]}",
	     "spam 192.0.2.1 01-09T13:00:00 c@example.org", "one verdict for one message", 0},
	    {"{\"ip\":\"192.0.2.1\",\"action\":\"no action\",\"from\":\"a@b.example\",\"rcpt\":"
	     "[\"c@example.org\",\"d@example.org\"],\"symbols\":[{\"name\":\"R_DKIM_ALLOW\","
	     "\"score\":-0.2,"
	     "\"options\":[\"b.example:s=k\"]}]}",
	     "good 192.0.2.1 01-09T13:00:00 c@example.org domain=b.example authenticated | good "
	     "192.0.2.1 "
	     "01-09T13:00:00 d@example.org domain=b.example authenticated",
	     "a good one for each recipient, with DKIM", 0},
	    {"{\"ip\":\"192.0.2.1\",\"action\":\"no action\",\"from\":\"a@b.example\",\"rcpt\":"
	     "\"unknown\",\"symbols\":[{\"name\":\"R_SPF_ALLOW\",\"score\":-0.2}]}",
	     "good 192.0.2.1 01-09T13:00:00 domain=b.example authenticated", "SPF, no recipients",
	     0},
	    {"{\"ip\":\"192.0.2.1\",\"action\":\"reject\",\"from\":\"\",\"rcpt\":[\"bait@example."
	     "org\"],"
	     "\"symbols\":[]}",
	     "trap 192.0.2.1 01-09T13:00:00 bait@example.org null", "a trap and a null sender", 0},
	    {"{\"ip\":\"192.0.2.1\",\"action\":\"reject\",\"rcpt\":[\"c@example.org\"],\"symbols\":"
	     "[{\"name\":\"CLAM_VIRUS\",\"score\":10,\"group\":\"antivirus\"}]}",
	     "malware 192.0.2.1 01-09T13:00:00 c@example.org", "a virus", 0},
	    {"{\"ip\":\"192.0.2.1\",\"action\":\"add "
	     "header\",\"rcpt\":[\"c@example.org\"],\"symbols\":"
	     "[{\"name\":\"PHISHED_OPENPHISH\",\"score\":5}]}",
	     "phish 192.0.2.1 01-09T13:00:00 c@example.org", "phishing", 0},
	    {"{\"ip\":\"192.0.2.1\",\"user\":\"bob\",\"action\":\"reject\",\"rcpt\":[\"c@example."
	     "org\"]}",
	     "", "a user of ours", 0},
	    {"{\"ip\":\"192.0.2.1\",\"action\":\"greylist\",\"rcpt\":[\"c@example.org\"]}", "",
	     "no verdict", 0},
	    {"{\"ip\":\"unknown\",\"action\":\"reject\",\"rcpt\":[\"c@example.org\"]}", "",
	     "from inside", 0},
	    {"{\"ip\":\"192.0.2.1\",\"action\":\"reject\",\"rcpt\":[3]}", "",
	     "a recipient of another kind", 1},
	    {"{\"ip\":4,\"action\":\"reject\"}", "", "an address of another kind", 1},
	    {"{\"ip\":\"192.0.2.1\"}", "", "no action", 1},
	    {"[1]", "", "no object", 1},
	    {"{\"ip\":", "", "cut off", 1},
	};

	(void)state;
	check("rspamd", rows, COUNT(rows));
}

#define TRACKING                                                                                   \
	"\xef\xbb\xbf#Software: Microsoft Exchange Server\r\n#Fields: date-time,client-ip,"        \
	"client-hostname,source,event-id,recipient-address,recipient-status,sender-address,"       \
	"return-path,directionality,original-client-ip,message-subject\r\n"
#define AGENTS                                                                                     \
	"#Fields: Timestamp,SessionId,RemoteEndpoint,P1FromAddress,Recipient,Agent,Event,Action,"  \
	"SmtpResponse,Reason,ReasonData\r\n"

static void test_exchange(void **state)
{
	static const struct row rows[] = {
	    {TRACKING
	     "2026-01-05T10:00:00.123Z,192.0.2.1,h,SMTP,RECEIVE,c@example.org;d@example.org,,"
	     "a@b.example,a@b.example,Incoming,,\"Hi, \"\"you\"\"\"\r\n",
	     "valid 192.0.2.1 01-05T10:00:00 c@example.org | valid 192.0.2.1 01-05T10:00:00 "
	     "d@example.org",
	     "a message for two; a subject with commas and quotes", 0},
	    {TRACKING
	     "2026-01-05T10:00:00Z,10.0.0.5,fe,SMTP,FAIL,n@example.org,"
	     "\"[{LED=550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found}]\",<>,<>,"
	     "Incoming,2001:db8::1%12,x",
	     "backscatter 2001:db8::1 01-05T10:00:00 n@example.org null",
	     "behind a front end; a null sender to nobody", 0},
	    {TRACKING "2026-01-05T10:00:00Z,192.0.2.1,h,SMTP,RECEIVE,c@b.example,,bob@example.org,"
	              "bob@example.org,Originating,,x",
	     "", "a user of ours", 0},
	    {TRACKING "2026-01-05T10:00:00Z,192.0.2.1,h,STOREDRIVER,DELIVER,c@example.org,,a@b,a@b,"
	              "Incoming,,x",
	     "", "another event", 0},
	    {TRACKING
	     "2026-01-05T10:00:00Z,192.0.2.1,h,SMTP,RECEIVE,c@example.org,,a@b,a@b,Incoming,,"
	     "\"never closed",
	     "", "a quote that does not end costs its line", 1},
	    {TRACKING "yesterday,192.0.2.1,h,SMTP,RECEIVE,c@example.org,,a@b,a@b,Incoming,,x", "",
	     "a bad time", 1},
	    {"2026-01-05T10:00:00Z,192.0.2.1", "", "rows before their columns", 1},
	    {AGENTS
	     "2026-01-05T10:00:00.1Z,08D,192.0.2.1:4123,a@b,n@example.org,Recipient Filter Agent,"
	     "OnRcptCommand,RejectCommand,550 5.1.1 User unknown,RecipientDoesNotExist,\r\n",
	     "invalid 192.0.2.1 01-05T10:00:00 n@example.org", "the recipient filter", 0},
	    {AGENTS
	     "2026-01-05T10:00:00Z,08D,[2001:db8::1]:4123,a@b,,Content Filter Agent,OnEndOfData,"
	     "RejectMessage,550 5.7.1,SclAtOrAboveRejectThreshold,8",
	     "spam 2001:db8::1 01-05T10:00:00", "the content filter", 0},
	    {AGENTS "2026-01-05T10:00:00Z,08D,192.0.2.1:4123,a@b,,Content Filter Agent,OnEndOfData,"
	            "AcceptMessage,,SclAtOrAboveQuarantineThreshold,6",
	     "", "not sure enough", 0},
	};

	(void)state;
	check("exchange", rows, COUNT(rows));
}

static void test_stamps(void **state)
{
	static const struct {
		const char *text;
		bool is_utc;
		int64_t expected_s; /* 0 = none */
		const char *reason;
	} rows[] = {
	    {"Jan  9 13:00:00 x", true, 1767963600, "now"},
	    {"Jan 10 12:59:00 x", true, 1768049940, "a clock that is ahead by less than a day"},
	    {"Jan 11 13:00:00 x", true, 1736600400, "later than that: of last year"},
	    {"Dec 31 23:59:59 x", true, 1767225599, "of the year before"},
	    {"Feb 29 00:00:00 x", true, 1709164800, "of the last leap year"},
	    {"Feb 30 00:00:00 x", true, 0, "never"},
	    {"Jan  9 14:00:00 x", false, 1767963600, "the local zone is UTC+1 here"},
	    {"Jul  9 14:00:00 x", false, 1752062400, "in summer UTC+2"},
	    {"2026-01-09T13:00:00 x", true, 1767963600, "no zone"},
	    {"2026-01-09 14:00:00 +0100 x", true, 1767963600, "a zone after a blank"},
	    {"2026-01-09T13:00:00,5-05:30 x", true, 1767983400, "west"},
	    {"2026-13-09T13:00:00 x", true, 0, "no such month"},
	    {"2026-01-09T24:00:00 x", true, 0, "no such hour"},
	    {"2026-01-09", true, 0, "a day"},
	    {"Jan", true, 0, "a month"},
	    {"", true, 0, "nothing"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct stamp_clock clock = {NOW_MS, rows[i].is_utc};
		struct span line = {rows[i].text, strlen(rows[i].text)};
		int64_t ms = 0;
		bool is_there = stamp_take(&line, &clock, &ms);

		if (is_there != (rows[i].expected_s != 0) || ms / 1000 != rows[i].expected_s)
			fail_msg("%s: %lld", rows[i].reason, (long long)ms / 1000);
		if (is_there)
			assert_true(scan_is(line, "x"));
		else
			assert_int_equal(line.size, strlen(rows[i].text));
	}
}

static void test_traps(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
	    {"a@b\n# c\n\n  @d  recycled # e\r\n", NULL},
	    {"a@b\nnobody\n", "line 2: 'nobody' is neither an address nor '@DOMAIN'"},
	    {"a@b old", "line 1: 'old', expected pristine or recycled"},
	    {"a@b recycled x", "line 1: unexpected 'x' after the kind of trap"},
	    {"a@", "line 1: 'a@' is neither an address nor '@DOMAIN'"},
	};
	char error[TRAPS_ERROR_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct traps *t = traps_parse(rows[i].text, strlen(rows[i].text), error);

		if (rows[i].error)
			assert_string_equal(error, rows[i].error);
		else
			assert_int_equal(traps_find(t, (struct span){"X@D", 3}), TRAPS_RECYCLED);
		assert_int_equal(t == NULL, rows[i].error != NULL);
		traps_free(t);
	}
}

/* Only so many messages are remembered; the newest are. */
static void test_many_messages(void **state)
{
	const struct import_settings settings = {NULL, true, note, &(struct found){""}};
	struct import in;
	char line[256];

	(void)state;
	assert_int_equal(import_init(&in, &settings), 0);
	for (unsigned i = 0; i < 100000; i++) {
		int size = snprintf(line, sizeof(line), SMTPD "4Y%xx: client=h[192.0.2.1]", i);

		import_line(&in, import_format_find("postfix"), (struct span){line, (size_t)size},
		            NOW_MS);
		size = snprintf(line, sizeof(line),
		                "Jan  5 10:00:02 mx postfix/lmtp[2]: 4Y%xx: to=<c@e>, dsn=2.0.0, "
		                "status=sent (ok)",
		                i);
		import_line(&in, import_format_find("postfix"), (struct span){line, (size_t)size},
		            NOW_MS);
		assert_int_equal(in.counts.events, i + 1);
	}
	import_done(&in);
}

static void test_long_line(void **state)
{
	const struct import_settings settings = {NULL, true, note, &(struct found){""}};
	char *line = malloc(IMPORT_LINE_MAX + 1);
	struct import in;

	(void)state;
	assert_non_null(line);
	memset(line, 'x', IMPORT_LINE_MAX + 1);
	assert_int_equal(import_init(&in, &settings), 0);
	import_line(&in, import_format_find("exim"), (struct span){line, IMPORT_LINE_MAX}, NOW_MS);
	assert_int_equal(in.counts.bad, 0);
	import_line(&in, import_format_find("exim"), (struct span){line, IMPORT_LINE_MAX + 1},
	            NOW_MS);
	assert_int_equal(in.counts.bad, 1);
	import_done(&in);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_postfix),       cmocka_unit_test(test_exim),
	    cmocka_unit_test(test_rspamd),        cmocka_unit_test(test_exchange),
	    cmocka_unit_test(test_stamps),        cmocka_unit_test(test_traps),
	    cmocka_unit_test(test_many_messages), cmocka_unit_test(test_long_line),
	};

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

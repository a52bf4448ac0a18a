/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Logs of a site with several mail servers, written line by line as the programs write them, in any
 * order; then replayed in the order of time through the importers, admission and the ledger. Time
 * comes from the logs alone, so a log makes the same ledger on every machine.
 */
#include "control/reputation/ledger.h"

#include <stddef.h>
#include <stdint.h>

#define SITE_START_MS INT64_C(1767600000000) /* 2026-01-05T08:00:00Z */
#define SITE_SECOND   INT64_C(1000)
#define SITE_MINUTE   (60 * SITE_SECOND)
#define SITE_HOUR     (60 * SITE_MINUTE)
#define SITE_DAY      (24 * SITE_HOUR)

/* What the site has: its trusted relay, traps, and addresses of its own. */
#define SITE_RELAY         "192.0.2.10"
#define SITE_TRAP          "bait@example.org"
#define SITE_TRAP_RECYCLED "left@example.org"

enum site_source { /* a file of one server each, and its reporter */
	           SITE_POSTFIX,
	           SITE_EXIM,
	           SITE_RSPAMD,
	           SITE_EXCHANGE_TRACKING,
	           SITE_EXCHANGE_AGENTS,
	           SITE_MILTER, /* events in their own form, with the Received fields */
	           SITE_SOURCE_COUNT,
};

struct site;

struct site *site_new(void);
void site_free(struct site *l);

/* A line as it is. */
void site_line(struct site *l, enum site_source source, int64_t at_ms, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

struct site_mail {
	const char *client; /* address */
	const char *sender; /* empty: a bounce */
	const char *recipient;
};

/* What a server writes of one message: with all that is around the line that matters. */
void site_accepted(struct site *l, enum site_source source, int64_t at_ms,
                   const struct site_mail *m);
void site_unknown_recipient(struct site *l, enum site_source source, int64_t at_ms,
                            const struct site_mail *m);
/* A trap is accepted like any recipient, or refused by somebody else's list before. */
void site_blocked_by_list(struct site *l, int64_t at_ms, const struct site_mail *m);
void site_bad_helo(struct site *l, int64_t at_ms, const struct site_mail *m);
void site_login_failed(struct site *l, enum site_source source, int64_t at_ms, const char *client,
                       const char *user);

/* rspamd's and Exchange's verdicts. domain: that DKIM stands for; NULL = unsigned */
void site_rspamd(struct site *l, int64_t at_ms, const struct site_mail *m, const char *action,
                 const char *domain);
void site_scl(struct site *l, int64_t at_ms, const struct site_mail *m, unsigned scl);

struct site_counts {
	unsigned lines, events, bad_lines, refused, own;
};

/* A ledger that has seen all until a moment (0 = the last line), and is of that moment. Ends the
 * test on what cannot be. */
struct ledger *site_replay(struct site *l, int64_t until_ms, struct site_counts *out_counts);

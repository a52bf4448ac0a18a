/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The attacks of the mail world as the logs of a site show them, among a day of ordinary mail: what
 * the importers and the ledger make of them. All that is listed is compared, so nobody is listed
 * by the way.
 */
#include "control/reputation/key_form.h"
#include "tests/unit/import/site.h"
#include "tests/unit/reputation/script.h"
#include "tests/unit/reputation/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START SITE_START_MS

/* "u7@example.org" or "10.0.7.1", in a place of its own until sixteen others are made. */
static const char *make(const char *format, unsigned number)
{
	static char texts[16][64];
	static unsigned next;
	char *text = texts[next++ % 16];

	snprintf(text, sizeof(texts[0]), format, number);
	return text;
}

#define USER(number)  make("u%u@example.org", number) /* of ours */
#define GUESS(number) make("g%u@example.org", number) /* nobody */

static void mail(struct site *l, enum site_source source, int64_t at_ms, const char *client,
                 const char *recipient)
{
	site_accepted(l, source, at_ms,
	              &(struct site_mail){client, "info@sender.example", recipient});
}

static void guess(struct site *l, enum site_source source, int64_t at_ms, const char *client,
                  const char *recipient)
{
	site_unknown_recipient(l, source, at_ms,
	                       &(struct site_mail){client, "info@sender.example", recipient});
}

static void bounce(struct site *l, enum site_source source, int64_t at_ms, const char *client,
                   const char *recipient)
{
	site_unknown_recipient(l, source, at_ms, &(struct site_mail){client, "", recipient});
}

/* --- a day of ordinary mail, in which somebody always errs --- */

static void play_ordinary(struct site *l)
{
	for (unsigned i = 0; i < 60; i++) {
		const char *office = make("198.18.%u.25", i % 6);

		mail(l, SITE_POSTFIX, START + i * 23 * SITE_MINUTE, office, USER(i % 9));
		site_rspamd(l, START + i * 23 * SITE_MINUTE,
		            &(struct site_mail){office, "amy@office.example", USER(i % 9)},
		            "no action", "office.example");
		mail(l, SITE_EXIM, START + i * 19 * SITE_MINUTE, office, USER(i % 7));
		mail(l, SITE_EXCHANGE_TRACKING, START + i * 17 * SITE_MINUTE, office, USER(i % 5));
	}
	for (unsigned i = 0; i < 6; i++) /* each mistypes one */
		guess(l, i % 2 ? SITE_EXIM : SITE_POSTFIX, START + i * SITE_MINUTE,
		      make("198.18.%u.25", i), GUESS(900 + i));
	for (unsigned i = 0; i < 208; i++) { /* a newsletter, of which 8 readers have left */
		if (i % 26 == 25)
			guess(l, SITE_POSTFIX, START + SITE_HOUR + i * SITE_SECOND, "198.18.100.1",
			      GUESS(800 + i));
		else
			mail(l, SITE_POSTFIX, START + SITE_HOUR + i * SITE_SECOND, "198.18.100.1",
			     USER(i));
	}
	for (unsigned i = 0; i < 50; i++) /* a telephone with the old password */
		site_login_failed(l, SITE_POSTFIX, START + i * 5 * SITE_MINUTE, "198.18.101.1",
		                  "amy@example.org");
	for (unsigned i = 0; i < 9; i++) /* vacation notices to somebody who left; delivery reports
	                                    to somebody who did not */
		bounce(l, SITE_EXIM, START + i * SITE_HOUR, "198.18.102.1", GUESS(700));
	for (unsigned i = 0; i < 20; i++)
		site_accepted(l, SITE_POSTFIX, START + i * SITE_HOUR,
		              &(struct site_mail){"198.18.102.2", "", USER(i)});
	/* What another list refused is no evidence of ours. */
	for (unsigned i = 0; i < 100; i++)
		site_blocked_by_list(
		    l, START + i * SITE_MINUTE,
		    &(struct site_mail){"198.18.103.1", "win@prize.example", GUESS(i)});
}

/* --- the attacks --- */

/* john, mary … a guess every twenty seconds, one of ten right */
static void play_harvest(struct site *l)
{
	for (unsigned i = 0; i < 40; i++) {
		int64_t at_ms = START + 2 * SITE_HOUR + i * 20 * SITE_SECOND;

		if (i % 10 == 9)
			mail(l, SITE_POSTFIX, at_ms, "203.0.113.9", USER(i));
		else
			guess(l, SITE_POSTFIX, at_ms, "203.0.113.9", GUESS(i));
	}
}

/*
 * Twenty hosts of a /24, four guesses each, one host after the other; in the same net somebody who
 * only sends mail. And a hosting provider, whose twenty customers each mistype one.
 */
static void play_spread_harvest(struct site *l)
{
	for (unsigned i = 0; i < 80; i++)
		guess(l, SITE_EXIM, START + 2 * SITE_HOUR + i * 30 * SITE_SECOND,
		      make("203.0.113.%u", 10 + i % 20), GUESS(i));
	for (unsigned i = 0; i < 10; i++)
		mail(l, SITE_EXIM, START + 2 * SITE_HOUR + i * 4 * SITE_MINUTE, "203.0.113.200",
		     USER(i));
	for (unsigned i = 0; i < 120; i++) {
		const char *host = make("198.51.100.%u", 10 + i % 20);
		int64_t at_ms = START + 2 * SITE_HOUR + i * 20 * SITE_SECOND;

		if (i % 6 == i / 20)
			guess(l, SITE_EXIM, at_ms, host, GUESS(300 + i));
		else
			mail(l, SITE_EXIM, at_ms, host, USER(i));
	}
}

/* The same guesses of a /56, a few of each /64; next to it a pool that tries one mailbox that is
 * gone from all its addresses. */
static void play_spread_harvest6(struct site *l)
{
	for (unsigned i = 0; i < 40; i++)
		guess(l, SITE_POSTFIX, START + 2 * SITE_HOUR + i * 30 * SITE_SECOND,
		      make("2001:db8:7:10%x::25", i % 8), GUESS(i));
	for (unsigned i = 0; i < 40; i++)
		guess(l, SITE_POSTFIX, START + 2 * SITE_HOUR + i * 30 * SITE_SECOND,
		      make("198.51.100.%u", 10 + i % 20), GUESS(500));
}

/* Somebody wrote to the world in our name: bounces to names we do not have. */
static void play_backscatter(struct site *l)
{
	for (unsigned i = 0; i < 40; i++) {
		bounce(l, SITE_EXIM, START + 3 * SITE_HOUR + i * 5 * SITE_SECOND, "203.0.113.25",
		       GUESS(i));
		bounce(l, SITE_EXCHANGE_TRACKING, START + 3 * SITE_HOUR + i * 5 * SITE_SECOND,
		       "198.51.100.25", GUESS(100 + i));
	}
}

/* Each in a net of its own. */
static void play_traps(struct site *l)
{
	int64_t at_ms = START + 4 * SITE_HOUR;

	mail(l, SITE_POSTFIX, at_ms, "203.0.113.1", SITE_TRAP);
	/* A list blocked it, and yet it was sent to a trap; any mailbox of a domain that has none.
	 */
	site_blocked_by_list(l, at_ms,
	                     &(struct site_mail){"203.0.113.200", "x@y.example", SITE_TRAP});
	guess(l, SITE_EXIM, at_ms, "198.51.100.1", "anna@trap.example.org");
	for (unsigned i = 0; i < 3; i++) { /* recycled, seen by two servers; by one */
		mail(l, SITE_POSTFIX, at_ms + i * SITE_MINUTE, "198.51.101.1", SITE_TRAP_RECYCLED);
		mail(l, SITE_EXIM, at_ms + i * SITE_MINUTE, "198.51.101.1", SITE_TRAP_RECYCLED);
		mail(l, SITE_EXCHANGE_TRACKING, at_ms + i * SITE_MINUTE, "198.51.102.1",
		     SITE_TRAP_RECYCLED);
	}
	/* Bounces to a trap whose address somebody forged. */
	for (unsigned i = 0; i < 6; i++)
		site_accepted(l, i % 2 ? SITE_POSTFIX : SITE_EXIM, at_ms + i * SITE_MINUTE,
		              &(struct site_mail){"198.51.103.1", "", SITE_TRAP});
}

/* One password for every user, at two servers; and one so slow that it is nobody's five in an hour.
 */
static void play_guessing(struct site *l)
{
	for (unsigned i = 0; i < 24; i++) {
		int64_t at_ms = START + 23 * SITE_HOUR + i * 2 * SITE_MINUTE;

		site_login_failed(l, SITE_POSTFIX, at_ms, "203.0.113.7", USER(i));
		site_login_failed(l, SITE_EXIM, at_ms, "198.51.100.7", USER(i));
		site_login_failed(l, SITE_EXIM, START + i * 40 * SITE_MINUTE, "198.51.101.7",
		                  USER(i));
	}
}

/* Ninety days of five mails a day, then a stolen account: forty spam in an hour to a bought list.
 */
static void play_compromised(struct site *l)
{
	int64_t at_ms = START + 90 * SITE_DAY;

	for (unsigned i = 0; i < 900; i++)
		site_rspamd(l, START + i / 2 * SITE_DAY / 5,
		            &(struct site_mail){i % 2 ? "203.0.113.1" : "198.51.100.1",
		                                "bob@office.example", USER(i % 40)},
		            "no action", "office.example");
	for (unsigned i = 0; i < 40; i++) {
		if (i % 10 == 0)
			guess(l, SITE_POSTFIX, at_ms + i * 90 * SITE_SECOND, "203.0.113.1",
			      GUESS(i));
		else
			site_rspamd(
			    l, at_ms + i * 90 * SITE_SECOND,
			    &(struct site_mail){"203.0.113.1", "bob@office.example", USER(i)},
			    "reject", "office.example");
	}
}

/* Sixteen hosts of a /24: six that each hardly show, the others only look odd. A provider next to
 * it has five such customers among thirty. */
static void play_snow_shoe(struct site *l)
{
	for (unsigned host = 1; host <= 16; host++) {
		const char *client = make("203.0.113.%u", host * 13);

		for (unsigned i = 0; i < 5; i++) {
			int64_t at_ms = START + 5 * SITE_HOUR + (i * 30 + host) * SITE_MINUTE;
			const struct site_mail m = {client, "deal@shoe.example", USER(i)};

			if (host > 6)
				site_bad_helo(l, at_ms, &m);
			else if (i % 2)
				mail(l, SITE_EXIM, at_ms, client, SITE_TRAP_RECYCLED);
			else
				site_rspamd(l, at_ms, &m, "add header", NULL);
		}
	}
	for (unsigned host = 1; host <= 30; host++) {
		const char *client = make("198.51.100.%u", host * 7);

		mail(l, SITE_POSTFIX, START + 6 * SITE_HOUR, client, USER(host));
		if (host <= 5)
			mail(l, SITE_POSTFIX, START + 7 * SITE_HOUR, client, SITE_TRAP);
	}
}

/* A thousand mails a day for ten days; then one customer of it comes with a bought list. */
static void play_esp(struct site *l)
{
	int64_t at_ms = START + 10 * SITE_DAY;

	for (unsigned i = 0; i < 10000; i++)
		site_rspamd(l, START + i * SITE_DAY / 1000,
		            &(struct site_mail){"203.0.113.1", "news@shop.example", USER(i % 300)},
		            "no action", "shop.example");
	mail(l, SITE_EXIM, at_ms, "203.0.113.1", SITE_TRAP);
	for (unsigned i = 0; i < 12; i++) {
		site_rspamd(l, at_ms + i * SITE_MINUTE,
		            &(struct site_mail){"203.0.113.1", "buy@bought.example", USER(i)},
		            "add header", "bought.example");
		guess(l, SITE_POSTFIX, at_ms + i * SITE_MINUTE, "203.0.113.1", GUESS(i % 3));
	}
}

/* A filter that calls everything spam, for a day: twelve senders, some of one net. */
static void play_misfire(struct site *l)
{
	for (unsigned i = 0; i < 480; i++) {
		const char *client = i % 12 < 8 ? make("203.0.113.%u", 1 + i % 12)
		                                : make("198.51.%u.1", 100 + i % 12);

		site_scl(l, START + i * 3 * SITE_MINUTE,
		         &(struct site_mail){client, "info@sender.example", USER(i % 30)}, 9);
	}
}

/*
 * A relay of ours hands mail on. What it says of its client is believed; what that client says of
 * the way before is not, nor what a stranger says of us, in Received or in HELO.
 */
static void play_forged_relay(struct site *l)
{
	for (unsigned i = 0; i < 15; i++) {
		int64_t at_ms = START + 6 * SITE_HOUR + i * 20 * SITE_SECOND;

		site_line(l, SITE_MILTER, at_ms,
		          "{\"ts\":%lld,\"ip\":\"" SITE_RELAY "\",\"class\":\"invalid_rcpt\","
		          "\"rcpt\":\"%s\",\"received\":[\"203.0.113.66\",\"198.51.100.99\"],"
		          "\"id\":\"a%u\"}",
		          (long long)(at_ms / 1000), GUESS(i), i);
		site_line(l, SITE_MILTER, at_ms,
		          "{\"ts\":%lld,\"ip\":\"198.51.101.66\",\"class\":\"invalid_rcpt\","
		          "\"rcpt\":\"%s\",\"received\":[\"198.51.100.99\",\"" SITE_RELAY "\"],"
		          "\"id\":\"b%u\"}",
		          (long long)(at_ms / 1000), GUESS(100 + i), i);
		/* The relay's log line names the relay alone: nobody is charged. */
		guess(l, SITE_POSTFIX, at_ms, SITE_RELAY, GUESS(200 + i));
		site_line(l, SITE_EXIM, START + 6 * SITE_HOUR + i * SITE_MINUTE,
		          "2026-01-05 14:%02u:00 H=([198.51.100.99]) [198.51.102.66]:4123 "
		          "F=<x@[198.51.100.99]> rejected RCPT <%s>: Unrouteable address",
		          i, GUESS(300 + i));
	}
}

static const struct scenario {
	const char *what;
	void (*play)(struct site *l);
	int64_t look_ms;    /* after the start; 0 = at the end */
	const char *listed; /* all of it, in order */
	struct {
		const char *key;
		int least, most; /* of the score */
	} scores[3];
} scenarios[] = {
    {"ordinary mail lists nobody", play_ordinary, 0, "", {{"198.18.100.1", 60, 100}}},
    {"harvest (Postfix)",
     play_harvest,
     2 * SITE_HOUR + 15 * SITE_MINUTE,
     "203.0.113.9 dha",
     {{"203.0.113.9", 0, 40}}},
    {"harvest over a /24, a few guesses of each host (Exim); a provider's customers who mistype",
     play_spread_harvest,
     3 * SITE_HOUR,
     "203.0.113.0/24 dha",
     {{"198.51.100.15", 35, 100}}},
    {"harvest over a /56 (Postfix); a pool that tries the same mailbox again and again",
     play_spread_harvest6,
     3 * SITE_HOUR,
     "2001:db8:7:100::/56 dha",
     {{"198.51.100.15", 35, 80}}},
    {"backscatter (Exim, Exchange): that list alone, and no points",
     play_backscatter,
     4 * SITE_HOUR,
     "198.51.100.25 backscatter, 203.0.113.25 backscatter",
     {{"203.0.113.25", 80, 80}, {"198.51.100.25", 80, 80}}},
    {"traps (Postfix, Exim, Exchange): pristine, recycled with a second witness; not bounces",
     play_traps,
     5 * SITE_HOUR,
     "198.51.100.1 trap, 198.51.101.1 trap, 203.0.113.1 trap, 203.0.113.200 trap",
     {{"198.51.102.1", 40, 60}, {"198.51.103.1", 80, 80}}},
    {"password guessing (Postfix, Exim): that list alone, and no points",
     play_guessing,
     0,
     "198.51.100.7 auth, 203.0.113.7 auth",
     {{"203.0.113.7", 80, 80}, {"198.51.101.7", 80, 80}}},
    {"a compromised office host with a good history (rspamd, Postfix); its neighbour stays good",
     play_compromised,
     0,
     "198.51.100.1 good, 203.0.113.1 spam",
     {{"203.0.113.1", 0, 30}, {"198.51.100.1", 90, 100}}},
    {"snow-shoe over a /24 (rspamd, Exim, Postfix); five of a provider's thirty",
     play_snow_shoe,
     8 * SITE_HOUR,
     "198.51.100.14 trap, 198.51.100.21 trap, 198.51.100.28 trap, 198.51.100.35 trap, "
     "198.51.100.7 trap, 203.0.113.0/24 spam+trap, 203.0.113.13 trap, 203.0.113.26 trap, "
     "203.0.113.39 trap, 203.0.113.52 trap, 203.0.113.65 trap, 203.0.113.78 trap",
     {{"203.0.113.208", 0, 60}, {"198.51.100.203", 20, 80}}},
    {"an ESP with one bad customer (rspamd, Exim, Postfix): no block list",
     play_esp,
     0,
     "203.0.113.1 good, shop.example good",
     {{"203.0.113.1", 80, 100}, {"bought.example", 0, 60}}},
    {"one misfiring filter (Exchange) lists nobody", play_misfire, 0, "", {{"203.0.113.1", 0, 40}}},
    {"a forged relay (events, Postfix, Exim): who handed it to the relay is charged",
     play_forged_relay,
     7 * SITE_HOUR,
     "198.51.101.66 dha, 198.51.102.66 dha, 203.0.113.66 dha",
     {{"198.51.100.99", 80, 80}, {SITE_RELAY, 80, 80}}},
};

/* --- what is listed --- */

struct listed {
	const struct ledger *ledger;
	char lines[64][120];
	unsigned count;
};

static bool collect(const struct ledger_key *key, void *context)
{
	struct listed *all = context;
	char text[KEY_FORM_TEXT_MAX], lists[100] = "";
	struct ledger_answer answer;

	ledger_answer(all->ledger, key, ledger_now(all->ledger), &answer);
	for (unsigned i = 0; i < DIALS_LIST_COUNT; i++) {
		if (answer.lists >> i & 1)
			snprintf(lists + strlen(lists), sizeof(lists) - strlen(lists), "%s%s",
			         lists[0] ? "+" : "", dials_list_name(i));
	}
	if (!lists[0] || all->count == 64)
		return true;
	key_form_text(key, text);
	snprintf(all->lines[all->count++], sizeof(all->lines[0]), "%.60s %.50s", text, lists);
	return true;
}

static int compare(const void *left, const void *right)
{
	return strcmp(left, right);
}

static void tell_listed(const struct ledger *l, char *out_text, size_t size)
{
	static struct listed all;

	all = (struct listed){.ledger = l};
	ledger_each(l, collect, &all);
	qsort(all.lines, all.count, sizeof(all.lines[0]), compare);
	out_text[0] = '\0';
	for (unsigned i = 0; i < all.count; i++)
		snprintf(out_text + strlen(out_text), size - strlen(out_text), "%s%s",
		         i ? ", " : "", all.lines[i]);
}

static unsigned check_scores(const struct scenario *s, const struct ledger *l)
{
	unsigned failures = 0;

	for (unsigned i = 0; i < 3 && s->scores[i].key; i++) {
		struct ledger_view view;

		stream_look(l, s->scores[i].key, &view);
		script_check_sum(&view);
		if (view.score.score >= s->scores[i].least && view.score.score <= s->scores[i].most)
			continue;
		print_error("%s: score of %s: %d, expected %d to %d\n", s->what, s->scores[i].key,
		            view.score.score, s->scores[i].least, s->scores[i].most);
		failures++;
	}
	return failures;
}

static struct ledger *replay(const struct scenario *s)
{
	struct site *l = site_new();
	struct site_counts counts;
	struct ledger *ledger;

	play_ordinary(l);
	if (s->play != play_ordinary)
		s->play(l);
	ledger = site_replay(l, s->look_ms ? START + s->look_ms : 0, &counts);
	site_free(l);
	if (counts.bad_lines || counts.refused || counts.events < 80)
		fail_msg("%s: %u of %u lines are bad, %u of %u events refused", s->what,
		         counts.bad_lines, counts.lines, counts.refused, counts.events);
	return ledger;
}

static void test_attacks(void **state)
{
	unsigned failures = 0;
	char listed[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		const struct scenario *s = &scenarios[i];
		struct ledger *l = replay(s), *again = replay(s);

		tell_listed(l, listed, sizeof(listed));
		if (strcmp(listed, s->listed) != 0) {
			print_error("%s: listed: '%s', expected '%s'\n", s->what, listed,
			            s->listed);
			failures++;
		}
		failures += check_scores(s, l);
		script_same(l, again);
		ledger_free(l);
		ledger_free(again);
	}
	assert_int_equal(failures, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_attacks)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

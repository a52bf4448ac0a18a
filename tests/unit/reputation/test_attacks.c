/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The attacks of the mail world as streams of events, and what must and must not become of them.
 */
#include "tests/unit/reputation/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define SPAM        (1u << DIALS_SPAM)
#define TRAP        (1u << DIALS_TRAP)
#define DHA         (1u << DIALS_DHA)
#define BACKSCATTER (1u << DIALS_BACKSCATTER)
#define AUTH        (1u << DIALS_AUTH)
#define GOOD        (1u << DIALS_GOOD)

/* Days of a sender's ordinary mail before the story begins. */
static int64_t history(struct ledger *l, const char *ip, unsigned days, unsigned mails_a_day)
{
	for (unsigned day = 0; day < days; day++) {
		for (unsigned i = 0; i < mails_a_day; i++)
			stream_good(
			    l, STREAM_START_MS + day * STREAM_DAY + i * STREAM_DAY / mails_a_day,
			    ip, i % 50);
	}
	return STREAM_START_MS + days * STREAM_DAY;
}

static int64_t play_harvest(struct ledger *l)
{
	/* john, mary … one guess every twenty seconds, one of ten right */
	for (unsigned i = 0; i < 30; i++) {
		const struct stream_event e = {
		    .ip = "192.0.2.1",
		    .class = i % 10 == 9 ? EVENT_VALID_RCPT : EVENT_INVALID_RCPT,
		    .recipient = 1000 + i,
		};

		stream_apply(l, STREAM_START_MS + i * 20000, &e);
	}
	/* The same address mistyped again and again by one correspondent. */
	for (unsigned i = 0; i < 30; i++)
		stream_apply(l, STREAM_START_MS + 600000 + i * 20000,
		             &(struct stream_event){
				 .ip = "192.0.2.2", .class = EVENT_INVALID_RCPT, .recipient = 7});
	/* Guesses from a /64, each from another address of it. */
	for (unsigned i = 0; i < 12; i++) {
		char ip[64];

		snprintf(ip, sizeof(ip), "2001:db8:1:2::%x", i + 1);
		stream_apply(
		    l, STREAM_START_MS + 1200000 + i * 1000,
		    &(struct stream_event){.ip = ip, .class = EVENT_INVALID_RCPT, .recipient = i});
	}
	return STREAM_START_MS + 1300000;
}

static int64_t play_newsletter(struct ledger *l)
{
	int64_t at = history(l, "192.0.2.1", 10, 200);

	/* The weekly issue: 8 of 208 addresses are gone. */
	for (unsigned i = 0; i < 208; i++) {
		const struct stream_event e = {
		    .ip = "192.0.2.1",
		    .class = i % 26 == 25 ? EVENT_INVALID_RCPT : EVENT_GOOD_DELIVERY,
		    .recipient = 5000 + i,
		    .is_authenticated = true,
		};

		stream_apply(l, at + i * 1000, &e);
	}
	return at + 208000;
}

static int64_t play_backscatter(struct ledger *l)
{
	/* Somebody forged our domain: their server bounces to names we do not have. */
	for (unsigned i = 0; i < 40; i++) {
		stream_apply(l, STREAM_START_MS + i * 5000,
		             &(struct stream_event){.ip = "192.0.2.1",
		                                    .class = EVENT_BACKSCATTER,
		                                    .recipient = 100 + i,
		                                    .is_null_sender = true});
		/* A reporter that tells it as it sees it, an unknown recipient of a bounce. */
		stream_apply(l, STREAM_START_MS + i * 5000,
		             &(struct stream_event){.ip = "192.0.2.2",
		                                    .class = EVENT_INVALID_RCPT,
		                                    .recipient = 100 + i,
		                                    .is_null_sender = true});
	}
	/* A vacation notice to one user who left. */
	for (unsigned i = 0; i < 9; i++)
		stream_apply(l, STREAM_START_MS + 200000 + i * 5000,
		             &(struct stream_event){.ip = "192.0.2.3",
		                                    .class = EVENT_BACKSCATTER,
		                                    .recipient = 1,
		                                    .is_null_sender = true});
	return STREAM_START_MS + 300000;
}

static int64_t play_traps(struct ledger *l)
{
	int64_t at = STREAM_START_MS;

	stream_apply(l, at,
	             &(struct stream_event){.ip = "192.0.2.1", .class = EVENT_TRAP_PRISTINE});
	/* Four recycled ones, one mail server: addresses that once were somebody's. */
	for (unsigned i = 0; i < 4; i++)
		stream_apply(
		    l, at + i,
		    &(struct stream_event){.ip = "198.51.100.2", .class = EVENT_TRAP_RECYCLED});
	/* As many, but two servers saw them. */
	for (unsigned i = 0; i < 4; i++)
		stream_apply(l, at + 10 + i,
		             &(struct stream_event){.ip = "203.0.113.3",
		                                    .class = EVENT_TRAP_RECYCLED,
		                                    .reporter = i % 2 ? "mx1" : "mx2"});
	/* Bounces to a trap whose address somebody forged. */
	for (unsigned i = 0; i < 5; i++)
		stream_apply(l, at + 20 + i,
		             &(struct stream_event){.ip = "192.0.2.129",
		                                    .class = EVENT_TRAP_PRISTINE,
		                                    .is_null_sender = true});
	return at + 1000;
}

static int64_t play_guessing(struct ledger *l)
{
	int64_t at = STREAM_START_MS;

	/* One password for every user. */
	for (unsigned i = 0; i < 20; i++)
		stream_apply(l, at + i * 60000,
		             &(struct stream_event){
				 .ip = "192.0.2.1", .class = EVENT_AUTH_FAIL, .user = 1 + i});
	/* A telephone with the old password. */
	for (unsigned i = 0; i < 60; i++)
		stream_apply(
		    l, at + 1200000 + i * 60000,
		    &(struct stream_event){.ip = "192.0.2.2", .class = EVENT_AUTH_FAIL, .user = 1});
	/* Slowly: a user every half hour is not five in an hour. */
	for (unsigned i = 0; i < 20; i++)
		stream_apply(l, at + 5000000 + i * 1800000,
		             &(struct stream_event){
				 .ip = "192.0.2.3", .class = EVENT_AUTH_FAIL, .user = 1 + i});
	/* The same is over for the first one: auth lasts an hour. */
	return at + 20 * 60000;
}

static int64_t play_guessing_now(struct ledger *l)
{
	for (unsigned i = 0; i < 20; i++)
		stream_apply(l, STREAM_START_MS + i * 60000,
		             &(struct stream_event){
				 .ip = "192.0.2.1", .class = EVENT_AUTH_FAIL, .user = 1 + i});
	return STREAM_START_MS + 20 * 60000;
}

static int64_t play_compromised(struct ledger *l)
{
	int64_t at = history(l, "192.0.2.1", 90, 5);

	/* A stolen account: 40 spam in an hour, to a bought list of which some are gone. */
	for (unsigned i = 0; i < 40; i++)
		stream_apply(l, at + i * 90000,
		             &(struct stream_event){.ip = "192.0.2.1",
		                                    .class = i % 10 ? EVENT_SPAM_VERDICT
		                                                    : EVENT_INVALID_RCPT,
		                                    .probability = .95f,
		                                    .recipient = i});
	return at + STREAM_HOUR;
}

static int64_t play_false_positives(struct ledger *l)
{
	int64_t at = history(l, "192.0.2.1", 90, 5);

	for (unsigned i = 0; i < 3; i++)
		stream_apply(l, at + i * 1000,
		             &(struct stream_event){.ip = "192.0.2.1",
		                                    .class = EVENT_SPAM_VERDICT,
		                                    .probability = .9f});
	return at + 3000;
}

/* Each address of a /24 sends so little that it hardly shows. */
static int64_t play_snow_shoe(struct ledger *l)
{
	int64_t at = STREAM_START_MS;

	for (unsigned host = 1; host <= 16; host++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "192.0.2.%u", host * 13);
		for (unsigned i = 0; i < 5 && host <= 6; i++)
			stream_apply(l, at + i * STREAM_HOUR / 2,
			             &(struct stream_event){.ip = ip,
			                                    .class = i % 2 ? EVENT_TRAP_RECYCLED
			                                                   : EVENT_SPAM_VERDICT,
			                                    .reporter = i % 2 ? "mx1" : "mx2"});
		if (host > 6)
			stream_apply(l, at + 2 * STREAM_HOUR + host,
			             &(struct stream_event){.ip = ip, .class = EVENT_ANOMALY});
		at += 1000;
	}
	/* The same next door, but among enough others that do nothing wrong. */
	for (unsigned host = 1; host <= 24; host++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "198.51.100.%u", host * 7);
		stream_apply(l, at + STREAM_HOUR * 3 + host,
		             &(struct stream_event){.ip = ip,
		                                    .class = host > 19 ? EVENT_TRAP_PRISTINE
		                                                       : EVENT_ANOMALY});
	}
	return at + STREAM_HOUR * 3 + 1000;
}

/* Five bad ones, and one that everybody knows to be good. */
static int64_t play_shared_net(struct ledger *l)
{
	int64_t at = history(l, "192.0.2.200", 60, 20);

	for (unsigned host = 1; host <= 8; host++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "192.0.2.%u", host);
		stream_apply(l, at + host,
		             &(struct stream_event){.ip = ip, .class = EVENT_TRAP_PRISTINE});
	}
	return at + 100;
}

static int64_t play_wide6(struct ledger *l)
{
	for (unsigned middle = 0; middle < 3; middle++) {
		for (unsigned i = 0; i < 3; i++) {
			char ip[64];

			snprintf(ip, sizeof(ip), "2001:db8:5:%x%02x::1", middle + 1, i);
			stream_apply(
			    l, STREAM_START_MS + middle * 10 + i,
			    &(struct stream_event){.ip = ip, .class = EVENT_TRAP_PRISTINE});
		}
	}
	return STREAM_START_MS + 100;
}

/* One address with a trap hit in a net; five in another. */
static int64_t play_neighbours(struct ledger *l)
{
	stream_apply(l, STREAM_START_MS,
	             &(struct stream_event){.ip = "192.0.2.1", .class = EVENT_TRAP_PRISTINE});
	for (unsigned host = 1; host <= 5; host++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "198.51.100.%u", host);
		stream_apply(l, STREAM_START_MS,
		             &(struct stream_event){.ip = ip, .class = EVENT_TRAP_PRISTINE});
	}
	return STREAM_START_MS;
}

static int64_t play_esp(struct ledger *l)
{
	int64_t at = history(l, "192.0.2.1", 40, 1000);

	/* One customer of a thousand bought a list. */
	stream_apply(l, at,
	             &(struct stream_event){.ip = "192.0.2.1", .class = EVENT_TRAP_PRISTINE});
	for (unsigned i = 0; i < 40; i++)
		stream_apply(l, at + i * 60000,
		             &(struct stream_event){.ip = "192.0.2.1",
		                                    .class = EVENT_SPAM_VERDICT,
		                                    .reporter = i % 2 ? "mx1" : "mx2"});
	return at + STREAM_HOUR;
}

/* A filter has gone wrong and calls everything spam, for a day. */
static int64_t play_misfire(struct ledger *l)
{
	for (unsigned i = 0; i < 300; i++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "192.0.2.%u", i % 10 + 1);
		stream_apply(l, STREAM_START_MS + i * STREAM_DAY / 300,
		             &(struct stream_event){.ip = ip, .class = EVENT_SPAM_VERDICT});
	}
	/* What the same server says of HELO names is no second opinion. */
	for (unsigned i = 0; i < 30; i++)
		stream_apply(l, STREAM_START_MS + STREAM_DAY,
		             &(struct stream_event){.ip = "192.0.2.1", .class = EVENT_ANOMALY});
	/* Nor is another server's that says it is rather not. */
	stream_apply(l, STREAM_START_MS + STREAM_DAY,
	             &(struct stream_event){.ip = "192.0.2.2",
	                                    .class = EVENT_SPAM_VERDICT,
	                                    .probability = .2f,
	                                    .reporter = "mx2"});
	return STREAM_START_MS + STREAM_DAY;
}

static int64_t play_anomalies(struct ledger *l)
{
	for (unsigned i = 0; i < 200; i++)
		stream_apply(l, STREAM_START_MS + i,
		             &(struct stream_event){.ip = "192.0.2.1",
		                                    .class = EVENT_ANOMALY,
		                                    .reporter = i % 2 ? "mx1" : "mx2"});
	return STREAM_START_MS + 1000;
}

/* Slow n of 700 and a trap: scores, does not list. Two do. */
static int64_t play_established(struct ledger *l)
{
	int64_t at = history(l, "192.0.2.1", 90, 30);

	history(l, "192.0.2.2", 0, 1);
	/* The fast lane has forgotten the good mail over a quiet weekend. */
	at += 2 * STREAM_DAY;
	stream_apply(l, at,
	             &(struct stream_event){.ip = "192.0.2.1", .class = EVENT_TRAP_PRISTINE});
	return at;
}

static int64_t play_established_twice(struct ledger *l)
{
	int64_t at = play_established(l);

	stream_apply(l, at + 1000,
	             &(struct stream_event){.ip = "192.0.2.1", .class = EVENT_TRAP_PRISTINE});
	return at + 1000;
}

/* An attacker writes to mailboxes of its own. */
static int64_t play_laundering(struct ledger *l)
{
	int64_t at = STREAM_START_MS;

	for (unsigned i = 0; i < 500; i++) {
		stream_good(l, at + i, "192.0.2.1", i % 2);
		stream_apply(l, at + i,
		             &(struct stream_event){
				 .ip = "192.0.2.2", .class = EVENT_GOOD_DELIVERY, .recipient = i});
		stream_good(l, at + i, "192.0.2.3", i);
	}
	return at + 1000;
}

static int64_t play_domains(struct ledger *l)
{
	for (unsigned i = 0; i < 12; i++) {
		/* Many addresses, one signature. */
		char ip[32];

		snprintf(ip, sizeof(ip), "192.0.2.%u", 10 * i + 1);
		stream_apply(l, STREAM_START_MS + i,
		             &(struct stream_event){.ip = ip,
		                                    .class = EVENT_SPAM_VERDICT,
		                                    .domain = "spammer.example",
		                                    .reporter = i % 2 ? "mx1" : "mx2",
		                                    .is_authenticated = true});
		/* Forged: nobody vouches for the name. */
		stream_apply(l, STREAM_START_MS + i,
		             &(struct stream_event){.ip = ip,
		                                    .class = EVENT_SPAM_VERDICT,
		                                    .domain = "victim.example",
		                                    .reporter = i % 2 ? "mx1" : "mx2"});
	}
	return STREAM_START_MS + 100;
}

static const struct scenario {
	const char *what;
	int64_t (*play)(struct ledger *l); /* returns the moment at which to look */
	struct outcome {
		const char *key;
		unsigned lists;
		int score_least, score_most;
	} outcomes[6];
} scenarios[] = {
    {"harvest: distinct guesses list, one mistyped address does not, a /64 is one sender",
     play_harvest,
     {{"192.0.2.1", DHA, 0, 35}, {"192.0.2.2", 0, 30, 100}, {"2001:db8:1:2::/64", DHA, 0, 33}}},
    {"newsletter: some of its many addresses are gone",
     play_newsletter,
     {{"192.0.2.1", GOOD, 95, 100}}},
    {"backscatter: on its own list only, and the score does not suffer",
     play_backscatter,
     {{"192.0.2.1", BACKSCATTER, 80, 80},
      {"192.0.2.2", BACKSCATTER, 80, 80},
      {"192.0.2.3", 0, 80, 80}}},
    {"traps: pristine lists at once, recycled with a second witness, bounces do not",
     play_traps,
     {{"192.0.2.1", TRAP, 36, 36},
      {"198.51.100.2", 0, 30, 45},
      {"203.0.113.3", TRAP, 30, 45},
      {"192.0.2.129", 0, 36, 80}}},
    {"guessing: many users in an hour list, one user's old password does not",
     play_guessing,
     {{"192.0.2.2", 0, 80, 80}, {"192.0.2.3", 0, 80, 80}}},
    {"guessing lists for auth alone, and the score does not suffer",
     play_guessing_now,
     {{"192.0.2.1", AUTH, 80, 80}}},
    {"compromised: the fast lane lists in spite of a good history",
     play_compromised,
     {{"192.0.2.1", SPAM, 5, 30}}},
    {"an office and three false positives: not listed, and good no longer",
     play_false_positives,
     {{"192.0.2.1", 0, 60, 79}}},
    {"snow-shoe: six quiet addresses of sixteen list their net; five of twenty-four do not",
     play_snow_shoe,
     {{"192.0.2.0/24", SPAM | TRAP, 0, 100},
      {"192.0.2.13", SPAM | TRAP, 0, 50},
      {"192.0.2.208", 0, 0, 100},
      {"198.51.100.0/24", 0, 0, 100},
      {"198.51.100.168", TRAP, 0, 50}}},
    {"a net with a good sender in it is not listed, its bad ones are",
     play_shared_net,
     {{"192.0.2.0/24", 0, 0, 100}, {"192.0.2.1", TRAP, 0, 60}, {"192.0.2.200", GOOD, 80, 100}}},
    {"three /64s list a /56, three /56s a /48; on spam too, as traps are spam",
     play_wide6,
     {{"2001:db8:5:100::/56", SPAM | TRAP, 0, 100},
      {"2001:db8:5:200::/56", SPAM | TRAP, 0, 100},
      {"2001:db8:5::/48", SPAM | TRAP, 0, 100},
      {"2001:db8:5:101::/64", TRAP, 0, 36}}},
    {"one bad neighbour is no bad neighbourhood, five are",
     play_neighbours,
     {{"192.0.2.200", 0, 64, 64}, {"192.0.2.1", TRAP, 36, 36}, {"198.51.100.200", 0, 36, 36}}},
    {"an ESP with one bad customer", play_esp, {{"192.0.2.1", 0, 60, 90}}},
    {"one misfiring filter lists nobody",
     play_misfire,
     {{"192.0.2.1", 0, 0, 40}, {"192.0.2.2", 0, 0, 40}, {"192.0.2.0/24", 0, 0, 100}}},
    {"anomalies cannot list alone", play_anomalies, {{"192.0.2.1", 0, 0, 40}}},
    {"an established sender and one trap: scores only",
     play_established,
     {{"192.0.2.1", 0, 40, 60}}},
    {"an established sender and two traps", play_established_twice, {{"192.0.2.1", TRAP, 20, 60}}},
    {"laundering: two mailboxes, or no signature, earn nothing; nobody is good on the first day",
     play_laundering,
     {{"192.0.2.1", 0, 80, 100}, {"192.0.2.2", 0, 80, 100}, {"192.0.2.3", 0, 95, 100}}},
    {"a domain that signs its spam; one whose name is forged is not even known",
     play_domains,
     {{"spammer.example", SPAM, 0, 40}, {"victim.example", 0, 80, 80}}},
};

static bool outcome_is_so(const struct ledger *l, const struct scenario *s, const struct outcome *o)
{
	struct ledger_view view;
	unsigned lists = stream_lists(l, o->key);

	stream_look(l, o->key, &view);
	if (lists == o->lists && view.score.score >= o->score_least &&
	    view.score.score <= o->score_most)
		return true;
	print_error("%s: %s: lists %#x, expected %#x; score %d, expected %d to %d\n", s->what,
	            o->key, lists, o->lists, view.score.score, o->score_least, o->score_most);
	return false;
}

static void test_attacks(void **state)
{
	unsigned failures = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		const struct scenario *s = &scenarios[i];
		struct ledger *l = stream_ledger(NULL);

		ledger_advance(l, s->play(l));
		for (size_t o = 0; o < 6 && s->outcomes[o].key; o++)
			failures += !outcome_is_so(l, s, &s->outcomes[o]);
		ledger_free(l);
	}
	assert_int_equal(failures, 0);
}

static void test_forged_domain_unknown(void **state)
{
	const struct ledger_key key = stream_key("victim.example");
	struct ledger *l = stream_ledger(NULL);
	struct ledger_view view;

	(void)state;
	play_domains(l);
	assert_false(ledger_look(l, &key, ledger_now(l), &view));
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_attacks),
	    cmocka_unit_test(test_forged_domain_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long listings last, what ends them, and what it takes to come back.
 */
#include "tests/unit/reputation/stream.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define IP   "192.0.2.1"
#define TRAP (1u << DIALS_TRAP)
#define SPAM (1u << DIALS_SPAM)

static void trap(struct ledger *l, int64_t at)
{
	stream_apply(l, at, &(struct stream_event){.ip = IP, .class = EVENT_TRAP_PRISTINE});
}

static void state_of(const struct ledger *l, enum dials_list list, struct ledger_state *out_state)
{
	struct ledger_view view;

	stream_look(l, IP, &view);
	*out_state = view.lists[list];
}

/* A day, then four, then the seven that are the most; each time until the moment, not longer. */
static void test_durations(void **state)
{
	static const struct {
		const char *why;
		int64_t days;
	} rows[] = {{"the first", 1}, {"again", 4}, {"seven days are the most", 7}, {"still", 7}};
	struct ledger *l = stream_ledger(NULL);
	struct ledger_state s;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t at = ledger_now(l) + STREAM_HOUR;

		trap(l, at);
		state_of(l, DIALS_TRAP, &s);
		assert_int_equal(s.since_ms, at);
		assert_int_equal(s.times, i + 1);
		if (s.until_ms != at + rows[i].days * STREAM_DAY)
			fail_msg("%s: %lld days", rows[i].why,
			         (long long)((s.until_ms - at) / STREAM_DAY));
		ledger_advance(l, s.until_ms - 1);
		assert_int_equal(stream_lists(l, IP), TRAP);
		ledger_advance(l, s.until_ms);
		assert_int_equal(stream_lists(l, IP), 0);
	}
	ledger_free(l);
}

static void test_first_durations(void **state)
{
	static const struct {
		enum dials_list list;
		enum event_class class;
		bool is_null_sender;
		int64_t hours;
	} rows[] = {
	    {DIALS_SPAM, EVENT_PHISH, false, 4},
	    {DIALS_TRAP, EVENT_TRAP_PRISTINE, false, 24},
	    {DIALS_DHA, EVENT_INVALID_RCPT, false, 4},
	    {DIALS_BACKSCATTER, EVENT_TRAP_PRISTINE, true, 24},
	    {DIALS_AUTH, EVENT_AUTH_FAIL, false, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ledger *l = stream_ledger(NULL);
		struct ledger_state s;

		for (unsigned j = 0; j < 12; j++)
			stream_apply(
			    l, STREAM_START_MS + 1,
			    &(struct stream_event){.ip = IP,
			                           .class = rows[i].class,
			                           .recipient = j,
			                           .user = j,
			                           .reporter = j % 2 ? "mx1" : "mx2",
			                           .is_null_sender = rows[i].is_null_sender});
		state_of(l, rows[i].list, &s);
		assert_int_equal(s.why, LEDGER_IS_LISTED);
		assert_int_equal(s.until_ms, STREAM_START_MS + 1 + rows[i].hours * STREAM_HOUR);
		ledger_free(l);
	}
}

/* While listed, evidence moves the end on; it does not count as another listing. */
static void test_prolonged(void **state)
{
	struct ledger *l = stream_ledger(NULL);
	struct ledger_state s;

	(void)state;
	trap(l, STREAM_START_MS + 1);
	trap(l, STREAM_START_MS + 10 * STREAM_HOUR);
	state_of(l, DIALS_TRAP, &s);
	assert_int_equal(s.times, 1);
	assert_int_equal(s.since_ms, STREAM_START_MS + 1);
	assert_int_equal(s.until_ms, STREAM_START_MS + 34 * STREAM_HOUR);
	/* Evidence for another list does not. */
	stream_apply(l, STREAM_START_MS + 20 * STREAM_HOUR,
	             &(struct stream_event){.ip = IP, .class = EVENT_ANOMALY});
	state_of(l, DIALS_TRAP, &s);
	assert_int_equal(s.until_ms, STREAM_START_MS + 34 * STREAM_HOUR);
	ledger_free(l);
}

/* The decayed trap is still more than enough, but nothing new came: neither time nor other evidence
 * lists it again. */
static void test_no_relisting(void **state)
{
	struct ledger *l = stream_ledger(NULL);
	struct ledger_state s;

	(void)state;
	trap(l, STREAM_START_MS + 1);
	ledger_advance(l, STREAM_START_MS + 2 * STREAM_DAY);
	state_of(l, DIALS_TRAP, &s);
	assert_int_equal(s.why, LEDGER_NO_NEW_EVIDENCE);
	assert_true(s.points > 20 && s.lower > .6f);
	stream_apply(l, STREAM_START_MS + 2 * STREAM_DAY,
	             &(struct stream_event){.ip = IP, .class = EVENT_ANOMALY});
	/* A report that was a day on its way is of what listed it before. */
	stream_apply(l, STREAM_START_MS + 2 * STREAM_DAY,
	             &(struct stream_event){
			 .ip = IP, .class = EVENT_TRAP_PRISTINE, .late_ms = STREAM_DAY + 60000});
	assert_int_equal(stream_lists(l, IP), 0);
	trap(l, STREAM_START_MS + 2 * STREAM_DAY + 1);
	assert_int_equal(stream_lists(l, IP), TRAP);
	ledger_free(l);
}

/* An import of last week's log lists nobody for what would be over by now. */
static void test_late(void **state)
{
	struct ledger *l = stream_ledger(NULL);
	struct ledger_state s;

	(void)state;
	stream_apply(l, STREAM_START_MS + 7 * STREAM_DAY,
	             &(struct stream_event){
			 .ip = IP, .class = EVENT_TRAP_PRISTINE, .late_ms = 2 * STREAM_DAY});
	assert_int_equal(stream_lists(l, IP), 0);
	stream_apply(l, STREAM_START_MS + 7 * STREAM_DAY,
	             &(struct stream_event){
			 .ip = IP, .class = EVENT_TRAP_PRISTINE, .late_ms = 20 * STREAM_HOUR});
	state_of(l, DIALS_TRAP, &s);
	assert_int_equal(s.until_ms, STREAM_START_MS + 7 * STREAM_DAY + 4 * STREAM_HOUR);
	ledger_free(l);
}

/* Two listings are one after two clean weeks, none after four; then the next is a first one. */
static void test_forgotten(void **state)
{
	static const struct {
		int64_t clean_days;
		uint32_t times;
	} rows[] = {{13, 2}, {14, 1}, {27, 1}, {28, 0}};
	int64_t ended_ms = 0;
	struct ledger *l = stream_ledger(NULL);
	struct ledger_state s;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		trap(l, ledger_now(l) + STREAM_HOUR);
		state_of(l, DIALS_TRAP, &s);
		ended_ms = s.until_ms;
		ledger_advance(l, ended_ms);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ledger_advance(l, ended_ms + rows[i].clean_days * STREAM_DAY);
		state_of(l, DIALS_TRAP, &s);
		assert_int_equal(s.times, rows[i].times);
	}
	ledger_free(l);
}

/* Enough good mail ends a listing before its time, but never in its first quarter of an hour. */
static void test_dwell(void **state)
{
	struct ledger *l = stream_ledger(NULL);
	int64_t at = STREAM_START_MS + 60 * STREAM_DAY;
	struct ledger_state s;

	(void)state;
	for (unsigned i = 0; i < 300; i++)
		stream_good(l, STREAM_START_MS + i * STREAM_DAY / 5, IP, i);
	trap(l, at);
	assert_int_equal(stream_lists(l, IP), TRAP);
	for (unsigned i = 0; i < 140; i++)
		stream_good(l, at + 1000 + i, IP, i);
	state_of(l, DIALS_TRAP, &s);
	assert_true(s.upper <= .35f);
	ledger_advance(l, at + 15 * STREAM_MINUTE - 1);
	assert_int_equal(stream_lists(l, IP) & TRAP, TRAP);
	ledger_advance(l, at + 15 * STREAM_MINUTE);
	assert_int_equal(stream_lists(l, IP) & TRAP, 0);
	ledger_free(l);
}

/* Evidence before it no longer lists, but scores; evidence after it has to be enough by itself. */
static void test_delist(void **state)
{
	struct ledger *l = stream_ledger(NULL);
	const struct ledger_key key = stream_key(IP), stranger = stream_key("192.0.2.77");
	int64_t at = STREAM_START_MS + STREAM_HOUR;
	struct ledger_view view;
	struct ledger_state s;
	int score;

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		stream_apply(
		    l, STREAM_START_MS + i,
		    &(struct stream_event){.ip = IP, .class = i % 2 ? EVENT_PHISH : EVENT_MALWARE});
	assert_int_equal(stream_lists(l, IP), SPAM);
	assert_int_equal(ledger_delist(l, &stranger, at), -ENOENT);
	assert_int_equal(ledger_delist(l, &key, at), 0);
	stream_look(l, IP, &view);
	score = view.score.score;
	assert_int_equal(view.delisted_ms, at);
	assert_int_equal(stream_lists(l, IP), 0);
	assert_true(score < 30);
	/* One more would be more than enough with the old ones. */
	stream_apply(l, at + 1, &(struct stream_event){.ip = IP, .class = EVENT_PHISH});
	state_of(l, DIALS_SPAM, &s);
	assert_int_equal(s.why, LEDGER_NOT_ENOUGH);
	assert_int_equal((int)s.points, 12);
	/* One that was seen before is an old one. */
	stream_apply(
	    l, at + 2,
	    &(struct stream_event){.ip = IP, .class = EVENT_MALWARE, .count = 5, .late_ms = 1000});
	assert_int_equal(stream_lists(l, IP), 0);
	stream_apply(l, at + 3, &(struct stream_event){.ip = IP, .class = EVENT_MALWARE});
	assert_int_equal(stream_lists(l, IP), SPAM);
	/* It was listed before, all the same. */
	state_of(l, DIALS_SPAM, &s);
	assert_int_equal(s.times, 2);
	ledger_free(l);
}

/* A delisted net comes back by keys listed after that only. */
static void test_delist_net(void **state)
{
	struct ledger *l = stream_ledger(NULL);
	const struct ledger_key net = stream_key("192.0.2.0/24");
	struct ledger_view view;

	(void)state;
	for (unsigned i = 1; i <= 10; i++) {
		char ip[32];

		if (i == 6) {
			assert_int_equal(stream_lists(l, "192.0.2.0/24"), TRAP | SPAM);
			stream_look(l, "192.0.2.0/24", &view);
			/* Until the first of the five that it takes. */
			assert_int_equal(view.lists[DIALS_TRAP].until_ms,
			                 STREAM_START_MS + 1000 + STREAM_DAY);
			stream_look(l, "192.0.2.200", &view);
			assert_int_equal(view.lists[DIALS_TRAP].why, LEDGER_NET_LISTED);
			ledger_delist(l, &net, STREAM_START_MS + 5500);
			assert_int_equal(stream_lists(l, "192.0.2.0/24"), 0);
		}
		snprintf(ip, sizeof(ip), "192.0.2.%u", i);
		stream_apply(l, STREAM_START_MS + 1000 * i,
		             &(struct stream_event){.ip = ip, .class = EVENT_TRAP_PRISTINE});
		assert_int_equal(stream_lists(l, "192.0.2.0/24"),
		                 i == 5 || i == 10 ? TRAP | SPAM : 0);
	}
	ledger_free(l);
}

struct told {
	unsigned count;
	struct ledger_key last;
};

static void told_changed(const struct ledger_key *key, void *context)
{
	struct told *t = context;

	t->count++;
	t->last = *key;
}

/* Who listens hears of ends by time too, at the moment they fall due. */
static void test_told(void **state)
{
	struct told told = {0};
	const struct ledger_hooks hooks = {.changed = told_changed, .context = &told};
	struct ledger *l = stream_ledger(&hooks);
	struct ledger_state s;

	(void)state;
	trap(l, STREAM_START_MS + 1);
	assert_true(told.count > 0);
	state_of(l, DIALS_TRAP, &s);
	ledger_advance(l, s.until_ms - 1);
	told.count = 0;
	ledger_advance(l, s.until_ms);
	assert_true(told.count > 0);
	assert_int_equal(told.last.length, 32);
	assert_int_equal(told.last.address, stream_key(IP).address);
	/* Scores drift: everybody is told of in a sweep. */
	told.count = 0;
	ledger_advance(l, s.until_ms + LEDGER_SWEEP_MS);
	assert_in_range(told.count, 2, 4);
	ledger_free(l);
}

static bool collect(const struct ledger_key *key, void *context)
{
	struct told *t = context;

	t->count++;
	t->last = *key;
	return true;
}

/* Changed and forgotten keys are told, once, and are clean then. */
static void test_dirty(void **state)
{
	struct ledger *l = stream_ledger(NULL);
	uint8_t bytes[LEDGER_RECORD_MAX];
	struct told told = {0};

	(void)state;
	trap(l, STREAM_START_MS + 1);
	ledger_dirty(l, collect, &told);
	assert_int_equal(told.count, 2);
	told.count = 0;
	ledger_dirty(l, collect, &told);
	assert_int_equal(told.count, 0);
	trap(l, STREAM_START_MS + 2);
	ledger_dirty(l, collect, &told);
	assert_int_equal(told.count, 2);
	told.count = 0;
	ledger_advance(l, STREAM_START_MS + 400 * STREAM_DAY);
	ledger_dirty(l, collect, &told);
	assert_int_equal(told.count, 2);
	assert_int_equal(ledger_save(l, &told.last, bytes), 0);
	ledger_free(l);
}

static void test_near(void **state)
{
	static const struct {
		const char *key;
		unsigned count;
	} rows[] = {
	    {"192.0.2.0/24", 6},                         /* itself and five */
	    {"192.0.2.3", 2},                            /* with its net */
	    {"192.0.2.99", 1},                           /* its net alone */
	    {"203.0.113.1", 0},    {"2001:db8::/48", 1}, /* a /64 of it */
	    {"a.spam.example", 2},                       /* itself and above */
	    {"spam.example", 2},                         /* and below */
	    {"example", 2},
	};
	struct ledger *l = stream_ledger(NULL);

	(void)state;
	for (unsigned i = 1; i <= 5; i++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "192.0.2.%u", i);
		stream_apply(l, STREAM_START_MS + i,
		             &(struct stream_event){.ip = ip, .class = EVENT_TRAP_PRISTINE});
	}
	stream_apply(l, STREAM_START_MS + 10,
	             &(struct stream_event){.ip = "2001:db8::1", .class = EVENT_TRAP_PRISTINE});
	for (unsigned i = 0; i < 2; i++)
		stream_apply(
		    l, STREAM_START_MS + 20,
		    &(struct stream_event){.ip = "198.51.100.1",
		                           .class = EVENT_TRAP_PRISTINE,
		                           .is_authenticated = true,
		                           .domain = i ? "spam.example" : "a.spam.example"});
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ledger_key key = stream_key(rows[i].key);
		struct told told = {0};

		ledger_near(l, &key, collect, &told);
		if (told.count != rows[i].count)
			fail_msg("%s: %u", rows[i].key, told.count);
	}
	/* A domain that was taken off, or whose time is over, is near nobody. */
	for (unsigned step = 0; step < 2; step++) {
		const struct ledger_key spam = stream_key("spam.example"),
					top = stream_key("example");
		struct told told = {0};

		if (step)
			ledger_advance(l, STREAM_START_MS + 2 * STREAM_DAY);
		else
			assert_int_equal(ledger_delist(l, &spam, STREAM_START_MS + 30), 0);
		ledger_near(l, &top, collect, &told);
		assert_int_equal(told.count, 1 - step);
	}
	ledger_free(l);
}

/* A list that is off is not kept; events that admission would not let pass change nothing. */
static void test_refused(void **state)
{
	struct ledger_stats stats;
	struct dials dials;
	struct event event;
	struct ledger *l;

	(void)state;
	dials_default(&dials);
	dials.lists[DIALS_TRAP].is_off = true;
	l = ledger_new(&dials, NULL);
	assert_non_null(l);
	trap(l, STREAM_START_MS);
	assert_int_equal(stream_lists(l, IP), 0);
	ledger_free(l);
	l = stream_ledger(NULL);
	stream_make(&(struct stream_event){.ip = IP, .class = EVENT_PHISH}, STREAM_START_MS,
	            &event);
	event.count = 0;
	assert_int_equal(ledger_apply(l, &event), -EINVAL);
	event.count = 1;
	event.class = EVENT_CLASS_COUNT;
	assert_int_equal(ledger_apply(l, &event), -EINVAL);
	event.class = EVENT_PHISH;
	event.weight = -1;
	assert_int_equal(ledger_apply(l, &event), -EINVAL);
	ledger_stats(l, &stats);
	assert_int_equal(stats.keys, 0);
	assert_int_equal(stats.events, 0);
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_durations),  cmocka_unit_test(test_first_durations),
	    cmocka_unit_test(test_prolonged),  cmocka_unit_test(test_no_relisting),
	    cmocka_unit_test(test_late),       cmocka_unit_test(test_forgotten),
	    cmocka_unit_test(test_dwell),      cmocka_unit_test(test_delist),
	    cmocka_unit_test(test_delist_net), cmocka_unit_test(test_told),
	    cmocka_unit_test(test_dirty),      cmocka_unit_test(test_near),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

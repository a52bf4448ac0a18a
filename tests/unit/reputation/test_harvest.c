/* SPDX-License-Identifier: BSD-3-Clause */
/* Harvests that are spread over the senders of a net, and what looks like one and is none. */
#include "tests/unit/reputation/script.h"
#include "tests/unit/reputation/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define NET  "192.0.2.0/24"
#define DHA  (1u << DIALS_DHA)
#define HOST "192.0.2.%u"

static void rcpt(struct ledger *l, int64_t at_ms, const char *host, unsigned number,
                 const struct stream_event *e)
{
	struct stream_event one = *e;
	char ip[64];

	snprintf(ip, sizeof(ip), host, number);
	one.ip = ip;
	stream_apply(l, at_ms, &one);
}

static void guess(struct ledger *l, int64_t at_ms, const char *host, unsigned number,
                  uint64_t recipient)
{
	rcpt(l, at_ms, host, number,
	     &(struct stream_event){.class = EVENT_INVALID_RCPT, .recipient = recipient});
}

static void valid(struct ledger *l, int64_t at_ms, const char *host, unsigned number,
                  uint64_t recipient)
{
	rcpt(l, at_ms, host, number,
	     &(struct stream_event){.class = EVENT_VALID_RCPT, .recipient = recipient});
}

/* hosts guess in turn, each so often, one guess a step. */
struct shape {
	const char *host;
	unsigned hosts, guesses, step_s;
	unsigned recipients; /* distinct; 0 = all */
	unsigned valids;     /* after each guess, by the same host */
	unsigned active;     /* others of the net that were seen before */
};

static int64_t play(struct ledger *l, const struct shape *s)
{
	int64_t at_ms = STREAM_START_MS;

	for (unsigned i = 0; i < s->active; i++)
		valid(l, at_ms, s->host, 100 + i, i);
	for (unsigned i = 0; i < s->hosts * s->guesses; i++) {
		at_ms += s->step_s * INT64_C(1000);
		guess(l, at_ms, s->host, 1 + i % s->hosts,
		      1000 + (s->recipients ? i % s->recipients : i));
		for (unsigned j = 0; j < s->valids; j++)
			valid(l, at_ms, s->host, 1 + i % s->hosts, 50 * i + j);
	}
	return at_ms;
}

#define FIVES "2001:db8:1:1%02x::1"

static void test_shapes(void **state)
{
	static const struct {
		struct shape shape;
		const char *net;
		bool is_net_listed, is_host_listed;
		const char *reason;
	} rows[] = {
	    {{HOST, 20, 4, 10, 0, 0, 0}, NET, true, false, "twenty hosts, four guesses each"},
	    {{HOST, 10, 3, 20, 0, 0, 0}, NET, true, false, "ten hosts, three each"},
	    {{HOST, 5, 8, 20, 0, 0, 0}, NET, true, false, "the fewest hosts that make a net"},
	    {{HOST, 40, 1, 10, 0, 0, 0}, NET, true, false, "forty hosts, one each"},
	    {{HOST, 4, 6, 20, 0, 0, 0}, NET, false, false, "four hosts are no net"},
	    {{HOST, 1, 30, 20, 0, 0, 4}, NET, false, true, "one host alone is the one"},
	    {{HOST, 20, 4, 120, 0, 0, 0}, NET, false, false, "fewer than ten in ten minutes"},
	    {{HOST, 20, 4, 10, 9, 0, 0},
	     NET,
	     false,
	     false,
	     "the same few recipients again: a pool that tries what is gone"},
	    {{HOST, 20, 4, 10, 0, 2, 0},
	     NET,
	     false,
	     false,
	     "most recipients exist: a provider of newsletters"},
	    {{HOST, 10, 3, 20, 0, 0, 50}, NET, false, false, "ten of sixty active hosts"},
	    {{HOST, 40, 2, 5, 0, 0, 150},
	     NET,
	     true,
	     false,
	     "a full net: as many as are told apart are enough"},
	    {{FIVES, 3, 6, 10, 0, 0, 0}, "2001:db8:1:100::/56", true, false, "three /64s of a /56"},
	    {{FIVES, 2, 9, 10, 0, 0, 0}, "2001:db8:1:100::/56", false, false, "two are not"},
	};
	unsigned failures = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ledger *l = stream_ledger(NULL);
		char host[64];
		bool is_net, is_host;

		ledger_advance(l, play(l, &rows[i].shape));
		snprintf(host, sizeof(host), rows[i].shape.host, 1);
		is_net = stream_lists(l, rows[i].net) & DHA;
		is_host = stream_lists(l, host) & DHA;
		if (is_net != rows[i].is_net_listed || is_host != rows[i].is_host_listed) {
			print_error("%s: net %d, host %d\n", rows[i].reason, is_net, is_host);
			failures++;
		}
		ledger_free(l);
	}
	assert_int_equal(failures, 0);
}

/* One who harvests, and five who mistype a recipient each. */
static void test_one_and_typos(void **state)
{
	struct ledger *l = stream_ledger(NULL);

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		guess(l, STREAM_START_MS + i * 10000, HOST, 1, i);
	for (unsigned i = 0; i < 5; i++)
		guess(l, STREAM_START_MS + i * 60000 + 400000, HOST, 10 + i, 500 + i);
	assert_int_equal(stream_lists(l, NET), 0);
	assert_int_equal(stream_lists(l, "192.0.2.1"), DHA);
	assert_int_equal(stream_lists(l, "192.0.2.10"), 0);
	ledger_free(l);
}

/* It goes on for a day, slowly for each host: so does the listing. */
static void test_goes_on(void **state)
{
	static const struct shape shape = {HOST, 20, 288, 15, 0, 0, 0};
	struct ledger *l = stream_ledger(NULL);
	int64_t at_ms = play(l, &shape);
	struct ledger_view view;

	(void)state;
	ledger_advance(l, at_ms);
	stream_look(l, NET, &view);
	assert_int_equal(view.lists[DIALS_DHA].why, LEDGER_IS_LISTED);
	assert_int_equal(view.lists[DIALS_DHA].times, 1);
	assert_in_range(view.lists[DIALS_DHA].until_ms, at_ms + 3 * STREAM_HOUR,
	                at_ms + 4 * STREAM_HOUR);
	ledger_free(l);
}

static void test_good_member(void **state)
{
	static const struct shape shape = {HOST, 20, 4, 10, 0, 0, 0};
	struct ledger *l = stream_ledger(NULL);
	int64_t at_ms = STREAM_START_MS;

	(void)state;
	/* Known for ten days, and good: its neighbours are its own affair. */
	for (unsigned day = 0; day < 10; day++) {
		for (unsigned i = 0; i < 30; i++)
			stream_good(l, at_ms += STREAM_DAY / 30, "192.0.2.250", i);
	}
	for (unsigned i = 0; i < shape.hosts * shape.guesses; i++)
		guess(l, at_ms + i * 10000, HOST, 1 + i % shape.hosts, 1000 + i);
	assert_int_equal(stream_lists(l, NET), 0);
	ledger_free(l);
}

/* It lasts four hours from the harvest, not from when it was looked at; then sixteen. */
static void test_ends(void **state)
{
	static const struct shape shape = {HOST, 20, 4, 10, 0, 0, 0};
	const struct ledger_key net = stream_key(NET);
	struct ledger *l = stream_ledger(NULL);
	int64_t at_ms = play(l, &shape), again_ms = at_ms + STREAM_DAY;
	struct ledger_view view;

	(void)state;
	stream_look(l, NET, &view);
	script_check_sum(&view);
	assert_int_equal(view.lists[DIALS_DHA].why, LEDGER_IS_LISTED);
	assert_true(view.rows[EVENT_DHA].raw >= 1);
	assert_in_range(view.lists[DIALS_DHA].until_ms, STREAM_START_MS + 4 * STREAM_HOUR,
	                at_ms + 4 * STREAM_HOUR);
	/* Who is in it is answered, and nothing is held against him. */
	stream_look(l, "192.0.2.200", &view);
	assert_int_equal(view.lists[DIALS_DHA].why, LEDGER_NET_LISTED);
	ledger_advance(l, view.lists[DIALS_DHA].until_ms);
	ledger_advance(l, at_ms + 4 * STREAM_HOUR);
	assert_int_equal(stream_lists(l, NET), 0);
	for (unsigned i = 0; i < 40; i++)
		guess(l, again_ms + i * 10000, HOST, 1 + i % 20, 5000 + i);
	stream_look(l, NET, &view);
	assert_int_equal(view.lists[DIALS_DHA].times, 2);
	assert_in_range(view.lists[DIALS_DHA].until_ms, again_ms + 15 * STREAM_HOUR,
	                again_ms + 17 * STREAM_HOUR);
	assert_int_equal(ledger_delist(l, &net, again_ms + 400000), 0);
	assert_int_equal(stream_lists(l, NET), 0);
	stream_look(l, NET, &view);
	assert_int_equal(view.listing_count, 2);
	assert_int_equal(view.listings[0].end, LEDGER_ENDED);
	assert_in_range(view.listings[0].ended_ms, STREAM_START_MS + 4 * STREAM_HOUR,
	                at_ms + 4 * STREAM_HOUR);
	assert_int_equal(view.listings[1].end, LEDGER_DELISTED);
	assert_int_equal(view.listings[1].grounds, LEDGER_BY_HARVEST);
	assert_int_equal(view.listings[1].ended_ms, again_ms + 400000);
	/* The next window's guesses are new evidence. */
	for (unsigned i = 0; i < 40; i++)
		guess(l, again_ms + 1200000 + i * 5000, HOST, 1 + i % 20, 6000 + i);
	assert_int_equal(stream_lists(l, NET), DHA);
	ledger_free(l);
}

/* Saved and put back in the middle, it ends at the same moment. */
static void test_restored(void **state)
{
	static const struct shape shape = {HOST, 20, 4, 10, 0, 0, 0};
	struct ledger *from = stream_ledger(NULL), *to;
	int64_t at_ms = play(from, &shape);

	(void)state;
	ledger_advance(from, at_ms);
	to = stream_restored(from);
	script_same(from, to);
	for (unsigned hour = 1; hour < 8; hour++) {
		guess(from, at_ms + hour * STREAM_HOUR, HOST, hour, hour);
		guess(to, at_ms + hour * STREAM_HOUR, HOST, hour, hour);
		script_same(from, to);
		assert_int_equal(stream_lists(from, NET), hour < 4 ? DHA : 0);
	}
	ledger_free(from);
	ledger_free(to);
}

/* Listed by its keys as well, it stays when the harvest's time is over. */
static void test_two_causes(void **state)
{
	static const struct shape shape = {HOST, 20, 4, 10, 0, 0, 0};
	struct ledger *l = stream_ledger(NULL);
	int64_t at_ms = play(l, &shape);

	(void)state;
	for (unsigned host = 1; host <= 8; host++) {
		for (unsigned i = 0; i < 15; i++)
			guess(l, at_ms + STREAM_HOUR * 3 + i * 1000, HOST, host, 100 * host + i);
	}
	ledger_advance(l, at_ms + 5 * STREAM_HOUR);
	assert_int_equal(stream_lists(l, NET) & DHA, DHA);
	ledger_advance(l, at_ms + 8 * STREAM_HOUR);
	assert_int_equal(stream_lists(l, NET), 0);
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shapes),      cmocka_unit_test(test_one_and_typos),
	    cmocka_unit_test(test_good_member), cmocka_unit_test(test_goes_on),
	    cmocka_unit_test(test_ends),        cmocka_unit_test(test_restored),
	    cmocka_unit_test(test_two_causes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

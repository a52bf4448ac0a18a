/* SPDX-License-Identifier: BSD-3-Clause */
/* What is remembered of a key's listings: why they were entered, and how they ended. */
#include "tests/unit/reputation/script.h"
#include "tests/unit/reputation/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define KEY "192.0.2.1"
#define AT  STREAM_START_MS

static void send(struct ledger *l, unsigned count, int64_t step_ms, const struct stream_event *e)
{
	int64_t at_ms = ledger_now(l);

	for (unsigned i = 0; i < count; i++) {
		struct stream_event one = *e;

		one.ip = KEY;
		one.recipient = one.user = 1 + i;
		if (!one.reporter)
			one.reporter = "mx1";
		else if (strcmp(one.reporter, "both") == 0)
			one.reporter = i % 2 ? "mx1" : "mx2";
		stream_apply(l, at_ms + i * step_ms, &one);
	}
}

static void test_grounds(void **state)
{
	static const struct {
		struct stream_event event;
		unsigned count;
		enum dials_list list;
		enum ledger_grounds grounds;
		const char *reason;
	} rows[] = {
	    {{.class = EVENT_TRAP_PRISTINE}, 1, DIALS_TRAP, LEDGER_BY_TRAP, "a pristine trap"},
	    {{.class = EVENT_INVALID_RCPT}, 12, DIALS_DHA, LEDGER_BY_HARVEST, "a harvest"},
	    {{.class = EVENT_SPAM_VERDICT, .reporter = "both"},
	     8,
	     DIALS_SPAM,
	     LEDGER_BY_REPORTERS,
	     "two reporters"},
	    {{.class = EVENT_AUTH_FAIL}, 20, DIALS_AUTH, LEDGER_BY_NUMBERS, "many users"},
	    {{.class = EVENT_BACKSCATTER},
	     12,
	     DIALS_BACKSCATTER,
	     LEDGER_BY_NUMBERS,
	     "many recipients"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ledger *l = stream_ledger(NULL);
		struct ledger_view view;

		send(l, rows[i].count, 1000, &rows[i].event);
		stream_look(l, KEY, &view);
		if (view.listing_count != 1 || view.listings[0].list != rows[i].list ||
		    view.listings[0].grounds != rows[i].grounds ||
		    view.listings[0].end != LEDGER_LASTS || view.listings[0].ended_ms)
			fail_msg("%s: %u listings, the first on list %u by %u", rows[i].reason,
			         view.listing_count, view.listings[0].list,
			         view.listings[0].grounds);
		ledger_free(l);
	}
}

static void test_classes_and_keys(void **state)
{
	struct ledger *l = stream_ledger(NULL);
	struct ledger_view view;

	(void)state;
	send(l, 3, 1000, &(struct stream_event){.class = EVENT_SPAM_VERDICT});
	send(l, 1, 1000, &(struct stream_event){.class = EVENT_PHISH});
	stream_look(l, KEY, &view);
	assert_int_equal(view.listings[0].grounds, LEDGER_BY_CLASSES);
	for (unsigned host = 2; host <= 6; host++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "192.0.2.%u", host);
		stream_apply(l, ledger_now(l),
		             &(struct stream_event){.ip = ip, .class = EVENT_TRAP_PRISTINE});
	}
	stream_look(l, "192.0.2.0/24", &view);
	assert_int_equal(view.listings[0].grounds, LEDGER_BY_KEYS);
	/* Its keys' time is over: nothing of the net's own is. */
	ledger_advance(l, ledger_now(l) + STREAM_DAY + STREAM_HOUR);
	stream_look(l, "192.0.2.0/24", &view);
	assert_int_equal(view.listings[0].end, LEDGER_LEFT);
	stream_look(l, "192.0.2.2", &view);
	assert_int_equal(view.listings[0].end, LEDGER_ENDED);
	assert_int_equal(view.listings[0].ended_ms - view.listings[0].since_ms, STREAM_DAY);
	ledger_free(l);
}

/* A good sender that was bad for an hour leaves the list before its time. */
static void test_left(void **state)
{
	struct ledger *l = stream_ledger(NULL);
	struct ledger_view view;

	(void)state;
	send(l, 12, 1000, &(struct stream_event){.class = EVENT_INVALID_RCPT});
	ledger_advance(l, AT + STREAM_HOUR);
	for (unsigned i = 0; i < 2000; i++)
		stream_good(l, AT + STREAM_HOUR + i * 100, KEY, i);
	ledger_advance(l, AT + 2 * STREAM_HOUR);
	stream_look(l, KEY, &view);
	assert_int_equal(view.listings[0].list, DIALS_DHA);
	assert_int_equal(view.listings[0].end, LEDGER_LEFT);
	assert_true(view.listings[0].ended_ms < AT + 2 * STREAM_HOUR);
	ledger_free(l);
}

/* The newest stay, over a restart too. */
static void test_newest(void **state)
{
	const struct ledger_key key = stream_key(KEY);
	struct ledger *l = stream_ledger(NULL), *to;
	struct ledger_view view;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		send(l, 1, 0, &(struct stream_event){.class = EVENT_TRAP_PRISTINE});
		ledger_advance(l, ledger_now(l) + STREAM_HOUR);
		assert_int_equal(ledger_delist(l, &key, ledger_now(l)), 0);
		ledger_advance(l, ledger_now(l) + STREAM_HOUR);
	}
	send(l, 1, 0, &(struct stream_event){.class = EVENT_TRAP_PRISTINE});
	to = stream_restored(l);
	script_same(l, to);
	ledger_free(l);
	stream_look(to, KEY, &view);
	assert_int_equal(view.listing_count, LEDGER_LISTINGS_MAX);
	for (unsigned i = 0; i < LEDGER_LISTINGS_MAX; i++) {
		bool is_last = i == LEDGER_LISTINGS_MAX - 1;

		assert_int_equal(view.listings[i].since_ms,
		                 AT + (20 - (LEDGER_LISTINGS_MAX - 1 - i)) * 2 * STREAM_HOUR);
		assert_int_equal(view.listings[i].end, is_last ? LEDGER_LASTS : LEDGER_DELISTED);
	}
	ledger_free(to);
}

/* A record of before there was a history is one without. */
static void test_old_version(void **state)
{
	const struct ledger_key key = stream_key(KEY);
	struct ledger *l = stream_ledger(NULL), *to = stream_ledger(NULL);
	enum { SETS_AT = 5, SETS = 5, HEAD = SETS_AT + SETS + 1 };
	uint8_t bytes[LEDGER_RECORD_MAX], old[LEDGER_RECORD_MAX];
	struct ledger_view view;
	size_t size;

	(void)state;
	send(l, 1, 0, &(struct stream_event){.class = EVENT_TRAP_PRISTINE});
	size = ledger_save(l, &key, bytes);
	assert_int_equal(bytes[SETS_AT + SETS], 2); /* items of one listing, at the end */
	memcpy(old, bytes, SETS_AT + SETS);
	old[0] = 1;
	memcpy(old + SETS_AT + SETS, bytes + HEAD, size - HEAD - 16);
	ledger_advance(to, ledger_now(l));
	assert_int_equal(ledger_restore(to, &key, old, size - 1 - 16), 0);
	stream_look(to, KEY, &view);
	assert_int_equal(view.listing_count, 0);
	assert_int_equal(view.lists[DIALS_TRAP].why, LEDGER_IS_LISTED);
	ledger_advance(to, ledger_now(to) + 2 * STREAM_DAY);
	stream_look(to, KEY, &view);
	assert_int_equal(view.lists[DIALS_TRAP].why, LEDGER_NO_NEW_EVIDENCE);
	/* What is no listing is refused. */
	bytes[size - 16] = 0xff;
	ledger_free(to);
	to = stream_ledger(NULL);
	ledger_advance(to, ledger_now(l));
	assert_true(ledger_restore(to, &key, bytes, size) < 0);
	ledger_free(l);
	ledger_free(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_grounds),     cmocka_unit_test(test_classes_and_keys),
	    cmocka_unit_test(test_left),        cmocka_unit_test(test_newest),
	    cmocka_unit_test(test_old_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

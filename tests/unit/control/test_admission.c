/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is charged with an event, and what is refused; ids that are known again; time that never goes
 * backwards. */
#include "control/config_reputation.h"
#include "control/reputation/admission.h"
#include "control/reputation/ledger_clock.h"
#include "tests/unit/control/keeper_world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WALL_MS INT64_C(1767225600000)
#define HOPS    4
#define KEYS                                                                                       \
	"trusted_relays: [192.0.2.0/28, 192.0.2.8/29, \"2001:db8:1::/48\"], "                      \
	"reporters: [{name: a, user: \"7\", rate: 10}, {name: b, token_file: t, weight: 0.5}]"
#define OTHERS "guard: {never_list: [198.51.100.0/24, \"2001:db8:2::/48\", own.example]}"

static struct admission *make(void)
{
	struct config *config = keeper_world_config(KEYS, OTHERS);
	struct admission *a;

	snprintf(config->reputation->reporters[1].token, CONFIG_TOKEN_MAX, "0123456789abcdef");
	a = admission_new(config);
	assert_non_null(a);
	config_free(config);
	return a;
}

static struct address_range address_of(const char *text)
{
	struct address_range range = {0};

	assert_int_equal(address_parse(text, strlen(text), &range), 0);
	return range;
}

static const struct {
	const char *reason, *address, *hops[HOPS], *charged;
	enum reputation_outcome outcome;
} relays[] = {
    {"a client of its own", "203.0.113.1", {NULL}, "203.0.113.1", REPUTATION_COUNTED},
    {"hops of a client are not looked at",
     "203.0.113.1",
     {"203.0.113.9"},
     "203.0.113.1",
     REPUTATION_COUNTED},
    {"through a relay", "192.0.2.1", {"203.0.113.2"}, "203.0.113.2", REPUTATION_COUNTED},
    {"through two",
     "192.0.2.1",
     {"2001:db8:1::25", "203.0.113.2"},
     "203.0.113.2",
     REPUTATION_COUNTED},
    {"a forged hop beyond the client",
     "192.0.2.1",
     {"203.0.113.2", "203.0.113.66"},
     "203.0.113.2",
     REPUTATION_COUNTED},
    {"a relay forged by the client",
     "192.0.2.1",
     {"203.0.113.2", "192.0.2.2", "203.0.113.66"},
     "203.0.113.2",
     REPUTATION_COUNTED},
    {"a relay that hands on to itself",
     "192.0.2.1",
     {"127.0.0.1", "::1", "203.0.113.2"},
     "203.0.113.2",
     REPUTATION_COUNTED},
    {"the last address of a relay's network",
     "192.0.2.15",
     {"203.0.113.2"},
     "203.0.113.2",
     REPUTATION_COUNTED},
    {"the first after it", "192.0.2.16", {"203.0.113.2"}, "192.0.2.16", REPUTATION_COUNTED},
    {"a relay and nothing else", "192.0.2.1", {NULL}, "192.0.2.1", REPUTATION_OWN},
    {"relays only", "192.0.2.1", {"192.0.2.2", "2001:db8:1::1"}, "192.0.2.1", REPUTATION_OWN},
    {"a network of ours", "198.51.100.255", {NULL}, "198.51.100.255", REPUTATION_OWN},
    {"one of IPv6", "2001:db8:2::1", {NULL}, "2001:db8:2::1", REPUTATION_OWN},
    {"one of ours through a relay", "192.0.2.1", {"198.51.100.1"}, "198.51.100.1", REPUTATION_OWN},
};

static void the_client_is_charged(void **state)
{
	const struct admission_clocks now = {WALL_MS, 1000};
	struct admission *a = make();

	(void)state;
	for (size_t i = 0; i < sizeof(relays) / sizeof(relays[0]); i++) {
		struct event e = {.time_ms = WALL_MS, .count = 1};
		struct address_range charged = address_of(relays[i].charged);
		enum reputation_outcome outcome;

		e.address = address_of(relays[i].address);
		while (e.hop_count < HOPS && relays[i].hops[e.hop_count]) {
			e.hops[e.hop_count] = address_of(relays[i].hops[e.hop_count]);
			e.hop_count++;
		}
		outcome = admission_event(a, admission_find(a, "b"), &e, &now);
		if (outcome != relays[i].outcome)
			fail_msg("%s: %s", relays[i].reason, reputation_outcome_name(outcome));
		if (e.address.is_ip6 != charged.is_ip6 || e.address.first != charged.first ||
		    e.address.last != charged.first)
			fail_msg("%s: another address is charged", relays[i].reason);
		assert_int_equal(e.hop_count, 0);
		assert_string_equal(e.reporter, "b");
		assert_true(e.weight == 0.5f);
	}
	admission_free(a);
}

static const struct {
	const char *reason;
	int64_t time_ms;
	enum reputation_outcome outcome;
} times[] = {
    {"now", WALL_MS, REPUTATION_COUNTED},
    {"as late as may be", WALL_MS + EVENT_FUTURE_MAX_MS, REPUTATION_COUNTED},
    {"later", WALL_MS + EVENT_FUTURE_MAX_MS + 1, REPUTATION_FUTURE},
    {"never", INT64_MAX, REPUTATION_FUTURE},
    {"as old as may be", WALL_MS - EVENT_PAST_MAX_MS, REPUTATION_COUNTED},
    {"older", WALL_MS - EVENT_PAST_MAX_MS - 1, REPUTATION_TOO_OLD},
    {"always", INT64_MIN, REPUTATION_TOO_OLD},
};

static void times_are_checked(void **state)
{
	const struct admission_clocks now = {WALL_MS, 1000};
	struct admission *a = make();

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct event e = {.time_ms = times[i].time_ms, .count = 1};

		e.address = address_of("203.0.113.1");
		if (admission_event(a, admission_find(a, "b"), &e, &now) != times[i].outcome)
			fail_msg("%s", times[i].reason);
	}
	admission_free(a);
}

static enum reputation_outcome send_one(struct admission *a, uint32_t count, int64_t monotonic_ms)
{
	const struct admission_clocks now = {WALL_MS, monotonic_ms};
	struct event e = {.time_ms = WALL_MS, .count = count};

	e.address = address_of("203.0.113.1");
	return admission_event(a, admission_find(a, "a"), &e, &now);
}

static void rates_are_kept_to(void **state)
{
	struct admission *a = make(), *next;

	(void)state;
	for (unsigned i = 0; i < 90; i++)
		assert_int_equal(send_one(a, 1, 1000), REPUTATION_COUNTED);
	assert_int_equal(send_one(a, 11, 1000), REPUTATION_TOO_MANY);
	assert_int_equal(send_one(a, 10, 1000), REPUTATION_COUNTED);
	assert_int_equal(send_one(a, 1, 1099), REPUTATION_TOO_MANY);
	assert_int_equal(send_one(a, 1, 1101), REPUTATION_COUNTED);
	/* A reload gives nobody another burst. */
	next = make();
	admission_inherit(next, a);
	admission_free(a);
	assert_int_equal(send_one(next, 1, 1102), REPUTATION_TOO_MANY);
	/* Nor does a long time more than one. */
	assert_int_equal(send_one(next, 101, 1000000), REPUTATION_TOO_MANY);
	assert_int_equal(send_one(next, 100, 1000000), REPUTATION_COUNTED);
	admission_free(next);
}

static void own_domains_are_left_out(void **state)
{
	static const struct {
		const char *domain;
		bool is_kept;
	} rows[] = {{"own.example", false},    {"mail.own.example", false},
	            {"example", true},         {"crown.example", true},
	            {"own.example.org", true}, {"a.b.own.example", false},
	            {"xown.example", true}};
	const struct admission_clocks now = {WALL_MS, 1000};
	struct admission *a = make();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct event e = {.time_ms = WALL_MS, .count = 1};

		e.address = address_of("203.0.113.1");
		event_set_domain(&e, rows[i].domain, strlen(rows[i].domain));
		assert_int_equal(admission_event(a, admission_find(a, "b"), &e, &now),
		                 REPUTATION_COUNTED);
		if ((e.domain_size > 0) != rows[i].is_kept)
			fail_msg("%s", rows[i].domain);
	}
	admission_free(a);
}

static void reporters_are_found(void **state)
{
	struct admission *a = make();

	(void)state;
	assert_string_equal(admission_user(a, 7)->name, "a");
	assert_null(admission_user(a, 0));
	assert_string_equal(admission_token(a, "0123456789abcdef")->name, "b");
	assert_null(admission_token(a, "0123456789abcdeg"));
	assert_null(admission_token(a, "0123456789abcde"));
	assert_null(admission_token(a, ""));
	assert_null(admission_find(a, "c"));
	admission_free(a);
}

/* Against a plain list of the last ones. */
static void ids_are_those_of_the_window(void **state)
{
	enum { MAX = 1024, MANY = 6000 };
	static uint64_t all[MANY];
	struct id_window w;
	size_t count = 0;

	(void)state;
	id_window_init(&w, MAX);
	assert_false(id_window_has(&w, 1));
	srand(3);
	for (unsigned i = 0; i < MANY; i++) {
		/* Few values of the low bits, so that they get into each other's way. */
		uint64_t id = (uint64_t)rand() << 8 | (uint64_t)(rand() & 3);
		bool is_known = false;

		for (size_t j = count > MAX ? count - MAX : 0; j < count && !is_known; j++)
			is_known = all[j] == id;
		assert_int_equal(id_window_has(&w, id), is_known);
		if (is_known)
			continue;
		assert_int_equal(id_window_add(&w, id), 0);
		all[count++] = id;
		if (i % 100 == 99 && count < MAX) {
			id_window_undo(&w, 5);
			count -= 5;
			for (unsigned k = 0; k < 5; k++)
				assert_false(id_window_has(&w, all[count + k]));
		}
	}
	assert_true(count > 2 * MAX);
	for (size_t j = count - MAX; j < count; j++)
		assert_true(id_window_has(&w, all[j]));
	assert_false(id_window_has(&w, all[count - MAX - 1]));
	id_window_done(&w);
}

static void time_never_goes_backwards(void **state)
{
	struct ledger_clock c;
	int64_t before;

	(void)state;
	ledger_clock_init(&c, 0);
	assert_true(ledger_clock_now(&c, 1000000, 5000) == 1000000);
	assert_true(ledger_clock_now(&c, 1000010, 5010) == 1000010);
	/* Set back by half a second: it goes on slower, and is caught up with. */
	before = c.now_ms;
	for (int64_t passed = 1; passed <= 8000; passed++) {
		int64_t now = ledger_clock_now(&c, 999510 + passed, 5010 + passed);

		assert_true(now >= before);
		before = now;
		if (passed == 800)
			assert_true(now == 1000010 + 700);
	}
	assert_true(c.now_ms == 999510 + 8000);
	/* A record of the future, as left by a clock that was wrong: time passes all the same. */
	ledger_clock_init(&c, 2000000);
	assert_true(ledger_clock_now(&c, 1000000, 70) == 2000000);
	assert_true(ledger_clock_now(&c, 1000080, 150) == 2000070);
	/* The machine was started again: its own clock begins anew. */
	assert_true(ledger_clock_now(&c, 1000090, 10) == 2000070);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_client_is_charged),
	    cmocka_unit_test(times_are_checked),
	    cmocka_unit_test(rates_are_kept_to),
	    cmocka_unit_test(own_domains_are_left_out),
	    cmocka_unit_test(reporters_are_found),
	    cmocka_unit_test(ids_are_those_of_the_window),
	    cmocka_unit_test(time_never_goes_backwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

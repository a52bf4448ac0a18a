/* SPDX-License-Identifier: BSD-3-Clause */
/* The section `reputation`, and lists and zones that are made of it. */
#include "control/config.h"
#include "control/config_reputation.h"
#include "tests/unit/control/config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct config_text_bad bad_rows[] = {
    {"a key of reputation that there is not",
     REPUTATION("enters: 0.5"),
     {":1: reputation.enters: unknown key, expected one of: asn, socket, stream, trusted_relays, "
      "reporters, journal, classes, lists, delist, fast_half_life, "}},
    {"a reporter without a name",
     REPORTER("user: u"),
     {":1: reputation.reporters[0].name: missing"}},
    {"a reporter with a name of others",
     REPORTER("name: \"mx 1\", user: u"),
     {":1: reputation.reporters[0].name: bad value 'mx 1', expected 1 to 32 characters a-z, 0-9"}},
    {"a reporter nobody can be",
     REPORTER("name: mx1"),
     {":1: reputation.reporters[0]: has neither token_file nor user, expected at least one"}},
    {"a user with a blank",
     REPORTER("name: a, user: \"a b\""),
     {":1: reputation.reporters[0].user: bad value 'a b', expected the name or number of a user"}},
    {"two reporters of one name",
     REPORTER("name: a, user: u}, {name: a, token_file: t"),
     {":1: reputation.reporters[1].name: 'a' is given twice, expected once (first in line 1)"}},
    {"two reporters of one user",
     REPORTER("name: a, user: u}, {name: b, user: u"),
     {":1: reputation.reporters[1].user: 'u' is given twice, expected once (first in line 1)"}},
    {"a reporter without weight or rate",
     REPORTER("name: a, user: u, weight: 0, rate: 0"),
     {":1: reputation.reporters[0].weight: bad value '0', expected a number above 0 and at most",
      ":1: reputation.reporters[0].rate: bad value '0', expected events per second, from 1 to"}},
    {"sockets that are one",
     REPUTATION("socket: /e.sock, stream: /e.sock"),
     {":1: reputation.stream: '/e.sock' is another socket, expected a path of its own"}},
    {"a relay with host bits",
     REPUTATION("trusted_relays: [10.0.0.1/8]"),
     {":1: reputation.trusted_relays[0]: bad value '10.0.0.1/8', expected a network without host "
      "bits: \"10.0.0.0/8\""}},
    {"a journal that keeps nothing",
     REPUTATION("journal: {keep: 59m, size_max: 1K}"),
     {":1: reputation.journal.keep: bad value '59m', expected a duration of at least 1h",
      ":1: reputation.journal.size_max: bad value '1K', expected a size of at least 1M"}},
    {"a class there is not",
     REPUTATION("classes: {spam: {points: 4}}"),
     {":1: reputation.classes.spam: unknown key, expected one of: good_delivery, not_junk, "}},
    {"a class with bad dials",
     REPUTATION("classes: {phish: {points: -1, half_life: 5s, x: 1}, dha: 4}"),
     {":1: reputation.classes.phish.points: bad value '-1', expected a number from 0 to 1000",
      ":1: reputation.classes.phish.half_life: bad value '5s', expected a duration from 1m to 366d",
      ":1: reputation.classes.phish.x: unknown key, expected one of: points, half_life",
      ":1: reputation.classes.dha: bad value '4', expected keys such as {points: 4, half_life: "}},
    {"classes that are none", REPUTATION("classes: [a]"), {":1: reputation.classes: is a list"}},
    {"a list of the model that there is not",
     REPUTATION("lists: {spams: {mode: observe}}"),
     {":1: reputation.lists.spams: unknown key, expected one of: spam, trap, dha, backscatter"}},
    {"a list with a mode of others",
     REPUTATION("lists: {spam: {mode: on, first: 1s, x: 1}}"),
     {":1: reputation.lists.spam.mode: bad value 'on', expected enforce, observe or off",
      ":1: reputation.lists.spam.first: bad value '1s', expected a duration from 1m to 366d",
      ":1: reputation.lists.spam.x: unknown key, expected one of: mode, first"}},
    {"dials beyond their ends",
     REPUTATION("enter: 1.5, escalation: 0, dwell_min: 2y, enter_points: many"),
     {":1: reputation.enter: bad value '1.5', expected a number from 0 to 1",
      ":1: reputation.escalation: bad value '0', expected a whole number from 1 to 1000",
      ":1: reputation.dwell_min: bad value '2y', expected a duration from 1s to 366d",
      ":1: reputation.enter_points: bad value 'many', expected a number from 0 to 1000000"}},
    {"a dial without a value",
     REPUTATION("enter: "),
     {":1: reputation.enter: has no value, expected a number from 0 to 1"}},
    {"entries that leave at once",
     REPUTATION("leave: 0.7, enter: 0.6"),
     {":1: reputation.leave: leave is 0.7 and enter 0.6, expected leave at most enter"}},
    {"delist without a time",
     REPUTATION("delist: {per_address: 1, per_month: x, y: 1}"),
     {":1: reputation.delist.per_address: bad value '1', expected a number of times in a time, ",
      ":1: reputation.delist.per_month: bad value 'x', expected a whole number from 0 to 1000",
      ":1: reputation.delist.y: unknown key, expected one of: per_address, per_month"}},
    {"a score without a reputation",
     "zones: [{name: z, view: score}]\n" LISTEN LISTS,
     {":1: zones[0].view: 'score' is made of the reputation, expected a section 'reputation'",
      ":3: lists[0]: warning"}},
    {"a zone of scores with lists",
     "zones: [{name: z, view: srl, lists: [l]}]\nreputation: {reporters: [{name: r, user: "
     "root}]}\n" LISTEN LISTS,
     {":1: zones[0].lists: is given with view: srl, which has a list of its own, expected no "
      "lists"}},
    {"origins without a database",
     "zones: [{name: z, view: asn}]\nreputation: {reporters: [{name: r, user: root}]}\n" LISTEN
         LISTS,
     {":1: zones[0].view: 'asn' needs a database, expected the key 'reputation.asn'",
      ":4: lists[0]: warning"}},
    {"a list of the reputation without one",
     LIST("reputation: trap"),
     {":1: lists[0].reputation: there is no reputation to make the list of, expected a section "
      "'reputation'"}},
    {"a list of the reputation that there is not",
     LIST("reputation: junk") "reputation: {reporters: [{name: r, user: root}]}\n",
     {":1: lists[0].reputation: bad value 'junk', expected spam, trap, dha, backscatter, auth or "
      "good"}},
    {"a list of the reputation that is manual",
     LIST("reputation: trap, manual: true") "reputation: {reporters: [{name: r, user: root}]}\n",
     {":1: lists[0]: has more than one of feed, manual: true, reputation, expected one"}},
};

static void mistakes_are_told(void **state)
{
	(void)state;
	config_text_check_bad(bad_rows, sizeof(bad_rows) / sizeof(bad_rows[0]));
}

static void reputation_is_resolved(void **state)
{
	static const char yaml[] =
	    "reputation:\n  asn: asn.mmdb\n  socket: e.sock\n  stream: /s.sock\n"
	    "  trusted_relays: [192.0.2.0/28, \"2001:db8::1\"]\n"
	    "  reporters:\n    - {name: mx1, token_file: t, weight: 0.5, rate: 7}\n"
	    "    - {name: mx2, user: \"1000\"}\n"
	    "  journal: {size_max: 1G}\n"
	    "  classes: {spam_verdict: {points: 5}}\n"
	    "  lists: {spam: {mode: observe}, good: {mode: off}}\n"
	    "  enter: 0.7\n  dwell_min: 30m\n"
	    "  delist: {per_address: 2/1h}\n" REST;
	const struct config_reputation *r;
	struct dials otherwise;
	struct config_text_messages m;
	struct config *c;

	(void)state;
	dials_default(&otherwise);
	c = config_text_load(REST, strlen(REST), &m);
	assert_non_null(c);
	assert_null(c->reputation);
	config_free(c);
	c = config_text_load(yaml, strlen(yaml), &m);
	if (!c)
		fail_msg("%s", m.text[0]);
	r = c->reputation;
	assert_string_equal(r->asn, "/etc/asn.mmdb");
	assert_string_equal(r->socket, "/etc/e.sock");
	assert_string_equal(r->stream, "/s.sock");
	assert_true(r->relay_ranges[0].last == 0xc000020f && r->relay_ranges[1].is_ip6);
	assert_string_equal(r->reporters[0].token_file, "/etc/t");
	assert_true(r->reporters[0].weight == 0.5f && r->reporters[0].rate == 7);
	assert_true(r->reporters[1].weight == 1 && r->reporters[1].rate == 1000);
	assert_string_equal(r->reporters[1].user, "1000");
	assert_int_equal(r->journal.keep_s, 60 * 86400);
	assert_int_equal(r->journal.size_max_bytes, 1 << 30);
	assert_true(r->dials.classes[EVENT_SPAM_VERDICT].points == 5);
	assert_int_equal(r->dials.classes[EVENT_SPAM_VERDICT].half_life_s,
	                 otherwise.classes[EVENT_SPAM_VERDICT].half_life_s);
	assert_true(r->dials.lists[DIALS_SPAM].is_observed && r->dials.lists[DIALS_GOOD].is_off);
	assert_int_equal(r->dials.lists[DIALS_SPAM].first_s, otherwise.lists[DIALS_SPAM].first_s);
	assert_true(r->dials.enter == 0.7f && r->dials.leave == otherwise.leave);
	assert_int_equal(r->dials.dwell_min_s, 1800);
	assert_int_equal(r->delist.per_address, 2);
	assert_int_equal(r->delist.window_s, 3600);
	assert_int_equal(r->delist.per_month, 3);
	config_free(c);
}

/* Zones whose views have lists of their own, which nobody wrote. */
static void hidden_lists_are_made(void **state)
{
	static const struct {
		const char *zone, *lists[4];
		enum config_kept kept[4];
		const char *reason;
	} rows[] = {
	    {"a.x",
	     {"good", "spam", "reputation:more-good"},
	     {KEPT_GOOD, KEPT_SPAM, KEPT_GOOD_MORE},
	     "a list `good` without a trust has one for those that deserve more"},
	    {"b.x", {"given"}, {KEPT_GOOD}, "a trust that is given is that of all"},
	    {"c.x", {"good"}, {KEPT_GOOD}, "with codes there is nothing to tell apart"},
	    {"d.x", {"reputation:score"}, {KEPT_SCORE}, "a list of its own"},
	    {"e.x", {"reputation:score"}, {KEPT_SCORE}, "the same list for the same view"},
	    {"f.x", {"reputation:asn"}, {KEPT_NOTHING}, "a feed"},
	};
	static const char text[] =
	    "reputation: {reporters: [{name: r, user: root}], asn: asn.mmdb, lists: {spam: {mode: "
	    "off}, good: {mode: "
	    "observe}}}\n" LISTEN "lists:\n"
	    "  - {name: good, reputation: good, category: 3}\n"
	    "  - {name: spam, reputation: spam, category: 2, trust: 0, bit: 2}\n"
	    "  - {name: given, reputation: good, category: 4, trust: 3}\n"
	    "zones:\n"
	    "  - {name: a.x, lists: [good, spam], view: allow}\n"
	    "  - {name: b.x, lists: [given], view: allow}\n"
	    "  - {name: c.x, lists: [good]}\n"
	    "  - {name: d.x, view: score}\n"
	    "  - {name: e.x, view: score}\n"
	    "  - {name: f.x, view: asn}\n";
	struct config_text_messages m;
	struct config *c = config_text_load(text, sizeof(text) - 1, &m);

	(void)state;
	if (!c)
		fail_msg("%s", m.text[0]);
	assert_int_equal(m.count, 0);
	assert_int_equal(c->lists_count, 6);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct config_zone *zone = &c->zones[i];
		unsigned count = 0;

		for (; rows[i].lists[count]; count++) {
			const struct config_list *list;

			if (count >= zone->lists_count)
				fail_msg("%s: %s", rows[i].zone, rows[i].reason);
			list = &c->lists[zone->list_indexes[count]];
			assert_string_equal(list->name, rows[i].lists[count]);
			assert_int_equal(list->kept, rows[i].kept[count]);
			assert_int_equal(list->is_hidden, strchr(list->name, ':') != NULL);
		}
		assert_int_equal(zone->lists_count, count);
	}
	assert_int_equal(c->lists[0].trust, 1);
	assert_int_equal(c->lists[3].trust, 2);
	assert_int_equal(c->lists[3].category, 3);
	assert_true(c->lists[0].is_observed);
	assert_true(c->lists[3].is_observed);
	assert_false(c->lists[0].is_off);
	assert_true(c->lists[1].is_off);
	assert_int_equal(c->lists[2].trust, 3);
	assert_string_equal(c->lists[5].feed->path, "/etc/asn.mmdb");
	assert_string_equal(c->lists[5].feed->format_row->name, "mmdb-asn");
	assert_false(c->lists[5].feed->has_canaries);
	assert_true(c->lists[5].feed->guards.coverage4 >= 1);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mistakes_are_told),
	    cmocka_unit_test(reputation_is_resolved),
	    cmocka_unit_test(hidden_lists_are_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

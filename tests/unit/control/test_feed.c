/* SPDX-License-Identifier: BSD-3-Clause */
/* What time, whatever the clock says, makes of a feed; and what a status tells of what serves. */
#include "control/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DAY 86400
#define NOW 1795305600

static const struct {
	const char *why;
	int64_t now_s;
	bool has_good;
	int64_t timestamp_s, mtime_s, expires_s;
	uint64_t max_age_s;
	bool is_stale;
} ages[] = {
    {"no version at all", NOW, false, 0, 0, 0, DAY, false},
    {"no max_age", NOW, true, 0, 1, 0, 0, false},
    {"just young enough", NOW, true, 0, NOW - DAY, 0, DAY, false},
    {"a second too old", NOW, true, 0, NOW - DAY - 1, 0, DAY, true},
    {"the feed's own time counts", NOW, true, NOW, 1, 0, DAY, false},
    {"also when it is the older one", NOW, true, 1, NOW, 0, DAY, true},
    {"past its own expiry, without max_age", NOW, true, NOW, NOW, NOW, 0, true},
    {"a second before it", NOW, true, NOW, NOW, NOW + 1, 0, false},
    {"the clock jumps ten years forward", NOW + 3650ll * DAY, true, 0, NOW, 0, DAY, true},
    {"and back again", NOW, true, 0, NOW, 0, DAY, false},
    {"the clock jumps ten years back", NOW - 3650ll * DAY, true, 0, NOW, 0, DAY, false},
    {"to 1970", 0, true, NOW, NOW, NOW + DAY, DAY, false},
    {"before 1970", -5, true, NOW, NOW, NOW + DAY, DAY, false},
    {"a file from before 1970", NOW, true, 0, -1000, 0, DAY, true},
};

static void test_ages(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		struct feed feed = {.has_good = ages[i].has_good, .max_age_s = ages[i].max_age_s};

		feed.good.facts.timestamp_s = ages[i].timestamp_s;
		feed.good.facts.expires_s = ages[i].expires_s;
		feed.good.mtime_s = ages[i].mtime_s;
		if (feed_is_stale(&feed, ages[i].now_s) != ages[i].is_stale)
			fail_msg("%s", ages[i].why);
	}
}

static const struct {
	const char *why;
	bool has_good, is_off, is_observed, is_stale;
	enum config_expired expired;
	const char *state, *serves;
} served[] = {
    {"all well", true, false, false, false, EXPIRED_KEEP, "serving", "version 7"},
    {"nothing yet", false, false, false, false, EXPIRED_KEEP, "serving",
     "nothing: there is no good version, its zones answer SERVFAIL"},
    {"old, and kept", true, false, false, true, EXPIRED_KEEP, "serving", "version 7, out of date"},
    {"old, and told to who asks", true, false, false, true, EXPIRED_SERVFAIL, "expired",
     "nothing: it is out of date, its zones answer SERVFAIL"},
    {"old, and left out", true, false, false, true, EXPIRED_EMPTY, "expired",
     "nothing: it is out of date"},
    {"off", true, true, false, false, EXPIRED_KEEP, "disabled",
     "nothing: it is disabled by amy: x"},
    {"observed", true, false, true, false, EXPIRED_KEEP, "serving",
     "nothing: version 7 is observed only"},
    {"observed without a version", false, false, true, false, EXPIRED_KEEP, "serving",
     "nothing: there is no good version"},
    {"off before all else", true, true, true, true, EXPIRED_SERVFAIL, "disabled",
     "nothing: it is disabled by amy: x"},
};

static void test_serves(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(served) / sizeof(served[0]); i++) {
		struct feed feed = {.state = FEED_SERVING,
		                    .has_good = served[i].has_good,
		                    .is_off = served[i].is_off,
		                    .is_observed = served[i].is_observed,
		                    .is_stale = served[i].is_stale,
		                    .expired = served[i].expired,
		                    .off_reason = "by amy: x"};
		char text[FEED_SERVES_MAX];

		feed.good.number = 7;
		feed.use.is_off = feed.is_off || (feed.is_stale && feed.expired == EXPIRED_EMPTY);
		feed.use.is_expired = feed.is_stale && feed.expired == EXPIRED_SERVFAIL;
		print_message("# %s\n", served[i].why);
		assert_string_equal(feed_serves(&feed, text), served[i].serves);
		assert_string_equal(feed_state_name(&feed), served[i].state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ages),
	    cmocka_unit_test(test_serves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

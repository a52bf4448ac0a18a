/* SPDX-License-Identifier: BSD-3-Clause */
/* Saved records: what is taken gives the same bytes again, and the ledger goes on with it. */
#include "tests/unit/reputation/stream.h"

#include <stdlib.h>
#include <string.h>

static const char *const keys[] = {"192.0.2.1",     "192.0.2.0/24",  "2001:db8::/64",
                                   "2001:db8::/56", "2001:db8::/48", "one.example",
                                   "as64500"};

static void expect(bool is_met)
{
	if (!is_met)
		abort();
}

static void check_sum(const struct ledger *l, const char *key)
{
	struct ledger_view view;
	int32_t sum = 10000;

	stream_look(l, key, &view);
	for (unsigned class = 0; class < EVENT_CLASS_COUNT; class ++)
		sum += view.score.of_class[class];
	sum += view.score.of_prior + view.score.of_history + view.score.of_rounding;
	expect(sum == 100 * view.score.score);
	expect(view.score.score >= 0 && view.score.score <= 100);
}

static bool ignore(const struct ledger_key *key, void *context)
{
	(void)key;
	(void)context;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t saved[LEDGER_RECORD_MAX];
	struct ledger_key key;
	struct ledger *l;
	const char *name;

	if (size == 0)
		return 0;
	name = keys[data[0] % (sizeof(keys) / sizeof(keys[0]))];
	key = stream_key(name);
	l = stream_ledger(NULL);
	if (ledger_restore(l, &key, data + 1, size - 1) < 0) {
		struct ledger_stats stats;

		/* Refused means untouched. */
		ledger_stats(l, &stats);
		expect(stats.keys == 0);
		ledger_free(l);
		return 0;
	}
	/* Of an older version it is saved as the present one. */
	if (data[1] == 2) {
		expect(ledger_save(l, &key, saved) == size - 1);
		expect(memcmp(saved, data + 1, size - 1) == 0);
	}
	check_sum(l, name);
	ledger_near(l, &key, ignore, NULL);
	for (unsigned i = 0; i < 3; i++)
		stream_apply(
		    l, ledger_now(l) + STREAM_MINUTE,
		    &(struct stream_event){.ip = i == 2 ? "2001:db8::1" : "192.0.2.1",
		                           .class = i ? EVENT_TRAP_PRISTINE : EVENT_GOOD_DELIVERY,
		                           .domain = "one.example",
		                           .is_authenticated = true});
	check_sum(l, name);
	ledger_delist(l, &key, ledger_now(l) + 1);
	ledger_advance(l, ledger_now(l) + STREAM_DAY);
	check_sum(l, name);
	ledger_dirty(l, ignore, NULL);
	ledger_free(l);
	return 0;
}

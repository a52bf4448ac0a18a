/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/http/model.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

void model_init(struct reputation *r)
{
	const struct ledger_hooks hooks = {0};
	struct dials dials;

	memset(r, 0, sizeof(*r));
	dials_default(&dials);
	r->ledger = ledger_new(&dials, &hooks);
	assert_non_null(r->ledger);
	r->now_ms = (int64_t)time(NULL) * 1000;
	r->is_saving = true;
	ledger_advance(r->ledger, r->now_ms);
}

void model_done(struct reputation *r)
{
	ledger_free(r->ledger);
}

void model_list(struct reputation *r, const char *address)
{
	struct event event = {.time_ms = r->now_ms,
	                      .received_ms = r->now_ms,
	                      .class = EVENT_TRAP_PRISTINE,
	                      .count = 1,
	                      .probability = 1,
	                      .weight = 1};

	assert_int_equal(address_parse(address, strlen(address), &event.address), 0);
	strcpy(event.reporter, "mx1");
	assert_int_equal(ledger_apply(r->ledger, &event), 0);
}

const char *reputation_outcome_name(enum reputation_outcome outcome)
{
	static const char *const names[REPUTATION_OUTCOME_COUNT] = {
	    "counted",          "repeated", "bad",       "future", "too_old",
	    "unknown_reporter", "too_many", "not_saved", "own",    "too_large"};

	return names[outcome];
}

int reputation_submit(struct reputation *r, const char *reporter, const struct event *events,
                      size_t count, reputation_done *done, void *context)
{
	enum reputation_outcome *outcomes = calloc(count, sizeof(*outcomes));

	assert_string_equal(reporter, "mx1");
	assert_non_null(outcomes);
	if (r->is_full) {
		free(outcomes);
		return -ENOBUFS;
	}
	outcomes[count - 1] = r->outcome;
	for (size_t i = 0; i < count; i++) {
		struct event event = events[i];

		event.received_ms = r->now_ms;
		event.weight = 1;
		if (outcomes[i] == REPUTATION_COUNTED)
			assert_int_equal(ledger_apply(r->ledger, &event), 0);
	}
	r->submitted += count;
	done(outcomes, count, context);
	free(outcomes);
	return 0;
}

void reputation_refuse(struct reputation *r, enum reputation_outcome outcome, uint64_t count)
{
	assert_true(outcome == REPUTATION_BAD || outcome == REPUTATION_TOO_LARGE);
	r->refused += count;
}

const uint8_t *reputation_hash_key(const struct reputation *r)
{
	static const uint8_t key[16] = {1};

	(void)r;
	return key;
}

const char *reputation_reporter(const struct reputation *r, const char *token)
{
	(void)r;
	return strcmp(token, MODEL_TOKEN) == 0 ? "mx1" : NULL;
}

void reputation_delist(struct reputation *r, const struct ledger_key *key, const char *who,
                       const char *why, reputation_delisted *done, void *context)
{
	snprintf(r->who, sizeof(r->who), "%s", who);
	snprintf(r->why, sizeof(r->why), "%s", why);
	done(r->delist_rc ? r->delist_rc : ledger_delist(r->ledger, key, r->now_ms), context);
}

json_t *reputation_delistings(const struct reputation *r, const struct ledger_key *key)
{
	(void)key;
	return r->who[0] ? json_pack("[{s:s, s:s}]", "who", r->who, "why", r->why) : json_array();
}

void reputation_ask(struct reputation *r, reputation_look *look, reputation_looked *done,
                    void *context)
{
	look(r->ledger, r->now_ms, context);
	done(false, context);
}

void reputation_stats(const struct reputation *r, struct reputation_stats *out_stats)
{
	memset(out_stats, 0, sizeof(*out_stats));
	out_stats->is_saving = r->is_saving;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/simulation.h"

#include "control/reputation/event_message.h"
#include "control/reputation/journal_read.h"

#include <errno.h>
#include <string.h>

struct simulation {
	struct ledger *before, *after;
	uint32_t asn; /* of the event being counted, as the journal has it */
	simulation_visit *visit;
	void *context;
	struct simulation_counts *counts;
};

static uint32_t journaled_asn(const struct address_range *address, void *context)
{
	(void)address;
	return ((const struct simulation *)context)->asn;
}

static int count_record(const uint8_t *bytes, size_t size, struct journal_position position,
                        void *context)
{
	struct simulation *s = context;
	struct event_record record;
	int rc = 0;

	(void)position;
	if (event_record_unpack(bytes, size, &record) < 0) {
		s->counts->bad++;
		return 0;
	}
	if (!s->counts->first_ms)
		s->counts->first_ms = record.received_ms;
	s->counts->last_ms = record.received_ms;
	switch (record.kind) {
	case EVENT_RECORD_EVENT:
		s->counts->events++;
		if (record.is_own)
			return 0;
		s->asn = record.asn;
		rc = ledger_apply(s->before, &record.event);
		if (rc == 0)
			rc = ledger_apply(s->after, &record.event);
		s->asn = 0;
		break;
	case EVENT_RECORD_DELIST:
		s->counts->delistings++;
		/* Not known is not wrong: by these dials it may be forgotten already. */
		ledger_delist(s->before, &record.key, record.received_ms);
		ledger_delist(s->after, &record.key, record.received_ms);
		break;
	case EVENT_RECORD_NOTHING:
		break;
	}
	return rc == -ENOMEM ? rc : 0;
}

static void count_damage(const char *path, struct journal_position position, uint64_t size,
                         bool is_tail, void *context)
{
	struct simulation *s = context;

	(void)path;
	(void)position;
	if (!is_tail)
		s->counts->damaged += size;
}

static void compare(struct simulation *s, const struct ledger_key *key)
{
	struct ledger_answer before = {0}, after = {0};
	struct simulation_change change;

	change.score_before =
	    ledger_answer(s->before, key, s->counts->last_ms, &before) ? before.score : -1;
	change.score_after =
	    ledger_answer(s->after, key, s->counts->last_ms, &after) ? after.score : -1;
	change.before = before.lists;
	change.after = after.lists;
	s->counts->keys++;
	for (int i = 0; i < DIALS_LIST_COUNT; i++) {
		bool was = before.lists >> i & 1, is = after.lists >> i & 1;

		s->counts->before[i] += was;
		s->counts->after[i] += is;
		s->counts->entered[i] += is && !was;
		s->counts->left[i] += was && !is;
	}
	if (change.before != change.after)
		s->visit(key, &change, s->context);
}

static bool visit_after(const struct ledger_key *key, void *context)
{
	compare(context, key);
	return true;
}

/* Those that are known after were compared already. */
static bool visit_before(const struct ledger_key *key, void *context)
{
	struct simulation *s = context;
	struct ledger_answer after;

	if (!ledger_answer(s->after, key, s->counts->last_ms, &after))
		compare(s, key);
	return true;
}

int simulation_run(const char *journal, const struct simulation_dials *dials,
                   simulation_visit *visit, void *context, struct simulation_counts *out_counts)
{
	struct simulation s = {.visit = visit, .context = context, .counts = out_counts};
	const struct ledger_hooks hooks = {.asn = journaled_asn, .context = &s};
	const struct journal_visitor visitor = {count_record, count_damage, &s};
	const struct journal_position start = {0, 0};
	int rc = 0;

	memset(out_counts, 0, sizeof(*out_counts));
	s.before = ledger_new(dials->before, &hooks);
	if (!s.before)
		rc = -errno;
	else
		s.after = ledger_new(dials->after, &hooks);
	if (rc == 0 && !s.after)
		rc = -errno;
	if (rc == 0)
		rc = journal_read(journal, start, &visitor);
	if (rc == 0) {
		ledger_advance(s.before, out_counts->last_ms);
		ledger_advance(s.after, out_counts->last_ms);
		ledger_each(s.after, visit_after, &s);
		ledger_each(s.before, visit_before, &s);
	}
	ledger_free(s.before);
	ledger_free(s.after);
	return rc;
}

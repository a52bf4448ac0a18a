/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/status_reputation.h"

#include "control/reputation/answers.h"
#include "control/reputation/reputation.h"

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* A row a list that the configuration names: how it is answered, and how many are on it. */
static json_t *lists_json(const struct engine *e, const struct ledger_stats *ledger)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < e->config->lists_count; i++) {
		const struct config_list *list = &e->config->lists[i];
		unsigned kept = list->kept - KEPT_SPAM;

		if (list->kept < KEPT_SPAM || list->kept > KEPT_GOOD)
			continue;
		json_array_append_new(
		    array, json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", list->name, "reputation",
		                     dials_list_name((enum dials_list)kept), "mode",
		                     list->is_off        ? "off"
		                     : list->is_observed ? "observe"
		                                         : "enforce",
		                     "listed", number(ledger->listed[kept]), "ended",
		                     number(ledger->ended[kept])));
	}
	return array;
}

static json_t *outcomes_json(const uint64_t counts[REPUTATION_OUTCOME_COUNT])
{
	json_t *object = json_object();

	for (unsigned i = 0; i < REPUTATION_OUTCOME_COUNT; i++)
		json_object_set_new(object, reputation_outcome_name((enum reputation_outcome)i),
		                    number(counts[i]));
	return object;
}

static json_t *classes_json(const uint64_t counts[EVENT_CLASS_COUNT])
{
	json_t *object = json_object();

	for (unsigned i = 0; i < EVENT_CLASS_COUNT; i++)
		json_object_set_new(object, event_class_name((enum event_class)i),
		                    number(counts[i]));
	return object;
}

json_t *status_reputation(const struct engine *e)
{
	struct reputation_stats stats;
	struct answers_stats answers;

	if (!e->reputation)
		return json_null();
	reputation_stats(e->reputation, &stats);
	answers_get_stats(e->answers, &answers);
	return json_pack(
	    "{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:{s:o, s:o, s:o, s:o, s:o}}", "tracked",
	    number(stats.ledger.keys), "memory", number(stats.ledger.memory_size), "lists",
	    lists_json(e, &stats.ledger), "events", outcomes_json(stats.outcomes), "classes",
	    classes_json(stats.classes), "journal_size", number(stats.journal_size), "is_saving",
	    stats.is_saving, "journal_errors", number(stats.journal_errors), "damaged_files",
	    number(stats.damaged_files), "answers", "keys", number(answers.rows), "waiting",
	    number(answers.waiting), "batches", number(answers.batches), "published",
	    number(answers.published), "lost", number(answers.lost));
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/answers.h"

#include "control/reputation/answer_lists.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct answers {
	pthread_mutex_t lock;
	answers_wake *wake;             /* under lock; NULL = nobody */
	void *context;                  /* under lock */
	struct answer_table *waiting;   /* under lock */
	struct answer_wants wants;      /* under lock */
	struct answers_stats stats;     /* under lock */
	struct answer_table *published; /* publisher thread */
	uint64_t text_size_max;
};

struct answers *answers_new(uint64_t text_size_max)
{
	struct answers *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	pthread_mutex_init(&a->lock, NULL);
	a->text_size_max = text_size_max;
	a->waiting = answer_table_new();
	a->published = answer_table_new();
	if (a->waiting && a->published)
		return a;
	answers_free(a);
	errno = ENOMEM;
	return NULL;
}

void answers_free(struct answers *a)
{
	if (!a)
		return;
	answer_table_free(a->waiting);
	answer_table_free(a->published);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

void answers_on_wake(struct answers *a, answers_wake *wake, void *context)
{
	pthread_mutex_lock(&a->lock);
	a->wake = wake;
	a->context = context;
	pthread_mutex_unlock(&a->lock);
}

/* Not with the lock held: it takes others. */
static void wake_up(struct answers *a)
{
	answers_wake *wake;
	void *context;

	pthread_mutex_lock(&a->lock);
	wake = a->wake;
	context = a->context;
	pthread_mutex_unlock(&a->lock);
	if (wake)
		wake(context);
}

bool answers_want(struct answers *a, const struct answer_wants *wants)
{
	bool is_other;

	pthread_mutex_lock(&a->lock);
	is_other = a->wants.kept != wants->kept || a->wants.more_score != wants->more_score ||
	           a->wants.more_points != wants->more_points;
	a->wants = *wants;
	pthread_mutex_unlock(&a->lock);
	return is_other;
}

void answers_get_stats(struct answers *a, struct answers_stats *out_stats)
{
	pthread_mutex_lock(&a->lock);
	*out_stats = a->stats;
	out_stats->waiting = answer_table_count(a->waiting);
	pthread_mutex_unlock(&a->lock);
}

/* What is published may go when this is, so it is an upper bound. With the lock held. */
static void fit_text(struct answers *a, answer_t answer, char text[ANSWER_TEXT_MAX + 1])
{
	uint64_t size = a->stats.text_size + answer_table_text_size(a->waiting);
	uint64_t most = a->text_size_max;

	if (strstr(text, ";list="))
		most += most / 4;
	if (!text[0] || size + strlen(text) < most)
		return;
	answer_why_short(answer, text);
	a->stats.shortened++;
}

static void wait_for(struct answers *a, const struct ledger_key *key, const struct answer_row *row)
{
	uint8_t name[NAME_WIRE_MAX + 1];
	struct answer_key short_key;

	if (!answer_table_key(a->waiting, key, name, &short_key))
		return;
	if (answer_table_put(a->waiting, &short_key, row) < 0)
		a->stats.lost++;
}

void answers_changed(const struct ledger *l, const struct ledger_key *keys, size_t count,
                     int64_t now_ms, void *context)
{
	struct answers *a = context;
	char text[ANSWER_TEXT_MAX + 1];
	struct answer_wants wants;

	pthread_mutex_lock(&a->lock);
	wants = a->wants;
	pthread_mutex_unlock(&a->lock);
	if (!wants.kept)
		return;
	for (size_t i = 0; i < count; i++) {
		struct answer_row row = {.answer = answer_of(l, &keys[i], now_ms, &wants, text)};

		pthread_mutex_lock(&a->lock);
		fit_text(a, row.answer, text);
		row.text = text[0] ? text : NULL;
		wait_for(a, &keys[i], &row);
		pthread_mutex_unlock(&a->lock);
	}
	if (count)
		wake_up(a);
}

/* Rows on their way from one table to the other. */
struct change {
	struct answers *a;
	struct load_places places;
	unsigned kept; /* ANSWER_KEPT() bits: lists that change */
	uint64_t count;
	struct dataset *was[KEPT_COUNT], *is[KEPT_COUNT];
};

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Which lists say another thing of the key than before. */
static unsigned differing(const struct answer_row *was, const struct answer_row *is)
{
	unsigned kept = 0;

	for (unsigned i = KEPT_SPAM; i < KEPT_COUNT; i++) {
		uint32_t old_code, new_code;
		bool had = answer_has(was->answer, (enum config_kept)i, &old_code);
		bool has = answer_has(is->answer, (enum config_kept)i, &new_code);

		if (had != has || (has && old_code != new_code))
			kept |= ANSWER_KEPT(i);
	}
	return is_same_text(was->text, is->text) ? kept : kept | ANSWER_KEPT(KEPT_WHY);
}

/* Note what a row changes. */
static int look(const struct answer_key *key, const struct answer_row *row, void *context)
{
	struct change *c = context;
	struct answer_row was = {.answer = ANSWER_NONE};
	unsigned kept;

	answer_table_get(c->a->published, key, &was);
	kept = differing(&was, row);
	if (!kept)
		return 0;
	c->kept |= kept;
	c->count++;
	return answer_table_place(key, &c->places);
}

static int apply(const struct answer_key *key, const struct answer_row *row, void *context)
{
	struct change *c = context;

	if (row->answer != ANSWER_NONE)
		return answer_table_put(c->a->published, key, row);
	answer_table_remove(c->a->published, key);
	return 0;
}

/* What the lists that change say at the places now. Errors: -ENOMEM */
static int build(const struct change *c, struct dataset **out_datasets)
{
	for (unsigned kept = KEPT_SPAM; kept < KEPT_COUNT; kept++) {
		if (!(c->kept & ANSWER_KEPT(kept)))
			continue;
		out_datasets[kept] =
		    answer_lists_build(c->a->published, (enum config_kept)kept, &c->places);
		if (!out_datasets[kept])
			return -ENOMEM;
	}
	return 0;
}

/* Push what changed. Errors: as publish_parts(), -ENOMEM */
static int push(struct change *c, struct publish *p, const struct config *config,
                struct publish_result *out_result)
{
	struct publish_part *parts = calloc(config->lists_count + 1u, sizeof(*parts));
	size_t count = 0;
	int rc;

	if (!parts)
		return -ENOMEM;
	for (unsigned i = 0; i < config->lists_count; i++) {
		enum config_kept kept = config->lists[i].kept;

		if (c->kept & ANSWER_KEPT(kept))
			parts[count++] = (struct publish_part){
			    .list = i, .was = c->was[kept], .is = c->is[kept]};
	}
	rc = publish_parts(p, &c->places, parts, count, out_result);
	free(parts);
	return rc;
}

/* The data plane does not have what the table says: a full load is due. */
static void leave_behind(struct publish *p, const struct config *config)
{
	for (unsigned i = 0; i < config->lists_count; i++)
		if (config->lists[i].kept != KEPT_NOTHING && publish_get(p, i))
			publish_behind(p, i);
}

/* Move rows into the table and push what they change. Returns whether that is answered. */
static bool publish_rows(struct change *c, const struct answer_table *rows, struct publish *p,
                         const struct config *config, struct publish_result *out_result)
{
	bool is_connected = publish_fd(p) >= 0;
	int rc = answer_table_each(rows, look, c), applied;

	load_places_sort(&c->places);
	if (rc == 0 && is_connected)
		rc = build(c, c->was);
	applied = answer_table_each(rows, apply, c);
	if (rc == 0)
		rc = applied;
	if (rc == 0 && c->kept && is_connected)
		rc = build(c, c->is);
	if (rc == 0 && c->kept && is_connected)
		rc = push(c, p, config, out_result);
	else if (rc < 0 || c->kept)
		leave_behind(p, config);
	return rc == 0 && is_connected && c->kept;
}

static void note(struct answers *a, const struct change *c, bool is_pushed)
{
	pthread_mutex_lock(&a->lock);
	a->stats.rows = answer_table_count(a->published);
	a->stats.text_size = answer_table_text_size(a->published);
	a->stats.batches += is_pushed;
	a->stats.published += is_pushed ? c->count : 0;
	pthread_mutex_unlock(&a->lock);
}

void answers_publish(struct answers *a, struct publish *p, const struct config *config,
                     struct publish_result *out_result)
{
	struct answer_table *rows, *fresh = answer_table_new();
	struct change c = {.a = a};

	*out_result = (struct publish_result){0};
	if (!fresh)
		return; /* they go on waiting */
	pthread_mutex_lock(&a->lock);
	rows = a->waiting;
	a->waiting = fresh;
	pthread_mutex_unlock(&a->lock);
	if (answer_table_count(rows))
		note(a, &c, publish_rows(&c, rows, p, config, out_result));
	for (unsigned kept = 0; kept < KEPT_COUNT; kept++) {
		dataset_free(c.was[kept]);
		dataset_free(c.is[kept]);
	}
	load_places_done(&c.places);
	answer_table_free(rows);
}

struct dataset *answers_fill(const struct answers *a, enum config_kept kept,
                             const struct load_places *places)
{
	return answer_lists_build(a->published, kept, places);
}

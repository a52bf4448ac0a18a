/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/harvest.h"
#include "control/reputation/judge.h"
#include "control/reputation/ledger_private.h"
#include "control/reputation/listing.h"
#include "control/reputation/nets.h"
#include "control/reputation/prior.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SWEEP_STEP_MS (LEDGER_SWEEP_MS / BOOK_GROUPS)
/*
 * A key is forgotten in the first sweep that finds nothing worth keeping, a net in one after its
 * keys. What a sweep does depends on earlier ones only by that, at most three deep, so of a long
 * time in which nothing else happens only the last ones are needed.
 */
#define SWEEPS_KEPT (INT64_C(4) * BOOK_GROUPS)

/* Records that one event may touch. */
#define TOUCHED_MAX 8

struct ledger *ledger_new(const struct dials *dials, const struct ledger_hooks *hooks)
{
	struct ledger *l;
	char error[200];
	int rc;

	if (dials_check(dials, error, sizeof(error)) < 0) {
		errno = EINVAL;
		return NULL;
	}
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	rc = book_init(&l->book);
	if (rc < 0) {
		free(l);
		errno = -rc;
		return NULL;
	}
	l->dials = *dials;
	if (hooks)
		l->hooks = *hooks;
	l->now_ms = 1; /* 0 is "never" */
	return l;
}

void ledger_free(struct ledger *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->lost_count; i++)
		free(l->lost[i].name);
	free(l->lost);
	free(l->dirty);
	free(l->domains);
	timers_done(&l->timers);
	book_done(&l->book);
	free(l);
}

static int ledger_grow(void **array, size_t *capacity, size_t needed, size_t size)
{
	size_t grown = *capacity ? *capacity : 64;
	void *bigger;

	if (needed <= *capacity)
		return 0;
	while (grown < needed)
		grown *= 2;
	bigger = realloc(*array, grown * size);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	*capacity = grown;
	return 0;
}

/*
 * Room for all that one event adds: records and their tails, timers, and an entry for each record
 * that is not dirty yet. So nothing fails half-way, and letting time pass needs no memory.
 */
int ledger_reserve(struct ledger *l)
{
	size_t clean = l->book.count - l->dirty_live + TOUCHED_MAX;

	if (book_reserve(&l->book) < 0 || timers_reserve(&l->timers, 2 * TOUCHED_MAX) < 0 ||
	    ledger_grow((void **)&l->domains, &l->domain_capacity, l->domain_count + 1,
	                sizeof(*l->domains)) < 0)
		return -ENOMEM;
	return ledger_grow((void **)&l->dirty, &l->dirty_capacity, l->dirty_count + clean,
	                   sizeof(*l->dirty));
}

int64_t ledger_now(const struct ledger *l)
{
	return l->now_ms;
}

const struct evidence_moment *ledger_moment(struct ledger *l)
{
	if (l->moment.now_ms != l->now_ms)
		evidence_moment(&l->dials, l->now_ms, &l->moment);
	return &l->moment;
}

void ledger_touch(struct ledger *l, uint32_t number)
{
	struct record *r = book_at(&l->book, number);

	if (r->flags & RECORD_IS_DIRTY)
		return;
	r->flags |= RECORD_IS_DIRTY;
	l->dirty[l->dirty_count++] = number;
	l->dirty_live++;
}

void ledger_tell(struct ledger *l, uint32_t number)
{
	struct ledger_key key;

	if (!l->hooks.changed)
		return;
	book_key(&l->book, number, &key);
	l->hooks.changed(&key, l->hooks.context);
}

void ledger_set_timer(struct ledger *l, uint32_t number)
{
	struct record *r = book_at(&l->book, number);
	struct timer timer = {.due_ms = listing_due(l, r), .number = number};

	if (!timer.due_ms || (r->queued_ms && r->queued_ms <= timer.due_ms))
		return;
	r->queued_ms = timer.due_ms;
	timers_push(&l->timers, &timer);
}

/* --- time --- */

static void ledger_run_timer(struct ledger *l)
{
	const struct timer timer = *timers_first(&l->timers);
	struct record *r = book_at(&l->book, timer.number);

	timers_pop(&l->timers);
	if (r->kind == UINT8_MAX || r->queued_ms != timer.due_ms)
		return;
	l->now_ms = timer.due_ms;
	r->queued_ms = 0;
	listing_tick(l, timer.number);
	ledger_set_timer(l, timer.number);
}

/* Note a key that is forgotten for ledger_dirty(). Errors: -ENOMEM */
static int ledger_lose(struct ledger *l, uint32_t number)
{
	struct ledger_lost lost = {0};
	struct book_key key;

	book_key_at(&l->book, number, &key);
	if (ledger_grow((void **)&l->lost, &l->lost_capacity, l->lost_count + 1, sizeof(lost)) < 0)
		return -ENOMEM;
	lost.id = key.id;
	lost.kind = key.kind;
	lost.length = key.length;
	lost.name_size = key.name_size;
	if (key.name_size) {
		lost.name = malloc(key.name_size);
		if (!lost.name)
			return -ENOMEM;
		memcpy(lost.name, key.name, key.name_size);
	}
	l->lost[l->lost_count++] = lost;
	return 0;
}

/* Forget classes that have decayed to nothing, each by itself: so that none lives on because of
 * another one. */
static void ledger_fade(struct ledger *l, uint32_t number)
{
	struct record *r = book_at(&l->book, number);
	bool was_bad = nets_is_bad(r);

	for (unsigned mask = r->classes; mask; mask &= mask - 1) {
		enum event_class class = (enum event_class)__builtin_ctz(mask);
		double worth = (double)l->dials.classes[class].points;
		double amounts[EVIDENCE_LANES];

		evidence_amounts(record_evidence(&l->book.blocks, r, class), &l->dials, class,
		                 ledger_moment(l), amounts);
		if (fmax(amounts[EVIDENCE_SLOW], amounts[EVIDENCE_FAST]) *
		        (worth > 1 ? worth : 1) >=
		    LEDGER_NEGLIGIBLE)
			continue;
		record_drop_evidence(&l->book.blocks, r, class);
		ledger_touch(l, number);
	}
	nets_bad(l, r, was_bad);
}

static bool ledger_is_forgettable(const struct ledger *l, const struct record *r)
{
	const struct blocks *b = &l->book.blocks;
	int64_t now_s = l->now_ms / 1000;
	struct record_parts parts;

	if (r->classes || r->lists || r->flags & RECORD_IS_GOOD)
		return false;
	record_parts(b, r, &parts);
	if (parts.members && (parts.members->count > 0 || parts.members->bad > 0))
		return false;
	/* Who sends seldom would otherwise never have shown three recipients; and retries are known
	 * as such for as long whatever else is known. */
	return record_seen_since(b, r, RECORD_SEEN,
	                         now_s - l->dials.classes[EVENT_GOOD_DELIVERY].half_life_s) == 0 &&
	       record_seen_since(b, r, RECORD_INVALID,
	                         now_s - l->dials.classes[EVENT_INVALID_RCPT].half_life_s) == 0;
}

static void ledger_sweep_group(struct ledger *l, uint32_t group)
{
	uint32_t number = book_next(&l->book, group, 0), next;

	for (; number; number = next) {
		struct record *r = book_at(&l->book, number);

		next = book_next(&l->book, group, number);
		listing_sweep(l, number);
		ledger_fade(l, number);
		ledger_tell(l, number);
		if (!ledger_is_forgettable(l, r) || ledger_lose(l, number) < 0)
			continue;
		nets_parted(l, r);
		l->dirty_live -= !!(r->flags & RECORD_IS_DIRTY);
		book_remove(&l->book, number);
	}
}

static void ledger_run_sweep(struct ledger *l, int64_t sweep)
{
	l->now_ms = sweep * SWEEP_STEP_MS;
	l->sweep = sweep + 1;
	ledger_sweep_group(l, (uint32_t)(sweep & (BOOK_GROUPS - 1)));
}

/* What is due first is done first; of timers and a sweep at once, the timers. */
static void ledger_run(struct ledger *l, int64_t until_ms)
{
	for (;;) {
		const struct timer *timer = timers_first(&l->timers);
		int64_t sweep =
		    l->sweep + book_occupied(&l->book, (uint32_t)(l->sweep & (BOOK_GROUPS - 1)));

		if (timer && timer->due_ms <= until_ms && timer->due_ms <= sweep * SWEEP_STEP_MS)
			ledger_run_timer(l);
		else if (l->book.count > 0 && sweep * SWEEP_STEP_MS <= until_ms)
			ledger_run_sweep(l, sweep);
		else
			break;
	}
	if (l->sweep <= until_ms / SWEEP_STEP_MS)
		l->sweep = until_ms / SWEEP_STEP_MS + 1;
}

/* The timers that are due, without sweeps. */
static void ledger_run_timers(struct ledger *l, int64_t until_ms)
{
	const struct timer *timer;

	while ((timer = timers_first(&l->timers)) && timer->due_ms <= until_ms)
		ledger_run_timer(l);
}

/* Nothing is listed: no timer looks at evidence, of which sweeps take away what has faded, and no
 * sweep ends a listing. */
static bool ledger_is_calm(const struct ledger *l)
{
	for (unsigned list = 0; list < DIALS_LIST_COUNT; list++) {
		if (l->listed[list] > 0)
			return false;
	}
	return true;
}

void ledger_advance(struct ledger *l, int64_t now_ms)
{
	int64_t first_sweep;

	if (now_ms > EVIDENCE_TIME_MAX_MS)
		now_ms = EVIDENCE_TIME_MAX_MS;
	if (now_ms <= l->now_ms)
		return;
	first_sweep = now_ms / SWEEP_STEP_MS - SWEEPS_KEPT;
	while (l->sweep < first_sweep && !ledger_is_calm(l))
		ledger_run(l, (l->sweep + BOOK_GROUPS) * SWEEP_STEP_MS - 1);
	if (l->sweep < first_sweep) {
		ledger_run_timers(l, first_sweep * SWEEP_STEP_MS - 1);
		l->sweep = first_sweep;
	}
	ledger_run(l, now_ms);
	l->now_ms = now_ms;
}

/* --- events --- */

struct ledger_touched { /* records an event is about; 0 = none */
	uint32_t self, net, asn, domain;
};

static void ledger_first(struct ledger *l, uint32_t number, int64_t time_ms)
{
	struct record *r = book_at(&l->book, number);

	if (!r->first_ms || time_ms < r->first_ms)
		r->first_ms = time_ms;
	ledger_touch(l, number);
}

/* The number noted with a net when it was first seen; asked for again only while nobody knows. */
static uint32_t ledger_need_asn(struct ledger *l, uint32_t net, const struct event *event)
{
	uint32_t asn = record_need_members(&l->book.blocks, book_at(&l->book, net))->asn;
	struct book_key key = {.kind = LEDGER_ASN};

	if (!asn && l->hooks.asn) {
		asn = l->hooks.asn(&event->address, l->hooks.context);
		nets_set_asn(l, net, asn);
	}
	key.id = asn;
	return asn ? book_need(&l->book, &key) : 0;
}

static uint32_t ledger_need_domain(struct ledger *l, const struct event *event)
{
	struct ledger_key key = {.kind = LEDGER_DOMAIN, .name_size = event->domain_size};
	struct book_key in_book;

	if (!event->is_authenticated || event->domain_size == 0)
		return 0;
	memcpy(key.name, event->domain, event->domain_size);
	book_key_of(&key, &in_book);
	return book_need(&l->book, &in_book);
}

static void ledger_need(struct ledger *l, const struct event *event, int64_t time_ms,
                        struct ledger_touched *out_touched)
{
	struct book_key self, around;
	struct ledger_key key;
	uint32_t number;

	ledger_key_of(&event->address, &key);
	book_key_of(&key, &self);
	out_touched->self = nets_need(l, &self);
	prior_net(&self, &around);
	out_touched->net = book_find(&l->book, &around);
	out_touched->asn = ledger_need_asn(l, out_touched->net, event);
	out_touched->domain = ledger_need_domain(l, event);
	for (number = out_touched->self; number; number = nets_number(l, number))
		ledger_first(l, number, time_ms);
	if (out_touched->asn)
		ledger_first(l, out_touched->asn, time_ms);
	if (out_touched->domain)
		ledger_first(l, out_touched->domain, time_ms);
}

static void ledger_count(struct ledger *l, const struct ledger_touched *touched,
                         const struct evidence_gain *gain)
{
	const uint32_t numbers[] = {touched->self, touched->net, touched->asn, touched->domain};

	const struct record *self = book_at(&l->book, touched->self);
	bool was_bad = nets_is_bad(self);

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i])
			record_gain(&l->book.blocks, book_at(&l->book, numbers[i]), &l->dials,
			            gain);
	}
	nets_bad(l, self, was_bad);
}

/* What evidence of one kind of key means for its lists. */
static void ledger_conclude(struct ledger *l, uint32_t number, const struct record_item *reporter,
                            unsigned classes)
{
	if (reporter)
		record_see(&l->book.blocks, book_at(&l->book, number), RECORD_REPORTERS,
		           RECORD_REPORTERS_MAX, reporter);
	listing_update(l, number, classes);
	listing_update_good(l, number);
	ledger_set_timer(l, number);
	ledger_tell(l, number);
}

/* What the senders of one net did together. The gain is the net's, and that of what it is in. */
static void ledger_harvest(struct ledger *l, const struct ledger_touched *touched,
                           const struct event *event, unsigned classes, int64_t time_ms)
{
	uint32_t net = nets_number(l, touched->self);
	const uint32_t numbers[] = {net, touched->net == net ? 0 : touched->net, touched->asn};
	const struct harvest_sender sender = {touched->self, net, event, time_ms};
	struct evidence_gain gain;

	if (event->class == EVENT_GOOD_DELIVERY || event->class == EVENT_VALID_RCPT)
		harvest_net_valid(l, &sender);
	if (!(classes & 1u << EVENT_INVALID_RCPT) || !harvest_net_invalid(l, &sender, &gain))
		return;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i])
			record_gain(&l->book.blocks, book_at(&l->book, numbers[i]), &l->dials,
			            &gain);
	}
	nets_harvested(l, net, gain.time_ms);
}

static bool ledger_is_sound(const struct event *event)
{
	return (unsigned)event->class < EVENT_CLASS_COUNT && event->count > 0 &&
	       event->count <= EVENT_COUNT_MAX && event->weight >= 0 && event->weight <= 1000 &&
	       event->probability >= 0 && event->probability <= 1 &&
	       event->domain_size < NAME_WIRE_MAX &&
	       (event->address.is_ip6 || event->address.first <= UINT32_MAX);
}

int ledger_apply(struct ledger *l, const struct event *event)
{
	struct evidence_gain gains[JUDGE_GAINS_MAX];
	struct ledger_touched touched;
	struct record_item reporter;
	bool has_reporter = false;
	unsigned classes = 0;
	int64_t time_ms;
	unsigned count;

	if (!ledger_is_sound(event))
		return -EINVAL;
	ledger_advance(l, event->received_ms);
	if (ledger_reserve(l) < 0)
		return -ENOMEM;
	time_ms = event->time_ms < 1 ? 1 : event->time_ms;
	time_ms = time_ms > l->now_ms ? l->now_ms : time_ms;
	ledger_need(l, event, time_ms, &touched);
	count = judge(l, touched.self, event, time_ms, gains);
	for (unsigned i = 0; i < count; i++) {
		ledger_count(l, &touched, &gains[i]);
		classes |= 1u << gains[i].class;
		has_reporter |= judge_reporter(event, gains[i].class, time_ms, &reporter);
	}
	ledger_harvest(l, &touched, event, classes, time_ms);
	ledger_conclude(l, touched.self, has_reporter ? &reporter : NULL, classes);
	if (touched.domain)
		ledger_conclude(l, touched.domain, has_reporter ? &reporter : NULL, classes);
	l->events++;
	return 0;
}

int ledger_delist(struct ledger *l, const struct ledger_key *key, int64_t now_ms)
{
	struct book_key in_book;
	uint32_t number;
	unsigned listed;

	ledger_advance(l, now_ms);
	book_key_of(key, &in_book);
	number = book_find(&l->book, &in_book);
	if (!number)
		return -ENOENT;
	if (ledger_reserve(l) < 0)
		return -ENOMEM;
	record_delist(&l->book.blocks, book_at(&l->book, number), l->now_ms);
	listed = listing_mask(l, book_at(&l->book, number));
	for (unsigned list = 0; list < DIALS_GOOD; list++) {
		if (listed & 1u << list)
			listing_end(l, number, list, LEDGER_DELISTED);
	}
	if (book_at(&l->book, number)->flags & RECORD_HAS_MEMBERS)
		nets_delisted(l, number);
	ledger_touch(l, number);
	ledger_tell(l, number);
	return 0;
}

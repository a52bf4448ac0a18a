/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ledger beside a naive model that keeps every event and computes everything again from them
 * with pow(): points by class and lane, p, prior and score of each key after each event.
 */
#include "control/reputation/score.h"
#include "tests/unit/reputation/script.h"
#include "tests/unit/reputation/stream.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS  12
#define COUNT  250
#define GAINED (3 * COUNT)

struct gain { /* what an event turned out to count for */
	const struct event *of;
	enum event_class class;
	int64_t time_ms;
	double amount;
};

struct model {
	struct dials d;
	struct event events[COUNT];
	size_t count;
	struct gain gains[GAINED];
	size_t gained;
};

/* Whose events: one address or /64, all of a /24 or /48, or all of an ASN. */
struct who {
	address6_t first;
	bool is_ip6;
	unsigned drop_bits; /* of the address that do not matter */
	bool is_all;        /* of IPv4 or IPv6: one ASN each */
};

static bool is_of(const struct event *e, const struct who *who)
{
	if (e->address.is_ip6 != who->is_ip6)
		return false;
	return who->is_all || e->address.first >> who->drop_bits == who->first >> who->drop_bits;
}

static struct who who_sent(const struct event *e)
{
	return (struct who){.first = e->address.first,
	                    .is_ip6 = e->address.is_ip6,
	                    .drop_bits = e->address.is_ip6 ? 64 : 0};
}

static double decayed(const struct model *m, const struct gain *g, unsigned lane, int64_t now_ms)
{
	double half_life_s =
	    lane == LEDGER_LANES - 1 ? m->d.fast_half_life_s : m->d.classes[g->class].half_life_s;

	return g->amount * (double)m->d.classes[g->class].points *
	       pow(2, -(double)(now_ms - g->time_ms) / 1000 / half_life_s);
}

static double points(const struct model *m, const struct who *who, enum event_class class,
                     unsigned lane, int64_t now_ms)
{
	double sum = 0;

	for (size_t i = 0; i < m->gained; i++) {
		if (m->gains[i].class == class && is_of(m->gains[i].of, who))
			sum += decayed(m, &m->gains[i], lane, now_ms);
	}
	return sum;
}

static double side(const struct model *m, const struct who *who, enum score_side which,
                   unsigned lane, int64_t now_ms)
{
	double sum = 0;

	for (unsigned class = 0; class < EVENT_CLASS_COUNT; class ++) {
		if (score_side(class) == which)
			sum += points(m, who, class, lane, now_ms);
	}
	return sum;
}

/* Of the same sender and class after a moment; a bounce is no invalid recipient. */
static bool is_alike(const struct event *a, const struct event *e, int64_t after_ms)
{
	const struct who who = who_sent(e);

	return is_of(a, &who) && a->class == e->class && a->time_ms > after_ms &&
	       (a->class != EVENT_INVALID_RCPT || !a->is_null_sender);
}

/* How many distinct recipients or users there were until now, after a moment. */
static unsigned distinct(const struct model *m, const struct event *e, int64_t after_ms)
{
	bool is_user = e->class == EVENT_AUTH_FAIL;
	unsigned count = 0;

	for (size_t i = 0; i < m->count; i++) {
		const struct event *a = &m->events[i];
		bool is_new = is_alike(a, e, after_ms);

		for (size_t j = 0; j < i && is_new; j++) {
			const struct event *b = &m->events[j];

			is_new = !is_alike(b, e, after_ms) ||
			         (is_user ? b->user != a->user : b->recipient != a->recipient);
		}
		count += is_new;
	}
	return count;
}

static bool is_retry(const struct model *m, const struct event *e)
{
	const struct who who = who_sent(e);

	for (size_t i = 0; i + 1 < m->count; i++) {
		const struct event *a = &m->events[i];

		if (is_of(a, &who) && a->class == e->class && !a->is_null_sender &&
		    a->recipient == e->recipient &&
		    e->time_ms / 1000 < a->time_ms / 1000 + m->d.classes[e->class].half_life_s)
			return true;
	}
	return false;
}

static bool is_trusted(const struct model *m, const struct event *e)
{
	const struct who who = who_sent(e);
	uint64_t seen[COUNT];
	size_t count = 0;

	for (size_t i = 0; i < m->count; i++) {
		const struct event *a = &m->events[i];
		bool is_new = is_of(a, &who) &&
		              (score_side(a->class) == SCORE_GOOD || a->class == EVENT_VALID_RCPT);

		for (size_t j = 0; j < count; j++)
			is_new = is_new && seen[j] != a->recipient;
		if (is_new)
			seen[count++] = a->recipient;
	}
	return count >= m->d.good_recipients;
}

static void gain(struct model *m, const struct event *e, enum event_class class, double amount)
{
	m->gains[m->gained++] = (struct gain){e, class, e->time_ms, amount};
}

/* Harvests: of this window of ten minutes, the greatest weight so far in one gain. */
static void harvest(struct model *m, const struct event *e)
{
	const struct who who = who_sent(e);
	int64_t window_ms = INT64_C(1000) * m->d.harvest_window_s;
	int64_t start_ms = e->time_ms / window_ms * window_ms;
	double valid = 0, invalid = 0;

	for (size_t i = 0; i < m->count; i++) {
		const struct event *a = &m->events[i];

		if (is_of(a, &who) && a->time_ms >= start_ms - window_ms &&
		    (a->class == EVENT_VALID_RCPT || a->class == EVENT_GOOD_DELIVERY))
			valid += a->count;
	}
	for (size_t i = 0; i < m->gained; i++) {
		if (m->gains[i].class == EVENT_INVALID_RCPT && is_of(m->gains[i].of, &who) &&
		    m->gains[i].time_ms >= start_ms - window_ms)
			invalid++;
	}
	if (distinct(m, e, (e->time_ms - window_ms) / 1000 * 1000 + 999) <
	        m->d.harvest_recipients ||
	    invalid < (double)m->d.harvest_share * (valid + invalid))
		return;
	for (size_t i = 0; i < m->gained; i++) {
		struct gain *g = &m->gains[i];

		if (g->class == EVENT_DHA && g->time_ms == start_ms && is_of(g->of, &who)) {
			g->amount = fmax(g->amount, (double)e->weight);
			return;
		}
	}
	gain(m, e, EVENT_DHA, (double)e->weight);
	m->gains[m->gained - 1].time_ms = start_ms;
}

static bool is_sudden(const struct model *m, const struct event *e)
{
	const struct who who = who_sent(e);
	double bad = side(m, &who, SCORE_BAD, 1, e->time_ms);
	double n =
	    side(m, &who, SCORE_BAD, 0, e->time_ms) + side(m, &who, SCORE_GOOD, 0, e->time_ms);
	int64_t first_ms = e->time_ms;

	for (size_t i = 0; i < m->count; i++) {
		if (is_of(&m->events[i], &who) && m->events[i].time_ms < first_ms)
			first_ms = m->events[i].time_ms;
	}
	if (bad < (double)m->d.enter_points)
		return false;
	return e->time_ms - first_ms < INT64_C(1000) * m->d.warm_s ||
	       bad / m->d.fast_half_life_s >=
	           (double)m->d.warm_volume * n / m->d.classes[EVENT_GOOD_DELIVERY].half_life_s;
}

static void judge_naively(struct model *m, const struct event *e)
{
	double amount = (double)e->weight * e->count;
	bool is_trap = e->class == EVENT_TRAP_PRISTINE || e->class == EVENT_TRAP_RECYCLED;
	bool was_sudden =
	    score_side(e->class) == SCORE_BAD && e->class != EVENT_ANOMALY && is_sudden(m, e);
	size_t before = m->gained;

	if (e->is_null_sender && (is_trap || e->class == EVENT_INVALID_RCPT)) {
		gain(m, e, EVENT_BACKSCATTER, amount);
		return;
	}
	if (e->class == EVENT_INVALID_RCPT) {
		if (is_retry(m, e))
			return;
		gain(m, e, e->class, (double)e->weight);
		harvest(m, e);
	} else if (e->class == EVENT_AUTH_FAIL) {
		int64_t hour_ago = (e->time_ms / 1000 - m->d.guess_window_s) * 1000 + 999;

		gain(m, e, e->class,
		     distinct(m, e, hour_ago) >= m->d.guess_users
		         ? amount * (double)m->d.guess_factor
		         : amount);
	} else if (score_side(e->class) == SCORE_GOOD) {
		if (e->is_authenticated && is_trusted(m, e))
			gain(m, e, e->class, amount);
	} else {
		gain(m, e, e->class,
		     e->class == EVENT_SPAM_VERDICT ? amount * (double)e->probability : amount);
	}
	if (was_sudden && m->gained > before)
		gain(m, e, EVENT_ANOMALY, (double)e->weight);
}

/* Keys of a kind with bad evidence within a net or ASN, but for one. */
static unsigned bad_others(const struct model *m, const struct who *in, const struct who *but,
                           unsigned drop_bits)
{
	address6_t seen[COUNT];
	unsigned count = 0;

	for (size_t i = 0; i < m->gained; i++) {
		const struct event *e = m->gains[i].of;
		bool is_new =
		    is_of(e, in) && !is_of(e, but) && score_side(m->gains[i].class) == SCORE_BAD;

		for (unsigned j = 0; j < count; j++)
			is_new = is_new && seen[j] != e->address.first >> drop_bits;
		if (is_new)
			seen[count++] = e->address.first >> drop_bits;
	}
	return count;
}

static double prior_of(const struct model *m, const struct who *parent, const struct who *child,
                       double bad_others_count, double prior, int64_t now_ms)
{
	double mass = (double)m->d.prior_mass;
	double bad = side(m, parent, SCORE_BAD, 0, now_ms) - side(m, child, SCORE_BAD, 0, now_ms);
	double good =
	    side(m, parent, SCORE_GOOD, 0, now_ms) - side(m, child, SCORE_GOOD, 0, now_ms);

	bad = fmin(fmax(bad, 0), (double)m->d.neighbour_points * bad_others_count);
	good = fmax(good, 0);
	return (bad + mass * prior) / (bad + good + mass);
}

static double p_of(const struct model *m, const struct who *who, int64_t now_ms)
{
	unsigned net_bits = who->is_ip6 ? 80 : 8;
	const struct who net = {.first = who->first, .is_ip6 = who->is_ip6, .drop_bits = net_bits};
	const struct who asn = {.is_ip6 = who->is_ip6, .is_all = true};
	double mass = (double)m->d.prior_mass, prior = (double)m->d.global_prior;
	double b[2], g[2], history, slow, fast;

	prior = prior_of(m, &asn, &net, bad_others(m, &asn, &net, net_bits), prior, now_ms);
	prior = prior_of(m, &net, who, bad_others(m, &net, who, who->drop_bits), prior, now_ms);
	for (unsigned lane = 0; lane < 2; lane++) {
		b[lane] = side(m, who, SCORE_BAD, lane, now_ms);
		g[lane] = side(m, who, SCORE_GOOD, lane, now_ms);
	}
	history = (b[0] - b[1] + mass * prior) / (b[0] - b[1] + g[0] - g[1] + mass);
	slow = (b[0] + mass * prior) / (b[0] + g[0] + mass);
	fast = (b[1] + mass * history) / (b[1] + g[1] + mass);
	return fmax(slow, fast);
}

static void compare(const struct model *m, const struct ledger *l, uint64_t seed, const char *name)
{
	struct who who = {0};
	struct ledger_view view;
	struct address_range address;
	int64_t now_ms = ledger_now(l);
	double p;

	assert_int_equal(address_parse(name, strlen(name), &address), 0);
	who.first = address.first;
	who.is_ip6 = address.is_ip6;
	who.drop_bits = who.is_ip6 ? 64 : 0;
	stream_look(l, name, &view);
	for (unsigned class = 0; class < EVENT_CLASS_COUNT; class ++) {
		for (unsigned lane = 0; lane < LEDGER_LANES; lane++) {
			double naive = points(m, &who, class, lane, now_ms);

			if (fabs(naive - view.rows[class].points[lane]) > 1e-9 * (1 + naive))
				fail_msg("seed %d, event %d: %s: class %u, lane %u: %.12g, naively "
				         "%.12g",
				         (int)seed, (int)m->count, name, class, lane,
				         view.rows[class].points[lane], naive);
		}
	}
	p = p_of(m, &who, now_ms);
	if (fabs(p - view.score.p) > 1e-9)
		fail_msg("seed %d, event %d: %s: p %.12g, naively %.12g", (int)seed, (int)m->count,
		         name, view.score.p, p);
	/* At a half the last bit decides. */
	if (fabs(100 * (1 - p) - floor(100 * (1 - p)) - 0.5) > 1e-6)
		assert_int_equal(view.score.score, lround(100 * (1 - p)));
}

/* A day, in which no class fades below what is kept. */
static void test_model(void **state)
{
	static const struct ledger_hooks hooks = {.asn = script_asn};
	unsigned seen[EVENT_CLASS_COUNT] = {0};
	static struct model m;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		/* Slow, and so busy that harvests, guessing and sudden volumes come up. */
		struct script_shape shape = {.seed = seed + 100,
		                             .count = COUNT,
		                             .step_max_ms =
		                                 seed % 2 ? 12 * STREAM_MINUTE : STREAM_MINUTE / 4};
		struct ledger *l;
		struct script s;

		m = (struct model){0};
		dials_default(&m.d);
		/* No harvests of nets, which the model does not know. */
		m.d.net_listed_min = m.d.net6_children = 256;
		l = ledger_new(&m.d, &hooks);
		assert_non_null(l);
		ledger_advance(l, STREAM_START_MS);
		script_make(&shape, &s);
		for (size_t i = 0; i < s.count; i++) {
			m.events[i] = s.events[i];
			/* One sender does most of it. */
			if (seed % 4 >= 2 && i % 3)
				m.events[i].address = s.events[0].address;
			/* Guesses of names, in a few minutes. */
			if (seed % 4 == 2 && i % 4)
				m.events[i].class = EVENT_INVALID_RCPT;
			m.count = i + 1;
			assert_int_equal(ledger_apply(l, &m.events[i]), 0);
			judge_naively(&m, &m.events[i]);
			if (i % 5 == 0 || i + 1 == s.count) {
				for (unsigned k = 0; k < 11; k++)
					compare(&m, l, seed, script_keys[k]);
			}
		}
		for (size_t i = 0; i < m.gained; i++)
			seen[m.gains[i].class]++;
		ledger_free(l);
		script_done(&s);
	}
	/* Nothing agrees for want of cases. */
	for (unsigned class = 0; class < EVENT_CLASS_COUNT; class ++) {
		if (seen[class] == 0)
			fail_msg("class %u was never seen", class);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_model)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

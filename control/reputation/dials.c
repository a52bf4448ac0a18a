/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/dials.h"

#include <errno.h>
#include <stdio.h>

#define MINUTE 60u
#define HOUR   3600u
#define DAY    (24 * HOUR)

static const struct dials defaults = {
    .classes =
	{
	    [EVENT_GOOD_DELIVERY] = {1, 14 * DAY},
	    [EVENT_NOT_JUNK] = {5, 14 * DAY},
	    [EVENT_VALID_RCPT] = {0, 1 * DAY},
	    [EVENT_SPAM_VERDICT] = {4, 3 * DAY},
	    [EVENT_PHISH] = {12, 7 * DAY},
	    [EVENT_MALWARE] = {12, 7 * DAY},
	    [EVENT_TRAP_PRISTINE] = {25, 14 * DAY},
	    [EVENT_TRAP_RECYCLED] = {6, 5 * DAY},
	    [EVENT_INVALID_RCPT] = {1, 1 * DAY},
	    [EVENT_DHA] = {20, 1 * DAY},
	    [EVENT_BACKSCATTER] = {3, 2 * DAY},
	    [EVENT_AUTH_FAIL] = {1, 1 * DAY},
	    [EVENT_ANOMALY] = {0.5f, 1 * DAY},
	},
    .lists =
	{
	    [DIALS_SPAM] = {.first_s = 4 * HOUR},
	    [DIALS_TRAP] = {.first_s = 24 * HOUR},
	    [DIALS_DHA] = {.first_s = 4 * HOUR},
	    [DIALS_BACKSCATTER] = {.first_s = 24 * HOUR},
	    [DIALS_AUTH] = {.first_s = 1 * HOUR},
	    [DIALS_GOOD] = {.first_s = 24 * HOUR},
	},
    .fast_half_life_s = 6 * HOUR,
    .prior_mass = 20,
    .neighbour_points = 5,
    .global_prior = 0.2f,
    .enter = 0.6f,
    .leave = 0.35f,
    .enter_points = 20,
    .own_share = 0.5f,
    .established_points = 500,
    .reporters_s = 3 * DAY,
    .dwell_min_s = 15 * MINUTE,
    .duration_max_s = 7 * DAY,
    .escalation = 4,
    .forget_s = 14 * DAY,
    .warm_s = 48 * HOUR,
    .warm_credit = 0.25f,
    .warm_volume = 10,
    .harvest_recipients = 10,
    .harvest_window_s = 10 * MINUTE,
    .harvest_share = 0.5f,
    .guess_users = 5,
    .guess_window_s = 1 * HOUR,
    .guess_factor = 3,
    .good_recipients = 3,
    .net_listed_min = 5,
    .net_listed_share = 0.25f,
    .net_good_score = 70,
    .net_good_points = 50,
    .net6_children = 3,
    .good_score = 90,
    .good_points = 100,
};

void dials_default(struct dials *out_dials)
{
	*out_dials = defaults;
}

struct bound {
	const char *name;
	double value, least, most;
};

#define TIME_MAX   (366.0 * DAY)
#define POINTS_MAX 1e6

static int bound_check(const struct bound *b, char *out_error, size_t error_size)
{
	/* Written so that what is not a number fails. */
	if (b->value >= b->least && b->value <= b->most)
		return 0;
	snprintf(out_error, error_size, "%s is %g, expected %g to %g", b->name, b->value, b->least,
	         b->most);
	return -EINVAL;
}

static int classes_check(const struct dials *d, char *out_error, size_t error_size)
{
	for (unsigned i = 0; i < EVENT_CLASS_COUNT; i++) {
		const struct bound points = {"points of a class", d->classes[i].points, 0, 1000};
		const struct bound half_life = {"half_life of a class", d->classes[i].half_life_s,
		                                MINUTE, TIME_MAX};
		int rc = bound_check(&points, out_error, error_size);

		if (rc == 0)
			rc = bound_check(&half_life, out_error, error_size);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int dials_check(const struct dials *d, char *out_error, size_t error_size)
{
	const struct bound bounds[] = {
	    {"fast_half_life", d->fast_half_life_s, MINUTE, TIME_MAX},
	    {"prior_mass", d->prior_mass, 0.1, POINTS_MAX},
	    {"neighbour_points", d->neighbour_points, 0, POINTS_MAX},
	    {"global_prior", d->global_prior, 0, 1},
	    {"enter", d->enter, 0, 1},
	    {"leave", d->leave, 0, 1},
	    {"enter_points", d->enter_points, 0, POINTS_MAX},
	    {"own_share", d->own_share, 0, 1},
	    {"established_points", d->established_points, 0, POINTS_MAX},
	    {"reporters", d->reporters_s, 0, TIME_MAX},
	    {"dwell_min", d->dwell_min_s, 1, DAY},
	    {"duration_max", d->duration_max_s, 1, TIME_MAX},
	    {"escalation", d->escalation, 1, 1000},
	    {"forget", d->forget_s, DAY, TIME_MAX},
	    {"warm", d->warm_s, 0, TIME_MAX},
	    {"warm_credit", d->warm_credit, 0, 1},
	    {"warm_volume", d->warm_volume, 1, POINTS_MAX},
	    {"harvest_recipients", d->harvest_recipients, 2, DIALS_DISTINCT_MAX},
	    {"harvest_window", d->harvest_window_s, 1, TIME_MAX},
	    {"harvest_share", d->harvest_share, 0, 1},
	    {"guess_users", d->guess_users, 1, DIALS_DISTINCT_MAX},
	    {"guess_window", d->guess_window_s, 1, TIME_MAX},
	    {"guess_factor", d->guess_factor, 1, 1000},
	    {"good_recipients", d->good_recipients, 0, DIALS_DISTINCT_MAX},
	    {"net_listed_min", d->net_listed_min, 2, 256},
	    {"net_listed_share", d->net_listed_share, 0, 1},
	    {"net_good_score", d->net_good_score, 0, 100},
	    {"net_good_points", d->net_good_points, 0, POINTS_MAX},
	    {"net6_children", d->net6_children, 2, 256},
	    {"good_score", d->good_score, 0, 100},
	    {"good_points", d->good_points, 0, POINTS_MAX},
	};
	int rc = classes_check(d, out_error, error_size);

	for (size_t i = 0; rc == 0 && i < sizeof(bounds) / sizeof(bounds[0]); i++)
		rc = bound_check(&bounds[i], out_error, error_size);
	for (unsigned i = 0; rc == 0 && i < DIALS_LIST_COUNT; i++) {
		const struct bound first = {"first of a list", d->lists[i].first_s, 1, TIME_MAX};

		rc = bound_check(&first, out_error, error_size);
	}
	if (rc == 0 && d->leave > d->enter) {
		snprintf(out_error, error_size, "leave is %g, expected at most enter, %g",
		         (double)d->leave, (double)d->enter);
		rc = -EINVAL;
	}
	return rc;
}

const char *dials_list_name(enum dials_list list)
{
	static const char *const names[DIALS_LIST_COUNT] = {
	    [DIALS_SPAM] = "spam", [DIALS_TRAP] = "trap",
	    [DIALS_DHA] = "dha",   [DIALS_BACKSCATTER] = "backscatter",
	    [DIALS_AUTH] = "auth", [DIALS_GOOD] = "good",
	};

	return list < DIALS_LIST_COUNT ? names[list] : "unknown";
}

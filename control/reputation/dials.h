/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The numbers of the model, all of which the operator may set (`reputation:` in the configuration).
 *
 * Threads: immutable once filled in.
 */
#include "control/reputation/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The lists that the ledger keeps; the names in the order of the enum are dials_list_name(). */
enum dials_list {
	DIALS_SPAM,
	DIALS_TRAP,
	DIALS_DHA,
	DIALS_BACKSCATTER,
	DIALS_AUTH,
	DIALS_GOOD,
	DIALS_LIST_COUNT,
};

#define DIALS_DISTINCT_MAX 32 /* recipients or users that are told apart, of one key */

struct dials_class {
	float points;         /* of one event of weight and probability 1 */
	uint32_t half_life_s; /* in the slow lane */
};

struct dials_kept_list {
	bool is_observed; /* kept and shown, not answered */
	bool is_off;      /* not kept at all */
	uint32_t first_s; /* duration of the first listing */
};

struct dials {
	struct dials_class classes[EVENT_CLASS_COUNT];
	struct dials_kept_list lists[DIALS_LIST_COUNT];
	uint32_t fast_half_life_s; /* of the fast lane, all classes */
	float prior_mass;          /* m: points a parent's opinion is worth */
	float neighbour_points;    /* bad ones that one key may weigh in the prior of others */
	float global_prior;        /* p of an address nobody knows anything of */
	float enter, leave;        /* Wilson lower bound above, upper bound below */
	float enter_points;        /* n at least */
	float own_share;           /* of enter_points that a list's own classes must have brought */
	float established_points;  /* slow n from which one pristine trap hit only scores */
	uint32_t reporters_s;      /* reporters within this time corroborate each other */
	uint32_t dwell_min_s, duration_max_s;
	uint32_t escalation;         /* duration times this at each listing again */
	uint32_t forget_s;           /* clean time that halves the number of listings */
	uint32_t warm_s;             /* a key is new for so long */
	float warm_credit;           /* share of good points that a new key lists with, at first */
	float warm_volume;           /* times the usual rate of points that is sudden */
	uint32_t harvest_recipients; /* distinct invalid recipients, at most DIALS_DISTINCT_MAX */
	uint32_t harvest_window_s;   /* within */
	float harvest_share;         /* invalid of all recipients at least */
	uint32_t guess_users, guess_window_s; /* distinct users of failed logins */
	float guess_factor;
	uint32_t good_recipients;              /* distinct, before good deliveries count */
	uint32_t net_listed_min;               /* listed addresses that make a /24 */
	float net_listed_share;                /* of its active addresses */
	float net_good_score, net_good_points; /* a member as good as that keeps its net off */
	uint32_t net6_children;                /* listed /64s that make a /56, /56s a /48 */
	float good_score, good_points;         /* entry to the list `good` */
};

/* The defaults. */
void dials_default(struct dials *out_dials);

/*
 * Whether the model can work with them: none negative or not a number, no half-life or duration 0.
 * Errors: -EINVAL; out_error names the dial, what it is and what it may be
 */
int dials_check(const struct dials *dials, char *out_error, size_t error_size);

const char *dials_list_name(enum dials_list list);

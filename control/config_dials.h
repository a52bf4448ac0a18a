/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The dials of the reputation model in the configuration: one row a key. They are read from the
 * tree of the file, so that the check and the values come from the same code.
 */
#include "control/config_lines.h"
#include "control/config_reputation.h"

/* key, kind, member of struct dials, least, most: within what dials_check() allows. */
#define CONFIG_DIALS(X)                                                                            \
	X("fast_half_life", DURATION, fast_half_life_s, 60, 31622400)                              \
	X("prior_mass", NUMBER, prior_mass, 0.1, 1000000)                                          \
	X("global_prior", NUMBER, global_prior, 0, 1)                                              \
	X("enter", NUMBER, enter, 0, 1)                                                            \
	X("leave", NUMBER, leave, 0, 1)                                                            \
	X("enter_points", NUMBER, enter_points, 0, 1000000)                                        \
	X("own_share", NUMBER, own_share, 0, 1)                                                    \
	X("established_points", NUMBER, established_points, 0, 1000000)                            \
	X("reporters_window", DURATION, reporters_s, 1, 31622400)                                  \
	X("dwell_min", DURATION, dwell_min_s, 1, 31622400)                                         \
	X("duration_max", DURATION, duration_max_s, 60, 31622400)                                  \
	X("escalation", COUNT, escalation, 1, 1000)                                                \
	X("forget", DURATION, forget_s, 3600, 31622400)                                            \
	X("warm", DURATION, warm_s, 1, 31622400)                                                   \
	X("warm_credit", NUMBER, warm_credit, 0, 1)                                                \
	X("warm_volume", NUMBER, warm_volume, 1, 1000000)                                          \
	X("harvest_recipients", COUNT, harvest_recipients, 2, DIALS_DISTINCT_MAX)                  \
	X("harvest_window", DURATION, harvest_window_s, 1, 31622400)                               \
	X("harvest_share", NUMBER, harvest_share, 0, 1)                                            \
	X("guess_users", COUNT, guess_users, 1, DIALS_DISTINCT_MAX)                                \
	X("guess_window", DURATION, guess_window_s, 1, 31622400)                                   \
	X("guess_factor", NUMBER, guess_factor, 1, 1000)                                           \
	X("good_recipients", COUNT, good_recipients, 0, DIALS_DISTINCT_MAX)                        \
	X("net_listed_min", COUNT, net_listed_min, 2, 256)                                         \
	X("net_listed_share", NUMBER, net_listed_share, 0, 1)                                      \
	X("net_good_score", NUMBER, net_good_score, 0, 100)                                        \
	X("net_good_points", NUMBER, net_good_points, 0, 1000000)                                  \
	X("net6_children", COUNT, net6_children, 2, 256)                                           \
	X("good_score", NUMBER, good_score, 0, 100)                                                \
	X("good_points", NUMBER, good_points, 0, 1000000)

/*
 * Read the dials a section gives over those in out_dials, and delist; every mistake is told.
 *
 * m: NULL when they were checked before
 */
void config_dials_read(const struct config_node *section, struct dials *out_dials,
                       struct config_delist *out_delist, struct config_mistakes *m);

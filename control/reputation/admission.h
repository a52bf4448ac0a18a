/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Who may report what: before an event is journaled it is given its reporter, its weight and the
 * address that is really meant. What is decided here is in the journal, so that a replay needs
 * neither the configuration nor a clock.
 *
 * Threads: one for changes and admission_event(); what is read is immutable after admission_new().
 */
#include "control/reputation/id_window.h"
#include "control/reputation/reputation.h"

#include <sys/types.h>

struct admission_reporter {
	char name[EVENT_REPORTER_MAX + 1];
	char *token;                    /* NULL = none */
	bool has_user, is_user_missing; /* neither: it uses no unix socket */
	uid_t user;
	float weight;
	double rate;         /* events per second */
	double tokens;       /* what it may send now */
	int64_t refilled_ms; /* monotonic; 0 = never */
};

struct admission {
	struct admission_reporter *reporters;
	size_t reporter_count;
	struct address_range *relays, *own; /* sorted, not overlapping */
	size_t relay_count, own_count;
	struct config_place *own_names;
	size_t own_name_count;
};

/* Errors: NULL with errno */
struct admission *admission_new(const struct config *config);
void admission_free(struct admission *a);

/* Tell in the log which reporters are users that this machine does not know. */
void admission_tell(const struct admission *a);

/* Let reporters that stay go on with what they have used of their rate. */
void admission_inherit(struct admission *a, const struct admission *before);

/* Each returns NULL when there is none. admission_token() takes the same time for all. */
struct admission_reporter *admission_find(const struct admission *a, const char *name);
struct admission_reporter *admission_user(const struct admission *a, uid_t user);
struct admission_reporter *admission_token(const struct admission *a, const char *token);

struct admission_clocks {
	int64_t wall_ms, monotonic_ms;
};

/*
 * Decide on an event: REPUTATION_COUNTED or _OWN, with its reporter, weight and address filled in,
 * or why not. Whether it was there before is not looked at.
 */
enum reputation_outcome admission_event(const struct admission *a,
                                        struct admission_reporter *reporter, struct event *event,
                                        const struct admission_clocks *now);

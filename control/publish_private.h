/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the files of publish.h share: publish.c brings the data plane what it should have,
 * publish_change.c takes a list from one version to the next, publish_part.c parts of several.
 */
#include "control/lists.h"
#include "control/publish.h"
#include "control/push.h"
#include "control/self_lint.h"
#include "control/zone_files.h"

/* What a configuration that was adopted changed, and is not sent yet. */
struct due {
	bool any, keys, limits;
};

struct publish {
	struct lists lists;
	struct zone_files files; /* of the configuration in lists */
	struct push push;
	struct catalog *catalog; /* what is painted, when is_synced */
	bool is_synced;          /* the data plane has what it should */
	uint64_t generation;     /* of the last batch */
	uint8_t *zones;          /* the zones that were sent last, packed */
	size_t zones_size;
	char refused[SELF_LINT_REASON_MAX]; /* why, after -EPERM */
	struct due due;                     /* when is_synced */
	publish_fill *fill;                 /* NULL: nobody publishes parts */
	void *fill_context;
};

/* Replace datasets that are behind, but for one list's, or all: LISTS_NONE. Errors: -ENOMEM */
int publish_freshen_but(struct publish *p, unsigned but);

/* The data plane does not have what it should, or we do not know. */
void publish_lose_sync(struct publish *p);

/* A batch failed: the data plane throws it away when the connection closes. */
void publish_abandon(struct publish *p, int rc);

/* Above all generations before, also those of a control or data plane that was restarted. */
uint64_t publish_next_generation(const struct publish *p, bool is_full);

void publish_tell_failure(const struct publish *p, int rc, struct publish_result *out_result);
void publish_tell_success(const struct publish *p, struct publish_result *out_result);

/*
 * Remember zones as sent, packed. Returns 1, or 0 when they are those that were sent last.
 * Errors: -ENOMEM
 */
int publish_remember_zones(struct publish *p, const Reputed__Update__Zones *zones);

/* Connect if needed, and load in full if needed; a failure is told and returned. */
int publish_bring(struct publish *p, struct publish_result *out_result);

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_reputation.h"
#include "control/engine_private.h"
#include "control/publisher.h"
#include "control/reputation/answer_walk.h"
#include "control/reputation/answers.h"
#include "control/reputation/reputation.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int engine_reputation_start(struct engine *e)
{
	struct reputation_hooks hooks = {.changed = answers_changed};
	char path[4096];

	if (!e->config->reputation)
		return 0;
	e->answers = answers_new(ANSWERS_TEXT_SIZE);
	if (!e->answers)
		return -errno;
	hooks.context = e->answers;
	snprintf(path, sizeof(path), "%s/reputation", e->config->state_dir);
	e->reputation = reputation_new(e->base, path, e->config, &hooks);
	return e->reputation ? 0 : -errno;
}

/* Every key has its answer: the lists of the ledger are as good as feeds that were tried. */
static void engine_reputation_walked(void *context)
{
	struct engine *e = context;

	if (e->are_feeds_tried)
		engine_config_tried(e);
}

int engine_reputation_serve(struct engine *e)
{
	if (!e->reputation)
		return 0;
	e->answer_walk = answer_walk_new(e->reputation, e->answers, engine_reputation_walked, e);
	if (!e->answer_walk)
		return -errno;
	publisher_serve(e->publisher, e->answers);
	answers_on_wake(e->answers, publisher_poke, e->publisher);
	return 0;
}

void engine_reputation_prepare(struct engine *e, const struct config *config)
{
	struct answer_wants wants;

	if (!e->reputation)
		return;
	answer_wants_of(config, &wants);
	if (answers_want(e->answers, &wants))
		answer_walk_start(e->answer_walk);
}

bool engine_reputation_is_walked(const struct engine *e)
{
	return !e->reputation || answer_walk_is_over(e->answer_walk);
}

void engine_reputation_configure(struct engine *e)
{
	int rc;

	if (!e->reputation || !e->config->reputation)
		return;
	rc = reputation_configure(e->reputation, e->config);
	if (rc < 0)
		log_error("reputation: the configuration is not applied: %s", strerror(-rc));
	else
		answer_walk_start(e->answer_walk); /* other dials, other listings */
}

static bool is_same_path(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

void engine_reputation_tell_restart(const struct config *old, const struct config *new)
{
	const struct config_reputation *a = old->reputation, *b = new->reputation;

	if (!a && b)
		log_error("reputation: adding it needs a restart, until then it is off");
	else if (a && !b)
		log_error("reputation: removing it needs a restart: until then its sockets take "
		          "events, and nobody is answered from it");
	else if (a && (!is_same_path(a->socket, b->socket) || !is_same_path(a->stream, b->stream) ||
	               !is_same_path(a->asn, b->asn)))
		log_error("reputation: a change of a path needs a restart, keeping the old ones");
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_reputation.h"
#include "control/engine_private.h"
#include "control/reputation/reputation.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int engine_reputation_start(struct engine *e)
{
	char path[4096];

	if (!e->config->reputation)
		return 0;
	snprintf(path, sizeof(path), "%s/reputation", e->config->state_dir);
	e->reputation = reputation_new(e->base, path, e->config, NULL);
	return e->reputation ? 0 : -errno;
}

void engine_reputation_configure(struct engine *e)
{
	int rc;

	if (!e->reputation || !e->config->reputation)
		return;
	rc = reputation_configure(e->reputation, e->config);
	if (rc < 0)
		log_error("reputation: the configuration is not applied: %s", strerror(-rc));
}

static bool is_same_path(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

void engine_reputation_tell_restart(const struct config *old, const struct config *new)
{
	const struct config_reputation *a = old->reputation, *b = new->reputation;

	if (!a != !b)
		log_error("reputation: adding or removing it needs a restart, keeping it %s",
		          a ? "as it is" : "off");
	else if (a && (!is_same_path(a->socket, b->socket) || !is_same_path(a->stream, b->stream) ||
	               !is_same_path(a->asn, b->asn)))
		log_error("reputation: a change of a path needs a restart, keeping the old ones");
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/key_watch.h"

#include "control/source.h"

#include <errno.h>
#include <stdlib.h>

#define POLL_S 60 /* where inotify sees nothing */

struct key_watch {
	struct source_set *set;
	struct source **sources;
	unsigned count;
	key_watch_changed *changed;
	void *context;
};

struct key_watch *key_watch_new(struct event_base *base, key_watch_changed *changed, void *context)
{
	struct key_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->changed = changed;
	w->context = context;
	w->set = source_set_new(base, SOURCE_SETTLE_MS);
	if (w->set)
		return w;
	free(w);
	return NULL;
}

static void forget(struct key_watch *w)
{
	for (unsigned i = 0; i < w->count; i++)
		source_remove(w->sources[i]);
	free(w->sources);
	w->sources = NULL;
	w->count = 0;
}

void key_watch_free(struct key_watch *w)
{
	if (!w)
		return;
	forget(w);
	source_set_free(w->set);
	free(w);
}

static void on_change(struct source *source, void *context)
{
	struct key_watch *w = context;

	(void)source;
	w->changed(w->context);
}

/* path: NULL = nothing to watch. Errors: negative errno */
static int watch(struct key_watch *w, const char *path)
{
	struct source *source = path ? source_add(w->set, path, POLL_S, on_change, w) : NULL;

	if (path && !source)
		return -errno;
	if (source)
		w->sources[w->count++] = source;
	return 0;
}

int key_watch_set(struct key_watch *w, const struct config *config)
{
	int rc;

	forget(w);
	w->sources = calloc(2 * config->zones_count + 1u, sizeof(struct source *));
	if (!w->sources)
		return -ENOMEM;
	rc = watch(w, config->access_file);
	for (unsigned i = 0; i < config->zones_count && rc == 0; i++) {
		rc = watch(w, config->zones[i].keys);
		if (rc == 0)
			rc = watch(w, config->zones[i].access_file);
	}
	return rc;
}

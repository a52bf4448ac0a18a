/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/intake_private.h"
#include "control/source.h"

#include <event2/event.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void intake_check_tried(struct intake *in)
{
	const struct feed *feed;

	if (in->is_told)
		return;
	for (feed = in->first; feed; feed = feed->next) {
		if (!feed->is_tried)
			return;
	}
	in->is_told = true;
	in->hooks->tried(in->context);
}

struct intake *intake_new(const struct intake_means *means, const struct intake_hooks *hooks,
                          void *context)
{
	struct intake *in = calloc(1, sizeof(*in));
	int rc = ENOMEM;

	if (!in)
		goto fail;
	in->base = means->base;
	in->ingest = means->ingest;
	in->fetcher = means->fetcher;
	in->hooks = hooks;
	in->context = context;
	in->state_dir = strdup(means->state_dir);
	if (!in->state_dir)
		goto fail_free;
	in->sources = source_set_new(in->base, SOURCE_SETTLE_MS);
	if (!in->sources) {
		rc = errno;
		goto fail_free;
	}
	return in;
fail_free:
	free(in->state_dir);
	free(in);
fail:
	errno = rc;
	return NULL;
}

static void intake_drop(struct feed *feed)
{
	intake_source_drop(feed);
	if (feed->retry)
		evtimer_del(feed->retry);
	if (feed->expiry)
		evtimer_del(feed->expiry);
	feed->is_removed = true;
	intake_job_unref(feed);
}

void intake_free(struct intake *in)
{
	struct feed *next;

	if (!in)
		return;
	for (struct feed *feed = in->first; feed; feed = next) {
		next = feed->next;
		intake_drop(feed);
	}
	source_set_free(in->sources);
	free(in->state_dir);
	free(in);
}

static struct feed *intake_add(struct intake *in, const struct config *config,
                               const struct config_list *list)
{
	struct feed *feed = feed_new(config, list);

	if (!feed)
		return NULL;
	feed->intake = in;
	feed->is_waiting = true;
	if (intake_job_add_timers(feed) < 0 || intake_source_watch(feed, list->feed) < 0 ||
	    intake_job_submit(feed, INTAKE_LOAD, false, NULL, NULL) < 0) {
		feed_free(feed);
		errno = ENOMEM;
		return NULL;
	}
	intake_job_read(feed, false);
	return feed;
}

/* A feed that stays. Errors: negative errno */
static int intake_keep(struct feed *feed, const struct config *config,
                       const struct config_list *list)
{
	int changed = feed_configure(feed, config, list), rc;

	if (changed < 0)
		return changed;
	rc = intake_source_watch(feed, list->feed);
	if (changed > 0)
		intake_job_read(feed, true);
	return rc;
}

/* Take a feed off a list. */
static struct feed *intake_take(struct feed **list, const char *name)
{
	for (; *list; list = &(*list)->next) {
		struct feed *feed = *list;

		if (strcmp(feed->name, name) != 0)
			continue;
		*list = feed->next;
		feed->next = NULL;
		return feed;
	}
	return NULL;
}

int intake_configure(struct intake *in, const struct config *config)
{
	struct feed *old = in->first, *next, **last = &in->first;
	int rc = 0;

	in->first = NULL;
	in->is_told = false;
	for (unsigned i = 0; i < config->lists_count; i++) {
		const struct config_list *list = &config->lists[i];
		struct feed *feed;

		if (!list->feed)
			continue;
		feed = intake_take(&old, list->name);
		if (feed && intake_keep(feed, config, list) < 0)
			rc = -ENOMEM;
		if (!feed)
			feed = intake_add(in, config, list);
		if (!feed) {
			rc = -ENOMEM;
			continue;
		}
		*last = feed;
		last = &feed->next;
	}
	for (; old; old = next) {
		next = old->next;
		intake_drop(old);
	}
	intake_check_tried(in);
	return rc;
}

int intake_collect(struct intake *in, struct publisher_version **out_versions, size_t *out_count)
{
	struct publisher_version *versions;
	struct feed *feed;
	size_t count = 0;

	for (feed = in->first; feed; feed = feed->next)
		count++;
	versions = calloc(count + 1, sizeof(*versions));
	if (!versions)
		return -ENOMEM;
	count = 0;
	for (feed = in->first; feed; feed = feed->next) {
		if (!feed->waiting) {
			feed->is_waiting = false;
			continue;
		}
		versions[count].list = strdup(feed->name);
		if (!versions[count].list)
			goto fail;
		versions[count++].dataset = feed->waiting;
	}
	for (feed = in->first; feed; feed = feed->next) {
		feed->waiting = NULL;
		feed->is_waiting = false;
	}
	*out_versions = versions;
	*out_count = count;
	return 0;
fail:
	while (count-- > 0)
		free(versions[count].list);
	free(versions);
	return -ENOMEM;
}

struct feed *intake_find(const struct intake *in, const char *name)
{
	for (struct feed *feed = in->first; feed; feed = feed->next) {
		if (strcmp(feed->name, name) == 0)
			return feed;
	}
	return NULL;
}

struct feed *intake_first(const struct intake *in)
{
	return in->first;
}

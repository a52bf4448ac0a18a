/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/intake.h"

#include "control/log.h"
#include "control/pushed.h"
#include "control/remote.h"
#include "control/source.h"
#include "control/worker.h"

#include <event2/event.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define INTAKE_CHANGING_S    1   /* until a file that is being written is tried again */
#define INTAKE_FAILED_S      10  /* until a full disk is tried again */
#define INTAKE_POLL_S        300 /* when the feed has no refresh */
#define INTAKE_EXPIRY_S      60  /* between readings for entries that are over */
#define INTAKE_EXPIRY_LOOK_S 3600

struct intake {
	struct event_base *base;
	struct worker *ingest;
	struct fetcher *fetcher;
	struct source_set *sources;
	char *state_dir;
	const struct intake_hooks *hooks;
	void *context;
	struct feed *first;
	bool is_told; /* hooks.tried() was called for this configuration */
};

enum intake_work {
	INTAKE_LOAD,
	INTAKE_READ,
	INTAKE_EXPIRE, /* read the good version again, without what is over by now */
	INTAKE_ACCEPT,
	INTAKE_ROLLBACK
};

struct intake_job {
	struct worker_job job;
	struct feed *feed;
	enum intake_work work;
	bool must_parse;
	uint64_t number;                 /* of a version to go back to */
	struct ingest_settings settings; /* a copy: the feed's may change meanwhile */
	char directory[4096];
	struct ingest_result result;
	intake_done *done;
	void *context;
};

static void intake_unref(struct feed *feed)
{
	if (--feed->refs == 0)
		feed_free(feed);
}

/* Runs on the ingest thread. */
static void intake_complain(const char *message, void *context)
{
	(void)context;
	log_error("%s", message);
}

/* Errors: negative errno, told in the result */
static int intake_open(struct intake_job *job)
{
	struct feed *feed = job->feed;
	int rc;

	if (feed->versions)
		return 0;
	feed->versions = versions_open(job->directory, intake_complain, NULL);
	if (feed->versions)
		return 0;
	rc = -errno;
	job->result.outcome = INGEST_FAILED;
	snprintf(job->result.reason, sizeof(job->result.reason), "cannot open '%.200s': %s",
	         job->directory, strerror(-rc));
	return rc;
}

static void intake_run(struct worker_job *worker_job)
{
	struct intake_job *job = (struct intake_job *)worker_job;
	struct versions *versions;

	if (job->work == INTAKE_READ)
		atomic_store(&job->feed->is_queued, false);
	if (intake_open(job) < 0)
		return;
	versions = job->feed->versions;
	versions_keep(versions, job->settings.keep);
	switch (job->work) {
	case INTAKE_LOAD:
	case INTAKE_EXPIRE:
		ingest_load(&job->settings, versions, &job->result);
		break;
	case INTAKE_READ:
		ingest_source(&job->settings, versions, job->must_parse, &job->result);
		break;
	case INTAKE_ACCEPT:
		ingest_accept(&job->settings, versions, &job->result);
		break;
	case INTAKE_ROLLBACK:
		ingest_rollback(&job->settings, versions, job->number, &job->result);
		break;
	}
}

static void intake_end(struct intake_job *job, const char *error)
{
	if (job->done)
		job->done(job->feed, error, job->context);
	intake_unref(job->feed);
	dataset_free(job->result.dataset);
	canaries_unref(job->settings.canaries);
	free(job->settings.checksum);
	format_options_unref(job->settings.options);
	free(job->settings.path);
	free(job);
}

static void intake_published(const struct publisher_report *report, void *context)
{
	struct intake_job *job = context;
	struct feed *feed = job->feed;

	if (report->is_cancelled) {
		intake_end(job, "the daemon stops");
		return;
	}
	feed->added = report->result.added;
	feed->removed = report->result.removed;
	if (report->rc < 0 && job->result.outcome == INGEST_TAKEN)
		log_error("feed '%s' version %llu is not answered: %s", feed->name,
		          (unsigned long long)feed->good.number, strerror(-report->rc));
	intake_end(job, NULL);
}

static void intake_check_tried(struct intake *in)
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

static void intake_retry_later(struct feed *feed, enum ingest_outcome outcome)
{
	struct timeval delay = {outcome == INGEST_CHANGING ? INTAKE_CHANGING_S : INTAKE_FAILED_S,
	                        0};

	bool is_unproven = outcome == INGEST_HELD && strcmp(feed->held.guard, "checksum") == 0;

	/* The file with the sum may come a little later than the source. */
	if (outcome == INGEST_CHANGING || outcome == INGEST_FAILED || is_unproven)
		evtimer_add(feed->retry, &delay);
}

/* Publish what was read, or keep it for the configuration that is being prepared. Returns whether
 * the job is over. */
static bool intake_deliver(struct intake_job *job)
{
	struct feed *feed = job->feed;
	struct dataset *dataset = job->result.dataset;

	if (!dataset)
		return true;
	job->result.dataset = NULL;
	if (feed->is_waiting) {
		dataset_free(feed->waiting);
		feed->waiting = dataset;
		return true;
	}
	feed->intake->hooks->publish(feed, dataset, intake_published, job, feed->intake->context);
	return false;
}

/* Come back when the first entry is over, but not every second for a feed of many. */
static void intake_expire_later(struct feed *feed)
{
	int64_t now_s = time(NULL), delay_s = feed->next_expiry_s - now_s;
	struct timeval delay = {0};

	if (!feed->next_expiry_s) {
		evtimer_del(feed->expiry);
		return;
	}
	if (delay_s < feed->last_expiry_s + INTAKE_EXPIRY_S - now_s)
		delay_s = feed->last_expiry_s + INTAKE_EXPIRY_S - now_s;
	if (delay_s < 0)
		delay_s = 0;
	/* The clock may be set: look again. */
	if (delay_s > INTAKE_EXPIRY_LOOK_S)
		delay_s = INTAKE_EXPIRY_LOOK_S;
	delay.tv_sec = delay_s;
	evtimer_add(feed->expiry, &delay);
}

/* Take over what came of a job. That entries ended says nothing of the feed's source. */
static void intake_apply(struct feed *feed, const struct intake_job *job)
{
	const struct ingest_result *result = &job->result;

	if (job->work != INTAKE_EXPIRE)
		feed_apply(feed, result);
	else if (result->dataset)
		feed->good = result->good;
	if (result->dataset)
		feed->next_expiry_s = result->next_expiry_s;
	if (result->dataset || job->work == INTAKE_EXPIRE)
		intake_expire_later(feed);
}

static void intake_finish(struct worker_job *worker_job)
{
	struct intake_job *job = (struct intake_job *)worker_job;
	struct feed *feed = job->feed;
	bool is_first, is_over;

	if (worker_job->is_cancelled || feed->is_removed) {
		intake_end(job, feed->is_removed ? "the feed is not configured any more"
		                                 : "the daemon stops");
		return;
	}
	intake_apply(feed, job);
	is_first = job->work == INTAKE_READ && !feed->is_tried;
	feed->is_tried |= is_first;
	intake_retry_later(feed, job->result.outcome);
	is_over = intake_deliver(job);
	if (is_first)
		intake_check_tried(feed->intake);
	if (!is_over)
		return;
	if (job->work == INTAKE_READ || job->work == INTAKE_LOAD || job->work == INTAKE_EXPIRE ||
	    job->result.outcome == INGEST_TAKEN)
		intake_end(job, NULL);
	else
		intake_end(job, job->result.reason);
}

/* Copy the settings: the feed's may change meanwhile. Errors: -ENOMEM */
static int intake_copy_settings(struct intake_job *job, const struct ingest_settings *settings)
{
	job->settings = *settings;
	job->settings.canaries = canaries_ref(settings->canaries);
	job->settings.path = settings->path ? strdup(settings->path) : NULL;
	job->settings.checksum = settings->checksum ? strdup(settings->checksum) : NULL;
	if ((settings->path && !job->settings.path) ||
	    (settings->checksum && !job->settings.checksum)) {
		canaries_unref(job->settings.canaries);
		free(job->settings.path);
		free(job->settings.checksum);
		return -ENOMEM;
	}
	return 0;
}

/* NULL: no memory; done() is not called */
static struct intake_job *intake_job(struct feed *feed, enum intake_work work, intake_done *done,
                                     void *context)
{
	struct intake_job *job = calloc(1, sizeof(*job));

	if (!job || intake_copy_settings(job, &feed->settings) < 0) {
		free(job);
		return NULL;
	}
	format_options_ref(job->settings.options);
	snprintf(job->directory, sizeof(job->directory), "%s/feeds/%s", feed->intake->state_dir,
	         feed->name);
	job->job.run = intake_run;
	job->job.done = intake_finish;
	job->feed = feed;
	job->work = work;
	job->done = done;
	job->context = context;
	return job;
}

static void intake_start(struct intake_job *job)
{
	job->feed->refs++;
	worker_submit(job->feed->intake->ingest, &job->job);
}

/* Errors: -ENOMEM; done() is not called */
static int intake_submit(struct feed *feed, enum intake_work work, bool must_parse,
                         intake_done *done, void *context)
{
	struct intake_job *job = intake_job(feed, work, done, context);

	if (!job)
		return -ENOMEM;
	job->must_parse = must_parse;
	intake_start(job);
	return 0;
}

/* Read the source soon; what is queued already and has not begun will do. */
static void intake_read(struct feed *feed, bool must_parse)
{
	if (atomic_exchange(&feed->is_queued, true) && !must_parse)
		return;
	if (intake_submit(feed, INTAKE_READ, must_parse, NULL, NULL) < 0) {
		atomic_store(&feed->is_queued, false);
		intake_retry_later(feed, INGEST_FAILED);
	}
}

static void intake_on_change(struct source *source, void *context)
{
	(void)source;
	intake_read(context, false);
}

static void intake_on_companion(struct source *source, void *context)
{
	(void)source;
	intake_read(context, true);
}

static void intake_on_retry(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	intake_read(context, false);
}

static void intake_on_expiry(evutil_socket_t fd, short what, void *context)
{
	struct feed *feed = context;
	int64_t now_s = time(NULL);

	(void)fd;
	(void)what;
	if (!feed->next_expiry_s)
		return;
	if (feed->next_expiry_s <= now_s) {
		feed->last_expiry_s = now_s;
		if (intake_submit(feed, INTAKE_EXPIRE, false, NULL, NULL) == 0)
			return;
	}
	intake_expire_later(feed);
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

/* Tell who waits for a fetch what came of it. */
static void intake_tell_asker(struct feed *feed, const char *error)
{
	intake_done *asked = feed->asked;

	feed->asked = NULL;
	if (asked)
		asked(feed, error, feed->asked_context);
}

static void intake_drop(struct feed *feed)
{
	feed_unwatch(feed);
	remote_free(feed->remote);
	feed->remote = NULL;
	intake_tell_asker(feed, "the feed is not configured any more");
	if (feed->retry)
		evtimer_del(feed->retry);
	if (feed->expiry)
		evtimer_del(feed->expiry);
	feed->is_removed = true;
	intake_unref(feed);
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

static struct source *intake_watch_file(struct feed *feed, const char *path,
                                        source_changed *changed)
{
	return source_add(feed->intake->sources, path,
	                  feed->refresh_s ? feed->refresh_s : INTAKE_POLL_S, changed, feed);
}

/* Watch the files that options name: what they hold changes what the feed means. */
static int intake_watch_companions(struct feed *feed)
{
	const struct ingest_settings *s = &feed->settings;
	size_t count = 0;

	for (const struct format_option *row = s->format->options; row && row->name; row++) {
		const char *path = format_options_get(s->options, row->name);

		if (!(row->flags & FORMAT_PATH) || !path || count == FEED_COMPANIONS_MAX)
			continue;
		feed->companions[count] = intake_watch_file(feed, path, intake_on_companion);
		if (!feed->companions[count++])
			return -errno;
	}
	return 0;
}

static void intake_on_fetched(const char *error, void *context)
{
	struct feed *feed = context;
	intake_done *asked = feed->asked;

	feed_note_fetch(feed, error);
	if (error) {
		intake_tell_asker(feed, error);
		return;
	}
	if (!asked) {
		intake_read(feed, false);
		return;
	}
	if (intake_submit(feed, INTAKE_READ, false, asked, feed->asked_context) < 0)
		intake_tell_asker(feed, "out of memory");
	feed->asked = NULL;
}

/* Errors: negative errno */
static int intake_fetch(struct feed *feed, const struct config_feed *config)
{
	struct intake *in = feed->intake;
	char folder[4096], *path;
	struct remote *remote;

	if (feed->remote && remote_is_of(feed->remote, config))
		return 0;
	snprintf(folder, sizeof(folder), "%s/fetched/%s", in->state_dir, feed->name);
	remote = remote_new(in->fetcher, config, folder, intake_on_fetched, feed);
	if (!remote)
		return -errno;
	path = strdup(remote_path(remote));
	if (!path) {
		remote_free(remote);
		return -ENOMEM;
	}
	remote_free(feed->remote);
	feed->remote = remote;
	free(feed->settings.path);
	feed->settings.path = path;
	return 0;
}

/* Errors: negative errno */
static int intake_receive(struct feed *feed, const struct config_feed *config)
{
	char folder[4096], *path;

	snprintf(folder, sizeof(folder), "%s/pushed/%s", feed->intake->state_dir, feed->name);
	feed->pushed = pushed_new(folder, config->size_max_bytes);
	path = feed->pushed ? strdup(pushed_path(feed->pushed)) : NULL;
	if (!path)
		return -errno;
	free(feed->settings.path);
	feed->settings.path = path;
	return 0;
}

/* Learn of changes of the feed's source from now on. Errors: negative errno */
static int intake_watch(struct feed *feed, const struct config_feed *config)
{
	int rc;

	feed_unwatch(feed);
	rc = intake_watch_companions(feed);
	if (rc < 0)
		return rc;
	pushed_free(feed->pushed);
	feed->pushed = NULL;
	if (remote_is_wanted(config))
		return intake_fetch(feed, config);
	remote_free(feed->remote);
	feed->remote = NULL;
	if (config->is_pushed)
		return intake_receive(feed, config);
	feed->source = intake_watch_file(feed, feed->settings.path, intake_on_change);
	return feed->source ? 0 : -errno;
}

static struct feed *intake_add(struct intake *in, const struct config *config,
                               const struct config_list *list)
{
	struct feed *feed = feed_new(config, list);

	if (!feed)
		return NULL;
	feed->intake = in;
	feed->is_waiting = true;
	feed->retry = evtimer_new(in->base, intake_on_retry, feed);
	feed->expiry = evtimer_new(in->base, intake_on_expiry, feed);
	if (!feed->retry || !feed->expiry || intake_watch(feed, list->feed) < 0 ||
	    intake_submit(feed, INTAKE_LOAD, false, NULL, NULL) < 0) {
		feed_free(feed);
		errno = ENOMEM;
		return NULL;
	}
	intake_read(feed, false);
	return feed;
}

/* A feed that stays. Errors: negative errno */
static int intake_keep(struct feed *feed, const struct config *config,
                       const struct config_list *list)
{
	int changed = feed_configure(feed, config, list), rc;

	if (changed < 0)
		return changed;
	rc = intake_watch(feed, list->feed);
	if (changed > 0)
		intake_read(feed, true);
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

static void intake_ask(struct feed *feed, enum intake_work work, intake_done *done, void *context)
{
	if (intake_submit(feed, work, false, done, context) < 0)
		done(feed, "out of memory", context);
}

void intake_refresh(struct feed *feed, intake_done *done, void *context)
{
	char text[128];
	uint64_t wait_s;

	if (!feed->remote) {
		intake_ask(feed, INTAKE_READ, done, context);
		return;
	}
	if (feed->asked) {
		done(feed, "a refresh is under way", context);
		return;
	}
	feed->asked = done;
	feed->asked_context = context;
	wait_s = remote_now(feed->remote);
	if (wait_s == 0)
		return;
	snprintf(text, sizeof(text), "min_interval lets the source be asked again in %llu s",
	         (unsigned long long)wait_s);
	intake_tell_asker(feed, text);
}

int intake_push(struct feed *feed, const struct intake_piece *piece, uint64_t *out_upload,
                intake_done *done, void *context)
{
	int rc;

	if (!feed->pushed)
		return -ENOTSUP;
	rc = pushed_take(feed->pushed, piece->upload, piece->bytes, piece->size, out_upload);
	if (rc == 0 && piece->is_last) {
		rc = pushed_end(feed->pushed);
		if (rc == 0)
			intake_ask(feed, INTAKE_READ, done, context);
	}
	return rc;
}

void intake_accept(struct feed *feed, intake_done *done, void *context)
{
	intake_ask(feed, INTAKE_ACCEPT, done, context);
}

void intake_rollback(struct feed *feed, uint64_t number, intake_done *done, void *context)
{
	struct intake_job *job = intake_job(feed, INTAKE_ROLLBACK, done, context);

	if (!job) {
		done(feed, "out of memory", context);
		return;
	}
	job->number = number;
	intake_start(job);
}

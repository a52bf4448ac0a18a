/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/publisher.h"

#include "control/log.h"
#include "control/manual_part.h"
#include "control/reputation/answers.h"
#include "control/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct publisher {
	struct worker *worker;
	struct manual *manual;
	struct answers *answers;     /* NULL = no reputation */
	struct publish *publish;     /* publisher thread */
	const struct config *config; /* publisher thread */
	struct manual_live **live;   /* publisher thread; by list; NULL = no manual list */
	unsigned live_count;
	struct log_limit manual_limit; /* publisher thread */
	pthread_mutex_t lock;
	struct publisher_view view; /* under lock */
};

struct publisher_job {
	struct worker_job job;
	struct publisher *p;
	void (*work)(struct publisher_job *job); /* publisher thread */
	publisher_done *done;
	void *context;
	struct publisher_report report;
	/* What the work is about. */
	const struct config *config;
	struct publisher_version *versions;
	size_t version_count;
	char *list, *key, *text, *reason, *author;
	struct manual_record record;
	struct dataset *dataset;
	struct publisher_use use;
	publisher_look *look;
};

/* The list's index in the applied configuration, or -1. */
static int publisher_find(const struct publisher *p, const char *list)
{
	for (unsigned i = 0; i < p->config->lists_count; i++) {
		if (strcmp(p->config->lists[i].name, list) == 0)
			return (int)i;
	}
	return -1;
}

/* What publish asks for when it needs the whole of a list of which only parts were published. */
static struct dataset *publisher_fill(void *context, unsigned list,
                                      const struct load_places *places)
{
	const struct publisher *p = context;

	if (p->config->lists[list].kept != KEPT_NOTHING)
		return answers_fill(p->answers, p->config->lists[list].kept, places);
	if (places) {
		errno = ENOTSUP; /* a list kept by hand changes rarely */
		return NULL;
	}
	return manual_live_build(p->live[list], NULL, 0);
}

static void publisher_free_live(struct publisher *p)
{
	for (unsigned i = 0; i < p->live_count; i++)
		manual_live_free(p->live[i]);
	free(p->live);
	p->live = NULL;
	p->live_count = 0;
}

static void publisher_show_live(struct publisher *p, unsigned list)
{
	pthread_mutex_lock(&p->lock);
	p->view.lists[list].manual_count = manual_live_count(p->live[list]);
	p->view.lists[list].next_expiry_s = manual_live_expiry(p->live[list]);
	pthread_mutex_unlock(&p->lock);
}

/* Publish a manual list as it is on disk now. Errors: negative errno */
static int publisher_rebuild(struct publisher *p, unsigned list, struct publish_result *out_result)
{
	struct manual_live *live = NULL;
	struct dataset *dataset = NULL;
	int rc = manual_live_load(p->manual, p->config->lists[list].name, time(NULL), &live);

	if (rc == 0) {
		dataset = manual_live_build(live, NULL, 0);
		rc = dataset ? 0 : -errno;
	}
	if (rc < 0) {
		manual_live_free(live);
		log_limited(&p->manual_limit, "manual list '%s' cannot be read: %s",
		            p->config->lists[list].name, strerror(-rc));
		snprintf(out_result->error, sizeof(out_result->error), "cannot read the list: %s",
		         strerror(-rc));
		return rc;
	}
	publish_freshen_list(p->publish,
	                     list); /* from what is replaced now; else it is a full load */
	manual_live_free(p->live[list]);
	p->live[list] = live;
	rc = publish_dataset(p->publish, list, dataset, out_result);
	publisher_show_live(p, list);
	return rc;
}

static void publisher_note(struct publisher *p, const struct publish_result *result)
{
	pthread_mutex_lock(&p->lock);
	p->view.is_connected = publish_fd(p->publish) >= 0;
	p->view.entries = publish_entries(p->publish);
	if (result->is_answered)
		p->view.generation = result->generation;
	for (unsigned i = 0; i < p->config->lists_count; i++)
		p->view.lists[i].is_loaded = publish_get(p->publish, i) != NULL;
	pthread_mutex_unlock(&p->lock);
}

static void publisher_run(struct worker_job *worker_job)
{
	struct publisher_job *job = (struct publisher_job *)worker_job;

	job->work(job);
	publisher_note(job->p, &job->report.result);
}

static void publisher_finish(struct worker_job *worker_job)
{
	struct publisher_job *job = (struct publisher_job *)worker_job;

	job->report.is_cancelled = worker_job->is_cancelled;
	if (job->done)
		job->done(&job->report, job->context);
	for (size_t i = 0; i < job->version_count; i++) {
		free(job->versions[i].list);
		dataset_free(job->versions[i].dataset);
	}
	free(job->versions);
	dataset_free(job->dataset);
	free(job->list);
	free(job->key);
	free(job->text);
	free(job->reason);
	free(job->author);
	free(job);
}

static char *publisher_copy(const char *text, bool *failed)
{
	char *copy = text ? strdup(text) : NULL;

	*failed |= text && !copy;
	return copy;
}

static void publisher_fail(publisher_done *done, void *context)
{
	const struct publisher_report report = {.rc = -ENOMEM};

	if (done)
		done(&report, context);
}

/* NULL: done() was told that there is no memory. */
static struct publisher_job *publisher_job(struct publisher *p,
                                           void (*work)(struct publisher_job *job),
                                           publisher_done *done, void *context)
{
	struct publisher_job *job = calloc(1, sizeof(*job));

	if (!job) {
		publisher_fail(done, context);
		return NULL;
	}
	job->job.run = publisher_run;
	job->job.done = publisher_finish;
	job->p = p;
	job->work = work;
	job->done = done;
	job->context = context;
	return job;
}

/* Submit, unless copying what it is about failed. */
static void publisher_submit(struct publisher_job *job, bool failed)
{
	if (failed) {
		job->report.rc = -ENOMEM;
		publisher_finish(&job->job);
		return;
	}
	worker_submit(job->p->worker, &job->job);
}

/* Show a configuration in the view, in place of the one before. */
static void publisher_show(struct publisher *p, const struct config *config,
                           struct publisher_list *lists)
{
	pthread_mutex_lock(&p->lock);
	free(p->view.lists);
	p->view.lists = lists;
	p->view.config = config;
	pthread_mutex_unlock(&p->lock);
}

static void publisher_work_configure(struct publisher_job *job)
{
	struct publisher *p = job->p;
	struct publisher_list *lists = calloc(job->config->lists_count + 1u, sizeof(*lists));
	struct manual_live **live = calloc(job->config->lists_count + 1u, sizeof(*live));
	struct publish_result ignored;
	int list;

	job->report.rc = lists && live ? publish_adopt(p->publish, job->config) : -ENOMEM;
	if (job->report.rc < 0) {
		free(lists);
		free(live);
		return;
	}
	p->config = job->config;
	publisher_free_live(p);
	p->live = live;
	p->live_count = p->config->lists_count;
	publisher_show(p, job->config, lists);
	for (size_t i = 0; i < job->version_count; i++) {
		struct publisher_version *version = &job->versions[i];

		list = publisher_find(p, version->list);
		if (list < 0)
			continue;
		publish_note_use(p->publish, (unsigned)list, version->use.is_off,
		                 version->use.is_expired);
		publish_dataset(p->publish, (unsigned)list, version->dataset, &ignored);
		version->dataset = NULL;
	}
	for (unsigned i = 0; i < p->config->lists_count; i++) {
		if (p->config->lists[i].manual)
			publisher_rebuild(p, i, &ignored);
		if (p->answers && p->config->lists[i].kept != KEPT_NOTHING &&
		    !publish_get(p->publish, i))
			publish_behind(p->publish, i);
	}
	publish_sync(p->publish, &job->report.result);
}

static void publisher_work_dataset(struct publisher_job *job)
{
	int list = publisher_find(job->p, job->list);

	if (list < 0)
		return;
	job->report.rc =
	    publish_dataset(job->p->publish, (unsigned)list, job->dataset, &job->report.result);
	job->dataset = NULL;
}

static void publisher_work_use(struct publisher_job *job)
{
	int list = publisher_find(job->p, job->list);

	if (list >= 0)
		job->report.rc = publish_use(job->p->publish, (unsigned)list, job->use.is_off,
		                             job->use.is_expired, &job->report.result);
}

static void publisher_work_sync(struct publisher_job *job)
{
	job->report.rc = publish_sync(job->p->publish, &job->report.result);
}

/* After a change was saved its rc stays 0: what is not answered yet is told by the result. */
static void publisher_answer(struct publisher_job *job)
{
	int list = publisher_find(job->p, job->list);

	if (list >= 0)
		publisher_rebuild(job->p, (unsigned)list, &job->report.result);
	else
		snprintf(job->report.result.error, sizeof(job->report.result.error),
		         "the list is not configured any more");
}

/* A change was saved: answer it, by itself if that can be. */
static void publisher_answer_part(struct publisher_job *job, struct manual_part *part, int list)
{
	struct publisher *p = job->p;

	if (manual_part_end(part, p->publish, (unsigned)list, &job->report.result) < 0)
		publisher_answer(job);
	else
		publisher_show_live(p, (unsigned)list);
}

static void publisher_work_put(struct publisher_job *job)
{
	int list = publisher_find(job->p, job->list);
	struct manual_part part;

	manual_part_begin(&part, list < 0 ? NULL : job->p->live[list], job->key, &job->record);
	job->report.rc =
	    manual_put(job->p->manual, job->list, &job->record, &job->report.is_changed);
	if (job->report.rc == 0)
		publisher_answer_part(job, &part, list);
	manual_part_done(&part);
}

static void publisher_work_delete(struct publisher_job *job)
{
	int list = publisher_find(job->p, job->list);
	struct manual_part part;

	manual_part_begin(&part, list < 0 ? NULL : job->p->live[list], job->key, NULL);
	job->report.rc =
	    manual_delete(job->p->manual, job->list, job->key, &job->report.is_changed);
	if (job->report.rc == 0)
		publisher_answer_part(job, &part, list);
	manual_part_done(&part);
}

static void publisher_work_expire(struct publisher_job *job)
{
	struct publisher *p = job->p;

	for (unsigned i = 0; i < p->config->lists_count; i++) {
		uint64_t expired;
		int rc;

		if (!p->config->lists[i].manual || p->view.lists[i].next_expiry_s == 0 ||
		    p->view.lists[i].next_expiry_s > time(NULL))
			continue;
		rc = manual_expire(p->manual, p->config->lists[i].name, time(NULL), &expired);
		/* On a full disk it stays saved, but it is not answered any more. */
		if (rc < 0) {
			job->report.rc = rc;
			log_limited(&p->manual_limit,
			            "manual list '%s': cannot delete what has expired: %s",
			            p->config->lists[i].name, strerror(-rc));
		}
		publisher_rebuild(p, i, &job->report.result);
	}
}

/* Something to be answered came from the ledger. */
static void publisher_on_poke(void *context)
{
	struct publisher *p = context;
	struct publish_result result;

	answers_publish(p->answers, p->publish, p->config, &result);
	publisher_note(p, &result);
}

void publisher_poke(void *context)
{
	struct publisher *p = context;

	worker_poke(p->worker);
}

void publisher_serve(struct publisher *p, struct answers *answers)
{
	p->answers = answers;
	worker_on_poke(p->worker, publisher_on_poke, p);
}

static void publisher_work_ask(struct publisher_job *job)
{
	struct publisher *p = job->p;

	/* Those of the ledger may have millions of keys, and are not looked at here. */
	for (unsigned i = 0; i < p->config->lists_count && job->report.rc == 0; i++)
		if (p->config->lists[i].kept == KEPT_NOTHING)
			job->report.rc = publish_freshen_list(p->publish, i);
	job->look(job->p->publish, job->p->config, job->context);
}

struct publisher *publisher_new(struct event_base *base, const struct config *config,
                                struct manual *manual)
{
	struct publisher *p = calloc(1, sizeof(*p));
	int rc = ENOMEM;

	if (!p)
		goto fail;
	pthread_mutex_init(&p->lock, NULL);
	p->config = config;
	p->manual = manual;
	p->view.config = config;
	p->view.lists = calloc(config->lists_count + 1u, sizeof(*p->view.lists));
	if (!p->view.lists)
		goto fail_free;
	p->live = calloc(config->lists_count + 1u, sizeof(*p->live));
	if (!p->live)
		goto fail_view;
	p->live_count = config->lists_count;
	p->publish = publish_new(config);
	if (!p->publish) {
		rc = errno;
		goto fail_live;
	}
	publish_set_fill(p->publish, publisher_fill, p);
	p->worker = worker_new(base, "publisher");
	if (!p->worker) {
		rc = errno;
		goto fail_publish;
	}
	return p;
fail_publish:
	publish_free(p->publish);
fail_live:
	free(p->live);
fail_view:
	free(p->view.lists);
fail_free:
	pthread_mutex_destroy(&p->lock);
	free(p);
fail:
	errno = rc;
	return NULL;
}

bool publisher_stop(struct publisher *p, int timeout_ms)
{
	return worker_stop(p->worker, timeout_ms);
}

void publisher_free(struct publisher *p)
{
	if (!p)
		return;
	worker_free(p->worker);
	publish_free(p->publish);
	publisher_free_live(p);
	free(p->view.lists);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void publisher_configure(struct publisher *p, const struct config *config,
                         struct publisher_version *versions, size_t count, publisher_done *done,
                         void *context)
{
	struct publisher_job *job = publisher_job(p, publisher_work_configure, done, context);

	if (!job) {
		for (size_t i = 0; i < count; i++) {
			free(versions[i].list);
			dataset_free(versions[i].dataset);
		}
		free(versions);
		return;
	}
	job->config = config;
	job->versions = versions;
	job->version_count = count;
	publisher_submit(job, false);
}

void publisher_dataset(struct publisher *p, const char *list, struct dataset *dataset,
                       publisher_done *done, void *context)
{
	struct publisher_job *job = publisher_job(p, publisher_work_dataset, done, context);
	bool failed = false;

	if (!job) {
		dataset_free(dataset);
		return;
	}
	job->dataset = dataset;
	job->list = publisher_copy(list, &failed);
	publisher_submit(job, failed);
}

void publisher_use(struct publisher *p, const char *list, struct publisher_use use,
                   publisher_done *done, void *context)
{
	struct publisher_job *job = publisher_job(p, publisher_work_use, done, context);
	bool failed = false;

	if (!job)
		return;
	job->use = use;
	job->list = publisher_copy(list, &failed);
	publisher_submit(job, failed);
}

void publisher_sync(struct publisher *p, publisher_done *done, void *context)
{
	struct publisher_job *job = publisher_job(p, publisher_work_sync, done, context);

	if (job)
		publisher_submit(job, false);
}

void publisher_put(struct publisher *p, const char *list, const struct manual_record *record,
                   publisher_done *done, void *context)
{
	struct publisher_job *job = publisher_job(p, publisher_work_put, done, context);
	bool failed = false;

	if (!job)
		return;
	job->list = publisher_copy(list, &failed);
	job->record = *record;
	job->record.key = job->key = publisher_copy(record->key, &failed);
	job->record.text = job->text = publisher_copy(record->text, &failed);
	job->record.reason = job->reason = publisher_copy(record->reason, &failed);
	job->record.author = job->author = publisher_copy(record->author, &failed);
	publisher_submit(job, failed);
}

void publisher_delete(struct publisher *p, const char *list, const char *key, publisher_done *done,
                      void *context)
{
	struct publisher_job *job = publisher_job(p, publisher_work_delete, done, context);
	bool failed = false;

	if (!job)
		return;
	job->list = publisher_copy(list, &failed);
	job->key = publisher_copy(key, &failed);
	publisher_submit(job, failed);
}

void publisher_expire(struct publisher *p, publisher_done *done, void *context)
{
	struct publisher_job *job = publisher_job(p, publisher_work_expire, done, context);

	if (job)
		publisher_submit(job, false);
}

void publisher_ask(struct publisher *p, publisher_look *look, publisher_done *done, void *context)
{
	struct publisher_job *job = publisher_job(p, publisher_work_ask, done, context);

	if (!job)
		return;
	job->look = look;
	publisher_submit(job, false);
}

const struct publisher_view *publisher_view_lock(struct publisher *p)
{
	pthread_mutex_lock(&p->lock);
	return &p->view;
}

void publisher_view_unlock(struct publisher *p)
{
	pthread_mutex_unlock(&p->lock);
}

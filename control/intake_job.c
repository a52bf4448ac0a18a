/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/intake_private.h"
#include "control/log.h"
#include "control/remote.h"
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
#define INTAKE_UNPROVEN_S    300 /* until a source and what proves it are looked at again */
#define INTAKE_EXPIRY_S      60  /* between readings for entries that are over */
#define INTAKE_EXPIRY_LOOK_S 3600

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

void intake_job_unref(struct feed *feed)
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
	intake_job_unref(job->feed);
	dataset_free(job->result.dataset);
	ingest_settings_done(&job->settings);
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
		          (unsigned long long)feed->good.number,
		          report->result.error[0] ? report->result.error : strerror(-report->rc));
	intake_end(job, NULL);
}

static bool intake_is_unproven(const struct feed *feed)
{
	return feed->has_held && ingest_is_unproven(&feed->held);
}

static void intake_retry_later(struct feed *feed, enum ingest_outcome outcome)
{
	struct timeval delay = {outcome == INGEST_CHANGING ? INTAKE_CHANGING_S : INTAKE_FAILED_S,
	                        0};
	bool is_unproven = outcome == INGEST_HELD && intake_is_unproven(feed);

	/* What proves it may come later than the source; a file of ours is watched. */
	if (is_unproven)
		delay.tv_sec = INTAKE_UNPROVEN_S;
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

/* NULL: no memory; done() is not called */
static struct intake_job *intake_job_new(struct feed *feed, enum intake_work work,
                                         intake_done *done, void *context)
{
	struct intake_job *job = calloc(1, sizeof(*job));

	if (!job || ingest_settings_copy(&feed->settings, &job->settings) < 0) {
		free(job);
		return NULL;
	}
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

int intake_job_submit(struct feed *feed, enum intake_work work, bool must_parse, intake_done *done,
                      void *context)
{
	struct intake_job *job = intake_job_new(feed, work, done, context);

	if (!job)
		return -ENOMEM;
	job->must_parse = must_parse;
	intake_start(job);
	return 0;
}

void intake_job_read(struct feed *feed, bool must_parse)
{
	if (atomic_exchange(&feed->is_queued, true) && !must_parse)
		return;
	if (intake_job_submit(feed, INTAKE_READ, must_parse, NULL, NULL) < 0) {
		atomic_store(&feed->is_queued, false);
		intake_retry_later(feed, INGEST_FAILED);
	}
}

static void intake_on_retry(evutil_socket_t fd, short what, void *context)
{
	struct feed *feed = context;

	(void)fd;
	(void)what;
	if (feed->remote && intake_is_unproven(feed))
		remote_now(feed->remote); /* it comes in its own time, if that is too soon */
	else
		intake_job_read(feed, false);
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
		if (intake_job_submit(feed, INTAKE_EXPIRE, false, NULL, NULL) == 0)
			return;
	}
	intake_expire_later(feed);
}

int intake_job_add_timers(struct feed *feed)
{
	feed->retry = evtimer_new(feed->intake->base, intake_on_retry, feed);
	feed->expiry = evtimer_new(feed->intake->base, intake_on_expiry, feed);
	return feed->retry && feed->expiry ? 0 : -ENOMEM;
}

void intake_job_ask(struct feed *feed, enum intake_work work, intake_done *done, void *context)
{
	if (intake_job_submit(feed, work, false, done, context) < 0)
		done(feed, "out of memory", context);
}

void intake_accept(struct feed *feed, intake_done *done, void *context)
{
	intake_job_ask(feed, INTAKE_ACCEPT, done, context);
}

void intake_rollback(struct feed *feed, uint64_t number, intake_done *done, void *context)
{
	struct intake_job *job = intake_job_new(feed, INTAKE_ROLLBACK, done, context);

	if (!job) {
		done(feed, "out of memory", context);
		return;
	}
	job->number = number;
	intake_start(job);
}

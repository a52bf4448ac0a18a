/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/fetcher.h"

#include "control/fetch_child.h"

#include <event2/event.h>
#include <sodium.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NOTE_DIGEST_SIZE (2 * crypto_generichash_BYTES_MIN + 1)
#define NOTE_MAX         (NOTE_DIGEST_SIZE + 16)

enum fetcher_state {
	FETCHER_WAITS,  /* until it is due */
	FETCHER_QUEUED, /* for a place */
	FETCHER_RUNS,
};

struct fetcher_task {
	struct fetcher *fetcher;
	struct fetcher_settings settings; /* its strings are owned */
	char *path, *tried_path;
	fetcher_done *done;
	void *context;
	enum fetcher_state state;
	struct event *timer;
	struct fetch_child *child;
	uint64_t due_s;            /* monotonic */
	uint64_t asked_s;          /* monotonic; of the last attempt */
	bool was_asked;            /* ever */
	bool is_again;             /* fetcher_now() while it ran */
	unsigned failures;         /* in a row */
	struct fetcher_task *next; /* of the queue */
};

struct fetcher {
	struct event_base *base;
	char *program;
	unsigned running;
	struct fetcher_task *queue;
};

static uint64_t fetcher_clock_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}

struct fetcher *fetcher_new(struct event_base *base, const char *program)
{
	struct fetcher *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->base = base;
	f->program = strdup(program);
	if (f->program)
		return f;
	free(f);
	errno = ENOMEM;
	return NULL;
}

void fetcher_free(struct fetcher *f)
{
	if (!f)
		return;
	free(f->program);
	free(f);
}

/* A tenth more or less, so that many servers do not ask at the same second for ever. */
static uint64_t fetcher_jitter_s(uint64_t delay_s)
{
	uint32_t tenth = delay_s / 10 < UINT32_MAX / 2 ? (uint32_t)(delay_s / 10) : UINT32_MAX / 2;

	return delay_s - tenth + randombytes_uniform(2 * tenth + 1);
}

uint64_t fetcher_delay_s(const struct fetcher_settings *settings, unsigned failures,
                         uint64_t retry_after_s)
{
	uint64_t delay_s = settings->refresh_s, most_s = FETCHER_FAILED_MAX_S;

	if (failures > 0) {
		if (most_s > settings->refresh_s)
			most_s = settings->refresh_s;
		delay_s = (uint64_t)FETCHER_FAILED_MIN_S << (failures < 10 ? failures - 1 : 9);
		delay_s = delay_s < most_s ? delay_s : most_s;
	}
	if (retry_after_s > FETCHER_WAIT_MAX_S)
		retry_after_s = FETCHER_WAIT_MAX_S;
	delay_s = delay_s > retry_after_s ? delay_s : retry_after_s;
	return delay_s > settings->min_interval_s ? delay_s : settings->min_interval_s;
}

/* Never sooner than min_interval_s after the last attempt, whatever the jitter says. */
static void fetcher_wait(struct fetcher_task *task, uint64_t delay_s)
{
	uint64_t now_s = fetcher_clock_s();
	struct timeval delay;

	task->state = FETCHER_WAITS;
	task->due_s = now_s + delay_s;
	if (task->was_asked && task->due_s < task->asked_s + task->settings.min_interval_s)
		task->due_s = task->asked_s + task->settings.min_interval_s;
	delay = (struct timeval){.tv_sec = (time_t)(task->due_s - now_s)};
	evtimer_add(task->timer, &delay);
}

static void fetcher_ended(const struct fetch_result *result, void *context);

/* Which source a note is of: not the source itself, which may hold a key. */
static void fetcher_digest(const struct fetcher_task *task, char out_text[NOTE_DIGEST_SIZE])
{
	const struct fetch_request *r = &task->settings.request;
	unsigned char hash[crypto_generichash_BYTES_MIN];
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, (const unsigned char *)r->source, strlen(r->source));
	/* One that is new is fetched at once. */
	if (r->checksum)
		crypto_generichash_update(&state, (const unsigned char *)r->checksum,
		                          strlen(r->checksum));
	if (r->signature)
		crypto_generichash_update(&state, (const unsigned char *)r->signature,
		                          strlen(r->signature));
	crypto_generichash_final(&state, hash, sizeof(hash));
	sodium_bin2hex(out_text, NOTE_DIGEST_SIZE, hash, sizeof(hash));
}

/* Note that the source is asked, and what came of it; a note that cannot be kept costs politeness
 * after a restart, no more. */
static void fetcher_note(const struct fetcher_task *task, const char *outcome)
{
	char digest[NOTE_DIGEST_SIZE], text[NOTE_MAX];
	int fd = open(task->tried_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	if (fd < 0)
		return;
	fetcher_digest(task, digest);
	snprintf(text, sizeof(text), "%s %s\n", outcome, digest);
	if (write(fd, text, strlen(text)) < 0)
		unlink(task->tried_path);
	close(fd);
}

static void fetcher_run(struct fetcher_task *task)
{
	struct fetch_result result = {.outcome = FETCH_FAILED};
	struct fetcher *f = task->fetcher;

	task->state = FETCHER_RUNS;
	task->asked_s = fetcher_clock_s();
	task->was_asked = true;
	f->running++;
	fetcher_note(task, "running");
	task->child = fetch_child_start(f->base, f->program, &task->settings.request, task->path,
	                                fetcher_ended, task);
	if (task->child)
		return;
	fetch_fail(&result, "cannot run '%.200s': %s", f->program, strerror(errno));
	fetcher_ended(&result, task);
}

/* Start what has a place. */
static void fetcher_advance(struct fetcher *f)
{
	while (f->queue && f->running < FETCHER_RUNNING_MAX) {
		struct fetcher_task *task = f->queue;

		f->queue = task->next;
		task->next = NULL;
		fetcher_run(task);
	}
}

static void fetcher_enqueue(struct fetcher_task *task)
{
	struct fetcher_task **last = &task->fetcher->queue;

	evtimer_del(task->timer);
	task->state = FETCHER_QUEUED;
	while (*last)
		last = &(*last)->next;
	*last = task;
	fetcher_advance(task->fetcher);
}

static void fetcher_on_timer(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	fetcher_enqueue(context);
}

static void fetcher_ended(const struct fetch_result *result, void *context)
{
	struct fetcher_task *task = context;
	struct fetcher *f = task->fetcher;
	bool is_failed = result->outcome == FETCH_FAILED;
	uint64_t delay_s;

	fetch_child_free(task->child);
	task->child = NULL;
	f->running--;
	fetcher_note(task, is_failed ? "failed" : "ok");
	task->failures = is_failed ? task->failures + 1 : 0;
	delay_s = fetcher_delay_s(&task->settings, task->failures, result->retry_after_s);
	fetcher_wait(task, task->is_again ? 0 : fetcher_jitter_s(delay_s));
	task->is_again = false;
	task->done(result, task->context); /* may remove the task */
	fetcher_advance(f);
}

/* How long ago the source was asked, by the clock on the wall; a note of the future is of now. */
static bool fetcher_read_note(const struct fetcher_task *task, uint64_t *out_ago_s, bool *out_is_ok)
{
	int fd = open(task->tried_path, O_RDONLY | O_CLOEXEC);
	int64_t now_s = time(NULL);
	char outcome[16], digest[NOTE_DIGEST_SIZE], of[NOTE_DIGEST_SIZE], text[NOTE_MAX] = "";
	struct stat st;
	bool is_there;

	if (fd < 0)
		return false;
	is_there = fstat(fd, &st) == 0 && read(fd, text, sizeof(text) - 1) >= 0;
	close(fd);
	fetcher_digest(task, digest);
	if (!is_there || sscanf(text, "%15s %32s", outcome, of) != 2 || strcmp(of, digest) != 0)
		return false;
	*out_ago_s = st.st_mtim.tv_sec < now_s ? (uint64_t)(now_s - st.st_mtim.tv_sec) : 0;
	*out_is_ok = strcmp(outcome, "ok") == 0 && access(task->path, R_OK) == 0;
	return true;
}

static uint64_t fetcher_first_s(struct fetcher_task *task)
{
	const struct fetcher_settings *s = &task->settings;
	uint64_t ago_s, delay_s, now_s = fetcher_clock_s();
	bool is_ok;

	if (!fetcher_read_note(task, &ago_s, &is_ok))
		return 0;
	task->was_asked = ago_s < now_s;
	task->asked_s = task->was_asked ? now_s - ago_s : 0;
	delay_s = is_ok ? fetcher_jitter_s(fetcher_delay_s(s, 0, 0)) : s->min_interval_s;
	return delay_s > ago_s ? delay_s - ago_s : 0;
}

static int fetcher_copy(const char **text)
{
	if (!*text)
		return 0;
	*text = strdup(*text);
	return *text ? 0 : -ENOMEM;
}

static void fetcher_free_task(struct fetcher_task *task)
{
	struct fetch_request *r = &task->settings.request;

	if (task->timer)
		event_free(task->timer);
	free((char *)(uintptr_t)r->source);
	free((char *)(uintptr_t)r->checksum);
	free((char *)(uintptr_t)r->signature);
	free((char *)(uintptr_t)r->secret_file);
	free((char *)(uintptr_t)r->proxy);
	free((char *)(uintptr_t)r->ca_file);
	free(task->path);
	free(task->tried_path);
	free(task);
}

struct fetcher_task *fetcher_add(struct fetcher *f, const struct fetcher_settings *settings,
                                 const char *path, fetcher_done *done, void *context)
{
	struct fetcher_task *task = calloc(1, sizeof(*task));
	struct fetch_request *r;
	int rc;

	if (!task)
		return NULL;
	task->fetcher = f;
	task->settings = *settings;
	r = &task->settings.request;
	rc = fetcher_copy(&r->source);
	rc |= fetcher_copy(&r->checksum);
	rc |= fetcher_copy(&r->signature);
	rc |= fetcher_copy(&r->secret_file);
	rc |= fetcher_copy(&r->proxy);
	rc |= fetcher_copy(&r->ca_file);
	task->path = strdup(path);
	if (asprintf(&task->tried_path, "%s.tried", path) < 0)
		task->tried_path = NULL;
	task->timer = evtimer_new(f->base, fetcher_on_timer, task);
	if (rc < 0 || !task->path || !task->tried_path || !task->timer) {
		fetcher_free_task(task);
		errno = ENOMEM;
		return NULL;
	}
	task->done = done;
	task->context = context;
	fetcher_wait(task, fetcher_first_s(task));
	return task;
}

void fetcher_remove(struct fetcher_task *task)
{
	struct fetcher *f;

	if (!task)
		return;
	f = task->fetcher;
	for (struct fetcher_task **at = &f->queue; *at; at = &(*at)->next) {
		if (*at != task)
			continue;
		*at = task->next;
		break;
	}
	if (task->child) {
		fetch_child_free(task->child);
		f->running--;
	}
	fetcher_free_task(task);
	fetcher_advance(f);
}

uint64_t fetcher_now(struct fetcher_task *task)
{
	uint64_t now_s = fetcher_clock_s(), free_s = task->asked_s + task->settings.min_interval_s;

	if (task->state == FETCHER_QUEUED)
		return 0;
	if (task->was_asked && free_s > now_s)
		return free_s - now_s;
	if (task->state == FETCHER_RUNS)
		task->is_again = true;
	else
		fetcher_enqueue(task);
	return 0;
}

uint64_t fetcher_due_s(const struct fetcher_task *task)
{
	uint64_t now_s = fetcher_clock_s();

	return task->state == FETCHER_WAITS && task->due_s > now_s ? task->due_s - now_s : 0;
}

static bool fetcher_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool fetcher_is_of(const struct fetcher_task *task, const struct fetcher_settings *settings)
{
	const struct fetcher_settings *s = &task->settings;
	const struct fetch_request *a = &s->request, *b = &settings->request;

	return fetcher_same_text(a->source, b->source) &&
	       fetcher_same_text(a->checksum, b->checksum) &&
	       fetcher_same_text(a->signature, b->signature) &&
	       fetcher_same_text(a->secret_file, b->secret_file) &&
	       fetcher_same_text(a->proxy, b->proxy) && fetcher_same_text(a->ca_file, b->ca_file) &&
	       a->size_max == b->size_max && a->timeout_s == b->timeout_s &&
	       s->refresh_s == settings->refresh_s && s->min_interval_s == settings->min_interval_s;
}

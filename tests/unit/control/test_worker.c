/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/log.h"
#include "control/worker.h"

#include <event2/event.h>

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

#include <cmocka.h>

struct bench {
	struct event_base *base;
	struct worker *worker;
	pthread_t main_thread;
	unsigned done, cancelled, wanted;
	sem_t started, gate;
};

struct job {
	struct worker_job job; /* first */
	struct bench *bench;
	unsigned number;
	bool waits, has_run;
};

static void run(struct worker_job *worker_job)
{
	struct job *job = (struct job *)worker_job;

	job->has_run = !pthread_equal(pthread_self(), job->bench->main_thread);
	if (job->waits) {
		sem_post(&job->bench->started);
		sem_wait(&job->bench->gate);
	}
}

static void done(struct worker_job *worker_job)
{
	struct job *job = (struct job *)worker_job;
	struct bench *b = job->bench;

	assert_true(pthread_equal(pthread_self(), b->main_thread));
	assert_int_equal(job->has_run, !worker_job->is_cancelled);
	if (!worker_job->is_cancelled)
		assert_int_equal(job->number, b->done); /* in order */
	b->done++;
	b->cancelled += worker_job->is_cancelled;
	if (b->done == b->wanted)
		event_base_loopbreak(b->base);
}

static void bench_init(struct bench *b)
{
	*b = (struct bench){.base = event_base_new(), .main_thread = pthread_self()};
	assert_non_null(b->base);
	b->worker = worker_new(b->base, "test");
	assert_non_null(b->worker);
	sem_init(&b->started, 0, 0);
	sem_init(&b->gate, 0, 0);
}

static void bench_done(struct bench *b)
{
	worker_free(b->worker);
	event_base_free(b->base);
	sem_destroy(&b->started);
	sem_destroy(&b->gate);
}

static void submit(struct bench *b, struct job *job, unsigned number, bool waits)
{
	*job = (struct job){{.run = run, .done = done}, b, number, waits, false};
	worker_submit(b->worker, &job->job);
}

static void test_in_order(void **state)
{
	static struct job jobs[1000];
	const struct timeval deadline = {20, 0};
	struct bench b;

	(void)state;
	bench_init(&b);
	b.wanted = 1000;
	for (unsigned i = 0; i < 1000; i++)
		submit(&b, &jobs[i], i, false);
	event_base_loopexit(b.base, &deadline);
	event_base_dispatch(b.base);
	assert_int_equal(b.done, 1000);
	assert_true(worker_stop(b.worker, 10000));
	assert_int_equal(b.cancelled, 0);
	bench_done(&b);
}

/* Stopping: what runs is finished, what waits is cancelled, what comes later too. */
static void test_stop(void **state)
{
	struct job jobs[4];
	struct bench b;

	(void)state;
	bench_init(&b);
	submit(&b, &jobs[0], 0, true);
	submit(&b, &jobs[1], 1, false);
	submit(&b, &jobs[2], 2, false);
	sem_wait(&b.started);
	assert_false(worker_stop(b.worker, 10)); /* it hangs */
	sem_post(&b.gate);
	assert_true(worker_stop(b.worker, 10000));
	assert_int_equal(b.done, 3);
	assert_int_equal(b.cancelled, 2);
	submit(&b, &jobs[3], 3, false);
	assert_int_equal(b.cancelled, 3);
	bench_done(&b);
}

static void poked(void *context)
{
	struct bench *b = context;

	assert_false(pthread_equal(pthread_self(), b->main_thread));
	worker_poke(b->worker); /* there is always more */
	sem_post(&b->started);
}

/* Who pokes without end is served, and so are jobs. */
static void test_poke(void **state)
{
	static struct job jobs[100];
	const struct timeval deadline = {20, 0};
	struct bench b;

	(void)state;
	bench_init(&b);
	b.wanted = 100;
	worker_on_poke(b.worker, poked, &b);
	worker_poke(b.worker);
	sem_wait(&b.started);
	for (unsigned i = 0; i < 100; i++)
		submit(&b, &jobs[i], i, false);
	event_base_loopexit(b.base, &deadline);
	event_base_dispatch(b.base);
	assert_int_equal(b.done, 100);
	sem_wait(&b.started);
	assert_true(worker_stop(b.worker, 10000));
	bench_done(&b);
}

static void test_log_limit(void **state)
{
	struct log_limit limit = {0};
	uint64_t suppressed = 99;

	(void)state;
	assert_true(log_limit_pass(&limit, 5, &suppressed));
	assert_int_equal(suppressed, 0);
	assert_false(log_limit_pass(&limit, 6, &suppressed));
	assert_false(log_limit_pass(&limit, 4 + LOG_LIMIT_MS, &suppressed));
	assert_true(log_limit_pass(&limit, 5 + LOG_LIMIT_MS, &suppressed));
	assert_int_equal(suppressed, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_in_order),
	    cmocka_unit_test(test_stop),
	    cmocka_unit_test(test_poke),
	    cmocka_unit_test(test_log_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/commands.h"
#include "control/config_secrets.h"
#include "control/durable.h"
#include "control/engine_private.h"
#include "control/fetcher.h"
#include "control/intake.h"
#include "control/key_watch.h"
#include "control/manual.h"
#include "control/program.h"
#include "control/publisher.h"
#include "control/reputation/answer_walk.h"
#include "control/reputation/answers.h"
#include "control/reputation/reputation.h"
#include "control/server.h"
#include "control/services.h"
#include "control/switches.h"
#include "control/watch.h"
#include "control/worker.h"
#include "dataplane/proto/channel.h"

#include <event2/event.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ENGINE_STOP_MS 3000

static void engine_on_stop(evutil_socket_t number, short what, void *context)
{
	struct engine *e = context;

	(void)what;
	log_info("stopping: %s", strsignal(number));
	event_base_loopbreak(e->base);
}

static void engine_on_hangup(evutil_socket_t number, short what, void *context)
{
	(void)number;
	(void)what;
	engine_config_reload(context);
}

static void engine_publish(struct feed *feed, struct dataset *dataset, publisher_done *done,
                           void *done_context, void *context)
{
	struct engine *e = context;

	publisher_dataset(e->publisher, feed->name, dataset, done, done_context);
}

static const struct intake_hooks engine_hooks = {engine_publish, engine_config_tried};

/* Errors: negative errno, logged */
static int engine_open_state(struct engine *e)
{
	const char *path = e->config->state_dir;
	int folder = durable_folder(path), rc;

	if (folder < 0) {
		log_error("state_dir '%s': %s", path, strerror(-folder));
		return folder;
	}
	e->state_lock = openat(folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	rc = e->state_lock < 0 ? -errno : 0;
	close(folder);
	if (rc < 0)
		log_error("'%s/lock': %s", path, strerror(-rc));
	else if (flock(e->state_lock, LOCK_EX | LOCK_NB) < 0) {
		rc = -errno;
		log_error("state_dir '%s' is in use by another process", path);
	}
	return rc;
}

static int engine_listen(struct engine *e)
{
	char *folder = strdup(e->config->control_socket), *slash;
	int fd;

	if (!folder)
		return -ENOMEM;
	slash = strrchr(folder, '/');
	if (slash && slash != folder) {
		*slash = '\0';
		fd = durable_folder(folder);
		if (fd >= 0)
			close(fd);
	}
	free(folder);
	fd = channel_listen(e->config->control_socket);
	if (fd < 0) {
		log_error("control socket '%s': %s", e->config->control_socket, strerror(-fd));
		return fd;
	}
	e->server = server_new(e->base, fd, commands_handle, e);
	return e->server ? 0 : -errno;
}

static int engine_add_events(struct engine *e)
{
	static const struct {
		int number;
		event_callback_fn callback;
	} rows[] = {
	    {SIGTERM, engine_on_stop},
	    {SIGINT, engine_on_stop},
	    {SIGHUP, engine_on_hangup},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		e->signals[i] = evsignal_new(e->base, rows[i].number, rows[i].callback, e);
		if (!e->signals[i] || event_add(e->signals[i], NULL) < 0)
			return -ENOMEM;
	}
	return engine_sync_init(e);
}

/* Errors: NULL */
static struct fetcher *engine_fetcher(struct engine *e)
{
	char *program = program_find("reputed-fetch");
	struct fetcher *fetcher;

	if (!program)
		log_error("'reputed-fetch' is not found: feeds by url or rsync are not fetched");
	fetcher = fetcher_new(e->base, program ? program : "reputed-fetch");
	free(program);
	return fetcher;
}

/* Errors: negative errno; engine_free() undoes */
static int engine_start(struct engine *e)
{
	int rc = engine_open_state(e);
	char path[4096];

	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "%s/manual", e->config->state_dir);
	/* Before the first thread: it forks. */
	e->manual = manual_open(path, engine_config_complain, NULL);
	if (!e->manual) {
		rc = -errno;
		log_error("manual lists '%s': %s", path, strerror(-rc));
		return rc;
	}
	e->switches = switches_open(e->config->state_dir);
	if (!e->switches)
		return -errno;
	e->base = event_base_new();
	if (!e->base || engine_add_events(e) < 0)
		return -ENOMEM;
	rc = engine_listen(e);
	if (rc < 0)
		return rc;
	rc = engine_reputation_start(e);
	if (rc < 0)
		return rc;
	e->publisher = publisher_new(e->base, e->config, e->manual);
	e->ingest = worker_new(e->base, "ingest");
	e->reader = worker_new(e->base, "reader");
	e->watch = watch_new(e->base, e->config->dataplane.socket, engine_sync_on_watch, e);
	if (!e->publisher || !e->ingest || !e->reader || !e->watch ||
	    engine_reputation_serve(e) < 0)
		return -ENOMEM;
	e->fetcher = engine_fetcher(e);
	if (!e->fetcher)
		return -ENOMEM;
	e->key_watch = key_watch_new(e->base, engine_config_on_keys, e);
	if (!e->key_watch)
		return -ENOMEM;
	engine_config_watch_keys(e);
	e->intake =
	    intake_new(&(struct intake_means){e->base, e->ingest, e->fetcher, e->config->state_dir},
	               &engine_hooks, e);
	if (!e->intake)
		return -errno;
	e->services = services_new(e);
	if (!e->services)
		return -errno;
	engine_reputation_prepare(e, e->config);
	return intake_configure(e->intake, e->config);
}

struct engine *engine_new(const char *config_path)
{
	struct engine *e = calloc(1, sizeof(*e));
	struct timespec now;
	int rc;

	if (!e)
		return NULL;
	e->state_lock = -1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	e->started_s = now.tv_sec;
	e->config_path = strdup(config_path);
	e->config = config_load(config_path, engine_config_complain, NULL);
	if (!e->config_path || !e->config ||
	    config_secrets_read(e->config, engine_config_complain, NULL) < 0) {
		engine_free(e);
		return NULL;
	}
	signal(SIGPIPE, SIG_IGN);
	rc = engine_start(e);
	if (rc < 0) {
		log_error("cannot start: %s", strerror(-rc));
		engine_free(e);
		return NULL;
	}
	return e;
}

void engine_run(struct engine *e)
{
	log_info("version %s, configuration '%s'", REPUTED_VERSION, e->config_path);
	event_base_dispatch(e->base);
}

/* Returns whether all threads ended. */
static bool engine_stop_threads(struct engine *e)
{
	bool is_stopped = true;

	if (e->reputation) /* what changes goes to the publisher */
		is_stopped &= reputation_stop(e->reputation, ENGINE_STOP_MS);
	if (e->reader)
		is_stopped &= worker_stop(e->reader, ENGINE_STOP_MS);
	if (e->ingest)
		is_stopped &= worker_stop(e->ingest, ENGINE_STOP_MS);
	if (e->publisher)
		is_stopped &= publisher_stop(e->publisher, ENGINE_STOP_MS);
	return is_stopped;
}

bool engine_free(struct engine *e)
{
	if (e->config && e->server)
		unlink(e->config->control_socket);
	if (!engine_stop_threads(e))
		return false;
	services_free(e->services);
	server_free(e->server);
	reputation_free(e->reputation);
	answer_walk_free(e->answer_walk);
	intake_free(e->intake);
	fetcher_free(e->fetcher);
	watch_free(e->watch);
	key_watch_free(e->key_watch);
	worker_free(e->reader);
	worker_free(e->ingest);
	publisher_free(e->publisher);
	answers_free(e->answers);
	for (size_t i = 0; i < sizeof(e->signals) / sizeof(e->signals[0]); i++) {
		if (e->signals[i])
			event_free(e->signals[i]);
	}
	if (e->sync_timer)
		event_free(e->sync_timer);
	if (e->expiry_timer)
		event_free(e->expiry_timer);
	if (e->base)
		event_base_free(e->base);
	manual_close(e->manual);
	switches_close(e->switches);
	if (e->state_lock >= 0)
		close(e->state_lock);
	config_free(e->next_config);
	config_free(e->config);
	free(e->config_error);
	free(e->config_path);
	free(e);
	return true;
}

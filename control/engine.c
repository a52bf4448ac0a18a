/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/engine.h"

#include "control/answering.h"
#include "control/commands.h"
#include "control/config_secrets.h"
#include "control/durable.h"
#include "control/fetcher.h"
#include "control/intake.h"
#include "control/key_watch.h"
#include "control/manual.h"
#include "control/publisher.h"
#include "control/server.h"
#include "control/switches.h"
#include "control/watch.h"
#include "control/worker.h"
#include "dataplane/proto/channel.h"

#include <event2/event.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define ENGINE_SYNC_MIN_MS   100
#define ENGINE_SYNC_MAX_MS   5000
#define ENGINE_SYNC_CHECK_MS 1000 /* cheap when all is well */
#define ENGINE_EXPIRY_MAX_S  60   /* the clock may be set */
#define ENGINE_STOP_MS       3000

static struct timeval engine_delay(unsigned ms)
{
	return (struct timeval){ms / 1000, ms % 1000 * 1000};
}

/* --- keeping the data plane in step --- */

static void engine_sync(struct engine *e);

static void engine_on_sync_timer(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	engine_sync(context);
}

static void engine_note_ready(struct engine *e, const struct publish_result *result)
{
	const struct publisher_view *view = publisher_view_lock(e->publisher);
	uint64_t entries = view->entries;

	publisher_view_unlock(e->publisher);
	if (e->is_in_step)
		return;
	e->is_in_step = true;
	e->sync_error[0] = '\0';
	log_info("data plane has generation %" PRIu64 ": %u zones, %u lists, %" PRIu64 " entries",
	         result->generation, e->config->zones_count, e->config->lists_count, entries);
}

static void engine_note_away(struct engine *e, const char *error)
{
	const char *text = error[0] ? error : "not connected";

	if (e->is_in_step || strcmp(e->sync_error, text) != 0)
		log_error("data plane '%s': %s; trying again", e->config->dataplane.socket, text);
	e->is_in_step = false;
	snprintf(e->sync_error, sizeof(e->sync_error), "%s", text);
}

static void engine_synced(const struct publisher_report *report, void *context)
{
	struct engine *e = context;
	struct timeval delay;

	e->is_syncing = false;
	if (report->is_cancelled)
		return;
	if (report->result.is_answered) {
		e->is_ready = true;
		engine_note_ready(e, &report->result);
		e->sync_delay_ms = ENGINE_SYNC_MIN_MS;
		delay = engine_delay(ENGINE_SYNC_CHECK_MS);
	} else {
		engine_note_away(e, report->result.error);
		delay = engine_delay(e->sync_delay_ms);
		e->sync_delay_ms *= 2;
		if (e->sync_delay_ms > ENGINE_SYNC_MAX_MS)
			e->sync_delay_ms = ENGINE_SYNC_MAX_MS;
	}
	evtimer_add(e->sync_timer, &delay);
	if (e->is_sync_wanted)
		engine_sync(e);
	answering_update(e); /* time passes */
	engine_published(e);
}

/* One at a time; not before there is something whole to load: a data plane that outlived us
 * answers from what it has meanwhile. */
static void engine_sync(struct engine *e)
{
	e->is_sync_wanted = e->is_syncing;
	if (e->is_syncing || !e->is_applied)
		return;
	e->is_syncing = true;
	publisher_sync(e->publisher, engine_synced, e);
}

static void engine_on_watch(bool is_connected, void *context)
{
	struct engine *e = context;

	if (is_connected)
		e->sync_delay_ms = ENGINE_SYNC_MIN_MS;
	engine_sync(e);
}

/* --- manual entries that expire --- */

static void engine_expired(const struct publisher_report *report, void *context)
{
	struct engine *e = context;

	e->is_expiring = false;
	if (!report->is_cancelled)
		engine_published(e);
}

static int64_t engine_next_expiry(struct engine *e)
{
	const struct publisher_view *view = publisher_view_lock(e->publisher);
	int64_t next_s = 0;

	for (unsigned i = 0; i < view->config->lists_count; i++) {
		int64_t of_list_s = view->lists[i].next_expiry_s;

		if (of_list_s != 0 && (next_s == 0 || of_list_s < next_s))
			next_s = of_list_s;
	}
	publisher_view_unlock(e->publisher);
	return next_s;
}

static void engine_on_expiry_timer(evutil_socket_t fd, short what, void *context)
{
	struct engine *e = context;

	(void)fd;
	(void)what;
	if (e->is_expiring)
		return;
	if (engine_next_expiry(e) > time(NULL)) {
		engine_published(e);
		return;
	}
	e->is_expiring = true;
	publisher_expire(e->publisher, engine_expired, e);
}

void engine_published(struct engine *e)
{
	int64_t next_s = engine_next_expiry(e);
	struct timeval now, delay = {0, 0};

	watch_poke(e->watch);
	if (next_s == 0 || e->is_expiring) {
		evtimer_del(e->expiry_timer);
		return;
	}
	gettimeofday(&now, NULL);
	if (next_s > now.tv_sec + ENGINE_EXPIRY_MAX_S)
		delay.tv_sec = ENGINE_EXPIRY_MAX_S;
	else if (next_s > now.tv_sec)
		delay =
		    engine_delay((unsigned)((next_s - now.tv_sec) * 1000 - now.tv_usec / 1000 + 1));
	evtimer_add(e->expiry_timer, &delay);
}

/* --- configurations --- */

static void engine_complain(const char *message, void *context)
{
	(void)context;
	if (strstr(message, ": warning: "))
		log_info("%s", message);
	else
		log_error("%s", message);
}

struct engine_complaints {
	char first[512];
	unsigned count;
};

static void engine_collect_complaint(const char *message, void *context)
{
	struct engine_complaints *complaints = context;

	engine_complain(message, NULL);
	if (!strstr(message, ": warning: ") && complaints->count++ == 0)
		snprintf(complaints->first, sizeof(complaints->first), "%s", message);
}

static void engine_set_error(struct engine *e, const char *text)
{
	free(e->config_error);
	e->config_error = text ? strdup(text) : NULL;
}

static void engine_reload(struct engine *e);

static void engine_watch_keys(struct engine *e)
{
	int rc = key_watch_set(e->key_watch, e->config);

	if (rc < 0)
		log_error("changes of key files are not noticed: %s", strerror(-rc));
}

static void engine_on_keys(void *context)
{
	log_info("a file of keys changed");
	engine_reload(context);
}

static void engine_configured(const struct publisher_report *report, void *context)
{
	struct engine *e = context;

	e->is_configuring = false;
	if (report->is_cancelled)
		return;
	if (report->rc < 0) {
		log_error("configuration cannot be applied: %s, keeping the one before",
		          strerror(-report->rc));
		engine_set_error(e, strerror(-report->rc));
		if (e->next_config) {
			config_free(e->next_config);
			e->next_config = NULL;
			intake_configure(e->intake, e->config);
		}
		return;
	}
	if (e->next_config) {
		config_free(e->config);
		e->config = e->next_config;
		e->next_config = NULL;
		log_info("configuration '%s' is in force", e->config_path);
		engine_watch_keys(e);
	}
	answering_renew(e);
	e->is_applied = true;
	e->is_in_step = false; /* tell the new numbers */
	engine_sync(e);
	if (e->is_reload_wanted)
		engine_reload(e);
}

/* All feeds were tried: hand everything to the publisher in one piece. */
static void engine_tried(void *context)
{
	struct engine *e = context;
	struct publisher_version *versions;
	size_t count;

	if (e->is_configuring || (e->is_applied && !e->next_config))
		return;
	if (intake_collect(e->intake, &versions, &count) < 0) {
		log_error("out of memory: feeds are not answered");
		return;
	}
	answering_fill(e, versions, count);
	e->is_configuring = true;
	publisher_configure(e->publisher, e->next_config ? e->next_config : e->config, versions,
	                    count, engine_configured, e);
}

static bool engine_is_same_list(char **a, unsigned a_count, char **b, unsigned b_count)
{
	if (a_count != b_count)
		return false;
	for (unsigned i = 0; i < a_count; i++) {
		if (strcmp(a[i], b[i]) != 0)
			return false;
	}
	return true;
}

static bool engine_is_same_ports(const struct config_dataplane *a, const struct config_dataplane *b)
{
	if (a->ports_count != b->ports_count)
		return false;
	for (unsigned i = 0; i < a->ports_count; i++) {
		const struct config_port *x = &a->ports[i], *y = &b->ports[i];

		if (strcmp(x->device, y->device) != 0 ||
		    strcmp(x->punt ? x->punt : "", y->punt ? y->punt : "") != 0 ||
		    !engine_is_same_list(x->addresses, x->addresses_count, y->addresses,
		                         y->addresses_count))
			return false;
	}
	return true;
}

/* What cannot change while we run; told, and otherwise without effect. */
static void engine_tell_restart(const struct config *old, const struct config *new)
{
	const struct config_dataplane *a = &old->dataplane, *b = &new->dataplane;

	if (strcmp(old->state_dir, new->state_dir) != 0)
		log_error("state_dir: a change needs a restart, keeping '%s'", old->state_dir);
	if (strcmp(old->control_socket, new->control_socket) != 0)
		log_error("control_socket: a change needs a restart, keeping '%s'",
		          old->control_socket);
	if (strcmp(a->socket, b->socket) != 0 ||
	    !engine_is_same_list(a->listen, a->listen_count, b->listen, b->listen_count) ||
	    !engine_is_same_ports(a, b) || a->hugepages != b->hugepages || a->idle != b->idle ||
	    a->punt_rate != b->punt_rate || a->tcp_connections != b->tcp_connections ||
	    a->tcp_per_client != b->tcp_per_client || a->tcp_idle_s != b->tcp_idle_s ||
	    a->cores_count != b->cores_count ||
	    (a->cores_count && memcmp(a->cores, b->cores, a->cores_count * sizeof(*a->cores)) != 0))
		log_error("dataplane: a change needs a restart of both daemons, keeping the old "
		          "settings");
}

/* The socket is where the data plane that runs listens, whatever the file says now. */
static int engine_keep_socket(const struct config *old, struct config *new)
{
	char *socket = strdup(old->dataplane.socket);

	if (!socket)
		return -ENOMEM;
	free(new->dataplane.socket);
	new->dataplane.socket = socket;
	return 0;
}

static void engine_reload(struct engine *e)
{
	struct engine_complaints complaints = {.count = 0};
	struct config *config;

	e->is_reload_wanted = e->next_config || !e->is_applied || e->is_configuring;
	if (e->is_reload_wanted)
		return;
	config = config_load(e->config_path, engine_collect_complaint, &complaints);
	if (config && config_secrets_read(config, engine_collect_complaint, &complaints) < 0) {
		config_free(config);
		config = NULL;
	}
	if (!config) {
		log_error("configuration '%s' is bad (%u mistakes), keeping the one in force",
		          e->config_path, complaints.count);
		engine_set_error(e, complaints.count ? complaints.first : strerror(errno));
		return;
	}
	engine_tell_restart(e->config, config);
	if (engine_keep_socket(e->config, config) < 0) {
		engine_set_error(e, "out of memory");
		config_free(config);
		return;
	}
	engine_set_error(e, NULL);
	e->next_config = config;
	if (intake_configure(e->intake, config) < 0)
		log_error("out of memory: some feeds are not read");
}

/* --- start and stop --- */

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
	engine_reload(context);
}

static void engine_publish(struct feed *feed, struct dataset *dataset, publisher_done *done,
                           void *done_context, void *context)
{
	struct engine *e = context;

	publisher_dataset(e->publisher, feed->name, dataset, done, done_context);
}

static const struct intake_hooks engine_hooks = {engine_publish, engine_tried};

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
	e->sync_timer = evtimer_new(e->base, engine_on_sync_timer, e);
	e->expiry_timer = evtimer_new(e->base, engine_on_expiry_timer, e);
	return e->sync_timer && e->expiry_timer ? 0 : -ENOMEM;
}

/* The program that fetches: beside this one, or where it is installed. Errors: -ENOENT; the path is
 * then one that is not there */
static int engine_find_fetch(char *out_path, size_t size)
{
	static const char *const places[] = {"", "../libexec/reputed/"};
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[length > 0 ? length : 0] = '\0';
	*(strrchr(self, '/') ? strrchr(self, '/') + 1 : self) = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int written = snprintf(out_path, size, "%s%sreputed-fetch", self, places[i]);

		if (written > 0 && (size_t)written < size && access(out_path, X_OK) == 0)
			return 0;
	}
	return -ENOENT;
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
	e->manual = manual_open(path, engine_complain, NULL);
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
	e->publisher = publisher_new(e->base, e->config, e->manual);
	e->ingest = worker_new(e->base, "ingest");
	e->reader = worker_new(e->base, "reader");
	e->watch = watch_new(e->base, e->config->dataplane.socket, engine_on_watch, e);
	if (!e->publisher || !e->ingest || !e->reader || !e->watch)
		return -ENOMEM;
	rc = engine_find_fetch(path, sizeof(path));
	if (rc < 0)
		log_error("'reputed-fetch' is not found: feeds by url or rsync are not fetched");
	e->fetcher = fetcher_new(e->base, path);
	if (!e->fetcher)
		return -ENOMEM;
	e->key_watch = key_watch_new(e->base, engine_on_keys, e);
	if (!e->key_watch)
		return -ENOMEM;
	engine_watch_keys(e);
	e->intake =
	    intake_new(&(struct intake_means){e->base, e->ingest, e->fetcher, e->config->state_dir},
	               &engine_hooks, e);
	if (!e->intake)
		return -errno;
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
	e->sync_delay_ms = ENGINE_SYNC_MIN_MS;
	clock_gettime(CLOCK_MONOTONIC, &now);
	e->started_s = now.tv_sec;
	e->config_path = strdup(config_path);
	e->config = config_load(config_path, engine_complain, NULL);
	if (!e->config_path || !e->config ||
	    config_secrets_read(e->config, engine_complain, NULL) < 0) {
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
	server_free(e->server);
	intake_free(e->intake);
	fetcher_free(e->fetcher);
	watch_free(e->watch);
	key_watch_free(e->key_watch);
	worker_free(e->reader);
	worker_free(e->ingest);
	publisher_free(e->publisher);
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

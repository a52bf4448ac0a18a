/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/commands.h"
#include "control/cli/dataplane_args.h"
#include "control/cli/places.h"
#include "control/cli/probe.h"
#include "control/cli/show.h"
#include "control/cli/supervisor.h"
#include "control/config.h"
#include "control/program.h"

#include <event2/event.h>

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define PROBE_INTERVAL_MS 50

enum program { DATAPLANE, CONTROL, PROGRAM_COUNT }; /* stopped from the last to the first */

static const char *const names[PROGRAM_COUNT] = {
    [DATAPLANE] = "reputed-dataplane", [CONTROL] = "reputed"};

struct up {
	const struct arguments *arguments;
	struct config *config;
	char **argvs[PROGRAM_COUNT];
	struct event_base *base;
	struct supervisor *supervisor;
	struct probe *probe;
	struct event *signals[3];
};

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void tell(const char *format, ...)
{
	va_list arguments;

	flockfile(stderr);
	fputs("reputectl: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	funlockfile(stderr);
}

static void on_mistake(const char *message, void *context)
{
	(void)context;
	fprintf(stderr, "%s\n", message);
}

/* "exited with status 1", "was killed by signal 9 (Killed)", "cannot be run: No such file". */
static void death_text(const struct supervisor_event *event, char *out_text, size_t size)
{
	if (event->error)
		snprintf(out_text, size, "cannot be run: %s", strerror(event->error));
	else if (WIFSIGNALED(event->status))
		snprintf(out_text, size, "was killed by signal %d (%s)", WTERMSIG(event->status),
		         strsignal(WTERMSIG(event->status)));
	else
		snprintf(out_text, size, "exited with status %d", WEXITSTATUS(event->status));
}

static void on_report(const struct supervisor_event *event, void *context)
{
	const char *name = names[event->program];
	char death[160];

	(void)context;
	death_text(event, death, sizeof(death));
	switch (event->kind) {
	case SUPERVISOR_STARTED:
	case SUPERVISOR_STOPPED:
		break;
	case SUPERVISOR_DIED:
	case SUPERVISOR_CANNOT_RUN:
		tell("%s %s; starting it again in %u.%u s", name, death, event->delay_ms / 1000,
		     event->delay_ms / 100 % 10);
		break;
	case SUPERVISOR_KILLED:
		tell("%s did not stop in time and is killed", name);
		break;
	case SUPERVISOR_FAILED:
		tell("%s %s before it was ready; stopping", name, death);
		break;
	}
}

static void print_ready(const struct up *u, const json_t *answer)
{
	json_int_t configured = json_integer_value(json_object_get(answer, "zones"));
	json_int_t lists = json_integer_value(json_object_get(answer, "lists_count"));
	json_int_t entries = json_integer_value(json_object_get(answer, "entries"));
	const json_t *not_loaded = json_object_get(answer, "not_loaded"), *zone;
	json_int_t zones = configured - (json_int_t)json_array_size(not_loaded);
	size_t i;

	json_array_foreach(not_loaded, i, zone)
	{
		const char *name = json_string_value(zone);
		char *clean = name ? show_clean(name, strlen(name)) : NULL;

		tell("warning: zone '%s' is not loaded and answers SERVFAIL: a list of it has no "
		     "data; see 'reputectl status'",
		     clean ? clean : "");
		free(clean);
	}
	if (u->arguments->given & OPTION_JSON)
		show_json(json_pack("{s:b, s:I, s:I, s:I}", "ready", 1, "zones", zones, "lists",
		                    lists, "entries", entries));
	else
		printf("ready: %lld zones, %lld lists, %lld entries\n", zones, lists, entries);
	fflush(stdout);
}

static void on_status(const json_t *answer, void *context)
{
	struct up *u = context;
	json_int_t pid = json_integer_value(json_object_get(answer, "pid"));

	/* Another reputed that has the same socket is not the one that was started here. */
	if (!json_is_true(json_object_get(answer, "ready")) ||
	    pid != supervisor_pid(u->supervisor, CONTROL))
		return;
	supervisor_ready(u->supervisor);
	probe_stop(u->probe);
	print_ready(u, answer);
}

static void on_stop(evutil_socket_t fd, short what, void *context)
{
	struct up *u = context;

	(void)fd;
	(void)what;
	probe_stop(u->probe);
	supervisor_stop(u->supervisor);
}

static void on_hangup(evutil_socket_t fd, short what, void *context)
{
	struct up *u = context;
	pid_t pid = supervisor_pid(u->supervisor, CONTROL);

	(void)fd;
	(void)what;
	if (pid)
		kill(pid, SIGHUP);
}

/* The argument vectors of both daemons. Errors: -1, told. */
static int find_programs(struct up *u)
{
	char *paths[PROGRAM_COUNT] = {0};
	int rc = -1;

	for (unsigned i = 0; i < PROGRAM_COUNT; i++) {
		paths[i] = program_find(names[i]);
		if (!paths[i]) {
			tell("cannot find '%s' beside reputectl or in ../sbin", names[i]);
			goto out;
		}
	}
	u->argvs[DATAPLANE] = dataplane_args(paths[DATAPLANE], &u->config->dataplane);
	u->argvs[CONTROL] = calloc(4, sizeof(char *));
	if (!u->argvs[DATAPLANE] || !u->argvs[CONTROL])
		goto out;
	u->argvs[CONTROL][0] = strdup(paths[CONTROL]);
	u->argvs[CONTROL][1] = strdup("-c");
	u->argvs[CONTROL][2] = strdup(u->config->path);
	rc = 0;
out:
	for (unsigned i = 0; i < PROGRAM_COUNT; i++)
		free(paths[i]);
	return rc;
}

static int make_folders(const struct config *config)
{
	char error[PLACES_ERROR_MAX];

	if (places_make_folder(config->state_dir, error) < 0 ||
	    places_make_folder_of(config->control_socket, error) < 0 ||
	    places_make_folder_of(config->dataplane.socket, error) < 0) {
		tell("%s", error);
		return -1;
	}
	return 0;
}

static int watch_signals(struct up *u)
{
	static const struct {
		int number;
		event_callback_fn handler;
	} signals[] = {{SIGINT, on_stop}, {SIGTERM, on_stop}, {SIGHUP, on_hangup}};

	signal(SIGPIPE, SIG_IGN); /* reputed may die while it is asked */
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		u->signals[i] = evsignal_new(u->base, signals[i].number, signals[i].handler, u);
		if (!u->signals[i] || event_add(u->signals[i], NULL) < 0)
			return -1;
	}
	return 0;
}

static int set_up(struct up *u)
{
	const struct supervisor_limits limits = SUPERVISOR_LIMITS_DEFAULT;

	u->config = config_load(u->arguments->config, on_mistake, NULL);
	if (!u->config || find_programs(u) < 0 || make_folders(u->config) < 0)
		return -1;
	u->base = event_base_new();
	if (!u->base)
		return -1;
	u->supervisor = supervisor_new(u->base, (char *const *const *)u->argvs, PROGRAM_COUNT,
	                               &limits, on_report, u);
	u->probe = probe_new(u->base, u->config->control_socket, PROBE_INTERVAL_MS, on_status, u);
	if (!u->supervisor || !u->probe || watch_signals(u) < 0) {
		tell("cannot start: %s", strerror(errno));
		return -1;
	}
	return 0;
}

static void tear_down(struct up *u)
{
	for (size_t i = 0; i < sizeof(u->signals) / sizeof(u->signals[0]); i++)
		if (u->signals[i])
			event_free(u->signals[i]);
	probe_free(u->probe);
	supervisor_free(u->supervisor);
	if (u->base)
		event_base_free(u->base);
	for (unsigned i = 0; i < PROGRAM_COUNT; i++)
		dataplane_args_free(u->argvs[i]);
	config_free(u->config);
}

int up_run(const struct arguments *a)
{
	struct up u = {.arguments = a};
	int status = EXIT_NO;

	if (set_up(&u) == 0) {
		supervisor_start(u.supervisor);
		event_base_dispatch(u.base);
		status = supervisor_is_failed(u.supervisor) ? EXIT_NO : EXIT_OK;
	}
	tear_down(&u);
	return status;
}

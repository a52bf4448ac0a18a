/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/fetch_child.h"

#include "control/launch.h"

#include <event2/event.h>
#include <jansson.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_ARGUMENTS_MAX 22
#define CHILD_ANSWER_MAX    4096
#define CHILD_GRACE_S       15 /* beyond what it allows itself */

struct fetch_child {
	pid_t pid;
	struct event *readable;
	char answer[CHILD_ANSWER_MAX];
	size_t size;
	fetch_child_done *done;
	void *context;
};

struct child_arguments {
	const char *argv[CHILD_ARGUMENTS_MAX];
	size_t count;
	char size_max[24], timeout[16];
};

static void child_add(struct child_arguments *a, const char *option, const char *value)
{
	if (!value)
		return;
	a->argv[a->count++] = option;
	a->argv[a->count++] = value;
}

static void child_compose(struct child_arguments *a, const char *program,
                          const struct fetch_request *r, const char *path)
{
	memset(a, 0, sizeof(*a));
	snprintf(a->size_max, sizeof(a->size_max), "%llu", (unsigned long long)r->size_max);
	snprintf(a->timeout, sizeof(a->timeout), "%u", r->timeout_s);
	a->argv[a->count++] = program;
	child_add(a, "--output", path);
	child_add(a, "--size-max", a->size_max);
	child_add(a, "--timeout", a->timeout);
	child_add(a, "--secret-file", r->secret_file);
	child_add(a, "--proxy", r->proxy);
	child_add(a, "--ca-file", r->ca_file);
	child_add(a, "--checksum", r->checksum ? "-" : NULL);
	child_add(a, "--signature", r->signature ? "-" : NULL);
	child_add(a, "--", "-");
}

/* Errors: negative errno */
static int child_spawn(pid_t *out_pid, int source_fd, int answer_fd,
                       const struct child_arguments *a)
{
	static const char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", NULL};
	const struct launch launch = {.argv = a->argv,
	                              .environment = environment,
	                              .stdin_fd = source_fd,
	                              .stdout_fd = answer_fd,
	                              .stderr_fd = -1};

	return launch_start(&launch, out_pid);
}

static int child_write_line(int fd, const char *text)
{
	size_t size = strlen(text);

	return write(fd, text, size) == (ssize_t)size && write(fd, "\n", 1) == 1 ? 0 : -ENOSPC;
}

/* A pipe with the sources in it, to read from; they may hold a key, so they are no arguments.
 * Errors: negative errno */
static int child_source(const struct fetch_request *request)
{
	int fds[2], rc;

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	rc = child_write_line(fds[1], request->source);
	if (rc == 0 && request->checksum)
		rc = child_write_line(fds[1], request->checksum);
	if (rc == 0 && request->signature)
		rc = child_write_line(fds[1], request->signature);
	close(fds[1]);
	if (rc == 0)
		return fds[0];
	close(fds[0]);
	return rc;
}

static int child_reap(struct fetch_child *child)
{
	int status = child->pid == 0 ? 0 : launch_end(child->pid);

	child->pid = 0;
	return status;
}

/* Errors: -EBADMSG */
static int child_parse(const struct fetch_child *child, struct fetch_result *out_result)
{
	json_t *object = json_loadb(child->answer, child->size, 0, NULL);
	const char *outcome, *reason;
	json_int_t wait_s = 0, size = 0;
	int rc = -EBADMSG;

	if (json_unpack(object, "{s:s, s:s, s:I, s:I}", "outcome", &outcome, "reason", &reason,
	                "retry_after_s", &wait_s, "size", &size) < 0)
		goto out;
	for (size_t i = 0; i < sizeof(fetch_outcomes) / sizeof(fetch_outcomes[0]); i++) {
		if (strcmp(outcome, fetch_outcomes[i]) != 0)
			continue;
		out_result->outcome = (enum fetch_outcome)i;
		rc = 0;
	}
	snprintf(out_result->reason, sizeof(out_result->reason), "%s", reason);
	out_result->retry_after_s = wait_s > 0 ? (uint64_t)wait_s : 0;
	out_result->size = size > 0 ? (uint64_t)size : 0;
out:
	json_decref(object);
	return rc;
}

static void child_end(struct fetch_child *child, bool is_late)
{
	struct fetch_result result = {.outcome = FETCH_FAILED};
	int status;

	event_del(child->readable);
	status = child_reap(child);
	if (is_late)
		fetch_fail(&result, "it took too long");
	else if (child_parse(child, &result) < 0 && WIFSIGNALED(status))
		fetch_fail(&result, "reputed-fetch was ended by signal %d", WTERMSIG(status));
	else if (child_parse(child, &result) < 0)
		fetch_fail(&result, "reputed-fetch ended with status %d and no answer",
		           WEXITSTATUS(status));
	child->done(&result, child->context);
}

static void child_on_readable(evutil_socket_t fd, short what, void *context)
{
	struct fetch_child *child = context;
	ssize_t got;

	if (what & EV_TIMEOUT) {
		child_end(child, true);
		return;
	}
	got = read(fd, child->answer + child->size, sizeof(child->answer) - child->size);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got > 0)
		child->size += (size_t)got;
	if (got <= 0 || child->size == sizeof(child->answer))
		child_end(child, false);
}

struct fetch_child *fetch_child_start(struct event_base *base, const char *program,
                                      const struct fetch_request *request, const char *path,
                                      fetch_child_done *done, void *context)
{
	struct fetch_child *child = calloc(1, sizeof(*child));
	struct timeval limit = {.tv_sec = request->timeout_s + CHILD_GRACE_S};
	struct child_arguments arguments;
	int fds[2], source, rc;

	if (!child)
		return NULL;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) {
		rc = -errno;
		goto fail_free;
	}
	child->done = done;
	child->context = context;
	child->readable = event_new(base, fds[0], EV_READ | EV_PERSIST, child_on_readable, child);
	rc = child->readable ? 0 : -ENOMEM;
	if (rc < 0)
		goto fail_close;
	child_compose(&arguments, program, request, path);
	source = child_source(request);
	rc = source < 0 ? source : child_spawn(&child->pid, source, fds[1], &arguments);
	if (source >= 0)
		close(source);
	close(fds[1]);
	fds[1] = -1;
	if (rc == 0 && event_add(child->readable, &limit) == 0)
		return child;
	rc = rc < 0 ? rc : -ENOMEM;
	child_reap(child);
	event_free(child->readable);
fail_close:
	close(fds[0]);
	if (fds[1] >= 0)
		close(fds[1]);
fail_free:
	free(child);
	errno = -rc;
	return NULL;
}

void fetch_child_free(struct fetch_child *child)
{
	if (!child)
		return;
	child_reap(child);
	close(event_get_fd(child->readable));
	event_free(child->readable);
	free(child);
}

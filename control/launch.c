/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/launch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

static int launch_with(const struct launch *s, const posix_spawnattr_t *attributes, pid_t *out_pid)
{
	posix_spawn_file_actions_t actions;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc != 0)
		return rc;
	rc = posix_spawn_file_actions_adddup2(&actions, s->stdout_fd, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&actions, s->stdin_fd, STDIN_FILENO);
	if (rc == 0 && s->stderr_fd >= 0)
		rc = posix_spawn_file_actions_adddup2(&actions, s->stderr_fd, STDERR_FILENO);
	if (rc == 0)
		rc = posix_spawn(out_pid, s->argv[0], &actions, attributes,
		                 (char *const *)(uintptr_t)s->argv,
		                 (char *const *)(uintptr_t)s->environment);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

int launch_start(const struct launch *s, pid_t *out_pid)
{
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int rc = posix_spawnattr_init(&attributes);

	if (rc != 0)
		return -rc;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
	                                          POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	rc = launch_with(s, &attributes, out_pid);
	posix_spawnattr_destroy(&attributes);
	return -rc;
}

int launch_wait(pid_t pid, int timeout_ms)
{
	struct pollfd ended = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	int rc;

	if (ended.fd < 0)
		return -errno;
	do
		rc = poll(&ended, 1, timeout_ms);
	while (rc < 0 && errno == EINTR);
	rc = rc < 0 ? -errno : rc == 0 ? -ETIMEDOUT : 0;
	close(ended.fd);
	return rc;
}

int launch_end(pid_t pid)
{
	int status = 0;

	kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

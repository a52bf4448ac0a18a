/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Starts another program: by argument vector, without a shell, in a process group of its own, with
 * no signal blocked or ignored. Descriptors other than the three are to be close-on-exec.
 * Threads: any.
 */
#include <sys/types.h>

struct launch {
	const char *const *argv;        /* argv[0]: a path; ends with NULL */
	const char *const *environment; /* all that it sees; ends with NULL */
	int stdin_fd, stdout_fd;
	int stderr_fd; /* -1 = ours */
};

/* Errors: negative errno, also when there is no such program */
int launch_start(const struct launch *s, pid_t *out_pid);

/*
 * Wait until it has ended by itself; launch_end() then tells how.
 * Errors: -ETIMEDOUT; other negative errno
 */
int launch_wait(pid_t pid, int timeout_ms);

/* Kill what is left of its group and take its status, as of waitpid(). */
int launch_end(pid_t pid);

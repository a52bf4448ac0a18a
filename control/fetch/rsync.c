/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/fetch/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RSYNC_ARGUMENTS_MAX 16
#define RSYNC_STALL_S       120
#define RSYNC_TEXT_MAX      512

/*
 * rsync keeps the old file in place as the basis of its delta, writes beside it and renames; so no
 * part of ours is involved. There is no shell on the way: the source is one argument behind "--".
 */
struct rsync_call {
	char size[64], stall[64], password[TARGET_PATH_MAX + 32], path[TARGET_PATH_MAX];
	const char *argv[RSYNC_ARGUMENTS_MAX];
};

static void rsync_compose(struct rsync_call *call, const struct fetch_request *request,
                          const struct target *target)
{
	size_t n = 0;

	snprintf(call->size, sizeof(call->size), "--max-size=%llu",
	         (unsigned long long)request->size_max);
	snprintf(call->stall, sizeof(call->stall), "--timeout=%u",
	         request->timeout_s < RSYNC_STALL_S ? request->timeout_s : RSYNC_STALL_S);
	snprintf(call->path, sizeof(call->path), "./%s", target->name);
	call->argv[n++] = "rsync";
	call->argv[n++] = "--times";
	call->argv[n++] = "--compress";
	call->argv[n++] = "--copy-links"; /* a link would name a file of ours */
	call->argv[n++] = "--no-motd";
	call->argv[n++] = call->size;
	call->argv[n++] = call->stall;
	if (request->secret_file) {
		snprintf(call->password, sizeof(call->password), "--password-file=%s",
		         request->secret_file);
		call->argv[n++] = call->password;
	}
	call->argv[n++] = "--";
	call->argv[n++] = request->source;
	call->argv[n++] = call->path;
	call->argv[n] = NULL;
}

static void __attribute__((noreturn))
rsync_become(const struct rsync_call *call, int folder, int error_fd)
{
	static const char *const no_environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", NULL};
	int null = open("/dev/null", O_RDWR);

	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
	    dup2(error_fd, STDERR_FILENO) >= 0 && fchdir(folder) == 0 &&
	    prctl(PR_SET_PDEATHSIG, SIGTERM) == 0)
		/* RSYNC_CONNECT_PROG and the like would be commands to run. */
		execvpe(call->argv[0], (char *const *)(uintptr_t)call->argv,
		        (char *const *)(uintptr_t)no_environment);
	dprintf(STDERR_FILENO, "cannot run rsync: %s\n", strerror(errno));
	_exit(127);
}

/* Run it; its first line of complaint is kept. Returns the status of waitpid(), or negative errno.
 */
static int rsync_run(const struct rsync_call *call, int folder, char out_text[RSYNC_TEXT_MAX])
{
	char rest[RSYNC_TEXT_MAX];
	size_t size = 0;
	ssize_t got;
	int fds[2], status = 0;
	pid_t pid;

	out_text[0] = '\0';
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		rsync_become(call, folder, fds[1]);
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return -errno;
	}
	while ((got = read(fds[0], size < RSYNC_TEXT_MAX - 1 ? out_text + size : rest,
	                   size < RSYNC_TEXT_MAX - 1 ? RSYNC_TEXT_MAX - 1 - size : sizeof(rest))) >
	           0 ||
	       (got < 0 && errno == EINTR)) {
		if (got > 0 && size < RSYNC_TEXT_MAX - 1)
			size += (size_t)got;
	}
	close(fds[0]);
	out_text[size] = '\0';
	out_text[strcspn(out_text, "\r\n")] = '\0';
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static bool rsync_stat(const struct target *target, struct stat *out_st)
{
	return fstatat(target->folder, target->name, out_st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(out_st->st_mode);
}

static bool rsync_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

void rsync_fetch(const struct fetch_request *request, struct target *target,
                 struct fetch_result *out_result)
{
	struct rsync_call call;
	struct stat before, after;
	char text[RSYNC_TEXT_MAX];
	bool was_there = rsync_stat(target, &before);
	int status;

	rsync_compose(&call, request, target);
	status = rsync_run(&call, target->folder, text);
	if (status < 0) {
		fetch_fail(out_result, "cannot run rsync: %s", strerror(-status));
	} else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fetch_fail(out_result, "rsync ended with status %d: %.200s",
		           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text);
	} else if (!rsync_stat(target, &after)) {
		/* rsync passes over a file above --max-size, and over a folder, without an error.
		 */
		fetch_fail(out_result,
		           "rsync gave no file; it is no file, or of more than %llu bytes",
		           (unsigned long long)request->size_max);
	} else if (was_there && rsync_is_same(&before, &after)) {
		out_result->outcome = FETCH_UNCHANGED;
	} else {
		out_result->outcome = FETCH_DONE;
		out_result->size = (uint64_t)after.st_size;
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/signature.h"

#include "control/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Not negative, which would be for ever. */
static int left_ms(int64_t deadline_ms)
{
	int64_t left = deadline_ms - now_ms();

	return left > 0 ? (int)left : 0;
}

/*
 * All that is said, terminated.
 * Errors: -ETIMEDOUT; -EMSGSIZE; other negative errno
 */
static int read_status(int fd, int64_t deadline_ms, char out_status[SIGNATURE_STATUS_MAX])
{
	size_t size = 0;

	for (;;) {
		struct pollfd readable = {.fd = fd, .events = POLLIN};
		int rc = poll(&readable, 1, left_ms(deadline_ms));
		ssize_t got;

		if (rc < 0 && errno == EINTR)
			continue;
		if (rc <= 0)
			return rc == 0 ? -ETIMEDOUT : -errno;
		got = read(fd, out_status + size, SIGNATURE_STATUS_MAX - size);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			break;
		size += got > 0 ? (size_t)got : 0;
		if (size == SIGNATURE_STATUS_MAX)
			return -EMSGSIZE;
	}
	out_status[size] = '\0';
	return strlen(out_status) == size ? 0 : -EINVAL;
}

/* Errors: negative errno */
static int start(const struct signature *s, int status_fd, pid_t *out_pid)
{
	/* No folder with keys or settings of its own but what is told here. */
	const char *const argv[] = {s->program,     "--status-fd", "1",        "--homedir",
	                            "/nonexistent", "--keyring",   s->keyring, "--",
	                            s->signature,   s->path,       NULL};
	static const char *const no_environment[] = {NULL};
	struct launch launch = {
	    .argv = argv, .environment = no_environment, .stdout_fd = status_fd};
	int rc, null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return -errno;
	launch.stdin_fd = null;
	launch.stderr_fd = null;
	rc = launch_start(&launch, out_pid);
	close(null);
	return rc;
}

/* Errors: as read_status(), and -EPROTO when it did not end as it should */
static int run(const struct signature *s, char out_status[SIGNATURE_STATUS_MAX])
{
	int64_t deadline_ms = now_ms() + s->timeout_ms;
	int fds[2], rc, status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	rc = start(s, fds[1], &pid);
	close(fds[1]);
	if (rc == 0) {
		rc = read_status(fds[0], deadline_ms, out_status);
		if (rc == 0)
			rc = launch_wait(pid, left_ms(deadline_ms));
		status = launch_end(pid);
		/* 1 and 2 are of signatures that are not good; the lines say more. */
		if (rc == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) > 2))
			rc = -EPROTO;
	}
	close(fds[0]);
	return rc;
}

/* What gpgv would tell of badly, or not at all. Errors: negative errno, told */
static int look(const struct signature *s, char *out_reason, size_t reason_size)
{
	static const char armor[] = "-----BEGIN PGP";
	char head[sizeof(armor) - 1];
	struct stat st;
	ssize_t got;
	int fd;

	if (stat(s->signature, &st) < 0) {
		snprintf(out_reason, reason_size, "its signature '%.200s': %s", s->signature,
		         strerror(errno));
		return -EBADMSG;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > SIGNATURE_SIZE_MAX) {
		snprintf(out_reason, reason_size, "'%.200s' is no signature: %s", s->signature,
		         S_ISREG(st.st_mode) ? "it is too large" : "not a regular file");
		return -EBADMSG;
	}
	fd = open(s->keyring, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, head, sizeof(head));
	if (got < 0) {
		int rc = -errno;

		snprintf(out_reason, reason_size, "the keyring '%.200s': %s", s->keyring,
		         strerror(-rc));
		if (fd >= 0)
			close(fd);
		return rc;
	}
	close(fd);
	if (got < (ssize_t)sizeof(head) || memcmp(head, armor, sizeof(head)) != 0)
		return 0;
	snprintf(out_reason, reason_size,
	         "the keyring '%.100s' is ASCII-armored: make it binary with 'gpg --dearmor'",
	         s->keyring);
	return -EINVAL;
}

int signature_check(const struct signature *s, char *out_reason, size_t reason_size)
{
	char status[SIGNATURE_STATUS_MAX];
	int rc = look(s, out_reason, reason_size);

	if (rc < 0)
		return rc;
	rc = run(s, status);
	if (rc == 0)
		return signature_judge(s, status, out_reason, reason_size);
	snprintf(out_reason, reason_size, "its signature cannot be checked: '%.100s': %s%s",
	         s->program,
	         rc == -EPROTO     ? "it failed"
	         : rc == -EMSGSIZE ? "it says too much"
	                           : strerror(-rc),
	         rc == -ENOENT ? " (it is in the package gpgv)" : "");
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/unix_place.h"

#include "control/durable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Errors are those of bind(), should the folder not be there then. */
static void make_folder(const char *path)
{
	char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;
	int fd = -1;

	if (slash && slash != folder) {
		*slash = '\0';
		fd = durable_folder(folder);
	}
	if (fd >= 0)
		close(fd);
	free(folder);
}

static int unix_socket(int type)
{
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/* 0 when what is at the path is a socket that nobody has, which is gone then. */
static int remove_stale(const struct sockaddr_un *address, int type)
{
	struct stat st;
	int fd, rc;

	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	fd = unix_socket(type);
	if (fd < 0)
		return fd;
	rc = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;
	close(fd);
	/* -EPROTOTYPE: alive, of another type. */
	if (rc != -ECONNREFUSED && rc != -ENOENT)
		return -EADDRINUSE;
	return unlink(address->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

int unix_place_bind(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = strlen(path);
	int fd, rc;

	if (size == 0 || size >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, size);
	make_folder(path);
	fd = unix_socket(type);
	if (fd < 0)
		return fd;
	/* Linux makes the file with the mode of the unbound socket, less the umask. */
	fchmod(fd, 0666);
	rc = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	if (rc == -EADDRINUSE) {
		rc = remove_stale(&address, type);
		if (rc == 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
			rc = -errno;
	}
	if (rc == 0 && chmod(path, 0666) < 0)
		rc = -errno;
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

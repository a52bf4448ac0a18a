/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/fetch/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const fetch_outcomes[] = {
    [FETCH_DONE] = "fetched", [FETCH_UNCHANGED] = "unchanged", [FETCH_FAILED] = "failed"};

void fetch_fail(struct fetch_result *result, const char *format, ...)
{
	va_list arguments;

	result->outcome = FETCH_FAILED;
	va_start(arguments, format);
	vsnprintf(result->reason, sizeof(result->reason), format, arguments);
	va_end(arguments);
}

int fetch_secret(const char *path, char *out_text, size_t size, struct fetch_result *result)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st) < 0) {
		int rc = -errno;

		fetch_fail(result, "'%s': %s", path, strerror(-rc));
		if (fd >= 0)
			close(fd);
		return rc;
	}
	got = S_ISREG(st.st_mode) && !(st.st_mode & S_IROTH) ? read(fd, out_text, size - 1) : 0;
	close(fd);
	if (st.st_mode & S_IROTH) {
		fetch_fail(result,
		           "'%s': everybody may read it (mode %04o), expected mode 0600 or 0640",
		           path, st.st_mode & 07777u);
		return -EINVAL;
	}
	out_text[got > 0 ? got : 0] = '\0';
	out_text[strcspn(out_text, "\r\n")] = '\0';
	if (out_text[0] && got < (ssize_t)size - 1)
		return 0;
	fetch_fail(result, "'%s': expected one line of at most %zu bytes", path, size - 2);
	return -EINVAL;
}

size_t fetch_server_size(const char *source)
{
	const char *authority = strstr(source, "://"), *module = strstr(source, "::");

	if (authority)
		return (size_t)(authority - source) + 3 + strcspn(authority + 3, "/?#");
	return module ? (size_t)(module - source) + 2 : strlen(source);
}

bool fetch_is_same_server(const char *a, const char *b)
{
	size_t size = fetch_server_size(a);

	return size == fetch_server_size(b) && strncasecmp(a, b, size) == 0;
}

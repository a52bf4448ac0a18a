/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="

const char *config_token_read(const char *path, char out_token[CONFIG_TOKEN_MAX + 1])
{
	char text[CONFIG_TOKEN_MAX + 3]; /* with a line end, and one to see that there is more */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *wrong = NULL;
	struct stat st;
	ssize_t size;

	if (fd < 0)
		return strerror(errno);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		wrong = "is no regular file";
		goto out;
	}
	if (st.st_mode & (S_IROTH | S_IWOTH)) {
		wrong = "everybody may read or write it, expected mode 0600 or 0640";
		goto out;
	}
	size = read(fd, text, sizeof(text));
	if (size < 0) {
		wrong = strerror(errno);
		goto out;
	}
	while (size > 0 && strchr(" \t\r\n", text[size - 1]))
		size--;
	if (size < CONFIG_TOKEN_MIN || size > CONFIG_TOKEN_MAX) {
		wrong = "expected one line of 16 to 128 characters";
		goto out;
	}
	text[size] = '\0';
	if (strspn(text, TOKEN_CHARACTERS) != (size_t)size)
		wrong = "expected one line of letters, digits and - . _ ~ + / =";
	else
		memcpy(out_token, text, (size_t)size + 1);
out:
	explicit_bzero(text, sizeof(text));
	close(fd);
	return wrong;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/fetch/target.h"

#include "control/durable.h"

#include <jansson.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FACTS_MAX 8192

int target_open(struct target *t, const char *path, uint64_t size_max)
{
	const char *slash = strrchr(path, '/');
	char folder[TARGET_PATH_MAX];

	if (!slash || slash == path || strlen(path) >= sizeof(folder) || !slash[1] ||
	    strlen(slash + 1) >= sizeof(t->name))
		return -EINVAL;
	*t = (struct target){.fd = -1, .size_max = size_max};
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	snprintf(t->name, sizeof(t->name), "%s", slash + 1);
	snprintf(t->part, sizeof(t->part), "%s.part", t->name);
	snprintf(t->facts, sizeof(t->facts), "%s.json", t->name);
	t->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return t->folder < 0 ? -errno : 0;
}

void target_close(struct target *t)
{
	if (t->fd >= 0) {
		close(t->fd);
		unlinkat(t->folder, t->part, 0);
	}
	if (t->folder >= 0)
		close(t->folder);
	t->fd = t->folder = -1;
}

int target_begin(struct target *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->size = 0;
	t->fd =
	    openat(t->folder, t->part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	return t->fd < 0 ? -errno : 0;
}

int target_write(struct target *t, const void *bytes, size_t size)
{
	const char *at = bytes;

	if (size > t->size_max - t->size)
		return -EFBIG;
	t->size += size;
	while (size > 0) {
		ssize_t written = write(t->fd, at, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		at += written;
		size -= (size_t)written;
	}
	return 0;
}

static int target_keep_facts(const struct target *t, const char *source,
                             const struct target_facts *facts)
{
	json_t *object =
	    json_pack("{s:s, s:s, s:s, s:I}", "source", source, "etag", facts->etag, "modified",
	              facts->modified, "serial", (json_int_t)facts->serial);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	int rc = text ? durable_write(t->folder, t->facts, text, strlen(text)) : -ENOMEM;

	free(text);
	json_decref(object);
	return rc;
}

void target_forget(const struct target *t)
{
	/* Should this fail, the worst is a whole fetch too many or a difference that does not fit.
	 */
	unlinkat(t->folder, t->facts, 0);
}

int target_commit(struct target *t, const char *source, const struct target_facts *facts,
                  int64_t mtime_s)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = mtime_s}};
	int rc;

	if (mtime_s == 0)
		times[1].tv_nsec = UTIME_NOW;
	if (futimens(t->fd, times) < 0 || fsync(t->fd) < 0)
		return -errno;
	/* Facts of the old file beside the new one would ask for the wrong thing for ever. */
	target_forget(t);
	rc = durable_rename(t->folder, t->part, t->name);
	if (rc < 0)
		return rc;
	close(t->fd);
	t->fd = -1;
	return target_keep_facts(t, source, facts);
}

static void target_copy_text(json_t *object, const char *key, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (text && strlen(text) < size)
		snprintf(out, size, "%s", text);
}

void target_facts(const struct target *t, const char *source, struct target_facts *out_facts)
{
	const char *of;
	json_t *object;
	char *text;
	size_t size;

	memset(out_facts, 0, sizeof(*out_facts));
	if (faccessat(t->folder, t->name, R_OK, 0) < 0)
		return;
	text = durable_read(t->folder, t->facts, FACTS_MAX, &size);
	object = text ? json_loadb(text, size, 0, NULL) : NULL;
	of = json_string_value(json_object_get(object, "source"));
	if (of && strcmp(of, source) == 0) {
		target_copy_text(object, "etag", out_facts->etag, sizeof(out_facts->etag));
		target_copy_text(object, "modified", out_facts->modified,
		                 sizeof(out_facts->modified));
		out_facts->serial = (uint32_t)json_integer_value(json_object_get(object, "serial"));
	}
	json_decref(object);
	free(text);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/fetch/zone_changes.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct change {
	bool is_added;
	bool was_there; /* in the old file */
	bool is_new;    /* it was added before it was deleted: need not be in the old file */
	char line[];
};

struct zone_changes {
	void *tree; /* of tsearch(), by line */
	/* While the tree is walked, which gives no context of its own. */
	struct target *target;
	int error;
};

static int change_compare(const void *a, const void *b)
{
	return strcmp(((const struct change *)a)->line, ((const struct change *)b)->line);
}

struct zone_changes *zone_changes_new(void)
{
	return calloc(1, sizeof(struct zone_changes));
}

void zone_changes_free(struct zone_changes *changes)
{
	if (!changes)
		return;
	tdestroy(changes->tree, free);
	free(changes);
}

int zone_changes_note(struct zone_changes *changes, const char *line, bool is_added)
{
	size_t size = strlen(line) + 1;
	struct change *change = malloc(sizeof(*change) + size), **at;

	if (!change)
		return -ENOMEM;
	*change = (struct change){.is_added = is_added, .is_new = is_added};
	memcpy(change->line, line, size);
	at = tsearch(change, &changes->tree, change_compare);
	if (!at) {
		free(change);
		return -ENOMEM;
	}
	if (*at != change) {
		(*at)->is_added = is_added;
		free(change);
	}
	return 0;
}

static int copy_old(struct zone_changes *changes, FILE *old, struct target *target)
{
	struct change *key = NULL;
	char *line = NULL;
	size_t size = 0;
	ssize_t got;
	int rc = 0;

	for (bool is_first = true; rc == 0 && (got = getline(&line, &size, old)) > 0;
	     is_first = false) {
		struct change *bigger = realloc(key, sizeof(*key) + (size_t)got + 1), **at;

		if (!bigger) {
			rc = -ENOMEM;
			break;
		}
		key = bigger;
		memcpy(key->line, line, (size_t)got + 1);
		at = tfind(key, &changes->tree, change_compare);
		if (at)
			(*at)->was_there = true;
		if (!is_first && (!at || (*at)->is_added))
			rc = target_write(target, line, (size_t)got);
	}
	if (rc == 0 && ferror(old))
		rc = -EIO;
	free(line);
	free(key);
	return rc;
}

/* What the old file did not have. */
static void add_new(const void *node, VISIT visit, void *context)
{
	const struct change *change = *(const struct change *const *)node;
	struct zone_changes *changes = context;

	if (visit != postorder && visit != leaf)
		return;
	if (changes->error == 0 && !change->was_there && !change->is_added && !change->is_new)
		changes->error = -EBADMSG;
	if (changes->error == 0 && !change->was_there && change->is_added)
		changes->error = target_write(changes->target, change->line, strlen(change->line));
}

int zone_changes_apply(struct zone_changes *changes, const char *soa, struct target *target)
{
	int fd = openat(target->folder, target->name, O_RDONLY | O_CLOEXEC), rc;
	FILE *old = fd < 0 ? NULL : fdopen(fd, "r");

	if (!old) {
		rc = -errno;
		if (fd >= 0)
			close(fd);
		return rc;
	}
	rc = target_write(target, soa, strlen(soa));
	if (rc == 0)
		rc = copy_old(changes, old, target);
	fclose(old);
	changes->target = target;
	changes->error = rc;
	twalk_r(changes->tree, add_new, changes);
	return changes->error;
}

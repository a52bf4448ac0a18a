/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/pushed.h"

#include "control/durable.h"
#include "control/fetch/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct pushed {
	char *path;
	uint64_t size_max;
	uint64_t upload, last_upload; /* 0 = none is under way */
	struct target target;         /* while one is */
};

struct pushed *pushed_new(const char *path, uint64_t size_max)
{
	struct pushed *p = calloc(1, sizeof(*p));
	int folder = durable_folder(path), rc = folder < 0 ? -folder : 0;

	if (folder >= 0)
		close(folder);
	if (p && rc == 0 && asprintf(&p->path, "%s/source", path) < 0) {
		p->path = NULL;
		rc = ENOMEM;
	}
	if (p && rc == 0) {
		p->size_max = size_max;
		return p;
	}
	free(p);
	errno = rc ? rc : ENOMEM;
	return NULL;
}

static void pushed_stop(struct pushed *p)
{
	if (p->upload)
		target_close(&p->target);
	p->upload = 0;
}

void pushed_free(struct pushed *p)
{
	if (!p)
		return;
	pushed_stop(p);
	free(p->path);
	free(p);
}

const char *pushed_path(const struct pushed *p)
{
	return p->path;
}

static int pushed_begin(struct pushed *p)
{
	int rc;

	pushed_stop(p);
	rc = target_open(&p->target, p->path, p->size_max);
	if (rc < 0)
		return rc;
	rc = target_begin(&p->target);
	if (rc < 0) {
		target_close(&p->target);
		return rc;
	}
	p->upload = ++p->last_upload;
	return 0;
}

int pushed_take(struct pushed *p, uint64_t upload, const void *bytes, size_t size,
                uint64_t *out_upload)
{
	int rc = 0;

	if (upload == 0)
		rc = pushed_begin(p);
	else if (upload != p->upload)
		return -ESTALE;
	if (rc == 0)
		rc = target_write(&p->target, bytes, size);
	if (rc < 0) {
		pushed_stop(p);
		return rc;
	}
	*out_upload = p->upload;
	return 0;
}

int pushed_end(struct pushed *p)
{
	const struct target_facts none = {.serial = 0};
	int rc = p->upload ? target_commit(&p->target, "push", &none, 0) : -ESTALE;

	pushed_stop(p);
	return rc;
}

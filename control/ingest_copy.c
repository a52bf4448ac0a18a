/* SPDX-License-Identifier: BSD-3-Clause */
/* From the source to the incoming file, reading it meanwhile. */
#include "control/copy_thread.h"
#include "control/ingest_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define INGEST_COPY_TRIES 3

void ingest_decide(struct ingest_result *r, enum ingest_outcome outcome, const char *format, ...)
{
	va_list arguments;

	r->outcome = outcome;
	va_start(arguments, format);
	vsnprintf(r->reason, sizeof(r->reason), format, arguments);
	va_end(arguments);
}

struct version_format ingest_configured(const struct ingest_settings *s)
{
	return (struct version_format){s->format, s->options};
}

struct dataset *ingest_read(const struct ingest_settings *s, const struct version_format *f,
                            struct reader *reader, struct trace *watch,
                            char out_error[INGEST_ERROR_MAX])
{
	const struct dataset_options options = {
	    .drop_bogons = s->drop_bogons, .format = f->options, .trace = watch};
	struct dataset *dataset;
	int rc;

	if (!reader) {
		snprintf(out_error, INGEST_ERROR_MAX, "%s", strerror(errno));
		return NULL;
	}
	out_error[0] = '\0';
	dataset = format_read(f->format, reader, &options, out_error, INGEST_ERROR_MAX);
	if (!dataset && out_error[0] == '\0')
		snprintf(out_error, INGEST_ERROR_MAX, "%s", strerror(errno));
	rc = errno;
	reader_close(reader);
	errno = rc;
	return dataset;
}

static bool ingest_is_local(int error)
{
	return error == -ENOSPC || error == -EDQUOT || error == -ENOMEM || error == -EMFILE ||
	       error == -ENFILE;
}

void ingest_forget(struct ingest_along *along)
{
	dataset_free(along->dataset);
	*along = (struct ingest_along){.watch = along->watch};
	for (struct trace *t = along->watch; t; t = t->next)
		t->is_found = false;
}

/* Copy to the end, and read meanwhile. Returns as copy_step() */
static int ingest_copy_along(const struct ingest_settings *s, struct versions *v, struct copy *copy,
                             struct ingest_along *along)
{
	const struct version_format configured = ingest_configured(s);
	struct copy_thread thread;
	struct reader *reader;

	if (copy_thread_start(&thread, copy, versions_incoming_path(v)) < 0)
		return 1; /* then one after the other */
	reader = reader_open_stream(copy_thread_read, &thread);
	if (reader) {
		along->dataset = ingest_read(s, &configured, reader, along->watch, along->error);
		along->code = errno;
		along->is_read = true;
	}
	return copy_thread_join(&thread, copy);
}

/* Whether the source is not what it was, as far as can be seen from outside. */
static bool ingest_is_other(const struct versions *v, const struct copy *copy)
{
	const struct version_info *good = versions_current(v);

	return !good || good->size != (uint64_t)copy->st.st_size ||
	       good->mtime_s != copy->st.st_mtim.tv_sec;
}

bool ingest_copy(const struct ingest_settings *s, struct versions *v, struct version_info *info,
                 struct ingest_along *along, struct ingest_result *r)
{
	struct copy copy;
	int rc = -EAGAIN;

	for (int i = 0; rc == -EAGAIN && i < INGEST_COPY_TRIES; i++) {
		ingest_forget(along);
		rc = copy_begin(&copy, s->path, versions_incoming_path(v));
		if (rc < 0)
			break;
		rc = ingest_is_other(v, &copy) ? ingest_copy_along(s, v, &copy, along) : 1;
		while (rc > 0)
			rc = copy_step(&copy);
		if (rc < 0)
			copy_abort(&copy);
		else
			rc = copy_end(&copy, s->path, info->checksum);
	}
	if (rc == 0) {
		info->size = copy.size;
		info->mtime_s = copy.st.st_mtim.tv_sec;
		return true;
	}
	ingest_forget(along);
	versions_discard(v);
	if (rc == -EAGAIN)
		ingest_decide(r, INGEST_CHANGING, "'%s' is being written", s->path);
	else if (copy.is_write_error || ingest_is_local(rc))
		ingest_decide(r, INGEST_FAILED, "cannot copy '%s' to '%s': %s", s->path,
		              versions_incoming_path(v), strerror(-rc));
	else if (rc == -EINVAL)
		ingest_decide(r, INGEST_MISSING, "'%s' is not a regular file", s->path);
	else
		ingest_decide(r, INGEST_MISSING, "'%s': %s", s->path, strerror(-rc));
	return false;
}

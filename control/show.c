/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/show.h"

#include "control/engine.h"
#include "control/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct show_job {
	struct worker_job job;
	struct manual *manual;
	struct server_request *client;
	char *list;
	uint32_t code; /* of the list */
	json_t *entries;
	int rc;
};

json_t *show_code(uint32_t code)
{
	char text[16];

	snprintf(text, sizeof(text), "%u.%u.%u.%u", code >> 24, code >> 16 & 255, code >> 8 & 255,
	         code & 255);
	return json_string(text);
}

static bool show_record(const struct manual_record *record, void *context)
{
	struct show_job *job = context;
	json_t *entry = json_pack(
	    "{s:s, s:o, s:s?, s:s?, s:s?, s:I, s:o}", "key", record->key, "code",
	    show_code(record->code ? record->code : job->code), "text", record->text, "reason",
	    record->reason, "author", record->author, "added_s", (json_int_t)record->added_s,
	    "expires_s", record->expires_s ? json_integer(record->expires_s) : json_null());

	if (json_array_append_new(job->entries, entry) == 0)
		return true;
	job->rc = -ENOMEM;
	return false;
}

static void show_run(struct worker_job *worker_job)
{
	struct show_job *job = (struct show_job *)worker_job;
	int rc = manual_each(job->manual, job->list, time(NULL), show_record, job);

	if (rc < 0)
		job->rc = rc;
}

static void show_done(struct worker_job *worker_job)
{
	struct show_job *job = (struct show_job *)worker_job;

	if (worker_job->is_cancelled)
		server_refuse(job->client, "the daemon stops");
	else if (job->rc < 0)
		server_refuse(job->client, "list '%s' cannot be read: %s", job->list,
		              strerror(-job->rc));
	else
		server_reply(job->client,
		             json_pack("{s:b, s:O}", "ok", 1, "entries", job->entries));
	json_decref(job->entries);
	free(job->list);
	free(job);
}

void show_list(struct engine *e, struct server_request *client, const char *list)
{
	struct show_job *job = calloc(1, sizeof(*job));

	if (job) {
		job->entries = json_array();
		job->list = strdup(list);
	}
	if (!job || !job->entries || !job->list) {
		server_refuse(client, "out of memory");
		if (job)
			json_decref(job->entries);
		free(job);
		return;
	}
	for (unsigned i = 0; i < e->config->lists_count; i++) {
		if (strcmp(e->config->lists[i].name, list) == 0)
			job->code = e->config->lists[i].code;
	}
	job->job.run = show_run;
	job->job.done = show_done;
	job->manual = e->manual;
	job->client = client;
	worker_submit(e->reader, &job->job);
}

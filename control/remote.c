/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/remote.h"

#include "control/durable.h"
#include "control/fetcher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct remote {
	struct fetcher_task *task;
	char *path;
	struct ingest_proof proof; /* the keyring is nothing that is fetched */
	char error[FETCH_REASON_MAX];
	int64_t answered_s;
	remote_fetched *fetched;
	void *context;
};

bool remote_is_wanted(const struct config_feed *config)
{
	return config->url || config->rsync;
}

static void remote_settings(const struct config_feed *config, struct fetcher_settings *out_settings)
{
	*out_settings = (struct fetcher_settings){
	    .request = {.source = config->url ? config->url : config->rsync,
	                .checksum = config->checksum_url,
	                .signature = config->signature_url,
	                .secret_file = config->secret_file,
	                .proxy = config->proxy,
	                .ca_file = config->ca_file,
	                .size_max = config->size_max_bytes,
	                .timeout_s = (unsigned)config->timeout_s},
	    .refresh_s = config->refresh_s,
	    .min_interval_s = config->min_interval_s,
	};
}

static void remote_on_result(const struct fetch_result *result, void *context)
{
	struct remote *remote = context;

	remote->error[0] = '\0';
	if (result->outcome == FETCH_FAILED)
		snprintf(remote->error, sizeof(remote->error), "%s", result->reason);
	else
		remote->answered_s = time(NULL);
	remote->fetched(remote->error[0] ? remote->error : NULL, remote->context);
}

/* One that is left of another configuration says nothing of what will be fetched. */
static void remote_forget(int folder, const struct config_feed *config)
{
	if (!config->checksum_url) {
		unlinkat(folder, "source.sum", 0);
		unlinkat(folder, "source.sum.json", 0);
	}
	if (!config->signature_url) {
		unlinkat(folder, "source.sig", 0);
		unlinkat(folder, "source.sig.json", 0);
	}
}

/* Errors: -ENOMEM */
static int remote_name(char **out_path, const char *folder, const char *name, bool is_wanted)
{
	if (!is_wanted || asprintf(out_path, "%s/%s", folder, name) >= 0)
		return 0;
	*out_path = NULL;
	return -ENOMEM;
}

struct remote *remote_new(struct fetcher *fetcher, const struct config_feed *config,
                          const char *path, remote_fetched *fetched, void *context)
{
	struct remote *remote = calloc(1, sizeof(*remote));
	struct fetcher_settings settings;
	int folder, rc = -ENOMEM;

	if (!remote)
		return NULL;
	remote->fetched = fetched;
	remote->context = context;
	folder = durable_folder(path);
	if (folder < 0) {
		rc = folder;
		goto fail;
	}
	remote_forget(folder, config);
	close(folder);
	rc = remote_name(&remote->path, path, "source", true);
	rc |= remote_name(&remote->proof.checksum, path, "source.sum", config->checksum_url);
	rc |= remote_name(&remote->proof.signature, path, "source.sig", config->signature_url);
	remote->proof.fetched_as = strdup(config->url ? config->url : config->rsync);
	if (!remote->proof.fetched_as)
		rc = -ENOMEM;
	if (rc < 0)
		goto fail;
	remote_settings(config, &settings);
	remote->task = fetcher_add(fetcher, &settings, remote->path, remote_on_result, remote);
	if (remote->task)
		return remote;
	rc = -ENOMEM;
fail:
	remote_free(remote);
	errno = -rc;
	return NULL;
}

void remote_free(struct remote *remote)
{
	if (!remote)
		return;
	fetcher_remove(remote->task);
	free(remote->path);
	ingest_proof_done(&remote->proof);
	free(remote);
}

bool remote_is_of(const struct remote *remote, const struct config_feed *config)
{
	struct fetcher_settings settings;

	if (!remote_is_wanted(config))
		return false;
	remote_settings(config, &settings);
	return fetcher_is_of(remote->task, &settings);
}

const char *remote_path(const struct remote *remote)
{
	return remote->path;
}

const struct ingest_proof *remote_proof(const struct remote *remote)
{
	return &remote->proof;
}

uint64_t remote_now(struct remote *remote)
{
	return fetcher_now(remote->task);
}

void remote_status(const struct remote *remote, struct remote_status *out_status)
{
	out_status->error = remote->error[0] ? remote->error : NULL;
	out_status->answered_s = remote->answered_s;
	out_status->due_s = fetcher_due_s(remote->task);
}

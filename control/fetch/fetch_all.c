/* SPDX-License-Identifier: BSD-3-Clause */
/* What is fetched with which transport, and what proves a source before it. */
#include "control/fetch/fetch.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct {
	const char *scheme;
	fetch_transport *fetch;
} transports[] = {
    {"http://", http_fetch},     {"https://", http_fetch},    {"rsync://", rsync_fetch},
    {"axfr://", transfer_fetch}, {"ixfr://", transfer_fetch},
};

static fetch_transport *find_transport(const char *source)
{
	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
		if (strncasecmp(source, transports[i].scheme, strlen(transports[i].scheme)) == 0)
			return transports[i].fetch;
	}
	return strstr(source, "::") ? rsync_fetch : NULL;
}

static void fetch_one(const struct fetch_request *request, const char *path,
                      struct fetch_result *out_result)
{
	fetch_transport *fetch = find_transport(request->source);
	struct target target;
	int rc;

	if (!fetch) {
		fetch_fail(out_result, "there is no transport for this source");
		return;
	}
	rc = target_open(&target, path, request->size_max);
	if (rc < 0) {
		fetch_fail(out_result, "'%s': %s", path, strerror(-rc));
		return;
	}
	fetch(request, &target, out_result);
	target_close(&target);
}

static unsigned seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned)now.tv_sec;
}

/* What comes with a source, in a file of its own. */
struct companion {
	const char *what, *suffix;
	uint64_t size_max;
};

/* What is left of the time is the source's. */
static void fetch_companion(struct fetch_request *request, const char *path, const char *source,
                            const struct companion *companion, struct fetch_result *out_result)
{
	struct fetch_request beside = *request;
	char beside_path[TARGET_PATH_MAX], reason[FETCH_REASON_MAX];
	unsigned began_s = seconds_now(), took_s;

	beside.source = source;
	if (beside.size_max > companion->size_max)
		beside.size_max = companion->size_max;
	if (!fetch_is_same_server(request->source, source))
		beside.secret_file = NULL;
	*out_result = (struct fetch_result){.outcome = FETCH_FAILED};
	snprintf(beside_path, sizeof(beside_path), "%s%s", path, companion->suffix);
	fetch_one(&beside, beside_path, out_result);
	took_s = seconds_now() - began_s;
	request->timeout_s = took_s < request->timeout_s ? request->timeout_s - took_s : 1;
	if (out_result->outcome != FETCH_FAILED)
		return;
	memcpy(reason, out_result->reason, sizeof(reason));
	fetch_fail(out_result, "the %s: %.280s", companion->what, reason);
}

void fetch_all(const struct fetch_request *request, const char *path,
               struct fetch_result *out_result)
{
	static const struct companion checksum = {"checksum", ".sum", FETCH_CHECKSUM_SIZE_MAX};
	static const struct companion signature = {"signature", ".sig", FETCH_SIGNATURE_SIZE_MAX};
	struct fetch_request source = *request;

	/* First, so that a new source is never there without them. */
	if (request->checksum) {
		fetch_companion(&source, path, request->checksum, &checksum, out_result);
		if (out_result->outcome == FETCH_FAILED)
			return;
	}
	if (request->signature) {
		fetch_companion(&source, path, request->signature, &signature, out_result);
		if (out_result->outcome == FETCH_FAILED)
			return;
	}
	*out_result = (struct fetch_result){.outcome = FETCH_FAILED};
	fetch_one(&source, path, out_result);
}

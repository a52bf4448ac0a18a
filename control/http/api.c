/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/http/api.h"

#include "control/config_reputation.h"
#include "control/import/import.h"
#include "control/log.h"
#include "control/reputation/asking.h"
#include "control/reputation/explain.h"
#include "control/reputation/reports.h"
#include "control/reputation/reputation.h"

#include <sodium.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RETRY_S      "5"
#define DELIST_MAX   4096 /* bytes */
#define EVENTS_PER_S 0    /* reporters have rates of their own */

static int64_t api_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool api_has_reputation(const struct api *api, struct http_request *request)
{
	if (!api->reputation)
		http_refuse(request, 503, "this server keeps no reputation");
	return api->reputation != NULL;
}

static void api_ask_token(struct http_request *request, const char *whose)
{
	http_add_header(request, "WWW-Authenticate", "Bearer realm=\"reputed\"");
	http_refuse(request, 401, "Authorization: expected 'Bearer TOKEN', the token of %s", whose);
}

/* --- events --- */

static void api_counted(const enum reputation_outcome *outcomes, size_t count, void *context)
{
	struct http_request *request = context;
	int status;
	json_t *answer = reports_answer(outcomes, count, &status);

	if (status == 429 || status == 503)
		http_add_header(request, "Retry-After", RETRY_S);
	http_reply_json(request, status, answer);
}

/* Hand over what was parsed; the answer comes when it is on disk. */
static void api_submit(const struct api *api, struct http_request *request, const char *reporter,
                       const struct reports *reports)
{
	if (reputation_submit(api->reputation, reporter, reports->events, reports->count,
	                      api_counted, request) == 0)
		return;
	http_add_header(request, "Retry-After", RETRY_S);
	http_refuse(request, 503, "too many events wait, try again");
}

/* NULL: it is refused. */
static const char *api_reporter(const struct api *api, struct http_request *request)
{
	const char *token = http_token(request);
	const char *reporter;

	if (!api_has_reputation(api, request))
		return NULL;
	reporter = token ? reputation_reporter(api->reputation, token) : NULL;
	if (!reporter)
		api_ask_token(request, "a reporter");
	return reporter;
}

static void api_refuse_reports(const struct api *api, struct http_request *request, int rc,
                               const char *error)
{
	reputation_refuse(api->reputation, rc == -E2BIG ? REPUTATION_TOO_LARGE : REPUTATION_BAD, 1);
	http_refuse(request, rc == -E2BIG ? 413 : rc == -ENOMEM ? 503 : 400, "%s", error);
}

static void api_events(struct http_request *request, void *context)
{
	const struct api *api = context;
	const char *reporter = api_reporter(api, request);
	char error[REPORTS_ERROR_MAX];
	struct reports reports;
	const void *body;
	size_t size;
	int rc;

	if (!reporter)
		return;
	body = http_body(request, &size);
	rc = reports_parse(body, size, api_now_ms(), reputation_hash_key(api->reputation), &reports,
	                   error);
	if (rc < 0) {
		api_refuse_reports(api, request, rc, error);
		return;
	}
	api_submit(api, request, reporter, &reports);
	reports_done(&reports);
}

/* --- what rspamd's metadata_exporter pushes --- */

struct api_rspamd {
	const struct api *api;
	struct reports reports;
	int64_t now_ms;
	int rc;
	char error[REPORTS_ERROR_MAX];
};

static void api_add_imported(const struct import_event *event, void *context)
{
	struct api_rspamd *push = context;
	json_t *object = import_event_json(event, "", 0);

	if (push->rc == 0)
		push->rc = reports_add(&push->reports, object, push->now_ms,
		                       reputation_hash_key(push->api->reputation), push->error);
	json_decref(object);
}

static void api_rspamd(struct http_request *request, void *context)
{
	struct api_rspamd push = {.api = context, .now_ms = api_now_ms()};
	const char *reporter = api_reporter(context, request);
	const struct import_settings settings = {.emit = api_add_imported, .context = &push};
	struct import in = {.settings = settings};
	struct span body;

	if (!reporter)
		return;
	body.text = http_body(request, &body.size);
	/* rspamd needs nothing remembered, so nothing was made to remember it in. */
	import_line(&in, import_format_find("rspamd"), body, push.now_ms);
	if (in.counts.bad) {
		push.rc = -EINVAL;
		snprintf(push.error, sizeof(push.error),
		         "expected what metadata_exporter writes with 'formatter = \"json\"'");
	}
	if (push.rc < 0)
		api_refuse_reports(context, request, push.rc, push.error);
	else if (push.reports.count == 0)
		http_reply_json(request, 200, json_pack("{s:b, s:i}", "ok", 1, "counted", 0));
	else
		api_submit(context, request, reporter, &push.reports);
	reports_done(&push.reports);
}

/* --- explain --- */

static bool api_is_operator(const struct api *api, const char *token)
{
	const char *wanted = api->config->http.operator_token;
	char given[API_TOKEN_MAX + 1] = "", known[API_TOKEN_MAX + 1] = "";

	if (!token || !wanted || !wanted[0])
		return false;
	snprintf(given, sizeof(given), "%s", token);
	snprintf(known, sizeof(known), "%s", wanted);
	return strlen(token) <= API_TOKEN_MAX && sodium_memcmp(given, known, sizeof(given)) == 0;
}

static void api_explained(json_t *answer, void *context)
{
	if (answer)
		http_reply_json(context, 200, answer);
	else
		http_refuse(context, 503, "the daemon stops");
}

static void api_explain(struct http_request *request, void *context)
{
	const struct api *api = context;
	struct ledger_key key;
	char error[200];

	if (!api_has_reputation(api, request))
		return;
	if (explain_key_parse(http_tail(request), &key, error, sizeof(error)) < 0)
		http_refuse(request, 400, "%s", error);
	else
		asking_explain(api->reputation,
		               &(struct asking_question){&api->config->reputation->dials, &key,
		                                         api_is_operator(api, http_token(request))},
		               api_explained, request);
}

/* --- delist, by the operator --- */

static void api_delisted(int rc, void *context)
{
	if (rc == 0)
		http_reply_json(context, 200, json_pack("{s:b}", "ok", 1));
	else if (rc == -ENOENT)
		http_refuse(context, 404, "nothing is known of this key");
	else
		http_refuse(context, 503, "cannot save it: %s", strerror(-rc));
}

/* {"key": …, "reason": …} */
static void api_delist(struct http_request *request, void *context)
{
	const struct api *api = context;
	const char *key_text = NULL, *reason = NULL;
	char error[200], who[2 * ADDRESS_TEXT_MAX + 32], peer[2 * ADDRESS_TEXT_MAX];
	json_error_t json_error;
	struct ledger_key key;
	json_t *object;
	size_t size;
	const void *body = http_body(request, &size);

	if (!api_has_reputation(api, request))
		return;
	if (!api_is_operator(api, http_token(request))) {
		api_ask_token(request, "the operator (http.operator_token_file)");
		return;
	}
	object = json_loadb(body, size, JSON_REJECT_DUPLICATES, &json_error);
	address_format(http_peer(request), peer);
	snprintf(who, sizeof(who), "operator at %s", peer);
	if (json_unpack_ex(object, &json_error, JSON_STRICT, "{s:s, s:s}", "key", &key_text,
	                   "reason", &reason) < 0)
		http_refuse(request, 400, "body: %s, expected {\"key\": …, \"reason\": …}",
		            json_error.text);
	else if (explain_key_parse(key_text, &key, error, sizeof(error)) < 0)
		http_refuse(request, 400, "%s", error);
	else
		reputation_delist(api->reputation, &key, who, reason, api_delisted, request);
	json_decref(object);
}

/* --- health --- */

static void api_health(struct http_request *request, void *context)
{
	const struct api *api = context;
	const char *state = api->state(api->context);
	struct reputation_stats stats = {.is_saving = true};

	if (api->reputation)
		reputation_stats(api->reputation, &stats);
	http_reply_json(request, strcmp(state, "starting") == 0 || !stats.is_saving ? 503 : 200,
	                json_pack("{s:b, s:s, s:b}", "ok", stats.is_saving, "state", state,
	                          "saving", stats.is_saving));
}

static void api_metrics(struct http_request *request, void *context)
{
	const struct api *api = context;
	char *text = api->counters(api->context);

	if (text)
		http_reply(request, 200, "text/plain; version=0.0.4; charset=utf-8", text,
		           strlen(text));
	else
		http_refuse(request, 500, "out of memory");
	free(text);
}

const struct http_route api_routes[] = {
    {"POST", "/v1/events", API_EVENTS_SIZE_MAX, false, EVENTS_PER_S, api_events},
    {"POST", "/v1/rspamd", API_EVENTS_SIZE_MAX, false, EVENTS_PER_S, api_rspamd},
    {"GET", "/v1/explain/", 0, false, 600, api_explain},
    {"POST", "/v1/delist", DELIST_MAX, false, 60, api_delist},
    {"GET", "/v1/health", 0, true, 600, api_health},
    {"GET", "/metrics", 0, false, 600, api_metrics},
    {"GET", "/delist", 0, true, 30, page_show},
    {"POST", "/delist", DELIST_MAX, true, 10, page_post},
    {0},
};

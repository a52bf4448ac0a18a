/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation_commands.h"

#include "control/config_reputation.h"
#include "control/reputation/asking.h"
#include "control/reputation/explain.h"
#include "control/reputation/reports.h"
#include "control/reputation/reputation.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Whether there is a reputation; else it is refused. */
static bool has_reputation(const struct engine *e, struct server_request *client)
{
	bool is_there = e->reputation && e->config->reputation;

	if (!is_there)
		server_refuse(client, "no reputation is kept: the configuration has no section "
		                      "'reputation', or had none at the start");
	return is_there;
}

/* "postfix" or "112" */
static bool is_user(const char *user, uid_t uid)
{
	char buffer[4096], *end;
	struct passwd entry, *found;
	unsigned long number = strtoul(user, &end, 10);

	if (*end == '\0')
		return number == uid;
	return getpwnam_r(user, &entry, buffer, sizeof(buffer), &found) == 0 && found &&
	       found->pw_uid == uid;
}

static const char *reporter_of(const struct config_reputation *r, uid_t uid)
{
	for (unsigned i = 0; i < r->reporters_count; i++) {
		if (r->reporters[i].user && is_user(r->reporters[i].user, uid))
			return r->reporters[i].name;
	}
	return NULL;
}

static void on_counted(const enum reputation_outcome *outcomes, size_t count, void *context)
{
	int status;

	server_reply(context, reports_answer(outcomes, count, &status));
}

/* Errors: -EINVAL, out_reports is to be freed */
static int take_events(const struct engine *e, const struct request *r, struct reports *out_reports,
                       char out_error[REPORTS_ERROR_MAX])
{
	const json_t *event;
	struct timespec now;
	int rc = 0;
	size_t i;

	clock_gettime(CLOCK_REALTIME, &now);
	json_array_foreach(r->events, i, event)
	{
		rc = reports_add(out_reports, event, (int64_t)now.tv_sec * 1000,
		                 reputation_hash_key(e->reputation), out_error);
		if (rc < 0)
			break;
	}
	if (rc == 0 && out_reports->count == 0) {
		snprintf(out_error, REPORTS_ERROR_MAX, "events: none, expected at least one");
		rc = -EINVAL;
	}
	return rc;
}

void reputation_commands_report(struct engine *e, struct server_request *client,
                                const struct request *r)
{
	struct reports reports = {0};
	char error[REPORTS_ERROR_MAX];
	const char *reporter;

	if (!has_reputation(e, client))
		return;
	reporter = reporter_of(e->config->reputation, server_uid(client));
	if (!reporter)
		server_refuse(client,
		              "no reporter has your user (uid %u): reputation.reporters needs one "
		              "with 'user: %u'",
		              (unsigned)server_uid(client), (unsigned)server_uid(client));
	else if (take_events(e, r, &reports, error) < 0)
		server_refuse(client, "%s", error);
	else if (reputation_submit(e->reputation, reporter, reports.events, reports.count,
	                           on_counted, client) < 0)
		server_refuse(client, "too many events wait, try again");
	reports_done(&reports);
}

/* --- explain, delist --- */

static void on_explained(json_t *answer, void *context)
{
	if (answer)
		server_reply(context, answer);
	else
		server_refuse(context, "the daemon stops");
}

/* Returns false: it is refused. */
static bool take_key(const struct engine *e, struct server_request *client, const struct request *r,
                     struct ledger_key *out_key)
{
	char error[200];

	if (!has_reputation(e, client))
		return false;
	if (explain_key_parse(r->key, out_key, error, sizeof(error)) == 0)
		return true;
	server_refuse(client, "%s", error);
	return false;
}

void reputation_commands_explain(struct engine *e, struct server_request *client,
                                 const struct request *r)
{
	struct ledger_key key;

	if (take_key(e, client, r, &key))
		asking_explain(e->reputation,
		               &(struct asking_question){&e->config->reputation->dials, &key, true},
		               on_explained, client);
}

static void on_delisted(int rc, void *context)
{
	if (rc == 0)
		server_reply(context, json_pack("{s:b}", "ok", 1));
	else if (rc == -ENOENT)
		server_refuse(context, "nothing is known of this key");
	else
		server_refuse(context, "cannot save it: %s", strerror(-rc));
}

void reputation_commands_delist(struct engine *e, struct server_request *client,
                                const struct request *r, const char *author)
{
	struct ledger_key key;

	if (take_key(e, client, r, &key))
		reputation_delist(e->reputation, &key, author, r->reason, on_delisted, client);
}

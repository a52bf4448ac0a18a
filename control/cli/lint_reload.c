/* SPDX-License-Identifier: BSD-3-Clause */
/* Items 19 and 20: what only a server can be asked whose control socket we may use. */
#include "control/cli/control_client.h"
#include "control/cli/lint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_TIMEOUT_MS  5000
#define REFRESH_TIMEOUT_MS 60000
#define ROUNDS_MIN         20
#define ROUNDS_MAX         1000

static json_t *ask_status(const struct lint *l)
{
	char error[CONTROL_CLIENT_ERROR_MAX];
	json_t *answer = NULL;

	if (!l->config_zone ||
	    control_client_call(l->config->control_socket, json_pack("{s:s}", "command", "status"),
	                        STATUS_TIMEOUT_MS, &answer, error) < 0)
		return NULL;
	return answer;
}

/* Let reputed read all feeds again; the process that waits for it, or -1. */
static pid_t start_refresh(const struct lint *l)
{
	char error[CONTROL_CLIENT_ERROR_MAX];
	json_t *answer = NULL;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid != 0)
		return pid;
	_exit(control_client_call(l->config->control_socket,
	                          json_pack("{s:s}", "command", "feeds-refresh"),
	                          REFRESH_TIMEOUT_MS, &answer, error) < 0);
}

struct watch {
	uint32_t serials[LINT_PATHS_MAX];
	bool has_serial[LINT_PATHS_MAX];
	unsigned questions;
	char wrong[LINT_TEXT_MAX]; /* the first thing that was */
};

/* A generation that was answered once is never older than one seen before (RFC 1982). */
static void look(struct lint *l, struct watch *w, const struct lint_key *key)
{
	struct lint_query q = lint_question(key ? &key->name : &l->apex, key ? LINT_A : LINT_SOA);
	const struct lint_record *record;
	const char *wrong = NULL;
	struct lint_soa soa;
	int rc = lint_exchange(l, &q, &wrong);

	w->questions++;
	if (rc == 0)
		wrong = lint_judge(l, &q, key ? LINT_WANT_LISTED : LINT_WANT_SOA);
	if (rc == 0 && !wrong && !key) {
		record = lint_message_find(&l->reply, LINT_ANSWER, LINT_SOA);
		if (lint_message_soa(&l->reply, record, &soa) == 0 && w->has_serial[l->path] &&
		    (int32_t)(soa.serial - w->serials[l->path]) < 0)
			wrong = "a serial that is older than one before";
		w->serials[l->path] = soa.serial;
		w->has_serial[l->path] = true;
	}
	if (wrong && !w->wrong[0])
		snprintf(w->wrong, sizeof(w->wrong), "%.200s over %.80s", wrong,
		         l->paths[l->path].text);
}

void lint_reload(struct lint *l)
{
	/* A test entry: another may go with the new version of a feed. */
	const struct lint_key *key = l->key_count && l->keys[0].is_test ? &l->keys[0] : NULL;
	struct watch w = {0};
	json_t *status = ask_status(l);
	bool is_over = false;
	int result = 0;
	pid_t pid;

	json_decref(status);
	if (!status) {
		lint_not_applicable(l, "only with -c FILE of a server whose reputed runs here");
		return;
	}
	pid = start_refresh(l);
	if (pid < 0) {
		lint_not_applicable(l, "no process could be made to ask reputed");
		return;
	}
	for (unsigned i = 0; i < ROUNDS_MAX && (!is_over || i < ROUNDS_MIN); i++) {
		l->path = i % l->path_count;
		if (!lint_is_alive(&l->paths[l->path]))
			continue;
		look(l, &w, NULL);
		if (key)
			look(l, &w, key);
		is_over = is_over || waitpid(pid, &result, WNOHANG) == pid;
	}
	if (!is_over)
		waitpid(pid, &result, 0); /* its own timeout bounds it */
	l->path = 0;
	if (result != 0)
		lint_note(l, false, "feeds-refresh", "reputed reads its feeds again", "it failed");
	else
		lint_note(l, !w.wrong[0], "questions all the while the feeds are read again",
		          "every one answered, no older serial",
		          w.wrong[0] ? w.wrong : "so they were");
}

static bool is_in(const json_t *names, const struct lint *l)
{
	const json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		const char *text = json_string_value(name);

		if (text && strcasecmp(text, l->config_zone->name) == 0)
			return true;
	}
	return false;
}

static bool is_stale(const json_t *feeds, const struct lint *l)
{
	const json_t *feed;
	size_t i;

	json_array_foreach(feeds, i, feed)
	{
		const char *name = json_string_value(json_object_get(feed, "name"));

		for (unsigned j = 0; name && j < l->config_zone->lists_count; j++)
			if (json_is_true(json_object_get(feed, "is_stale")) &&
			    strcmp(name, l->config_zone->lists[j]) == 0)
				return true;
	}
	return false;
}

/* Not loaded: SERVFAIL, never "not listed". Old: as answered as before, or SERVFAIL. */
void lint_stale(struct lint *l)
{
	struct lint_query q = lint_question(&l->apex, LINT_SOA);
	json_t *status = ask_status(l);
	const char *error = NULL, *wrong = NULL;
	bool is_unloaded, is_old;
	char came[LINT_TEXT_MAX];

	if (!status) {
		lint_not_applicable(l, "only with -c FILE of a server whose reputed runs here");
		return;
	}
	is_unloaded = is_in(json_object_get(status, "not_loaded"), l);
	is_old = is_stale(json_object_get(status, "feeds"), l);
	json_decref(status);
	if (!is_unloaded && !is_old) {
		lint_not_applicable(l, "every list of the zone is loaded and fresh");
		return;
	}
	q.opt_count = 1;
	q.udp_size = 1232;
	if (lint_exchange(l, &q, &error) < 0) {
		lint_note(l, false, l->zone, "an answer", error);
		return;
	}
	if (l->reply.rcode == LINT_SERVFAIL)
		wrong = lint_message_ede(&l->reply) < 0 ? "no EDE that says why" : NULL;
	else
		wrong = is_unloaded ? "a zone that is not loaded is answered" : NULL;
	lint_message_text(&l->reply, came);
	lint_note(l, !wrong, is_unloaded ? "SOA, zone not loaded" : "SOA, feed out of date",
	          is_unloaded ? "SERVFAIL with EDE" : "an answer, or SERVFAIL with EDE",
	          wrong ? wrong : came);
}

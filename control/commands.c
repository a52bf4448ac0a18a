/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/commands.h"

#include "control/answering.h"
#include "control/counters.h"
#include "control/engine.h"
#include "control/intake.h"
#include "control/manual.h"
#include "control/merge_names.h"
#include "control/publisher.h"
#include "control/reputation_commands.h"
#include "control/request.h"
#include "control/shadow.h"
#include "control/show.h"
#include "control/sources.h"
#include "control/status.h"

#include <sodium.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct config_list *commands_find(const struct engine *e, const char *name)
{
	for (unsigned i = 0; i < e->config->lists_count; i++) {
		if (strcmp(e->config->lists[i].name, name) == 0)
			return &e->config->lists[i];
	}
	return NULL;
}

/* The manual list a request names, or NULL: it is refused. */
static const struct config_list *commands_manual(const struct engine *e,
                                                 struct server_request *client, const char *name)
{
	const struct config_list *list = commands_find(e, name);

	if (!list)
		server_refuse(client, "there is no list '%s'", name);
	else if (!list->manual)
		server_refuse(client, "list '%s' is filled by a feed, not by hand", name);
	return list && list->manual ? list : NULL;
}

/* --- list-add, list-del --- */

struct commands_change {
	struct engine *engine;
	struct server_request *client;
	bool is_delete;
	char list[256], key[MANUAL_KEY_MAX], author[128];
	char warning[512];
};

static void commands_warn(struct commands_change *change, const char *text)
{
	size_t size = strlen(change->warning);

	if (text[0])
		snprintf(change->warning + size, sizeof(change->warning) - size, "%s%s",
		         size ? "; " : "", text);
}

static void commands_changed(const struct publisher_report *report, void *context)
{
	struct commands_change *change = context;
	const char *did = change->is_delete ? "deleted" : "added";
	char text[400];

	if (report->is_cancelled) {
		server_refuse(change->client, "the daemon stops; nothing was saved");
		goto out;
	}
	if (report->rc < 0) {
		log_error("list '%s': cannot save '%s': %s", change->list, change->key,
		          strerror(-report->rc));
		server_refuse(change->client, "cannot save '%s': %s", change->key,
		              strerror(-report->rc));
		goto out;
	}
	log_info("list '%s': '%s' %s by %s", change->list, change->key,
	         report->is_changed  ? did
	         : change->is_delete ? "not found, asked for"
	                             : "changed",
	         change->author);
	if (!report->result.is_answered) {
		snprintf(text, sizeof(text), "saved, but not answered yet: %s",
		         report->result.error[0] ? report->result.error
		                                 : "the data plane is not connected");
		commands_warn(change, text);
	}
	server_reply(change->client,
	             json_pack("{s:b, s:b, s:b, s:s?}", "ok", 1, did, report->is_changed,
	                       "answered", report->result.is_answered, "warning",
	                       change->warning[0] ? change->warning : NULL));
	engine_published(change->engine);
out:
	free(change);
}

static void commands_warn_never_name(struct commands_change *change, const struct config *config,
                                     const struct manual_key *key)
{
	char text[400];

	for (unsigned i = 0; i < config->never_name_count; i++) {
		const struct config_place *never = &config->never_names[i];

		if (!merge_name_is_within(key->wire, key->wire_size, never->wire, never->wire_size))
			continue;
		snprintf(text, sizeof(text), "%s is in guard.never_list and will not be answered",
		         key->text);
		commands_warn(change, text);
		return;
	}
}

/* Whether the key, or a part of what it spans, is never answered. */
static void commands_warn_never(struct commands_change *change, const struct config *config,
                                const struct manual_key *key)
{
	const struct address_range *r = &key->range;
	char text[512], network[2 * ADDRESS_TEXT_MAX];

	if (key->is_name && !key->is_exclusion)
		commands_warn_never_name(change, config, key);
	if (key->is_name || key->is_exclusion)
		return;
	for (unsigned i = 0; i < config->never_range_count; i++) {
		const struct address_range *never = &config->never_ranges[i];

		if (never->is_ip6 != r->is_ip6 || never->last < r->first || never->first > r->last)
			continue;
		address_format(never, network);
		if (never->first <= r->first && never->last >= r->last)
			snprintf(text, sizeof(text),
			         "%s is in guard.never_list and will not be answered", key->text);
		else
			snprintf(text, sizeof(text),
			         "the part of %s that is in guard.never_list ('%s') will not be "
			         "answered",
			         key->text, network);
		commands_warn(change, text);
		return;
	}
	/* RFC 5782 section 5: never listed. */
	if (!r->is_ip6 && r->first == 0x7f000001 && r->last == 0x7f000001)
		commands_warn(change, "127.0.0.1 is never listed and will not be answered");
}

static void commands_author(const struct request *r, const struct server_request *client,
                            char *out_text, size_t size)
{
	if (r->author)
		snprintf(out_text, size, "%s", r->author);
	else
		snprintf(out_text, size, "uid %u", (unsigned)server_uid(client));
}

static bool commands_is_everything(const struct manual_key *key)
{
	const struct address_range *r = &key->range;

	return !key->is_name && !key->is_exclusion && r->first == 0 &&
	       r->last == (r->is_ip6 ? ~(address6_t)0 : (address6_t)UINT32_MAX);
}

/* A change of a manual list that was checked, or NULL: it is refused. */
static struct commands_change *commands_change(struct engine *e, struct server_request *client,
                                               const struct request *r)
{
	struct commands_change *change;
	struct manual_key key;
	char error[200];

	if (!commands_manual(e, client, r->list))
		return NULL;
	if (manual_key_parse(r->key, &key, error, sizeof(error)) < 0) {
		server_refuse(client, "%s", error);
		return NULL;
	}
	if (r->command == REQUEST_LIST_ADD && commands_is_everything(&key)) {
		server_refuse(client, "%s lists everything: that is never answered", key.text);
		return NULL;
	}
	change = calloc(1, sizeof(*change));
	if (!change) {
		server_refuse(client, "out of memory");
		return NULL;
	}
	change->engine = e;
	change->client = client;
	snprintf(change->list, sizeof(change->list), "%s", r->list);
	memcpy(change->key, key.text, sizeof(change->key));
	commands_author(r, client, change->author, sizeof(change->author));
	if (key.has_host_bits) {
		snprintf(error, sizeof(error), "taken as '%.100s'", key.text);
		commands_warn(change, error);
	}
	if (r->command == REQUEST_LIST_ADD)
		commands_warn_never(change, e->config, &key);
	return change;
}

static void commands_add(struct engine *e, struct server_request *client, const struct request *r)
{
	struct commands_change *change = commands_change(e, client, r);
	int64_t now_s = time(NULL);
	struct manual_record record;

	if (!change)
		return;
	record = (struct manual_record){
	    .key = change->key,
	    .code = r->code,
	    .text = r->text,
	    .reason = r->reason,
	    .author = r->author ? r->author : change->author,
	    .added_s = now_s,
	    .expires_s = r->ttl_s ? now_s + (int64_t)r->ttl_s : 0,
	};
	publisher_put(e->publisher, change->list, &record, commands_changed, change);
}

static void commands_delete(struct engine *e, struct server_request *client,
                            const struct request *r)
{
	struct commands_change *change = commands_change(e, client, r);

	if (!change)
		return;
	change->is_delete = true;
	publisher_delete(e->publisher, change->list, change->key, commands_changed, change);
}

/* --- feeds --- */

struct commands_feeds {
	struct engine *engine;
	struct server_request *client;
	unsigned remaining;
	char error[500];
};

static void commands_fed(struct feed *feed, const char *error, void *context)
{
	struct commands_feeds *wait = context;

	if (error && !wait->error[0])
		snprintf(wait->error, sizeof(wait->error), "feed '%s': %s", feed->name, error);
	if (--wait->remaining > 0)
		return;
	if (wait->error[0])
		server_refuse(wait->client, "%s", wait->error);
	else
		server_reply(wait->client,
		             json_pack("{s:b, s:o}", "ok", 1, "feeds", status_feeds(wait->engine)));
	free(wait);
}

/* NULL: the client is refused. */
static struct commands_feeds *commands_wait(struct engine *e, struct server_request *client)
{
	struct commands_feeds *wait = calloc(1, sizeof(*wait));

	if (!wait) {
		server_refuse(client, "out of memory");
		return NULL;
	}
	wait->engine = e;
	wait->client = client;
	wait->remaining = 1;
	return wait;
}

typedef void commands_feed_work(struct feed *feed, intake_done *done, void *context);

static void commands_feeds(struct engine *e, struct server_request *client, const struct request *r,
                           commands_feed_work *work)
{
	struct feed *feed = r->feed ? intake_find(e->intake, r->feed) : NULL;
	struct commands_feeds *wait;

	if (r->feed && !feed) {
		server_refuse(client, "there is no feed '%s'", r->feed);
		return;
	}
	wait = commands_wait(e, client);
	if (!wait)
		return;
	if (feed) {
		work(feed, commands_fed, wait);
		return;
	}
	/* One more than feeds, so that the last one to finish is this loop or comes after it. */
	for (feed = intake_first(e->intake); feed; feed = feed->next) {
		wait->remaining++;
		work(feed, commands_fed, wait);
	}
	commands_fed(NULL, NULL, wait);
}

static void commands_rollback(struct engine *e, struct server_request *client,
                              const struct request *r)
{
	struct feed *feed = intake_find(e->intake, r->feed);
	struct commands_feeds *wait;

	if (!feed) {
		server_refuse(client, "there is no feed '%s'", r->feed);
		return;
	}
	wait = commands_wait(e, client);
	if (wait)
		intake_rollback(feed, r->version, commands_fed, wait);
}

struct commands_switched {
	struct engine *engine;
	struct server_request *client;
	int save_rc;
};

static void commands_switched(const struct publisher_report *report, void *context)
{
	struct commands_switched *wait = context;
	const char *error = report->result.error[0] ? report->result.error : strerror(-report->rc);
	char warning[400] = "";

	if (report->is_cancelled) {
		server_refuse(wait->client, "the daemon stops");
		free(wait);
		return;
	}
	if (report->rc < 0)
		snprintf(warning, sizeof(warning), "not in force yet: %s", error);
	else if (wait->save_rc < 0)
		snprintf(warning, sizeof(warning), "in force, but a restart will forget it: %s",
		         strerror(-wait->save_rc));
	server_reply(wait->client,
	             json_pack("{s:b, s:b, s:s?, s:o}", "ok", 1, "answered", report->rc == 0,
	                       "warning", warning[0] ? warning : NULL, "feeds",
	                       status_feeds(wait->engine)));
	free(wait);
}

/* The kill switch. */
static void commands_switch(struct engine *e, struct server_request *client,
                            const struct request *r)
{
	struct feed *feed = intake_find(e->intake, r->feed);
	bool is_off = r->command == REQUEST_FEEDS_DISABLE;
	struct commands_switched *wait;
	char author[128];

	if (!feed) {
		server_refuse(client, "there is no feed '%s'", r->feed);
		return;
	}
	if (!is_off && !feed->is_enabled) {
		server_refuse(client, "list '%s' has 'enabled: false' in the configuration",
		              r->feed);
		return;
	}
	wait = calloc(1, sizeof(*wait));
	if (!wait) {
		server_refuse(client, "out of memory");
		return;
	}
	*wait = (struct commands_switched){e, client, 0};
	commands_author(r, client, author, sizeof(author));
	wait->save_rc = answering_switch(e, feed, is_off ? (r->reason ? r->reason : "") : NULL,
	                                 author, commands_switched, wait);
	if (wait->save_rc != -ENOMEM)
		return;
	server_refuse(client, "out of memory");
	free(wait);
}

static void commands_push(struct engine *e, struct server_request *client, const struct request *r)
{
	struct feed *feed = intake_find(e->intake, r->feed);
	unsigned char bytes[REQUEST_DATA_MAX];
	struct intake_piece piece = {.upload = r->upload, .bytes = bytes, .is_last = r->is_last};
	struct commands_feeds *wait;
	uint64_t upload;
	int rc;

	if (!feed) {
		server_refuse(client, "there is no feed '%s'", r->feed);
		return;
	}
	if (sodium_base642bin(bytes, sizeof(bytes), r->data, strlen(r->data), NULL, &piece.size,
	                      NULL, sodium_base64_VARIANT_ORIGINAL) < 0) {
		server_refuse(client, "data: expected base64");
		return;
	}
	wait = commands_wait(e, client);
	if (!wait)
		return;
	rc = intake_push(feed, &piece, &upload, commands_fed, wait);
	if (rc == 0 && r->is_last)
		return;
	free(wait);
	if (rc == 0)
		server_reply(client,
		             json_pack("{s:b, s:I}", "ok", 1, "upload", (json_int_t)upload));
	else if (rc == -ENOTSUP)
		server_refuse(client, "feed '%s' is not pushed (no 'push: true')", r->feed);
	else if (rc == -ESTALE)
		server_refuse(client, "feed '%s': another push began meanwhile", r->feed);
	else
		server_refuse(client, "feed '%s': cannot keep what is pushed: %s", r->feed,
		              strerror(-rc));
}

/* --- all --- */

static void commands_dispatch(struct engine *e, struct server_request *client,
                              const struct request *r)
{
	char author[128];

	switch (r->command) {
	case REQUEST_STATUS:
		server_reply(client, status_all(e));
		break;
	case REQUEST_STATS:
		server_reply(client,
		             json_pack("{s:b, s:o}", "ok", 1, "counters", counters_json(e)));
		break;
	case REQUEST_LIST_ADD:
		commands_add(e, client, r);
		break;
	case REQUEST_LIST_DEL:
		commands_delete(e, client, r);
		break;
	case REQUEST_LIST_SHOW:
		if (commands_manual(e, client, r->list))
			show_list(e, client, r->list);
		break;
	case REQUEST_FEEDS_REFRESH:
		commands_feeds(e, client, r, intake_refresh);
		break;
	case REQUEST_FEEDS_ACCEPT:
		commands_feeds(e, client, r, intake_accept);
		break;
	case REQUEST_FEEDS_ROLLBACK:
		commands_rollback(e, client, r);
		break;
	case REQUEST_FEEDS_DISABLE:
	case REQUEST_FEEDS_ENABLE:
		commands_switch(e, client, r);
		break;
	case REQUEST_FEEDS_DIFF:
		shadow_find(e, client, r);
		break;
	case REQUEST_FEEDS_PUSH:
		commands_push(e, client, r);
		break;
	case REQUEST_SOURCES:
		sources_find(e, client, r->key);
		break;
	case REQUEST_REPORT:
		reputation_commands_report(e, client, r);
		break;
	case REQUEST_EXPLAIN:
		reputation_commands_explain(e, client, r);
		break;
	case REQUEST_DELIST:
		commands_author(r, client, author, sizeof(author));
		reputation_commands_delist(e, client, r, author);
		break;
	}
}

void commands_handle(struct server_request *request, const char *line, size_t size, void *context)
{
	struct engine *e = context;
	struct request r;
	char error[200];

	if (request_parse(line, size, &r, error, sizeof(error)) < 0) {
		server_refuse(request, "%s", error);
		return;
	}
	commands_dispatch(e, request, &r);
	request_done(&r);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/intake_private.h"
#include "control/pushed.h"
#include "control/remote.h"
#include "control/source.h"

#include <errno.h>
#include <stdio.h>

#define INTAKE_POLL_S 300 /* when the feed has no refresh */

static void intake_on_change(struct source *source, void *context)
{
	(void)source;
	intake_job_read(context, false);
}

static void intake_on_companion(struct source *source, void *context)
{
	(void)source;
	intake_job_read(context, true);
}

/* Tell who waits for a fetch what came of it. */
static void intake_tell_asker(struct feed *feed, const char *error)
{
	intake_done *asked = feed->asked;

	feed->asked = NULL;
	if (asked)
		asked(feed, error, feed->asked_context);
}

static struct source *intake_watch_file(struct feed *feed, const char *path,
                                        source_changed *changed)
{
	return source_add(feed->intake->sources, path,
	                  feed->refresh_s ? feed->refresh_s : INTAKE_POLL_S, changed, feed);
}

/*
 * Watch the files that options name, as what they hold changes what the feed means, and those that
 * prove a file here, as they may come after it.
 */
static int intake_watch_companions(struct feed *feed)
{
	const struct ingest_settings *s = &feed->settings;
	const char *const proofs[] = {s->proof.checksum, s->proof.signature, s->proof.keyring};
	size_t count = 0;

	for (const struct format_option *row = s->format->options; row && row->name; row++) {
		const char *path = format_options_get(s->options, row->name);

		if (!(row->flags & FORMAT_PATH) || !path || count == FEED_COMPANIONS_MAX)
			continue;
		feed->companions[count] = intake_watch_file(feed, path, intake_on_companion);
		if (!feed->companions[count++])
			return -errno;
	}
	for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++) {
		if (!proofs[i] || s->proof.fetched_as || count == FEED_COMPANIONS_MAX)
			continue;
		feed->companions[count] = intake_watch_file(feed, proofs[i], intake_on_change);
		if (!feed->companions[count++])
			return -errno;
	}
	return 0;
}

static void intake_on_fetched(const char *error, void *context)
{
	struct feed *feed = context;
	intake_done *asked = feed->asked;

	feed_note_fetch(feed, error);
	if (error) {
		intake_tell_asker(feed, error);
		return;
	}
	if (!asked) {
		intake_job_read(feed, false);
		return;
	}
	if (intake_job_submit(feed, INTAKE_READ, false, asked, feed->asked_context) < 0)
		intake_tell_asker(feed, "out of memory");
	feed->asked = NULL;
}

void intake_source_drop(struct feed *feed)
{
	feed_unwatch(feed);
	remote_free(feed->remote);
	feed->remote = NULL;
	intake_tell_asker(feed, "the feed is not configured any more");
}

/* Errors: negative errno */
static int intake_fetch(struct feed *feed, const struct config_feed *config)
{
	struct intake *in = feed->intake;
	struct ingest_proof proof;
	struct remote *remote;
	char folder[4096];

	if (!feed->remote || !remote_is_of(feed->remote, config)) {
		snprintf(folder, sizeof(folder), "%s/fetched/%s", in->state_dir, feed->name);
		remote = remote_new(in->fetcher, config, folder, intake_on_fetched, feed);
		if (!remote)
			return -errno;
		remote_free(feed->remote);
		feed->remote = remote;
	}
	if (feed_set_path(feed, remote_path(feed->remote)) < 0)
		return -ENOMEM;
	proof = *remote_proof(feed->remote);
	proof.keyring = config->keyring;
	return feed_set_proof(feed, &proof);
}

/* Errors: negative errno */
static int intake_receive(struct feed *feed, const struct config_feed *config)
{
	char folder[4096];

	snprintf(folder, sizeof(folder), "%s/pushed/%s", feed->intake->state_dir, feed->name);
	feed->pushed = pushed_new(folder, config->size_max_bytes);
	if (!feed->pushed)
		return -errno;
	if (feed_set_path(feed, pushed_path(feed->pushed)) < 0)
		return -ENOMEM;
	return feed_set_proof(feed, &(struct ingest_proof){.checksum = NULL});
}

/* Learn of changes of the feed's source from now on. Errors: negative errno */
int intake_source_watch(struct feed *feed, const struct config_feed *config)
{
	int rc;

	feed_unwatch(feed);
	rc = intake_watch_companions(feed);
	if (rc < 0)
		return rc;
	pushed_free(feed->pushed);
	feed->pushed = NULL;
	if (remote_is_wanted(config))
		return intake_fetch(feed, config);
	remote_free(feed->remote);
	feed->remote = NULL;
	if (config->is_pushed)
		return intake_receive(feed, config);
	feed->source = intake_watch_file(feed, feed->settings.path, intake_on_change);
	return feed->source ? 0 : -errno;
}

void intake_refresh(struct feed *feed, intake_done *done, void *context)
{
	char text[128];
	uint64_t wait_s;

	if (!feed->remote) {
		intake_job_ask(feed, INTAKE_READ, done, context);
		return;
	}
	if (feed->asked) {
		done(feed, "a refresh is under way", context);
		return;
	}
	feed->asked = done;
	feed->asked_context = context;
	wait_s = remote_now(feed->remote);
	if (wait_s == 0)
		return;
	snprintf(text, sizeof(text), "min_interval lets the source be asked again in %llu s",
	         (unsigned long long)wait_s);
	intake_tell_asker(feed, text);
}

int intake_push(struct feed *feed, const struct intake_piece *piece, uint64_t *out_upload,
                intake_done *done, void *context)
{
	int rc;

	if (!feed->pushed)
		return -ENOTSUP;
	rc = pushed_take(feed->pushed, piece->upload, piece->bytes, piece->size, out_upload);
	if (rc == 0 && piece->is_last) {
		rc = pushed_end(feed->pushed);
		if (rc == 0)
			intake_job_ask(feed, INTAKE_READ, done, context);
	}
	return rc;
}

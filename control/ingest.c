/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/ingest_private.h"
#include "feeds/notice.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Tell what versions knows at the end of a decision. */
static void ingest_finish(const struct versions *v, struct ingest_result *r)
{
	const struct version_info *good = versions_current(v), *held = versions_held(v);

	r->has_good = good != NULL;
	r->has_held = held != NULL;
	if (good)
		r->good = *good;
	if (held)
		r->held = *held;
	r->kept_count = versions_list(v, r->kept);
}

static void ingest_note_parsed(struct ingest_result *r, const struct dataset *d)
{
	r->was_parsed = true;
	r->next_expiry_s = d->facts.next_expiry_s;
	r->bad_lines = d->facts.bad_line_count;
	r->message_count = d->message_count;
	memcpy(r->messages, d->messages, sizeof(r->messages));
	r->skipped_lines = d->facts.skipped_count;
	r->skip_count = d->skip_count;
	memcpy(r->skips, d->skips, sizeof(r->skips));
}

/* Read a version from disk with what it was taken with. NULL with errno: out_error says why. */
static struct dataset *ingest_parse(const struct ingest_settings *s, const struct versions *v,
                                    const struct version_info *info, const char *path,
                                    char out_error[INGEST_ERROR_MAX])
{
	const struct version_format configured = ingest_configured(s);
	struct version_format f;
	struct dataset *dataset;
	int rc = version_format_find(versions_folder(v), info, &configured, &f);

	if (rc < 0) {
		snprintf(out_error, INGEST_ERROR_MAX, "the options it was taken with: %s",
		         rc == -EBADMSG ? "lost or damaged" : strerror(-rc));
		errno = -rc;
		return NULL;
	}
	dataset = ingest_read(s, &f, reader_open(path), NULL, out_error);
	rc = errno;
	version_format_done(&f);
	errno = rc;
	return dataset;
}

/* Read the current version, or one before it when it cannot be read. Returns NULL when none can. */
static struct dataset *ingest_current(const struct ingest_settings *s, struct versions *v,
                                      struct ingest_result *r)
{
	char error[INGEST_ERROR_MAX];

	while (versions_verify(v)) {
		struct dataset *d =
		    ingest_parse(s, v, versions_current(v), versions_current_path(v), error);

		if (d) {
			ingest_note_parsed(r, d);
			return d;
		}
		if (errno == ENOMEM) { /* nothing is wrong with the file */
			ingest_decide(r, INGEST_FAILED, "cannot read version %" PRIu64 ": %s",
			              versions_current(v)->number, error);
			return NULL;
		}
		versions_reject(v, error);
	}
	return NULL;
}

void ingest_load(const struct ingest_settings *s, struct versions *v, struct ingest_result *out)
{
	memset(out, 0, sizeof(*out));
	out->outcome = INGEST_NOTHING;
	out->dataset = ingest_current(s, v, out);
	if (out->dataset)
		out->outcome = INGEST_TAKEN;
	ingest_finish(v, out);
	if (out->dataset) /* without the entries that are over by now */
		out->good.facts.entry_count = out->dataset->facts.entry_count;
	if (out->has_held)
		memcpy(out->reason, out->held.reason, sizeof(out->reason));
}

static void ingest_hold(struct versions *v, struct version_info *info, struct ingest_result *r)
{
	const struct version_info *was = versions_held(v);
	int rc;

	r->is_new_refusal =
	    !was || memcmp(was->checksum, info->checksum, sizeof(info->checksum)) != 0;
	memcpy(info->reason, r->reason, sizeof(info->reason));
	rc = versions_hold(v, info);
	r->outcome = INGEST_HELD;
	if (rc < 0) {
		/* It is not taken either way; only accepting it is not possible. */
		size_t size = strlen(r->reason);

		snprintf(r->reason + size, sizeof(r->reason) - size,
		         " (and it cannot be kept for 'accept': %s)", strerror(-rc));
		versions_discard(v);
	}
}

static void ingest_confirm(struct versions *v, const struct version_info *info,
                           struct ingest_result *r)
{
	int rc = versions_confirm(v, info);

	versions_discard(v);
	r->outcome = INGEST_UNCHANGED;
	if (rc < 0)
		ingest_decide(r, INGEST_FAILED, "cannot note that '%s' is unchanged: %s",
		              versions_current_path(v), strerror(-rc));
}

static void ingest_notice(const char *path, struct notice *out_notice)
{
	struct reader *reader = reader_open(path);

	memset(out_notice, 0, sizeof(*out_notice));
	if (!reader)
		return;
	notice_find(reader, out_notice);
	reader_close(reader);
}

/* Hold it, with what it says if that is for people: that is the better reason. */
static void ingest_hold_read(struct versions *v, struct version_info *info, const char *reason,
                             struct ingest_result *r)
{
	struct notice notice;

	ingest_notice(versions_incoming_path(v), &notice);
	if (notice.is_page || notice.is_note)
		ingest_decide(r, INGEST_HELD,
		              "the source looks like a notice, not data: '%s' (%.200s)",
		              notice.text, reason);
	else
		ingest_decide(r, INGEST_HELD, "%s", reason);
	ingest_hold(v, info, r);
}

/* Whether a version that was read may serve; else what is wrong, and the guard that says so. */
static bool ingest_is_good(const struct ingest_settings *s, const struct version_info *good,
                           const struct dataset *d, const struct trace *watch,
                           struct version_info *info, char *out_reason)
{
	enum guard_outcome outcome = guard_check(&s->guards, &d->facts, good ? &good->facts : NULL,
	                                         out_reason, VERSION_REASON_MAX);

	info->guard[0] = '\0';
	if (outcome != GUARD_OK) {
		snprintf(info->guard, sizeof(info->guard), "%s", guard_name(outcome));
		return false;
	}
	if (!s->canaries || canaries_check(s->canaries, d, watch, out_reason, VERSION_REASON_MAX))
		return true;
	snprintf(info->guard, sizeof(info->guard), "canary");
	return false;
}

/* Whether a version was read with the same format and options as another. */
static bool ingest_is_read_so(const struct version_info *a, const struct version_info *b)
{
	return strcmp(a->format, b->format) == 0 &&
	       (!a->has_options || memcmp(a->options, b->options, sizeof(a->options)) == 0);
}

/* Decide about a version that was read; takes the dataset. */
static void ingest_judge(const struct ingest_settings *s, struct versions *v,
                         struct version_info *info, struct dataset *d, const struct trace *watch,
                         struct ingest_result *r)
{
	const struct version_info *good = versions_current(v);
	char reason[VERSION_REASON_MAX];
	int rc;

	info->facts = d->facts;
	/* Entries that are over one by one may differ in when, and have the same hash now. */
	if (good && !d->facts.next_expiry_s &&
	    memcmp(good->facts.hash, d->facts.hash, sizeof(d->facts.hash)) == 0 &&
	    good->facts.expires_s == d->facts.expires_s && ingest_is_read_so(good, info)) {
		ingest_confirm(v, info, r);
		goto out;
	}
	if (!ingest_is_good(s, good, d, watch, info, reason)) {
		info->cause = VERSION_GUARD;
		ingest_hold_read(v, info, reason, r);
		goto out;
	}
	rc = versions_take(v, info);
	if (rc < 0) {
		versions_discard(v);
		ingest_decide(r, INGEST_FAILED, "cannot keep the new version: %s", strerror(-rc));
		goto out;
	}
	r->outcome = INGEST_TAKEN;
	r->dataset = d;
	d = NULL;
out:
	dataset_free(d);
}

/* The same bytes as before need no parsing. Returns whether that decided it. */
static bool ingest_is_known(struct versions *v, struct version_info *info, bool must_parse,
                            struct ingest_result *r)
{
	const struct version_info *good = versions_current(v), *held = versions_held(v);

	if (held && held->cause == VERSION_ROLLED_BACK &&
	    memcmp(held->checksum, info->checksum, sizeof(info->checksum)) == 0) {
		versions_discard(v);
		ingest_decide(r, INGEST_HELD, "%s", held->reason);
		return true;
	}
	if (must_parse || !good || !ingest_is_read_so(good, info) ||
	    memcmp(good->checksum, info->checksum, sizeof(info->checksum)) != 0)
		return false;
	info->facts = good->facts;
	ingest_confirm(v, info, r);
	return true;
}

/* What need not be parsed: another sum than told, no signature, a web page. Returns whether that
 * decided it. */
static bool ingest_is_foreign(const struct ingest_settings *s, struct versions *v,
                              struct version_info *info, struct ingest_result *r)
{
	const char *path = versions_incoming_path(v);
	enum ingest_outcome proven;
	struct notice notice;

	info->cause = VERSION_UNREADABLE;
	proven = ingest_prove(s, path, info, r);
	if (proven == INGEST_HELD)
		ingest_hold(v, info, r);
	else if (proven != INGEST_TAKEN)
		versions_discard(v);
	if (proven != INGEST_TAKEN)
		return true;
	ingest_notice(path, &notice);
	if (!notice.is_page && !notice.is_prose)
		return false;
	snprintf(info->guard, sizeof(info->guard), "notice");
	ingest_decide(r, INGEST_HELD, "the source looks like a notice, not data: '%s'",
	              notice.text);
	ingest_hold(v, info, r);
	return true;
}

/* Decide about the incoming file; takes what was read along with it. */
static void ingest_weigh(const struct ingest_settings *s, struct versions *v,
                         struct version_info *info, struct ingest_along *along,
                         struct ingest_result *r)
{
	if (!along->is_read) {
		const struct version_format configured = ingest_configured(s);

		along->dataset = ingest_read(s, &configured, reader_open(versions_incoming_path(v)),
		                             along->watch, along->error);
		along->code = errno;
	}
	if (along->dataset) {
		info->cause = VERSION_GOOD;
		ingest_note_parsed(r, along->dataset);
		ingest_judge(s, v, info, along->dataset, along->watch, r);
		along->dataset = NULL;
	} else if (along->code == ENOMEM) {
		versions_discard(v);
		ingest_decide(r, INGEST_FAILED, "%s", along->error);
	} else {
		info->cause = VERSION_UNREADABLE;
		snprintf(info->guard, sizeof(info->guard), "unreadable");
		ingest_hold_read(v, info, along->error, r);
	}
}

static void ingest_incoming(const struct ingest_settings *s, struct versions *v, bool must_parse,
                            struct ingest_result *r)
{
	const struct version_format configured = ingest_configured(s);
	struct version_info info = {.taken_s = time(NULL)};
	struct ingest_along along = {0};
	bool failed = false;
	int rc;

	rc = version_format_keep(versions_folder(v), &configured, &info);
	if (rc < 0) {
		ingest_decide(r, INGEST_FAILED, "cannot keep the options: %s", strerror(-rc));
		return;
	}
	if (s->canaries)
		along.watch = canaries_watch(s->canaries, &failed);
	if (failed) {
		ingest_decide(r, INGEST_FAILED, "out of memory");
		return;
	}
	if (ingest_copy(s, v, &info, &along, r) && !ingest_is_known(v, &info, must_parse, r) &&
	    !ingest_is_foreign(s, v, &info, r))
		ingest_weigh(s, v, &info, &along, r);
	ingest_forget(&along);
	free(along.watch);
}

void ingest_source(const struct ingest_settings *s, struct versions *v, bool must_parse,
                   struct ingest_result *out)
{
	memset(out, 0, sizeof(*out));
	ingest_incoming(s, v, must_parse, out);
	ingest_finish(v, out);
}

static void ingest_accept_held(const struct ingest_settings *s, struct versions *v,
                               struct ingest_result *r)
{
	const struct version_info *held = versions_held(v);
	struct version_info info;
	char error[INGEST_ERROR_MAX];
	struct dataset *d;
	int rc;

	if (!held) {
		ingest_decide(r, INGEST_REFUSED, "no version is held");
		return;
	}
	info = *held;
	d = ingest_parse(s, v, &info, versions_held_path(v), error);
	if (!d) {
		ingest_decide(r, INGEST_REFUSED, "the held version cannot be read: %s", error);
		return;
	}
	if (guard_is_everything(&d->facts)) {
		dataset_free(d);
		ingest_decide(r, INGEST_REFUSED, "the held version lists everything: never taken");
		return;
	}
	info.facts = d->facts;
	info.taken_s = time(NULL);
	rc = versions_accept(v, &info);
	if (rc < 0) {
		dataset_free(d);
		ingest_decide(r, INGEST_REFUSED, "cannot keep the accepted version: %s",
		              strerror(-rc));
		return;
	}
	ingest_note_parsed(r, d);
	r->outcome = INGEST_TAKEN;
	r->dataset = d;
}

void ingest_accept(const struct ingest_settings *s, struct versions *v, struct ingest_result *out)
{
	memset(out, 0, sizeof(*out));
	ingest_accept_held(s, v, out);
	ingest_finish(v, out);
}

void ingest_rollback(const struct ingest_settings *s, struct versions *v, uint64_t number,
                     struct ingest_result *out)
{
	const struct version_info *current = versions_current(v);
	char reason[VERSION_REASON_MAX];
	int rc;

	memset(out, 0, sizeof(*out));
	snprintf(reason, sizeof(reason), "rolled back from version %" PRIu64,
	         current ? current->number : 0);
	rc = versions_rollback(v, number, reason);
	if (rc == -ENOENT && number) {
		ingest_decide(out, INGEST_REFUSED,
		              "there is no good version %" PRIu64 " before this one", number);
	} else if (rc == -ENOENT) {
		ingest_decide(out, INGEST_REFUSED, "there is no good version before this one");
	} else if (rc < 0) {
		ingest_decide(out, INGEST_REFUSED, "cannot roll back: %s", strerror(-rc));
	} else {
		out->dataset = ingest_current(s, v, out);
		out->outcome = out->dataset ? INGEST_TAKEN : INGEST_REFUSED;
		snprintf(out->reason, sizeof(out->reason), "%s", reason);
	}
	ingest_finish(v, out);
}

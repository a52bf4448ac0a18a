/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/answering.h"

#include "control/intake.h"
#include "control/switches.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void answering_tell_age(struct feed *feed, bool is_stale)
{
	char text[FEED_SERVES_MAX];

	if (feed->is_stale == is_stale)
		return;
	feed->is_stale = is_stale;
	if (is_stale)
		log_error("feed '%s' is out of date, serving %s", feed->name,
		          feed_serves(feed, text));
	else
		log_info("feed '%s' is up to date again", feed->name);
}

/* What is to be told of a feed now. Returns whether that is another thing than before. */
static bool answering_look(struct engine *e, struct feed *feed)
{
	const struct switch_off *off = switches_find(e->switches, feed->name);
	bool is_stale = feed_is_stale(feed, time(NULL));
	struct publisher_use use;

	feed->is_off = off || !feed->is_enabled;
	if (off)
		snprintf(feed->off_reason, sizeof(feed->off_reason), "by %.100s%s%.250s",
		         off->author, off->reason[0] ? ": " : "", off->reason);
	else
		snprintf(feed->off_reason, sizeof(feed->off_reason), "in the configuration");
	answering_tell_age(feed, is_stale);
	use.is_off = feed->is_off || (is_stale && feed->expired == EXPIRED_EMPTY);
	use.is_expired = is_stale && feed->expired == EXPIRED_SERVFAIL;
	if (use.is_off == feed->use.is_off && use.is_expired == feed->use.is_expired)
		return false;
	feed->use = use;
	return true;
}

void answering_update(struct engine *e)
{
	for (struct feed *feed = intake_first(e->intake); feed; feed = feed->next) {
		if (answering_look(e, feed))
			publisher_use(e->publisher, feed->name, feed->use, NULL, NULL);
	}
}

void answering_renew(struct engine *e)
{
	for (struct feed *feed = intake_first(e->intake); feed; feed = feed->next) {
		bool is_changed = answering_look(e, feed);

		if (is_changed || feed->use.is_off || feed->use.is_expired)
			publisher_use(e->publisher, feed->name, feed->use, NULL, NULL);
	}
}

void answering_fill(struct engine *e, struct publisher_version *versions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct feed *feed = intake_find(e->intake, versions[i].list);

		if (!feed)
			continue;
		answering_look(e, feed);
		versions[i].use = feed->use;
	}
}

int answering_switch(struct engine *e, struct feed *feed, const char *reason, const char *author,
                     publisher_done *done, void *context)
{
	struct switch_off off = {.since_s = time(NULL)};
	int rc;

	snprintf(off.name, sizeof(off.name), "%s", feed->name);
	snprintf(off.reason, sizeof(off.reason), "%s", reason ? reason : "");
	snprintf(off.author, sizeof(off.author), "%s", author);
	rc = reason ? switches_set(e->switches, &off) : switches_clear(e->switches, feed->name);
	if (rc == -ENOMEM)
		return rc;
	log_info("feed '%s' is %s by %s%s%s%s%s", feed->name, reason ? "disabled" : "enabled",
	         author, reason && reason[0] ? ": " : "", reason ? reason : "",
	         rc < 0 ? "; that cannot be saved: " : "", rc < 0 ? strerror(-rc) : "");
	answering_look(e, feed);
	publisher_use(e->publisher, feed->name, feed->use, done, context);
	return rc;
}

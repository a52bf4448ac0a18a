/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/admission.h"

#include "control/config.h"
#include "control/config_reputation.h"
#include "control/config_value.h"
#include "control/log.h"

#include <sodium.h>

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define BURST_S 10

static int compare_ranges(const void *left, const void *right)
{
	const struct address_range *a = left, *b = right;

	if (a->is_ip6 != b->is_ip6)
		return a->is_ip6 ? 1 : -1;
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return (a->last > b->last) - (a->last < b->last);
}

/* Sorted, and those that overlap made one. Errors: -ENOMEM */
static int copy_ranges(const struct address_range *from, size_t count,
                       struct address_range **out_ranges, size_t *out_count)
{
	struct address_range *ranges = calloc(count + 1, sizeof(*ranges));
	size_t used = 0;

	if (!ranges)
		return -ENOMEM;
	if (count)
		memcpy(ranges, from, count * sizeof(*ranges));
	qsort(ranges, count, sizeof(*ranges), compare_ranges);
	for (size_t i = 0; i < count; i++) {
		struct address_range *last = used ? &ranges[used - 1] : NULL;

		if (!last || last->is_ip6 != ranges[i].is_ip6 || last->last < ranges[i].first)
			ranges[used++] = ranges[i];
		else if (last->last < ranges[i].last)
			last->last = ranges[i].last;
	}
	*out_ranges = ranges;
	*out_count = used;
	return 0;
}

static bool ranges_have(const struct address_range *ranges, size_t count,
                        const struct address_range *address)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct address_range *r = &ranges[middle];

		if (r->is_ip6 != address->is_ip6 ? !r->is_ip6 : r->last < address->first)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && ranges[low].is_ip6 == address->is_ip6 &&
	       ranges[low].first <= address->first && address->first <= ranges[low].last;
}

static void find_user(const char *name, struct admission_reporter *out_reporter)
{
	struct passwd entry, *found = NULL;
	uint64_t number;
	char buffer[4096];

	if (config_value_number(name, UINT32_MAX - 1, &number) == 0) {
		out_reporter->user = (uid_t)number;
		out_reporter->has_user = true;
		return;
	}
	if (getpwnam_r(name, &entry, buffer, sizeof(buffer), &found) != 0 || !found) {
		out_reporter->is_user_missing = true;
		return;
	}
	out_reporter->user = found->pw_uid;
	out_reporter->has_user = true;
}

static int copy_reporters(struct admission *a, const struct config_reputation *config)
{
	a->reporters = calloc(config->reporters_count + 1u, sizeof(*a->reporters));
	if (!a->reporters)
		return -ENOMEM;
	for (unsigned i = 0; i < config->reporters_count; i++) {
		const struct config_reporter *from = &config->reporters[i];
		struct admission_reporter *to = &a->reporters[a->reporter_count++];

		memcpy(to->name, from->name, strlen(from->name) + 1);
		to->weight = from->weight;
		to->rate = from->rate;
		to->tokens = to->rate * BURST_S;
		if (from->user)
			find_user(from->user, to);
		if (!from->token[0])
			continue;
		to->token = strdup(from->token);
		if (!to->token)
			return -ENOMEM;
	}
	return 0;
}

static int copy_own(struct admission *a, const struct config *config)
{
	int rc =
	    copy_ranges(config->never_ranges, config->never_range_count, &a->own, &a->own_count);

	if (rc < 0)
		return rc;
	a->own_names = calloc(config->never_name_count + 1u, sizeof(*a->own_names));
	if (!a->own_names)
		return -ENOMEM;
	for (unsigned i = 0; i < config->never_name_count; i++) {
		a->own_names[i] = config->never_names[i];
		a->own_names[i].text = NULL; /* the configuration's */
	}
	a->own_name_count = config->never_name_count;
	return 0;
}

struct admission *admission_new(const struct config *config)
{
	const struct config_reputation *r = config->reputation;
	struct admission *a = calloc(1, sizeof(*a));
	int rc;

	if (!a)
		return NULL;
	rc = copy_reporters(a, r);
	if (rc == 0)
		rc = copy_ranges(r->relay_ranges, r->trusted_relays_count, &a->relays,
		                 &a->relay_count);
	if (rc == 0)
		rc = copy_own(a, config);
	if (rc == 0)
		return a;
	admission_free(a);
	errno = -rc;
	return NULL;
}

void admission_tell(const struct admission *a)
{
	for (size_t i = 0; i < a->reporter_count; i++) {
		if (a->reporters[i].is_user_missing)
			log_error(
			    "reporter '%s': this machine has no such user, so nobody is it on "
			    "unix sockets",
			    a->reporters[i].name);
	}
}

void admission_free(struct admission *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->reporter_count; i++) {
		char *token = a->reporters[i].token;

		if (token)
			explicit_bzero(token, strlen(token));
		free(token);
	}
	free(a->reporters);
	free(a->relays);
	free(a->own);
	free(a->own_names);
	free(a);
}

void admission_inherit(struct admission *a, const struct admission *before)
{
	for (size_t i = 0; i < a->reporter_count; i++) {
		struct admission_reporter *r = &a->reporters[i];
		const struct admission_reporter *was = admission_find(before, r->name);

		if (!was)
			continue;
		r->refilled_ms = was->refilled_ms;
		if (was->tokens < r->tokens)
			r->tokens = was->tokens;
	}
}

struct admission_reporter *admission_find(const struct admission *a, const char *name)
{
	for (size_t i = 0; i < a->reporter_count; i++) {
		if (strcmp(a->reporters[i].name, name) == 0)
			return &a->reporters[i];
	}
	return NULL;
}

struct admission_reporter *admission_user(const struct admission *a, uid_t user)
{
	for (size_t i = 0; i < a->reporter_count; i++) {
		if (a->reporters[i].has_user && a->reporters[i].user == user)
			return &a->reporters[i];
	}
	return NULL;
}

struct admission_reporter *admission_token(const struct admission *a, const char *token)
{
	struct admission_reporter *found = NULL;
	size_t size = strlen(token);

	/* All are compared, so that the time tells nothing. */
	for (size_t i = 0; i < a->reporter_count; i++) {
		const char *other = a->reporters[i].token;

		if (other && strlen(other) == size && sodium_memcmp(other, token, size) == 0)
			found = &a->reporters[i];
	}
	return found;
}

/* What was unused flows over at ten seconds' worth. */
static bool take_tokens(struct admission_reporter *r, double count, int64_t monotonic_ms)
{
	if (r->refilled_ms && monotonic_ms > r->refilled_ms)
		r->tokens += r->rate * (double)(monotonic_ms - r->refilled_ms) / 1000;
	if (r->tokens > r->rate * BURST_S)
		r->tokens = r->rate * BURST_S;
	r->refilled_ms = monotonic_ms;
	if (r->tokens < count)
		return false;
	r->tokens -= count;
	return true;
}

/*
 * The nearest address that is not a trusted relay's: what a relay of ours says of its client can be
 * believed, what that client says cannot. Loopback is a relay that hands a message on to itself.
 * Returns false when all that is told is relays.
 */
static bool resolve_relay(const struct admission *a, struct event *e)
{
	if (!ranges_have(a->relays, a->relay_count, &e->address))
		return true;
	for (unsigned i = 0; i < e->hop_count; i++) {
		if (ranges_have(a->relays, a->relay_count, &e->hops[i]) ||
		    event_check_address(&e->hops[i]) < 0)
			continue;
		e->address = e->hops[i];
		return true;
	}
	return false;
}

static bool is_own_name(const struct admission *a, const struct event *e)
{
	for (size_t i = 0; i < a->own_name_count; i++) {
		const struct config_place *own = &a->own_names[i];

		if (own->wire_size > e->domain_size)
			continue;
		/* A label may end in the bytes of a whole name: walk the labels. */
		for (size_t at = 0; at + own->wire_size <= e->domain_size;
		     at += 1u + e->domain[at]) {
			if (at + own->wire_size == e->domain_size &&
			    memcmp(e->domain + at, own->wire, own->wire_size) == 0)
				return true;
		}
	}
	return false;
}

enum reputation_outcome admission_event(const struct admission *a,
                                        struct admission_reporter *reporter, struct event *event,
                                        const struct admission_clocks *now)
{
	bool is_clients;

	if (event->time_ms > now->wall_ms + EVENT_FUTURE_MAX_MS)
		return REPUTATION_FUTURE;
	if (event->time_ms < now->wall_ms - EVENT_PAST_MAX_MS)
		return REPUTATION_TOO_OLD;
	if (!take_tokens(reporter, event->count, now->monotonic_ms))
		return REPUTATION_TOO_MANY;
	memcpy(event->reporter, reporter->name, sizeof(event->reporter));
	event->weight = reporter->weight;
	is_clients = resolve_relay(a, event);
	event->hop_count = 0;
	if (event->domain_size && is_own_name(a, event))
		event->domain_size = 0;
	return is_clients && !ranges_have(a->own, a->own_count, &event->address)
	           ? REPUTATION_COUNTED
	           : REPUTATION_OWN;
}

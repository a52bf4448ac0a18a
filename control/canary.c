/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/canary.h"

#include "control/coverage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Errors: NULL */
static struct config_place *canaries_copy(const struct config_place *places, unsigned count)
{
	struct config_place *copy = calloc(count + 1u, sizeof(*copy));

	for (unsigned i = 0; copy && i < count; i++) {
		copy[i] = places[i];
		copy[i].text = strdup(places[i].text);
		if (copy[i].text)
			continue;
		while (i-- > 0)
			free((char *)copy[i].text);
		free(copy);
		return NULL;
	}
	return copy;
}

static void canaries_free_places(struct config_place *places, unsigned count)
{
	for (unsigned i = 0; places && i < count; i++)
		free((char *)places[i].text);
	free(places);
}

struct canaries *canaries_new(const struct config *config, const struct config_feed *feed)
{
	struct canaries *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->refs = 1;
	c->never_count = feed->has_canaries ? config->canaries_count : 0;
	c->must_count = feed->must_list_count;
	c->never = canaries_copy(config->canary_places, c->never_count);
	c->must = canaries_copy(feed->must, c->must_count);
	if (c->never && c->must)
		return c;
	canaries_unref(c);
	errno = ENOMEM;
	return NULL;
}

struct canaries *canaries_ref(struct canaries *c)
{
	c->refs++;
	return c;
}

void canaries_unref(struct canaries *c)
{
	if (!c || --c->refs > 0)
		return;
	canaries_free_places(c->never, c->never_count);
	canaries_free_places(c->must, c->must_count);
	free(c);
}

static bool canaries_same_places(const struct config_place *a, unsigned a_count,
                                 const struct config_place *b, unsigned b_count)
{
	if (a_count != b_count)
		return false;
	for (unsigned i = 0; i < a_count; i++) {
		if (strcmp(a[i].text, b[i].text) != 0)
			return false;
	}
	return true;
}

bool canaries_same(const struct canaries *a, const struct canaries *b)
{
	return canaries_same_places(a->never, a->never_count, b->never, b->never_count) &&
	       canaries_same_places(a->must, a->must_count, b->must, b->must_count);
}

struct trace *canaries_watch(const struct canaries *c, bool *out_failed)
{
	struct trace *watch;

	*out_failed = false;
	if (c->must_count == 0)
		return NULL;
	watch = calloc(c->must_count, sizeof(*watch));
	*out_failed = !watch;
	for (unsigned i = 0; watch && i < c->must_count; i++) {
		watch[i].is_name = c->must[i].is_name;
		watch[i].range = c->must[i].range;
		memcpy(watch[i].wire, c->must[i].wire, sizeof(watch[i].wire));
		watch[i].wire_size = c->must[i].wire_size;
		watch[i].scope = DATASET_EXACT;
		watch[i].next = i + 1 < c->must_count ? &watch[i + 1] : NULL;
	}
	return watch;
}

static bool canaries_listed4(const struct dataset *d, const struct address_range *range)
{
	size_t edge = dataset_edge4_seek(&d->edges4, 0, (uint32_t)range->first);
	struct dataset_range4 found;

	if (edge == d->edges4.count)
		return false;
	dataset_edge4_range(&d->edges4, edge, &found);
	return found.first <= range->last;
}

static bool canaries_listed6(const struct dataset *d, const struct address_range *range)
{
	size_t low = 0, high = d->range6_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (d->ranges6[middle].last < range->first)
			low = middle + 1;
		else
			high = middle;
	}
	return low < d->range6_count && d->ranges6[low].first <= range->last;
}

/* Whether any part of a range, or a name, is listed. */
static bool canaries_listed(const struct dataset *d, const struct config_place *place)
{
	struct manual_key key = {.is_name = true, .scope = DATASET_EXACT};
	struct coverage found;

	if (!place->is_name)
		return place->range.is_ip6 ? canaries_listed6(d, &place->range)
		                           : canaries_listed4(d, &place->range);
	memcpy(key.wire, place->wire, sizeof(key.wire));
	key.wire_size = place->wire_size;
	return coverage_find(d, &key, &found);
}

bool canaries_check(const struct canaries *c, const struct dataset *d, const struct trace *watch,
                    char *out_reason, size_t reason_size)
{
	for (unsigned i = 0; i < c->never_count; i++) {
		if (!canaries_listed(d, &c->never[i]))
			continue;
		snprintf(out_reason, reason_size,
		         "lists the canary %.128s, which no list should (guard.canaries; guard "
		         "'canaries: false' would allow it)",
		         c->never[i].text);
		return false;
	}
	for (unsigned i = 0; i < c->must_count && watch; i++) {
		if (watch[i].is_found)
			continue;
		snprintf(out_reason, reason_size,
		         "does not list %.128s, which it must (guard 'must_list')",
		         c->must[i].text);
		return false;
	}
	return true;
}

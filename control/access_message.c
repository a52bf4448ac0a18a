/* SPDX-License-Identifier: BSD-3-Clause */
/* Access rules, where the most specific wins, as disjoint ranges, where there is nothing to win. */
#include "control/zone_message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS6_MAX (~(address6_t)0)
#define MAPPED_FIRST ((address6_t)0xffff << 32) /* ::ffff:0:0/96 */
#define MAPPED_LAST  (MAPPED_FIRST | UINT32_MAX)

/* A rule, or what is left of it on one side of the mapped addresses. */
struct piece {
	address6_t first, last;
	address6_t size; /* of the whole rule, less one */
	size_t rule;
};

static void add_piece(struct piece *pieces, size_t *count, const struct piece *piece)
{
	if (piece->first <= piece->last)
		pieces[(*count)++] = *piece;
}

/* Cut the rules into at most two pieces each. */
static size_t cut(const struct config_access *rules, size_t count, struct piece *out_pieces)
{
	size_t piece_count = 0;

	for (size_t i = 0; i < count; i++) {
		const struct address_range *r = &rules[i].range;
		struct piece piece = {
		    .first = r->first, .last = r->last, .size = r->last - r->first, .rule = i};
		struct piece above = piece;

		if (!r->is_ip6) {
			piece.first += MAPPED_FIRST;
			piece.last += MAPPED_FIRST;
			add_piece(out_pieces, &piece_count, &piece);
			continue;
		}
		if (piece.last >= MAPPED_FIRST)
			piece.last = MAPPED_FIRST - 1;
		if (above.first <= MAPPED_LAST)
			above.first = MAPPED_LAST + 1;
		add_piece(out_pieces, &piece_count, &piece);
		add_piece(out_pieces, &piece_count, &above);
	}
	return piece_count;
}

static int compare_pieces(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return (x->rule > y->rule) - (x->rule < y->rule);
}

static int compare_addresses(const void *a, const void *b)
{
	const address6_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Where a new segment may start; returns how many, ascending and different. */
static size_t find_starts(const struct piece *pieces, size_t count, address6_t *out_starts)
{
	size_t start_count = 0, kept = 0;

	for (size_t i = 0; i < count; i++) {
		out_starts[start_count++] = pieces[i].first;
		if (pieces[i].last != ADDRESS6_MAX)
			out_starts[start_count++] = pieces[i].last + 1;
	}
	qsort(out_starts, start_count, sizeof(*out_starts), compare_addresses);
	for (size_t i = 0; i < start_count; i++)
		if (!kept || out_starts[i] != out_starts[kept - 1])
			out_starts[kept++] = out_starts[i];
	return kept;
}

/* The index of a start. */
static size_t find_start(const address6_t *starts, size_t count, address6_t address)
{
	size_t low = 0, high = count;

	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;

		if (starts[middle] <= address)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* The first segment from `i` on that no rule has; paths are halved on the way. */
static size_t find_free(size_t *next, size_t i)
{
	while (next[i] != i) {
		next[i] = next[next[i]];
		i = next[i];
	}
	return i;
}

/*
 * Segments and who has them. next[i] leads from a segment that is taken to the first free one;
 * the end is always free.
 */
struct segments {
	address6_t *starts;
	size_t count;
	size_t *next;
	size_t *owner; /* rule + 1, 0 = nobody */
};

/* Let each piece, the most specific first, take what is still free. */
static void share_out(struct segments *s, const struct piece *pieces, size_t count)
{
	for (size_t i = 0; i <= s->count; i++)
		s->next[i] = i;
	for (size_t i = 0; i < count; i++) {
		size_t first = find_start(s->starts, s->count, pieces[i].first);
		size_t end = pieces[i].last == ADDRESS6_MAX
		                 ? s->count
		                 : find_start(s->starts, s->count, pieces[i].last + 1);

		for (size_t at = find_free(s->next, first); at < end; at = find_free(s->next, at)) {
			s->owner[at] = pieces[i].rule + 1;
			s->next[at] = at + 1;
		}
	}
}

static void put(Reputed__Update__Access *message, address6_t first, address6_t last, size_t rule,
                const struct config_access *rules)
{
	size_t at = message->n_action++;

	message->first_high[at] = (uint64_t)(first >> 64);
	message->first_low[at] = (uint64_t)first;
	message->last_high[at] = (uint64_t)(last >> 64);
	message->last_low[at] = (uint64_t)last;
	message->action[at] = rules[rule].action;
	message->listing[at] = rules[rule].listing;
	message->n_first_high = message->n_first_low = message->n_last_high = message->n_last_low =
	    message->n_listing = message->n_action;
}

static bool are_alike(const struct config_access *a, const struct config_access *b)
{
	return a == b || (a->action == b->action && a->action != CONFIG_ALWAYS);
}

/* Segments of the same action in a row become one range. */
static void put_all(Reputed__Update__Access *message, const struct segments *s,
                    const struct config_access *rules)
{
	for (size_t i = 0; i < s->count;) {
		size_t end = i + 1;

		if (!s->owner[i]) {
			i++;
			continue;
		}
		while (end < s->count && s->owner[end] &&
		       are_alike(&rules[s->owner[end] - 1], &rules[s->owner[i] - 1]))
			end++;
		put(message, s->starts[i], end < s->count ? s->starts[end] - 1 : ADDRESS6_MAX,
		    s->owner[i] - 1, rules);
		i = end;
	}
}

static Reputed__Update__Access *new_message(size_t room)
{
	Reputed__Update__Access *message = malloc(sizeof(*message));

	if (!message)
		return NULL;
	reputed__update__access__init(message);
	message->first_high = calloc(room, sizeof(*message->first_high));
	message->first_low = calloc(room, sizeof(*message->first_low));
	message->last_high = calloc(room, sizeof(*message->last_high));
	message->last_low = calloc(room, sizeof(*message->last_low));
	message->action = calloc(room, sizeof(*message->action));
	message->listing = calloc(room, sizeof(*message->listing));
	if (message->first_high && message->first_low && message->last_high && message->last_low &&
	    message->action && message->listing)
		return message;
	reputed__update__access__free_unpacked(message, NULL);
	return NULL;
}

/* The listing of each `always` rule, in their order. */
static int add_listings(Reputed__Update__Access *message, const struct config_access *rules,
                        size_t count)
{
	message->listings = calloc(count + 1, sizeof(Reputed__Update__AccessListing *));
	if (!message->listings)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		Reputed__Update__AccessListing *listing;

		if (rules[i].action != CONFIG_ALWAYS)
			continue;
		listing = malloc(sizeof(*listing));
		if (!listing)
			return -ENOMEM;
		reputed__update__access_listing__init(listing);
		message->listings[message->n_listings++] = listing;
		listing->code = rules[i].code;
		if (!rules[i].text)
			continue;
		listing->text.data = (uint8_t *)strdup(rules[i].text);
		if (!listing->text.data)
			return -ENOMEM;
		listing->text.len = strlen(rules[i].text);
	}
	return 0;
}

Reputed__Update__Access *zone_message_access(const struct config_access *rules, size_t count)
{
	size_t room = 4 * count + 1, piece_count;
	struct piece *pieces = calloc(2 * count + 1, sizeof(*pieces));
	struct segments s = {.starts = calloc(room, sizeof(*s.starts)),
	                     .next = calloc(room + 1, sizeof(*s.next)),
	                     .owner = calloc(room, sizeof(*s.owner))};
	Reputed__Update__Access *message = new_message(room);

	if (!pieces || !s.starts || !s.next || !s.owner || !message) {
		if (message)
			reputed__update__access__free_unpacked(message, NULL);
		message = NULL;
		errno = ENOMEM;
		goto out;
	}
	piece_count = cut(rules, count, pieces);
	qsort(pieces, piece_count, sizeof(*pieces), compare_pieces);
	s.count = find_starts(pieces, piece_count, s.starts);
	share_out(&s, pieces, piece_count);
	put_all(message, &s, rules);
	if (add_listings(message, rules, count) < 0) {
		reputed__update__access__free_unpacked(message, NULL);
		message = NULL;
		errno = ENOMEM;
	}
out:
	free(pieces);
	free(s.starts);
	free(s.next);
	free(s.owner);
	return message;
}

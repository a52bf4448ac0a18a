/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/proto/request.h"

#include <stdbool.h>
#include <stdlib.h>

/* As dataplane/table/sanitizer.h has it, which is of another layer. */
#ifdef __has_feature
#define HAS_ASAN __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#else
#define HAS_ASAN 0
#endif

#define FIRST_ROOM 768         /* bytes: a delta of a few addresses */
#define ROOM_MAX   (64u << 10) /* of later pieces */
#define LARGE                                                                                      \
	(HAS_ASAN ? 1u : 4096u) /* bytes from which a part has a piece of its own: with            \
	                           AddressSanitizer each has, so that it sees its ends */
#define ALIGNMENT _Alignof(max_align_t)

/* Memory of some parts. */
struct piece {
	struct piece *next;
	size_t used, room;
	_Alignas(ALIGNMENT) uint8_t parts[];
};

/* In front of the request, in the first piece. */
struct head {
	_Alignas(
	    ALIGNMENT) struct piece *pieces; /* all but the first; the first of them has room */
	struct piece *large;                 /* with one part each */
	size_t size;                         /* of the message */
};

/* A request on its way. */
struct maker {
	struct piece *first; /* NULL = nothing was needed yet */
	size_t size;
};

static struct piece *piece_new(size_t room)
{
	struct piece *p = malloc(sizeof(*p) + room);

	if (p)
		*p = (struct piece){.room = room};
	return p;
}

static void *piece_take(struct piece *p, size_t size)
{
	void *part = p->parts + p->used;

	if (p->room - p->used < size)
		return NULL;
	p->used += size;
	return part;
}

static struct head *head_of(const struct piece *first)
{
	return (struct head *)(uintptr_t)first->parts;
}

/* The request itself: its head comes before it. */
static void *take_first(struct maker *m, size_t size)
{
	struct head *head;

	m->first = piece_new(sizeof(*head) + size + (HAS_ASAN ? 0 : FIRST_ROOM));
	if (!m->first)
		return NULL;
	head = piece_take(m->first, sizeof(*head));
	*head = (struct head){.size = m->size};
	return piece_take(m->first, size);
}

static void *take_large(struct head *head, size_t size)
{
	struct piece *p = piece_new(size);

	if (!p)
		return NULL;
	p->next = head->large;
	head->large = p;
	return piece_take(p, size);
}

static void *take(void *maker, size_t size)
{
	struct maker *m = maker;
	struct piece *last, *more;
	struct head *head;
	void *part;

	size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (!m->first)
		return take_first(m, size);
	head = head_of(m->first);
	if (size >= LARGE)
		return take_large(head, size);
	last = head->pieces ? head->pieces : m->first;
	part = piece_take(last, size);
	if (part)
		return part;
	more = piece_new(last->room < ROOM_MAX / 2 ? 2 * last->room + LARGE : ROOM_MAX);
	if (!more)
		return NULL;
	more->next = head->pieces;
	head->pieces = more;
	return piece_take(more, size);
}

/* What the library gives back while it unpacks: only large parts are worth it. */
static void give_back(void *maker, void *part)
{
	struct maker *m = maker;

	if (!m->first)
		return;
	for (struct piece **at = &head_of(m->first)->large; *at; at = &(*at)->next) {
		struct piece *p = *at;

		if (p->parts != part)
			continue;
		*at = p->next;
		free(p);
		return;
	}
}

static void free_pieces(struct piece *pieces)
{
	while (pieces) {
		struct piece *next = pieces->next;

		free(pieces);
		pieces = next;
	}
}

static void free_all(struct piece *first)
{
	struct head *head = head_of(first);

	free_pieces(head->large);
	free_pieces(head->pieces);
	free(first);
}

channel_request *request_unpack(const uint8_t *data, size_t size)
{
	struct maker maker = {.size = size};
	ProtobufCAllocator allocator = {.alloc = take, .free = give_back, .allocator_data = &maker};
	channel_request *request = reputed__update__request__unpack(&allocator, size, data);

	if (!request && maker.first)
		free_all(maker.first);
	return request;
}

/* The piece that begins with a request and its head. */
static struct piece *first_of(const channel_request *request)
{
	uint8_t *at = (uint8_t *)(uintptr_t)request - sizeof(struct head);

	return (struct piece *)(void *)(at - offsetof(struct piece, parts));
}

void request_free(channel_request *request)
{
	if (request)
		free_all(first_of(request));
}

size_t request_size(const channel_request *request)
{
	return head_of(first_of(request))->size;
}

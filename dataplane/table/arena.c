/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/arena.h"

#include "dataplane/table/limbo.h"
#include "dataplane/table/pages.h"
#include "dataplane/table/sanitizer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_UNITS    (ARENA_PAGE / ARENA_UNIT)
#define PAGE_COUNT    (ARENA_UNITS / PAGE_UNITS)
#define RESERVED_SIZE ((size_t)PAGE_COUNT * ARENA_PAGE + CHUNK)
#define CHUNK         HUGEPAGES_SIZE       /* bytes */
#define CHUNK_PAGES   (CHUNK / ARENA_PAGE) /* 128 */
#define COMMIT_PAGES  (4 * CHUNK_PAGES)    /* made usable at once */
#define SMALL_PAGES   (4 * CHUNK_PAGES)    /* at the bottom, without huge pages */
#define SLACK_PAGES   256                  /* free, but kept from the kernel */
#define CLASS_COUNT   (ARENA_BLOCK_MAX / ARENA_UNIT + 1)
#define FLUSH_PAGES   16 /* retired, for which a batch need not be full */
#define TAKEN_BATCHES 32 /* that one reservation takes back, if it has room enough then */
#define NOT_IN_A_LIST UINT32_MAX

/* A page cut into blocks; free ones that were used before are linked through their memory. */
struct page {
	uint16_t block_units;    /* 0 = not cut */
	uint16_t used;           /* blocks */
	uint16_t cut;            /* blocks that were ever used; the others follow them */
	uint16_t free;           /* a free block + 1, in units from the page's start */
	uint32_t next, previous; /* pages of this class with room; 0 = none; see NOT_IN_A_LIST */
};

struct arena_state {
	struct pages memory; /* of this struct itself */
	struct limbo limbo;
	uint32_t page_end;           /* pages from here on were never made usable */
	uint32_t free_pages;         /* below page_end */
	uint32_t resident_pages;     /* of chunks that were written and not given back */
	uint32_t lowest;             /* no word of free_map below it has a bit */
	uint32_t waiting_pages;      /* retired, and not handed to the limbo */
	uint32_t rooms[CLASS_COUNT]; /* list of pages; 0 = none: page 0 is never used */
	uint64_t free_map[PAGE_COUNT / 64];
	uint8_t chunk_used[PAGE_COUNT / CHUNK_PAGES]; /* pages */
	bool chunk_resident[PAGE_COUNT / CHUNK_PAGES];
	bool chunk_pooled[PAGE_COUNT / CHUNK_PAGES]; /* not to be given back */
	struct page pages[PAGE_COUNT];
};

static void poison(const struct arena *a, unit_t unit, size_t size)
{
	sanitizer_poison(arena_at(a, unit), size);
}

static void unpoison(const struct arena *a, unit_t unit, size_t size)
{
	sanitizer_unpoison(arena_at(a, unit), size);
}

struct arena *arena_new(void)
{
	struct arena *a = calloc(1, sizeof(*a));
	struct pages memory;

	if (!a)
		return NULL;
	if (pages_init(&memory, sizeof(*a->state)) < 0)
		goto fail;
	a->state = memory.memory;
	a->state->memory = memory;
	a->state->page_end = 1; /* 0 is no page */
	a->reserved = mmap(NULL, RESERVED_SIZE, PROT_NONE,
	                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (a->reserved == MAP_FAILED)
		goto fail_space;
	a->base = (char *)a->reserved + -(uintptr_t)a->reserved % CHUNK;
	return a;
fail_space:
	pages_done(&memory);
fail:
	free(a);
	errno = ENOMEM;
	return NULL;
}

void arena_free(struct arena *a)
{
	struct pages memory;

	if (!a)
		return;
	unpoison(a, 0, (size_t)a->state->page_end * ARENA_PAGE);
	limbo_done(&a->state->limbo);
	munmap(a->reserved, RESERVED_SIZE);
	memory = a->state->memory;
	pages_done(&memory);
	free(a);
}

static void set_free(struct arena_state *s, uint32_t page)
{
	s->free_map[page / 64] |= UINT64_C(1) << (page % 64);
	s->free_pages++;
	if (page / 64 < s->lowest)
		s->lowest = page / 64;
}

/* Make the next pages usable. Errors: -ENOMEM. */
static int commit(struct arena *a)
{
	struct arena_state *s = a->state;
	uint32_t end = (s->page_end / COMMIT_PAGES + 1) * COMMIT_PAGES;
	char *at = a->base + (size_t)(end - COMMIT_PAGES) * ARENA_PAGE;
	const size_t size = (size_t)COMMIT_PAGES * ARENA_PAGE;
	bool is_pooled;

	if (end > PAGE_COUNT ||
	    hugepages_open(&a->huge, at, size, end > SMALL_PAGES, &is_pooled) < 0)
		return -ENOMEM;
	memset(&s->chunk_pooled[(end - COMMIT_PAGES) / CHUNK_PAGES], is_pooled,
	       COMMIT_PAGES / CHUNK_PAGES);
	poison(a, (end - COMMIT_PAGES) * PAGE_UNITS, size);
	for (; s->page_end < end; s->page_end++)
		set_free(s, s->page_end);
	return 0;
}

static uint32_t take_page(struct arena *a)
{
	struct arena_state *s = a->state;
	uint32_t page, chunk;

	assert(s->free_pages > 0);
	while (s->free_map[s->lowest] == 0)
		s->lowest++;
	page = s->lowest * 64 + (uint32_t)__builtin_ctzll(s->free_map[s->lowest]);
	s->free_map[s->lowest] &= s->free_map[s->lowest] - 1;
	s->free_pages--;
	chunk = page / CHUNK_PAGES;
	s->chunk_used[chunk]++;
	if (!s->chunk_resident[chunk]) {
		s->chunk_resident[chunk] = true;
		s->resident_pages += CHUNK_PAGES;
	}
	return page;
}

static void return_page(struct arena *a, uint32_t page)
{
	struct arena_state *s = a->state;
	uint32_t chunk = page / CHUNK_PAGES;
	uint32_t used = s->page_end - s->free_pages;

	set_free(s, page);
	poison(a, page * PAGE_UNITS, ARENA_PAGE);
	if (--s->chunk_used[chunk] > 0 || s->chunk_pooled[chunk] ||
	    s->resident_pages < used + used / 8 + SLACK_PAGES)
		return;
	if (madvise(a->base + (size_t)chunk * CHUNK, CHUNK, MADV_DONTNEED) < 0)
		return;
	s->chunk_resident[chunk] = false;
	s->resident_pages -= CHUNK_PAGES;
}

static void list_add(struct arena_state *s, uint32_t page)
{
	uint32_t *head = &s->rooms[s->pages[page].block_units];

	s->pages[page].previous = 0;
	s->pages[page].next = *head;
	if (*head)
		s->pages[*head].previous = page;
	*head = page;
}

static void list_remove(struct arena_state *s, uint32_t page)
{
	struct page *p = &s->pages[page];

	if (p->previous)
		s->pages[p->previous].next = p->next;
	else
		s->rooms[p->block_units] = p->next;
	if (p->next)
		s->pages[p->next].previous = p->previous;
	p->next = NOT_IN_A_LIST;
}

static unit_t get_block(struct arena *a, uint32_t units)
{
	struct arena_state *s = a->state;
	uint32_t page = s->rooms[units];
	struct page *p;
	unit_t unit;

	if (!page) {
		page = take_page(a);
		s->pages[page] = (struct page){.block_units = (uint16_t)units};
		list_add(s, page);
	}
	p = &s->pages[page];
	unit = page * PAGE_UNITS;
	if (p->free) {
		unit += p->free - 1u;
		unpoison(a, unit, units * ARENA_UNIT);
		p->free = *(uint16_t *)arena_at(a, unit);
	} else {
		unit += p->cut++ * units;
		unpoison(a, unit, units * ARENA_UNIT);
	}
	p->used++;
	if (!p->free && (p->cut + 1u) * units > PAGE_UNITS)
		list_remove(s, page);
	a->memory_size += (uint64_t)units * ARENA_UNIT;
	return unit;
}

static void put_block(struct arena *a, unit_t unit)
{
	struct arena_state *s = a->state;
	uint32_t page = unit / PAGE_UNITS;
	struct page *p = &s->pages[page];

	*(uint16_t *)arena_at(a, unit) = p->free;
	p->free = (uint16_t)(unit % PAGE_UNITS + 1);
	poison(a, unit, p->block_units * (size_t)ARENA_UNIT);
	if (p->next == NOT_IN_A_LIST)
		list_add(s, page);
	if (--p->used > 0)
		return;
	list_remove(s, page);
	return_page(a, page);
}

unit_t arena_get(struct arena *a, size_t size)
{
	uint32_t page;

	if (size <= ARENA_BLOCK_MAX)
		return get_block(a, (uint32_t)(size + ARENA_UNIT - 1) / ARENA_UNIT);
	assert(size == ARENA_PAGE);
	page = take_page(a);
	a->state->pages[page].block_units = 0;
	a->memory_size += ARENA_PAGE;
	unpoison(a, page * PAGE_UNITS, ARENA_PAGE);
	return page * PAGE_UNITS;
}

static size_t size_of(const struct arena *a, unit_t unit)
{
	uint32_t units = a->state->pages[unit / PAGE_UNITS].block_units;

	return units ? (size_t)units * ARENA_UNIT : ARENA_PAGE;
}

static void put(struct arena *a, unit_t unit)
{
	if (size_of(a, unit) == ARENA_PAGE)
		return_page(a, unit / PAGE_UNITS);
	else
		put_block(a, unit);
}

void arena_put(struct arena *a, unit_t unit)
{
	a->memory_size -= size_of(a, unit);
	put(a, unit);
}

void arena_retire(struct arena *a, unit_t unit)
{
	struct arena_state *s = a->state;
	size_t size = size_of(a, unit);

	a->memory_size -= size;
	limbo_add(&s->limbo, unit);
	if (size == ARENA_PAGE)
		s->waiting_pages++;
}

int arena_reserve(struct arena *a, size_t page_count, size_t retire_count)
{
	struct arena_state *s = a->state;
	uint32_t units[LIMBO_BATCH];
	size_t count;

	if (s->waiting_pages >= FLUSH_PAGES) {
		s->waiting_pages = 0;
		limbo_flush(&s->limbo);
	}
	/* A paint may retire millions: those after it take them back a little each. */
	for (unsigned taken = 0; taken < TAKEN_BATCHES || s->free_pages < page_count; taken++) {
		count = limbo_take(&s->limbo, units);
		if (count == 0)
			break;
		for (size_t i = 0; i < count; i++)
			put(a, units[i]);
	}
	while (s->free_pages < page_count) {
		if (commit(a) < 0)
			return -ENOMEM;
	}
	return limbo_reserve(&s->limbo, retire_count);
}

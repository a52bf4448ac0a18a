/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/control/keeper_world.h"

#include "control/reputation/key_form.h"
#include "control/reputation/ledger_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TAKE_MAX 1000

static void complain(const char *message, void *context)
{
	snprintf(context, 300, "%s", message);
}

struct config *keeper_world_config(const char *reputation, const char *others)
{
	char yaml[4096], message[300] = "";
	struct config *config;

	snprintf(yaml, sizeof(yaml),
	         "dataplane: {listen: [\"127.0.0.1:5300\"]}\n"
	         "lists: [{name: l, manual: true}]\n"
	         "zones: [{name: z.example, lists: [l]}]\n"
	         "%s\nreputation: {%s}\n",
	         others, reputation);
	config = config_load_bytes("/t.yaml", yaml, strlen(yaml), complain, message);
	if (!config)
		fail_msg("%s", message);
	return config;
}

/* splitmix64: the same on every machine. */
static uint64_t random_of(uint64_t i)
{
	uint64_t z = (i + 1) * 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void keeper_world_event(uint64_t i, unsigned addresses, struct event *out_event)
{
	static const enum event_class classes[] = {
	    EVENT_SPAM_VERDICT, EVENT_TRAP_PRISTINE, EVENT_INVALID_RCPT, EVENT_GOOD_DELIVERY,
	    EVENT_AUTH_FAIL,    EVENT_PHISH,         EVENT_BACKSCATTER,  EVENT_VALID_RCPT,
	};
	uint64_t random = random_of(i);
	uint32_t host = (uint32_t)(random % addresses);
	struct event e = {
	    .time_ms = ledger_clock_wall(), .count = 1, .probability = 1, .weight = 1};

	e.class = classes[(random >> 32) % 8];
	if (e.class == EVENT_SPAM_VERDICT)
		e.probability = 0.9f;
	e.recipient = random_of(random) | 1;
	e.user = e.class == EVENT_AUTH_FAIL ? random_of(random + 1) | 1 : 0;
	e.is_authenticated = random >> 40 & 1;
	if (random >> 41 & 1) {
		e.address.is_ip6 = true;
		e.address.first = (address6_t)0x20010db800000000u << 64 | (address6_t)host << 64;
	} else {
		e.address.first = 0xc0000000u + host; /* 192.0.0.0 on */
	}
	e.address.last = e.address.first;
	if (e.is_authenticated)
		event_set_domain(&e, random >> 42 & 1 ? "a.example" : "b.example", 9);
	snprintf(e.id, sizeof(e.id), "e%llu", (unsigned long long)i);
	*out_event = e;
}

size_t keeper_world_take(struct keeper *k, uint64_t from, size_t count, unsigned addresses)
{
	struct admission_reporter *reporter = admission_find(keeper_admission(k), "mx1");
	static uint8_t outcomes[TAKE_MAX];
	size_t counted = 0;

	for (size_t done = 0; done < count;) {
		size_t some = count - done < TAKE_MAX ? count - done : TAKE_MAX;

		for (size_t i = 0; i < some; i++) {
			struct event event;

			keeper_world_event(from + done + i, addresses, &event);
			keeper_take(k, reporter, &event, &outcomes[i]);
		}
		keeper_commit(k);
		for (size_t i = 0; i < some; i++)
			counted += outcomes[i] == REPUTATION_COUNTED;
		done += some;
	}
	return counted;
}

struct entry {
	uint8_t key[KEY_FORM_BYTES_MAX];
	size_t key_size, size;
	uint8_t *bytes;
};

struct entries {
	const struct ledger *ledger;
	struct entry *items;
	size_t count, capacity, total;
};

static bool collect(const struct ledger_key *key, void *context)
{
	uint8_t bytes[LEDGER_RECORD_MAX];
	struct entries *all = context;
	struct entry *entry;

	if (all->count == all->capacity) {
		all->capacity = all->capacity ? 2 * all->capacity : 64;
		all->items = realloc(all->items, all->capacity * sizeof(*all->items));
		assert_non_null(all->items);
	}
	entry = &all->items[all->count++];
	memset(entry, 0, sizeof(*entry));
	entry->key_size = key_form_bytes(key, entry->key);
	entry->size = ledger_save(all->ledger, key, bytes);
	entry->bytes = malloc(entry->size + 1);
	assert_non_null(entry->bytes);
	memcpy(entry->bytes, bytes, entry->size);
	all->total += entry->key_size + entry->size;
	return true;
}

static int compare(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	return memcmp(a->key, b->key, sizeof(a->key));
}

uint8_t *keeper_world_ledger(const struct keeper *k, size_t *out_size)
{
	struct entries all = {.ledger = keeper_ledger(k)};
	uint8_t *bytes;
	size_t at = 0;

	ledger_each(all.ledger, collect, &all);
	if (all.count)
		qsort(all.items, all.count, sizeof(*all.items), compare);
	bytes = malloc(all.total + 1);
	assert_non_null(bytes);
	for (size_t i = 0; i < all.count; i++) {
		const struct entry *e = &all.items[i];

		memcpy(bytes + at, e->key, e->key_size);
		memcpy(bytes + at + e->key_size, e->bytes, e->size);
		at += e->key_size + e->size;
		free(e->bytes);
	}
	free(all.items);
	*out_size = at;
	return bytes;
}

bool keeper_world_is_same(const uint8_t *bytes, size_t size, const struct keeper *k)
{
	size_t other_size;
	uint8_t *other = keeper_world_ledger(k, &other_size);
	bool is_same = size == other_size && memcmp(bytes, other, size) == 0;

	free(other);
	return is_same;
}

bool keeper_world_damage(const char *path, long offset)
{
	FILE *file = fopen(path, "r+b");
	int byte;

	if (!file)
		return false;
	fseek(file, offset, offset < 0 ? SEEK_END : SEEK_SET);
	byte = fgetc(file);
	fseek(file, -1, SEEK_CUR);
	fputc(byte ^ 0x55, file);
	return fclose(file) == 0 && byte != EOF;
}

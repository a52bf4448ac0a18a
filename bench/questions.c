/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/questions.h"

#include "bench/mix.h"
#include "dataplane/access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OTHERS_MAX 2000000u /* /64s and names */
#define LIST       2
#define NAME_SIZE  15 /* of a listed name below the apex */

static const uint8_t apex_ip4[] = "\2bl\7example", apex_both[] = "\4both\2bl\4test",
		     apex_names[] = "\3dbl\2bl\4test", apex_rules[] = "\4gate\2bl\4test";

const char *const questions_names[QUESTIONS_KIND_COUNT] = {
    "edns",      "plain",      "edns_cookie_new", "edns_cookie_good", "edns_both",
    "edns_text", "edns_rules", "edns_ip6",        "edns_name"};

void questions_must(bool is_good, const char *what)
{
	if (is_good)
		return;
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

/* A /64 in 2000::/3. */
static address6_t address6_of(uint32_t number)
{
	return (address6_t)(UINT64_C(0x2) << 60 | (uint64_t)mix32(number) << 24) << 64;
}

static void name_of(uint32_t number, uint8_t out_name[NAME_SIZE + 1])
{
	snprintf((char *)out_name, NAME_SIZE + 1, "\12n%08xx\3com", mix32(number));
}

static uint32_t others(uint32_t entries)
{
	return entries < OTHERS_MAX ? entries : OTHERS_MAX;
}

/* Everybody but a network: as an operator of a public list has it. */
static void paint_access(struct access_rules *access)
{
	questions_must(
	    access &&
		access_rules_paint(access, 0, ~(address6_t)0, ACCESS_VALUE(ACCESS_ALLOW)) == 0 &&
		access_rules_paint(access, 0xffffc0000200, 0xffffc00002ff,
	                           ACCESS_VALUE(ACCESS_REFUSE)) == 0,
	    "access");
}

static void add_zone(struct zones *z, const uint8_t *apex, size_t size, unsigned content)
{
	struct zone zone = {.apex = {apex, (uint8_t)size},
	                    .state = ZONE_SERVING,
	                    .content = (uint8_t)content,
	                    .ttl_s = 300,
	                    .negative_ttl_s = 60,
	                    .lists = {UINT64_C(1) << LIST}};

	if (apex == apex_rules) {
		zone.access = access_rules_new(0, false);
		paint_access(zone.access);
	}
	questions_must(zones_add(z, &zone) == 0, "zone");
}

static void fill(struct tables *t, uint32_t entries)
{
	for (uint32_t i = 0; i < entries; i++)
		questions_must(table4_paint(t->addresses4, mix32(i), mix32(i), 1) == 0, "paint");
	for (uint32_t i = 0; i < others(entries); i++) {
		address6_t first = address6_of(i);
		uint8_t name[NAME_SIZE + 1];

		questions_must(table6_paint(t->addresses6, first, first | UINT64_MAX, 1) == 0,
		               "paint");
		name_of(i, name);
		questions_must(names_put(t->names, name, NAME_SIZE, 1, 1) == 0, "name");
	}
}

struct tables *questions_tables(uint32_t entries)
{
	struct tables *t = tables_new();
	uint32_t listing = 1;

	questions_must(t, "memory");
	questions_must(verdicts_define_listing(t->verdicts, 1, LIST, 0x7f000002,
	                                       "$ is listed, see https://bl.example/?q=$", 40) == 0,
	               "listing");
	questions_must(verdicts_define(t->verdicts, 1, &listing, 1) == 0, "verdict");
	add_zone(t->zones, apex_ip4, sizeof(apex_ip4), ZONE_HAS_IP4);
	add_zone(t->zones, apex_both, sizeof(apex_both), ZONE_HAS_IP4 | ZONE_HAS_IP6);
	add_zone(t->zones, apex_names, sizeof(apex_names), ZONE_HAS_NAMES);
	add_zone(t->zones, apex_rules, sizeof(apex_rules), ZONE_HAS_IP4);
	paint_access(t->access);
	t->settings = settings_new();
	questions_must(t->settings, "settings");
	t->settings->secret_count = 1;
	fill(t, entries);
	return t;
}

static uint8_t *put_octets(uint8_t *at, uint32_t address)
{
	for (unsigned i = 0; i < 4; i++) {
		*at = (uint8_t)sprintf((char *)at + 1, "%u", address >> 8 * i & 0xff);
		at += 1 + *at;
	}
	return at;
}

static uint8_t *put_nibbles(uint8_t *at, address6_t address)
{
	for (unsigned i = 0; i < 32; i++) {
		*at++ = 1;
		*at++ = (uint8_t) "0123456789abcdef"[(unsigned)(address >> 4 * i) & 15];
	}
	return at;
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t size)
{
	memcpy(at, bytes, size);
	return at + size;
}

/* The name, of something listed or not. */
static uint8_t *put_name(uint8_t *at, enum questions_kind kind, uint32_t entries, uint32_t number)
{
	const bool is_listed = !(number & 1);
	const uint32_t all = kind < QUESTIONS_IP6 ? entries : others(entries);
	const uint32_t key = is_listed ? mix32(number) % all : all + number;

	if (kind == QUESTIONS_IP6) {
		at = put_nibbles(at, address6_of(key) | mix32(number));
	} else if (kind == QUESTIONS_NAME) {
		uint8_t name[NAME_SIZE + 1];

		name_of(key, name);
		at = put(at, name, NAME_SIZE);
	} else {
		at = put_octets(at, mix32(key));
	}
	if (kind == QUESTIONS_NAME)
		return put(at, apex_names, sizeof(apex_names));
	if (kind == QUESTIONS_IP6 || kind == QUESTIONS_BOTH)
		return put(at, apex_both, sizeof(apex_both));
	if (kind == QUESTIONS_RULES)
		return put(at, apex_rules, sizeof(apex_rules));
	return put(at, apex_ip4, sizeof(apex_ip4));
}

static uint8_t *put_opt(uint8_t *at, const uint8_t *cookie, uint8_t cookie_size)
{
	const uint8_t option_size = cookie_size ? (uint8_t)(cookie_size + 4) : 0;
	const uint8_t opt[] = {0, 0, 41, 1232 >> 8, 1232 & 0xff, 0, 0, 0, 0, 0, option_size};

	at = put(at, opt, sizeof(opt));
	if (cookie_size) {
		at = put(at, (uint8_t[]){0, 10, 0, cookie_size}, 4);
		at = put(at, cookie, cookie_size);
	}
	return at;
}

void questions_make(const struct tables *t, enum questions_kind kind, uint32_t entries,
                    uint32_t number, struct question *out_question)
{
	const uint8_t cookie_size = kind == QUESTIONS_COOKIE_NEW    ? COOKIE_CLIENT_SIZE
	                            : kind == QUESTIONS_COOKIE_GOOD ? COOKIE_SIZE
	                                                            : 0;
	struct question *m = out_question;
	uint8_t *at = m->bytes, cookie[COOKIE_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8};

	memset(m, 0, sizeof(*m));
	m->client = (address6_t)0xffff << 32 | (10u << 24 | (number * 7 & 0xff) << 16 | 53);
	if (cookie_size)
		cookie_check(t->settings, m->client, (uint32_t)(QUESTIONS_NOW_US / 1000000), cookie,
		             COOKIE_CLIENT_SIZE, cookie);
	at[2] = 1;
	at[5] = 1;
	at[11] = kind != QUESTIONS_PLAIN;
	at = put_name(at + 12, kind, entries, number);
	at = put(at, (uint8_t[]){0, kind == QUESTIONS_TEXT ? 16 : 1, 0, 1}, 4);
	if (kind != QUESTIONS_PLAIN)
		at = put_opt(at, cookie, cookie_size);
	m->size = (uint16_t)(at - m->bytes);
}

void questions_ask(const struct question *question, uint8_t *message, uint16_t capacity,
                   struct query *out_query)
{
	memcpy(message, question->bytes, question->size);
	out_query->message = message;
	out_query->size = question->size;
	out_query->capacity = capacity;
	out_query->is_tcp = false;
	out_query->is_internal = false;
	out_query->client = question->client;
	out_query->now_us = QUESTIONS_NOW_US;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Questions for the answer core and tables that they hit every other time, for bench_answer and
 * count_answer. The same ones in every run.
 */
#include "dataplane/query.h"
#include "dataplane/table/tables.h"

#include <stdbool.h>
#include <stdint.h>

#define QUESTIONS_MESSAGE_MAX 160
#define QUESTIONS_NOW_US      UINT64_C(1559731985000000)

enum questions_kind {
	QUESTIONS_EDNS,        /* IPv4, A, an OPT without options: what nearly all are */
	QUESTIONS_PLAIN,       /* the same without OPT */
	QUESTIONS_COOKIE_NEW,  /* with the client's part of a cookie */
	QUESTIONS_COOKIE_GOOD, /* with a cookie of ours */
	QUESTIONS_BOTH,        /* as EDNS, of a zone that has IPv6 too */
	QUESTIONS_TEXT,        /* as EDNS, TXT */
	QUESTIONS_RULES,       /* as EDNS, of a zone with access rules of its own */
	QUESTIONS_IP6,         /* IPv6, A, OPT */
	QUESTIONS_NAME,        /* a domain name, A, OPT */
	QUESTIONS_KIND_COUNT,
};

extern const char *const questions_names[QUESTIONS_KIND_COUNT];

struct question {
	uint8_t bytes[QUESTIONS_MESSAGE_MAX];
	uint16_t size;
	address6_t client;
};

/* Ends the program, saying what is missing, when something is not as it must be. */
void questions_must(bool is_good, const char *what);

/*
 * Tables of so many addresses, mix32() of 0 to entries - 1, and as many /64s and names, at most 2
 * million of these; ends the program without memory.
 */
struct tables *questions_tables(uint32_t entries);

/* Make question `number` of a kind for those tables; even ones hit. Clients are of 256 networks.
 * t: may be NULL where there are no cookies */
void questions_make(const struct tables *t, enum questions_kind kind, uint32_t entries,
                    uint32_t number, struct question *out_question);

/* Set the caller's fields of a query; message: where the question is copied to. */
void questions_ask(const struct question *question, uint8_t *message, uint16_t capacity,
                   struct query *out_query);

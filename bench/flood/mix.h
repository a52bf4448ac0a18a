/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The questions of a run, drawn and composed before it starts, in the order they are asked, again
 * and again: addresses of a zone, listed ones from a file and others by chance; or a file of names.
 * The same options and seed give the same questions.
 *
 * Threads: immutable once made.
 */
#include "bench/flood/judge.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MIX_ERROR_MAX 256

struct mix_options {
	const char *zone;   /* apex, as text */
	const char *listed; /* file: an address or range a line; NULL = none are known */
	const char *replay; /* file: NAME and perhaps TYPE a line, instead of all the others */
	bool is_partial;    /* others than those of the file may be listed too */
	double hit;         /* share of questions about listed addresses */
	double ip6;         /* share about IPv6 */
	double edns;        /* share with an OPT record */
	double zipf;        /* exponent of how often the n-th is asked; 0 = all alike */
	uint32_t count;     /* questions */
	uint32_t seed;
};

struct mix_query {
	uint32_t offset; /* of the message within struct mix.bytes */
	uint16_t size;
	uint16_t question_size; /* after the header */
	uint8_t expected;       /* enum judge_expectation */
};

struct mix {
	uint32_t count;
	struct mix_query *queries;
	uint8_t *bytes;
	size_t bytes_size, bytes_room;
};

/* Errors: NULL; out_error (MIX_ERROR_MAX bytes) names the option, or file and line */
struct mix *mix_new(const struct mix_options *options, char *out_error);

/* NULL is allowed. */
void mix_free(struct mix *mix);

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a query costs the answer core by its kind, garbage included: TSC ticks per query in bursts,
 * the least of several runs. Prints a JSON line per kind.
 */
#include "bench/ticks.h"
#include "dataplane/answer.h"
#include "dataplane/limit.h"
#include "tests/golden/dataset.h"

#include <urcu-qsbr.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 2000

static const uint8_t listed[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0"
				"\0011\0012\0010\003192\2bl\7example\0\0\1\0\1";
static const uint8_t missed[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0"
				"\0011\0012\0010\003203\2bl\7example\0\0\1\0\1";
static const uint8_t keyed[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0"
			       "\0011\0012\0010\003192\10abcd1234\3key\7example\0\0\1\0\1";
static const uint8_t wrong_key[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0"
				   "\0011\0012\0010\003192\10abcd1235\3key\7example\0\0\1\0\1";
static const uint8_t missed_name[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0"
				     "\4some\4name\3com\3dbl\7example\0\0\1\0\1";
static const uint8_t missed_keyed[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0"
				      "\0011\0012\0010\003203\10abcd1234\3key\7example\0\0\1\0\1";
static const uint8_t elsewhere[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0"
				   "\0011\0012\0010\003192\2bl\5wrong\0\0\1\0\1";
static const uint8_t cut_name[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\77abc";
static const uint8_t header[] = "\x12\x34\1\0\xff\xff\xff\xff\xff\xff\xff\xff";
static const uint8_t response[] = "\x12\x34\x81\0\0\1\0\0\0\0\0\0";

/* The longest name of the shortest labels: of no zone, and below the apex of some. */
#define LABELS_SIZE (12 + 255 + 4)
static uint8_t labels[LABELS_SIZE], labels_ip[LABELS_SIZE], labels_names[LABELS_SIZE],
    labels_key[LABELS_SIZE], labels_open[LABELS_SIZE];
static uint8_t missed_ip6[12 + 64 + 12 + 4], missed_ip6_key[12 + 64 + 22 + 4];
static uint8_t records[1500]; /* as many additional records as fit */
static uint8_t noise[1500];

static const struct {
	const char *kind;
	const uint8_t *bytes;
	size_t size;
} rows[] = {
    {"listed", listed, sizeof(listed) - 1},
    {"not listed", missed, sizeof(missed) - 1},
    {"name not listed", missed_name, sizeof(missed_name) - 1},
    {"not listed, with key", missed_keyed, sizeof(missed_keyed) - 1},
    {"IPv6 not listed", missed_ip6, sizeof(missed_ip6)},
    {"IPv6 not listed, with key", missed_ip6_key, sizeof(missed_ip6_key)},
    {"listed, with key", keyed, sizeof(keyed) - 1},
    {"wrong key", wrong_key, sizeof(wrong_key) - 1},
    {"other zone", elsewhere, sizeof(elsewhere) - 1},
    {"garbage: name cut", cut_name, sizeof(cut_name) - 1},
    {"garbage: header alone", header, sizeof(header) - 1},
    {"garbage: response", response, sizeof(response) - 1},
    {"garbage: 127 labels", labels, sizeof(labels)},
    {"garbage: labels in a zone of addresses", labels_ip, sizeof(labels)},
    {"garbage: labels in a zone of names", labels_names, sizeof(labels)},
    {"garbage: labels behind a key", labels_key, sizeof(labels)},
    {"garbage: labels without a key, beside records", labels_open, sizeof(labels)},
    {"garbage: additional records", records, sizeof(records)},
    {"garbage: noise", noise, sizeof(noise)},
};

/* As many labels as fit before a suffix. */
static void make_labels(uint8_t *bytes, const char *suffix, size_t suffix_size)
{
	size_t at = 12;

	bytes[5] = 1;
	if (suffix_size % 2 == 1) {
		memcpy(&bytes[at], "\2ab", 3);
		at += 3;
	}
	for (; at + 2 + suffix_size < LABELS_SIZE - 4; at += 2)
		memcpy(&bytes[at], "\1a", 2);
	if (suffix_size > 0)
		memcpy(&bytes[at], suffix, suffix_size);
	bytes[LABELS_SIZE - 3] = bytes[LABELS_SIZE - 1] = 1;
}

static void make_ip6(uint8_t *bytes, const char *suffix, size_t suffix_size)
{
	bytes[5] = 1;
	for (unsigned i = 0; i < 32; i++)
		memcpy(&bytes[12 + 2 * i], "\1a", 2);
	memcpy(&bytes[76], suffix, suffix_size);
	bytes[76 + suffix_size + 2] = bytes[76 + suffix_size + 4] = 1;
}

static void make(void)
{
	make_ip6(missed_ip6, "\2bl\7example", 11);
	make_ip6(missed_ip6_key, "\10abcd1234\3key\7example", 21);
	make_labels(labels, NULL, 0);
	make_labels(labels_ip, "\2bl\7example", 11);
	make_labels(labels_names, "\3dbl\7example", 12);
	make_labels(labels_key, "\10abcd1234\3key\7example", 21);
	make_labels(labels_open, "\4open\7example", 13);
	memcpy(records, listed, sizeof(listed) - 1);
	records[10] = records[11] = 0xff; /* root, type 0: 11 bytes each */
	srandom(1);
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)random();
	noise[2] &= 0x7f;
}

static uint64_t measure(const struct tables *t, const uint8_t *bytes, size_t size)
{
	static uint8_t messages[QUERY_BURST_MAX][4096];
	static struct query queries[QUERY_BURST_MAX];
	uint64_t ticks = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t start;

		for (unsigned i = 0; i < QUERY_BURST_MAX; i++) {
			memcpy(messages[i], bytes, size);
			queries[i].message = messages[i];
			queries[i].size = (uint16_t)size;
			queries[i].capacity = sizeof(messages[i]);
			queries[i].client = (address6_t)0xffff << 32 | 0x7f000001;
		}
		start = ticks_now();
		answer_burst(t, queries, QUERY_BURST_MAX);
		limit_burst(t, round * UINT64_C(1000000), queries, QUERY_BURST_MAX);
		ticks += ticks_now() - start;
		urcu_qsbr_quiescent_state();
	}
	return ticks / (ROUNDS * QUERY_BURST_MAX);
}

int main(int argc, char **argv)
{
	const unsigned runs = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 20;
	const struct rates_options options = {{100000, 100000, 100000}, 2, 24, 56, 65536};
	struct tables *t;

	if (runs == 0) {
		fprintf(stderr, "usage: %s [RUNS]\n", argv[0]);
		return 2;
	}
	urcu_qsbr_register_thread();
	t = dataset_new();
	make();
	for (int limited = 0; limited < 2; limited++) {
		if (limited)
			t->rates = rates_new(&options);
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			uint64_t best = UINT64_MAX;

			for (unsigned run = 0; run < runs; run++) {
				uint64_t ticks = measure(t, rows[i].bytes, rows[i].size);

				best = ticks < best ? ticks : best;
			}
			printf("{\"name\":\"garbage %s%s\",\"value\":%llu,"
			       "\"unit\":\"ticks/query\",\"n\":%u,\"bytes\":%zu}\n",
			       rows[i].kind, limited ? ", rate limited" : "",
			       (unsigned long long)best, runs, rows[i].size);
			fflush(stdout);
		}
	}
	dataset_free(t);
	urcu_qsbr_unregister_thread();
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How evenly RSS spreads queries over queues: the Toeplitz hash of the UDP 4-tuple, with the key of
 * Microsoft's specification, over a table of 128 entries that is filled round the queues, as cards
 * and their drivers come. For each kind of traffic and number of queues: the busiest queue's share
 * to that of an even one, which is what limits all of them; and chi-square by its degrees of
 * freedom, which is about 1 for queries that are dealt by chance. bench_rss
 */
#include "bench/mix.h"
#include "bench/report.h"

#include <rte_thash.h>

#include <stdio.h>

#define QUERIES    1000000u
#define TABLE      128
#define QUEUES_MAX 16
#define PORT_FIRST 1024u

static uint8_t key[40] = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
                          0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
                          0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
                          0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

/* Who asks. */
static const struct kind {
	const char *name;
	unsigned clients; /* addresses */
	unsigned ports;   /* of each */
} kinds[] = {
    {"resolvers", 10000, 64512}, /* many, each query from a port of its own (RFC 5452) */
    {"resolver", 1, 64512},      /* one */
    {"forwarders", 10000, 1},    /* many that use one port each */
    {"generator", 1, 16},        /* as reputed-flood does by default */
};

static uint32_t hash_of(const struct kind *k, uint32_t number)
{
	const uint64_t chance = mix64(number + (UINT64_C(1) << 32));
	union rte_thash_tuple tuple = {
	    .v4 = {
		.src_addr = mix32((uint32_t)(chance % k->clients) + 1),
		.dst_addr = 0xc0000235, /* 192.0.2.53 */
		.sport = (uint16_t)(PORT_FIRST + (k->ports > 1 ? (chance >> 32) % k->ports : 0)),
		.dport = 53,
	    }};

	return rte_softrss((uint32_t *)&tuple, RTE_THASH_V4_L4_LEN, key);
}

static void tell(const struct kind *k, unsigned queues, const uint64_t *table)
{
	uint64_t counts[QUEUES_MAX] = {0}, most = 0;
	double even = (double)QUERIES / queues, chi2 = 0;
	char name[64];

	for (unsigned i = 0; i < TABLE; i++)
		counts[i % queues] += table[i];
	for (unsigned q = 0; q < queues; q++) {
		chi2 += ((double)counts[q] - even) * ((double)counts[q] - even) / even;
		most = counts[q] > most ? counts[q] : most;
	}
	snprintf(name, sizeof(name), "rss_%s_%u_busiest", k->name, queues);
	report_value(name, (double)most / even, "x", QUERIES);
	snprintf(name, sizeof(name), "rss_%s_%u_chi2", k->name, queues);
	report_value(name, chi2 / (queues - 1), "1/freedom", QUERIES);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		uint64_t table[TABLE] = {0};

		for (uint32_t number = 0; number < QUERIES; number++)
			table[hash_of(&kinds[i], number) % TABLE]++;
		for (unsigned queues = 2; queues <= QUEUES_MAX; queues *= 2)
			tell(&kinds[i], queues, table);
	}
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the evidence ledger does in a second on one core, and what a key weighs. One JSON object a
 * line; bench_ledger [ADDRESSES] (1,000,000).
 *
 * Addresses fall into nets of eight on average, as senders do; each gets two classes of evidence at
 * most in the fill. `keys` counts addresses, their nets and ASNs. Events come in the order of a
 * random sender each, 100 a millisecond; `floor` is a read of a random cache line of as much
 * memory.
 */
#include "control/reputation/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define START_MS     INT64_C(1767225600000)
#define EVENTS       1000000u
#define EVENTS_OF_MS 100
#define NET_SIZE     8u

struct bench {
	struct ledger *l;
	uint64_t random;
	uint32_t addresses;
	int64_t now_ms;
};

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void report(const char *name, double value, const char *unit, uint64_t n)
{
	printf("{\"name\": \"ledger_%s\", \"value\": %.6g, \"unit\": \"%s\", \"n\": %llu}\n", name,
	       value, unit, (unsigned long long)n);
	fflush(stdout);
}

static uint64_t resident(void)
{
	unsigned long long total = 0, pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (!file || fscanf(file, "%llu %llu", &total, &pages) != 2)
		exit(1);
	fclose(file);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t next_random(struct bench *b)
{
	b->random ^= b->random >> 12;
	b->random ^= b->random << 25;
	b->random ^= b->random >> 27;
	return b->random * UINT64_C(0x2545f4914f6cdd1d);
}

/* The address of a sender: nets spread over IPv4, hosts within one at odd steps. */
static uint32_t address_of(uint32_t sender)
{
	uint32_t net = sender / NET_SIZE, host = sender % NET_SIZE;

	return net * 2654435761u << 8 | ((host * 37 + 11) & 0xff);
}

static uint32_t asn_of(const struct address_range *address, void *context)
{
	(void)context;
	return 64512 + (uint32_t)(address->first >> 16 & 0x3ff);
}

static void apply(struct bench *b, uint32_t sender, enum event_class class, uint64_t what)
{
	struct event e = {
	    .time_ms = b->now_ms,
	    .received_ms = b->now_ms,
	    .class = class,
	    .address.first = address_of(sender),
	    .address.last = address_of(sender),
	    .count = 1,
	    .probability = 1,
	    .weight = 1,
	    .recipient = what,
	    .user = what,
	    .is_authenticated = true,
	    .reporter = "mx1",
	};

	if (ledger_apply(b->l, &e) < 0)
		exit(1);
}

/* Half of the senders with good mail, a third with bad, the rest with both. */
static void fill(struct bench *b)
{
	double start = cpu_s();
	uint64_t count = 0, before = resident();
	struct ledger_stats stats;

	for (uint32_t i = 0; i < b->addresses; i++) {
		b->now_ms += i % EVENTS_OF_MS == 0;
		if (i % 6 < 3 || i % 6 == 5) {
			for (unsigned j = 0; j < 3; j++, count++)
				apply(b, i, EVENT_GOOD_DELIVERY, j);
		}
		if (i % 6 >= 3) {
			apply(b, i, i % 6 == 3 ? EVENT_INVALID_RCPT : EVENT_SPAM_VERDICT, i);
			count++;
		}
	}
	ledger_stats(b->l, &stats);
	report("fill", (double)count / (cpu_s() - start), "1/s", stats.keys);
	report("memory", (double)stats.memory_size / (double)stats.keys, "B/key", stats.keys);
	report("resident", (double)(resident() - before) / (double)stats.keys, "B/key", stats.keys);
	report("resident_address", (double)(resident() - before) / b->addresses, "B/address",
	       b->addresses);
}

static void mixed(struct bench *b)
{
	static const enum event_class classes[10] = {
	    EVENT_GOOD_DELIVERY, EVENT_GOOD_DELIVERY, EVENT_GOOD_DELIVERY, EVENT_GOOD_DELIVERY,
	    EVENT_GOOD_DELIVERY, EVENT_VALID_RCPT,    EVENT_SPAM_VERDICT,  EVENT_SPAM_VERDICT,
	    EVENT_INVALID_RCPT,  EVENT_AUTH_FAIL,
	};
	double start = cpu_s();

	for (unsigned i = 0; i < EVENTS; i++) {
		uint64_t random = next_random(b);

		b->now_ms += i % EVENTS_OF_MS == 0;
		apply(b, (uint32_t)(random % b->addresses), classes[(random >> 32) % 10],
		      random >> 40 & 0xff);
	}
	report("events", EVENTS / (cpu_s() - start), "1/s", b->addresses);
}

/* One sender's flood: everything in the cache. */
static void flood(struct bench *b)
{
	double start = cpu_s();

	for (unsigned i = 0; i < EVENTS; i++) {
		b->now_ms += i % EVENTS_OF_MS == 0;
		apply(b, 1, EVENT_INVALID_RCPT, i);
	}
	report("flood", EVENTS / (cpu_s() - start), "1/s", b->addresses);
}

static void answers(struct bench *b)
{
	double start = cpu_s();
	uint64_t sum = 0;

	for (unsigned i = 0; i < EVENTS; i++) {
		struct ledger_key key = {.kind = LEDGER_IP4, .length = 32};
		struct ledger_answer answer;

		key.address = address_of((uint32_t)(next_random(b) % b->addresses));
		ledger_answer(b->l, &key, b->now_ms, &answer);
		sum += (uint64_t)answer.score;
	}
	report("answer", (cpu_s() - start) * 1e9 / EVENTS, "ns", b->addresses);
	if (sum == 0)
		exit(1);
}

/* Every key is looked at once in LEDGER_SWEEP_MS. */
static void sweep(struct bench *b)
{
	double start = cpu_s();
	struct ledger_stats stats;

	b->now_ms += LEDGER_SWEEP_MS;
	ledger_advance(b->l, b->now_ms);
	ledger_stats(b->l, &stats);
	report("sweep", (cpu_s() - start) * 1e9 / (double)stats.keys, "ns/key", stats.keys);
}

static void floor_line(struct bench *b)
{
	struct ledger_stats stats;
	uint64_t sum = 0, lines;
	double start;
	uint8_t *memory;

	ledger_stats(b->l, &stats);
	lines = stats.memory_size / 64;
	memory = mmap(NULL, lines * 64, PROT_READ | PROT_WRITE,
	              MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED)
		exit(1);
	start = cpu_s();
	for (unsigned i = 0; i < EVENTS; i++)
		sum += memory[((next_random(b) + sum) % lines) * 64];
	report("floor", (cpu_s() - start) * 1e9 / EVENTS, "ns", b->addresses);
	munmap(memory, lines * 64);
	if (sum != 0)
		exit(1);
}

int main(int argc, char **argv)
{
	const struct ledger_hooks hooks = {.asn = asn_of};
	struct bench b = {.random = 1, .now_ms = START_MS};
	struct dials dials;

	b.addresses = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	if (b.addresses < 10 || b.addresses > 100000000) {
		fprintf(stderr, "usage: bench_ledger [ADDRESSES], 10 to 100000000\n");
		return 2;
	}
	dials_default(&dials);
	b.l = ledger_new(&dials, &hooks);
	if (!b.l)
		return 1;
	ledger_advance(b.l, START_MS);
	fill(&b);
	mixed(&b);
	flood(&b);
	answers(&b);
	sweep(&b);
	floor_line(&b);
	ledger_free(b.l);
	return 0;
}

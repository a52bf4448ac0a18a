/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What finding the zone of a name costs with 1, 1,000 and 100,000 zones, and what a zone weighs.
 * One JSON object a line.
 */
#include "dataplane/table/zones.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 2000000u

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* 1.2.3.4.zNUMBER.example, or only the apex. */
static size_t wire(unsigned number, const char *before, uint8_t *out_name)
{
	char text[100];
	size_t size = 0;

	snprintf(text, sizeof(text), "%sz%u.example", before, number);
	for (const char *at = text; *at;) {
		size_t label = strcspn(at, ".");

		out_name[size++] = (uint8_t)label;
		memcpy(&out_name[size], at, label);
		size += label;
		at += label + (at[label] == '.');
	}
	out_name[size++] = 0;
	return size;
}

static void bench(unsigned count)
{
	struct zones *z = zones_new();
	size_t before = mallinfo2().uordblks, found = 0;
	double start = cpu_s(), filled, ended;
	uint8_t name[100];

	for (unsigned i = 0; i < count; i++) {
		struct zone zone = {.state = ZONE_SERVING, .lists = {1}};

		zone.apex = (struct zone_name){name, (uint8_t)wire(i, "", name)};
		if (zones_add(z, &zone) < 0)
			exit(1);
	}
	filled = cpu_s();
	for (unsigned i = 0; i < ROUNDS; i++) {
		static uint8_t names[64][100];
		static size_t sizes[64];
		size_t offset;

		if (i < 64)
			sizes[i] = wire(i * 1567 % count, "1.2.0.192.", names[i]);
		found += zones_find(z, names[i % 64], sizes[i % 64], &offset) != NULL;
	}
	ended = cpu_s();
	printf("{\"name\":\"zones find\",\"value\":%.1f,\"unit\":\"ns\",\"n\":%u}\n",
	       (ended - filled) * 1e9 / ROUNDS, count);
	printf("{\"name\":\"zones add\",\"value\":%.1f,\"unit\":\"ns\",\"n\":%u}\n",
	       (filled - start) * 1e9 / count, count);
	printf("{\"name\":\"zones memory\",\"value\":%.1f,\"unit\":\"B\",\"n\":%u}\n",
	       (double)(mallinfo2().uordblks - before) / count, count);
	if (found != ROUNDS)
		exit(1);
	zones_free(z);
}

int main(void)
{
	bench(1);
	bench(1000);
	bench(100000);
	return 0;
}

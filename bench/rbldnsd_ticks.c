/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What rbldnsd takes for an answer without its kernel: loaded in front of libc (LD_PRELOAD), this
 * hands it questions of questions.h instead of packets, and counts the ticks until it sends the
 * answer. bench_answer.py starts it.
 *   REPUTED_TICKS_ENTRIES  how many addresses it has, as bench_answer --list prints them
 *   REPUTED_TICKS_FILE     where the line goes; then the process ends
 */
#include "bench/questions.h"
#include "bench/ticks.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BURST   32 /* so many are a sample, as in bench_answer */
#define SAMPLES 8192

static struct {
	uint32_t entries, number;
	uint64_t start;
	uint32_t ticks[SAMPLES];
} counted;

ssize_t recvfrom(int fd, void *restrict buffer, size_t size, int flags,
                 struct sockaddr *restrict address, socklen_t *restrict address_size)
{
	const struct sockaddr_in client = {.sin_family = AF_INET,
	                                   .sin_port = htons(4242),
	                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct question question;

	(void)fd;
	(void)flags;
	if (counted.entries == 0)
		counted.entries =
		    (uint32_t)strtoul(getenv("REPUTED_TICKS_ENTRIES") ?: "1", NULL, 10);
	questions_make(NULL, QUESTIONS_EDNS, counted.entries, counted.number, &question);
	questions_must(question.size <= size, "the buffer is too small");
	memcpy(buffer, question.bytes, question.size);
	memcpy(address, &client, sizeof(client));
	*address_size = sizeof(client);
	counted.start = ticks_now();
	return question.size;
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void report(void)
{
	FILE *file = fopen(getenv("REPUTED_TICKS_FILE") ?: "/dev/stdout", "w");

	questions_must(file, "cannot write");
	qsort(counted.ticks, SAMPLES, sizeof(counted.ticks[0]), compare);
	fprintf(file,
	        "{\"name\":\"answer_rbldnsd_%" PRIu32
	        "\",\"value\":%.1f,\"unit\":\"ticks/query\",\"n\":%d}\n",
	        counted.entries, (double)counted.ticks[SAMPLES / 2] / BURST, SAMPLES);
	fclose(file);
}

ssize_t sendto(int fd, const void *buffer, size_t size, int flags, const struct sockaddr *address,
               socklen_t address_size)
{
	const uint64_t ticks = ticks_after() - counted.start;
	const uint8_t *message = buffer;

	(void)fd;
	(void)flags;
	(void)address;
	(void)address_size;
	questions_must(size >= 12 && message[7] == (counted.number + 1) % 2, "a wrong answer");
	counted.ticks[counted.number / BURST] += (uint32_t)ticks;
	if (++counted.number < SAMPLES * BURST)
		return (ssize_t)size;
	report();
	_exit(0);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a server may send to the load generator: a frame, looked at as an answer over IPv4 and IPv6,
 * as the server's MAC, and as an answer's message alone.
 */
#include "bench/flood/judge.h"
#include "bench/flood/packet.h"
#include "tests/fuzz/core/check.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t query[] =
    "\0\7\1\0\0\1\0\0\0\0\0\1\1a\7example\0\0\1\0\1\0\0\x29\x04\xd0\0\0\0\0\0";

#define QUESTION_SIZE 15

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Of the size it has, so that a read behind it is seen. */
	uint8_t *frame = malloc(size ? size : 1), mac[6];

	CHECK(frame);
	if (size)
		memcpy(frame, data, size);
	for (unsigned i = 0; i < 2; i++) {
		struct packet_path path = {.is_ip6 = i == 1,
		                           .our_mac = {2},
		                           .server_mac = {4},
		                           .ours = {10, 0, 0, 2},
		                           .server = {10, 0, 0, 1},
		                           .server_port = 53};
		const uint8_t *message;
		uint16_t port;
		size_t message_size;

		packet_prepare(&path);
		(void)packet_told_mac(&path, frame, size, mac);
		if (packet_reply(&path, frame, size, &port, &message, &message_size)) {
			CHECK(message >= frame && message + message_size <= frame + size);
			CHECK(judge_reply(query, sizeof(query), QUESTION_SIZE, EXPECT_ANY, message,
			                  message_size) < JUDGE_RESULT_COUNT);
		}
	}
	CHECK(judge_reply(query, sizeof(query), QUESTION_SIZE, EXPECT_LISTED, frame, size) <
	      JUDGE_RESULT_COUNT);
	free(frame);
	return 0;
}

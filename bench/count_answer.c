/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Some thousand answers of one kind, for a tool that counts instructions of answer_burst(), or of
 * frame_parse() and frame_reply():
 *   valgrind --tool=callgrind --toggle-collect=answer_burst count_answer KIND
 *   valgrind --tool=callgrind --toggle-collect=frame_parse --toggle-collect=frame_reply \
 *       count_answer frame_KIND
 *
 * Prints how many queries were answered; without KIND, the kinds. A number behind KIND is that of
 * the entries.
 */
#include "bench/flood/packet.h"
#include "bench/questions.h"
#include "dataplane/answer.h"
#include "dataplane/checksum.h"
#include "dataplane/frame.h"
#include "dataplane/headers.h"

#include <urcu-qsbr.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES  20000 /* without a number */
#define BURSTS   128
#define CAPACITY 1232

static struct query queries[QUERY_BURST_MAX];
static uint8_t messages[QUERY_BURST_MAX][CAPACITY];

static void ask(const struct tables *t, const struct question *questions)
{
	unsigned hits = 0;

	for (unsigned at = 0; at < BURSTS * QUERY_BURST_MAX; at += QUERY_BURST_MAX) {
		for (unsigned i = 0; i < QUERY_BURST_MAX; i++)
			questions_ask(&questions[at + i], messages[i], CAPACITY, &queries[i]);
		answer_burst(t, queries, QUERY_BURST_MAX);
		for (unsigned i = 0; i < QUERY_BURST_MAX; i++) {
			questions_must(queries[i].reply_size > 0, "no answer");
			hits += messages[i][7] == 1; /* of the answer's records */
		}
		urcu_qsbr_quiescent_state();
	}
	questions_must(hits == BURSTS * QUERY_BURST_MAX / 2, "not as many hits as questions");
	printf("%u\n", BURSTS * QUERY_BURST_MAX);
}

/* --- frames --- */

enum frames_kind { FRAMES_IP4, FRAMES_IP4_SUMMED, FRAMES_IP6, FRAMES_KIND_COUNT };

static const char *const frames_names[FRAMES_KIND_COUNT] = {"frame_ip4", "frame_ip4_summed",
                                                            "frame_ip6"};

static struct frame_port port = {.mac = {2, 0, 0, 0, 0, 1},
                                 .count4 = 1,
                                 .count6 = 1,
                                 .addresses4 = {{0x0a350001, 24}},
                                 .addresses6 = {{0xfd, 0x53, [15] = 1}}};

/* A client of 10.53.0.0/24 or fd53::/64. */
static void set_path(struct packet_path *path, enum frames_kind kind, unsigned number)
{
	memset(path, 0, sizeof(*path));
	memcpy(path->our_mac, (uint8_t[]){2, 0, 0, 0, 0, 2}, 6);
	memcpy(path->server_mac, port.mac, 6);
	path->server_port = FRAME_DNS_PORT;
	path->is_ip6 = kind == FRAMES_IP6;
	if (path->is_ip6) {
		memcpy(path->server, port.addresses6[0], 16);
		memcpy(path->ours, port.addresses6[0], 16);
		path->ours[15] = (uint8_t)(2 + number % 200);
	} else {
		memcpy(path->server, (uint8_t[]){10, 53, 0, 1}, 4);
		memcpy(path->ours, (uint8_t[]){10, 53, 0, (uint8_t)(2 + number % 200)}, 4);
	}
	packet_prepare(path);
}

static void put_checksum(uint8_t *frame)
{
	uint8_t *ip = frame + ETH_SIZE, *udp = ip + IP4_SIZE;
	const size_t size = headers_u16(&udp[UDP_LENGTH]);

	headers_set_u16(
	    &udp[UDP_CHECKSUM],
	    checksum_finish(checksum_add(checksum_pseudo4(ip, IP_PROTOCOL_UDP, size), udp, size)));
}

static void ask_frames(const struct tables *t, enum frames_kind kind,
                       const struct question *questions)
{
	frame_port_prepare(&port);
	for (unsigned i = 0; i < BURSTS * QUERY_BURST_MAX; i++) {
		struct packet_path path;
		struct frame f = {.bytes = messages[0], .capacity = CAPACITY};

		set_path(&path, kind, i);
		f.size = (uint16_t)packet_query(&path, (uint16_t)(1024 + i), (uint16_t)i,
		                                questions[i].bytes, questions[i].size, f.bytes);
		if (kind == FRAMES_IP4_SUMMED)
			put_checksum(f.bytes);
		questions_must(frame_parse(&port, &f, &queries[0]) == FRAME_DNS, "a good frame");
		queries[0].now_us = QUESTIONS_NOW_US;
		answer_burst(t, queries, 1);
		questions_must(queries[0].reply_size > 0, "no answer");
		questions_must(frame_reply(&f, queries[0].reply_size) > f.size, "a longer frame");
		urcu_qsbr_quiescent_state();
	}
	printf("%u\n", BURSTS * QUERY_BURST_MAX);
}

/* Which of the names of kinds a word is; count: none. */
static unsigned find_kind(const char *const *names, unsigned count, const char *word)
{
	unsigned kind = 0;

	while (kind < count && strcmp(names[kind], word) != 0)
		kind++;
	return kind;
}

static void list_kinds(const char *const *names, unsigned count)
{
	for (unsigned kind = 0; kind < count; kind++)
		printf("%s\n", names[kind]);
}

int main(int argc, char **argv)
{
	const char *word = argc == 2 || argc == 3 ? argv[1] : "";
	const uint32_t entries = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : ENTRIES;
	const unsigned kind = find_kind(questions_names, QUESTIONS_KIND_COUNT, word);
	const unsigned frames = find_kind(frames_names, FRAMES_KIND_COUNT, word);
	struct question *questions;
	struct tables *t;

	if (kind == QUESTIONS_KIND_COUNT && frames == FRAMES_KIND_COUNT) {
		list_kinds(questions_names, QUESTIONS_KIND_COUNT);
		list_kinds(frames_names, FRAMES_KIND_COUNT);
		return argc == 1 ? 0 : 2;
	}
	questions = calloc(BURSTS * QUERY_BURST_MAX, sizeof(*questions));
	questions_must(questions, "memory");
	urcu_qsbr_register_thread();
	t = questions_tables(entries);
	for (uint32_t i = 0; i < BURSTS * QUERY_BURST_MAX; i++)
		questions_make(t, kind < QUESTIONS_KIND_COUNT ? kind : QUESTIONS_EDNS, entries, i,
		               &questions[i]);
	if (kind < QUESTIONS_KIND_COUNT)
		ask(t, questions);
	else
		ask_frames(t, frames, questions);
	free(questions);
	tables_free(t);
	urcu_qsbr_unregister_thread();
	return 0;
}

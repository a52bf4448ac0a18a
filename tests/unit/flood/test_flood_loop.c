/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Questions of the generator through the frames and the answer core, and its judgement of the
 * answers: what is sent is good in the server's eyes, and what comes back in the generator's.
 */
#include "bench/flood/book.h"
#include "bench/flood/mix.h"
#include "bench/flood/packet.h"
#include "dataplane/answer.h"
#include "dataplane/neigh.h"
#include "tests/golden/dataset.h"

#include <urcu-qsbr.h>

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW_US UINT64_C(1767225600000000)

/* Of tests/golden/dataset.c, what bl.example lists. */
static const char listed[] = "# a comment\n"
			     "192.0.2.1\n"
			     "  192.0.2.2  # two\n"
			     "198.51.100.8-198.51.100.255\n"
			     "\n"
			     "2001:db8:1::/48\n"
			     "2001:db8:2::25\n";

struct loop {
	struct tables *tables;
	struct frame_port server;
	struct packet_path path;
	char file[32];
};

static void write_file(char path[32], const char *text)
{
	int fd;

	strcpy(path, "/tmp/reputed-flood-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int set_up(void **state)
{
	struct loop *l = calloc(1, sizeof(*l));

	urcu_qsbr_register_thread();
	l->tables = dataset_new();
	l->server = (struct frame_port){.mac = {2, 0, 0, 0, 0, 1}, .count4 = 1, .count6 = 1};
	l->server.addresses4[0] = (struct frame_address4){0x0a350001, 24};
	inet_pton(AF_INET6, "fd53::1", l->server.addresses6[0]);
	frame_port_prepare(&l->server);
	write_file(l->file, listed);
	*state = l;
	return 0;
}

static int tear_down(void **state)
{
	struct loop *l = *state;

	unlink(l->file);
	dataset_free(l->tables);
	urcu_qsbr_unregister_thread();
	free(l);
	return 0;
}

/* Learn the server's MAC from the server itself. */
static void find_server(struct loop *l, bool is_ip6)
{
	uint8_t bytes[128];
	struct frame f = {.bytes = bytes, .capacity = sizeof(bytes)};
	struct query query;
	size_t size;

	l->path = (struct packet_path){
	    .is_ip6 = is_ip6, .our_mac = {2, 0, 0, 0, 0, 2}, .server_port = 53};
	inet_pton(is_ip6 ? AF_INET6 : AF_INET, is_ip6 ? "fd53::1" : "10.53.0.1", l->path.server);
	inet_pton(is_ip6 ? AF_INET6 : AF_INET, is_ip6 ? "fd53::2" : "10.53.0.2", l->path.ours);
	f.size = (uint16_t)packet_ask_mac(&l->path, bytes);
	assert_false(packet_told_mac(&l->path, bytes, f.size, l->path.server_mac));
	assert_int_equal(frame_parse(&l->server, &f, &query), FRAME_NEIGH);
	size = neigh_reply(&l->server, &f);
	assert_true(size > 0);
	for (size_t cut = 0; cut < (is_ip6 ? 86 : 42); cut++)
		assert_false(packet_told_mac(&l->path, bytes, cut, l->path.server_mac));
	assert_true(packet_told_mac(&l->path, bytes, size, l->path.server_mac));
	assert_memory_equal(l->path.server_mac, l->server.mac, 6);
	packet_prepare(&l->path);
}

/* Ask one question of a mix; returns the judgement. */
static enum judge_result ask(struct loop *l, const struct mix *mix, uint32_t index,
                             struct book *book)
{
	static uint8_t bytes[QUERY_UDP_SIZE + PACKET_HEADERS_MAX];
	const struct mix_query *q = &mix->queries[index];
	struct frame f = {.bytes = bytes, .capacity = sizeof(bytes)};
	struct query query;
	const uint8_t *message;
	uint16_t port, id, reply_port;
	uint64_t sent;
	uint32_t found;
	size_t size;

	book_open(book, 1000 + index, index, &port, &id);
	f.size = (uint16_t)packet_query(&l->path, port, id, mix->bytes + q->offset, q->size, bytes);
	assert_int_equal(frame_parse(&l->server, &f, &query), FRAME_DNS); /* checksums too */
	query.now_us = NOW_US;
	answer_burst(l->tables, &query, 1);
	assert_int_equal(query.drop, DROP_NONE);
	size = frame_reply(&f, query.reply_size);
	assert_true(packet_reply(&l->path, bytes, size, &reply_port, &message, &size));
	assert_int_equal(reply_port, port);
	assert_true(
	    book_close(book, reply_port, (uint16_t)(message[0] << 8 | message[1]), &sent, &found));
	assert_int_equal(found, index);
	assert_int_equal(sent, 1000 + index);
	return judge_reply(mix->bytes + q->offset, q->size, q->question_size,
	                   (enum judge_expectation)q->expected, message, size);
}

static const struct loop_row {
	const char *why;
	struct mix_options options;
	bool is_path6;
	enum judge_result result;
	unsigned expected_least[3]; /* by enum judge_expectation, of 2000 */
} loop_rows[] = {
    {"half listed, all with an OPT",
     {.zone = "bl.example", .hit = 0.5, .edns = 1, .seed = 1},
     false,
     JUDGE_RIGHT,
     {0, 900, 900}},
    {"over IPv6, whose UDP checksum the server verifies",
     {.zone = "bl.example", .hit = 0.5, .edns = 0.5, .ip6 = 0.5, .seed = 2},
     true,
     JUDGE_RIGHT,
     {0, 900, 900}},
    {"only listed ones, Zipf, without OPT",
     {.zone = "bl.example", .hit = 1, .zipf = 1, .seed = 3},
     false,
     JUDGE_RIGHT,
     {0, 2000, 0}},
    {"only IPv6, another exponent",
     {.zone = "bl.example.", .hit = 0.5, .ip6 = 1, .zipf = 1.3, .seed = 4},
     false,
     JUDGE_RIGHT,
     {0, 900, 900}},
    {"misses that may be listed",
     {.zone = "bl.example", .hit = 0.5, .is_partial = true, .seed = 5},
     false,
     JUDGE_RIGHT,
     {900, 900, 0}},
    {"a zone that lists none of it: the hits are wrong",
     {.zone = "txt.example", .hit = 1, .seed = 6},
     false,
     JUDGE_WRONG,
     {0, 2000, 0}},
    {"a zone that is not loaded: SERVFAIL",
     {.zone = "off.example", .hit = 1, .seed = 7},
     false,
     JUDGE_REFUSED,
     {0, 2000, 0}},
    {"a zone of somebody else's: REFUSED",
     {.zone = "bl.invalid", .hit = 0, .seed = 8},
     false,
     JUDGE_REFUSED,
     {0, 0, 2000}},
};

static void test_loop(void **state)
{
	struct loop *l = *state;

	for (size_t i = 0; i < sizeof(loop_rows) / sizeof(loop_rows[0]); i++) {
		const struct loop_row *row = &loop_rows[i];
		struct mix_options options = row->options;
		unsigned expected[3] = {0};
		char error[MIX_ERROR_MAX];
		struct mix *mix;
		struct book book;

		print_message("# %s\n", row->why);
		options.count = 2000;
		options.listed = l->file;
		mix = mix_new(&options, error);
		assert_non_null(mix);
		assert_int_equal(mix->count, 2000);
		assert_int_equal(book_init(&book, 10000, 16), 0);
		find_server(l, row->is_path6);
		for (uint32_t q = 0; q < mix->count; q++) {
			assert_int_equal(ask(l, mix, q, &book), row->result);
			expected[mix->queries[q].expected]++;
		}
		for (unsigned e = 0; e < 3; e++)
			assert_true(expected[e] >= row->expected_least[e]);
		assert_int_equal(book.overrun, 0);
		book_done(&book);
		mix_free(mix);
	}
}

/* The same seed asks the same, another one something else. */
static void test_seed(void **state)
{
	struct loop *l = *state;
	struct mix_options options = {
	    .zone = "bl.example", .listed = l->file, .hit = 0.5, .edns = 0.5, .count = 100};
	char error[MIX_ERROR_MAX];
	struct mix *mixes[3];

	for (unsigned i = 0; i < 3; i++) {
		options.seed = i == 2;
		mixes[i] = mix_new(&options, error);
		assert_non_null(mixes[i]);
	}
	assert_int_equal(mixes[0]->bytes_size, mixes[1]->bytes_size);
	assert_memory_equal(mixes[0]->bytes, mixes[1]->bytes, mixes[0]->bytes_size);
	assert_true(mixes[0]->bytes_size != mixes[2]->bytes_size ||
	            memcmp(mixes[0]->bytes, mixes[2]->bytes, mixes[0]->bytes_size) != 0);
	for (unsigned i = 0; i < 3; i++)
		mix_free(mixes[i]);
}

static void test_replay(void **state)
{
	static const char names[] = "# recorded\n2.0.0.127.bl.example\nbl.example SOA\n"
				    "1.2.0.192.BL.example txt\n";
	struct loop *l = *state;
	struct mix_options options = {.edns = 1, .count = 100};
	char path[32], error[MIX_ERROR_MAX];
	struct book book;
	struct mix *mix;

	write_file(path, names);
	options.replay = path;
	mix = mix_new(&options, error);
	unlink(path);
	assert_non_null(mix);
	assert_int_equal(mix->count, 3);
	assert_int_equal(book_init(&book, 10000, 1), 0);
	find_server(l, false);
	for (uint32_t q = 0; q < mix->count; q++)
		assert_int_equal(ask(l, mix, q, &book), JUDGE_RIGHT);
	book_done(&book);
	mix_free(mix);
}

static const struct bad_row {
	const char *text;
	bool is_replay;
	struct mix_options options;
	const char *error; /* in part */
} bad_rows[] = {
    {"192.0.2.1\nexample.org\n", false, {.zone = "bl.example", .hit = 1}, "line 2: expected an"},
    {"192.0.2.1\n", false, {.zone = "bl..example", .hit = 1}, "--zone 'bl..example'"},
    {"", false, {.zone = "bl.example", .hit = 0.5}, "no IPv4 address is known"},
    {"192.0.2.1\n", false, {.zone = "bl.example", .hit = 0.5, .ip6 = 0.1}, "no IPv6 address"},
    {"0.0.0.0/0\n", false, {.zone = "bl.example", .hit = 0.5}, "lists nearly everything"},
    {"example.org\na..b A\n", true, {.edns = 0}, "line 2: expected a name"},
    {"example.org MX\n", true, {.edns = 0}, "line 1: expected a name and A"},
    {"# nothing\n", true, {.edns = 0}, "has no names"},
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_rows) / sizeof(bad_rows[0]); i++) {
		const struct bad_row *row = &bad_rows[i];
		struct mix_options options = row->options;
		char path[32], error[MIX_ERROR_MAX];

		write_file(path, row->text);
		*(row->is_replay ? &options.replay : &options.listed) = path;
		options.count = 100;
		assert_null(mix_new(&options, error));
		unlink(path);
		if (!strstr(error, row->error))
			fail_msg("'%s' instead of '%s'", error, row->error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_loop, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_seed, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_replay, set_up, tear_down),
	    cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

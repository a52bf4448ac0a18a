/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two TCP streams at one desk, in pieces of any size in both directions. The input:
 *   byte 0     tables and client, as in fuzz_answer
 *   byte 1     bit 0: broken at the end instead of half-closed; bit 1: hardly any memory;
 *              the rest: how many steps
 *   bytes 2-3  how many bytes are the first stream's
 *   steps      2 bytes each: which stream (top bit) receives how much, and how much it may send
 *   the bytes of the streams
 * What comes out must be the answers to all whole messages, in order, up to the first that gets
 * none; and each must be what the core says over UDP, where that is not bound to differ.
 */
#include "dataplane/answer.h"
#include "dataplane/dns.h"
#include "dataplane/stream.h"
#include "tests/fuzz/core/check.h"
#include "tests/golden/dataset.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STREAMS       2
#define MESSAGE_MAX   65535
#define OUT_MAX       (1u << 21)
#define MEMORY_MAX    (1u << 24)
#define MEMORY_LITTLE 600
#define IDLE_DS       100
#define NOW_US        UINT64_C(1559731985000000) /* of the cookies among the seeds */
#define ANY           SIZE_MAX

/* The other end of a stream. */
struct side {
	const uint8_t *bytes; /* to be received by the server */
	size_t size, given;
	size_t may_give, may_take; /* in this step */
	bool has_ended, is_broken;
	size_t out_size;
	uint8_t out[OUT_MAX]; /* what the server sent */
};

struct world {
	struct tables *full, *long_apex, *strict;
	const struct tables *tables; /* of this input */
	struct stats *stats;
	struct stream_desk *desks[2]; /* with memory, and with hardly any */
	struct side sides[STREAMS];
	uint8_t expected[OUT_MAX];
	uint8_t message[MESSAGE_MAX], again[MESSAGE_MAX];
};

static struct world *world;

const struct tables *update_tables(const struct update *u)
{
	(void)u;
	return world->tables;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static ssize_t give(int handle, uint8_t *bytes, size_t size)
{
	struct side *side = &world->sides[handle];
	size_t left = side->size - side->given, n = least(least(size, side->may_give), left);

	CHECK(size > 0);
	if (side->is_broken)
		return -ECONNRESET;
	if (n == 0)
		return left == 0 && side->has_ended ? 0 : -EAGAIN;
	memcpy(bytes, side->bytes + side->given, n);
	side->given += n;
	side->may_give -= n;
	return (ssize_t)n;
}

static ssize_t take(int handle, const struct iovec *pieces, unsigned count)
{
	struct side *side = &world->sides[handle];
	size_t taken = 0;

	CHECK(count > 0);
	if (side->is_broken)
		return -EPIPE;
	for (unsigned i = 0; i < count; i++) {
		size_t n = least(pieces[i].iov_len, side->may_take);

		CHECK(pieces[i].iov_len > 0 && side->out_size + n <= OUT_MAX);
		memcpy(side->out + side->out_size, pieces[i].iov_base, n);
		side->out_size += n;
		side->may_take -= n;
		taken += n;
	}
	return taken > 0 ? (ssize_t)taken : -EAGAIN;
}

static struct stream_desk *new_desk(size_t memory_max)
{
	const struct stream_desk_options options = {
	    .transport = {.receive = give, .send = take},
	    .memory_max = memory_max,
	    .stats = stats_of_thread(world->stats, 0),
	};
	struct stream_desk *d = stream_desk_new(&options);

	CHECK(d);
	return d;
}

static void tear_down(void)
{
	for (unsigned i = 0; i < 2; i++)
		stream_desk_free(world->desks[i]);
	stats_free(world->stats);
	dataset_free(world->full);
	dataset_free(world->long_apex);
	dataset_free(world->strict);
	free(world);
	urcu_qsbr_unregister_thread();
}

/* Before the first input, so that no input seems to leak it. */
__attribute__((constructor)) static void set_up(void)
{
	urcu_qsbr_register_thread();
	world = calloc(1, sizeof(*world));
	CHECK(world);
	world->full = dataset_new();
	world->long_apex = dataset_new_long_apex();
	world->strict = dataset_new_strict();
	world->stats = stats_new(1);
	CHECK(world->stats);
	world->desks[0] = new_desk(MEMORY_MAX);
	world->desks[1] = new_desk(MEMORY_LITTLE);
	CHECK(atexit(tear_down) == 0);
}

static const struct tables *tables_of(uint8_t choice)
{
	if (choice % 8 == 0)
		return NULL;
	if (choice % 8 == 7)
		return world->strict;
	return choice % 8 == 1 ? world->long_apex : world->full;
}

static address6_t client_of(uint8_t choice)
{
	static const uint32_t clients[] = {0x7f000001, 0x7f000001, 0x0a424201, 0x0a420606,
	                                   0x7f000001, 0x7f000001, 0x0a420701, 0x0a420801};

	return (address6_t)0xffff << 32 | clients[choice / 16 % 8];
}

static void ask(struct query *q, uint8_t *bytes, const uint8_t *message, size_t size, bool is_tcp)
{
	memcpy(bytes, message, size);
	*q = (struct query){.message = bytes,
	                    .size = (uint16_t)size,
	                    .capacity = MESSAGE_MAX,
	                    .is_tcp = is_tcp,
	                    .tcp_idle_ds = IDLE_DS,
	                    .client = q->client,
	                    .now_us = NOW_US};
	answer_burst(world->tables, q, 1);
}

/* Over UDP it is the same, unless it says that over TCP there is more, or of TCP itself. */
static void check_same(const struct query *tcp, const uint8_t *message, size_t size)
{
	struct query udp = {.client = tcp->client};

	ask(&udp, world->again, message, size, false);
	CHECK(udp.drop == tcp->drop);
	if (tcp->reply_size == 0 || tcp->is_keepalive_asked || world->again[2] & DNS_TC ||
	    udp.rcode == DNS_BADCOOKIE)
		return;
	CHECK(udp.reply_size == tcp->reply_size);
	CHECK(memcmp(world->again, world->message, udp.reply_size) == 0);
}

/* All that must come out of a stream of bytes. */
static size_t expect(const struct side *side, address6_t client)
{
	size_t size = 0;

	for (size_t at = 0; side->size - at >= 2;) {
		size_t length = side->bytes[at] * 256u + side->bytes[at + 1];
		struct query q = {.client = client};

		if (side->size - at - 2 < length)
			break;
		ask(&q, world->message, &side->bytes[at + 2], length, true);
		check_same(&q, &side->bytes[at + 2], length);
		if (q.reply_size == 0)
			break;
		CHECK(size + 2 + q.reply_size <= OUT_MAX);
		world->expected[size] = (uint8_t)(q.reply_size / 256);
		world->expected[size + 1] = (uint8_t)(q.reply_size % 256);
		memcpy(&world->expected[size + 2], world->message, q.reply_size);
		size += 2u + q.reply_size;
		at += 2 + length;
	}
	return size;
}

static unsigned count_whole(const struct side *side)
{
	unsigned count = 0;

	for (size_t at = 0; side->given - at >= 2; count++) {
		size_t length = side->bytes[at] * 256u + side->bytes[at + 1];

		if (side->given - at - 2 < length)
			break;
		at += 2 + length;
	}
	return count;
}

struct run {
	struct stream_desk *desk;
	size_t memory_max;
	struct stream streams[STREAMS];
	bool is_closed[STREAMS];
};

static void step(struct run *r, unsigned which, size_t may_give, size_t may_take)
{
	struct stream *s = &r->streams[which];
	struct side *side = &world->sides[which];
	unsigned whole = count_whole(side);
	size_t owed = s->out_size - s->out_sent, sent = side->out_size;
	enum stream_wait wait;

	if (r->is_closed[which])
		return;
	side->may_give = may_give;
	side->may_take = may_take;
	s->was_active = false;
	wait = stream_advance(r->desk, s, NOW_US, IDLE_DS);
	CHECK(stream_memory(r->desk) <= r->memory_max);
	/* pieces of a query, and of what waits to be taken, are no activity */
	if (owed == 0 && count_whole(side) == whole)
		CHECK(!s->was_active);
	if (side->out_size - sent < owed)
		CHECK(!s->was_active);
	CHECK(wait == STREAM_WAIT_CLOSE || (wait == STREAM_WAIT_OUTPUT) == (s->out != NULL));
	if (wait == STREAM_WAIT_CLOSE) {
		stream_forget(r->desk, s);
		r->is_closed[which] = true;
	}
}

static void finish(struct run *r, unsigned which, bool is_broken)
{
	struct side *side = &world->sides[which];

	for (unsigned i = 0; side->given < side->size && !r->is_closed[which]; i++) {
		CHECK(i < 100000);
		step(r, which, ANY, ANY);
	}
	side->has_ended = true;
	side->is_broken = is_broken;
	for (unsigned i = 0; !r->is_closed[which]; i++) {
		CHECK(i < 100000);
		step(r, which, ANY, ANY);
	}
}

static void check_out(const struct run *r, unsigned which, bool is_broken)
{
	const struct side *side = &world->sides[which];
	size_t size = expect(side, r->streams[which].client);

	CHECK(side->out_size <= size);
	CHECK(memcmp(side->out, world->expected, side->out_size) == 0);
	if (!is_broken && r->memory_max == MEMORY_MAX)
		CHECK(side->out_size == size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run r = {0};
	size_t step_count, first;
	bool is_broken;

	if (size < 4)
		return 0;
	step_count = least(data[1] / 4, (size - 4) / 2);
	is_broken = data[1] & 1;
	r.desk = world->desks[data[1] / 2 % 2];
	r.memory_max = data[1] & 2 ? MEMORY_LITTLE : MEMORY_MAX;
	world->tables = tables_of(data[0]);
	first = least(data[2] * 256u + data[3], size - 4 - 2 * step_count);
	for (unsigned i = 0; i < STREAMS; i++) {
		struct side *side = &world->sides[i];

		side->bytes = data + 4 + 2 * step_count + (i == 0 ? 0 : first);
		side->size = i == 0 ? first : size - 4 - 2 * step_count - first;
		side->given = side->out_size = 0;
		side->has_ended = side->is_broken = false;
		r.streams[i] = (struct stream){.client = client_of(data[0]), .handle = (int)i};
	}
	for (size_t i = 0; i < step_count; i++) {
		const uint8_t *bytes = &data[4 + 2 * i];
		size_t may_give = bytes[0] % 128 == 127 ? ANY : bytes[0] % 128;

		step(&r, bytes[0] / 128, may_give, bytes[1] == 255 ? ANY : bytes[1]);
	}
	for (unsigned i = 0; i < STREAMS; i++)
		finish(&r, i, is_broken);
	CHECK(stream_memory(r.desk) == 0);
	for (unsigned i = 0; i < STREAMS; i++)
		check_out(&r, i, is_broken);
	urcu_qsbr_quiescent_state();
	return 0;
}

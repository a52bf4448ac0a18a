/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes of a client -> framing -> messages -> batches on live tables, with lookups between.
 *
 * First byte of the input: bit 0: a full load was committed before; bit 1: each message has a
 * length of one byte instead of four, so that a mutation keeps the framing.
 *
 * Checked after every message: the tables answer as a flat model of some addresses does, which
 * changes at a Committed only; a message has at most the one answer it should have.
 */
#include "dataplane/access.h"
#include "dataplane/update_serve.h"
#include "tests/fuzz/table/check.h"
#include "tests/fuzz/table/grace.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PROBES     8
#define BLOCKS_MAX 4096 /* /24 blocks of one message */
#define LINES_MAX  1024 /* of rate limits */

static const uint32_t probes4[PROBES] = {0,          1,          0x0a000000, 0x7f000002,
                                         0xc0000200, 0xc0000201, 0xc00002ff, 0xffffffff};
static const address6_t probes6[PROBES] = {
    0,
    1,
    ((address6_t)0xffff << 32) | 0xc0000201,
    (address6_t)0x20010db8 << 96,
    ((address6_t)0x20010db8 << 96) + 1,
    ((address6_t)0x20010db9 << 96) - 1,
    (address6_t)1 << 127,
    ~(address6_t)0,
};

struct model {
	verdict_t verdicts4[PROBES], verdicts6[PROBES];
	uint64_t generation;
	size_t zone_count;
};

struct target {
	struct update_serve serve;
	struct update_client client;
	struct channel peer;
	struct model now, next; /* as published; as it will be at Commit */
};

static void model_paint(struct model *m, const channel_request *request)
{
	const Reputed__Update__Paint4 *p4 = request->paint4;
	const Reputed__Update__Paint6 *p6 = request->paint6;

	if (request->kind_case == REPUTED__UPDATE__REQUEST__KIND_PAINT4) {
		for (size_t i = 0; i < p4->n_first && i < p4->n_last && i < p4->n_verdict; i++) {
			for (size_t n = 0; n < PROBES; n++) {
				if (p4->first[i] <= probes4[n] && probes4[n] <= p4->last[i])
					m->verdicts4[n] = p4->verdict[i];
			}
		}
	} else if (request->kind_case == REPUTED__UPDATE__REQUEST__KIND_PAINT6) {
		for (size_t i = 0; i < p6->n_first_high && i < p6->n_first_low &&
		                   i < p6->n_last_high && i < p6->n_last_low && i < p6->n_verdict;
		     i++) {
			address6_t first = (address6_t)p6->first_high[i] << 64 | p6->first_low[i];
			address6_t last = (address6_t)p6->last_high[i] << 64 | p6->last_low[i];

			for (size_t n = 0; n < PROBES; n++) {
				if (first <= probes6[n] && probes6[n] <= last)
					m->verdicts6[n] = p6->verdict[i];
			}
		}
	}
}

/* What a batch will make of the model if all of it is taken. */
static void model_request(struct target *t, const channel_request *request)
{
	if (request->kind_case == REPUTED__UPDATE__REQUEST__KIND_BEGIN) {
		t->next = t->now;
		if (request->begin->is_full)
			memset(&t->next, 0, sizeof(t->next));
		t->next.generation = request->begin->generation;
	} else if (request->kind_case == REPUTED__UPDATE__REQUEST__KIND_ZONES) {
		if (!request->zones->is_addition)
			t->next.zone_count = 0;
		t->next.zone_count += request->zones->n_zones;
	} else {
		model_paint(&t->next, request);
	}
}

static void check_tables(const struct target *t)
{
	const struct tables *tables = update_store_tables(&t->serve.store);
	const struct access_listing *always;

	if (!tables) {
		CHECK(t->now.generation == 0);
		return;
	}
	for (size_t n = 0; n < PROBES; n++) {
		verdict_t verdict = table4_lookup(tables->addresses4, probes4[n]);

		CHECK(verdict == t->now.verdicts4[n]);
		verdicts_get(tables->verdicts, verdict);
		verdict = table6_lookup(tables->addresses6, probes6[n]);
		CHECK(verdict == t->now.verdicts6[n]);
	}
	CHECK(atomic_load(&tables->generation) == t->now.generation);
	CHECK(zones_count(tables->zones) == t->now.zone_count);
	access_find(tables, probes6[2], &always);
	CHECK(tables_settings(tables)->secret_count > 0);
}

/* Take the answers of one message. Returns how many; a Committed makes the next model the present.
 */
static size_t take_answers(struct target *t)
{
	channel_response *response = NULL;
	size_t count = 0;
	int rc;

	CHECK(channel_flush(&t->client.channel) == 0);
	do {
		while ((rc = channel_next_response(&t->peer, &response)) == 1) {
			count++;
			if (response->kind_case == REPUTED__UPDATE__RESPONSE__KIND_COMMITTED)
				t->now = t->next;
			reputed__update__response__free_unpacked(response, NULL);
		}
		CHECK(rc == 0);
		rc = channel_fill(&t->peer);
	} while (rc > 0);
	CHECK(rc == 0);
	return count;
}

/* Ranges of many blocks only take time: the table has a target of its own. */
static bool is_wide(const channel_request *request)
{
	uint64_t blocks = 0;

	if (request->kind_case == REPUTED__UPDATE__REQUEST__KIND_RATE_LIMIT)
		return request->rate_limit->bucket_lines > LINES_MAX;
	if (request->kind_case != REPUTED__UPDATE__REQUEST__KIND_PAINT4)
		return false;
	for (size_t i = 0; i < request->paint4->n_first && i < request->paint4->n_last; i++) {
		if (request->paint4->last[i] > request->paint4->first[i])
			blocks += (request->paint4->last[i] - request->paint4->first[i]) >> 8;
	}
	return blocks > BLOCKS_MAX;
}

static void serve(struct target *t, channel_request *request)
{
	bool is_batch = (request->kind_case >= REPUTED__UPDATE__REQUEST__KIND_BEGIN &&
	                 request->kind_case <= REPUTED__UPDATE__REQUEST__KIND_COMMIT) ||
	                request->kind_case == REPUTED__UPDATE__REQUEST__KIND_SETTINGS ||
	                request->kind_case == REPUTED__UPDATE__REQUEST__KIND_RATE_LIMIT ||
	                request->kind_case == REPUTED__UPDATE__REQUEST__KIND_KEYS;
	size_t count;

	model_request(t, request);
	CHECK(update_serve_request(&t->serve, &t->client, request) == 0);
	while (update_serve_holds(&t->serve, &t->client))
		CHECK(update_serve_go_on(&t->serve) == 0);
	count = take_answers(t);
	CHECK(is_batch ? count <= 1 : count == 1);
	/* An id forgotten while a verdict needs it: the writer broke the rules, and is told so. */
	if (!t->serve.store.is_torn)
		check_tables(t);
}

static bool is_served(struct target *t)
{
	channel_request *request = NULL;

	while (!t->serve.store.is_torn) {
		int rc = channel_next_request(&t->client.channel, &request);

		if (rc <= 0)
			return rc == 0;
		if (is_wide(request))
			request_free(request);
		else
			serve(t, request);
	}
	return false;
}

static void feed(struct target *t, const uint8_t *data, size_t size)
{
	size_t half = size / 2;

	CHECK(send(t->peer.fd, data, half, MSG_NOSIGNAL) == (ssize_t)half);
	if (half > 0)
		CHECK(channel_fill(&t->client.channel) == (int)half);
	if (!is_served(t))
		return;
	CHECK(send(t->peer.fd, data + half, size - half, MSG_NOSIGNAL) == (ssize_t)(size - half));
	while (channel_fill(&t->client.channel) > 0) {
		if (!is_served(t))
			return;
	}
}

/* Lengths of one byte -> of four. */
static size_t reframe(const uint8_t *data, size_t size, uint8_t *out)
{
	size_t used = 0;

	while (size > 1) {
		size_t length = data[0] < size - 1 ? data[0] : size - 1;

		memset(out + used, 0, 3);
		memcpy(out + used + 3, data, 1 + length);
		out[used + 3] = (uint8_t)length;
		used += 4 + length;
		data += 1 + length;
		size -= 1 + length;
	}
	return used;
}

/*
 * What seed.py prints as BASE: hello as the writer; generation 1 in full: verdict 1 for 192.0.2.1,
 * 2001:db8::/32 and a.test, zone bl.test, everybody allowed.
 */
static const uint8_t base[] = {
#include "tests/fuzz/dataplane/base.inc"
};

#define INPUT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct update_options options;
	static uint8_t framed[4 * INPUT_MAX];
	struct target *t;
	int fds[2];

	if (size < 1 || size > INPUT_MAX)
		return 0;
	t = calloc(1, sizeof(*t));
	CHECK(t && socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
	channel_init(&t->client.channel, fds[0]);
	channel_init(&t->peer, fds[1]);
	CHECK(update_serve_init(&t->serve, &options) == 0);
	if (data[0] & 1) {
		feed(t, base, sizeof(base));
		CHECK(t->now.generation == 1 && t->now.verdicts4[5] == 1);
	}
	if (data[0] & 2)
		feed(t, framed, reframe(data + 1, size - 1, framed));
	else
		feed(t, data + 1, size - 1);
	update_serve_leave(&t->serve, &t->client);
	if (!t->serve.store.is_torn)
		check_tables(t);
	channel_done(&t->client.channel);
	channel_done(&t->peer);
	update_serve_done(&t->serve);
	free(t);
	return 0;
}

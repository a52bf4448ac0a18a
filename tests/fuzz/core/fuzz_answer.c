/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole messages through the answer core. The first two bytes of the input choose tables, transport
 * and the room for the answer; the rest is the message. It is answered twice, also without
 * shortcuts.
 */
#include "dataplane/answer.h"
#include "dataplane/reply.h"
#include "tests/fuzz/core/check.h"
#include "tests/golden/dataset.h"

#include <urcu-qsbr.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tables *full, *long_apex, *strict;

static void tear_down(void)
{
	dataset_free(full);
	dataset_free(long_apex);
	dataset_free(strict);
	urcu_qsbr_unregister_thread();
}

/* Before the first input, so that no input seems to leak it. */
__attribute__((constructor)) static void set_up(void)
{
	urcu_qsbr_register_thread();
	full = dataset_new();
	long_apex = dataset_new_long_apex();
	strict = dataset_new_strict();
	CHECK(atexit(tear_down) == 0);
}

/* The world before the first load, the zone of the longest apex, or the data set, also strict. */
static const struct tables *tables_of(uint8_t choice)
{
	if (choice % 8 == 0)
		return NULL;
	if (choice % 8 == 7)
		return strict;
	return choice % 8 == 1 ? long_apex : full;
}

static address6_t client_of(uint8_t choice)
{
	static const uint32_t clients[] = {0x7f000001, 0x7f000001, 0x0a424201, 0x0a420606,
	                                   0x7f000001, 0x7f000001, 0x0a420701, 0x0a420801};

	return (address6_t)0xffff << 32 | clients[choice / 16 % 8];
}

/* The largest UDP payload that the query allows, found by hand: its OPT may be anywhere. */
static void check_size(const struct query *q, const struct check_message *m)
{
	if (q->is_tcp)
		CHECK(!(m->flags & 0x0200));
	else
		CHECK(q->reply_size <= (m->opt_count ? 1232 : 512) && m->keepalive_count == 0);
	CHECK(q->reply_size <= q->capacity);
}

/* Without a question, and in class CH, there is no zone whose SOA could say why nothing is there.
 */
static bool has_zone(const struct check_message *m, const uint8_t *asked)
{
	const uint8_t *class = &asked[12 + m->question_size - 2];

	return m->question_size > 0 && !(class[0] == 0 && class[1] == 3);
}

static void check_cookie(const struct query *q)
{
	CHECK(q->has_valid_cookie == (q->cookie_state == COOKIE_VALID));
	if (q->cookie_state != COOKIE_NONE) {
		uint8_t again[COOKIE_SIZE];

		/* what we give out we take */
		CHECK(cookie_check(q->settings, q->client, (uint32_t)(q->now_us / 1000000),
		                   q->cookie, COOKIE_SIZE, again) == COOKIE_VALID);
	}
}

static void check_answer(const struct query *q, const uint8_t *asked)
{
	struct check_message m;

	check_response(q->message, q->reply_size, &m);
	check_size(q, &m);
	CHECK(memcmp(q->message, asked, 2) == 0);
	CHECK((m.flags & 0x7900) == (unsigned)((asked[2] & 0x79) << 8)); /* opcode and RD */
	CHECK(m.rcode == q->rcode);
	CHECK(m.question_size <= q->size - 12u);
	CHECK(memcmp(&q->message[12], &asked[12], m.question_size) == 0);
	CHECK(m.opt_count <= 1 && m.soa_count <= 1);
	if (m.flags & 0x0200)
		CHECK(m.counts[1] == 0 && m.counts[2] == 0);
	if (m.rcode != 0 && m.rcode != 3)
		CHECK(!(m.flags & 0x0400) && m.counts[1] == 0 && m.counts[2] == 0);
	else if (!(m.flags & 0x0200) && has_zone(&m, asked))
		CHECK((m.counts[1] == m.cname_count) >= (m.soa_count == 1) &&
		      (m.counts[1] > 0 || m.soa_count == 1)); /* an answer, or why not */
	if (m.rcode == 3)
		CHECK(m.counts[1] == 0);
}

/* Without the shortcuts for plain queries the answer is the same, byte for byte. */
static void check_unaided(const struct tables *t, const struct query *q, const uint8_t *asked)
{
	struct query other = *q;

	other.message = malloc(q->capacity ? q->capacity : 1);
	CHECK(other.message);
	memcpy(other.message, asked, q->size);
	answer_burst_unaided(t, &other, 1);
	CHECK(other.reply_size == q->reply_size && other.drop == q->drop);
	CHECK(other.reply_size == 0 || memcmp(other.message, q->message, q->reply_size) == 0);
	CHECK(other.rcode == q->rcode && other.cookie_state == q->cookie_state);
	CHECK(other.has_valid_cookie == q->has_valid_cookie);
	CHECK(other.must_use_tcp == q->must_use_tcp && other.key == q->key);
	CHECK(other.observed == q->observed && other.zone == q->zone);
	free(other.message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct query q = {0};
	uint8_t *message;
	size_t capacity;

	if (size < 2 || size - 2 > 0xffff)
		return 0;
	q.size = (uint16_t)(size - 2);
	/* exactly the query's size, or as much more as the second byte says */
	capacity = q.size + (size_t)data[1] * 16;
	q.capacity = capacity < 0xffff ? (uint16_t)capacity : 0xffff;
	q.is_tcp = data[0] & 8;
	q.tcp_idle_ds = 100;
	q.client = client_of(data[0]);
	q.now_us = UINT64_C(1559731985000000); /* of the cookies among the seeds */
	message = malloc(q.capacity ? q.capacity : 1);
	CHECK(message);
	memcpy(message, data + 2, q.size);
	q.message = message;
	answer_burst(tables_of(data[0]), &q, 1);
	check_unaided(tables_of(data[0]), &q, data + 2);
	if (q.drop == DROP_NONE) {
		check_answer(&q, data + 2);
		check_cookie(&q);
	}
	if (q.drop == DROP_NONE && !q.is_tcp) {
		reply_truncate(&q); /* as when it is over the rate limit */
		check_answer(&q, data + 2);
	} else if (q.drop != DROP_NONE) {
		CHECK(q.reply_size == 0 && q.drop < DROP_COUNT);
	}
	if (q.size >= 12 && !(data[4] & 0x80) && data[0] / 16 % 8 != 3)
		CHECK(q.drop == DROP_NONE); /* whatever has a header gets an answer */
	urcu_qsbr_quiescent_state();
	free(message);
	return 0;
}

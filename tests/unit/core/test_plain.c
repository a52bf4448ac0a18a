/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plain queries take a shortcut, and others do not; either way the answer is the same, alone and in
 * a burst with others.
 */
#include "dataplane/answer.h"
#include "tests/golden/dataset.h"

#include <urcu-qsbr.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOM 600
#define V6   "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0.0.0.8.b.d.0.1.0.0.2" /* 2001:db8:2::25 */

struct row {
	const char *name; /* dotted */
	const char *tail; /* behind the name, NULL = type A, class IN */
	uint8_t tail_size;
	uint8_t flags, counts[4];
	uint16_t capacity; /* 0 = enough */
	bool is_plain;
	const char *why;
};

#define A   "\0\1\0\1"
#define OPT A "\0\0\51\4\320\0\0\0\0\0\0"
/* With a COOKIE of the client's part, and of one of a server. */
#define OPT_OF_CLIENT_COOKIE "\0\1\0\0\51\4\320\0\0\0\0\0\14\0\12\0\010abcdefgh"
#define CLIENT_COOKIE        "\0\1" OPT_OF_CLIENT_COOKIE
#define OLD_COOKIE                                                                                 \
	A "\0\0\51\4\320\0\0\200\0\0\34\0\12\0\30abcdefgh\1\0\0\0\134\366\121\121IJKLMNOP"
#define TAIL(text) (text), sizeof(text) - 1
#define QUESTION                                                                                   \
	1,                                                                                         \
	{                                                                                          \
		1, 0, 0, 0                                                                         \
	}
#define WITH_OPT                                                                                   \
	1,                                                                                         \
	{                                                                                          \
		1, 0, 0, 1                                                                         \
	}

static const struct row rows[] = {
    {"1.2.0.192.bl.example", TAIL(A), QUESTION, 0, true, "listed"},
    {"1.2.0.192.bl.example", TAIL(OPT), WITH_OPT, 0, true, "listed, EDNS"},
    {"1.2.0.192.BL.eXample", TAIL(OPT), WITH_OPT, 0, true, "the apex in another case"},
    {"1.2.0.192.v4.example", TAIL(OPT), WITH_OPT, 0, true, "a zone of IPv4 only"},
    {"9.2.0.192.v4.example", TAIL(OPT), WITH_OPT, 0, true, "not listed"},
    {"1.2.3.4.bl.example", TAIL(OPT), WITH_OPT, 0, true, "above an IPv6 listing"},
    {"255.255.255.255.bl.example", TAIL(A), QUESTION, 0, true, "the largest"},
    {"0.0.0.0.bl.example", TAIL(A), QUESTION, 0, true, "the smallest"},
    {"2.0.0.127.bl.example", TAIL(A), QUESTION, 0, false, "a test entry"},
    {"1.0.0.127.bl.example", TAIL(A), QUESTION, 0, false, "never listed"},
    {"2.2.0.192.bl.example", TAIL(OPT), WITH_OPT, 0, true, "several codes"},
    {"4.2.0.192.bl.example", TAIL(OPT), WITH_OPT, 0, true, "a code shown, one not"},
    {"1.2.0.192.bits.example", TAIL(OPT), WITH_OPT, 0, true, "a view of bits"},
    {"1.2.0.192.wl.example", TAIL(OPT), WITH_OPT, 0, true, "a view of trust"},
    {"1.2.0.192.mix.example", TAIL(OPT), WITH_OPT, 0, true, "a zone of everything"},
    {"9.9.9.9.mix.example", TAIL(OPT), WITH_OPT, 0, true, "nothing in a zone of everything"},
    {"1.2.0.192.rec.example", TAIL(OPT), WITH_OPT, 0, true, "a zone with records"},
    {"9.9.9.9.rec.example", TAIL(OPT), WITH_OPT, 0, true, "an SOA of its own"},
    {"1.2.0.192.sub.bl.example", TAIL(OPT), WITH_OPT, 0, true, "a zone below a zone"},
    {"1.0.64.100.big.example", TAIL(OPT), WITH_OPT, 0, true, "64 codes, truncated"},
    {"50.2.0.192.txt.example", TAIL("\0\20\0\1"), QUESTION, 0, true, "TXT"},
    {"1.2.0.192.bl.example", TAIL("\0\34\0\1"), QUESTION, 0, true, "AAAA has no data"},
    {"1.2.0.192.bl.example", TAIL(A "\0\0\51\0\100\0\0\200\0\0\0"), WITH_OPT, 0, true,
     "DO, and a size below the least"},
    {"1.2.0.192.bl.example", TAIL(A "\0\0\51\4\320\377\0\177\377\0\0"), WITH_OPT, 0, true,
     "an extended rcode and flags, which say nothing"},
    {V6 ".bl.example", TAIL(OPT), WITH_OPT, 0, true, "IPv6, listed"},
    {V6 ".v6.example", TAIL(A), QUESTION, 0, true, "IPv6, of a zone that does not show it"},
    {V6 ".nowhere.example", TAIL(A), QUESTION, 0, false, "no zone at all"},
    {"1.2.0.192.bl.example", TAIL(A), QUESTION, 44, true, "no room for the record"},
    {"9.9.9.9.bl.example", TAIL(OPT), WITH_OPT, 60, true, "no room for the SOA"},

    {"1.2.0.192.bl.example", TAIL(A), 0x81, {1, 0, 0, 0}, 0, false, "a response"},
    {"1.2.0.192.bl.example", TAIL(A), 0x28, {1, 0, 0, 0}, 0, false, "an update"},
    {"1.2.0.192.bl.example", TAIL(A), 1, {2, 0, 0, 0}, 0, false, "two questions"},
    {"1.2.0.192.bl.example", TAIL(A), 1, {1, 1, 0, 0}, 0, false, "an answer in a question"},
    {"1.2.0.192.bl.example", TAIL(OPT), 1, {1, 0, 1, 0}, 0, false, "an authority"},
    {"1.2.0.192.bl.example", TAIL(OPT), 1, {1, 0, 0, 2}, 0, false, "a record is missing"},
    {"1.2.0.192.bl.example", TAIL(OPT), QUESTION, 0, false, "bytes behind the question"},
    {"1.2.0.192.bl.example", TAIL(A), WITH_OPT, 0, false, "OPT is missing"},
    {"1.2.0.192.bl.example", TAIL("\0\1\0\3"), QUESTION, 0, false, "class CH"},
    {"1.2.0.192.bl.example", TAIL("\0\1\0\377"), QUESTION, 0, false, "class ANY"},
    {"1.2.0.192.bl.example", TAIL("\0\377\0\1"), QUESTION, 0, false, "type ANY"},
    {"1.2.0.192.bl.example", TAIL("\0\51\0\1"), QUESTION, 0, false, "type OPT"},
    {"1.2.0.192.bl.example", TAIL("\0\374\0\1"), QUESTION, 0, false, "AXFR"},
    {"1.2.0.192.bl.example", TAIL(A "\0\0\51\4\320\0\1\0\0\0\0"), WITH_OPT, 0, false,
     "EDNS version 1"},
    {"1.2.0.192.bl.example", TAIL(A "\1\0\51\4\320\0\0\0\0\0\0"), WITH_OPT, 0, false,
     "an OPT that is not the root's"},
    {"1.2.0.192.bl.example", TAIL(A "\0\0\1\4\320\0\0\0\0\0\0"), WITH_OPT, 0, false,
     "another record than OPT"},
    {"1.2.0.192.bl.example", TAIL(A "\0\0\51\4\320\0\0\0\0\0\4\0\3\0\0"), WITH_OPT, 0, false,
     "OPT with NSID"},
    {"1.2.0.192.bl.example", TAIL(CLIENT_COOKIE), WITH_OPT, 0, true, "a cookie"},
    {"9.2.0.192.v4.example", TAIL(CLIENT_COOKIE), WITH_OPT, 0, true, "a cookie, not listed"},
    {V6 ".bl.example", TAIL(CLIENT_COOKIE), WITH_OPT, 0, true, "a cookie, IPv6"},
    {"50.2.0.192.txt.example", TAIL("\0\20" OPT_OF_CLIENT_COOKIE), WITH_OPT, 0, true, "and TXT"},
    {"1.2.0.192.bl.example", TAIL(OLD_COOKIE), WITH_OPT, 0, true, "a server's cookie, not ours"},
    {"9.2.0.192.v4.example", TAIL(OLD_COOKIE), WITH_OPT, 0, true, "the same, not listed"},
    {"1.2.0.192.bl.example", TAIL(CLIENT_COOKIE), WITH_OPT, 100, true, "no room for the new one"},
    {"1.2.0.192.dbl.example", TAIL(OLD_COOKIE), WITH_OPT, 0, false, "a cookie, a zone of names"},
    {"1.2.0.192.bl.example", TAIL(A "\0\0\51\4\320\0\0\0\0\0\13\0\12\0\7abcdefg"), WITH_OPT, 0,
     false, "a cookie that is too short"},
    {"1.2.0.192.bl.example", TAIL(A "\0\0\51\4\320\0\0\0\0\0\14\0\12\0\7abcdefgh"), WITH_OPT, 0,
     false, "a cookie and a byte"},
    {"1.2.0.192.bl.example", TAIL(A "\0\0\51\4\320\0\1\0\0\0\14\0\12\0\010abcdefgh"), WITH_OPT, 0,
     false, "a cookie, EDNS version 1"},
    {"1.2.0.192.bl.example", TAIL(A "\0\0\51\4\320\0\0\0\0\0\14\0\14\0\010abcdefgh"), WITH_OPT, 0,
     false, "padding"},
    {"1.2.0.192.bl.example", TAIL(A "\0\0\51\4\320\0\0\0\0\0\20\0\12\0\010abcdefgh\0\3\0\0"),
     WITH_OPT, 0, false, "a cookie and NSID"},
    {"1.2.0.192.bl.example", TAIL(CLIENT_COOKIE), QUESTION, 0, false, "a cookie, and no record"},
    {"01.2.0.192.bl.example", TAIL(A), QUESTION, 0, false, "a leading zero"},
    {"1.2.0.256.bl.example", TAIL(A), QUESTION, 0, false, "no octet"},
    {"1.2.0.1a2.bl.example", TAIL(A), QUESTION, 0, false, "no number"},
    {"1.2.0.bl.example", TAIL(A), QUESTION, 0, false, "three octets"},
    {"7.1.2.0.192.bl.example", TAIL(A), QUESTION, 0, false, "five octets"},
    {"bl.example", TAIL(A), QUESTION, 0, false, "the apex"},
    {"1.2.0.192.bl.sample", TAIL(A), QUESTION, 0, false, "not our zone"},
    {"1.2.0.192.off.example", TAIL(A), QUESTION, 0, false, "a zone that is not loaded"},
    {"1.2.0.192.old.example", TAIL(A), QUESTION, 0, false, "a zone that is expired"},
    {"1.2.0.192.dbl.example", TAIL(A), QUESTION, 0, false, "a zone of names"},
    {"1.2.0.192.key.example", TAIL(A), QUESTION, 0, false, "a zone that needs a key"},
    {"1.2.0.192.abcd1234.key.example", TAIL(A), QUESTION, 0, false, "with the key"},
    {"spam.example.dbl.example", TAIL(A), QUESTION, 0, false, "a name"},
    {V6 ".v4.example", TAIL(A), QUESTION, 0, false, "IPv6, where there is none"},
    {"2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.bl.example", TAIL(A),
     QUESTION, 0, false, "IPv4 in nibbles"},
};

#define COUNT (sizeof(rows) / sizeof(rows[0]))

static size_t compose(const struct row *row, uint8_t *message)
{
	uint8_t *at = message + 12;
	const char *label = row->name;

	memset(message, 0, ROOM);
	message[0] = 0x12;
	message[2] = row->flags;
	for (unsigned i = 0; i < 4; i++)
		message[5 + 2 * i] = row->counts[i];
	while (*label) {
		size_t length = strcspn(label, ".");

		*at++ = (uint8_t)length;
		memcpy(at, label, length);
		at += length;
		label += length + (label[length] == '.');
	}
	*at++ = 0;
	memcpy(at, row->tail, row->tail_size);
	return (size_t)(at - message) + row->tail_size;
}

struct asked {
	struct query queries[COUNT];
	uint8_t messages[COUNT][ROOM];
};

static void ask(struct asked *a)
{
	for (size_t i = 0; i < COUNT; i++) {
		struct query *q = &a->queries[i];

		memset(q, 0xa5, sizeof(*q)); /* what an earlier burst left */
		q->message = a->messages[i];
		q->size = (uint16_t)compose(&rows[i], a->messages[i]);
		q->capacity = rows[i].capacity ? rows[i].capacity : ROOM;
		q->is_tcp = false;
		q->is_internal = false;
		q->client = (address6_t)0xffff << 32 | 0x7f000001;
		q->now_us = UINT64_C(1559731985000000);
	}
}

static void check(const struct asked *want, const struct asked *got)
{
	for (size_t i = 0; i < COUNT; i++) {
		const struct query *w = &want->queries[i], *g = &got->queries[i];

		if (g->is_plain != rows[i].is_plain)
			fail_msg("%s: plain %d: %s", rows[i].name, g->is_plain, rows[i].why);
		if (w->cookie_state != g->cookie_state ||
		    w->has_valid_cookie != g->has_valid_cookie)
			fail_msg("%s: cookie: %s", rows[i].name, rows[i].why);
		if (w->reply_size != g->reply_size || w->drop != g->drop || w->rcode != g->rcode ||
		    memcmp(w->message, g->message, w->reply_size) != 0)
			fail_msg("%s: %u bytes, wanted %u: %s", rows[i].name, g->reply_size,
			         w->reply_size, rows[i].why);
	}
}

static void compare_bursts(const struct tables *t)
{
	struct asked *want = calloc(1, sizeof(*want)), *got = calloc(1, sizeof(*got));

	assert_true(want && got);
	ask(want);
	for (size_t i = 0; i < COUNT; i++) {
		answer_burst_unaided(t, &want->queries[i], 1);
		assert_false(want->queries[i].is_plain);
	}
	for (size_t size = 1; size <= QUERY_BURST_MAX; size++) {
		ask(got);
		for (size_t at = 0; at < COUNT; at += size)
			answer_burst(t, &got->queries[at],
			             (unsigned)(COUNT - at < size ? COUNT - at : size));
		check(want, got);
		urcu_qsbr_quiescent_state();
	}
	free(want);
	free(got);
}

static void test_bursts(void **state)
{
	struct tables *t = dataset_new();

	(void)state;
	compare_bursts(t);
	dataset_free(t);
}

/* A server that does no cookies takes no notice of any. */
static void test_no_cookies(void **state)
{
	struct tables *t = dataset_new();

	(void)state;
	t->settings->secret_count = 0;
	compare_bursts(t);
	dataset_free(t);
}

/* 0.192.bl.example: what ends with it is no longer of bl.example. */
static void test_address_apex(void **state)
{
	static const uint8_t apex[] = "\1"
				      "0\3"
				      "192\2bl\7example";
	struct zone zone = {.apex = {apex, sizeof(apex)}, .state = ZONE_NOT_LOADED};
	struct tables *t = dataset_new();
	static uint8_t message[ROOM];
	struct query q = {.message = message, .capacity = ROOM};

	(void)state;
	q.size = (uint16_t)compose(&rows[0], message);
	q.client = (address6_t)0xffff << 32 | 0x7f000001;
	assert_int_equal(zones_add(t->zones, &zone), 0);
	answer_burst(t, &q, 1);
	assert_false(q.is_plain);
	assert_int_equal(q.rcode, 2);
	dataset_free(t);
}

/* Ask the first question of rows, of another zone. Returns: bytes of it */
static uint16_t compose_below(const char *apex, size_t count, uint8_t *message)
{
	char name[128];
	struct row row = rows[0];

	snprintf(name, sizeof(name), "%zu.2.0.192.%s", count % 2 + 1, apex);
	row.name = name;
	return (uint16_t)compose(&row, message);
}

/* A zone is found whatever the zones before it in a burst were, and however long its apex is. */
static void test_zones_mixed(void **state)
{
	static const struct {
		const char *apex;
		const char *why;
	} zones[] = {
	    {"v4.example", "shorter than a block"},
	    {"V4.EXAMPLE", "the same again, in another case"},
	    {"v5.example", "of the same size, and none of ours"},
	    {"sub.bl.example", "below a zone"},
	    {"bl.example", "above it"},
	    {"list.of.some.operator.example", "of two blocks"},
	    {"list.on.some.operator.example", "that differs between them"},
	    {"a-list.which.has.a.very.long.name.example", "of more"},
	    {"a-list.which.haz.a.very.long.name.example", "that differs in the middle"},
	    {"a-list.which.has.a.Very.Long.name.example", "in another case"},
	};
	static uint8_t messages[2][QUERY_BURST_MAX][ROOM];
	static struct query queries[2][QUERY_BURST_MAX];
	struct tables *t = dataset_new();
	struct zone zone = *zones_at(t->zones, 0);

	(void)state;
	for (size_t i = 5; i < 8; i += 2) {
		uint8_t name[ROOM];

		compose_below(zones[i].apex, 0, name);
		zone.apex = (struct zone_name){&name[12 + 10], (uint8_t)strlen(zones[i].apex) + 2};
		zone.access = NULL;
		zone.observed = NULL;
		zone.records = NULL;
		assert_int_equal(zones_add(t->zones, &zone), 0);
	}
	for (size_t i = 0; i < QUERY_BURST_MAX; i++) {
		for (size_t k = 0; k < 2; k++) {
			struct query *q = &queries[k][i];

			q->message = messages[k][i];
			q->size = compose_below(zones[i * 7 % 10].apex, i, q->message);
			q->capacity = ROOM;
			q->client = (address6_t)0xffff << 32 | 0x7f000001;
		}
	}
	answer_burst_unaided(t, queries[0], QUERY_BURST_MAX);
	answer_burst(t, queries[1], QUERY_BURST_MAX);
	for (size_t i = 0; i < QUERY_BURST_MAX; i++) {
		const struct query *want = &queries[0][i], *got = &queries[1][i];

		if (want->zone != got->zone || want->reply_size != got->reply_size ||
		    memcmp(want->message, got->message, want->reply_size) != 0)
			fail_msg("%s: %s", zones[i * 7 % 10].apex, zones[i * 7 % 10].why);
		assert_int_equal(got->is_plain, want->rcode != 5);
	}
	dataset_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bursts),
	    cmocka_unit_test(test_no_cookies),
	    cmocka_unit_test(test_address_apex),
	    cmocka_unit_test(test_zones_mixed),
	};
	int failed;

	urcu_qsbr_register_thread();
	failed = cmocka_run_group_tests_name("plain", tests, NULL, NULL);
	urcu_qsbr_unregister_thread();
	return failed;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The service with its thread: submissions, sockets, delistings, reloads, and its end. */
#include "control/reputation/ledger_clock.h"
#include "control/reputation/reputation.h"
#include "dataplane/proto/channel.h"
#include "tests/unit/control/folder.h"
#include "tests/unit/control/keeper_world.h"

#include <event2/event.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_S 20
#define MANY       5000

struct service {
	struct folder folder;
	struct config *config;
	struct event_base *base;
	struct reputation *reputation;
	atomic_size_t told; /* keys by the hook */
};

static void on_changed(const struct ledger *ledger, const struct ledger_key *keys, size_t count,
                       int64_t now_ms, void *context)
{
	struct service *s = context;

	(void)ledger;
	(void)now_ms;
	for (size_t i = 1; i < count; i++)
		assert_memory_not_equal(&keys[i], &keys[i - 1], sizeof(keys[i]));
	atomic_fetch_add(&s->told, count);
}

/* Reporters: mx1 is this user, mx2 has a token. */
static void service_start(struct service *s)
{
	const struct reputation_hooks hooks = {on_changed, s};

	s->reputation = reputation_new(s->base, folder_at(&s->folder, "state"), s->config, &hooks);
	assert_non_null(s->reputation);
}

static void service_init(struct service *s)
{
	char keys[1024];

	memset(s, 0, sizeof(*s));
	folder_init(&s->folder);
	snprintf(keys, sizeof(keys),
	         "socket: %s, stream: %s, reporters: [{name: mx1, user: \"%u\", rate: 1000000}, "
	         "{name: mx2, token_file: t, rate: 1}]",
	         folder_at(&s->folder, "datagram"), folder_at(&s->folder, "stream"),
	         (unsigned)getuid());
	s->config = keeper_world_config(keys, "guard: {never_list: [198.51.100.0/24]}");
	s->base = event_base_new();
	assert_non_null(s->base);
	service_start(s);
}

static void service_stop(struct service *s)
{
	assert_true(reputation_stop(s->reputation, DEADLINE_S * 1000));
	reputation_free(s->reputation);
	s->reputation = NULL;
}

static void service_done(struct service *s)
{
	service_stop(s);
	event_base_free(s->base);
	config_free(s->config);
	folder_done(&s->folder);
}

/* Run the main loop until a number is reached. */
static void wait_until(struct service *s, const unsigned *number, unsigned wanted)
{
	const struct timeval moment = {0, 10000};
	int64_t deadline_ms = ledger_clock_monotonic() + DEADLINE_S * 1000;

	while (*number < wanted) {
		event_base_loopexit(s->base, &moment);
		event_base_dispatch(s->base);
		if (ledger_clock_monotonic() > deadline_ms)
			fail_msg("%u of %u", *number, wanted);
	}
}

struct answers {
	unsigned done, of[REPUTATION_OUTCOME_COUNT];
};

static void on_done(const enum reputation_outcome *outcomes, size_t count, void *context)
{
	struct answers *a = context;

	for (size_t i = 0; i < count; i++)
		a->of[outcomes[i]]++;
	a->done++;
}

static void submissions_are_answered(void **state)
{
	struct reputation_stats stats;
	struct answers a = {0};
	struct event events[10];
	struct service s;

	(void)state;
	service_init(&s);
	for (unsigned i = 0; i < 10; i++)
		keeper_world_event(i, 5, &events[i]);
	events[1].time_ms += 6 * 60 * 1000;
	events[2].time_ms -= EVENT_PAST_MAX_MS + 1000;
	events[3].address.first = events[3].address.last = 0xc6336405;
	events[3].address.is_ip6 = false;
	memcpy(events[4].id, events[0].id, sizeof(events[0].id));
	assert_int_equal(reputation_submit(s.reputation, "mx1", events, 10, on_done, &a), 0);
	assert_int_equal(reputation_submit(s.reputation, "mx9", events, 2, on_done, &a), 0);
	wait_until(&s, &a.done, 2);
	assert_int_equal(a.of[REPUTATION_COUNTED], 6);
	assert_int_equal(a.of[REPUTATION_FUTURE], 1);
	assert_int_equal(a.of[REPUTATION_TOO_OLD], 1);
	assert_int_equal(a.of[REPUTATION_OWN], 1);
	assert_int_equal(a.of[REPUTATION_REPEATED], 1);
	assert_int_equal(a.of[REPUTATION_UNKNOWN_REPORTER], 2);
	/* Ten at once, and no more. */
	for (unsigned i = 0; i < 10; i++)
		keeper_world_event(100 + i, 5, &events[i]);
	assert_int_equal(reputation_submit(s.reputation, "mx2", events, 10, on_done, &a), 0);
	keeper_world_event(200, 5, &events[0]);
	assert_int_equal(reputation_submit(s.reputation, "mx2", events, 1, on_done, &a), 0);
	wait_until(&s, &a.done, 4);
	assert_int_equal(a.of[REPUTATION_TOO_MANY], 1);
	reputation_refuse(s.reputation, REPUTATION_BAD, 3);
	reputation_stats(s.reputation, &stats);
	assert_int_equal(stats.outcomes[REPUTATION_BAD], 3);
	assert_int_equal(stats.outcomes[REPUTATION_COUNTED], 16);
	assert_int_equal(stats.ledger.events, 16);
	assert_true(stats.is_saving && stats.journal_size > 0);
	assert_true(atomic_load(&s.told) > 0);
	service_done(&s);
}

struct looking {
	struct ledger_key key;
	bool is_known, was_cancelled;
	unsigned done;
};

static void look(const struct ledger *ledger, int64_t now_ms, void *context)
{
	struct looking *l = context;
	struct ledger_view view;

	l->is_known = ledger_look(ledger, &l->key, now_ms, &view);
}

static void looked(bool is_cancelled, void *context)
{
	struct looking *l = context;

	l->was_cancelled = is_cancelled;
	l->done++;
}

static void on_delisted(int rc, void *context)
{
	struct answers *a = context;

	a->done++;
	a->of[0] = (unsigned)-rc;
}

static void what_is_submitted_is_seen_and_delisted(void **state)
{
	struct answers a = {0}, d = {0};
	struct looking l = {0};
	struct service s;
	struct event e;

	(void)state;
	service_init(&s);
	keeper_world_event(1, 5, &e);
	ledger_key_of(&e.address, &l.key);
	reputation_submit(s.reputation, "mx1", &e, 1, on_done, &a);
	reputation_ask(s.reputation, look, looked, &l);
	wait_until(&s, &l.done, 1);
	assert_true(l.is_known && !l.was_cancelled);
	reputation_delist(s.reputation, &l.key, "test", "a test", on_delisted, &d);
	wait_until(&s, &d.done, 1);
	assert_int_equal(d.of[0], 0);
	assert_int_equal(folder_count(&s.folder, "state", "audit.jsonl"), 1);
	service_stop(&s);
	/* What was known is known after a restart. */
	service_start(&s);
	l.is_known = false;
	reputation_ask(s.reputation, look, looked, &l);
	wait_until(&s, &l.done, 2);
	assert_true(l.is_known);
	service_done(&s);
}

static void what_comes_after_the_end_is_cancelled(void **state)
{
	struct answers a = {0};
	struct looking l = {0};
	struct service s;
	struct event e;

	(void)state;
	service_init(&s);
	assert_true(reputation_stop(s.reputation, DEADLINE_S * 1000));
	keeper_world_event(1, 5, &e);
	reputation_submit(s.reputation, "mx1", &e, 1, on_done, &a);
	reputation_ask(s.reputation, look, looked, &l);
	assert_int_equal(a.of[REPUTATION_NOT_SAVED], 1);
	assert_true(l.was_cancelled);
	reputation_free(s.reputation);
	service_start(&s);
	service_done(&s);
}

static void too_much_is_not_queued(void **state)
{
	struct event *events = calloc(65537, sizeof(*events));
	struct service s;

	(void)state;
	assert_non_null(events);
	service_init(&s);
	assert_int_equal(reputation_submit(s.reputation, "mx1", events, 65537, NULL, NULL),
	                 -ENOBUFS);
	free(events);
	service_done(&s);
}

static void reporters_follow_the_configuration(void **state)
{
	struct config *other = keeper_world_config("reporters: [{name: mx3, user: \"1\"}]", "");
	struct answers a = {0};
	struct service s;
	struct event e;

	(void)state;
	service_init(&s);
	assert_int_equal(reputation_configure(s.reputation, other), 0);
	config_free(other);
	keeper_world_event(1, 5, &e);
	reputation_submit(s.reputation, "mx1", &e, 1, on_done, &a);
	reputation_submit(s.reputation, "mx3", &e, 1, on_done, &a);
	wait_until(&s, &a.done, 2);
	assert_int_equal(a.of[REPUTATION_UNKNOWN_REPORTER], 1);
	assert_int_equal(a.of[REPUTATION_COUNTED], 1);
	assert_null(reputation_reporter(s.reputation, "token"));
	service_done(&s);
}

/* --- sockets --- */

static int connect_to(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static uint64_t outcome_count(const struct service *s, enum reputation_outcome outcome)
{
	struct reputation_stats stats;

	reputation_stats(s->reputation, &stats);
	return stats.outcomes[outcome];
}

static void wait_outcome(struct service *s, enum reputation_outcome outcome, uint64_t wanted)
{
	int64_t deadline_ms = ledger_clock_monotonic() + DEADLINE_S * 1000;

	while (outcome_count(s, outcome) < wanted) {
		if (ledger_clock_monotonic() > deadline_ms)
			fail_msg("%s: %u of %u", reputation_outcome_name(outcome),
			         (unsigned)outcome_count(s, outcome), (unsigned)wanted);
		usleep(1000);
	}
	assert_int_equal(outcome_count(s, outcome), wanted);
}

static void fill(Reputed__Events__Event *e, uint64_t i, char id[32])
{
	reputed__events__event__init(e);
	e->class_ = EVENT_SPAM_VERDICT;
	e->ip4 = 0xc0000200u + (uint32_t)(i % 250);
	snprintf(id, 32, "s%llu", (unsigned long long)i);
	e->id = (ProtobufCBinaryData){strlen(id), (uint8_t *)id};
}

static void datagrams_are_taken(void **state)
{
	static const struct {
		const char *reason, *bytes;
		enum reputation_outcome outcome;
	} rows[] = {
	    {"JSON", "{\"ip\":\"192.0.2.1\",\"class\":\"phish\",\"id\":\"d\"}", REPUTATION_COUNTED},
	    {"again", "{\"ip\":\"192.0.2.1\",\"class\":\"phish\",\"id\":\"d\"}",
	     REPUTATION_REPEATED},
	    {"bad JSON", "{\"ip\":\"192.0.2.1\"}", REPUTATION_BAD},
	    {"neither", "hello", REPUTATION_BAD},
	};
	Reputed__Events__Events events = REPUTED__EVENTS__EVENTS__INIT;
	Reputed__Events__Event event, *list[] = {&event};
	uint8_t packed[256], *large = calloc(1, 20000);
	uint64_t expected[REPUTATION_OUTCOME_COUNT] = {0};
	struct service s;
	struct stat st;
	char id[32];
	int fd;

	(void)state;
	service_init(&s);
	assert_int_equal(stat(folder_at(&s.folder, "datagram"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0666);
	fd = connect_to(folder_at(&s.folder, "datagram"), SOCK_DGRAM);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(send(fd, rows[i].bytes, strlen(rows[i].bytes), 0) > 0);
		wait_outcome(&s, rows[i].outcome, ++expected[rows[i].outcome]);
	}
	fill(&event, 1, id);
	events.n_events = 1;
	events.events = list;
	assert_true(send(fd, packed, reputed__events__events__pack(&events, packed), 0) > 0);
	wait_outcome(&s, REPUTATION_COUNTED, 2);
	memset(large, '{', 20000);
	assert_true(send(fd, large, 20000, 0) > 0);
	wait_outcome(&s, REPUTATION_TOO_LARGE, 1);
	assert_true(send(fd, large, 5000, 0) > 0);
	wait_outcome(&s, REPUTATION_TOO_LARGE, 2);
	free(large);
	close(fd);
	service_done(&s);
}

/* Queue a message of events [from, from + count). */
static void queue_events(struct channel *c, uint64_t sequence, uint64_t from, size_t count)
{
	Reputed__Events__Events message = REPUTED__EVENTS__EVENTS__INIT;
	Reputed__Events__Event events[100], *list[100];
	char ids[100][32];

	assert_true(count <= 100);
	for (size_t i = 0; i < count; i++) {
		fill(&events[i], from + i, ids[i]);
		list[i] = &events[i];
	}
	message.sequence = sequence;
	message.n_events = count;
	message.events = list;
	assert_int_equal(channel_queue(c, &message.base), 0);
}

/* The next acknowledgement, to be freed; NULL when the peer is gone. */
static Reputed__Events__Acknowledgement *next_answer(struct channel *c)
{
	ProtobufCMessage *message;
	int rc;

	while ((rc = channel_next(c, &reputed__events__acknowledgement__descriptor, 1 << 20,
	                          &message)) == 0) {
		if (channel_fill(c) < 0) /* the socket blocks */
			return NULL;
	}
	assert_int_equal(rc, 1);
	return (Reputed__Events__Acknowledgement *)message;
}

static void streams_are_acknowledged(void **state)
{
	Reputed__Events__Acknowledgement *answer;
	struct service s;
	struct channel c;

	(void)state;
	service_init(&s);
	channel_init(&c, connect_to(folder_at(&s.folder, "stream"), SOCK_STREAM));
	for (uint64_t i = 0; i < MANY / 100; i++)
		queue_events(&c, i, i * 100, 100);
	queue_events(&c, 1000, MANY - 10, 20);
	queue_events(&c, 1001, 0, 0);
	assert_int_equal(channel_flush(&c), 0);
	for (uint64_t i = 0; i < MANY / 100; i++) {
		answer = next_answer(&c);
		assert_non_null(answer);
		assert_int_equal(answer->sequence, i);
		assert_int_equal(answer->outcomes.len, 100);
		for (size_t j = 0; j < 100; j++)
			assert_int_equal(answer->outcomes.data[j], REPUTATION_COUNTED);
		reputed__events__acknowledgement__free_unpacked(answer, NULL);
	}
	answer = next_answer(&c);
	assert_int_equal(answer->outcomes.data[9], REPUTATION_REPEATED);
	assert_int_equal(answer->outcomes.data[10], REPUTATION_COUNTED);
	reputed__events__acknowledgement__free_unpacked(answer, NULL);
	answer = next_answer(&c);
	assert_true(answer->sequence == 1001 && answer->outcomes.len == 0);
	reputed__events__acknowledgement__free_unpacked(answer, NULL);
	assert_int_equal(outcome_count(&s, REPUTATION_COUNTED), MANY + 10);
	channel_done(&c);
	service_done(&s);
}

static void bad_events_are_told_and_bad_frames_cut_off(void **state)
{
	Reputed__Events__Events message = REPUTED__EVENTS__EVENTS__INIT;
	Reputed__Events__Event events[2], *list[] = {&events[0], &events[1]};
	Reputed__Events__Acknowledgement *answer;
	struct service s;
	struct channel c;
	char ids[2][32];

	(void)state;
	service_init(&s);
	channel_init(&c, connect_to(folder_at(&s.folder, "stream"), SOCK_STREAM));
	fill(&events[0], 1, ids[0]);
	fill(&events[1], 2, ids[1]);
	events[1].class_ = EVENT_DHA;
	message.n_events = 2;
	message.events = list;
	assert_int_equal(channel_queue(&c, &message.base), 0);
	assert_int_equal(channel_flush(&c), 0);
	answer = next_answer(&c);
	assert_int_equal(answer->outcomes.data[0], REPUTATION_COUNTED);
	assert_int_equal(answer->outcomes.data[1], REPUTATION_BAD);
	assert_string_equal(answer->error,
	                    "event 1: class: expected a number of enum event_class, not dha");
	reputed__events__acknowledgement__free_unpacked(answer, NULL);
	/* A length beyond all bounds. */
	assert_true(send(c.fd, "\xff\xff\xff\xff....", 8, 0) == 8);
	assert_null(next_answer(&c));
	channel_done(&c);
	wait_outcome(&s, REPUTATION_TOO_LARGE, 1);
	/* What is no message. */
	channel_init(&c, connect_to(folder_at(&s.folder, "stream"), SOCK_STREAM));
	assert_true(send(c.fd, "\0\0\0\2\xff\xff", 6, 0) == 6);
	assert_null(next_answer(&c));
	channel_done(&c);
	wait_outcome(&s, REPUTATION_BAD, 2);
	service_done(&s);
}

static void strangers_are_sent_away(void **state)
{
	struct config *other = keeper_world_config("reporters: [{name: mx3, user: \"12345\"}]", "");
	struct looking l = {0};
	struct channel c, old;
	struct service s;

	(void)state;
	service_init(&s);
	channel_init(&old, connect_to(folder_at(&s.folder, "stream"), SOCK_STREAM));
	queue_events(&old, 1, 0, 1);
	assert_int_equal(channel_flush(&old), 0);
	reputed__events__acknowledgement__free_unpacked(next_answer(&old), NULL);
	assert_int_equal(reputation_configure(s.reputation, other), 0);
	config_free(other);
	reputation_ask(s.reputation, look, looked, &l); /* it is in force then */
	wait_until(&s, &l.done, 1);
	channel_init(&c, connect_to(folder_at(&s.folder, "stream"), SOCK_STREAM));
	assert_null(next_answer(&c));
	/* Who was one before is told with each message. */
	queue_events(&old, 2, 1, 1);
	assert_int_equal(channel_flush(&old), 0);
	reputed__events__acknowledgement__free_unpacked(next_answer(&old), NULL);
	wait_outcome(&s, REPUTATION_UNKNOWN_REPORTER, 2);
	channel_done(&c);
	channel_done(&old);
	service_done(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(submissions_are_answered),
	    cmocka_unit_test(what_is_submitted_is_seen_and_delisted),
	    cmocka_unit_test(what_comes_after_the_end_is_cancelled),
	    cmocka_unit_test(too_much_is_not_queued),
	    cmocka_unit_test(reporters_follow_the_configuration),
	    cmocka_unit_test(datagrams_are_taken),
	    cmocka_unit_test(streams_are_acknowledged),
	    cmocka_unit_test(bad_events_are_told_and_bad_frames_cut_off),
	    cmocka_unit_test(strangers_are_sent_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

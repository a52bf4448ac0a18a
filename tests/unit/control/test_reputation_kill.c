/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A service that is killed again and again while it is sent events: each one that was acknowledged
 * is in the journal, once, although what was not is sent again after the restart.
 */
#include "control/reputation/journal_read.h"
#include "control/reputation/ledger_clock.h"
#include "dataplane/proto/channel.h"
#include "tests/unit/control/folder.h"
#include "tests/unit/control/keeper_world.h"

#include <event2/event.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ROUNDS     24
#define MESSAGES   60 /* of a round, if it is not killed before */
#define OF_MESSAGE 50 /* events */
#define EVENTS_MAX (ROUNDS * MESSAGES * OF_MESSAGE)
#define DEADLINE_S 60

static struct folder folder;
static struct config *config;
static uint8_t acknowledged[EVENTS_MAX], found[EVENTS_MAX];

/* --- the child --- */

static void on_end(evutil_socket_t number, short what, void *context)
{
	(void)number;
	(void)what;
	event_base_loopbreak(context);
}

static void serve(void) __attribute__((noreturn));
static void serve(void)
{
	struct event_base *base = event_base_new();
	struct event *end = evsignal_new(base, SIGTERM, on_end, base);
	struct reputation *r = reputation_new(base, folder_at(&folder, "state"), config, NULL);

	if (!r)
		_exit(2);
	event_add(end, NULL);
	event_base_dispatch(base);
	_exit(reputation_stop(r, DEADLINE_S * 1000) ? 0 : 3);
}

static pid_t start(void)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		serve();
	return child;
}

/* --- the parent --- */

static int try_connect(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", folder_at(&folder, "stream"));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void connect_channel(struct channel *c)
{
	int64_t deadline_ms = ledger_clock_monotonic() + DEADLINE_S * 1000;
	int fd;

	while ((fd = try_connect()) < 0) {
		assert_true(ledger_clock_monotonic() < deadline_ms);
		usleep(1000);
	}
	channel_init(c, fd);
}

static void queue_message(struct channel *c, uint64_t from)
{
	Reputed__Events__Events message = REPUTED__EVENTS__EVENTS__INIT;
	Reputed__Events__Event events[OF_MESSAGE], *list[OF_MESSAGE];
	char ids[OF_MESSAGE][32];

	for (size_t i = 0; i < OF_MESSAGE; i++) {
		reputed__events__event__init(&events[i]);
		events[i].class_ = EVENT_SPAM_VERDICT;
		events[i].ip4 = 0xc0000200u + (uint32_t)((from + i) % 200);
		snprintf(ids[i], sizeof(ids[i]), "%llu", (unsigned long long)(from + i));
		events[i].id = (ProtobufCBinaryData){strlen(ids[i]), (uint8_t *)ids[i]};
		list[i] = &events[i];
	}
	message.sequence = from;
	message.n_events = OF_MESSAGE;
	message.events = list;
	assert_int_equal(channel_queue(c, &message.base), 0);
}

/* Returns false when the peer is gone. */
static bool take_answer(struct channel *c)
{
	Reputed__Events__Acknowledgement *answer;
	ProtobufCMessage *message;
	int rc;

	while ((rc = channel_next(c, &reputed__events__acknowledgement__descriptor, 1 << 20,
	                          &message)) == 0) {
		if (channel_fill(c) < 0)
			return false;
	}
	assert_int_equal(rc, 1);
	answer = (Reputed__Events__Acknowledgement *)message;
	assert_int_equal(answer->outcomes.len, OF_MESSAGE);
	for (size_t i = 0; i < OF_MESSAGE; i++) {
		assert_true(answer->outcomes.data[i] == REPUTATION_COUNTED ||
		            answer->outcomes.data[i] == REPUTATION_REPEATED);
		acknowledged[answer->sequence + i] = 1;
	}
	reputed__events__acknowledgement__free_unpacked(answer, NULL);
	return true;
}

/*
 * Send messages without waiting, the first of those that were not acknowledged before, and end the
 * child after some answers. Returns how many messages were sent in all.
 */
static size_t play_round(unsigned round, size_t sent)
{
	bool is_asked = round % 4 == 3; /* to end: the state is written, or being written */
	size_t answers = (size_t)rand() % MESSAGES;
	pid_t child = start();
	struct channel c;
	int status;

	connect_channel(&c);
	for (size_t i = 0; i < sent; i++) {
		if (!acknowledged[i * OF_MESSAGE])
			queue_message(&c, i * OF_MESSAGE);
	}
	for (size_t i = 0; i < MESSAGES; i++)
		queue_message(&c, (sent + i) * OF_MESSAGE);
	/* Blocks until it is taken: what is not has to be sent in the next round. */
	channel_flush(&c);
	while (answers-- && take_answer(&c))
		continue;
	if (is_asked)
		kill(child, SIGTERM);
	if (!is_asked || round % 8 == 7)
		kill(child, SIGKILL);
	while (take_answer(&c)) /* what is still in the socket was promised too */
		continue;
	channel_done(&c);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
	            (WIFEXITED(status) && WEXITSTATUS(status) == 0));
	return sent + MESSAGES;
}

static int count_record(const uint8_t *bytes, size_t size, struct journal_position position,
                        void *context)
{
	static struct event_record record;
	unsigned long number;

	(void)position;
	(void)context;
	assert_int_equal(event_record_unpack(bytes, size, &record), 0);
	number = strtoul(record.event.id, NULL, 10);
	assert_true(number < EVENTS_MAX);
	found[number]++;
	return 0;
}

static void nothing_acknowledged_is_lost(void **state)
{
	const struct journal_visitor visitor = {count_record, NULL, NULL};
	unsigned promised = 0, kept = 0;
	struct reputation_stats stats;
	struct keeper *k;
	size_t sent = 0;

	(void)state;
	srand(1);
	for (unsigned round = 0; round < ROUNDS; round++)
		sent = play_round(round, sent);
	k = keeper_open(folder_at(&folder, "state"), config, NULL);
	assert_non_null(k);
	keeper_stats(k, &stats);
	assert_int_equal(stats.damaged_files, 0);
	keeper_close(k);
	assert_int_equal(journal_read(folder_at(&folder, "state/journal"),
	                              (struct journal_position){0, 0}, &visitor),
	                 0);
	for (size_t i = 0; i < EVENTS_MAX; i++) {
		if (found[i] > 1)
			fail_msg("event %zu is there %u times", i, found[i]);
		if (acknowledged[i] && !found[i])
			fail_msg("event %zu was acknowledged and is lost", i);
		promised += acknowledged[i];
		kept += found[i];
	}
	/* Else nothing was tried. */
	assert_true(promised > EVENTS_MAX / 2);
	print_message("# %u acknowledged, %u in the journal\n", promised, kept);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_acknowledged_is_lost)};
	char keys[512];
	int failed;

	signal(SIGPIPE, SIG_IGN);
	folder_init(&folder);
	snprintf(keys, sizeof(keys),
	         "stream: %s, reporters: [{name: mx1, user: \"%u\", rate: 1000000}]",
	         folder_at(&folder, "stream"), (unsigned)getuid());
	config = keeper_world_config(keys, "");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	config_free(config);
	folder_done(&folder);
	return failed;
}

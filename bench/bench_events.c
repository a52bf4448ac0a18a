/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events through the stream socket of the reputation service, each acknowledged when it is on disk
 * and counted: the service with all its threads on one processor, the sender on another.
 *
 * usage: bench_events [EVENTS [ADDRESSES [FOLDER]]]     (1000000, 100000, /tmp)
 *        bench_events send SOCKET EVENTS                 to a service that runs, of an address each
 */
#include "bench/mix.h"
#include "bench/report.h"
#include "control/config.h"
#include "control/reputation/keeper.h"
#include "dataplane/proto/channel.h"

#include <event2/event.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define OF_MESSAGE 200 /* events */
#define WINDOW     64  /* messages that are not acknowledged */
#define FLOOR_RUNS 200
#define FLOOR_SIZE (64 << 10)
#define STOP_MS    60000

struct place {
	char folder[256], state[300], stream[300];
	struct config *config;
};

static void complain(const char *message, void *context)
{
	(void)context;
	fprintf(stderr, "%s\n", message);
}

static void place_init(struct place *p, const char *in)
{
	char yaml[1024];

	snprintf(p->folder, sizeof(p->folder), "%s/bench-events-XXXXXX", in);
	report_must(mkdtemp(p->folder) != NULL, "a folder");
	snprintf(p->state, sizeof(p->state), "%s/state", p->folder);
	snprintf(p->stream, sizeof(p->stream), "%s/stream", p->folder);
	snprintf(yaml, sizeof(yaml),
	         "dataplane: {listen: [\"127.0.0.1:5300\"]}\n"
	         "lists: [{name: l, manual: true}]\nzones: [{name: z.example, lists: [l]}]\n"
	         "reputation: {stream: %s, reporters: [{name: a, user: \"%u\", rate: 1000000}]}\n",
	         p->stream, (unsigned)getuid());
	p->config = config_load_bytes("/t.yaml", yaml, strlen(yaml), complain, NULL);
	report_must(p->config != NULL, "a configuration");
}

static void place_remove(const char *folder, const char *name)
{
	pid_t child = fork();
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (child == 0) {
		execlp("rm", "rm", "-r", "--", path, (char *)NULL);
		_exit(127);
	}
	waitpid(child, NULL, 0);
}

/* --- the service --- */

static void on_end(evutil_socket_t number, short what, void *context)
{
	(void)number;
	(void)what;
	event_base_loopbreak(context);
}

static void serve(const struct place *p) __attribute__((noreturn));
static void serve(const struct place *p)
{
	struct event_base *base = event_base_new();
	struct event *end = evsignal_new(base, SIGTERM, on_end, base);
	struct reputation *r;

	report_pin(0);
	r = reputation_new(base, p->state, p->config, NULL);
	report_must(r && end && event_add(end, NULL) == 0, "the service");
	event_base_dispatch(base);
	_exit(reputation_stop(r, STOP_MS) ? 0 : 1);
}

/* --- the sender --- */

struct sender {
	struct channel channel;
	uint64_t events, addresses, sent, acknowledged, refused;
	bool is_each; /* of an address of its own */
	Reputed__Events__Event event[OF_MESSAGE], *list[OF_MESSAGE];
	char ids[OF_MESSAGE][24];
};

static void sender_connect(struct sender *s, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = -1;

	report_must(strlen(path) < sizeof(address.sun_path), "a shorter path");
	memcpy(address.sun_path, path, strlen(path) + 1);
	for (unsigned try = 0; try < 10000 && fd < 0; try++) {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			break;
		close(fd);
		fd = -1;
		report_sleep_us(1000);
	}
	report_must(fd >= 0, "a connection");
	report_must(fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "a socket that does not block");
	channel_init(&s->channel, fd);
	for (size_t i = 0; i < OF_MESSAGE; i++)
		s->list[i] = &s->event[i];
}

/* What mail servers see most: verdicts, recipients that are there or not, deliveries. */
static void fill(const struct sender *s, uint64_t i, Reputed__Events__Event *e, char id[24])
{
	static const enum event_class classes[] = {EVENT_SPAM_VERDICT, EVENT_INVALID_RCPT,
	                                           EVENT_VALID_RCPT, EVENT_GOOD_DELIVERY};
	uint64_t random = mix64(i);

	reputed__events__event__init(e);
	e->class_ = classes[random >> 32 & 3];
	e->ip4 = 0x0b000000u + (uint32_t)(s->is_each ? i : random % s->addresses);
	e->recipient_hash = random | 1;
	snprintf(id, 24, "%llx", (unsigned long long)i);
	e->id = (ProtobufCBinaryData){strlen(id), (uint8_t *)id};
}

static void sender_queue(struct sender *s)
{
	Reputed__Events__Events message = REPUTED__EVENTS__EVENTS__INIT;

	for (size_t i = 0; i < OF_MESSAGE; i++)
		fill(s, s->sent + i, &s->event[i], s->ids[i]);
	message.sequence = s->sent;
	message.n_events = OF_MESSAGE;
	message.events = s->list;
	report_must(channel_queue(&s->channel, &message.base) == 0, "memory");
	s->sent += OF_MESSAGE;
}

static void sender_take(struct sender *s)
{
	ProtobufCMessage *message;
	int rc = channel_fill(&s->channel);

	report_must(rc >= 0, "the connection");
	while ((rc = channel_next(&s->channel, &reputed__events__acknowledgement__descriptor,
	                          1 << 20, &message)) > 0) {
		Reputed__Events__Acknowledgement *answer =
		    (Reputed__Events__Acknowledgement *)message;

		for (size_t i = 0; i < answer->outcomes.len; i++)
			s->refused += answer->outcomes.data[i] != REPUTATION_COUNTED;
		s->acknowledged += answer->outcomes.len;
		reputed__events__acknowledgement__free_unpacked(answer, NULL);
	}
	report_must(rc == 0, "answers");
}

static void sender_run(struct sender *s)
{
	while (s->acknowledged < s->events) {
		struct pollfd poll_fd = {.fd = s->channel.fd, .events = POLLIN};

		while (s->sent < s->events && s->sent - s->acknowledged < WINDOW * OF_MESSAGE)
			sender_queue(s);
		report_must(channel_flush(&s->channel) == 0, "the connection");
		if (channel_pending(&s->channel))
			poll_fd.events |= POLLOUT;
		poll(&poll_fd, 1, -1);
		if (poll_fd.revents & POLLIN)
			sender_take(s);
	}
	channel_done(&s->channel);
}

/* --- rows --- */

/* What a batch costs at least: its bytes, and one sync. */
static void run_floor(const struct place *p)
{
	static uint8_t bytes[FLOOR_SIZE];
	double values[FLOOR_RUNS];
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/floor", p->folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	report_must(fd >= 0, "a file");
	for (unsigned i = 0; i < FLOOR_RUNS; i++) {
		uint64_t start_ns = report_wall_ns();

		report_must(write(fd, bytes, sizeof(bytes)) == sizeof(bytes), "a write");
		report_must(fdatasync(fd) == 0, "a sync");
		values[i] = (double)(report_wall_ns() - start_ns) / 1000;
	}
	close(fd);
	report_value("events_fdatasync_floor", report_median(values, FLOOR_RUNS), "us/64KiB",
	             FLOOR_RUNS);
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void run_stream(const struct place *p, uint64_t events, uint64_t addresses)
{
	static struct sender s;
	struct rusage usage;
	uint64_t start_ns;
	double wall_s;
	pid_t child = fork();
	int status;

	report_must(child >= 0, "a process");
	if (child == 0)
		serve(p);
	report_pin(1);
	s.events = events / OF_MESSAGE * OF_MESSAGE;
	s.addresses = addresses;
	sender_connect(&s, p->stream);
	start_ns = report_wall_ns();
	sender_run(&s);
	wall_s = (double)(report_wall_ns() - start_ns) / 1e9;
	kill(child, SIGTERM);
	report_must(wait4(child, &status, 0, &usage) == child && status == 0, "the service's end");
	report_must(s.refused == 0, "events that are counted");
	report_value("events_stream", (double)s.events / wall_s, "events/s", s.events);
	/* With the state written at its end. */
	report_value("events_stream_cpu",
	             (seconds(usage.ru_utime) + seconds(usage.ru_stime)) * 1e9 / (double)s.events,
	             "ns/event", s.events);
	report_value("events_service_memory", (double)usage.ru_maxrss / 1024, "MiB", addresses);
}

static void run_replay(const struct place *p, uint64_t events)
{
	struct reputation_stats stats;
	struct keeper *k;
	uint64_t start_ns;

	place_remove(p->state, "state");
	start_ns = report_wall_ns();
	k = keeper_open(p->state, p->config, NULL);
	report_must(k != NULL, "a replay");
	report_value("events_replay", (double)events * 1e9 / (double)(report_wall_ns() - start_ns),
	             "events/s", events);
	keeper_stats(k, &stats);
	report_value("events_journal", (double)stats.journal_size / (double)events, "bytes/event",
	             events);
	keeper_close(k);
}

static int send_all(const char *path, uint64_t events)
{
	static struct sender s = {.is_each = true};
	uint64_t start_ns;

	s.events = events / OF_MESSAGE * OF_MESSAGE;
	sender_connect(&s, path);
	start_ns = report_wall_ns();
	sender_run(&s);
	report_must(s.refused == 0, "events that are counted");
	report_value("events_sent", (double)s.events * 1e9 / (double)(report_wall_ns() - start_ns),
	             "events/s", s.events);
	return 0;
}

int main(int argc, char **argv)
{
	bool is_send = argc == 4 && strcmp(argv[1], "send") == 0;
	uint64_t events = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	uint64_t addresses = argc > 2 ? strtoull(argv[2], NULL, 10) : 100000;
	struct place p;

	signal(SIGPIPE, SIG_IGN);
	if (is_send)
		return send_all(argv[2], strtoull(argv[3], NULL, 10));
	report_must(events >= OF_MESSAGE && addresses > 0, "a number of events and of addresses");
	place_init(&p, argc > 3 ? argv[3] : "/tmp");
	run_floor(&p);
	run_stream(&p, events, addresses);
	run_replay(&p, events / OF_MESSAGE * OF_MESSAGE);
	config_free(p.config);
	place_remove(p.folder, "");
	return 0;
}

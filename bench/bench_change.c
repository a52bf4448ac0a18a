/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A change through the whole of it: `list add` asked of control's socket, until the DNS answer over
 * UDP has it.
 *   bench_change [CHANGES [RECORDS [ENTRIES]]]         default 2000 0 100000
 *   bench_change events [EVENTS [RATE [ENTRIES]]]      default 2000 10000 100000
 *
 * Starts its own daemons (`reputectl up`) in a folder under $TMPDIR or /tmp, whose disk is the one
 * that is measured: RECORDS are in the manual list before, ENTRIES in a feed beside it. Every
 * change is asked for after the one before was answered, and every DNS answer is checked. Between
 * two changes, 4 KB are written to a file of the same folder and fdatasync()ed: what of a change no
 * program can avoid. "asked" is the time until control answers, "seen" until the DNS answer is
 * there.
 *
 * With `events`, the change is an event: a trap hit sent to the datagram socket of the reputation,
 * from which a listing and a score follow. First alone, then with RATE other events a second of
 * 100,000 senders, each of which changes a score. DNS is asked again and again until it knows.
 */
#include "bench/report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_SIZE 4096
#define PATH_SIZE     256

#define SENDERS     100000 /* of the events in the background */
#define TICK_NS     1000000
#define ASKED_MAX_S 5

struct bench {
	char folder[128];
	pid_t daemons;
	uint16_t port;
	bool has_events;
	int control, udp, floor, events;
	struct histogram asked, seen, disk;
	uint32_t rate; /* of events in the background */
	atomic_bool stop;
	uint64_t sent; /* by the background; to be read when it ended */
};

static const char *path_of(const struct bench *b, const char *name)
{
	static char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s", b->folder, name);
	return path;
}

/* A port that was free just now. */
static uint16_t free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	report_must(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	                getsockname(fd, (struct sockaddr *)&address, &size) == 0,
	            "no port");
	close(fd);
	return ntohs(address.sin_port);
}

static void write_files(struct bench *b, uint32_t entries)
{
	FILE *file = fopen(path_of(b, "feed.txt"), "w");

	report_must(file != NULL, "cannot write the feed");
	for (uint32_t i = 0; i < entries; i++) {
		uint32_t key = (i ^ 0x9e37) * 2654435761u;

		fprintf(file, "%u.%u.%u.%u\n", 1 + key % 9, key >> 8 & 255, key >> 16 & 255,
		        key >> 24);
	}
	fclose(file);
	file = fopen(path_of(b, "reputed.yaml"), "w");
	report_must(file != NULL, "cannot write the configuration");
	fprintf(file,
	        "state_dir: %s/state\ncontrol_socket: %s/control.sock\n"
	        "dataplane: {socket: %s/dataplane.sock, listen: ['127.0.0.1:%u']}\n"
	        "lists:\n"
	        "  - {name: feed, feed: {path: feed.txt, format: plain, guards: {bogons: keep}}, "
	        "code: 127.0.0.3}\n"
	        "  - {name: local, manual: true, code: 127.0.0.2, text: '$ is listed'}\n",
	        b->folder, b->folder, b->folder, b->port);
	if (b->has_events)
		fprintf(file,
		        "  - {name: trap, reputation: trap, code: 127.0.0.2, text: '$ is listed'}\n"
		        "reputation: {socket: events.sock, reporters: "
		        "[{name: bench, user: '%u', rate: 1000000}]}\n"
		        "zones:\n  - {name: bl.test, lists: [feed, local, trap]}\n"
		        "  - {name: score.test, view: score}\n",
		        (unsigned)getuid());
	else
		fprintf(file, "zones: [{name: bl.test, lists: [feed, local]}]\n");
	fclose(file);
}

/* Start the daemons and wait until they answer. */
static void start(struct bench *b, const char *program)
{
	char line[512], reputectl[PATH_SIZE], *slash;
	int out[2];
	FILE *file;

	snprintf(reputectl, sizeof(reputectl), "%.200s", program);
	slash = strrchr(reputectl, '/');
	snprintf(slash ? slash + 1 : reputectl, 32, "../reputectl");
	report_must(pipe(out) == 0, "no pipe");
	b->daemons = fork();
	report_must(b->daemons >= 0, "no process");
	if (b->daemons == 0) {
		dup2(out[1], 1);
		close(out[0]);
		freopen(path_of(b, "log"), "w", stderr);
		execl(reputectl, reputectl, "up", "-c", path_of(b, "reputed.yaml"), NULL);
		_exit(127);
	}
	close(out[1]);
	file = fdopen(out[0], "r");
	do {
		report_must(file && fgets(line, sizeof(line), file), "the daemons do not start");
	} while (strncmp(line, "ready:", 6) != 0);
	/* Stays open: they may print more. */
}

static void stop(struct bench *b)
{
	char command[PATH_SIZE];
	int status;

	kill(b->daemons, SIGTERM);
	waitpid(b->daemons, &status, 0);
	report_must(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the daemons did not end well");
	snprintf(command, sizeof(command), "rm -rf '%s'", b->folder);
	report_must(system(command) == 0, "cannot remove the folder");
}

static void connect_all(struct bench *b)
{
	struct sockaddr_un control = {.sun_family = AF_UNIX};
	struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(b->port)};
	const struct timeval timeout = {5, 0};

	snprintf(control.sun_path, sizeof(control.sun_path), "%.90s/control.sock", b->folder);
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	b->control = socket(AF_UNIX, SOCK_STREAM, 0);
	b->udp = socket(AF_INET, SOCK_DGRAM, 0);
	b->floor = open(path_of(b, "floor"), O_RDWR | O_CREAT, 0600);
	report_must(b->control >= 0 && b->udp >= 0 && b->floor >= 0, "no sockets");
	setsockopt(b->udp, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	report_must(connect(b->control, (struct sockaddr *)&control, sizeof(control)) == 0 &&
	                connect(b->udp, (struct sockaddr *)&server, sizeof(server)) == 0,
	            "cannot connect");
}

/* Ask control to add or delete an address, and wait for its answer. */
static void change(struct bench *b, uint32_t address, bool is_add)
{
	char line[LINE_MAX_SIZE];
	size_t used = 0;
	int size = snprintf(line, sizeof(line),
	                    "{\"command\":\"%s\",\"list\":\"local\",\"key\":\"%u.%u.%u.%u\"}\n",
	                    is_add ? "list-add" : "list-del", address >> 24, address >> 16 & 255,
	                    address >> 8 & 255, address & 255);

	report_must(write(b->control, line, (size_t)size) == size, "cannot ask control");
	do {
		ssize_t got = read(b->control, line + used, sizeof(line) - 1 - used);

		report_must(got > 0, "control hung up");
		used += (size_t)got;
	} while (line[used - 1] != '\n');
	line[used] = 0;
	report_must(strstr(line, "\"answered\":true") != NULL, line);
}

/* Ask the zone. Returns whether the address is listed in `local`. */
static bool is_listed(struct bench *b, uint32_t address)
{
	uint8_t message[512] = {0};
	uint8_t *at = message + 12;
	ssize_t got;

	message[2] = 1;
	message[5] = 1;
	for (unsigned i = 0; i < 4; i++) {
		*at = (uint8_t)sprintf((char *)at + 1, "%u", address >> 8 * i & 255);
		at += 1 + *at;
	}
	memcpy(at, "\2bl\4test\0\0\1\0\1", 13);
	at += 13;
	report_must(send(b->udp, message, (size_t)(at - message), 0) > 0, "cannot ask the zone");
	got = recv(b->udp, message, sizeof(message), 0);
	report_must(got >= 12, "no answer to a query");
	for (unsigned i = 0; i < message[7]; i++) {
		const uint8_t *rdata = at + 16 * i + 12;

		if (rdata + 4 <= message + got && rdata[3] == 2)
			return true;
	}
	return false;
}

static uint32_t address_of(uint32_t i)
{
	return 0x0b000000 + (i * 2654435761u >> 8); /* 11.0.0.0/8: not in the feed */
}

static void sync_floor(struct bench *b)
{
	static char page[4096];
	uint64_t start_ns = report_wall_ns();

	page[0]++;
	report_must(pwrite(b->floor, page, sizeof(page), 0) == sizeof(page) &&
	                fdatasync(b->floor) == 0,
	            "cannot write");
	histogram_add(&b->disk, report_wall_ns() - start_ns);
}

static void measure(struct bench *b, uint32_t i, bool is_add)
{
	uint32_t address = address_of(i);
	uint64_t start_ns = report_wall_ns();

	change(b, address, is_add);
	histogram_add(&b->asked, report_wall_ns() - start_ns);
	report_must(is_listed(b, address) == is_add, "answered, and not in the DNS answer");
	histogram_add(&b->seen, report_wall_ns() - start_ns);
}

static void connect_events(struct bench *b)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	snprintf(to.sun_path, sizeof(to.sun_path), "%.90s/events.sock", b->folder);
	b->events = socket(AF_UNIX, SOCK_DGRAM, 0);
	report_must(b->events >= 0 && connect(b->events, (struct sockaddr *)&to, sizeof(to)) == 0,
	            "no socket for events");
}

static void send_event(struct bench *b, uint32_t address, const char *class)
{
	char text[128];
	int size = snprintf(text, sizeof(text), "{\"ip\":\"%u.%u.%u.%u\",\"class\":\"%s\"%s}",
	                    address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255,
	                    class, class[0] == 's' ? ",\"p\":0.9" : "");

	report_must(send(b->events, text, (size_t)size, 0) == size, "cannot send an event");
}

/* Other events, evenly over each millisecond. */
static void *background(void *context)
{
	struct bench *b = context;
	uint64_t start_ns = report_wall_ns();

	while (!atomic_load(&b->stop)) {
		uint64_t due = (report_wall_ns() - start_ns) / 1000 * b->rate / 1000000;
		const struct timespec pause = {0, TICK_NS};

		for (; b->sent < due; b->sent++)
			send_event(b, 0x0c000000 + (uint32_t)(b->sent * 2654435761u % SENDERS),
			           "spam_verdict");
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void measure_event(struct bench *b, uint32_t address)
{
	uint64_t start_ns = report_wall_ns();

	send_event(b, address, "trap_pristine");
	while (!is_listed(b, address))
		report_must(report_wall_ns() - start_ns < ASKED_MAX_S * 1000000000ull,
		            "an event without effect");
	histogram_add(&b->seen, report_wall_ns() - start_ns);
}

/* Addresses of different networks: none is to be listed as a whole. */
static uint32_t event_address(uint32_t i)
{
	return 0x0b000001 + (i << 8);
}

static void run_events(struct bench *b, uint32_t count)
{
	uint64_t start_ns;
	pthread_t thread;

	connect_events(b);
	for (uint32_t i = 0; i < count; i++) {
		measure_event(b, event_address(i));
		sync_floor(b);
	}
	report_histogram("event_seen", &b->seen, 1e3, "us");
	report_histogram("event_fdatasync_floor", &b->disk, 1e3, "us");
	memset(&b->seen, 0, sizeof(b->seen));
	start_ns = report_wall_ns();
	report_must(pthread_create(&thread, NULL, background, b) == 0, "no thread");
	for (uint32_t i = 0; i < count; i++) {
		const struct timespec pause = {0, TICK_NS};

		measure_event(b, event_address(count + i));
		nanosleep(&pause, NULL);
	}
	atomic_store(&b->stop, true);
	pthread_join(thread, NULL);
	report_histogram("event_busy_seen", &b->seen, 1e3, "us");
	report_value("event_busy_rate",
	             (double)b->sent * 1e9 / (double)(report_wall_ns() - start_ns), "1/s", b->sent);
}

static uint32_t argument(int argc, char **argv, int at, uint32_t preset)
{
	return argc > at ? (uint32_t)strtoul(argv[at], NULL, 10) : preset;
}

static void run_changes(struct bench *b, uint32_t changes, uint32_t records)
{
	for (uint32_t i = 0; i < records; i++)
		change(b, address_of(changes + i), true);
	for (uint32_t i = 0; i < changes; i++) {
		/* Three come, one of them goes: the list grows slowly. */
		measure(b, i % 4 == 3 ? i - 1 : i, i % 4 != 3);
		sync_floor(b);
	}
	report_histogram("change_asked", &b->asked, 1e3, "us");
	report_histogram("change_seen", &b->seen, 1e3, "us");
	report_histogram("change_fdatasync_floor", &b->disk, 1e3, "us");
}

int main(int argc, char **argv)
{
	static struct bench b;
	uint32_t changes, more, entries;
	const char *tmp = getenv("TMPDIR");
	int at = 1;

	b.has_events = argc > 1 && strcmp(argv[1], "events") == 0;
	at += b.has_events;
	changes = argument(argc, argv, at, 2000);
	more = argument(argc, argv, at + 1, b.has_events ? 10000 : 0);
	entries = argument(argc, argv, at + 2, 100000);
	report_must(changes > 0, "usage: bench_change [events] [CHANGES [RECORDS|RATE [ENTRIES]]]");
	snprintf(b.folder, sizeof(b.folder), "%.80s/bench-change-XXXXXX", tmp ? tmp : "/tmp");
	report_must(mkdtemp(b.folder) != NULL, "no folder");
	b.port = free_port();
	write_files(&b, entries);
	start(&b, argv[0]);
	connect_all(&b);
	b.rate = more;
	if (b.has_events)
		run_events(&b, changes);
	else
		run_changes(&b, changes, more);
	stop(&b);
	return 0;
}

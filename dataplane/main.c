/* SPDX-License-Identifier: BSD-3-Clause */
/* reputed-dataplane: packets in, answers out. A list of starts and, in reverse, of stops. */
#include "dataplane/eal.h"
#include "dataplane/options.h"
#include "dataplane/port.h"
#include "dataplane/punt.h"
#include "dataplane/socket.h"
#include "dataplane/stats.h"
#include "dataplane/update.h"
#include "dataplane/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define EXIT_USAGE   2
#define LINK_WATCH_S 1

struct process {
	struct options options;
	struct eal_plan plan; /* worker_count 0 without ports */
	struct stats *stats;
	struct socket_server *sockets;
	struct ports ports;
	struct punt *punt; /* NULL without ports */
	struct update *update;
	struct worker_group *workers;
	const char *listen_texts[OPTIONS_LISTENS_MAX + 1];
	const char *port_texts[OPTIONS_PORTS_MAX + 1];
	char error[OPTIONS_ERROR_MAX];
};

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line in one write, so that lines of several threads and processes do not mix. */
static void say(const char *format, ...)
{
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fprintf(stderr, "reputed-dataplane: %s\n", text);
}

static void say_text(const char *text)
{
	say("%s", text);
}

static int plan_workers(struct process *p)
{
	if (p->options.port_count == 0)
		return 0;
	size_t packet_count = port_packet_count(&p->options);
	if (eal_plan(&p->options, packet_count, &p->plan, p->error) == 0)
		return 0;
	say("%s", p->error);
	return -1;
}

static int start_stats(struct process *p)
{
	/* socket threads, workers, and the punt thread */
	p->stats = stats_new(p->options.socket_threads + p->plan.worker_count + 1);
	if (p->stats != NULL)
		return 0;
	say("%s", strerror(errno));
	return -1;
}

static void stop_stats(struct process *p)
{
	stats_free(p->stats);
}

static int open_sockets(struct process *p)
{
	/* Each TCP connection is a descriptor; the soft limit is often 1024. */
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (socket_open(&p->options, p->stats, &p->sockets, p->error) != 0) {
		say("%s", p->error);
		return -1;
	}
	for (unsigned i = 0; i < p->options.listen_count; i++)
		p->listen_texts[i] = socket_text(p->sockets, i);
	for (unsigned i = p->options.listen_count; i < p->options.served_count; i++) {
		int error = socket_error(p->sockets, i);
		if (error != 0)
			say("TCP at %s, an address of a port, is not answered: %s",
			    socket_text(p->sockets, i), strerror(-error));
	}
	return 0;
}

static void close_sockets(struct process *p)
{
	socket_close(p->sockets);
}

static int start_eal(struct process *p)
{
	if (p->options.port_count == 0)
		return 0;
	say("packet memory: %zu MB of %s", p->plan.memory_mb,
	    p->plan.has_hugepages ? "hugepages" : "ordinary pages (no hugepages)");
	if (eal_start(&p->options, &p->plan, p->error) == 0)
		return 0;
	say("%s", p->error);
	return -1;
}

static void stop_eal(struct process *p)
{
	if (p->options.port_count > 0)
		eal_stop();
}

/* What an operator who gave a card several workers does not expect. */
static void tell_spread(const struct port *port)
{
	switch (port->spread) {
	case PORT_SPREAD_UNKNOWN:
		say("port %s: its driver has no RSS, so one worker may get all of it", port->name);
		break;
	case PORT_SPREAD_ADDRESSES:
		say("port %s: its RSS is not over UDP's ports, so one worker gets all of a client",
		    port->name);
		break;
	case PORT_SPREAD_PORTS:
		break;
	}
}

static int open_ports(struct process *p)
{
	if (p->options.port_count == 0)
		return 0;
	if (port_open_all(&p->options, p->plan.worker_count, &p->ports, p->error) != 0) {
		say("%s", p->error);
		return -1;
	}
	for (unsigned i = 0; i < p->ports.count; i++) {
		const struct port *port = &p->ports.list[i];
		p->port_texts[i] = port->text;
		if (port->queue_count < p->plan.worker_count)
			say("port %s: has %u queue pairs, so only %u of %u workers poll it",
			    port->name, port->queue_count, port->queue_count, p->plan.worker_count);
		if (port->queue_count > 1 && p->options.ports[i].is_pci)
			tell_spread(port);
		if (port->is_local)
			say("port %s: local senders leave UDP checksums unfinished, so they are "
			    "not verified",
			    port->name);
	}
	return 0;
}

static void close_ports(struct process *p)
{
	if (p->options.port_count > 0)
		port_close_all(&p->ports);
}

/* Give the kernel the rest of one port. Errors: -1 after having told why. */
static int punt_port(struct process *p, const struct options_port *from, struct port *port)
{
	struct punt_options options = {
	    .name = from->punt,
	    .mtu = port->mtu,
	    .has_partial = port->is_local || port->has_checksum,
	    .queue_count = port->queue_count,
	    .rate = p->options.punt_rate,
	    .address_count = from->address_count,
	    .addresses = from->addresses,
	};
	memcpy(options.mac, port->frame.mac, sizeof(options.mac));
	int error = punt_open(p->punt, &options, &port->punt, p->error);
	if (error == 0) {
		port->frame.is_punted = true;
		say("port %s: the kernel gets what is not a DNS query, as '%s'", port->name,
		    from->punt);
		return 0;
	}
	if (from->is_punt_given) {
		say("--punt '%s': port %s: %s", from->punt, port->name, p->error);
		return -1;
	}
	say("port %s: the kernel gets nothing of it, so TCP there is not answered: %s", port->name,
	    p->error);
	return 0;
}

static int start_punt(struct process *p)
{
	if (p->options.port_count == 0)
		return 0;
	unsigned index = p->options.socket_threads + p->plan.worker_count;
	p->punt = punt_new(stats_of_thread(p->stats, index));
	int error = p->punt == NULL ? -errno : 0;
	bool is_wanted = false;
	for (unsigned i = 0; error == 0 && i < p->ports.count; i++) {
		const struct options_port *from = &p->options.ports[i];
		if (from->punt[0] == '\0')
			continue;
		is_wanted = true;
		if (punt_port(p, from, &p->ports.list[i]) != 0) {
			punt_free(p->punt);
			return -1;
		}
	}
	if (error == 0 && is_wanted)
		error = punt_start(p->punt);
	if (error == 0)
		return 0;
	say("--punt: %s", strerror(-error));
	punt_free(p->punt);
	return -1;
}

static void stop_punt(struct process *p)
{
	punt_free(p->punt);
}

/* What is left when DPDK has its own. */
static int check_hugepages(struct process *p)
{
	int error = p->options.hugepages == HUGEPAGES_REQUIRE ? hugepages_probe() : 0;

	if (error == 0)
		return 0;
	say("--hugepages 'require': expected free hugepages of %zu MB for the tables: %s",
	    HUGEPAGES_SIZE >> 20, error == -ENOSPC ? "there are none" : strerror(-error));
	return -1;
}

static void visit_stats(void *owner, update_emit *emit, void *context)
{
	const struct process *p = owner;
	stats_visit(p->stats, emit, context);
	stats_visit_workers(p->stats, p->options.socket_threads, p->plan.worker_count, emit,
	                    context);
	port_visit(&p->ports, emit, context);
}

static int start_update(struct process *p)
{
	const struct update_options options = {
	    .path = p->options.socket_path,
	    .hugepages = p->options.hugepages,
	    .visit_stats = visit_stats,
	    .stats_owner = p,
	    .log = say_text,
	    .listen = p->listen_texts,
	    .ports = p->port_texts,
	};
	p->update = update_start(&options);
	if (p->update != NULL)
		return 0;
	if (errno == EADDRINUSE)
		say("--socket '%s': another data plane answers there", options.path);
	else
		say("--socket '%s': %s", options.path, strerror(errno));
	return -1;
}

static void stop_update(struct process *p)
{
	update_stop(p->update);
}

static int start_sockets(struct process *p)
{
	int error = socket_start(p->sockets, p->update, &p->options);
	if (error == 0)
		return 0;
	say("--socket-threads: %s", strerror(-error));
	return -1;
}

static void stop_sockets(struct process *p)
{
	socket_stop(p->sockets);
}

static int start_workers(struct process *p)
{
	if (p->options.port_count == 0)
		return 0;
	const struct worker_options options = {
	    .count = p->plan.worker_count,
	    .idle = p->options.idle,
	    .ports = &p->ports,
	    .update = p->update,
	    .stats = p->stats,
	    .first_stats = p->options.socket_threads,
	};
	p->workers = worker_start(&options);
	if (p->workers != NULL)
		return 0;
	say("workers: %s", strerror(errno));
	return -1;
}

static void stop_workers(struct process *p)
{
	worker_stop(p->workers);
}

/* Readers of the tables start after the update thread that owns them, and stop before it. */
static const struct stage {
	int (*start)(struct process *p); /* 0, or -1 after having told why */
	void (*stop)(struct process *p); /* only after a start that succeeded; or NULL */
} stages[] = {
    {plan_workers, NULL},          {start_stats, stop_stats}, {open_sockets, close_sockets},
    {start_eal, stop_eal},         {open_ports, close_ports}, {check_hugepages, NULL},
    {start_update, stop_update},   {start_punt, stop_punt},   {start_sockets, stop_sockets},
    {start_workers, stop_workers},
};

#define STAGE_COUNT (sizeof(stages) / sizeof(stages[0]))

/* Watch the links of the ports until a signal comes; which one. */
static int wait_for_signal(struct process *p, const sigset_t *stop_signals)
{
	static const struct timespec pause = {.tv_sec = LINK_WATCH_S};
	const struct timespec *timeout = p->options.port_count > 0 ? &pause : NULL;
	int signal_number;
	do {
		port_watch_links(&p->ports, say_text);
		signal_number = sigtimedwait(stop_signals, NULL, timeout);
	} while (signal_number < 0);
	return signal_number;
}

/* Serve until a signal comes. */
static void serve(struct process *p, const sigset_t *stop_signals)
{
	for (const char *const *text = p->listen_texts; *text != NULL; text++)
		say("answering on %s", *text);
	for (const char *const *text = p->port_texts; *text != NULL; text++)
		say("answering on port %s", *text);

	say("stopping on %s", strsignal(wait_for_signal(p, stop_signals)));
}

int main(int argc, char **argv)
{
	static struct process process;
	struct process *p = &process;
	if (options_parse(argc, argv, &p->options, p->error) != 0) {
		say("%s", p->error);
		return EXIT_USAGE;
	}
	if (p->options.action == OPTIONS_HELP) {
		fputs(options_help, stdout);
		return EXIT_SUCCESS;
	}
	if (p->options.action == OPTIONS_VERSION) {
		puts("reputed-dataplane " REPUTED_VERSION);
		return EXIT_SUCCESS;
	}

	/* Blocked before any thread exists, so that all inherit it. Only these: net_tap lives by
	 * real-time signals. */
	sigset_t stop_signals;
	sigemptyset(&stop_signals);
	sigaddset(&stop_signals, SIGINT);
	sigaddset(&stop_signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &stop_signals, NULL);
	signal(SIGPIPE, SIG_IGN);

	size_t started = 0;
	while (started < STAGE_COUNT && stages[started].start(p) == 0)
		started++;
	bool is_up = started == STAGE_COUNT;
	if (is_up)
		serve(p, &stop_signals);
	while (started-- > 0) {
		if (stages[started].stop != NULL)
			stages[started].stop(p);
	}
	return is_up ? EXIT_SUCCESS : EXIT_FAILURE;
}

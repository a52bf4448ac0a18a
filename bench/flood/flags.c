/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/flood/flags.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: reputed-flood EAL_OPTIONS -- --server ADDRESS --from ADDRESS [FLAGS]\n"
    "sends queries through the first DPDK port, and checks and times every answer\n"
    "  --server ADDRESS[:PORT]  IPv4, or IPv6 as [ADDRESS]:PORT; port 53\n"
    "  --from ADDRESS           ours, of the same family; answered for by ARP or ND\n"
    "  --server-mac MAC         instead of asking for it\n"
    "  --zone NAME              default bl.example\n"
    "  --listed FILE            addresses or ranges that are listed, a line each\n"
    "  --partial                others may be listed too, so a miss is not checked\n"
    "  --hit SHARE              of questions about listed addresses; default 0.5 with --listed\n"
    "  --edns SHARE             with an OPT record; default 1\n"
    "  --ip6 SHARE              about IPv6 addresses; default 0\n"
    "  --zipf EXPONENT          how unevenly addresses are asked; default 0 = all alike\n"
    "  --replay FILE            'NAME [TYPE]' lines, instead of all these\n"
    "  --questions N            prepared ones, asked again and again; default 1000000\n"
    "  --seed N                 of chance; default 1\n"
    "  --rate N                 queries/s, sent whatever comes back (open loop)\n"
    "  --window N               instead: at most N unanswered ones (closed loop)\n"
    "  --search                 instead: the highest rate with loss <= --loss\n"
    "  --loss SHARE             default 0\n"
    "  --trial SECONDS          of each rate that a search tries; default 1\n"
    "  --rate-max N             where a search ends; default 200000000\n"
    "  --seconds N              default 5\n"
    "  --patience SECONDS       for the last answers; default 0.25 (RFC 8219 section 9)\n"
    "  --ports N                source ports of each queue, a power of two; default 16\n"
    "  --server-pid PID         tell this process's processor time per answer\n"
    "  --echo                   the peer sends everything back (testpmd): nothing is checked;\n"
    "                           needs --server-mac\n"
    "  --idle                   sleep 20 us between two looks, for low rates on a busy machine\n"
    "  --quiet                  no live line\n";

enum kind { SHARE, COUNT, TEXT, SWITCH, SERVER, FROM, MAC, HELP };

/* A flag, the bounds of its number, and where it goes. */
static const struct row {
	const char *name;
	enum kind kind;
	double least, most;
	size_t offset; /* in struct flags; of a double, unsigned, const char * or bool */
} rows[] = {
    {"server", SERVER},
    {"from", FROM},
    {"server-mac", MAC},
    {"zone", TEXT, 0, 0, offsetof(struct flags, mix.zone)},
    {"listed", TEXT, 0, 0, offsetof(struct flags, mix.listed)},
    {"replay", TEXT, 0, 0, offsetof(struct flags, mix.replay)},
    {"partial", SWITCH, 0, 0, offsetof(struct flags, mix.is_partial)},
    {"hit", SHARE, 0, 1, offsetof(struct flags, mix.hit)},
    {"edns", SHARE, 0, 1, offsetof(struct flags, mix.edns)},
    {"ip6", SHARE, 0, 1, offsetof(struct flags, mix.ip6)},
    {"zipf", SHARE, 0, 4, offsetof(struct flags, mix.zipf)},
    {"questions", COUNT, 1, 50e6, offsetof(struct flags, mix.count)},
    {"seed", COUNT, 0, UINT32_MAX, offsetof(struct flags, mix.seed)},
    {"rate", SHARE, 1, 1e9, offsetof(struct flags, plan.rate)},
    {"window", COUNT, 1, 65536, offsetof(struct flags, plan.window)},
    {"search", SWITCH, 0, 0, offsetof(struct flags, is_search)},
    {"loss", SHARE, 0, 1, offsetof(struct flags, loss_max)},
    {"trial", SHARE, 0.01, 3600, offsetof(struct flags, trial_s)},
    {"rate-max", SHARE, 100, 1e9, offsetof(struct flags, rate_max)},
    {"seconds", SHARE, 0.01, 86400, offsetof(struct flags, plan.seconds)},
    {"patience", SHARE, 0, 60, offsetof(struct flags, plan.patience_s)},
    {"ports", COUNT, 1, 1024, offsetof(struct flags, ports)},
    {"server-pid", COUNT, 1, 1 << 22, offsetof(struct flags, server_pid)},
    {"idle", SWITCH, 0, 0, offsetof(struct flags, plan.is_idle)},
    {"echo", SWITCH, 0, 0, offsetof(struct flags, plan.is_echo)},
    {"quiet", SWITCH, 0, 0, offsetof(struct flags, is_quiet)},
    {"help", HELP},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* A number between bounds; whether it is one. */
static bool number(const char *text, double least, double most, double *out)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end != '\0' || !(value >= least && value <= most))
		return false;
	*out = value;
	return true;
}

static bool address(const char *text, struct packet_path *path, uint8_t out[16])
{
	if (inet_pton(AF_INET, text, out) == 1)
		path->is_ip6 = false;
	else if (inet_pton(AF_INET6, text, out) == 1)
		path->is_ip6 = true;
	else
		return false;
	return true;
}

static bool server(const char *text, struct packet_path *path)
{
	char host[INET6_ADDRSTRLEN + 2];
	const char *port = strrchr(text, ':'), *bracket = strchr(text, ']');
	size_t size = strlen(text);
	double value = 53;

	if (bracket || (port && strchr(text, ':') == port)) { /* else an IPv6 address alone */
		port = port && (!bracket || port > bracket) ? port : NULL;
		size = port ? (size_t)(port - text) : size;
	} else {
		port = NULL;
	}
	if (size >= sizeof(host) || (port && !number(port + 1, 1, UINT16_MAX, &value)))
		return false;
	memcpy(host, text, size);
	host[size] = '\0';
	if (host[0] == '[' && size > 1 && host[size - 1] == ']') {
		memmove(host, host + 1, size - 2);
		host[size - 2] = '\0';
	}
	path->server_port = (uint16_t)value;
	return address(host, path, path->server);
}

static bool mac(const char *text, uint8_t out[6])
{
	char rest;

	return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx%c", &out[0], &out[1], &out[2], &out[3],
	              &out[4], &out[5], &rest) == 6;
}

/* What was given beside the flags themselves. */
struct given {
	bool has_server, has_from, is_from_ip6, is_help;
};

static bool set(struct flags *f, const struct row *row, const char *text, struct given *given)
{
	struct packet_path from = {0};
	char *at = (char *)f + row->offset;
	double value;

	switch (row->kind) {
	case SHARE:
		return number(text, row->least, row->most, (double *)at);
	case COUNT:
		if (!number(text, row->least, row->most, &value) || value != (unsigned)value)
			return false;
		*(unsigned *)at = (unsigned)value;
		return true;
	case TEXT:
		*(const char **)at = text;
		return true;
	case SWITCH:
		*(bool *)at = true;
		return true;
	case SERVER:
		given->has_server = true;
		return server(text, &f->path);
	case FROM:
		given->has_from = address(text, &from, f->path.ours);
		given->is_from_ip6 = from.is_ip6;
		return given->has_from;
	case MAC:
		f->has_server_mac = true;
		return mac(text, f->path.server_mac);
	case HELP:
		given->is_help = true;
		return true;
	}
	return false;
}

static int refuse(const char *what)
{
	fprintf(stderr, "reputed-flood: %s; see --help\n", what);
	return -EINVAL;
}

/* What the flags mean together. */
static int check(struct flags *f, const struct given *given)
{
	unsigned ways = (f->plan.rate > 0) + (f->plan.window > 0) + f->is_search;

	if (!given->has_server || !given->has_from)
		return refuse("--server and --from are needed");
	if (f->path.is_ip6 != given->is_from_ip6)
		return refuse("--server and --from are of different families");
	if (ways != 1)
		return refuse("expected one of --rate, --window and --search");
	if (f->plan.is_echo && !f->has_server_mac)
		return refuse("--echo needs --server-mac");
	if (f->ports & (f->ports - 1))
		return refuse("--ports: expected a power of two");
	if (f->mix.hit < 0)
		f->mix.hit = f->mix.listed ? 0.5 : 0;
	f->plan.is_shown = !f->is_quiet;
	return 0;
}

/* Errors: -EINVAL, told */
static int read_flags(int argc, char **argv, struct flags *f, struct given *given)
{
	struct option options[ROWS + 1] = {0};
	int found, row = 0;

	for (size_t i = 0; i < ROWS; i++) {
		options[i].name = rows[i].name;
		options[i].has_arg = rows[i].kind != SWITCH && rows[i].kind != HELP;
	}
	while ((found = getopt_long(argc, argv, "", options, &row)) != -1) {
		if (found == '?')
			return -EINVAL;
		if (!set(f, &rows[row], optarg, given)) {
			fprintf(stderr, "reputed-flood: --%s '%s': bad value; see --help\n",
			        rows[row].name, optarg);
			return -EINVAL;
		}
	}
	return optind < argc ? refuse("unexpected argument") : 0;
}

int flags_parse(int argc, char **argv, struct flags *out_flags)
{
	struct flags f = {
	    .mix = {.zone = "bl.example", .hit = -1, .edns = 1, .count = 1000000, .seed = 1},
	    .plan = {.seconds = 5, .patience_s = 0.25},
	    .trial_s = 1,
	    .rate_max = 200e6,
	    .ports = 16,
	};
	struct given given = {0};
	int rc = read_flags(argc, argv, &f, &given);

	if (rc < 0)
		return rc;
	if (given.is_help) {
		fputs(usage, stdout);
		return 1;
	}
	rc = check(&f, &given);
	if (rc == 0)
		*out_flags = f;
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/options.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PUNT_RATE_MAX 10000000
#define DNS_PORT      53

const char options_help[] =
    "usage: reputed-dataplane [flags]\n"
    "Answer DNS queries from tables that reputed loads through a unix socket.\n"
    "\n"
    "  --socket PATH          update socket (default " OPTIONS_SOCKET ")\n"
    "  --listen ADDR:PORT     answer on kernel UDP and TCP; [ADDR]:PORT for IPv6, port 0 for any\n"
    "                         free one; repeatable\n"
    "  --port DEVICE          answer on a DPDK port: a PCI address or a virtual device such as\n"
    "                         net_tap0,iface=rbl0; repeatable; needs root\n"
    "  --address ADDR/LEN     an address of the last --port; repeatable\n"
    "  --punt NAME            interface through which the kernel gets all but DNS queries of the "
    "last\n"
    "                         --port, or off (default rbl-0, rbl-1 ..., off for net_tap and "
    "others\n"
    "                         without a network behind)\n"
    "  --punt-rate N          frames per second that the kernel gets from a port (default 10000)\n"
    "  --core N               processor of a DPDK worker; repeatable (default: the last one)\n"
    "  --hugepages MODE       auto, never or require (default auto)\n"
    "  --idle MODE            what an idle DPDK worker does: backoff or poll (default backoff)\n"
    "  --socket-threads N     threads that serve the --listen addresses (default 1)\n"
    "  --tcp-connections N    open at once on all --listen addresses (default 1024)\n"
    "  --tcp-per-client N     of these, of one IPv4 address or IPv6 /56 (default 64)\n"
    "  --tcp-idle SECONDS     until a silent connection is closed (default 10)\n"
    "  --version, --help\n";

enum flag {
	FLAG_SOCKET = 256,
	FLAG_LISTEN,
	FLAG_PORT,
	FLAG_ADDRESS,
	FLAG_PUNT,
	FLAG_PUNT_RATE,
	FLAG_CORE,
	FLAG_HUGEPAGES,
	FLAG_IDLE,
	FLAG_SOCKET_THREADS,
	FLAG_TCP_CONNECTIONS,
	FLAG_TCP_PER_CLIENT,
	FLAG_TCP_IDLE,
	FLAG_VERSION,
	FLAG_HELP,
};

static const struct option flags[] = {
    {"socket", required_argument, NULL, FLAG_SOCKET},
    {"listen", required_argument, NULL, FLAG_LISTEN},
    {"port", required_argument, NULL, FLAG_PORT},
    {"address", required_argument, NULL, FLAG_ADDRESS},
    {"punt", required_argument, NULL, FLAG_PUNT},
    {"punt-rate", required_argument, NULL, FLAG_PUNT_RATE},
    {"core", required_argument, NULL, FLAG_CORE},
    {"hugepages", required_argument, NULL, FLAG_HUGEPAGES},
    {"idle", required_argument, NULL, FLAG_IDLE},
    {"socket-threads", required_argument, NULL, FLAG_SOCKET_THREADS},
    {"tcp-connections", required_argument, NULL, FLAG_TCP_CONNECTIONS},
    {"tcp-per-client", required_argument, NULL, FLAG_TCP_PER_CLIENT},
    {"tcp-idle", required_argument, NULL, FLAG_TCP_IDLE},
    {"version", no_argument, NULL, FLAG_VERSION},
    {"help", no_argument, NULL, FLAG_HELP},
    {NULL, 0, NULL, 0},
};

static int fail(char *out_error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(char *out_error, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(out_error, OPTIONS_ERROR_MAX, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

/* A decimal number without sign or blanks, at most max. */
static int parse_number(const char *text, unsigned max, unsigned *out_number)
{
	unsigned long number = 0;
	if (*text == '\0')
		return -EINVAL;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		number = number * 10 + (unsigned)(*text - '0');
		if (number > max)
			return -ERANGE;
	}
	*out_number = (unsigned)number;
	return 0;
}

/* Split "ADDR:PORT" or "[ADDR]:PORT" into host and port. */
static int split_listen(const char *text, char host[static 96], const char **out_port)
{
	const char *end, *start = text;
	if (*text == '[') {
		start = text + 1;
		end = strchr(text, ']');
		if (end == NULL || end[1] != ':')
			return -EINVAL;
		*out_port = end + 2;
	} else {
		end = strrchr(text, ':');
		if (end == NULL || memchr(text, ':', (size_t)(end - text)) != NULL)
			return -EINVAL;
		*out_port = end + 1;
	}
	size_t size = (size_t)(end - start);
	if (size == 0 || size >= 96)
		return -EINVAL;
	memcpy(host, start, size);
	host[size] = '\0';
	return 0;
}

static int parse_listen(const char *text, struct options *o, char *out_error)
{
	static const char expected[] =
	    "expected ADDR:PORT or [IPV6]:PORT, for example 127.0.0.1:53";
	if (o->listen_count == OPTIONS_LISTENS_MAX)
		return fail(out_error, "--listen '%s': more than %d addresses", text,
		            OPTIONS_LISTENS_MAX);
	char host[96];
	const char *port;
	unsigned number;
	if (split_listen(text, host, &port) != 0)
		return fail(out_error, "--listen '%s': %s", text, expected);
	if (parse_number(port, 65535, &number) != 0)
		return fail(out_error, "--listen '%s': expected a port from 0 to 65535", text);
	struct addrinfo hints = {
	    .ai_family = *text == '[' ? AF_INET6 : AF_INET,
	    .ai_socktype = SOCK_DGRAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	};
	struct addrinfo *found;
	if (getaddrinfo(host, port, &hints, &found) != 0)
		return fail(out_error, "--listen '%s': %s", text, expected);
	struct options_listen *l = &o->listens[o->listen_count++];
	memset(l, 0, sizeof(*l));
	memcpy(&l->address, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return 0;
}

/* [DOMAIN:]BUS:DEVICE.FUNCTION, all hexadecimal. */
static bool is_pci_address(const char *text)
{
	static const char *const shapes[] = {"xxxx:xx:xx.x", "xx:xx.x"};
	for (size_t s = 0; s < 2; s++) {
		const char *shape = shapes[s];
		size_t i = 0;
		while (shape[i] != '\0' &&
		       (shape[i] == 'x' ? isxdigit((unsigned char)text[i]) : shape[i] == text[i]))
			i++;
		if (shape[i] == '\0' && text[i] == '\0')
			return true;
	}
	return false;
}

/* Write a PCI address as DPDK does: with its domain, in lower case. */
static void complete_pci_name(char name[static sizeof("xxxx:xx:xx.x")])
{
	static const char domain[] = "0000:";
	if (strlen(name) == strlen("xx:xx.x")) {
		memmove(name + strlen(domain), name, sizeof("xx:xx.x"));
		memcpy(name, domain, strlen(domain));
	}
	for (; *name != '\0'; name++)
		*name = (char)tolower((unsigned char)*name);
}

static int parse_port(const char *text, struct options *o, char *out_error)
{
	if (o->port_count == OPTIONS_PORTS_MAX)
		return fail(out_error, "--port '%s': more than %d ports", text, OPTIONS_PORTS_MAX);
	struct options_port *p = &o->ports[o->port_count];
	memset(p, 0, sizeof(*p));
	size_t name_size = strcspn(text, ",");
	if (strlen(text) >= sizeof(p->device) || name_size >= sizeof(p->name))
		return fail(out_error, "--port '%s': the device is too long", text);
	memcpy(p->name, text, name_size);
	strcpy(p->device, text);
	p->is_pci = is_pci_address(p->name);
	if (!p->is_pci && (strncmp(p->name, "net_", 4) != 0 || p->name[4] == '\0'))
		return fail(out_error,
		            "--port '%s': expected a PCI address such as 0000:01:00.0, or a "
		            "virtual device such as net_tap0,iface=rbl0",
		            text);
	if (p->is_pci)
		complete_pci_name(p->name);
	for (unsigned i = 0; i < o->port_count; i++) {
		if (strcmp(o->ports[i].name, p->name) == 0)
			return fail(out_error, "--port '%s': device '%s' is given twice", text,
			            p->name);
	}
	o->port_count++;
	return 0;
}

/* Whether an address can be a station's own: not multicast, unspecified or broadcast. */
static bool is_station(const struct options_address *a)
{
	static const uint8_t zero[16];
	if (a->is_ip6)
		return a->bytes[0] != 0xff && memcmp(a->bytes, zero, 16) != 0;
	return a->bytes[0] != 0 && a->bytes[0] < 224;
}

static int parse_address(const char *text, struct options *o, char *out_error)
{
	static const char expected[] = "expected ADDR/LEN, for example 10.53.0.1/24 or fd53::1/64";
	if (o->port_count == 0)
		return fail(out_error, "--address '%s': expected after the --port it belongs to",
		            text);
	struct options_port *p = &o->ports[o->port_count - 1];
	if (p->address_count == OPTIONS_ADDRESSES_MAX)
		return fail(out_error, "--address '%s': more than %d addresses of one port", text,
		            OPTIONS_ADDRESSES_MAX);

	struct options_address a = {.is_ip6 = strchr(text, ':') != NULL};
	char host[INET6_ADDRSTRLEN];
	size_t host_size = strcspn(text, "/");
	unsigned length;
	if (text[host_size] != '/' || host_size >= sizeof(host))
		return fail(out_error, "--address '%s': %s", text, expected);
	memcpy(host, text, host_size);
	host[host_size] = '\0';
	if (inet_pton(a.is_ip6 ? AF_INET6 : AF_INET, host, a.bytes) != 1)
		return fail(out_error, "--address '%s': %s", text, expected);
	if (parse_number(text + host_size + 1, a.is_ip6 ? 128 : 32, &length) != 0)
		return fail(out_error, "--address '%s': expected a prefix length from 0 to %d",
		            text, a.is_ip6 ? 128 : 32);
	a.length = (uint8_t)length;
	if (!is_station(&a))
		return fail(out_error, "--address '%s': not the address of one host", text);
	for (unsigned i = 0; i < p->address_count; i++) {
		const struct options_address *b = &p->addresses[i];
		if (a.is_ip6 == b->is_ip6 && memcmp(a.bytes, b->bytes, 16) == 0)
			return fail(out_error, "--address '%s': given twice for port '%s'", text,
			            p->name);
	}
	p->addresses[p->address_count++] = a;
	return 0;
}

static bool is_interface_name(const char *text)
{
	size_t size = strlen(text);
	if (size == 0 || size >= OPTIONS_NAME_SIZE || text[0] == '.' || text[0] == '-')
		return false;
	for (; *text != '\0'; text++) {
		if (!isalnum((unsigned char)*text) && strchr("._-", *text) == NULL)
			return false;
	}
	return true;
}

static int parse_punt(const char *text, struct options *o, char *out_error)
{
	if (o->port_count == 0)
		return fail(out_error, "--punt '%s': expected after the --port it belongs to",
		            text);
	struct options_port *p = &o->ports[o->port_count - 1];
	if (p->is_punt_given)
		return fail(out_error, "--punt '%s': given twice for port '%s'", text, p->name);
	p->is_punt_given = true;
	if (strcmp(text, "off") == 0)
		return 0;
	if (!is_interface_name(text))
		return fail(out_error,
		            "--punt '%s': expected off or an interface name of 1 to 15 letters, "
		            "digits, '.', '_', '-'",
		            text);
	strcpy(p->punt, text);
	return 0;
}

static int parse_core(const char *text, struct options *o, char *out_error)
{
	if (o->core_count == OPTIONS_CORES_MAX)
		return fail(out_error, "--core '%s': more than %d cores", text, OPTIONS_CORES_MAX);
	unsigned core;
	if (parse_number(text, CPU_SETSIZE - 1, &core) != 0)
		return fail(out_error, "--core '%s': expected the number of a processor", text);
	for (unsigned i = 0; i < o->core_count; i++) {
		if (o->cores[i] == core)
			return fail(out_error, "--core '%s': given twice", text);
	}
	o->cores[o->core_count++] = core;
	return 0;
}

static int parse_hugepages(const char *text, struct options *o, char *out_error)
{
	if (strcmp(text, "auto") == 0)
		o->hugepages = HUGEPAGES_AUTO;
	else if (strcmp(text, "never") == 0)
		o->hugepages = HUGEPAGES_NEVER;
	else if (strcmp(text, "require") == 0)
		o->hugepages = HUGEPAGES_REQUIRE;
	else
		return fail(out_error, "--hugepages '%s': expected auto, never or require", text);
	return 0;
}

static int parse_idle(const char *text, struct options *o, char *out_error)
{
	if (strcmp(text, "poll") == 0)
		o->idle = IDLE_POLL;
	else if (strcmp(text, "backoff") == 0)
		o->idle = IDLE_BACKOFF;
	else
		return fail(out_error, "--idle '%s': expected poll or backoff", text);
	return 0;
}

static int parse_from_one(const char *flag, const char *text, unsigned max, unsigned *out_number,
                          char *out_error)
{
	if (parse_number(text, max, out_number) == 0 && *out_number > 0)
		return 0;
	return fail(out_error, "%s '%s': expected a number from 1 to %u", flag, text, max);
}

static int parse_flag(enum flag flag, const char *text, struct options *o, char *out_error)
{
	switch (flag) {
	case FLAG_SOCKET:
		/* sun_path; told here because connect() and bind() cannot say it as well */
		if (*text == '\0' || strlen(text) > 107)
			return fail(out_error, "--socket '%s': expected a path of 1 to 107 bytes",
			            text);
		o->socket_path = text;
		return 0;
	case FLAG_LISTEN:
		return parse_listen(text, o, out_error);
	case FLAG_PORT:
		return parse_port(text, o, out_error);
	case FLAG_ADDRESS:
		return parse_address(text, o, out_error);
	case FLAG_PUNT:
		return parse_punt(text, o, out_error);
	case FLAG_PUNT_RATE:
		if (parse_number(text, PUNT_RATE_MAX, &o->punt_rate) != 0 || o->punt_rate == 0)
			return fail(out_error, "--punt-rate '%s': expected a number from 1 to %d",
			            text, PUNT_RATE_MAX);
		return 0;
	case FLAG_CORE:
		return parse_core(text, o, out_error);
	case FLAG_HUGEPAGES:
		return parse_hugepages(text, o, out_error);
	case FLAG_IDLE:
		return parse_idle(text, o, out_error);
	case FLAG_SOCKET_THREADS:
		return parse_from_one("--socket-threads", text, OPTIONS_THREADS_MAX,
		                      &o->socket_threads, out_error);
	case FLAG_TCP_CONNECTIONS:
		return parse_from_one("--tcp-connections", text, OPTIONS_TCP_MAX,
		                      &o->tcp_connections, out_error);
	case FLAG_TCP_PER_CLIENT:
		return parse_from_one("--tcp-per-client", text, OPTIONS_TCP_MAX, &o->tcp_per_client,
		                      out_error);
	case FLAG_TCP_IDLE:
		return parse_from_one("--tcp-idle", text, OPTIONS_TCP_IDLE_MAX, &o->tcp_idle_s,
		                      out_error);
	case FLAG_VERSION:
		o->action = OPTIONS_VERSION;
		return 0;
	case FLAG_HELP:
		o->action = OPTIONS_HELP;
		return 0;
	}
	return fail(out_error, "unknown flag; see --help");
}

/* What can only be said when all flags were read. */
static int check_whole(const struct options *o, char *out_error)
{
	if (o->listen_count == 0 && o->port_count == 0)
		return fail(out_error, "nothing to answer on: expected --listen or --port");
	for (unsigned i = 0; i < o->port_count; i++) {
		if (o->ports[i].address_count == 0)
			return fail(out_error,
			            "--port '%s': expected at least one --address after it",
			            o->ports[i].name);
	}
	return 0;
}

/*
 * Whether a port is punted without --punt: not if the device has no network behind it, nor if the
 * kernel gets its frames anyway, from the interface below it, and would answer twice.
 */
static bool is_punted_by_default(const struct options_port *p)
{
	static const char *const drivers[] = {"net_tap", "net_null", "net_ring", "net_pcap",
	                                      "net_af_packet"};
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (!p->is_pci && strncmp(p->name, drivers[i], strlen(drivers[i])) == 0)
			return false;
	}
	return true;
}

/* Decide which ports are punted where --punt does not say it. */
static int name_punts(struct options *o, char *out_error)
{
	for (unsigned i = 0; i < o->port_count; i++) {
		struct options_port *p = &o->ports[i];
		if (!p->is_punt_given && is_punted_by_default(p))
			snprintf(p->punt, sizeof(p->punt), "rbl-%u", i);
		for (unsigned j = 0; j < i; j++) {
			if (p->punt[0] != '\0' && strcmp(p->punt, o->ports[j].punt) == 0)
				return fail(out_error, "--punt '%s': given for two ports", p->punt);
		}
	}
	return 0;
}

/* Whether --listen has that address, or all of its family, at port 53 already. */
static bool is_served(const struct options *o, const struct options_listen *l)
{
	static const struct in6_addr zero;
	bool is_ip6 = l->address.any.sa_family == AF_INET6;
	for (unsigned i = 0; i < o->served_count; i++) {
		const struct options_listen *at = &o->listens[i];
		if (at->address.any.sa_family != l->address.any.sa_family)
			continue;
		const struct sockaddr_in *a = &at->address.ip4, *b = &l->address.ip4;
		const struct sockaddr_in6 *a6 = &at->address.ip6, *b6 = &l->address.ip6;
		if (is_ip6 ? a6->sin6_port != b6->sin6_port : a->sin_port != b->sin_port)
			continue;
		if (is_ip6 && (memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(zero)) == 0 ||
		               memcmp(&a6->sin6_addr, &zero, sizeof(zero)) == 0))
			return true;
		if (!is_ip6 &&
		    (a->sin_addr.s_addr == b->sin_addr.s_addr || a->sin_addr.s_addr == 0))
			return true;
	}
	return false;
}

/* Listen on the addresses of punted ports: for TCP, and UDP that the kernel put together. */
static void add_punted(struct options *o)
{
	o->served_count = o->listen_count;
	for (unsigned i = 0; i < o->port_count; i++) {
		const struct options_port *p = &o->ports[i];
		for (unsigned j = 0; p->punt[0] != '\0' && j < p->address_count; j++) {
			const struct options_address *a = &p->addresses[j];
			struct options_listen l = {.is_punted = true,
			                           .may_fail = !p->is_punt_given};
			if (a->is_ip6) {
				l.address.ip6.sin6_family = AF_INET6;
				l.address.ip6.sin6_port = htons(DNS_PORT);
				memcpy(&l.address.ip6.sin6_addr, a->bytes, 16);
				/* would need the interface's index, which is not known yet */
				if (IN6_IS_ADDR_LINKLOCAL(&l.address.ip6.sin6_addr))
					continue;
			} else {
				l.address.ip4.sin_family = AF_INET;
				l.address.ip4.sin_port = htons(DNS_PORT);
				memcpy(&l.address.ip4.sin_addr, a->bytes, 4);
			}
			if (!is_served(o, &l))
				o->listens[o->served_count++] = l;
		}
	}
}

int options_parse(int argc, char **argv, struct options *out_options, char *out_error)
{
	struct options *o = out_options;
	memset(o, 0, sizeof(*o));
	o->socket_path = OPTIONS_SOCKET;
	o->socket_threads = 1;
	o->punt_rate = OPTIONS_PUNT_RATE;
	o->tcp_connections = 1024;
	o->tcp_per_client = 64;
	o->tcp_idle_s = 10;

	optind = 0; /* GNU: start over, also when called again */
	opterr = 0;
	for (;;) {
		int before = optind > 0 ? optind : 1;
		int flag = getopt_long(argc, argv, "+:", flags, NULL);
		if (flag == -1)
			break;
		if (flag == ':')
			return fail(out_error, "%s: expected a value; see --help", argv[before]);
		if (flag == '?')
			return fail(out_error, "%s: unknown flag; see --help", argv[before]);
		int error = parse_flag((enum flag)flag, optarg, o, out_error);
		if (error != 0)
			return error;
		if (o->action != OPTIONS_RUN)
			return 0;
	}
	if (optind < argc)
		return fail(out_error, "'%s': expected a flag; see --help", argv[optind]);
	int error = check_whole(o, out_error);
	if (error == 0)
		error = name_punts(o, out_error);
	if (error == 0)
		add_punted(o);
	return error;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/lint.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_SERVER "127.0.0.1"
#define DEFAULT_PORT   "53"
#define TIMEOUT_MAX_MS 60000

static int copy(const char *text, size_t size, char *out, size_t room)
{
	if (size == 0 || size >= room)
		return -EINVAL;
	memcpy(out, text, size);
	out[size] = '\0';
	return 0;
}

static bool is_port(const char *text)
{
	size_t size = strlen(text);

	return size > 0 && size <= 5 && strspn(text, "0123456789") == size && atoi(text) > 0 &&
	       atoi(text) <= 65535;
}

int lint_target_split(const char *text, char out_host[256], char out_port[8])
{
	const char *colon = strchr(text, ':'), *port = DEFAULT_PORT;
	size_t size = strlen(text);
	int rc;

	if (text[0] == '[') {
		const char *end = strchr(text, ']');

		if (!end || (end[1] && end[1] != ':'))
			return -EINVAL;
		port = end[1] ? end + 2 : port;
		size = (size_t)(end - ++text);
	} else if (colon && !strchr(colon + 1, ':')) { /* more of them are an IPv6 address */
		port = colon + 1;
		size = (size_t)(colon - text);
	}
	if (!is_port(port))
		return -EINVAL;
	rc = copy(text, size, out_host, 256);
	return rc < 0 ? rc : copy(port, strlen(port), out_port, 8);
}

int lint_timeout_parse(const char *text, unsigned *out_ms)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || number == 0 || number > TIMEOUT_MAX_MS)
		return -EINVAL;
	if (strcmp(end, "ms") != 0) {
		if ((end[0] && strcmp(end, "s") != 0) || number > TIMEOUT_MAX_MS / 1000)
			return -EINVAL;
		number *= 1000;
	}
	*out_ms = (unsigned)number;
	return 0;
}

/* UDP and TCP to the first address of a kind that the name has and no path leads to yet. */
static void add_paths(struct lint *l, const struct addrinfo *found, int family, unsigned timeout_ms)
{
	for (const struct addrinfo *a = found; a; a = a->ai_next) {
		if (a->ai_family != family || l->path_count + 2 > LINT_PATHS_MAX)
			continue;
		for (unsigned i = 0; i < l->path_count; i++)
			if (l->paths[i].address.ss_family == family)
				return;
		for (unsigned i = 0; i < 2; i++)
			lint_ask_init(&l->paths[l->path_count++], a->ai_addr, a->ai_addrlen, i,
			              timeout_ms);
		return;
	}
}

static int add_server(struct lint *l, const char *server, unsigned timeout_ms, char *out_error)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	char host[256], port[8];
	int rc = lint_target_split(server, host, port);

	if (rc < 0) {
		snprintf(out_error, LINT_TEXT_MAX,
		         "'@%.200s': expected @ADDRESS, @ADDRESS:PORT, @[ADDRESS6]:PORT or @NAME",
		         server);
		return rc;
	}
	/* What everything is listened on can be asked at the loopback. */
	if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
		strcpy(host, host[0] == ':' ? "::1" : DEFAULT_SERVER);
	rc = getaddrinfo(host, port, &hints, &found);
	if (rc != 0) {
		snprintf(out_error, LINT_TEXT_MAX, "'@%.200s': %s", server, gai_strerror(rc));
		return -EINVAL;
	}
	add_paths(l, found, AF_INET, timeout_ms);
	add_paths(l, found, AF_INET6, timeout_ms);
	freeaddrinfo(found);
	return 0;
}

/* An address of a DPDK port, without the length of its network, on port 53. */
static int add_port(struct lint *l, const char *address, unsigned timeout_ms, char *out_error)
{
	char text[80];

	snprintf(text, sizeof(text), "[%.*s]:53", (int)strcspn(address, "/"), address);
	return add_server(l, text, timeout_ms, out_error);
}

int lint_target_paths(struct lint *l, const char *server, unsigned timeout_ms,
                      char out_error[LINT_TEXT_MAX])
{
	const struct config_dataplane *d = l->config ? &l->config->dataplane : NULL;
	int rc = 0;

	if (server || !d || (!d->listen_count && !d->ports_count))
		return add_server(l, server ? server : DEFAULT_SERVER, timeout_ms, out_error);
	for (unsigned i = 0; i < d->listen_count && rc == 0; i++)
		rc = add_server(l, d->listen[i], timeout_ms, out_error);
	for (unsigned i = 0; !d->listen_count && i < d->ports[0].addresses_count && rc == 0; i++)
		rc = add_port(l, d->ports[0].addresses[i], timeout_ms, out_error);
	return rc;
}

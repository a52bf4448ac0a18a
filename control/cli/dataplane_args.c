/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/dataplane_args.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct list {
	char **items;
	size_t count, capacity; /* capacity counts the NULL at the end */
	bool is_failed;
};

static void add(struct list *l, const char *text)
{
	if (l->is_failed)
		return;
	if (l->count + 1 >= l->capacity) {
		size_t capacity = l->capacity ? 2 * l->capacity : 16;
		char **grown = reallocarray(l->items, capacity, sizeof(*grown));

		if (!grown) {
			l->is_failed = true;
			return;
		}
		l->items = grown;
		l->capacity = capacity;
	}
	l->items[l->count] = strdup(text);
	if (l->items[l->count])
		l->count++;
	else
		l->is_failed = true;
	l->items[l->count] = NULL;
}

static void add_flag(struct list *l, const char *flag, const char *value)
{
	add(l, flag);
	add(l, value);
}

static void add_number(struct list *l, const char *flag, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	add_flag(l, flag, text);
}

/* 0 = left to the data plane */
static void add_setting(struct list *l, const char *flag, uint64_t number)
{
	if (number)
		add_number(l, flag, number);
}

static const char *hugepages_text(enum config_hugepages hugepages)
{
	switch (hugepages) {
	case CONFIG_HUGEPAGES_AUTO:
		return "auto";
	case CONFIG_HUGEPAGES_NEVER:
		return "never";
	case CONFIG_HUGEPAGES_REQUIRE:
		return "require";
	}
	return "auto";
}

static const char *idle_text(enum config_idle idle)
{
	switch (idle) {
	case IDLE_POLL:
		return "poll";
	case IDLE_BACKOFF:
		return "backoff";
	}
	return "backoff";
}

char **dataplane_args(const char *program, const struct config_dataplane *dataplane)
{
	struct list l = {0};

	add(&l, program);
	add_flag(&l, "--socket", dataplane->socket);
	for (unsigned i = 0; i < dataplane->listen_count; i++)
		add_flag(&l, "--listen", dataplane->listen[i]);
	for (unsigned i = 0; i < dataplane->ports_count; i++) {
		const struct config_port *port = &dataplane->ports[i];

		add_flag(&l, "--port", port->device);
		for (unsigned j = 0; j < port->addresses_count; j++)
			add_flag(&l, "--address", port->addresses[j]);
		if (port->punt)
			add_flag(&l, "--punt",
			         strcmp(port->punt, "false") == 0 ? "off" : port->punt);
	}
	for (unsigned i = 0; i < dataplane->cores_count; i++)
		add_number(&l, "--core", dataplane->cores[i]);
	if (dataplane->punt_rate)
		add_number(&l, "--punt-rate", dataplane->punt_rate);
	add_flag(&l, "--hugepages", hugepages_text(dataplane->hugepages));
	add_flag(&l, "--idle", idle_text(dataplane->idle));
	add_setting(&l, "--tcp-connections", dataplane->tcp_connections);
	add_setting(&l, "--tcp-per-client", dataplane->tcp_per_client);
	add_setting(&l, "--tcp-idle", dataplane->tcp_idle_s);
	if (!l.is_failed)
		return l.items;
	dataplane_args_free(l.items);
	return NULL;
}

void dataplane_args_free(char **arguments)
{
	for (char **argument = arguments; argument && *argument; argument++)
		free(*argument);
	free(arguments);
}

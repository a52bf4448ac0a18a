/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/answering.h"
#include "control/config_secrets.h"
#include "control/engine_private.h"
#include "control/intake.h"
#include "control/key_watch.h"
#include "control/log.h"
#include "control/publisher.h"
#include "control/services.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void engine_config_complain(const char *message, void *context)
{
	(void)context;
	if (strstr(message, ": warning: "))
		log_info("%s", message);
	else
		log_error("%s", message);
}

struct engine_complaints {
	char first[512];
	unsigned count;
};

static void engine_collect_complaint(const char *message, void *context)
{
	struct engine_complaints *complaints = context;

	engine_config_complain(message, NULL);
	if (!strstr(message, ": warning: ") && complaints->count++ == 0)
		snprintf(complaints->first, sizeof(complaints->first), "%s", message);
}

static void engine_set_error(struct engine *e, const char *text)
{
	free(e->config_error);
	e->config_error = text ? strdup(text) : NULL;
}

void engine_config_watch_keys(struct engine *e)
{
	int rc = key_watch_set(e->key_watch, e->config);

	if (rc < 0)
		log_error("changes of files of keys and of access are not noticed: %s",
		          strerror(-rc));
}

void engine_config_on_keys(void *context)
{
	log_info("a file of keys or of access changed");
	engine_config_reload(context);
}

static void engine_configured(const struct publisher_report *report, void *context)
{
	struct engine *e = context;

	e->is_configuring = false;
	if (report->is_cancelled)
		return;
	if (report->rc < 0) {
		log_error("configuration cannot be applied: %s, keeping the one before",
		          strerror(-report->rc));
		engine_set_error(e, strerror(-report->rc));
		if (e->next_config) {
			config_free(e->next_config);
			e->next_config = NULL;
			engine_reputation_prepare(e, e->config);
			intake_configure(e->intake, e->config);
		}
		return;
	}
	if (e->next_config) {
		config_free(e->config);
		e->config = e->next_config;
		e->next_config = NULL;
		log_info("configuration '%s' is in force", e->config_path);
		engine_config_watch_keys(e);
		engine_reputation_configure(e);
		services_configure(e->services);
	}
	answering_renew(e);
	e->is_applied = true;
	e->is_in_step = false; /* tell the new numbers */
	engine_sync(e);
	if (e->is_reload_wanted)
		engine_config_reload(e);
}

/* All feeds were tried: hand everything to the publisher in one piece. */
void engine_config_tried(void *context)
{
	struct engine *e = context;
	struct publisher_version *versions;
	size_t count;

	e->are_feeds_tried = true;
	if (e->is_configuring || (e->is_applied && !e->next_config) ||
	    !engine_reputation_is_walked(e))
		return;
	if (intake_collect(e->intake, &versions, &count) < 0) {
		log_error("out of memory: feeds are not answered");
		return;
	}
	answering_fill(e, versions, count);
	e->is_configuring = true;
	publisher_configure(e->publisher, e->next_config ? e->next_config : e->config, versions,
	                    count, engine_configured, e);
}

static bool engine_is_same_list(char **a, unsigned a_count, char **b, unsigned b_count)
{
	if (a_count != b_count)
		return false;
	for (unsigned i = 0; i < a_count; i++) {
		if (strcmp(a[i], b[i]) != 0)
			return false;
	}
	return true;
}

static bool engine_is_same_ports(const struct config_dataplane *a, const struct config_dataplane *b)
{
	if (a->ports_count != b->ports_count)
		return false;
	for (unsigned i = 0; i < a->ports_count; i++) {
		const struct config_port *x = &a->ports[i], *y = &b->ports[i];

		if (strcmp(x->device, y->device) != 0 ||
		    strcmp(x->punt ? x->punt : "", y->punt ? y->punt : "") != 0 ||
		    !engine_is_same_list(x->addresses, x->addresses_count, y->addresses,
		                         y->addresses_count))
			return false;
	}
	return true;
}

/* What cannot change while we run; told, and otherwise without effect. */
static void engine_tell_restart(const struct config *old, const struct config *new)
{
	const struct config_dataplane *a = &old->dataplane, *b = &new->dataplane;

	if (strcmp(old->state_dir, new->state_dir) != 0)
		log_error("state_dir: a change needs a restart, keeping '%s'", old->state_dir);
	if (strcmp(old->control_socket, new->control_socket) != 0)
		log_error("control_socket: a change needs a restart, keeping '%s'",
		          old->control_socket);
	engine_reputation_tell_restart(old, new);
	if (strcmp(a->socket, b->socket) != 0 ||
	    !engine_is_same_list(a->listen, a->listen_count, b->listen, b->listen_count) ||
	    !engine_is_same_ports(a, b) || a->hugepages != b->hugepages || a->idle != b->idle ||
	    a->punt_rate != b->punt_rate || a->tcp_connections != b->tcp_connections ||
	    a->tcp_per_client != b->tcp_per_client || a->tcp_idle_s != b->tcp_idle_s ||
	    a->cores_count != b->cores_count ||
	    (a->cores_count && memcmp(a->cores, b->cores, a->cores_count * sizeof(*a->cores)) != 0))
		log_error("dataplane: a change needs a restart of both daemons, keeping the old "
		          "settings");
}

/* The socket is where the data plane that runs listens, whatever the file says now. */
static int engine_keep_socket(const struct config *old, struct config *new)
{
	char *socket = strdup(old->dataplane.socket);

	if (!socket)
		return -ENOMEM;
	free(new->dataplane.socket);
	new->dataplane.socket = socket;
	return 0;
}

void engine_config_reload(struct engine *e)
{
	struct engine_complaints complaints = {.count = 0};
	struct config *config;

	e->is_reload_wanted = e->next_config || !e->is_applied || e->is_configuring;
	if (e->is_reload_wanted)
		return;
	config = config_load(e->config_path, engine_collect_complaint, &complaints);
	if (config && config_secrets_read(config, engine_collect_complaint, &complaints) < 0) {
		config_free(config);
		config = NULL;
	}
	if (!config) {
		log_error("configuration '%s' is bad (%u mistakes), keeping the one in force",
		          e->config_path, complaints.count);
		engine_set_error(e, complaints.count ? complaints.first : strerror(errno));
		return;
	}
	engine_tell_restart(e->config, config);
	if (engine_keep_socket(e->config, config) < 0) {
		engine_set_error(e, "out of memory");
		config_free(config);
		return;
	}
	engine_set_error(e, NULL);
	e->next_config = config;
	e->are_feeds_tried = false;
	engine_reputation_prepare(e, config);
	if (intake_configure(e->intake, config) < 0)
		log_error("out of memory: some feeds are not read");
}

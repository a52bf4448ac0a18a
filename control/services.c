/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/services.h"

#include "control/counters.h"
#include "control/engine.h"
#include "control/http/api.h"
#include "control/http/delistings.h"
#include "control/monitor.h"
#include "control/status.h"

#include <sodium.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct services {
	struct engine *engine;
	struct api api;
	struct http *http;
	char *listen; /* of http; NULL = none */
	struct monitor *monitor;
};

static const char *services_state(void *context)
{
	return status_of(context);
}

static bool services_is_ready(void *context)
{
	return ((const struct engine *)context)->is_ready;
}

/* The records of the page. Errors: negative errno */
static int services_open_page(struct services *s)
{
	char folder[4096];

	if (s->api.delistings || !s->engine->config->http.has_delist_page)
		return 0;
	snprintf(folder, sizeof(folder), "%s/delistings", s->engine->config->state_dir);
	s->api.delistings = delistings_open(folder, time(NULL));
	return s->api.delistings ? 0 : -errno;
}

/* Errors: negative errno; what served goes on */
static int services_listen(struct services *s, const struct http_settings *settings)
{
	const char *wanted = s->engine->config->http.listen;
	struct http *http;
	char *listen;
	int fd;

	if (!wanted || (s->listen && strcmp(s->listen, wanted) == 0))
		return 0;
	fd = http_listen(wanted);
	if (fd < 0)
		return fd;
	listen = strdup(wanted);
	http = http_new(s->engine->base, fd, settings, api_routes, &s->api);
	if (!http || !listen) {
		http_free(http);
		free(listen);
		return -ENOMEM;
	}
	http_free(s->http);
	free(s->listen);
	s->http = http;
	s->listen = listen;
	log_info("answering HTTP on %s", wanted);
	return 0;
}

/* Returns the first error, logged. */
static int services_apply(struct services *s)
{
	const struct config *config = s->engine->config;
	const struct http_settings settings = {config->http.access_ranges,
	                                       config->http.access_count};
	int rc, of_http, of_monitor;

	s->api.config = config;
	s->api.reputation = config->reputation ? s->engine->reputation : NULL;
	rc = services_open_page(s);
	if (rc < 0)
		log_error("http.delist_page: its records cannot be kept: %s", strerror(-rc));
	if (!config->http.has_delist_page) {
		delistings_close(s->api.delistings);
		s->api.delistings = NULL;
	}
	of_http = services_listen(s, &settings);
	if (of_http < 0)
		log_error("http.listen '%s': %s", config->http.listen, strerror(-of_http));
	if (s->http && !config->http.listen) {
		http_free(s->http);
		free(s->listen);
		s->http = NULL;
		s->listen = NULL;
	}
	if (s->http)
		http_configure(s->http, &settings);
	of_monitor = monitor_configure(s->monitor, config);
	if (of_monitor < 0)
		log_error("monitor: %s: own addresses are not looked up", strerror(-of_monitor));
	return rc < 0 ? rc : of_http < 0 ? of_http : of_monitor;
}

static char *services_counters(void *context)
{
	return counters_text(context);
}

struct services *services_new(struct engine *e)
{
	struct services *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return NULL;
	s->engine = e;
	s->api.state = services_state;
	s->api.counters = services_counters;
	s->api.context = e;
	randombytes_buf(s->api.form_key, sizeof(s->api.form_key));
	s->monitor = monitor_new(e->base, services_is_ready, e);
	rc = s->monitor ? services_apply(s) : -ENOMEM;
	if (rc == 0)
		return s;
	services_free(s);
	errno = -rc;
	return NULL;
}

void services_configure(struct services *s)
{
	services_apply(s);
}

void services_free(struct services *s)
{
	if (!s)
		return;
	http_free(s->http);
	monitor_free(s->monitor);
	delistings_close(s->api.delistings);
	explicit_bzero(s->api.form_key, sizeof(s->api.form_key));
	free(s->listen);
	free(s);
}

const struct monitor *services_monitor(const struct services *s)
{
	return s->monitor;
}

const uint64_t *services_http_counts(const struct services *s)
{
	return s->http ? http_counts(s->http) : NULL;
}

json_t *services_http_json(const struct services *s)
{
	const uint64_t *counts;
	json_t *object;

	if (!s->http)
		return json_null();
	counts = http_counts(s->http);
	object = json_pack("{s:s}", "listen", s->listen);
	for (int i = 0; i < HTTP_OUTCOME_COUNT; i++)
		json_object_set_new(object, http_outcome_name((enum http_outcome)i),
		                    json_integer((json_int_t)counts[i]));
	return object;
}

json_t *services_monitor_json(const struct services *s)
{
	return monitor_json(s->monitor);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What is served over HTTP: events in, explanations out, delisting by the operator and by anybody
 * (page.c), and whether all is well.
 *
 * Threads: the main loop only.
 */
#include "control/config.h"
#include "control/http/http.h"

#include <stdint.h>

#define API_EVENTS_SIZE_MAX HTTP_BODY_MAX
#define API_TOKEN_MAX       128 /* bytes */
#define API_TOKEN_MIN       16

struct delistings;
struct reputation;

struct api {
	struct reputation *reputation;       /* NULL: no such section in the configuration */
	const struct config *config;         /* in force */
	struct delistings *delistings;       /* NULL: no page */
	const char *(*state)(void *context); /* "serving", "degraded", "starting" */
	char *(*counters)(void *context);    /* for Prometheus, to be freed; NULL: no memory */
	void *context;
	uint8_t form_key[32]; /* what confirmations are signed with */
};

/* The http_route table; the context of its handlers is the struct api. */
extern const struct http_route api_routes[];

/* The page: a form, what is known, a confirmation, the delisting. */
void page_show(struct http_request *request, void *context);
void page_post(struct http_request *request, void *context);

/* --- for page.c --- */

/* Whether reputation is there; else it is refused. */
bool api_has_reputation(const struct api *api, struct http_request *request);

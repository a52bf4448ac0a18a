/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Events to reputed, over HTTP: an answer says that they are on disk there.
 *
 * Threads: one.
 */
#include <stddef.h>

#define POST_ERROR_MAX 512
#define POST_TOKEN_MAX 256

struct post;

struct post_target {
	const char *url;     /* http://HOST:PORT; "/v1/events" is added */
	const char *token;   /* of a reporter */
	const char *ca_file; /* NULL = the system's */
};

/* Errors: NULL with errno */
struct post *post_new(const struct post_target *target);
void post_free(struct post *p);

/*
 * Send a body, an array of events or one of them, and wait.
 *
 * out_refused: of a body that was taken: events that never will be (too old)
 * out_error:   why not, or why those were refused, by the server if it answered
 * Errors:      -EAGAIN later; -EACCES the token is not good; -EINVAL this body is never taken
 */
int post_send(struct post *p, const char *body, size_t size, size_t *out_refused,
              char out_error[POST_ERROR_MAX]);

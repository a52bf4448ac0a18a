/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/control/model_private.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void append_ids(uint32_t **ids, size_t *count, const uint32_t *more, size_t more_count)
{
	*ids = realloc(*ids, (*count + more_count + 1) * sizeof(**ids));
	model_must(*ids);
	if (more_count)
		memcpy(*ids + *count, more, more_count * sizeof(**ids));
	*count += more_count;
}

static void drop_batch(struct model *m)
{
	model_state_free(m->next);
	m->next = NULL;
	m->is_batch = false;
	m->forgotten_verdict_count = m->forgotten_listing_count = 0;
	if (m->next_zones)
		request_free(m->next_zones);
	if (m->next_access)
		request_free(m->next_access);
	if (m->next_settings)
		request_free(m->next_settings);
	m->next_zones = m->next_access = m->next_settings = NULL;
}

static void begin(struct model *m, const Reputed__Update__Begin *message)
{
	drop_batch(m);
	if (message->generation <= m->counts.generation)
		model_fail(m, "generation does not grow", message->generation);
	m->is_batch = true;
	m->is_full = message->is_full;
	m->is_ignoring = false;
	m->next = message->is_full ? calloc(1, sizeof(*m->next)) : model_state_copy(m->state);
	model_must(m->next);
	m->next_counts = m->counts;
	m->next_counts.generation = message->generation;
	m->next_counts.paint_count = m->next_counts.put_count = 0;
	m->next_counts.has_zones = false;
	m->next_counts.key_count = 0;
	m->next_counts.limit_count = -1;
	if (!message->is_full && !m->counts.full_count)
		model_fail(m, "delta before a full load", message->generation);
}

static void replace(channel_request **old, channel_request **new)
{
	if (!*new)
		return;
	if (*old)
		request_free(*old);
	*old = *new;
	*new = NULL;
}

static void publish(struct model *m)
{
	model_state_forget(m);
	model_state_check(m);
	if (m->is_full && (!m->next_zones || !m->next_access || !m->next_settings))
		model_fail(m, "full load without zones, access or settings",
		           m->next_counts.generation);
	m->next_counts.has_zones = m->next_zones != NULL;
	replace(&m->zones, &m->next_zones);
	replace(&m->access, &m->next_access);
	replace(&m->settings, &m->next_settings);
	m->next_counts.full_count += m->is_full;
	m->next_counts.delta_count += !m->is_full;
	m->counts = m->next_counts;
	model_state_free(m->state);
	m->state = m->next;
	m->next = NULL;
	drop_batch(m);
}

static void respond(struct model *m, const channel_response *response)
{
	if (channel_queue_response(&m->channel, response) < 0 ||
	    channel_drain(&m->channel, 10000) < 0)
		channel_done(&m->channel);
}

static void respond_error(struct model *m)
{
	Reputed__Update__Error error = REPUTED__UPDATE__ERROR__INIT;
	channel_response response = REPUTED__UPDATE__RESPONSE__INIT;

	error.text = (char *)"Paint4.last: the model was told to refuse";
	error.generation = m->next_counts.generation;
	response.kind_case = REPUTED__UPDATE__RESPONSE__KIND_ERROR;
	response.error = &error;
	drop_batch(m);
	m->is_ignoring = true;
	respond(m, &response);
}

/* Whether the next mishap happens at this message; then it is over, unless it goes on for ever. */
static bool has_mishap(struct model *m, enum model_mishap mishap)
{
	if (m->mishap != mishap)
		return false;
	if (mishap != MODEL_REFUSE_ANY)
		m->mishap = MODEL_NO_MISHAP;
	return true;
}

static void commit(struct model *m)
{
	Reputed__Update__Committed committed = REPUTED__UPDATE__COMMITTED__INIT;
	channel_response response = REPUTED__UPDATE__RESPONSE__INIT;

	if ((!m->is_full && has_mishap(m, MODEL_REFUSE_DELTA)) || has_mishap(m, MODEL_REFUSE_ANY)) {
		respond_error(m);
		return;
	}
	if (has_mishap(m, MODEL_HANG_UP_AT_COMMIT)) {
		channel_done(&m->channel);
		return;
	}
	publish(m);
	if (has_mishap(m, MODEL_HANG_UP_AFTER_COMMIT)) {
		channel_done(&m->channel);
		return;
	}
	committed.generation = m->counts.generation;
	response.kind_case = REPUTED__UPDATE__RESPONSE__KIND_COMMITTED;
	response.committed = &committed;
	respond(m, &response);
}

static void welcome(struct model *m, const Reputed__Update__Hello *hello)
{
	Reputed__Update__Welcome message = REPUTED__UPDATE__WELCOME__INIT;
	channel_response response = REPUTED__UPDATE__RESPONSE__INIT;

	if (!hello->is_writer || hello->version != UPDATE_VERSION)
		model_fail(m, "not a writer, or of version", hello->version);
	message.version = UPDATE_VERSION;
	message.generation = m->counts.generation;
	response.kind_case = REPUTED__UPDATE__RESPONSE__KIND_WELCOME;
	response.welcome = &message;
	respond(m, &response);
}

/* A message inside a batch. Returns whether it was kept. */
static bool handle_part(struct model *m, channel_request *request)
{
	switch (request->kind_case) {
	case REPUTED__UPDATE__REQUEST__KIND_DEFINE:
		model_state_define(m, request->define);
		return false;
	case REPUTED__UPDATE__REQUEST__KIND_FORGET:
		append_ids(&m->forgotten_verdicts, &m->forgotten_verdict_count,
		           request->forget->verdicts, request->forget->n_verdicts);
		append_ids(&m->forgotten_listings, &m->forgotten_listing_count,
		           request->forget->listings, request->forget->n_listings);
		return false;
	case REPUTED__UPDATE__REQUEST__KIND_PAINT4:
		model_state_paint4(m, request->paint4);
		return false;
	case REPUTED__UPDATE__REQUEST__KIND_PAINT6:
		model_state_paint6(m, request->paint6);
		return false;
	case REPUTED__UPDATE__REQUEST__KIND_PUT_NAMES:
		model_state_names(m, request->put_names);
		return false;
	case REPUTED__UPDATE__REQUEST__KIND_ZONES:
		m->next_zones = request;
		return true;
	case REPUTED__UPDATE__REQUEST__KIND_ACCESS:
		m->next_access = request;
		return true;
	case REPUTED__UPDATE__REQUEST__KIND_SETTINGS:
		m->next_settings = request;
		return true;
	case REPUTED__UPDATE__REQUEST__KIND_RATE_LIMIT:
		m->next_counts.limit_count = (int)request->rate_limit->n_per_s;
		return false;
	case REPUTED__UPDATE__REQUEST__KIND_KEYS:
		m->next_counts.key_count += request->keys->n_names;
		return false;
	default: /* a protobuf enum, not ours */
		model_fail(m, "unexpected message", request->kind_case);
		return false;
	}
}

static void handle(struct model *m, channel_request *request)
{
	bool is_kept = false;

	if (request->kind_case == REPUTED__UPDATE__REQUEST__KIND_HELLO) {
		welcome(m, request->hello);
	} else if (request->kind_case == REPUTED__UPDATE__REQUEST__KIND_BEGIN) {
		begin(m, request->begin);
		if (has_mishap(m, MODEL_HANG_UP_AT_BEGIN))
			channel_done(&m->channel);
		else if (!m->is_full && has_mishap(m, MODEL_REFUSE_EARLY))
			respond_error(m);
	} else if (m->is_ignoring) {
		/* the rest of a batch that was refused */
	} else if (!m->is_batch) {
		model_fail(m, "message outside a batch", request->kind_case);
	} else if (request->kind_case == REPUTED__UPDATE__REQUEST__KIND_COMMIT) {
		commit(m);
	} else {
		is_kept = handle_part(m, request);
	}
	if (!is_kept)
		request_free(request);
}

static void read_channel(struct model *m)
{
	channel_request *request = NULL;
	int rc = channel_fill(&m->channel);

	if (rc < 0) {
		channel_done(&m->channel);
		drop_batch(m);
		return;
	}
	while (m->channel.fd >= 0 && (rc = channel_next_request(&m->channel, &request)) > 0)
		handle(m, request);
	if (m->channel.fd >= 0 && rc < 0) {
		model_fail(m, "bad framing", (uint64_t)-rc);
		channel_done(&m->channel);
	}
}

static void accept_peer(struct model *m)
{
	int fd = accept4(m->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	channel_done(&m->channel); /* a new writer takes over */
	drop_batch(m);
	m->is_ignoring = false;
	channel_init(&m->channel, fd);
}

static void *serve(void *argument)
{
	struct model *m = argument;

	for (bool is_stopping = false; !is_stopping;) {
		struct pollfd fds[3] = {{.fd = m->wake[0], .events = POLLIN},
		                        {.fd = m->listen_fd, .events = POLLIN},
		                        {.fd = m->channel.fd, .events = POLLIN}};
		char byte;

		if (poll(fds, 3, -1) < 0)
			model_must(errno == EINTR);
		pthread_mutex_lock(&m->mutex);
		if (fds[0].revents && read(m->wake[0], &byte, 1) == 1 && m->is_hanging_up) {
			channel_done(&m->channel);
			drop_batch(m);
			m->is_hanging_up = false;
			pthread_cond_broadcast(&m->changed);
		} else if (fds[2].revents) {
			read_channel(m);
		} else if (fds[1].revents) {
			accept_peer(m);
		}
		is_stopping = m->is_stopping;
		pthread_mutex_unlock(&m->mutex);
	}
	return NULL;
}

struct model *model_start(const char *path, uint64_t generation)
{
	struct model *m = calloc(1, sizeof(*m));
	pthread_mutexattr_t attributes;

	model_must(m);
	m->counts.generation = generation;
	snprintf(m->path, sizeof(m->path), "%s", path);
	m->state = calloc(1, sizeof(*m->state));
	m->listen_fd = channel_listen(path);
	model_must(m->state && m->listen_fd >= 0 && pipe(m->wake) == 0);
	channel_init(&m->channel, -1);
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE); /* visitors may ask */
	pthread_mutex_init(&m->mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
	pthread_cond_init(&m->changed, NULL);
	model_must(pthread_create(&m->thread, NULL, serve, m) == 0);
	return m;
}

static void wake(struct model *m)
{
	model_must(write(m->wake[1], "", 1) == 1);
}

void model_stop(struct model *m)
{
	pthread_mutex_lock(&m->mutex);
	m->is_stopping = true;
	wake(m);
	pthread_mutex_unlock(&m->mutex);
	pthread_join(m->thread, NULL);
	channel_done(&m->channel);
	close(m->listen_fd);
	close(m->wake[0]);
	close(m->wake[1]);
	unlink(m->path);
	drop_batch(m);
	model_state_free(m->state);
	if (m->zones)
		request_free(m->zones);
	if (m->access)
		request_free(m->access);
	if (m->settings)
		request_free(m->settings);
	free(m->forgotten_verdicts);
	free(m->forgotten_listings);
	pthread_mutex_destroy(&m->mutex);
	pthread_cond_destroy(&m->changed);
	free(m);
}

void model_mishap(struct model *m, enum model_mishap mishap)
{
	pthread_mutex_lock(&m->mutex);
	m->mishap = mishap;
	pthread_mutex_unlock(&m->mutex);
}

void model_hang_up(struct model *m)
{
	pthread_mutex_lock(&m->mutex);
	m->is_hanging_up = true;
	wake(m);
	while (m->is_hanging_up)
		pthread_cond_wait(&m->changed, &m->mutex);
	pthread_mutex_unlock(&m->mutex);
}

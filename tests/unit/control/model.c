/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/control/model.h"

#include "dataplane/proto/channel.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ID_MAX       4096 /* more would be an id leak in these small tests */
#define LISTINGS_MAX 512

/* For what cannot fail in a test that makes sense. */
static void must(bool is_true)
{
	if (!is_true)
		abort();
}

/* Ascending, disjoint, verdict never 0. */
struct span {
	address6_t first, last;
	uint32_t verdict;
};

struct spans {
	struct span *items;
	size_t count;
};

struct put {
	uint8_t wire[255];
	uint32_t sum; /* of the bytes, to compare quickly */
	size_t size;  /* without root label */
	uint32_t exact, subtree;
};

struct verdict {
	bool is_defined;
	size_t count;
	uint32_t listings[LISTINGS_MAX];
};

struct listing {
	bool is_defined;
	struct model_listing content;
};

/* All that is published; plain memory but for the spans and puts. */
struct state {
	struct spans spans[2]; /* by family */
	struct put *puts;
	size_t put_count;
	uint32_t id_end; /* ids from here on were never defined */
	struct verdict verdicts[ID_MAX];
	struct listing listings[ID_MAX];
};

struct model {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	char path[108];
	int listen_fd, wake[2];
	struct channel channel;
	enum model_mishap mishap;
	bool is_stopping, is_hanging_up;
	char failure[200];
	struct state *state, *next; /* next: of the open batch */
	bool is_batch, is_full, is_ignoring;
	struct model_counts counts, next_counts;
	uint32_t *forgotten_verdicts, *forgotten_listings;
	size_t forgotten_verdict_count, forgotten_listing_count;
	channel_request *zones, *access, *settings, *next_zones, *next_access, *next_settings;
};

static void fail(struct model *m, const char *text, uint64_t number)
{
	if (!m->failure[0])
		snprintf(m->failure, sizeof(m->failure), "%s %llu", text,
		         (unsigned long long)number);
}

static void state_free(struct state *s)
{
	if (!s)
		return;
	free(s->spans[0].items);
	free(s->spans[1].items);
	free(s->puts);
	free(s);
}

static void *copy(const void *items, size_t size)
{
	void *to = malloc(size + 1);

	must(to);
	if (size)
		memcpy(to, items, size);
	return to;
}

static struct state *state_copy(const struct state *from)
{
	struct state *s = calloc(1, sizeof(*s));

	must(s);
	s->put_count = from->put_count;
	s->id_end = from->id_end;
	memcpy(s->verdicts, from->verdicts, from->id_end * sizeof(*s->verdicts));
	memcpy(s->listings, from->listings, from->id_end * sizeof(*s->listings));
	s->spans[0].count = from->spans[0].count;
	s->spans[1].count = from->spans[1].count;
	for (int i = 0; i < 2; i++)
		s->spans[i].items =
		    copy(from->spans[i].items, from->spans[i].count * sizeof(struct span));
	s->puts = copy(from->puts, from->put_count * sizeof(struct put));
	return s;
}

static void paint(struct spans *s, address6_t first, address6_t last, uint32_t verdict)
{
	struct span *items = calloc(s->count + 3, sizeof(*items));
	size_t count = 0, i = 0;

	must(items);
	for (; i < s->count && s->items[i].first < first; i++) {
		items[count] = s->items[i];
		if (items[count].last >= first)
			items[count].last = first - 1;
		count++;
	}
	if (i && s->items[i - 1].last > last) { /* the hole is inside this one */
		i--;
		if (verdict)
			items[count++] = (struct span){first, last, verdict};
		items[count] = s->items[i++];
		items[count++].first = last + 1;
	} else {
		if (verdict)
			items[count++] = (struct span){first, last, verdict};
		while (i < s->count && s->items[i].last <= last)
			i++;
		if (i < s->count && s->items[i].first <= last) {
			items[count] = s->items[i++];
			items[count++].first = last + 1;
		}
	}
	while (i < s->count)
		items[count++] = s->items[i++];
	free(s->items);
	s->items = items;
	s->count = count;
}

static bool is_usable(struct model *m, uint32_t verdict)
{
	if (verdict < ID_MAX && (!verdict || m->next->verdicts[verdict].is_defined))
		return true;
	fail(m, "undefined verdict", verdict);
	return false;
}

static void take_paint(struct model *m, int family, const struct span *span)
{
	const address6_t loopback = family ? (address6_t)0xffff7f000001 : 0x7f000001;

	m->next_counts.paint_count++;
	if (!is_usable(m, span->verdict))
		return;
	if (span->first > span->last)
		fail(m, "range ends before it begins", m->next_counts.paint_count);
	else if (span->verdict && span->first <= loopback && span->last >= loopback)
		fail(m, "127.0.0.1 is listed, family", (uint64_t)family);
	else
		paint(&m->next->spans[family], span->first, span->last, span->verdict);
}

static void take_paint4(struct model *m, const Reputed__Update__Paint4 *message)
{
	if (message->n_first != message->n_last || message->n_first != message->n_verdict)
		fail(m, "Paint4: arrays differ", message->n_first);
	else
		for (size_t i = 0; i < message->n_first; i++)
			take_paint(m, 0,
			           &(struct span){message->first[i], message->last[i],
			                          message->verdict[i]});
}

static void take_paint6(struct model *m, const Reputed__Update__Paint6 *message)
{
	for (size_t i = 0; i < message->n_verdict; i++)
		take_paint(
		    m, 1,
		    &(struct span){(address6_t)message->first_high[i] << 64 | message->first_low[i],
		                   (address6_t)message->last_high[i] << 64 | message->last_low[i],
		                   message->verdict[i]});
}

static uint32_t sum_of(const uint8_t *wire, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = sum * 31 + wire[i];
	return sum;
}

static struct put *find_put(struct state *s, const uint8_t *wire, size_t size)
{
	uint32_t sum = sum_of(wire, size);

	for (size_t i = 0; i < s->put_count; i++)
		if (s->puts[i].sum == sum && s->puts[i].size == size &&
		    !memcmp(s->puts[i].wire, wire, size))
			return &s->puts[i];
	return NULL;
}

static void take_put(struct model *m, const struct put *put, bool is_delete)
{
	struct state *s = m->next;
	struct put *old = find_put(s, put->wire, put->size);

	m->next_counts.put_count++;
	if (!is_usable(m, put->exact) || !is_usable(m, put->subtree))
		return;
	if (is_delete) {
		if (!old)
			fail(m, "delete of a name that is not there", m->next_counts.put_count);
		else
			*old = s->puts[--s->put_count];
		return;
	}
	if (!old) {
		s->puts = realloc(s->puts, (s->put_count + 1) * sizeof(*s->puts));
		must(s->puts);
		old = &s->puts[s->put_count++];
	}
	*old = *put;
}

static void take_names(struct model *m, const Reputed__Update__PutNames *message)
{
	size_t at = 0;

	for (size_t i = 0; i < message->n_exact; i++) {
		struct put put = {.exact = message->exact[i], .subtree = message->subtree[i]};
		size_t start = at;

		while (at < message->names.len && message->names.data[at])
			at += message->names.data[at] + 1u;
		if (at >= message->names.len || at - start > 254) {
			fail(m, "PutNames: bad name", i);
			return;
		}
		put.size = at++ - start;
		memcpy(put.wire, message->names.data + start, put.size);
		put.sum = sum_of(put.wire, put.size);
		take_put(m, &put, message->n_is_delete && message->is_delete[i]);
	}
	if (at != message->names.len)
		fail(m, "PutNames: more names than verdicts", message->names.len - at);
}

static void take_listing(struct model *m, const Reputed__Update__Listing *message)
{
	struct listing *l;

	if (!message->id || message->id >= ID_MAX || message->text.len > 255) {
		fail(m, "bad listing", message->id);
		return;
	}
	l = &m->next->listings[message->id];
	if (l->is_defined)
		fail(m, "listing defined twice", message->id);
	if (message->id >= m->next->id_end)
		m->next->id_end = message->id + 1;
	*l = (struct listing){.is_defined = true};
	l->content.list = message->list;
	l->content.code = message->code;
	l->content.text_size = (uint8_t)message->text.len;
	if (message->text.len)
		memcpy(l->content.text, message->text.data, message->text.len);
}

static void take_verdict(struct model *m, const Reputed__Update__Verdict *message)
{
	struct verdict *v;

	if (!message->id || message->id >= ID_MAX || !message->n_listings ||
	    message->n_listings > LISTINGS_MAX) {
		fail(m, "bad verdict", message->id);
		return;
	}
	v = &m->next->verdicts[message->id];
	if (v->is_defined)
		fail(m, "verdict defined twice", message->id);
	if (message->id >= m->next->id_end)
		m->next->id_end = message->id + 1;
	v->is_defined = true;
	v->count = message->n_listings;
	for (size_t i = 0; i < v->count; i++) {
		v->listings[i] = message->listings[i];
		if (v->listings[i] >= ID_MAX || !m->next->listings[v->listings[i]].is_defined)
			fail(m, "verdict with an undefined listing", v->listings[i]);
		for (size_t j = 0; j < i; j++)
			if (v->listings[i] == v->listings[j])
				fail(m, "verdict with a listing twice", message->id);
	}
}

static void append_ids(uint32_t **ids, size_t *count, const uint32_t *more, size_t more_count)
{
	*ids = realloc(*ids, (*count + more_count + 1) * sizeof(**ids));
	must(*ids);
	if (more_count)
		memcpy(*ids + *count, more, more_count * sizeof(**ids));
	*count += more_count;
}

/* The ids of a batch are forgotten after its paints. */
static void forget(struct model *m)
{
	struct state *s = m->next;

	for (size_t i = 0; i < m->forgotten_verdict_count; i++) {
		uint32_t id = m->forgotten_verdicts[i];

		if (id >= ID_MAX || !s->verdicts[id].is_defined)
			fail(m, "forgets an undefined verdict", id);
		else
			s->verdicts[id].is_defined = false;
	}
	for (size_t i = 0; i < m->forgotten_listing_count; i++) {
		uint32_t id = m->forgotten_listings[i];

		if (id >= ID_MAX || !s->listings[id].is_defined)
			fail(m, "forgets an undefined listing", id);
		else
			s->listings[id].is_defined = false;
	}
}

/* Everything that is defined is used, everything that is used is defined. */
static void check_ids(struct model *m)
{
	struct state *s = m->next;
	bool is_painted[ID_MAX] = {true}, is_used[ID_MAX] = {false};

	for (int family = 0; family < 2; family++)
		for (size_t i = 0; i < s->spans[family].count; i++)
			is_painted[s->spans[family].items[i].verdict] = true;
	for (size_t i = 0; i < s->put_count; i++)
		is_painted[s->puts[i].exact] = is_painted[s->puts[i].subtree] = true;
	m->next_counts.verdict_count = m->next_counts.listing_count = 0;
	for (uint32_t id = 1; id < s->id_end; id++) {
		const struct verdict *v = &s->verdicts[id];

		if (is_painted[id] != v->is_defined)
			fail(m,
			     is_painted[id] ? "forgotten but painted" : "defined but not painted",
			     id);
		m->next_counts.verdict_count += v->is_defined;
		for (size_t i = 0; v->is_defined && i < v->count; i++)
			is_used[v->listings[i]] = true;
	}
	for (uint32_t id = 1; id < s->id_end; id++) {
		if (is_used[id] != s->listings[id].is_defined)
			fail(m, is_used[id] ? "listing forgotten but used" : "unused listing", id);
		m->next_counts.listing_count += s->listings[id].is_defined;
	}
	m->next_counts.name_count = s->put_count;
}

static void drop_batch(struct model *m)
{
	state_free(m->next);
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
		fail(m, "generation does not grow", message->generation);
	m->is_batch = true;
	m->is_full = message->is_full;
	m->is_ignoring = false;
	m->next = message->is_full ? calloc(1, sizeof(*m->next)) : state_copy(m->state);
	must(m->next);
	m->next_counts = m->counts;
	m->next_counts.generation = message->generation;
	m->next_counts.paint_count = m->next_counts.put_count = 0;
	m->next_counts.has_zones = false;
	m->next_counts.key_count = 0;
	m->next_counts.limit_count = -1;
	if (!message->is_full && !m->counts.full_count)
		fail(m, "delta before a full load", message->generation);
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
	forget(m);
	check_ids(m);
	if (m->is_full && (!m->next_zones || !m->next_access || !m->next_settings))
		fail(m, "full load without zones, access or settings", m->next_counts.generation);
	m->next_counts.has_zones = m->next_zones != NULL;
	replace(&m->zones, &m->next_zones);
	replace(&m->access, &m->next_access);
	replace(&m->settings, &m->next_settings);
	m->next_counts.full_count += m->is_full;
	m->next_counts.delta_count += !m->is_full;
	m->counts = m->next_counts;
	state_free(m->state);
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
		fail(m, "not a writer, or of version", hello->version);
	message.version = UPDATE_VERSION;
	message.generation = m->counts.generation;
	response.kind_case = REPUTED__UPDATE__RESPONSE__KIND_WELCOME;
	response.welcome = &message;
	respond(m, &response);
}

static void handle_define(struct model *m, const Reputed__Update__Define *message)
{
	for (size_t i = 0; i < message->n_listings; i++)
		take_listing(m, message->listings[i]);
	for (size_t i = 0; i < message->n_verdicts; i++)
		take_verdict(m, message->verdicts[i]);
}

/* A message inside a batch. Returns whether it was kept. */
static bool handle_part(struct model *m, channel_request *request)
{
	switch (request->kind_case) {
	case REPUTED__UPDATE__REQUEST__KIND_DEFINE:
		handle_define(m, request->define);
		return false;
	case REPUTED__UPDATE__REQUEST__KIND_FORGET:
		append_ids(&m->forgotten_verdicts, &m->forgotten_verdict_count,
		           request->forget->verdicts, request->forget->n_verdicts);
		append_ids(&m->forgotten_listings, &m->forgotten_listing_count,
		           request->forget->listings, request->forget->n_listings);
		return false;
	case REPUTED__UPDATE__REQUEST__KIND_PAINT4:
		take_paint4(m, request->paint4);
		return false;
	case REPUTED__UPDATE__REQUEST__KIND_PAINT6:
		take_paint6(m, request->paint6);
		return false;
	case REPUTED__UPDATE__REQUEST__KIND_PUT_NAMES:
		take_names(m, request->put_names);
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
		fail(m, "unexpected message", request->kind_case);
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
		fail(m, "message outside a batch", request->kind_case);
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
		fail(m, "bad framing", (uint64_t)-rc);
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
			must(errno == EINTR);
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

	must(m);
	m->counts.generation = generation;
	snprintf(m->path, sizeof(m->path), "%s", path);
	m->state = calloc(1, sizeof(*m->state));
	m->listen_fd = channel_listen(path);
	must(m->state && m->listen_fd >= 0 && pipe(m->wake) == 0);
	channel_init(&m->channel, -1);
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE); /* visitors may ask */
	pthread_mutex_init(&m->mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
	pthread_cond_init(&m->changed, NULL);
	must(pthread_create(&m->thread, NULL, serve, m) == 0);
	return m;
}

static void wake(struct model *m)
{
	must(write(m->wake[1], "", 1) == 1);
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
	state_free(m->state);
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

static size_t listings_of(const struct state *s, uint32_t verdict,
                          struct model_listing *out_listings, size_t max)
{
	const struct verdict *v = &s->verdicts[verdict];

	if (!verdict)
		return 0;
	for (size_t i = 0; i < v->count && i < max; i++)
		out_listings[i] = s->listings[v->listings[i]].content;
	return v->count;
}

size_t model_address(struct model *m, bool is_ip6, address6_t address,
                     struct model_listing *out_listings, size_t max)
{
	uint32_t verdict = 0;
	size_t count;

	pthread_mutex_lock(&m->mutex);
	for (size_t i = 0; i < m->state->spans[is_ip6].count; i++) {
		const struct span *s = &m->state->spans[is_ip6].items[i];

		if (s->first <= address && address <= s->last)
			verdict = s->verdict;
	}
	count = listings_of(m->state, verdict, out_listings, max);
	pthread_mutex_unlock(&m->mutex);
	return count;
}

size_t model_name(struct model *m, const uint8_t *wire, size_t size,
                  struct model_listing *out_listings, size_t max, size_t *out_subject)
{
	uint32_t verdict = 0;
	size_t count, at = 0;

	pthread_mutex_lock(&m->mutex);
	*out_subject = size;
	for (;;) {
		const struct put *put = find_put(m->state, wire + at, size - at);

		if (put) {
			verdict = at ? put->subtree : put->exact;
			*out_subject = at;
			break;
		}
		if (at >= size)
			break;
		at += wire[at] + 1u;
	}
	count = listings_of(m->state, verdict, out_listings, max);
	pthread_mutex_unlock(&m->mutex);
	return count;
}

const Reputed__Update__Zones *model_zones(struct model *m)
{
	const Reputed__Update__Zones *zones;

	pthread_mutex_lock(&m->mutex);
	zones = m->zones ? m->zones->zones : NULL;
	pthread_mutex_unlock(&m->mutex);
	return zones;
}

const Reputed__Update__Access *model_access(struct model *m)
{
	const Reputed__Update__Access *access;

	pthread_mutex_lock(&m->mutex);
	access = m->access ? m->access->access : NULL;
	pthread_mutex_unlock(&m->mutex);
	return access;
}

const Reputed__Update__Settings *model_settings(struct model *m)
{
	const Reputed__Update__Settings *settings;

	pthread_mutex_lock(&m->mutex);
	settings = m->settings ? m->settings->settings : NULL;
	pthread_mutex_unlock(&m->mutex);
	return settings;
}

void model_counts(struct model *m, struct model_counts *out_counts)
{
	pthread_mutex_lock(&m->mutex);
	*out_counts = m->counts;
	pthread_mutex_unlock(&m->mutex);
}

void model_boundaries(struct model *m, bool is_ip6,
                      void (*visit)(void *context, address6_t address), void *context)
{
	pthread_mutex_lock(&m->mutex);
	for (size_t i = 0; i < m->state->spans[is_ip6].count; i++) {
		visit(context, m->state->spans[is_ip6].items[i].first);
		visit(context, m->state->spans[is_ip6].items[i].last);
	}
	pthread_mutex_unlock(&m->mutex);
}

void model_failure(struct model *m, char out_text[200])
{
	pthread_mutex_lock(&m->mutex);
	snprintf(out_text, 200, "%s", m->failure);
	pthread_mutex_unlock(&m->mutex);
}

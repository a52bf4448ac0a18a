/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/update_serve.h"

#include "dataplane/access.h"
#include "dataplane/update_lookup.h"
#include "dataplane/update_observed.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define LOG_EVERY_US 1000000 /* per cause; the counters have the rest */

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int update_serve_init(struct update_serve *s, const struct update_options *options)
{
	int rc;

	memset(s, 0, sizeof(*s));
	s->options = options;
	s->store.hugepages = options->hugepages;
	s->started_us = now_us();
	if (getrandom(&s->session, sizeof(s->session), 0) != sizeof(s->session))
		return -EIO;
	if (getrandom(s->store.secret, sizeof(s->store.secret), 0) != sizeof(s->store.secret))
		return -EIO;
	s->allow_all = access_rules_new(0, true);
	if (!s->allow_all)
		return -ENOMEM;
	rc = access_rules_paint(s->allow_all, 0, ~(address6_t)0, ACCESS_VALUE(ACCESS_ALLOW));
	if (rc < 0) {
		access_rules_free(s->allow_all);
		return rc;
	}
	update_batch_init(&s->batch, &s->store);
	return 0;
}

void update_serve_done(struct update_serve *s)
{
	update_batch_done(&s->batch);
	update_store_done(&s->store);
	access_rules_free(s->allow_all);
}

static void say(const struct update_serve *s, const char *text)
{
	if (s->options->log)
		s->options->log(text);
}

static bool may_log(int64_t *logged_us)
{
	int64_t now = now_us();

	if (*logged_us != 0 && now - *logged_us < LOG_EVERY_US)
		return false;
	*logged_us = now;
	return true;
}

void update_serve_count_cut(struct update_serve *s, const char *reason)
{
	char text[200];

	s->counters.cut++;
	if (!may_log(&s->cut_logged_us))
		return;
	snprintf(text, sizeof(text), "client cut off: %s", reason);
	say(s, text);
}

static int answer_error(const struct update_serve *s, struct update_client *c, const char *text)
{
	Reputed__Update__Error error = REPUTED__UPDATE__ERROR__INIT;
	channel_response response = REPUTED__UPDATE__RESPONSE__INIT;

	error.text = (char *)text;
	error.generation = s->store.generation;
	response.kind_case = REPUTED__UPDATE__RESPONSE__KIND_ERROR;
	response.error = &error;
	return channel_queue_response(&c->channel, &response);
}

/* Take the writer's role from whoever has it, with its open batch. */
static void drop_writer(struct update_serve *s, bool is_told)
{
	struct update_client *old = s->writer;

	if (!old)
		return;
	while (s->batch.is_committing) /* what began is done; half of it would be torn */
		(void)!update_serve_go_on(s);
	if (s->batch.is_open)
		old->is_muted = true;
	update_batch_abort(&s->batch);
	s->writer = NULL;
	/* A writer too slow to take even this learns it from its next batch. */
	if (is_told && channel_pending(&old->channel) < CHANNEL_MESSAGE_MAX)
		(void)!answer_error(s, old, "hello: another writer took over");
}

void update_serve_leave(struct update_serve *s, struct update_client *c)
{
	if (s->writer == c)
		drop_writer(s, false);
}

static int serve_hello(struct update_serve *s, struct update_client *c,
                       const Reputed__Update__Hello *m)
{
	Reputed__Update__Welcome welcome = REPUTED__UPDATE__WELCOME__INIT;
	channel_response response = REPUTED__UPDATE__RESPONSE__INIT;
	char text[80];

	if (m->version != UPDATE_VERSION) {
		snprintf(text, sizeof(text), "hello: version %u, this data plane speaks %d",
		         m->version, UPDATE_VERSION);
		return answer_error(s, c, text);
	}
	if (m->is_writer) {
		drop_writer(s, s->writer != c);
		s->writer = c;
		c->is_muted = false;
	}
	welcome.version = UPDATE_VERSION;
	welcome.generation = s->store.generation;
	welcome.session = s->session;
	response.kind_case = REPUTED__UPDATE__RESPONSE__KIND_WELCOME;
	response.welcome = &welcome;
	return channel_queue_response(&c->channel, &response);
}

static int refuse_batch(struct update_serve *s, struct update_client *c, const char *reason)
{
	char text[400];

	s->counters.refused++;
	if (may_log(&s->refusal_logged_us)) {
		snprintf(text, sizeof(text), "batch refused: %s, keeping generation %" PRIu64,
		         reason, s->store.generation);
		say(s, text);
	}
	return answer_error(s, c, reason);
}

/* A writer that does not wait for each answer gets those of a turn in one send. */
static int answer_committed(struct update_serve *s, struct update_client *c)
{
	Reputed__Update__Committed committed = REPUTED__UPDATE__COMMITTED__INIT;
	channel_response response = REPUTED__UPDATE__RESPONSE__INIT;
	int rc;

	committed.generation = s->store.generation;
	response.kind_case = REPUTED__UPDATE__RESPONSE__KIND_COMMITTED;
	response.committed = &committed;
	rc = channel_queue_response(&c->channel, &response);
	if (rc < 0 || !update_batch_settling_waits(&s->batch))
		return rc;
	return channel_flush(&c->channel);
}

static void count_commit(struct update_serve *s, bool is_full)
{
	char text[160];

	s->counters.committed++;
	s->counters.last_commit_us = (uint64_t)(now_us() - s->commit_us);
	if (!is_full)
		return;
	snprintf(text, sizeof(text),
	         "full load committed: generation %" PRIu64 ", %" PRIu64 " entries",
	         s->store.generation, s->store.entries);
	say(s, text);
}

/* Answer what became of a batch. */
static int serve_outcome(struct update_serve *s, struct update_client *c, int outcome,
                         const struct update_error *error)
{
	int rc;

	if (outcome < 0)
		return refuse_batch(s, c, error->text);
	if (outcome != UPDATE_BATCH_COMMITTED)
		return 0;
	count_commit(s, s->batch.is_full);
	rc = answer_committed(s, c);
	update_batch_settle(&s->batch);
	return rc;
}

int update_serve_go_on(struct update_serve *s)
{
	struct update_error error;
	int outcome = update_batch_go_on(&s->batch, &error);

	return serve_outcome(s, s->writer, outcome, &error);
}

static int serve_batch(struct update_serve *s, struct update_client *c, channel_request *request)
{
	bool is_commit = request->kind_case == REPUTED__UPDATE__REQUEST__KIND_COMMIT;
	bool is_muted = c->is_muted;
	struct update_error error;
	int rc;

	/* One answer per batch: what follows a refusal is ignored until the batch is over. */
	if (request->kind_case == REPUTED__UPDATE__REQUEST__KIND_BEGIN)
		is_muted = false;
	c->is_muted = is_muted && !is_commit;
	if (is_muted || s->writer != c) {
		request_free(request);
		if (is_muted)
			return 0;
		c->is_muted = !is_commit;
		return refuse_batch(s, c, "not the writer: hello with is_writer comes first");
	}
	if (is_commit)
		s->commit_us = now_us();
	rc = update_batch_take(&s->batch, request, &error);
	if (rc < 0)
		c->is_muted = !is_commit;
	return serve_outcome(s, c, rc, &error);
}

static int serve_lookup(struct update_serve *s, struct update_client *c,
                        const Reputed__Update__Lookup *m)
{
	struct update_lookup lookup = {s->store.tables, s->allow_all, s->store.list_names};
	Reputed__Update__LookupAnswer *answer = NULL;
	channel_response response = REPUTED__UPDATE__RESPONSE__INIT;
	int rc = update_lookup(&lookup, m->key, m->first_zone, &answer);
	char text[160];

	if (rc == -EINVAL) {
		snprintf(text, sizeof(text),
		         "lookup: key '%.64s' is neither an address nor a domain name", m->key);
		return answer_error(s, c, text);
	}
	if (rc < 0)
		return answer_error(s, c, "lookup: no memory");
	answer->generation = s->store.generation;
	response.kind_case = REPUTED__UPDATE__RESPONSE__KIND_LOOKUP;
	response.lookup = answer;
	rc = channel_queue_response(&c->channel, &response);
	reputed__update__lookup_answer__free_unpacked(answer, NULL);
	return rc == -EMSGSIZE ? answer_error(s, c, "lookup: the answer is too large") : rc;
}

/* A StatsAnswer growing; after a failure nothing more is added. */
struct collector {
	Reputed__Update__StatsAnswer answer;
	size_t capacity;
	bool is_failed;
};

static int collector_reserve(struct collector *l)
{
	Reputed__Update__Counter **grown;
	size_t capacity = l->capacity ? 2 * l->capacity : 64;

	if (l->answer.n_counters < l->capacity)
		return 0;
	grown = reallocarray(l->answer.counters, capacity, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	l->answer.counters = grown;
	l->capacity = capacity;
	return 0;
}

static void collect_counter(void *context, const char *name, const char *help, uint64_t value)
{
	struct collector *l = context;
	Reputed__Update__Counter *counter;

	if (l->is_failed || collector_reserve(l) < 0)
		goto fail;
	counter = malloc(sizeof(*counter));
	if (!counter)
		goto fail;
	reputed__update__counter__init(counter);
	l->answer.counters[l->answer.n_counters++] = counter;
	counter->name = strdup(name);
	counter->help = strdup(help);
	counter->value = value;
	if (counter->name && counter->help)
		return;
fail:
	l->is_failed = true;
}

static void visit_own(const struct update_serve *s, update_emit *emit, void *context)
{
	emit(context, "updates_committed", "batches committed", s->counters.committed);
	emit(context, "updates_refused", "batches refused", s->counters.refused);
	emit(context, "update_clients_cut", "clients of the update socket cut off",
	     s->counters.cut);
	emit(context, "update_last_commit_us", "duration of the last commit in microseconds",
	     s->counters.last_commit_us);
	emit(context, "update_generation", "generation of the last committed batch",
	     s->store.generation);
	emit(context, "update_entries", "entries as told by the last committed batch",
	     s->store.entries);
}

static void visit_pages(const struct tables *t, update_emit *emit, void *context)
{
	struct table4_stats stats4;
	struct names_stats stats_names;

	table4_stats(t->addresses4, &stats4);
	names_stats(t->names, &stats_names);
	emit(context, "table_pages{from=\"pool\"}",
	     "bytes of the tables of IPv4 addresses and names on huge pages of the kernel's pool",
	     stats4.huge.pool_size + stats_names.huge.pool_size);
	emit(context, "table_pages{from=\"madvise\"}",
	     "bytes of these tables that the kernel was asked to have on transparent huge pages",
	     stats4.huge.advised_size + stats_names.huge.advised_size);
}

static int serve_stats(struct update_serve *s, struct update_client *c)
{
	struct collector l = {.answer = REPUTED__UPDATE__STATS_ANSWER__INIT};
	channel_response response = REPUTED__UPDATE__RESPONSE__INIT;
	int rc;

	if (s->options->visit_stats)
		s->options->visit_stats(s->options->stats_owner, collect_counter, &l);
	visit_own(s, collect_counter, &l);
	if (s->store.tables) {
		visit_pages(s->store.tables, collect_counter, &l);
		update_keys_visit(s->store.tables->zones, collect_counter, &l);
		update_observed_visit(s->store.tables->zones, collect_counter, &l);
	}
	response.kind_case = REPUTED__UPDATE__RESPONSE__KIND_STATS;
	response.stats = &l.answer;
	rc = l.is_failed ? answer_error(s, c, "stats: no memory")
	                 : channel_queue_response(&c->channel, &response);
	for (size_t i = 0; i < l.answer.n_counters; i++)
		reputed__update__counter__free_unpacked(l.answer.counters[i], NULL);
	free(l.answer.counters);
	return rc == -EMSGSIZE ? answer_error(s, c, "stats: the answer is too large") : rc;
}

static uint64_t memory_size(const struct tables *t)
{
	struct table4_stats stats4;
	struct table6_stats stats6, stats_access;
	struct names_stats stats_names;
	struct verdicts_stats stats_verdicts;

	if (!t)
		return 0;
	table4_stats(t->addresses4, &stats4);
	table6_stats(t->addresses6, &stats6);
	table6_stats(t->access->clients, &stats_access);
	names_stats(t->names, &stats_names);
	verdicts_stats(t->verdicts, &stats_verdicts);
	return stats4.memory_size + stats6.memory_size + stats_access.memory_size +
	       stats_names.memory_size + stats_verdicts.memory_size;
}

static size_t count_texts(const char *const *texts)
{
	size_t count = 0;

	while (texts && texts[count])
		count++;
	return count;
}

static int serve_status(const struct update_serve *s, struct update_client *c)
{
	Reputed__Update__StatusAnswer status = REPUTED__UPDATE__STATUS_ANSWER__INIT;
	channel_response response = REPUTED__UPDATE__RESPONSE__INIT;

	status.generation = s->store.generation;
	status.session = s->session;
	status.uptime_s = (uint64_t)(now_us() - s->started_us) / 1000000;
	status.memory_size = memory_size(s->store.tables);
	status.entries = s->store.entries;
	status.is_loaded = s->store.tables != NULL;
	status.pid = (uint32_t)getpid();
	status.n_listen = count_texts(s->options->listen);
	status.listen = (char **)s->options->listen;
	status.n_ports = count_texts(s->options->ports);
	status.ports = (char **)s->options->ports;
	response.kind_case = REPUTED__UPDATE__RESPONSE__KIND_STATUS;
	response.status = &status;
	return channel_queue_response(&c->channel, &response);
}

static bool is_of_batch(const channel_request *request)
{
	return (request->kind_case >= REPUTED__UPDATE__REQUEST__KIND_BEGIN &&
	        request->kind_case <= REPUTED__UPDATE__REQUEST__KIND_COMMIT) ||
	       request->kind_case == REPUTED__UPDATE__REQUEST__KIND_SETTINGS ||
	       request->kind_case == REPUTED__UPDATE__REQUEST__KIND_RATE_LIMIT ||
	       request->kind_case == REPUTED__UPDATE__REQUEST__KIND_KEYS;
}

int update_serve_request(struct update_serve *s, struct update_client *c, channel_request *request)
{
	int rc;

	if (is_of_batch(request))
		return serve_batch(s, c, request);
	if (request->kind_case == REPUTED__UPDATE__REQUEST__KIND_HELLO)
		rc = serve_hello(s, c, request->hello);
	else if (request->kind_case == REPUTED__UPDATE__REQUEST__KIND_LOOKUP)
		rc = serve_lookup(s, c, request->lookup);
	else if (request->kind_case == REPUTED__UPDATE__REQUEST__KIND_STATS)
		rc = serve_stats(s, c);
	else if (request->kind_case == REPUTED__UPDATE__REQUEST__KIND_STATUS)
		rc = serve_status(s, c);
	else
		rc = answer_error(s, c, "unknown message");
	request_free(request);
	return rc;
}

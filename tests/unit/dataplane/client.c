/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/dataplane/client.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

void client_open(struct client *c, const char *path)
{
	assert_int_equal(channel_connect(&c->channel, path), 0);
}

void client_close(struct client *c)
{
	channel_done(&c->channel);
}

void client_send(struct client *c, const channel_request *request)
{
	assert_int_equal(channel_queue_request(&c->channel, request), 0);
	assert_int_equal(channel_drain(&c->channel, CLIENT_TIMEOUT_MS), 0);
}

channel_response *client_receive(struct client *c)
{
	struct pollfd pollfd = {.fd = c->channel.fd, .events = POLLIN};
	channel_response *response = NULL;
	int rc;

	while ((rc = channel_next_response(&c->channel, &response)) == 0) {
		assert_int_equal(poll(&pollfd, 1, CLIENT_TIMEOUT_MS), 1);
		assert_true(channel_fill(&c->channel) >= 0);
	}
	assert_int_equal(rc, 1);
	return response;
}

channel_response *client_call(struct client *c, const channel_request *request)
{
	channel_response *response = NULL;

	assert_int_equal(channel_call(&c->channel, request, CLIENT_TIMEOUT_MS, &response), 0);
	return response;
}

void client_free(channel_response *response)
{
	reputed__update__response__free_unpacked(response, NULL);
}

bool client_send_raw(struct client *c, const void *bytes, size_t size)
{
	struct pollfd pollfd = {.fd = c->channel.fd, .events = POLLOUT};
	size_t done = 0;

	while (done < size) {
		ssize_t sent =
		    send(c->channel.fd, (const char *)bytes + done, size - done, MSG_NOSIGNAL);

		if (sent > 0)
			done += (size_t)sent;
		else if (errno == EAGAIN)
			assert_int_equal(poll(&pollfd, 1, CLIENT_TIMEOUT_MS), 1);
		else
			return false;
	}
	return true;
}

void client_expect_end(struct client *c)
{
	struct pollfd pollfd = {.fd = c->channel.fd, .events = POLLIN};
	char bytes[4096];
	ssize_t got;

	do {
		assert_int_equal(poll(&pollfd, 1, CLIENT_TIMEOUT_MS), 1);
		got = recv(c->channel.fd, bytes, sizeof(bytes), 0);
	} while (got > 0);
	assert_true(got == 0 || errno == ECONNRESET);
}

void client_expect_error(struct client *c, const char *text)
{
	channel_response *response = client_receive(c);

	assert_int_equal(response->kind_case, REPUTED__UPDATE__RESPONSE__KIND_ERROR);
	if (!strstr(response->error->text, text))
		fail_msg("error '%s', expected '%s'", response->error->text, text);
	client_free(response);
}

void client_expect_committed(struct client *c, uint64_t generation)
{
	channel_response *response = client_receive(c);

	if (response->kind_case == REPUTED__UPDATE__RESPONSE__KIND_ERROR)
		fail_msg("not committed: %s", response->error->text);
	assert_int_equal(response->kind_case, REPUTED__UPDATE__RESPONSE__KIND_COMMITTED);
	assert_int_equal(response->committed->generation, generation);
	client_free(response);
}

void client_hello(struct client *c, bool is_writer)
{
	Reputed__Update__Hello hello = REPUTED__UPDATE__HELLO__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	channel_response *response;

	hello.version = UPDATE_VERSION;
	hello.is_writer = is_writer;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_HELLO;
	request.hello = &hello;
	response = client_call(c, &request);
	assert_int_equal(response->kind_case, REPUTED__UPDATE__RESPONSE__KIND_WELCOME);
	assert_int_equal(response->welcome->version, UPDATE_VERSION);
	client_free(response);
}

void client_send_begin(struct client *c, uint64_t generation, bool is_full)
{
	Reputed__Update__Begin begin = REPUTED__UPDATE__BEGIN__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	begin.generation = generation;
	begin.is_full = is_full;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_BEGIN;
	request.begin = &begin;
	client_send(c, &request);
}

void client_send_commit(struct client *c, uint64_t generation)
{
	Reputed__Update__Commit commit = REPUTED__UPDATE__COMMIT__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	commit.generation = generation;
	commit.entries = generation * 10;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_COMMIT;
	request.commit = &commit;
	client_send(c, &request);
}

void client_send_define(struct client *c, uint32_t id, uint32_t code, const char *text)
{
	Reputed__Update__Listing listing = REPUTED__UPDATE__LISTING__INIT, *listings = &listing;
	Reputed__Update__Verdict verdict = REPUTED__UPDATE__VERDICT__INIT, *verdicts = &verdict;
	Reputed__Update__Define define = REPUTED__UPDATE__DEFINE__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	listing.id = id;
	listing.list = CLIENT_LIST;
	listing.code = code;
	listing.text.data = (uint8_t *)text;
	listing.text.len = strlen(text);
	verdict.id = id;
	verdict.n_listings = 1;
	verdict.listings = &id;
	define.n_listings = 1;
	define.listings = &listings;
	define.n_verdicts = 1;
	define.verdicts = &verdicts;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_DEFINE;
	request.define = &define;
	client_send(c, &request);
}

void client_send_forget(struct client *c, uint32_t id)
{
	Reputed__Update__Forget forget = REPUTED__UPDATE__FORGET__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	forget.n_verdicts = forget.n_listings = 1;
	forget.verdicts = forget.listings = &id;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_FORGET;
	request.forget = &forget;
	client_send(c, &request);
}

void client_send_paint4(struct client *c, uint32_t first, uint32_t last, uint32_t verdict)
{
	Reputed__Update__Paint4 paint = REPUTED__UPDATE__PAINT4__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	paint.n_first = paint.n_last = paint.n_verdict = 1;
	paint.first = &first;
	paint.last = &last;
	paint.verdict = &verdict;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_PAINT4;
	request.paint4 = &paint;
	client_send(c, &request);
}

void client_send_paint6(struct client *c, uint64_t first_high, uint64_t last_high, uint32_t verdict)
{
	Reputed__Update__Paint6 paint = REPUTED__UPDATE__PAINT6__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	uint64_t first_low = 0, last_low = UINT64_MAX;

	paint.n_first_high = paint.n_first_low = paint.n_last_high = paint.n_last_low = 1;
	paint.n_verdict = 1;
	paint.first_high = &first_high;
	paint.first_low = &first_low;
	paint.last_high = &last_high;
	paint.last_low = &last_low;
	paint.verdict = &verdict;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_PAINT6;
	request.paint6 = &paint;
	client_send(c, &request);
}

void client_send_name(struct client *c, const char *name, size_t size, uint32_t verdict)
{
	Reputed__Update__PutNames put = REPUTED__UPDATE__PUT_NAMES__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	put.names.data = (uint8_t *)name;
	put.names.len = size;
	put.n_exact = put.n_subtree = 1;
	put.exact = put.subtree = &verdict;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_PUT_NAMES;
	request.put_names = &put;
	client_send(c, &request);
}

void client_send_zone(struct client *c, const char *apex, Reputed__Update__ZoneState state)
{
	Reputed__Update__Zone zone = REPUTED__UPDATE__ZONE__INIT, *zones = &zone;
	Reputed__Update__Zones message = REPUTED__UPDATE__ZONES__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	uint32_t list = CLIENT_LIST;
	char *name = "test";

	zone.apex.data = (uint8_t *)apex;
	zone.apex.len = strlen(apex) + 1;
	zone.n_lists = zone.n_list_names = 1;
	zone.lists = &list;
	zone.list_names = &name;
	zone.ttl = 300;
	zone.negative_ttl = 60;
	zone.state = state;
	zone.content = 7;
	message.n_zones = 1;
	message.zones = &zones;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_ZONES;
	request.zones = &message;
	client_send(c, &request);
}

void client_send_access(struct client *c, uint32_t action)
{
	Reputed__Update__Access access = REPUTED__UPDATE__ACCESS__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	uint64_t first = 0, last = UINT64_MAX;

	access.n_first_high = access.n_first_low = access.n_last_high = access.n_last_low = 1;
	access.n_action = 1;
	access.first_high = access.first_low = &first;
	access.last_high = access.last_low = &last;
	access.action = &action;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_ACCESS;
	request.access = &access;
	client_send(c, &request);
}

void client_send_rate_limit(struct client *c, const uint32_t *per_s, size_t count)
{
	Reputed__Update__RateLimit limit = REPUTED__UPDATE__RATE_LIMIT__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	limit.n_per_s = count;
	limit.per_s = (uint32_t *)per_s;
	limit.slip = 2;
	limit.ip4_length = 24;
	limit.ip6_length = 56;
	limit.bucket_lines = 16;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_RATE_LIMIT;
	request.rate_limit = &limit;
	client_send(c, &request);
}

channel_response *client_lookup(struct client *c, const char *key)
{
	Reputed__Update__Lookup lookup = REPUTED__UPDATE__LOOKUP__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	lookup.key = (char *)key;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_LOOKUP;
	request.lookup = &lookup;
	return client_call(c, &request);
}

channel_response *client_status(struct client *c)
{
	Reputed__Update__Status status = REPUTED__UPDATE__STATUS__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	channel_response *response;

	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_STATUS;
	request.status = &status;
	response = client_call(c, &request);
	assert_int_equal(response->kind_case, REPUTED__UPDATE__RESPONSE__KIND_STATUS);
	return response;
}

uint64_t client_counter(struct client *c, const char *name)
{
	Reputed__Update__Stats stats = REPUTED__UPDATE__STATS__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	channel_response *response;
	uint64_t value = 0;
	bool is_found = false;

	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_STATS;
	request.stats = &stats;
	response = client_call(c, &request);
	assert_int_equal(response->kind_case, REPUTED__UPDATE__RESPONSE__KIND_STATS);
	for (size_t i = 0; i < response->stats->n_counters; i++) {
		if (strcmp(response->stats->counters[i]->name, name) == 0) {
			value = response->stats->counters[i]->value;
			is_found = true;
		}
	}
	client_free(response);
	if (!is_found)
		fail_msg("no counter '%s'", name);
	return value;
}

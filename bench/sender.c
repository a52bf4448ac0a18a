/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/sender.h"

#include "bench/report.h"
#include "dataplane/access.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SLICE_US 200 /* between two sends of those that are spread over time */

static void append(struct sender *s, const channel_request *request)
{
	size_t size = protobuf_c_message_get_packed_size(&request->base);
	uint8_t *at;

	if (s->capacity - s->size < 4 + size) {
		s->capacity = 2 * (s->size + 4 + size);
		s->bytes = realloc(s->bytes, s->capacity);
		report_must(s->bytes != NULL, "no memory");
	}
	at = s->bytes + s->size;
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(size >> (24 - 8 * i));
	protobuf_c_message_pack(&request->base, at + 4);
	s->size += 4 + size;
}

static void begin(struct sender *s, bool is_full, uint64_t expected_ip4)
{
	Reputed__Update__Begin message = REPUTED__UPDATE__BEGIN__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	message.generation = ++s->generation;
	message.is_full = is_full;
	message.expected_ip4 = expected_ip4;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_BEGIN;
	request.begin = &message;
	append(s, &request);
}

static void make_define(struct sender *s, uint32_t id)
{
	Reputed__Update__Listing listing = REPUTED__UPDATE__LISTING__INIT, *listings = &listing;
	Reputed__Update__Verdict verdict = REPUTED__UPDATE__VERDICT__INIT, *verdicts = &verdict;
	Reputed__Update__Define define = REPUTED__UPDATE__DEFINE__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	listing.id = verdict.id = id;
	listing.list = 1;
	listing.code = 0x7f000001 + id;
	verdict.n_listings = 1;
	verdict.listings = &id;
	define.n_listings = define.n_verdicts = 1;
	define.listings = &listings;
	define.verdicts = &verdicts;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_DEFINE;
	request.define = &define;
	append(s, &request);
}

static void make_access(struct sender *s)
{
	Reputed__Update__Access access = REPUTED__UPDATE__ACCESS__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	uint64_t first = 0, last = UINT64_MAX;
	uint32_t action = ACCESS_ALLOW;

	access.n_first_high = access.n_first_low = access.n_last_high = access.n_last_low = 1;
	access.n_action = 1;
	access.first_high = access.first_low = &first;
	access.last_high = access.last_low = &last;
	access.action = &action;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_ACCESS;
	request.access = &access;
	append(s, &request);
}

static void make_zone(struct sender *s)
{
	Reputed__Update__Zone zone = REPUTED__UPDATE__ZONE__INIT, *zones = &zone;
	Reputed__Update__Zones message = REPUTED__UPDATE__ZONES__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	uint32_t list = 1;

	zone.apex.data = (uint8_t *)"\2bl\4test";
	zone.apex.len = 9;
	zone.n_lists = 1;
	zone.lists = &list;
	zone.ttl = zone.negative_ttl = 60;
	zone.state = REPUTED__UPDATE__ZONE_STATE__SERVING;
	zone.content = 7;
	message.n_zones = 1;
	message.zones = &zones;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_ZONES;
	request.zones = &message;
	append(s, &request);
}

void sender_paint(struct sender *s, const struct sender_paint *paints, size_t count)
{
	static uint32_t addresses[SENDER_PAINTS_MAX], verdicts[SENDER_PAINTS_MAX];

	for (size_t at = 0; at < count;) {
		Reputed__Update__Paint4 paint = REPUTED__UPDATE__PAINT4__INIT;
		channel_request request = REPUTED__UPDATE__REQUEST__INIT;
		size_t n = count - at < SENDER_PAINTS_MAX ? count - at : SENDER_PAINTS_MAX;

		for (size_t i = 0; i < n; i++) {
			addresses[i] = paints[at + i].address;
			verdicts[i] = paints[at + i].verdict;
		}
		paint.n_first = paint.n_last = paint.n_verdict = n;
		paint.first = paint.last = addresses;
		paint.verdict = verdicts;
		request.kind_case = REPUTED__UPDATE__REQUEST__KIND_PAINT4;
		request.paint4 = &paint;
		append(s, &request);
		at += n;
	}
}

void sender_finish(struct sender *s, uint64_t entries)
{
	Reputed__Update__Commit commit = REPUTED__UPDATE__COMMIT__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	commit.generation = s->generation;
	commit.entries = entries;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_COMMIT;
	request.commit = &commit;
	append(s, &request);
	s->batches++;
}

void sender_begin_full(struct sender *s, uint64_t expected_ip4)
{
	begin(s, true, expected_ip4);
	make_define(s, 1);
	make_define(s, 2);
	make_zone(s);
	make_access(s);
}

void sender_make(struct sender *s, const struct sender_paint *paints, size_t count)
{
	begin(s, false, 0);
	sender_paint(s, paints, count);
	sender_finish(s, count);
}

/* Take the answers that have come. Returns how many. */
static uint64_t receive(struct sender *s)
{
	channel_response *response = NULL;
	uint64_t count = 0;
	int rc;

	do {
		while ((rc = channel_next_response(&s->channel, &response)) > 0) {
			report_must(response->kind_case != REPUTED__UPDATE__RESPONSE__KIND_ERROR,
			            "a batch was refused");
			reputed__update__response__free_unpacked(response, NULL);
			count++;
		}
		report_must(rc == 0, "a broken answer");
		rc = channel_fill(&s->channel);
		report_must(rc >= 0, "the data plane hung up");
	} while (rc > 0);
	return count;
}

/* Bytes that may have been sent after some time. */
static size_t due(const struct sender *s, uint64_t start_ns, uint64_t ns)
{
	uint64_t passed_ns = report_wall_ns() - start_ns;

	return passed_ns >= ns ? s->size
	                       : (size_t)((double)s->size * (double)passed_ns / (double)ns);
}

void sender_send_over(struct sender *s, uint64_t ns)
{
	uint64_t start_ns = report_wall_ns();
	size_t sent = 0;

	while (sent < s->size) {
		size_t size = due(s, start_ns, ns);
		ssize_t rc = size > sent
		                 ? send(s->channel.fd, s->bytes + sent, size - sent, MSG_NOSIGNAL)
		                 : 0;

		report_must(rc >= 0 || errno == EAGAIN, "cannot send");
		sent += rc > 0 ? (size_t)rc : 0;
		s->batches -= receive(s);
		report_sleep_us(SLICE_US);
	}
	s->size = 0;
	sender_send(s); /* the answers that are left */
}

/* Send until all is sent and so many answers have come. */
static void exchange(struct sender *s, uint64_t answers)
{
	size_t sent = 0;

	while (sent < s->size || answers > 0) {
		struct pollfd pollfd = {.fd = s->channel.fd, .events = POLLIN};
		ssize_t rc;

		if (sent < s->size) {
			rc = send(s->channel.fd, s->bytes + sent, s->size - sent, MSG_NOSIGNAL);
			report_must(rc >= 0 || errno == EAGAIN, "cannot send");
			sent += rc > 0 ? (size_t)rc : 0;
			pollfd.events |= sent < s->size ? POLLOUT : 0;
		}
		poll(&pollfd, 1, -1);
		if (pollfd.revents & ~POLLOUT)
			answers -= receive(s);
	}
	s->size = 0;
}

void sender_flush(struct sender *s)
{
	size_t sent = 0;

	while (sent < s->size) {
		struct pollfd pollfd = {.fd = s->channel.fd, .events = POLLOUT};
		ssize_t rc = send(s->channel.fd, s->bytes + sent, s->size - sent, MSG_NOSIGNAL);

		report_must(rc >= 0 || errno == EAGAIN, "cannot send");
		sent += rc > 0 ? (size_t)rc : 0;
		if (rc < 0)
			poll(&pollfd, 1, -1);
	}
	s->size = 0;
}

void sender_send(struct sender *s)
{
	exchange(s, s->batches);
	s->batches = 0;
}

void sender_open(struct sender *s, const char *path)
{
	Reputed__Update__Hello hello = REPUTED__UPDATE__HELLO__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	*s = (struct sender){0};
	report_must(channel_connect(&s->channel, path) == 0, "cannot connect");
	hello.version = UPDATE_VERSION;
	hello.is_writer = true;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_HELLO;
	request.hello = &hello;
	append(s, &request);
	exchange(s, 1);
}

void sender_close(struct sender *s)
{
	channel_done(&s->channel);
	free(s->bytes);
}

double sender_load(struct sender *s, const uint32_t *addresses, uint32_t count)
{
	struct sender_paint *paints = malloc(SENDER_PAINTS_MAX * sizeof(*paints));
	uint64_t start_ns = report_wall_ns();
	uint32_t n;

	report_must(paints != NULL, "no memory");
	sender_begin_full(s, count);
	for (uint32_t at = 0; at < count; at += n) {
		n = count - at < SENDER_PAINTS_MAX ? count - at : SENDER_PAINTS_MAX;
		for (uint32_t i = 0; i < n; i++)
			paints[i] = (struct sender_paint){addresses[at + i],
			                                  1 + (uint32_t)s->generation % 2};
		sender_paint(s, paints, n);
		sender_flush(s);
	}
	sender_finish(s, count);
	sender_send(s);
	free(paints);
	return (double)(report_wall_ns() - start_ns) / 1e9;
}

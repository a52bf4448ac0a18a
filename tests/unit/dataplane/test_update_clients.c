/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/access.h"
#include "tests/unit/dataplane/fixture.h"

#include <urcu-qsbr.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LONG_PAINTS 5
#define STRANGER    65534 /* uid of nobody */

static void test_lookup(void **state)
{
	static const struct {
		const char *reason, *key, *name;
		uint32_t rcode;
		uint32_t address; /* 0 = none */
		const char *text; /* of the answer and of the listing */
	} rows[] = {
	    {"listed", "192.0.2.1", "1.2.0.192.bl.test", 0, CODE(2), "192.0.2.1 is listed"},
	    {"not listed", "192.0.2.2", "2.2.0.192.bl.test", 3, 0, NULL},
	    {"RFC 5782 section 5: always", "127.0.0.2", "2.0.0.127.bl.test", 0, CODE(2), NULL},
	    {"RFC 5782 section 5: never", "127.0.0.1", "1.0.0.127.bl.test", 3, 0, NULL},
	    {"mapped", "::ffff:192.0.2.1",
	     "1.0.2.0.0.0.0.c.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.bl.test", 0, CODE(2),
	     "192.0.2.1 is listed"},
	    {"IPv6", "2001:DB8::1",
	     "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.test", 0, CODE(2),
	     NULL},
	    {"a name", "a.test", "a.test.bl.test", 0, CODE(2), "a.test is listed"},
	    {"below it, in capitals, with a dot", "X.A.Test.", "x.a.test.bl.test", 0, CODE(2),
	     "a.test is listed"},
	    {"above it: an empty non-terminal", "test.", "test.bl.test", 0, CODE(2), NULL},
	    {"a name not listed", "b.test", "b.test.bl.test", 3, 0, NULL},
	};
	struct fixture *f = *state;

	fixture_load(&f->writer);
	for (size_t i = 0; i < COUNT(rows); i++) {
		channel_response *response = client_lookup(&f->writer, rows[i].key);
		Reputed__Update__LookupZone *zone;

		print_message("# %s\n", rows[i].reason);
		assert_int_equal(response->kind_case, REPUTED__UPDATE__RESPONSE__KIND_LOOKUP);
		assert_string_equal(response->lookup->key, rows[i].key);
		assert_int_equal(response->lookup->n_zones, 1);
		zone = response->lookup->zones[0];
		assert_string_equal(zone->zone, "bl.test");
		assert_string_equal(zone->name, rows[i].name);
		assert_int_equal(zone->rcode, rows[i].rcode);
		assert_int_equal(zone->n_addresses, rows[i].address != 0);
		if (rows[i].address)
			assert_int_equal(zone->addresses[0], rows[i].address);
		if (rows[i].text) {
			assert_int_equal(zone->text.len, strlen(rows[i].text));
			assert_memory_equal(zone->text.data, rows[i].text, zone->text.len);
			assert_int_equal(zone->n_listings, 1);
			assert_string_equal(zone->listings[0]->list, "test");
			assert_int_equal(zone->listings[0]->code, CODE(2));
			assert_int_equal(zone->listings[0]->text.len, zone->text.len);
			assert_memory_equal(zone->listings[0]->text.data, zone->text.data,
			                    zone->text.len);
		}
		client_free(response);
	}
}

/* What a lookup says does not depend on who may ask. */
static void test_lookup_refused_clients(void **state)
{
	struct fixture *f = *state;
	channel_response *response;

	fixture_load(&f->writer);
	client_send_begin(&f->writer, 2, false);
	client_send_access(&f->writer, ACCESS_DROP);
	client_send_commit(&f->writer, 2);
	client_expect_committed(&f->writer, 2);
	response = client_lookup(&f->writer, "192.0.2.1");
	assert_int_equal(response->lookup->zones[0]->rcode, 0);
	assert_int_equal(response->lookup->zones[0]->n_addresses, 1);
	client_free(response);
}

static void test_lookup_not_loaded(void **state)
{
	struct fixture *f = *state;
	channel_response *response;

	fixture_load(&f->writer);
	client_send_begin(&f->writer, 2, false);
	client_send_zone(&f->writer, "\2bl\4test", REPUTED__UPDATE__ZONE_STATE__NOT_LOADED);
	client_send_commit(&f->writer, 2);
	client_expect_committed(&f->writer, 2);
	response = client_lookup(&f->writer, "192.0.2.1");
	assert_int_equal(response->lookup->zones[0]->rcode, 2); /* SERVFAIL, never "not listed" */
	client_free(response);
}

static void test_bad_keys(void **state)
{
	static const struct {
		const char *reason, *key;
	} rows[] = {
	    {"nothing", ""},
	    {"the root", "."},
	    {"an empty label", "a..b"},
	    {"a leading dot", ".a"},
	    {"a space", "a b"},
	    {"not ASCII", "b\xc3\xbc"},
	    {"a backslash would need unescaping", "a\\.b"},
	    {"a long label", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b"},
	};
	struct fixture *f = *state;
	char long_key[600];

	fixture_load(&f->writer);
	for (size_t i = 0; i < COUNT(rows); i++) {
		channel_response *response = client_lookup(&f->writer, rows[i].key);

		print_message("# %s\n", rows[i].reason);
		assert_int_equal(response->kind_case, REPUTED__UPDATE__RESPONSE__KIND_ERROR);
		assert_non_null(strstr(response->error->text, "neither an address nor"));
		client_free(response);
	}
	/* a name that fits alone but not below the apex: there is no such query */
	memset(long_key, 0, sizeof(long_key));
	for (int i = 0; i < 126; i++)
		strcat(long_key, "a.");
	for (int i = 0; i < 3; i++) {
		channel_response *response = client_lookup(&f->writer, long_key);

		if (i < 2) {
			assert_int_equal(response->kind_case,
			                 REPUTED__UPDATE__RESPONSE__KIND_LOOKUP);
			assert_int_equal(response->lookup->n_zones, 0);
		} else {
			assert_int_equal(response->kind_case,
			                 REPUTED__UPDATE__RESPONSE__KIND_ERROR);
		}
		client_free(response);
		strcat(long_key, "a.");
	}
}

static void test_status_and_stats(void **state)
{
	struct fixture *f = *state;
	channel_response *response;
	uint64_t session;

	fixture_load(&f->writer);
	response = client_status(&f->writer);
	session = response->status->session;
	assert_int_equal(response->status->generation, 1);
	assert_int_equal(response->status->entries, 10);
	assert_true(response->status->is_loaded);
	assert_true(response->status->memory_size > 0);
	assert_int_equal(response->status->pid, getpid());
	assert_int_equal(response->status->n_listen, 2);
	assert_string_equal(response->status->listen[1], "[::1]:5300");
	assert_int_equal(response->status->n_ports, 1);
	assert_string_equal(response->status->ports[0], "net_tap0");
	client_free(response);
	assert_int_equal(client_counter(&f->writer, "queries{transport=\"udp\"}"),
	                 FIXTURE_OWNED_VALUE);
	assert_int_equal(client_counter(&f->writer, "updates_committed"), 1);
	assert_int_equal(client_counter(&f->writer, "updates_refused"), 0);
	assert_int_equal(client_counter(&f->writer, "update_clients_cut"), 0);

	/* another data plane has another session, so that control knows that it is empty */
	client_close(&f->writer);
	update_stop(f->update);
	f->update = fixture_start();
	assert_non_null(f->update);
	client_open(&f->writer, fixture_path);
	response = client_status(&f->writer);
	assert_true(response->status->session != session);
	assert_false(response->status->is_loaded);
	client_free(response);
}

static void test_version(void **state)
{
	struct fixture *f = *state;
	Reputed__Update__Hello hello = REPUTED__UPDATE__HELLO__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	struct client other;

	hello.version = UPDATE_VERSION + 1;
	hello.is_writer = true;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_HELLO;
	request.hello = &hello;
	client_open(&other, fixture_path);
	client_send(&other, &request);
	client_expect_error(&other, "hello: version 2");
	client_close(&other);
	/* and the writer still is who it was */
	fixture_load(&f->writer);
}

static void test_cut_off(void **state)
{
	static const struct {
		const char *reason, *bytes;
		size_t size;
	} rows[] = {
	    {"a length above the cap", "\xff\xff\xff\xff", 4},
	    {"an empty message", "\0\0\0\0", 4},
	    {"bytes that are no protobuf", "\0\0\0\2\xff\xff", 6},
	    {"HTTP", "GET / HTTP/1.1\r\n\r\n", 18},
	};
	struct fixture *f = *state;

	fixture_load(&f->writer);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct client other;

		print_message("# %s\n", rows[i].reason);
		client_open(&other, fixture_path);
		client_hello(&other, true);
		client_send_begin(&other, 2, false);
		client_send_paint4(&other, FIXTURE_LISTED, FIXTURE_LISTED, 0);
		client_send_raw(&other, rows[i].bytes, rows[i].size);
		client_expect_end(&other);
		client_close(&other);
	}
	assert_int_equal(fixture_seen4(f, FIXTURE_LISTED), 1);
	client_expect_error(&f->writer, "another writer");
	assert_int_equal(client_counter(&f->writer, "update_clients_cut"), COUNT(rows));
	/* an unknown message is answered: it may come from a newer control */
	client_send_raw(&f->writer, "\0\0\0\3\xa2\x06\0", 7);
	client_expect_error(&f->writer, "unknown message");
}

/* Runs in a forked child as another user. Returns 0 when it was let in and then cut off. */
static int be_stranger(int fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char byte;

	strcpy(address.sun_path, fixture_path);
	if (setresuid(STRANGER, STRANGER, STRANGER) < 0)
		return 2;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return 3;
	return read(fd, &byte, 1) == 0 ? 0 : 4;
}

/* Should the mode of the socket be changed, a stranger still gets nothing. */
static void test_stranger(void **state)
{
	struct fixture *f = *state;
	char *slash = strrchr(fixture_path, '/');
	int fd, status = -1;
	pid_t pid;

	if (geteuid() != 0)
		skip(); /* nobody but root can be somebody else */
	assert_int_equal(chmod(fixture_path, 0666), 0);
	*slash = 0;
	assert_int_equal(chmod(fixture_path, 0755), 0);
	*slash = '/';
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(be_stranger(fd));
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(client_counter(&f->writer, "update_clients_cut"), 1);
}

/* More connections than places: the ones above wait, and are served when a place is free. */
static void test_many_clients(void **state)
{
	struct fixture *f = *state;
	struct client clients[UPDATE_CLIENTS_MAX + 4];
	channel_response *response;

	(void)f;
	for (size_t i = 0; i < COUNT(clients); i++)
		client_open(&clients[i], fixture_path);
	for (size_t i = 0; i < UPDATE_CLIENTS_MAX - 1; i++) {
		response = client_status(&clients[i]);
		client_free(response);
	}
	for (size_t i = 0; i < COUNT(clients); i++) {
		response = client_status(&clients[i]);
		client_free(response);
		client_close(&clients[i]);
	}
}

/* A client that asks and does not read delays nobody; what it asked is answered when it reads. */
static void test_slow_client(void **state)
{
	struct fixture *f = *state;
	Reputed__Update__Lookup lookup = REPUTED__UPDATE__LOOKUP__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	char key[1001] = "";
	struct client slow;
	size_t asked = 0;

	fixture_load(&f->writer);
	memset(key, 'k', sizeof(key) - 1); /* no name: the answer is an error, and small */
	lookup.key = key;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_LOOKUP;
	request.lookup = &lookup;
	client_open(&slow, fixture_path);
	do {
		for (int i = 0; i < 1000; i++)
			assert_int_equal(channel_queue_request(&slow.channel, &request), 0);
		asked += 1000;
		assert_int_equal(channel_flush(&slow.channel), 0);
		assert_int_equal(fixture_generation(&f->writer), 1);
	} while (channel_pending(&slow.channel) < 1 << 20);
	for (size_t i = 0; i < asked; i++) {
		assert_int_equal(channel_flush(&slow.channel), 0);
		client_expect_error(&slow, "lookup: key 'kkk");
	}
	client_close(&slow);
}

#define MANY_ZONES 10000

/* z0.test … with its number in the apex; the batch is open. */
static void send_many_zones(struct client *c)
{
	static char apexes[MANY_ZONES][16];
	static Reputed__Update__Zone rows[MANY_ZONES];
	static Reputed__Update__Zone *zones[MANY_ZONES];
	Reputed__Update__Zones message = REPUTED__UPDATE__ZONES__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	for (unsigned i = 0; i < MANY_ZONES; i++) {
		zones[i] = &rows[i];
		reputed__update__zone__init(&rows[i]);
		snprintf(apexes[i], sizeof(apexes[i]), "\6z%05u\4test", i);
		rows[i].apex.data = (uint8_t *)apexes[i];
		rows[i].apex.len = strlen(apexes[i]) + 1;
		rows[i].state = REPUTED__UPDATE__ZONE_STATE__SERVING;
		rows[i].content = 7;
	}
	message.n_zones = MANY_ZONES;
	message.zones = zones;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_ZONES;
	request.zones = &message;
	client_send(c, &request);
}

/* More zones than one answer holds: each is in one piece of it. */
static void test_lookup_pieces(void **state)
{
	struct fixture *f = *state;
	Reputed__Update__Lookup lookup = REPUTED__UPDATE__LOOKUP__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	static uint8_t seen[MANY_ZONES];
	unsigned pieces = 0, zones = 0;

	fixture_load(&f->writer);
	client_send_begin(&f->writer, 2, false);
	send_many_zones(&f->writer);
	client_send_commit(&f->writer, 2);
	client_expect_committed(&f->writer, 2);
	lookup.key = "192.0.2.1";
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_LOOKUP;
	request.lookup = &lookup;
	memset(seen, 0, sizeof(seen));
	do {
		channel_response *response = client_call(&f->writer, &request);

		assert_int_equal(response->kind_case, REPUTED__UPDATE__RESPONSE__KIND_LOOKUP);
		assert_true(reputed__update__response__get_packed_size(response) <
		            CHANNEL_MESSAGE_MAX / 2);
		for (size_t i = 0; i < response->lookup->n_zones; i++)
			seen[strtoul(response->lookup->zones[i]->zone + 1, NULL, 10)]++;
		zones += (unsigned)response->lookup->n_zones;
		lookup.first_zone = response->lookup->next_zone;
		client_free(response);
		pieces++;
	} while (lookup.first_zone > 0);
	assert_int_equal(zones, MANY_ZONES);
	assert_true(pieces > 1);
	for (unsigned i = 0; i < MANY_ZONES; i++)
		assert_int_equal(seen[i], 1);
	lookup.first_zone = MANY_ZONES + 1; /* there were more zones a moment ago */
	for (unsigned i = 0; i < 2; i++, lookup.first_zone = UINT32_MAX) {
		channel_response *response = client_call(&f->writer, &request);

		assert_int_equal(response->lookup->n_zones, 0);
		assert_int_equal(response->lookup->next_zone, 0);
		client_free(response);
	}
}

/* More small messages than a turn serves, for turns on end: taken at our speed, not cut off. */
static void test_fast_writer(void **state)
{
	struct fixture *f = *state;
	Reputed__Update__Paint4 paint = REPUTED__UPDATE__PAINT4__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	uint32_t address = FIXTURE_LISTED + 1, none = 0;
	size_t sent = 0;

	paint.n_first = paint.n_last = paint.n_verdict = 1;
	paint.first = paint.last = &address;
	paint.verdict = &none;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_PAINT4;
	request.paint4 = &paint;
	fixture_load(&f->writer);
	client_send_begin(&f->writer, 2, true);
	for (; sent < 2 * CHANNEL_MESSAGE_MAX; sent = channel_pending(&f->writer.channel))
		assert_int_equal(channel_queue_request(&f->writer.channel, &request), 0);
	assert_int_equal(channel_drain(&f->writer.channel, CLIENT_TIMEOUT_MS), 0);
	client_send_commit(&f->writer, 2);
	client_expect_committed(&f->writer, 2);
	assert_int_equal(client_counter(&f->writer, "update_clients_cut"), 0);
}

/* A delta that takes longer than a turn: IPv4 is painted as a whole, an odd number of times. */
static void send_long_delta(struct client *c, uint64_t generation, uint32_t paints)
{
	client_send_begin(c, generation, false);
	for (uint32_t i = 0; i < paints; i++)
		client_send_paint4(c, 0, UINT32_MAX, (i + 1) % 2);
	client_send_commit(c, generation);
}

#define LONG_TRIES 9 /* each is twice as long as the one before */

/* Whether somebody else was answered with the generation of before, while part of a delta was seen.
 */
static bool is_answered_between(struct fixture *f, struct client *other, uint64_t generation,
                                uint32_t paints)
{
	bool is_between = false;
	uint64_t seen;

	send_long_delta(&f->writer, generation, paints);
	client_send_begin(&f->writer, generation + 1, false); /* waits for its turn */
	client_send_commit(&f->writer, generation + 1);
	do {
		bool is_painted = fixture_seen4(f, 0) == 1;

		seen = fixture_generation(other);
		is_between |= is_painted && seen < generation;
	} while (seen < generation);
	client_expect_committed(&f->writer, generation);
	client_expect_committed(&f->writer, generation + 1);
	assert_int_equal(fixture_seen4(f, 0), 1);
	assert_int_equal(fixture_seen4(f, UINT32_MAX), 1);
	return is_between;
}

/* While a long delta is applied others are answered; tried again with a longer one when it took no
 * more than a turn, or this thread came too late to see it. */
static void test_long_commit(void **state)
{
	struct fixture *f = *state;
	struct client other;
	unsigned tries = 0;

	fixture_load(&f->writer);
	client_open(&other, fixture_path);
	while (!is_answered_between(f, &other, 2 + 3 * tries, ((LONG_PAINTS + 1u) << tries) - 1)) {
		assert_in_range(++tries, 1, LONG_TRIES);
		client_send_begin(&f->writer, 1 + 3 * tries, false);
		client_send_paint4(&f->writer, 0, UINT32_MAX, 0);
		client_send_commit(&f->writer, 1 + 3 * tries);
		client_expect_committed(&f->writer, 1 + 3 * tries);
	}
	client_close(&other);
}

/* What was begun is done, whoever takes over meanwhile. */
static void test_long_commit_of_another(void **state)
{
	struct fixture *f = *state;
	struct client other;

	fixture_load(&f->writer);
	client_open(&other, fixture_path);
	send_long_delta(&f->writer, 2, LONG_PAINTS);
	while (fixture_seen4(f, 0) != 1) /* it is under way */
		assert_int_not_equal(fixture_generation(&other), 0);
	client_hello(&other, true);
	assert_int_equal(fixture_generation(&other), 2);
	assert_int_equal(fixture_seen4(f, UINT32_MAX), 1);
	client_expect_committed(&f->writer, 2);
	client_expect_error(&f->writer, "another writer took over");
	send_long_delta(&other, 3, LONG_PAINTS);
	client_close(&other); /* it does not wait for the answer */
	while (fixture_generation(&f->writer) < 3)
		;
	assert_int_equal(fixture_seen4(f, UINT32_MAX), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(test_lookup),
	    FIXTURE_TEST(test_lookup_refused_clients),
	    FIXTURE_TEST(test_lookup_not_loaded),
	    FIXTURE_TEST(test_bad_keys),
	    FIXTURE_TEST(test_status_and_stats),
	    FIXTURE_TEST(test_version),
	    FIXTURE_TEST(test_cut_off),
	    FIXTURE_TEST(test_stranger),
	    FIXTURE_TEST(test_many_clients),
	    FIXTURE_TEST(test_slow_client),
	    FIXTURE_TEST(test_lookup_pieces),
	    FIXTURE_TEST(test_fast_writer),
	    FIXTURE_TEST(test_long_commit),
	    FIXTURE_TEST(test_long_commit_of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/proto/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct pair {
	struct channel a, b;
};

static void pair_init(struct pair *p)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	channel_init(&p->a, fds[0]);
	channel_init(&p->b, fds[1]);
}

static void pair_done(struct pair *p)
{
	channel_done(&p->a);
	channel_done(&p->b);
}

static void queue_lookup(struct channel *c, char *key)
{
	Reputed__Update__Lookup lookup = REPUTED__UPDATE__LOOKUP__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	lookup.key = key;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_LOOKUP;
	request.lookup = &lookup;
	assert_int_equal(channel_queue_request(c, &request), 0);
}

static void send_bytes(const struct channel *c, const uint8_t *bytes, size_t size)
{
	assert_int_equal(send(c->fd, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

/* Take all whole messages and append their keys. */
static void take_keys(struct channel *c, char *keys)
{
	channel_request *request = NULL;
	int rc;

	while ((rc = channel_next_request(c, &request)) == 1) {
		assert_int_equal(request->kind_case, REPUTED__UPDATE__REQUEST__KIND_LOOKUP);
		strcat(strcat(keys, request->lookup->key), ",");
		request_free(request);
	}
	assert_int_equal(rc, 0);
}

static void test_split(void **state)
{
	struct channel source;
	size_t size;

	(void)state;
	channel_init(&source, -1);
	queue_lookup(&source, "192.0.2.1");
	queue_lookup(&source, "");
	queue_lookup(&source, "example.com");
	size = source.out_size;
	for (size_t split = 0; split <= size; split++) {
		char keys[64] = "";
		struct pair p;

		pair_init(&p);
		send_bytes(&p.a, source.out, split);
		if (split > 0)
			assert_int_equal(channel_fill(&p.b), (int)split);
		take_keys(&p.b, keys);
		send_bytes(&p.a, source.out + split, size - split);
		if (split < size)
			assert_int_equal(channel_fill(&p.b), (int)(size - split));
		take_keys(&p.b, keys);
		assert_string_equal(keys, "192.0.2.1,,example.com,");
		assert_int_equal(channel_fill(&p.b), 0);
		pair_done(&p);
	}
	channel_done(&source);
}

static const struct {
	const char *reason;
	uint8_t bytes[16];
	size_t size;
	int expected;
} frames[] = {
    {"nothing yet", {0}, 0, 0},
    {"a part of a length", {0, 0, 0}, 3, 0},
    {"a length and no message", {0, 0, 0, 5}, 4, 0},
    {"the largest length: not refused before it is there", {0, 0x40, 0, 0}, 4, 0},
    {"one byte above the largest", {0, 0x40, 0, 1}, 4, -EMSGSIZE},
    {"all bits of the length", {0xff, 0xff, 0xff, 0xff, 1, 2}, 6, -EMSGSIZE},
    {"a message of no bytes has no kind", {0, 0, 0, 0}, 4, -EBADMSG},
    {"a field that ends beyond the message", {0, 0, 0, 2, 0x5a, 0x7f}, 6, -EBADMSG},
    {"field number 0", {0, 0, 0, 2, 0x02, 0x00}, 6, -EBADMSG},
    {"a group, which proto3 does not have", {0, 0, 0, 2, 0x0b, 0x0c}, 6, -EBADMSG},
    {"a lookup as a number", {0, 0, 0, 2, 0x58, 0x01}, 6, -EBADMSG},
    {"an endless varint",
     {0, 0, 0, 12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
     16,
     -EBADMSG},
    {"an empty lookup", {0, 0, 0, 2, 0x5a, 0x00}, 6, 1},
    {"an unknown kind is for the one who asked for it", {0, 0, 0, 3, 0xa2, 0x06, 0x00}, 7, 1},
};

static void test_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(frames); i++) {
		channel_request *request = NULL;
		struct pair p;
		int rc;

		pair_init(&p);
		send_bytes(&p.a, frames[i].bytes, frames[i].size);
		if (frames[i].size)
			assert_int_equal(channel_fill(&p.b), (int)frames[i].size);
		rc = channel_next_request(&p.b, &request);
		if (rc != frames[i].expected)
			fail_msg("%s: %d instead of %d", frames[i].reason, rc, frames[i].expected);
		assert_true((rc == 1) == (request != NULL));
		/* a length alone takes no memory */
		assert_true(p.b.in_capacity <= 64 << 10);
		request_free(request);
		pair_done(&p);
	}
}

/* A key so that the request has exactly this many bytes. */
static char *key_for(size_t request_size)
{
	size_t overhead = request_size > 1 << 21 ? 10 : 8; /* tag and length, twice */
	char *key = malloc(request_size - overhead + 1);

	assert_non_null(key);
	memset(key, 'k', request_size - overhead);
	key[request_size - overhead] = 0;
	return key;
}

static void test_largest(void **state)
{
	char *fits = key_for(CHANNEL_MESSAGE_MAX);
	Reputed__Update__Lookup lookup = REPUTED__UPDATE__LOOKUP__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT, *got = NULL;
	struct pair p;
	int rc;

	(void)state;
	pair_init(&p);
	lookup.key = fits;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_LOOKUP;
	request.lookup = &lookup;
	assert_int_equal(reputed__update__request__get_packed_size(&request), CHANNEL_MESSAGE_MAX);
	assert_int_equal(channel_queue_request(&p.a, &request), 0);
	while ((rc = channel_next_request(&p.b, &got)) == 0) {
		assert_int_equal(channel_flush(&p.a), 0);
		assert_true(channel_fill(&p.b) > 0);
	}
	assert_int_equal(rc, 1);
	assert_string_equal(got->lookup->key, fits);
	assert_int_equal(channel_pending(&p.a), 0);
	/* large buffers do not stay with an idle client */
	assert_true(p.a.out_capacity <= 256 << 10 && p.b.in_capacity <= 256 << 10);
	request_free(got);
	free(fits);
	lookup.key = fits = key_for(CHANNEL_MESSAGE_MAX + 1);
	assert_int_equal(channel_queue_request(&p.a, &request), -EMSGSIZE);
	assert_int_equal(channel_pending(&p.a), 0);
	free(fits);
	pair_done(&p);
}

/* Who never takes its messages does not fill memory either. */
static void test_unconsumed(void **state)
{
	static const uint8_t bytes[64 << 10];
	struct pair p;
	int rc = 0;

	(void)state;
	pair_init(&p);
	while (rc >= 0) {
		while (send(p.a.fd, bytes, sizeof(bytes), MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
			;
		rc = channel_fill(&p.b);
	}
	assert_int_equal(rc, -EMSGSIZE);
	assert_true(p.b.in_capacity <= 4 * CHANNEL_MESSAGE_MAX);
	pair_done(&p);
}

static void test_peer_closes(void **state)
{
	char keys[64] = "";
	struct pair p;

	(void)state;
	pair_init(&p);
	queue_lookup(&p.a, "last words");
	assert_int_equal(channel_flush(&p.a), 0);
	channel_done(&p.a);
	assert_true(channel_fill(&p.b) > 0);
	take_keys(&p.b, keys);
	assert_string_equal(keys, "last words,");
	assert_int_equal(channel_fill(&p.b), -EPIPE);
	queue_lookup(&p.b, "nobody listens");
	assert_int_equal(channel_flush(&p.b), -EPIPE); /* and no SIGPIPE */
	channel_done(&p.b);
	channel_done(&p.b);
}

static void test_call(void **state)
{
	Reputed__Update__Status status = REPUTED__UPDATE__STATUS__INIT;
	Reputed__Update__Committed committed = REPUTED__UPDATE__COMMITTED__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	channel_response answer = REPUTED__UPDATE__RESPONSE__INIT, *got = NULL;
	struct pair p;

	(void)state;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_STATUS;
	request.status = &status;
	answer.kind_case = REPUTED__UPDATE__RESPONSE__KIND_COMMITTED;
	answer.committed = &committed;
	committed.generation = 7;
	pair_init(&p);
	assert_int_equal(channel_call(&p.a, &request, 1, &got), -ETIMEDOUT);
	assert_null(got);
	assert_int_equal(channel_queue_response(&p.b, &answer), 0);
	assert_int_equal(channel_flush(&p.b), 0);
	assert_int_equal(channel_call(&p.a, &request, 10000, &got), 0);
	assert_int_equal(got->committed->generation, 7);
	reputed__update__response__free_unpacked(got, NULL);
	/* an answer that was sent before the peer went counts */
	assert_int_equal(channel_queue_response(&p.b, &answer), 0);
	assert_int_equal(channel_flush(&p.b), 0);
	channel_done(&p.b);
	got = NULL;
	assert_int_equal(channel_call(&p.a, &request, 10000, &got), 0);
	reputed__update__response__free_unpacked(got, NULL);
	got = NULL;
	assert_int_equal(channel_call(&p.a, &request, 10000, &got), -EPIPE);
	assert_null(got);
	pair_done(&p);
}

static void test_drain(void **state)
{
	char *key = key_for(CHANNEL_MESSAGE_MAX);
	struct pair p;

	(void)state;
	pair_init(&p);
	queue_lookup(&p.a, key);
	assert_int_equal(channel_drain(&p.a, 1), -ETIMEDOUT);
	assert_true(channel_pending(&p.a) > 0);
	free(key);
	pair_done(&p);
}

static char directory[64];

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/test_channel.XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

static const char *path_in(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void test_listen(void **state)
{
	const char *path = path_in("socket");
	mode_t old_umask = umask(0);
	struct channel c;
	struct stat st;
	int fd, again;

	(void)state;
	fd = channel_listen(path);
	umask(old_umask);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(channel_connect(&c, path), 0);
	channel_done(&c);
	assert_int_equal(channel_listen(path), -EADDRINUSE);
	assert_int_equal(channel_connect(&c, path), 0); /* the live one was left alone */
	channel_done(&c);

	close(fd); /* as after a crash: the file stays */
	assert_int_equal(channel_connect(&c, path), -ECONNREFUSED);
	assert_int_equal(c.fd, -1);
	again = channel_listen(path);
	assert_true(again >= 0);
	assert_int_equal(channel_connect(&c, path), 0);
	channel_done(&c);
	close(again);
	unlink(path);
}

static void test_listen_refused(void **state)
{
	char *path = strdup(path_in("file"));
	char long_path[200];
	struct stat st;
	int fd = open(path, O_CREAT | O_WRONLY, 0644);

	(void)state;
	assert_true(fd >= 0 && write(fd, "x", 1) == 1);
	close(fd);
	assert_int_equal(channel_listen(path), -ENOTSOCK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 1); /* somebody's file is left alone */
	unlink(path);
	assert_int_equal(channel_listen(path_in("missing/socket")), -ENOENT);
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = 0;
	assert_int_equal(channel_listen(long_path), -ENAMETOOLONG);
	assert_int_equal(channel_listen(""), -EINVAL);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_split),          cmocka_unit_test(test_frames),
	    cmocka_unit_test(test_largest),        cmocka_unit_test(test_unconsumed),
	    cmocka_unit_test(test_peer_closes),    cmocka_unit_test(test_call),
	    cmocka_unit_test(test_drain),          cmocka_unit_test(test_listen),
	    cmocka_unit_test(test_listen_refused),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}

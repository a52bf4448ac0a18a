/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One request and one answer over the control socket, against servers that behave and do not.
 */
#include "control/cli/control_client.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENT_MS 20000
#define REQUEST    "{\"command\":\"status\"}\n"

struct row {
	const char *reason;
	const char *pieces[4]; /* what the server sends, one write each; then it closes */
	int rc;
	const char *error; /* what the error text begins with */
};

static const struct row rows[] = {
    {"an answer", {"{\"ok\": true, \"n\": 7}\n"}, 0, NULL},
    {"an answer in pieces", {"{\"ok\"", ": true, ", "\"n\": 7}", "\n"}, 0, NULL},
    {"what follows the line is not read", {"{\"ok\": true, \"n\": 7}\n{"}, 0, NULL},
    {"refused", {"{\"ok\": false, \"error\": \"no list 'x'\"}\n"}, -EPROTO, "no list 'x'"},
    {"refused without a reason", {"{\"ok\": false}\n"}, -EPROTO, "refused"},
    {"not JSON", {"hello\n"}, -EBADMSG, "reputed sent something that is not an answer"},
    {"JSON, but no object", {"[true]\n"}, -EBADMSG, "reputed sent something"},
    {"no ok", {"{\"n\": 7}\n"}, -EBADMSG, "reputed sent something"},
    {"ok is a text", {"{\"ok\": \"true\"}\n"}, -EBADMSG, "reputed sent something"},
    {"an empty line", {"\n"}, -EBADMSG, "reputed sent something"},
    {"closed in the middle", {"{\"ok\": tr"}, -ECONNRESET, "cannot ask reputed at"},
    {"closed at once", {NULL}, -ECONNRESET, "cannot ask reputed at"},
};

struct place {
	char folder[32], path[48];
	int fd;
};

static void place_init(struct place *p)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strcpy(p->folder, "/tmp/reputed-test-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->path, sizeof(p->path), "%s/control.sock", p->folder);
	strcpy(address.sun_path, p->path);
	p->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_true(p->fd >= 0);
	assert_int_equal(bind(p->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(p->fd, 4), 0);
}

static void place_done(struct place *p)
{
	close(p->fd);
	unlink(p->path);
	rmdir(p->folder);
}

/* In a child: read the request, send the pieces; the status says whether the request was right. */
static int serve(int listener, const char *const *pieces)
{
	char request[256] = "";
	size_t size = 0;
	int fd;

	alarm(PATIENT_MS / 1000);
	fd = accept(listener, NULL, NULL);
	while (fd >= 0 && size < sizeof(request) - 1 && !strchr(request, '\n')) {
		ssize_t got = read(fd, request + size, sizeof(request) - 1 - size);

		if (got <= 0)
			return 1;
		size += (size_t)got;
		request[size] = '\0';
	}
	for (unsigned i = 0; i < 4 && pieces[i]; i++)
		if (write(fd, pieces[i], strlen(pieces[i])) < 0)
			return 1;
	return strcmp(request, REQUEST) != 0;
}

static void check_row(const struct row *row)
{
	char error[CONTROL_CLIENT_ERROR_MAX] = "";
	json_t *answer = NULL;
	struct place place;
	int rc, status = -1;
	pid_t server;

	place_init(&place);
	server = fork();
	assert_true(server >= 0);
	if (server == 0)
		_exit(serve(place.fd, row->pieces));
	rc = control_client_call(place.path, json_pack("{s:s}", "command", "status"), PATIENT_MS,
	                         &answer, error);
	assert_int_equal(waitpid(server, &status, 0), server);
	if (status)
		fail_msg("%s: the server did not get the request", row->reason);
	if (rc != row->rc)
		fail_msg("%s: rc %d, '%s'", row->reason, rc, error);
	if (rc == 0)
		assert_int_equal(json_integer_value(json_object_get(answer, "n")), 7);
	else if (strncmp(error, row->error, strlen(row->error)) != 0)
		fail_msg("%s: '%s'", row->reason, error);
	if (rc < 0)
		assert_null(answer);
	json_decref(answer);
	place_done(&place);
}

static void answers_are_taken_or_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
}

static void a_server_that_is_silent(void **state)
{
	char error[CONTROL_CLIENT_ERROR_MAX] = "";
	json_t *answer = NULL;
	struct place place;

	(void)state;
	place_init(&place); /* connections wait in the backlog and nobody takes them */
	assert_int_equal(control_client_call(place.path, json_pack("{}"), 10, &answer, error),
	                 -ETIMEDOUT);
	assert_non_null(strstr(error, "timed out"));
	place_done(&place);
}

static void nobody_is_there(void **state)
{
	char error[CONTROL_CLIENT_ERROR_MAX] = "";
	struct place place;
	json_t *answer = NULL;

	(void)state;
	place_init(&place);
	close(place.fd);
	assert_int_equal(
	    control_client_call(place.path, json_pack("{}"), PATIENT_MS, &answer, error),
	    -ECONNREFUSED);
	assert_non_null(strstr(error, "reputed is not running"));
	unlink(place.path);
	assert_int_equal(
	    control_client_call(place.path, json_pack("{}"), PATIENT_MS, &answer, error), -ENOENT);
	assert_non_null(strstr(error, "reputed is not running"));
	rmdir(place.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers_are_taken_or_told),
	    cmocka_unit_test(a_server_that_is_silent),
	    cmocka_unit_test(nobody_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The folders that the daemons need, and where the daemons are.
 */
#include "control/cli/places.h"
#include "control/program.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void folders_are_made(void **state)
{
	char top[] = "/tmp/reputed-test-XXXXXX", path[64], error[PLACES_ERROR_MAX] = "";
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(top));
	umask(022);
	snprintf(path, sizeof(path), "%s/a//b/c.sock", top);
	assert_int_equal(places_make_folder_of(path, error), 0);
	assert_int_equal(stat(path, &st), -1);
	snprintf(path, sizeof(path), "%s/a/b", top);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0750);
	assert_int_equal(places_make_folder(path, error), 0); /* it is there */
	snprintf(path, sizeof(path), "%s/a/b/file", top);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(places_make_folder(path, error), -ENOTDIR);
	assert_non_null(strstr(error, path));
	snprintf(path, sizeof(path), "%s/a/b/file/below", top);
	assert_int_equal(places_make_folder(path, error), -ENOTDIR);
	assert_non_null(strstr(error, "Not a directory"));
	snprintf(path, sizeof(path), "%s/a/b/file", top);
	unlink(path);
	for (const char *const *below = (const char *const[]){"/a/b", "/a", "", NULL}; *below;
	     below++) {
		snprintf(path, sizeof(path), "%s%s", top, *below);
		assert_int_equal(rmdir(path), 0);
	}
	assert_int_equal(places_make_folder_of("/x.sock", error), 0);
}

static void daemons_are_beside_this_program(void **state)
{
	char *path;

	(void)state;
	path = program_find("test_places");
	assert_non_null(path);
	assert_int_equal(path[0], '/');
	assert_int_equal(access(path, X_OK), 0);
	free(path);
	assert_null(program_find("no-such-daemon"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(folders_are_made),
	    cmocka_unit_test(daemons_are_beside_this_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

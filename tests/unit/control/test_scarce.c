/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Too few ids: the 24 bits of a verdict are cut down to two numbers. Link-time wrapping limits each
 * catalog that publish.c makes.
 */
#include "control/catalog.h"
#include "tests/unit/control/folder.h"
#include "tests/unit/control/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct catalog *__real_catalog_new(void);
struct catalog *__wrap_catalog_new(void);

struct catalog *__wrap_catalog_new(void)
{
	struct catalog *c = __real_catalog_new();

	if (c)
		catalog_limit(c, 2);
	return c;
}

struct fixture {
	struct folder folder;
	struct world world;
	struct model *model;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	folder_init(&f->folder);
	world_init(&f->world, folder_at(&f->folder, "socket"));
	f->model = model_start(f->world.path, 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	world_done(&f->world);
	model_stop(f->model);
	folder_done(&f->folder);
	free(f);
	return 0;
}

static struct publish_result give(struct fixture *f, unsigned list, const char *range,
                                  const struct dataset_value *value)
{
	struct publish_result result;

	assert_int_equal(
	    publish_dataset(f->world.publish, list, world_range(range, value), &result), 0);
	return result;
}

/* Lists 0 and 1 use both ids. */
static void use_all(struct fixture *f)
{
	struct publish_result result;

	assert_int_equal(publish_sync(f->world.publish, &result), 0);
	assert_true(give(f, 0, "192.0.2.0/24", NULL).is_answered);
	assert_true(give(f, 1, "198.51.100.0/24", NULL).is_answered);
}

static void test_one_more_is_refused(void **state)
{
	struct fixture *f = *state;
	struct publish_result result;
	char name[64];

	use_all(f);
	result = give(f, 2, "203.0.113.0/24", NULL);
	assert_false(result.is_answered);
	snprintf(name, sizeof(name), "feed '%s' needs more than ", f->world.lists[2].name);
	assert_memory_equal(result.error, name, strlen(name));
	assert_non_null(strstr(result.error, "keeping generation "));
	assert_null(publish_get(f->world.publish, 2)); /* as before */
	assert_true(world_model_is_right(&f->world, f->model));
	/* and all others go on changing */
	assert_true(give(f, 0, "192.0.2.0/25", NULL).is_answered);
	assert_true(world_model_is_right(&f->world, f->model));
}

static void test_full_load_does_what_a_delta_cannot(void **state)
{
	struct fixture *f = *state;
	struct dataset_value value = {.code = 0x7f000063};
	struct model_counts before, after;

	use_all(f);
	model_counts(f->model, &before);
	/* old and new do not fit beside each other */
	assert_true(give(f, 1, "198.51.100.0/24", &value).is_answered);
	model_counts(f->model, &after);
	assert_int_equal(after.full_count, before.full_count + 1);
	assert_true(world_model_is_right(&f->world, f->model));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_one_more_is_refused),
	    TEST(test_full_load_does_what_a_delta_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What is published is what the datasets say, whatever happens on the way. */
#include "control/push.h"
#include "tests/unit/control/folder.h"
#include "tests/unit/control/world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	struct folder folder;
	struct world world;
	struct model *model;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	folder_init(&f->folder);
	world_init(&f->world, folder_at(&f->folder, "socket"));
	f->model = model_start(f->world.path, 7);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	world_done(&f->world);
	if (f->model)
		model_stop(f->model);
	folder_done(&f->folder);
	free(f);
	return 0;
}

static void connect_and_load(struct fixture *f)
{
	struct publish_result result;

	assert_int_equal(publish_sync(f->world.publish, &result), 0);
	assert_string_equal(result.error, "");
	assert_true(result.is_answered);
	assert_true(world_model_is_right(&f->world, f->model));
}

static struct dataset *random_dataset(uint64_t *seed)
{
	uint8_t random[256];
	struct world_bytes bytes = {.bytes = random, .size = sizeof(random)};

	world_random(seed, random, sizeof(random));
	return world_dataset(&bytes);
}

static void give(struct fixture *f, unsigned list, struct dataset *dataset)
{
	struct publish_result result;

	assert_int_equal(publish_dataset(f->world.publish, list, dataset, &result), 0);
	assert_string_equal(result.error, "");
	assert_true(result.is_answered);
}

static void empty_all(struct fixture *f)
{
	struct model_counts counts;

	for (unsigned list = 0; list < WORLD_LISTS; list++)
		give(f, list, world_range(NULL, NULL));
	model_counts(f->model, &counts);
	assert_int_equal(counts.verdict_count, 0);
	assert_int_equal(counts.listing_count, 0);
	assert_int_equal(counts.name_count, 0);
	assert_true(world_model_is_right(&f->world, f->model));
}

static void random_deltas(struct fixture *f)
{
	connect_and_load(f);
	for (uint64_t seed = 1; seed <= 300; seed++) {
		uint64_t random = seed * 0x9e3779b97f4a7c15;

		give(f, (unsigned)(seed * 7 % WORLD_LISTS), random_dataset(&random));
		if (!world_model_is_right(&f->world, f->model))
			fail_msg("seed %llu", (unsigned long long)seed);
	}
	empty_all(f);
}

static void test_random_deltas(void **state)
{
	random_deltas(*state);
}

/* What one list lists no other does, in any order of changes. */
static void test_random_deltas_less_a_list(void **state)
{
	struct fixture *f = *state;

	f->world.lists[1].is_subtracted = true;
	random_deltas(f);
}

static void test_random_full_loads(void **state)
{
	struct fixture *f = *state;

	for (uint64_t seed = 1; seed <= 60; seed++) {
		uint64_t random = seed * 0x9e3779b97f4a7c15;
		struct publish_result result;

		connect_and_load(f);
		model_hang_up(f->model);
		assert_int_equal(publish_dataset(f->world.publish, (unsigned)(seed % WORLD_LISTS),
		                                 random_dataset(&random), &result),
		                 0);
		assert_false(result.is_answered);
		assert_true(result.error[0]);
	}
	connect_and_load(f);
	empty_all(f);
}

/* Few changes among many names take the way of looking names up, not of walking them all. */
static void test_small_changes_of_many_names(void **state)
{
	struct fixture *f = *state;

	connect_and_load(f);
	give(f, 1, world_names(1));
	give(f, 3, world_names(2));
	assert_true(world_model_is_right(&f->world, f->model));
	for (uint64_t seed = 1; seed <= 60; seed++) {
		uint64_t random = seed * 0x9e3779b97f4a7c15;
		struct model_counts counts;

		give(f, seed % 2 ? 0 : 2, random_dataset(&random));
		if (!world_model_is_right(&f->world, f->model))
			fail_msg("seed %llu", (unsigned long long)seed);
		model_counts(f->model, &counts);
		assert_true(counts.put_count < counts.name_count);
	}
	empty_all(f);
}

static void test_counts_and_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t added, removed, paints;
		const char *reason;
	} rows[] = {
	    {"192.0.2.0/24", 1, 0, 1, "a new range"},
	    {"192.0.2.0/24", 0, 0, 1, "the same again: no batch, the last one stays the last"},
	    {"192.0.2.0/25", 0, 1, 1, "only the half that went is painted"},
	    {"192.0.2.64-192.0.2.191", 1, 1, 2, "one part went and one came"},
	    {"2001:db8::/32", 1, 1, 2, "another family"},
	    {NULL, 0, 1, 1, "empty"},
	};
	struct fixture *f = *state;
	uint64_t generation = 0;

	connect_and_load(f);
	give(f, 1, world_range("198.51.100.0/24", NULL)); /* none of its business */
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct publish_result result;
		struct model_counts counts;

		assert_int_equal(
		    publish_dataset(f->world.publish, 0, world_range(rows[i].text, NULL), &result),
		    0);
		model_counts(f->model, &counts);
		print_message("# %s\n", rows[i].reason);
		assert_int_equal(result.added, rows[i].added);
		assert_int_equal(result.removed, rows[i].removed);
		assert_true(result.is_answered);
		assert_int_equal(result.generation, counts.generation);
		if (rows[i].added + rows[i].removed)
			assert_int_equal(counts.paint_count, rows[i].paints);
		else
			assert_int_equal(result.generation, generation);
		generation = result.generation;
		assert_true(world_model_is_right(&f->world, f->model));
	}
}

static void test_mishaps(void **state)
{
	static const struct {
		enum model_mishap mishap;
		bool is_answered;
		const char *reason;
	} rows[] = {
	    {MODEL_REFUSE_DELTA, true, "a refused delta is followed by a full load at once"},
	    {MODEL_REFUSE_EARLY, true, "also when the Error comes before the Commit"},
	    {MODEL_HANG_UP_AT_BEGIN, false, "the dataset is kept, and sent by the next sync"},
	    {MODEL_HANG_UP_AT_COMMIT, false, "not committed"},
	    {MODEL_HANG_UP_AFTER_COMMIT, false, "committed, but nobody told us"},
	};
	struct fixture *f = *state;

	connect_and_load(f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t random = i + 99;
		struct publish_result result;

		print_message("# %s\n", rows[i].reason);
		give(f, 1, random_dataset(&random));
		model_mishap(f->model, rows[i].mishap);
		assert_int_equal(
		    publish_dataset(f->world.publish, 0,
		                    world_range(i % 2 ? "10.0.0.0/8" : "11.0.0.0/8", NULL),
		                    &result),
		    0);
		assert_int_equal(result.is_answered, rows[i].is_answered);
		assert_int_equal(result.error[0] == '\0', rows[i].is_answered);
		assert_int_equal(publish_fd(f->world.publish) >= 0, rows[i].is_answered);
		connect_and_load(f);
	}
	empty_all(f);
}

static void test_full_load_refused(void **state)
{
	struct fixture *f = *state;
	struct publish_result result;

	connect_and_load(f);
	model_mishap(f->model, MODEL_REFUSE_ANY);
	assert_int_equal(
	    publish_dataset(f->world.publish, 0, world_range("192.0.2.1", NULL), &result), 0);
	assert_false(result.is_answered);
	assert_non_null(strstr(result.error, "the model was told to refuse"));
	assert_true(publish_sync(f->world.publish, &result) < 0);
	assert_non_null(strstr(result.error, "the model was told to refuse"));
	model_mishap(f->model, MODEL_NO_MISHAP);
	connect_and_load(f);
}

static void test_without_data_plane(void **state)
{
	struct fixture *f = *state;
	struct publish_result result;

	model_stop(f->model);
	f->model = NULL;
	assert_true(publish_sync(f->world.publish, &result) < 0);
	assert_false(result.is_answered);
	assert_non_null(strstr(result.error, f->world.path));
	assert_int_equal(publish_fd(f->world.publish), -1);
	assert_int_equal(
	    publish_dataset(f->world.publish, 0, world_range("192.0.2.1", NULL), &result), 0);
	assert_false(result.is_answered);
	assert_int_equal(result.added, 1);
	assert_int_equal(publish_entries(f->world.publish), 1);
	f->model = model_start(f->world.path, (uint64_t)1 << 40);
	connect_and_load(f);
	assert_int_equal(publish_sync(f->world.publish, &result), 0);
	assert_true(result.generation > (uint64_t)1 << 40); /* above the data plane's own */
}

static void test_restarted_data_plane(void **state)
{
	struct fixture *f = *state;
	struct publish_result before, after;

	connect_and_load(f);
	give(f, 0, world_range("192.0.2.0/24", NULL));
	assert_int_equal(publish_sync(f->world.publish, &before), 0);
	model_stop(f->model);
	f->model = model_start(f->world.path, 0);
	connect_and_load(f);
	assert_int_equal(publish_sync(f->world.publish, &after), 0);
	assert_true(after.generation > before.generation);
	empty_all(f);
}

static void test_configure(void **state)
{
	struct fixture *f = *state;
	struct config_list lists[2] = {f->world.lists[2], f->world.lists[0]};
	struct config config = f->world.config, old = config;
	struct publish_result result;
	struct model_counts counts;
	struct model_listing listing;

	connect_and_load(f);
	give(f, 0, world_range("192.0.2.0/24", NULL));
	give(f, 1, world_range("198.51.100.0/24", NULL));
	lists[1].code = 0x7f000063;
	config.lists = lists;
	config.lists_count = 2;
	config.zones_count = 0;
	assert_int_equal(world_configure(&f->world, &config, &result), 0);
	assert_true(result.is_answered);
	model_counts(f->model, &counts);
	assert_int_equal(counts.full_count, 2);
	assert_int_equal(counts.verdict_count, 1);
	assert_null(publish_get(f->world.publish, 0));
	assert_non_null(publish_get(f->world.publish, 1));
	assert_int_equal(model_address(f->model, false, 0xc0000201, &listing, 1), 1);
	assert_int_equal(listing.list, 1);
	assert_int_equal(listing.code, 0x7f000063);
	assert_int_equal(model_address(f->model, false, 0xc6336401, &listing, 1), 0);
	f->world.config = old;
	assert_int_equal(world_configure(&f->world, &f->world.config, &result), 0);
	assert_true(world_model_is_right(&f->world, f->model));
}

/* What a configuration says of the server goes along with a full load. */
static void test_settings(void **state)
{
	struct fixture *f = *state;
	struct config config = f->world.config;
	const struct secrets two = {.count = 2, .bytes = {{1, 2, 3}, {4, 5, 6}}};
	const Reputed__Update__Settings *m;
	struct publish_result result;

	connect_and_load(f);
	m = model_settings(f->model);
	assert_int_equal(m->n_cookie_secrets + m->version.len + m->hostname.len + m->nsid.len, 0);
	assert_false(m->is_cookie_required);
	config.cookie_secrets = two;
	config.is_cookie_required = true;
	config.version = (char *)"1.2";
	config.hostname = (char *)"";
	config.nsid = (char *)"n7";
	assert_int_equal(world_configure(&f->world, &config, &result), 0);
	assert_true(result.is_answered);
	m = model_settings(f->model);
	assert_int_equal(m->n_cookie_secrets, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(m->cookie_secrets[i].len, SECRETS_SIZE);
		assert_memory_equal(m->cookie_secrets[i].data, two.bytes[i], SECRETS_SIZE);
	}
	assert_true(m->is_cookie_required);
	assert_int_equal(m->version.len, 3);
	assert_memory_equal(m->version.data, "1.2", 3);
	assert_int_equal(m->hostname.len, 0);
	assert_int_equal(m->nsid.len, 2);
	assert_int_equal(world_configure(&f->world, &f->world.config, &result), 0);
	assert_int_equal(model_settings(f->model)->n_cookie_secrets, 0);
}

/* Between publish_adopt() and publish_sync() nothing is sent. */
static void test_adopt(void **state)
{
	struct fixture *f = *state;
	struct publish_result result;
	struct model_counts before, after;

	connect_and_load(f);
	give(f, 0, world_range("192.0.2.0/24", NULL));
	model_counts(f->model, &before);
	f->world.lists[0].code = 0x7f000008;
	assert_int_equal(publish_adopt(f->world.publish, &f->world.config), 0);
	assert_int_equal(
	    publish_dataset(f->world.publish, 1, world_range("192.0.2.0/25", NULL), &result), 0);
	assert_false(result.is_answered);
	assert_string_equal(result.error, "not sent yet");
	model_counts(f->model, &after);
	assert_int_equal(after.generation, before.generation);
	connect_and_load(f);
	model_counts(f->model, &after);
	assert_int_equal(after.full_count, before.full_count + 1);
	empty_all(f);
}

/* Of one list, as many as a set of a dataset has; what other lists say there is not touched. */
static void test_most_listings_of_a_list(void **state)
{
	struct fixture *f = *state;
	struct dataset_options options = {0};
	struct dataset_builder *b = dataset_builder_new(&options);
	struct model_listing listings[100];
	struct publish_result result;
	struct address_range range = {.first = 0xc0000201, .last = 0xc0000201};

	assert_non_null(b);
	for (uint32_t i = 0; i < DATASET_SET_MAX + 6; i++) {
		struct dataset_value value = {.code = 0x7f000100 + i};
		struct dataset_entry entry = {0};

		assert_int_equal(dataset_value(b, &value, &entry.value), 0);
		assert_int_equal(dataset_add_range(b, &range, &entry), 0);
	}
	connect_and_load(f);
	give(f, 3, world_range("192.0.2.0/24", NULL));
	give(f, 0, world_range("192.0.2.1", NULL));
	assert_int_equal(publish_dataset(f->world.publish, 1, dataset_finish(b), &result), 0);
	assert_true(result.is_answered);
	assert_int_equal(model_address(f->model, false, 0xc0000201, listings, 100),
	                 DATASET_SET_MAX + 2);
	assert_int_equal(listings[0].list, 0);
	for (uint32_t i = 0; i < DATASET_SET_MAX; i++) {
		assert_int_equal(listings[1 + i].list, 1);
		assert_int_equal(listings[1 + i].code, 0x7f000100 + i);
	}
	assert_int_equal(listings[1 + DATASET_SET_MAX].list, 3);
	assert_int_equal(model_address(f->model, false, 0xc0000202, listings, 100), 1);
	empty_all(f);
}

/* Lists are many: more than one word of the bitmaps. */
static void test_many_lists(void **state)
{
	struct fixture *f = *state;
	static struct config_list lists[300];
	static char names[300][8];
	struct config config = f->world.config;
	struct publish_result result;
	static struct model_listing listings[301];

	for (unsigned i = 0; i < 300; i++) {
		snprintf(names[i], sizeof(names[i]), "n%u", i);
		lists[i] = f->world.lists[1];
		lists[i].name = names[i];
	}
	config.lists = lists;
	config.lists_count = 300;
	config.zones_count = 0;
	assert_int_equal(world_configure(&f->world, &config, &result), 0);
	assert_true(result.is_answered);
	for (unsigned i = 0; i < 300; i++)
		give(f, i, world_range(i % 70 == 3 ? "192.0.2.0/24" : "198.51.100.0/30", NULL));
	assert_int_equal(model_address(f->model, false, 0xc0000207, listings, 301), 5);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(listings[i].list, 3 + 70 * i);
	assert_int_equal(model_address(f->model, false, 0xc6336401, listings, 301), 295);
	for (unsigned i = 0; i < 295; i++)
		assert_int_equal(listings[i].list, i + (i + 66) / 69);
	config.lists_count = 1025;
	assert_int_equal(world_configure(&f->world, &config, &result), -E2BIG);
	config.lists_count = 300;
	assert_int_equal(world_configure(&f->world, &f->world.config, &result), 0);
	assert_true(world_model_is_right(&f->world, f->model));
}

static void test_zones_follow_datasets(void **state)
{
	struct fixture *f = *state;
	static const struct dataset_value value = {.code = 0x7f000007};
	const Reputed__Update__Zones *zones;
	struct model_counts counts;

	connect_and_load(f);
	zones = model_zones(f->model);
	assert_int_equal(zones->n_zones, 2);
	assert_int_equal(zones->zones[0]->state, REPUTED__UPDATE__ZONE_STATE__NOT_LOADED);
	for (unsigned list = 0; list < 3; list++)
		give(f, list, world_range(NULL, NULL));
	zones = model_zones(f->model);
	assert_int_equal(zones->zones[0]->state, REPUTED__UPDATE__ZONE_STATE__SERVING);
	assert_int_equal(zones->zones[1]->state, REPUTED__UPDATE__ZONE_STATE__NOT_LOADED);
	assert_int_equal(zones->zones[0]->n_test_codes, 3);
	give(f, 0, world_range("192.0.2.0/24", NULL));
	give(f, 0, world_range("192.0.2.0/25", NULL));
	model_counts(f->model, &counts);
	assert_false(counts.has_zones); /* nothing new about them */
	give(f, 0, world_range("192.0.2.0/25", &value));
	model_counts(f->model, &counts);
	assert_true(counts.has_zones);
	zones = model_zones(f->model);
	assert_int_equal(zones->zones[0]->n_test_codes, 4);
	assert_int_equal(zones->zones[0]->test_codes[2], 0x7f000007);
}

/* A peer that takes the connection and says nothing. */
static void test_silent_peer(void **state)
{
	struct fixture *f = *state;
	const char *path = folder_at(&f->folder, "silent");
	struct push push;
	int fd;

	fd = channel_listen(path);
	assert_true(fd >= 0);
	push_init(&push);
	push.timeout_ms = 10;
	assert_int_equal(push_open(&push, path), -ETIMEDOUT);
	assert_false(push_is_open(&push));
	assert_non_null(strstr(push.error, "lost the data plane"));
	close(fd);
	assert_int_equal(push_open(&push, path), -ECONNREFUSED);
	assert_non_null(strstr(push.error, path));
	push_close(&push, "");
	unlink(path);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_random_deltas),
	    TEST(test_random_deltas_less_a_list),
	    TEST(test_random_full_loads),
	    TEST(test_small_changes_of_many_names),
	    TEST(test_counts_and_sizes),
	    TEST(test_mishaps),
	    TEST(test_full_load_refused),
	    TEST(test_without_data_plane),
	    TEST(test_restarted_data_plane),
	    TEST(test_configure),
	    TEST(test_settings),
	    TEST(test_adopt),
	    TEST(test_most_listings_of_a_list),
	    TEST(test_many_lists),
	    TEST(test_zones_follow_datasets),
	    TEST(test_silent_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

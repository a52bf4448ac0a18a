/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changes of a manual list published by themselves: what is answered is what the whole list says.
 */
#include "control/manual_part.h"
#include "tests/unit/control/folder.h"
#include "tests/unit/control/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MANUAL       4 /* the world's manual list */
#define OTHERS       4
#define CHANGES      1500

struct fixture {
	struct folder folder;
	struct model *model;
	struct world world;
	struct manual *manual;
	struct manual_live *live;
};

static void complain(const char *message, void *context)
{
	(void)context;
	print_message("# %s\n", message);
}

static struct dataset *fill(void *context, unsigned list, const struct load_places *places)
{
	struct fixture *f = context;

	(void)places;

	assert_int_equal(list, MANUAL);
	return manual_live_build(f->live, NULL, 0);
}

static void give(struct fixture *f, unsigned list, struct dataset *dataset)
{
	struct publish_result result;

	assert_non_null(dataset);
	assert_int_equal(publish_dataset(f->world.publish, list, dataset, &result), 0);
	if (!result.is_answered) {
		char why[200];

		model_failure(f->model, why);
		fail_msg("list %u: %s; %s", list, result.error, why);
	}
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct publish_result result;

	folder_init(&f->folder);
	f->model = model_start(folder_at(&f->folder, "socket"), 0);
	world_init(&f->world, folder_at(&f->folder, "socket"));
	f->manual = manual_open(folder_at(&f->folder, "manual"), complain, NULL);
	assert_non_null(f->manual);
	assert_int_equal(manual_live_load(f->manual, "l4", 0, &f->live), 0);
	publish_set_fill(f->world.publish, fill, f);
	assert_int_equal(publish_sync(f->world.publish, &result), 0);
	give(f, MANUAL, manual_live_build(f->live, NULL, 0));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	manual_live_free(f->live);
	manual_close(f->manual);
	world_done(&f->world);
	model_stop(f->model);
	folder_done(&f->folder);
	free(f);
	return 0;
}

/* As the publisher does it; what is saved is the live's alone. Returns whether it was by itself. */
static bool change(struct fixture *f, const char *key, const struct manual_record *record)
{
	struct publish_result result;
	struct manual_part part;
	bool is_alone;

	manual_part_begin(&part, f->live, key, record);
	is_alone = manual_part_end(&part, f->world.publish, MANUAL, &result) == 0;
	if (is_alone) {
		assert_true(result.is_answered);
	} else if (!part.was) {
		struct manual_live_record *made;

		assert_int_equal(publish_freshen(f->world.publish), 0);
		if (record) {
			manual_live_discard(part.record);
			part.record = NULL;
			assert_int_equal(manual_live_prepare(f->live, record, &made), 0);
			manual_live_put(f->live, made);
		} else {
			manual_live_delete(f->live, &part.key);
		}
	}
	manual_part_done(&part);
	if (!is_alone)
		give(f, MANUAL, manual_live_build(f->live, NULL, 0));
	return is_alone;
}

static void put(struct fixture *f, const char *key)
{
	const struct manual_record record = {.key = key};

	change(f, key, &record);
}

static void expect_right(struct fixture *f)
{
	assert_int_equal(publish_freshen(f->world.publish), 0);
	assert_true(world_model_is_right(&f->world, f->model));
}

/* Which records count as near a key: those that decide anything where it is, and few others. */
static void test_near(void **state)
{
	static const struct {
		const char *reason, *key;
		uint64_t near; /* entries */
	} rows[] = {
	    {"an address: what spans it", "192.0.2.7", 3},
	    {"a prefix: what is in it, too", "192.0.2.0/28", 4},
	    {"a range that only touches", "192.0.2.20-192.0.2.29", 2},
	    {"nothing there but the widest", "192.7.7.7", 1},
	    {"elsewhere", "10.0.0.1", 0},
	    {"IPv6 is no IPv4", "2001:db8::1", 1},
	    {"a name: what is above and below", "example.com", 5},
	    {"a name below: what is above", "x.a.example.com", 4},
	    {"a label that begins alike is another", "example.comx", 0},
	    {"a label that ends alike is another", "xexample.com", 1},
	    {"a name too long for the span", "y.averyveryverylongname.com", 3},
	};
	static const char *const keys[] = {"192.0.0.0/8",
	                                   "192.0.2.0/24",
	                                   "192.0.2.7",
	                                   "192.0.2.8",
	                                   "192.0.2.30/31",
	                                   "2001:db8::/32",
	                                   "com",
	                                   "example.com",
	                                   "a.example.com",
	                                   "*.a.example.com",
	                                   "b.example.com",
	                                   "averyveryverylongname.com",
	                                   "x.averyveryverylongname.com"};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(keys); i++)
		put(f, keys[i]);
	assert_int_equal(manual_live_count(f->live), COUNT(keys));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct manual_key key;
		struct dataset *d;
		char error[160];

		print_message("# %s\n", rows[i].reason);
		assert_int_equal(manual_key_parse(rows[i].key, &key, error, sizeof(error)), 0);
		d = manual_live_build(f->live, &key, MANUAL_LIVE_NEAR_MAX);
		assert_non_null(d);
		assert_int_equal(d->facts.entry_count, rows[i].near);
		dataset_free(d);
	}
	expect_right(f);
}

static const char *random_key(uint64_t *random)
{
	static const char *const names[] = {"com",
	                                    "example.com",
	                                    "*.example.com",
	                                    "a.example.com",
	                                    "b.a.example.com",
	                                    "*.a.example.com",
	                                    "xample.com",
	                                    "averyveryverylongname.com",
	                                    "x.averyveryverylongname.com",
	                                    "y.averyveryverylongname.com",
	                                    "org",
	                                    "a.org"};
	static char text[128];
	uint8_t r[6];
	const char *mark;

	world_random(random, r, sizeof(r));
	mark = r[0] % 5 ? "" : "!";
	switch (r[1] % 6) {
	case 0:
	case 1:
		snprintf(text, sizeof(text), "%s0.0.0.%u", mark, r[2] % 64);
		break;
	case 2:
		snprintf(text, sizeof(text), "%s0.0.0.%u/%u", mark, r[2] % 64, 24 + r[3] % 9);
		break;
	case 3:
		snprintf(text, sizeof(text), "%s0.0.0.%u-0.0.0.%u", mark, r[2] % 32,
		         32 + r[3] % 32);
		break;
	case 4:
		snprintf(text, sizeof(text), "%s::%x/%u", mark, r[2] % 64, 120 + r[3] % 9);
		break;
	default:
		snprintf(text, sizeof(text), "%s%s", mark, names[r[2] % COUNT(names)]);
		break;
	}
	return text;
}

static void random_change(struct fixture *f, uint64_t *random, size_t *alone)
{
	static const uint32_t codes[] = {0, 0, 0, 0x7f000003, 0x7f000007};
	const char *key = random_key(random);
	struct manual_record record = {.key = key};
	struct manual_key parsed;
	char error[160];
	uint8_t r[3];

	assert_int_equal(manual_key_parse(key, &parsed, error, sizeof(error)), 0);
	world_random(random, r, sizeof(r));
	record.code = codes[r[0] % COUNT(codes)];
	record.text = r[1] % 3 ? NULL : r[1] % 2 ? "own $" : "plain";
	*alone += change(f, parsed.text, r[2] % 5 < 3 ? &record : NULL);
}

/* The other lists change too, each time needing the whole of this one. */
static void test_random(void **state)
{
	struct fixture *f = *state;
	uint64_t random = 20261122;
	struct model_counts counts;
	size_t alone = 0;

	for (size_t i = 0; i < CHANGES; i++) {
		if (i % 50 == 0) {
			uint8_t bytes[200];
			struct world_bytes b = {.bytes = bytes, .size = sizeof(bytes)};

			world_random(&random, bytes, sizeof(bytes));
			give(f, (unsigned)(i / 50) % OTHERS, world_dataset(&b));
		}
		random_change(f, &random, &alone);
		if (i % 7 == 0)
			expect_right(f);
	}
	expect_right(f);
	model_counts(f->model, &counts);
	print_message("# %zu of %d changes by themselves\n", alone, CHANGES);
	assert_true(alone > CHANGES / 2);
	assert_int_equal(counts.full_count, 1);
}

/* Whatever happens to the batch of a change, the next full load has all changes. */
static void test_mishaps(void **state)
{
	static const struct {
		const char *reason;
		enum model_mishap mishap;
	} rows[] = {
	    {"refused at its end", MODEL_REFUSE_DELTA},
	    {"refused at its begin", MODEL_REFUSE_EARLY},
	    {"no data plane any more", MODEL_HANG_UP_AT_BEGIN},
	    {"none at the commit", MODEL_HANG_UP_AT_COMMIT},
	    {"committed, and not answered", MODEL_HANG_UP_AFTER_COMMIT},
	};
	struct fixture *f = *state;
	struct publish_result result;

	put(f, "0.0.0.1");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct manual_record record = {.key = "0.0.0.2"};
		struct manual_part part;
		int rc;

		print_message("# %s\n", rows[i].reason);
		put(f, "0.0.0.3"); /* so that the list's dataset is behind */
		model_mishap(f->model, rows[i].mishap);
		manual_part_begin(&part, f->live, "0.0.0.2", &record);
		rc = manual_part_end(&part, f->world.publish, MANUAL, &result);
		manual_part_done(&part);
		assert_true(rc < 0);
		model_mishap(f->model, MODEL_NO_MISHAP);
		assert_int_equal(publish_dataset(f->world.publish, MANUAL,
		                                 manual_live_build(f->live, NULL, 0), &result),
		                 0);
		if (!result.is_answered)
			assert_int_equal(publish_sync(f->world.publish, &result), 0);
		expect_right(f);
		change(f, "0.0.0.2", NULL);
		change(f, "0.0.0.3", NULL);
		expect_right(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_near, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_random, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_mishaps, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

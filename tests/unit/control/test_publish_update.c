/* SPDX-License-Identifier: BSD-3-Clause */
/* Publishing to the real update thread: the tables it fills say what the datasets say. */
#include "dataplane/update.h"
#include "tests/unit/control/folder.h"
#include "tests/unit/control/world.h"

#include <urcu-qsbr.h>

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
	struct update *update;
};

static void print_log(const char *text)
{
	print_message("# data plane: %s\n", text);
}

static void start(struct fixture *f)
{
	struct update_options options = {.path = f->world.path, .log = print_log};

	f->update = update_start(&options);
	assert_non_null(f->update);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	folder_init(&f->folder);
	world_init(&f->world, folder_at(&f->folder, "socket"));
	start(f);
	/* A reader, online only while it reads: grace periods must not wait for who waits for them.
	 */
	rcu_register_thread();
	rcu_thread_offline();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	world_done(&f->world);
	rcu_unregister_thread();
	update_stop(f->update);
	folder_done(&f->folder);
	free(f);
	return 0;
}

static size_t listings_of(const struct tables *t, verdict_t id, struct model_listing *out_listings,
                          size_t max)
{
	const struct verdict *v = verdicts_get(t->verdicts, id);

	for (size_t i = 0; v && i < v->count && i < max; i++) {
		const struct listing *l = v->listings[i];

		out_listings[i] = (struct model_listing){
		    .list = l->list, .code = l->code, .text_size = l->text_size};
		memcpy(out_listings[i].text, l->text, l->text_size);
	}
	return v ? v->count : 0;
}

static size_t ask_address(void *who, bool is_ip6, address6_t address,
                          struct model_listing *out_listings, size_t max)
{
	const struct fixture *f = who;
	const struct tables *t;
	size_t count;

	rcu_thread_online();
	t = update_tables(f->update);
	count = listings_of(t,
	                    is_ip6 ? table6_lookup(t->addresses6, address)
	                           : table4_lookup(t->addresses4, (uint32_t)address),
	                    out_listings, max);
	rcu_thread_offline();
	return count;
}

static size_t ask_name(void *who, const uint8_t *wire, size_t size,
                       struct model_listing *out_listings, size_t max, size_t *out_subject)
{
	const struct fixture *f = who;
	const struct tables *t;
	struct names_match match;
	size_t count;

	rcu_thread_online();
	t = update_tables(f->update);
	names_lookup(t->names, wire, size, &match);
	count = listings_of(t, match.verdict, out_listings, max);
	*out_subject = match.subject_offset;
	rcu_thread_offline();
	return count;
}

static bool is_right(struct fixture *f)
{
	struct world_witness witness = {.address = ask_address, .name = ask_name, .who = f};

	return world_is_right(&f->world, &witness);
}

static void connect_and_load(struct fixture *f)
{
	struct publish_result result;

	assert_int_equal(publish_sync(f->world.publish, &result), 0);
	assert_string_equal(result.error, "");
	assert_true(is_right(f));
}

static void give(struct fixture *f, unsigned list, struct dataset *dataset)
{
	struct publish_result result;

	assert_int_equal(publish_dataset(f->world.publish, list, dataset, &result), 0);
	assert_string_equal(result.error, "");
	assert_true(result.is_answered);
}

static void test_random_deltas(void **state)
{
	struct fixture *f = *state;

	connect_and_load(f);
	give(f, 1, world_names(1));
	for (uint64_t seed = 1; seed <= 120; seed++) {
		uint64_t random = seed * 0x9e3779b97f4a7c15;
		uint8_t bytes[256];
		struct world_bytes stream = {.bytes = bytes, .size = sizeof(bytes)};

		world_random(&random, bytes, sizeof(bytes));
		give(f, seed % 2 ? 0 : 2 + (unsigned)(seed / 2 % 3), world_dataset(&stream));
		if (!is_right(f))
			fail_msg("seed %llu", (unsigned long long)seed);
	}
	for (unsigned list = 0; list < WORLD_LISTS; list++)
		give(f, list, world_range(NULL, NULL));
	assert_true(is_right(f));
}

static void test_restart(void **state)
{
	struct fixture *f = *state;
	struct publish_result result;

	connect_and_load(f);
	give(f, 0, world_range("192.0.2.0/24", NULL));
	give(f, 4, world_names(2));
	update_stop(f->update);
	start(f);
	assert_int_equal(
	    publish_dataset(f->world.publish, 1, world_range("2001:db8::/32", NULL), &result), 0);
	assert_false(result.is_answered);
	connect_and_load(f);
	give(f, 1, world_range("2001:db8::/33", NULL));
	assert_true(is_right(f));
}

/* More than one message of every kind. */
static void test_large(void **state)
{
	struct fixture *f = *state;
	struct dataset_options options = {0};
	struct dataset_builder *b = dataset_builder_new(&options);
	struct dataset_entry entry = {0};
	struct model_listing listing;
	size_t subject;

	assert_non_null(b);
	for (uint32_t i = 0; i < 150000; i++) {
		struct address_range range4 = {.first = 0x0a000000 + 3 * i,
		                               .last = 0x0a000000 + 3 * i};
		struct address_range range6 = {.is_ip6 = true};
		uint8_t wire[] = "\5abcde\4test";

		range6.first = range6.last = ((address6_t)0x20010db8 << 96) + 5 * i;
		for (int digit = 0; digit < 5; digit++)
			wire[1 + digit] = (uint8_t)('a' + (i >> 4 * digit) % 16);
		if (i % 10 == 0) {
			char text[16];
			struct dataset_value value = {.text_kind = DATASET_TEXT_OWN, .text = text};

			value.text_size = (uint8_t)snprintf(text, sizeof(text), "%u", i);
			assert_int_equal(dataset_value(b, &value, &entry.value), 0);
		}
		assert_int_equal(dataset_add_range(b, &range4, &entry), 0);
		assert_int_equal(dataset_add_range(b, &range6, &entry), 0);
		assert_int_equal(dataset_add_name(b, wire, 11, DATASET_EXACT, &entry), 0);
	}
	connect_and_load(f);
	give(f, 0, dataset_finish(b));
	assert_int_equal(ask_address(f, false, 0x0a000000 + 3 * 149999, &listing, 1), 1);
	assert_int_equal(listing.text_size, 6);
	assert_memory_equal(listing.text, "149990", 6);
	assert_int_equal(ask_address(f, false, 0x0a000000 + 3 * 149999 + 1, &listing, 1), 0);
	assert_int_equal(
	    ask_address(f, true, ((address6_t)0x20010db8 << 96) + 5 * 100009, &listing, 1), 1);
	assert_memory_equal(listing.text, "100000", 6);
	assert_int_equal(ask_name(f, (const uint8_t *)"\5paaaa\4test", 11, &listing, 1, &subject),
	                 1);
	assert_memory_equal(listing.text, "10", 2);
	give(f, 0, world_range(NULL, NULL));
	assert_true(is_right(f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_random_deltas, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_large, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

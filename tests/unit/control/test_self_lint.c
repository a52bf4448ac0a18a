/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is never listed is not published even when the merge lets it through: link-time wrapping
 * makes it forget what it was told, while a flag is set.
 */
#include "control/self_lint.h"
#include "feeds/format.h"
#include "tests/unit/control/folder.h"
#include "tests/unit/control/world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LOOPBACK6 ((address6_t)0xffff << 32 | 0x7f000001)

static bool is_forgetting;

int __real_merge_never_init(struct merge_never *never, const struct address_range *ranges,
                            size_t count);
int __wrap_merge_never_init(struct merge_never *never, const struct address_range *ranges,
                            size_t count);

int __wrap_merge_never_init(struct merge_never *never, const struct address_range *ranges,
                            size_t count)
{
	int rc = __real_merge_never_init(never, ranges, is_forgetting ? 0 : count);

	if (rc == 0 && is_forgetting)
		never->count4 = never->count6 = 0; /* 127.0.0.1, too */
	return rc;
}

static struct dataset *read_text(const char *format, const char *text)
{
	const struct dataset_options options = {0};
	struct reader *reader = reader_open_memory(text, strlen(text));
	struct dataset *d;
	char error[256];

	assert_non_null(reader);
	d = format_read(format_find(format), reader, &options, error, sizeof(error));
	reader_close(reader);
	assert_non_null(d);
	return d;
}

/* A dataset of any range, also of those that no format lets through. */
static struct dataset *of_range(bool is_ip6, address6_t first, address6_t last)
{
	const struct dataset_options options = {0};
	struct dataset_builder *b = dataset_builder_new(&options);
	const struct address_range range = {.is_ip6 = is_ip6, .first = first, .last = last};
	const struct dataset_entry entry = {0};

	assert_non_null(b);
	assert_int_equal(dataset_add_range(b, &range, &entry), 0);
	return dataset_finish(b);
}

/* A configuration that never lists 192.0.2.0/24, 2001:db8::/32 and own.test, and one list. */
struct bench {
	struct config config;
	struct address_range ranges[2];
	struct config_place name;
	struct merge_never never;
	struct catalog *catalog;
	struct merge_source source, *pointer;
	struct merge_view view;
};

static void bench_init(struct bench *b, struct dataset *d)
{
	memset(b, 0, sizeof(*b));
	assert_int_equal(address_parse("192.0.2.0/24", 12, &b->ranges[0]), 0);
	assert_int_equal(address_parse("2001:db8::/32", 13, &b->ranges[1]), 0);
	b->name.is_name = true;
	b->name.wire_size = (uint8_t)name_parse("own.test", 8, b->name.wire);
	b->config.never_ranges = b->ranges;
	b->config.never_range_count = 2;
	b->config.never_names = &b->name;
	b->config.never_name_count = 1;
	b->catalog = catalog_new();
	assert_non_null(b->catalog);
	assert_int_equal(merge_never_init(&b->never, b->ranges, 2), 0);
	assert_int_equal(merge_source_init(&b->source, d, 0, 0x7f000002, NULL), 0);
	b->pointer = &b->source;
	b->view = (struct merge_view){b->catalog, &b->never, &b->pointer, 1};
}

static void bench_done(struct bench *b)
{
	dataset_free((struct dataset *)b->source.dataset);
	merge_source_done(&b->source);
	merge_never_done(&b->never);
	catalog_free(b->catalog);
}

static const struct {
	const char *why, *format, *text;
	int rc; /* of a merge that forgets; one that does not is always right but for names */
	const char *reason;
} rows[] = {
    {"other networks", "plain", "192.0.1.0/24\n192.0.3.0/24\n2001:db7::/32\n", 0, ""},
    {"nothing", "plain", "", 0, ""},
    {"an address of an own network", "plain", "192.0.2.7\n", -EPERM, "192.0.2.7 would be listed"},
    {"more than the own network", "plain", "192.0.0.0/16\n", -EPERM, "192.0.2.0/24 would be"},
    {"IPv6", "plain", "2001:db8:1::/48\n", -EPERM, "2001:db8:1::/48 would be"},
};

static void test_ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int forgets = 0; forgets < 2; forgets++) {
			char reason[SELF_LINT_REASON_MAX] = "";
			struct bench b;

			is_forgetting = forgets;
			bench_init(&b, read_text(rows[i].format, rows[i].text));
			assert_int_equal(self_lint(&b.view, &b.config, reason),
			                 forgets ? rows[i].rc : 0);
			if (forgets && !strstr(reason, rows[i].reason))
				fail_msg("%s: '%s'", rows[i].why, reason);
			bench_done(&b);
		}
	}
	is_forgetting = false;
}

static void test_loopback(void **state)
{
	(void)state;
	for (int is_ip6 = 0; is_ip6 < 2; is_ip6++) {
		const address6_t address = is_ip6 ? LOOPBACK6 : 0x7f000001;
		char reason[SELF_LINT_REASON_MAX];
		struct dataset *d = of_range(is_ip6, address - 1, address + 1);
		struct bench b;

		/* A dataset cuts it out by itself; what is left beside it may be listed. */
		is_forgetting = true;
		bench_init(&b, d);
		assert_int_equal(self_lint(&b.view, &b.config, reason), 0);
		if (!is_ip6) {
			((uint32_t *)(uintptr_t)d->edges4.at)[0] = 0x7f000001;
			assert_int_equal(self_lint(&b.view, &b.config, reason), -EPERM);
			assert_non_null(strstr(reason, "127.0.0.1 would be listed"));
		} else {
			((struct dataset_range6 *)(uintptr_t)d->ranges6)[0].last = LOOPBACK6;
			assert_int_equal(self_lint(&b.view, &b.config, reason), -EPERM);
		}
		bench_done(&b);
		is_forgetting = false;
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *text;
		int rc;
	} names[] = {
	    {"other.test\ntest.own\nxown.test\n", 0},
	    {"own.test\n", -EPERM},
	    {"a.b.own.test\n", -EPERM},
	    {"*.own.test\n", -EPERM},
	    {"!own.test\n", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char reason[SELF_LINT_REASON_MAX];
		struct bench b;

		bench_init(&b, read_text("rbldnsd-dnset", names[i].text));
		assert_int_equal(self_lint(&b.view, &b.config, reason), names[i].rc);
		bench_done(&b);
	}
}

/* The whole way: not sent, told, and what was answered goes on being answered. */
static void test_not_published(void **state)
{
	struct address_range own;
	struct publish_result result;
	struct folder folder;
	struct model *model;
	struct world world;

	(void)state;
	folder_init(&folder);
	assert_int_equal(address_parse("198.51.100.0/24", 15, &own), 0);
	is_forgetting = true;
	world_init(&world, folder_at(&folder, "socket"));
	is_forgetting = false;
	model = model_start(world.path, 0);
	world.config.never_ranges = &own;
	world.config.never_range_count = 1;
	assert_int_equal(publish_sync(world.publish, &result), 0);
	assert_int_equal(
	    publish_dataset(world.publish, 0, world_range("203.0.113.0/24", NULL), &result), 0);
	assert_true(result.is_answered);
	assert_int_equal(
	    publish_dataset(world.publish, 0, world_range("198.51.100.1", NULL), &result), -EPERM);
	assert_false(result.is_answered);
	assert_non_null(strstr(result.error, "198.51.100.1 would be listed"));
	assert_non_null(strstr(result.error, "keeping generation"));
	assert_true(world_model_is_right(&world, model)); /* as before */
	assert_int_equal(publish_sync(world.publish, &result), 0);
	world_done(&world);
	model_stop(model);
	folder_done(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ranges),
	    cmocka_unit_test(test_loopback),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_not_published),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

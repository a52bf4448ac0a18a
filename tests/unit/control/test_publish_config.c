/* SPDX-License-Identifier: BSD-3-Clause */
/* What a new configuration costs: what is listed is sent again only where it may be another. */
#include "tests/unit/control/folder.h"
#include "tests/unit/control/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A copy of the world's configuration, to be changed. */
struct changed {
	struct config config;
	struct config_list lists[WORLD_LISTS];
	struct config_zone zones[2];
	struct config_access access[2];
	struct address_range never[3], exempt[1];
	struct config_rate_limit limit;
	struct config_keys keys;
	uint8_t labels[3][64];
	char names[3][64];
};

struct fixture {
	struct folder folder;
	struct world world;
	struct model *model;
	struct changed before, after;
};

static void copy(struct changed *c, const struct world *w)
{
	memset(c, 0, sizeof(*c));
	c->config = w->config;
	memcpy(c->lists, w->lists, sizeof(c->lists));
	memcpy(c->zones, w->zones, sizeof(c->zones));
	memcpy(c->access, w->access, sizeof(c->access));
	memcpy(c->never, w->never, sizeof(c->never));
	c->config.lists = c->lists;
	c->config.zones = c->zones;
	c->config.access = c->access;
	c->config.never_ranges = c->never;
	c->limit = (struct config_rate_limit){.responses_per_s = 5, .slip = 2, .buckets = 64};
	c->limit.ipv4_length = 24;
	c->limit.ipv6_length = 56;
	c->limit.exempt_ranges = c->exempt;
	c->limit.exempt_count = 1;
	c->config.rate_limit = &c->limit;
	for (unsigned i = 0; i < 3; i++) {
		snprintf((char *)c->labels[i], sizeof(c->labels[i]), "%csecret-%u", 8, i);
		snprintf(c->names[i], sizeof(c->names[i]), "client-%u", i);
	}
	c->keys = (struct config_keys){.count = 2, .labels = c->labels, .names = c->names};
	c->zones[1].key_set = &c->keys;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	folder_init(&f->folder);
	world_init(&f->world, folder_at(&f->folder, "socket"));
	f->model = model_start(f->world.path, 7);
	copy(&f->before, &f->world);
	copy(&f->after, &f->world);
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

static void use(struct fixture *f, struct changed *c)
{
	struct publish_result result;

	assert_int_equal(world_configure(&f->world, &c->config, &result), 0);
	assert_string_equal(result.error, "");
	assert_true(result.is_answered);
	f->world.config = c->config;
	memcpy(f->world.lists, c->lists, sizeof(c->lists));
	memcpy(f->world.never, c->never, sizeof(c->never));
	f->world.config.lists = f->world.lists;
	assert_true(world_model_is_right(&f->world, f->model));
}

static void load(struct fixture *f)
{
	struct publish_result result;

	use(f, &f->before);
	assert_int_equal(
	    publish_dataset(f->world.publish, 0, world_range("192.0.2.0/24", NULL), &result), 0);
	assert_true(result.is_answered);
}

static void change_nothing(struct changed *c)
{
	(void)c;
}

static void add_key(struct changed *c)
{
	c->keys.count = 3;
}

static void remove_key(struct changed *c)
{
	c->keys.count = 1;
}

static void replace_key(struct changed *c)
{
	c->labels[1][8] = 'x';
}

static void rename_key(struct changed *c)
{
	c->names[1][0] = 'x';
}

static void need_no_keys(struct changed *c)
{
	c->zones[1].key_set = NULL;
}

static void change_ttl(struct changed *c)
{
	c->zones[0].ttl = 7;
}

static void rule_access(struct changed *c)
{
	c->access[0].action = CONFIG_REFUSE;
}

static void limit_less(struct changed *c)
{
	c->limit.slip = 3;
}

static void exempt_another(struct changed *c)
{
	c->exempt[0].last++;
}

static void limit_nothing(struct changed *c)
{
	c->config.rate_limit = NULL;
}

static void change_code(struct changed *c)
{
	c->lists[0].code++;
}

static void change_text(struct changed *c)
{
	c->lists[1].text = (char *)"now with text";
}

static void swap_lists(struct changed *c)
{
	struct config_list first = c->lists[0];

	c->lists[0] = c->lists[2];
	c->lists[2] = first;
}

static void never_more(struct changed *c)
{
	c->never[0].first--;
}

static const struct {
	const char *why;
	void (*change)(struct changed *c);
	bool is_full, has_zones;
	unsigned keys;
	int limits; /* -1: not sent */
} rows[] = {
    {"nothing is another", change_nothing, false, false, 0, -1},
    {"a key more", add_key, false, true, 3, -1},
    {"a key less", remove_key, false, true, 1, -1},
    {"a key that is another", replace_key, false, true, 2, -1},
    {"another name for the counter", rename_key, false, true, 2, -1},
    {"a zone without keys", need_no_keys, false, true, 0, -1},
    {"of a zone alone; its batch has all zones and keys", change_ttl, false, true, 2, -1},
    {"access rules", rule_access, false, false, 0, -1},
    {"limits", limit_less, false, false, 0, 3},
    {"who is exempt", exempt_another, false, false, 0, 3},
    {"no limits any more, and that must be told", limit_nothing, false, false, 0, 0},
    {"the code is in what is listed", change_code, true, true, 2, 3},
    {"so is the text", change_text, true, true, 2, 3},
    {"and the number of a list", swap_lists, true, true, 2, 3},
    {"what is never listed", never_more, true, true, 2, 3},
};

static void test_changes(void **state)
{
	struct fixture *f = *state;

	load(f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct model_counts before, after;

		copy(&f->after, &f->world);
		memcpy(f->after.lists, f->before.lists, sizeof(f->after.lists));
		memcpy(f->after.never, f->before.never, sizeof(f->after.never));
		rows[i].change(&f->after);
		model_counts(f->model, &before);
		use(f, &f->after);
		model_counts(f->model, &after);
		if (after.full_count - before.full_count != rows[i].is_full ||
		    after.delta_count - before.delta_count != !rows[i].is_full ||
		    after.has_zones != rows[i].has_zones || after.key_count != rows[i].keys ||
		    after.limit_count != rows[i].limits ||
		    (after.paint_count > 0) != rows[i].is_full)
			fail_msg("%s: %d full loads, zones %d, %zu keys, limits %d, %llu paints",
			         rows[i].why, (int)(after.full_count - before.full_count),
			         after.has_zones, after.key_count, after.limit_count,
			         (unsigned long long)after.paint_count);
		use(f, &f->before);
	}
}

/* What a batch with only the configuration could not do, a full load does. */
static void test_mishaps(void **state)
{
	static const enum model_mishap mishaps[] = {MODEL_REFUSE_DELTA, MODEL_REFUSE_EARLY,
	                                            MODEL_HANG_UP_AT_BEGIN,
	                                            MODEL_HANG_UP_AT_COMMIT};
	struct fixture *f = *state;

	load(f);
	for (size_t i = 0; i < sizeof(mishaps) / sizeof(mishaps[0]); i++) {
		struct model_counts before, after;

		copy(&f->after, &f->world);
		add_key(&f->after);
		model_counts(f->model, &before);
		model_mishap(f->model, mishaps[i]);
		use(f, &f->after);
		model_counts(f->model, &after);
		assert_int_equal(after.full_count, before.full_count + 1);
		assert_int_equal(after.key_count, 3);
		use(f, &f->before);
	}
}

/* Two configurations before anything could be sent: what the first changed is not forgotten. */
static void test_two(void **state)
{
	struct fixture *f = *state;
	struct model_counts counts;
	struct changed third;

	load(f);
	add_key(&f->after);
	limit_less(&f->after);
	copy(&third, &f->world);
	add_key(&third);
	limit_less(&third);
	rule_access(&third);
	assert_int_equal(publish_adopt(f->world.publish, &f->after.config), 0);
	use(f, &third);
	model_counts(f->model, &counts);
	assert_int_equal(counts.key_count, 3);
	assert_int_equal(counts.limit_count, 3);
	use(f, &f->before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_changes, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_mishaps, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_two, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

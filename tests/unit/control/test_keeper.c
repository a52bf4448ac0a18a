/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events on disk: what was acknowledged comes back, to the byte of the ledger, whatever state the
 * files are left in; what was not is not there.
 */
#include "control/reputation/audit.h"
#include "control/reputation/journal_read.h"
#include "tests/unit/control/folder.h"
#include "tests/unit/control/keeper_world.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ADDRESSES  300
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_folder, remove_folder)

static struct config *config;
static struct folder world;
static const char *const folder = world.path;

static int new_folder(void **state)
{
	(void)state;
	folder_init(&world);
	return 0;
}

/* A limit on the size of files is as good as a full disk, and can be taken back. */
static void limit_files(rlim_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int remove_folder(void **state)
{
	(void)state;
	limit_files(RLIM_INFINITY); /* a test that failed may have left one */
	folder_done(&world);
	return 0;
}

static struct keeper *open_keeper(void)
{
	struct keeper *k = keeper_open(folder, config, NULL);

	assert_non_null(k);
	return k;
}

static void checkpoint(struct keeper *k)
{
	struct state_snapshot *snapshot = keeper_snapshot(k, true);

	assert_non_null(snapshot);
	keeper_snapshot_done(k, snapshot, state_write(keeper_state(k), snapshot));
	assert_null(keeper_snapshot(k, true));
}

/* The keys that are known now, with what time has done to them. */
static void assert_comes_back(struct keeper *k)
{
	size_t size;
	uint8_t *bytes = keeper_world_ledger(k, &size);
	struct reputation_stats stats;

	assert_true(size > 100);
	keeper_close(k);
	k = open_keeper();
	if (!keeper_world_is_same(bytes, size, k))
		fail_msg("the ledger is another one");
	keeper_stats(k, &stats);
	assert_int_equal(stats.damaged_files, 0);
	keeper_close(k);
	free(bytes);
}

static void replay_gives_the_same_bytes(void **state)
{
	struct keeper *k = open_keeper();

	(void)state;
	assert_int_equal(keeper_world_take(k, 0, 5000, ADDRESSES), 5000);
	assert_comes_back(k);
}

static void a_state_and_the_rest_give_the_same_bytes(void **state)
{
	struct keeper *k = open_keeper();

	(void)state;
	keeper_world_take(k, 0, 2000, ADDRESSES);
	checkpoint(k);
	keeper_world_take(k, 2000, 1000, ADDRESSES);
	checkpoint(k);
	keeper_world_take(k, 3000, 1000, ADDRESSES);
	assert_comes_back(k);
}

/* Small commits are collected a few keys at a time, over a write that fails and other dials. */
static void what_is_collected_gives_the_same_bytes(void **state)
{
	struct config *other =
	    keeper_world_config("reporters: [" WORLD_REPORTERS "], prior_mass: 21", "");
	struct keeper *k = open_keeper();
	struct state_snapshot *snapshot;
	uint64_t at = 0;

	(void)state;
	for (; at < 2000; at += 50)
		keeper_world_take(k, at, 50, ADDRESSES);
	snapshot = keeper_snapshot(k, true);
	assert_non_null(snapshot);
	/* Keys that changed again are in it again. */
	assert_true(snapshot->count > 2 * ADDRESSES);
	for (; at < 3000; at += 50)
		keeper_world_take(k, at, 50, ADDRESSES);
	keeper_snapshot_done(k, snapshot, -EIO);
	for (; at < 4000; at += 50)
		keeper_world_take(k, at, 50, ADDRESSES);
	snapshot = keeper_snapshot(k, true);
	keeper_snapshot_done(k, snapshot, state_write(keeper_state(k), snapshot));
	checkpoint(k);
	for (; at < 5000; at += 50)
		keeper_world_take(k, at, 50, ADDRESSES);
	assert_comes_back(k);
	/* What was collected of the ledger before is of no use. */
	k = open_keeper();
	keeper_world_take(k, at, 50, ADDRESSES);
	assert_int_equal(keeper_configure(k, keeper_settings_new(other)), 0);
	assert_int_equal(keeper_configure(k, keeper_settings_new(config)), 0);
	keeper_world_take(k, at + 50, 50, ADDRESSES);
	checkpoint(k);
	assert_comes_back(k);
	config_free(other);
}

static void an_id_is_counted_once(void **state)
{
	struct keeper *k = open_keeper();
	struct reputation_stats stats;
	uint8_t outcomes[2];
	struct event e;

	(void)state;
	keeper_world_take(k, 0, 100, ADDRESSES);
	assert_int_equal(keeper_world_take(k, 50, 100, ADDRESSES), 50);
	checkpoint(k);
	keeper_close(k);
	k = open_keeper();
	assert_int_equal(keeper_world_take(k, 0, 151, ADDRESSES), 1);
	keeper_stats(k, &stats);
	assert_int_equal(stats.outcomes[REPUTATION_REPEATED], 150);
	/* Another reporter may have the same id; an event without one is always another. */
	keeper_world_event(7, ADDRESSES, &e);
	keeper_take(k, admission_find(keeper_admission(k), "mx2"), &e, &outcomes[0]);
	e.id[0] = '\0';
	keeper_take(k, admission_find(keeper_admission(k), "mx2"), &e, &outcomes[1]);
	keeper_commit(k);
	assert_int_equal(outcomes[0], REPUTATION_COUNTED);
	assert_int_equal(outcomes[1], REPUTATION_COUNTED);
	keeper_close(k);
}

static void a_full_disk_refuses_and_recovers(void **state)
{
	struct keeper *k = open_keeper();
	struct reputation_stats stats;
	struct ledger_key key;
	uint8_t twice[2];
	struct event e;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(keeper_world_take(k, 0, 100, ADDRESSES), 100);
	keeper_stats(k, &stats);
	limit_files(stats.journal_size + 10);
	assert_int_equal(keeper_world_take(k, 100, 100, ADDRESSES), 0);
	/* What repeats an event of the same batch is not known either. */
	keeper_world_event(300, ADDRESSES, &e);
	for (unsigned i = 0; i < 2; i++)
		keeper_take(k, admission_find(keeper_admission(k), "mx1"), &e, &twice[i]);
	keeper_commit(k);
	assert_true(twice[0] == REPUTATION_NOT_SAVED && twice[1] == REPUTATION_NOT_SAVED);
	keeper_tick(k);
	keeper_stats(k, &stats);
	assert_false(stats.is_saving);
	assert_true(stats.journal_errors > 0);
	assert_int_equal(stats.outcomes[REPUTATION_NOT_SAVED], 102);
	assert_int_equal(stats.outcomes[REPUTATION_REPEATED], 0);
	/* Looking goes on. */
	keeper_world_event(1, ADDRESSES, &e);
	ledger_key_of(&e.address, &key);
	assert_true(ledger_look(keeper_ledger(k), &key, keeper_now(k), &(struct ledger_view){0}));
	limit_files(RLIM_INFINITY);
	keeper_tick(k);
	keeper_stats(k, &stats);
	assert_true(stats.is_saving);
	assert_int_equal(keeper_world_take(k, 0, 400, ADDRESSES), 300);
	assert_comes_back(k);
}

static void a_state_that_cannot_be_written_is_kept(void **state)
{
	struct keeper *k = open_keeper();
	struct state_snapshot *snapshot;

	(void)state;
	keeper_world_take(k, 0, 1000, ADDRESSES);
	snapshot = keeper_snapshot(k, true);
	assert_non_null(snapshot);
	assert_null(keeper_snapshot(k, true)); /* one at a time */
	keeper_snapshot_done(k, snapshot, -ENOSPC);
	keeper_world_take(k, 1000, 1000, ADDRESSES);
	assert_ptr_equal(keeper_snapshot(k, true), snapshot);
	keeper_snapshot_done(k, snapshot, state_write(keeper_state(k), snapshot));
	checkpoint(k);
	keeper_world_take(k, 2000, 10, ADDRESSES);
	assert_comes_back(k);
}

static const struct {
	const char *reason;
	long offset; /* of the byte that is damaged in the state; negative: from the end */
} damages[] = {
    {"the first page", 20},
    {"the tree", 3 * 4096 + 10},
    {"a record", -200},
};

static void a_damaged_state_is_made_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct keeper *k;
		char path[4096];
		uint8_t *bytes;
		size_t size;

		new_folder(NULL);
		k = open_keeper();
		keeper_world_take(k, 0, 3000, ADDRESSES);
		checkpoint(k);
		keeper_world_take(k, 3000, 100, ADDRESSES);
		bytes = keeper_world_ledger(k, &size);
		keeper_close(k);
		snprintf(path, sizeof(path), "%s/state/data.mdb", folder);
		for (long at = 0; at < 64; at++)
			assert_true(keeper_world_damage(path, damages[i].offset + at));
		k = open_keeper();
		if (!keeper_world_is_same(bytes, size, k))
			fail_msg("%s: the ledger is another one", damages[i].reason);
		/* And it is kept again. */
		checkpoint(k);
		assert_comes_back(k);
		free(bytes);
	}
}

static void a_damaged_record_costs_itself(void **state)
{
	char path[4096];
	struct keeper *k = open_keeper();
	struct reputation_stats stats;

	(void)state;
	keeper_world_take(k, 0, 1000, ADDRESSES);
	keeper_close(k);
	snprintf(path, sizeof(path), "%s/journal/0000000000000001.log", folder);
	assert_true(keeper_world_damage(path, 20000));
	k = open_keeper();
	keeper_stats(k, &stats);
	assert_int_equal(stats.damaged_files, 1);
	/* The one that is lost is the only one that is taken again. */
	assert_int_equal(keeper_world_take(k, 0, 1000, ADDRESSES), 1);
	keeper_close(k);
}

static void what_a_crash_left_is_cut_off(void **state)
{
	char path[4096];
	struct keeper *k = open_keeper();
	struct stat before, after;

	(void)state;
	keeper_world_take(k, 0, 1000, ADDRESSES);
	keeper_close(k);
	snprintf(path, sizeof(path), "%s/journal/0000000000000001.log", folder);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(truncate(path, before.st_size - 5), 0);
	k = open_keeper();
	assert_int_equal(stat(path, &after), 0);
	assert_true(after.st_size < before.st_size - 5);
	assert_int_equal(keeper_world_take(k, 0, 1000, ADDRESSES), 1);
	assert_comes_back(k);
}

static void delistings_are_replayed_and_audited(void **state)
{
	struct keeper *k = open_keeper();
	struct ledger_key key, nobody;
	struct ledger_view view;
	const char *who, *why;
	struct event e;
	json_t *rows;

	(void)state;
	keeper_world_take(k, 0, 1000, 10);
	keeper_world_event(1, 10, &e);
	ledger_key_of(&e.address, &key);
	nobody = key;
	nobody.kind = LEDGER_IP4;
	nobody.length = 32;
	nobody.address = 0x01020304;
	rows = keeper_delistings(k, &key);
	assert_int_equal(json_array_size(rows), 0);
	json_decref(rows);
	assert_int_equal(keeper_delist(k, &nobody, "op", "why"), -ENOENT);
	assert_int_equal(keeper_delist(k, &key, "op", "they\nasked"), 0);
	rows = keeper_delistings(k, &nobody);
	assert_int_equal(json_array_size(rows), 0);
	json_decref(rows);
	rows = keeper_delistings(k, &key);
	assert_int_equal(json_unpack(rows, "[{s:s, s:s}!]", "who", &who, "why", &why), 0);
	assert_string_equal(who, "op");
	assert_string_equal(why, "they?asked");
	json_decref(rows);
	assert_true(ledger_look(keeper_ledger(k), &key, keeper_now(k), &view));
	assert_true(view.delisted_ms > 0);
	keeper_world_take(k, 1000, 100, 10);
	assert_comes_back(k);
}

/* The file may be longer than is looked at, end in a torn line, or hold what is no row. */
static void the_newest_delistings_are_read_back(void **state)
{
	struct ledger_key key = {.kind = LEDGER_IP4, .length = 32, .address = 0xc0000201};
	char line[200], path[300];
	struct keeper *k = open_keeper();
	json_t *rows;
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/audit.jsonl", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(line, sizeof(line),
		         "{\"time_ms\":%u,\"key\":\"192.0.2.%s\",\"who\":\"w%u\",\"why\":\"because "
		         "of 192.0.2.1\",\"score\":1}\n",
		         i, i % 5000 == 1 ? "1" : "111", i);
		fputs(i == 19990 ? "what is no row of 192.0.2.1\n" : line, file);
	}
	fputs("{\"time_ms\":1,\"key\":\"192.0.2.1\",\"wh", file);
	fclose(file);
	rows = keeper_delistings(k, &key);
	assert_true(json_array_size(rows) >= 2 && json_array_size(rows) <= 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "who")),
	                    "w15001");
	assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 1), "who")),
	                    "w10001");
	json_decref(rows);
	file = fopen(path, "w");
	for (unsigned i = 0; i < 20; i++)
		fprintf(file, "{\"key\":\"192.0.2.1\",\"who\":\"w%u\"}\n", i);
	fclose(file);
	rows = keeper_delistings(k, &key);
	assert_int_equal(json_array_size(rows), AUDIT_ROWS_MAX);
	assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "who")),
	                    "w19");
	json_decref(rows);
	keeper_close(k);
}

/* All that is in it, and where it came from, is in the state. */
static void old_segments_go_and_the_state_stays(void **state)
{
	struct config *small = keeper_world_config(
	    "reporters: [" WORLD_REPORTERS "], journal: {keep: 1h, size_max: 1M}", "");
	char path[4096];
	struct keeper *k = keeper_open(folder, small, NULL);
	struct reputation_stats stats;
	uint8_t *bytes;
	size_t size;

	(void)state;
	assert_non_null(k);
	keeper_world_take(k, 0, 20000, ADDRESSES);
	keeper_tick(k);
	keeper_stats(k, &stats);
	assert_true(stats.journal_size > 1 << 20); /* not without a state */
	checkpoint(k);
	keeper_close(k);
	k = keeper_open(folder, small, NULL);
	keeper_tick(k);
	keeper_stats(k, &stats);
	assert_true(stats.journal_size <= 1 << 20);
	bytes = keeper_world_ledger(k, &size);
	keeper_close(k);
	snprintf(path, sizeof(path), "%s/journal/0000000000000001.log", folder);
	assert_int_equal(access(path, F_OK), -1);
	k = keeper_open(folder, small, NULL);
	assert_true(keeper_world_is_same(bytes, size, k));
	keeper_close(k);
	free(bytes);
	config_free(small);
}

static void other_dials_keep_the_evidence(void **state)
{
	struct config *other =
	    keeper_world_config("reporters: [{name: mx1, user: \"1\", rate: 7}], enter: 0.9", "");
	struct keeper *k = open_keeper();
	struct reputation_stats before, after;

	(void)state;
	keeper_world_take(k, 0, 1000, ADDRESSES);
	keeper_stats(k, &before);
	assert_int_equal(keeper_configure(k, keeper_settings_new(other)), 0);
	keeper_stats(k, &after);
	assert_int_equal(before.ledger.keys, after.ledger.keys);
	assert_null(admission_find(keeper_admission(k), "mx2"));
	assert_true(keeper_world_take(k, 1000, 1000, ADDRESSES) < 1000); /* the rate */
	checkpoint(k);
	keeper_close(k);
	k = keeper_open(folder, other, NULL);
	assert_non_null(k);
	keeper_close(k);
	config_free(other);
}

/* The database may be another one, or none, when the journal is replayed. */
static void networks_are_those_of_the_time(void **state)
{
	struct config *with = keeper_world_config(
	    "reporters: [" WORLD_REPORTERS "], asn: " SOURCE_ROOT "/tests/data/feeds/flat.mmdb",
	    "");
	struct keeper *k = keeper_open(folder, with, NULL);
	struct ledger_view view;
	struct ledger_key key;
	struct event e;

	(void)state;
	assert_non_null(k);
	keeper_world_event(0, 1, &e);
	e.address = (struct address_range){.first = 0xc000024d, .last = 0xc000024d};
	ledger_key_of(&e.address, &key);
	keeper_take(k, admission_find(keeper_admission(k), "mx1"), &e, NULL);
	keeper_commit(k);
	assert_true(ledger_look(keeper_ledger(k), &key, keeper_now(k), &view));
	assert_int_equal(view.asn, 64496);
	assert_comes_back(k);
	config_free(with);
}

static void the_secret_is_kept_and_private(void **state)
{
	char path[4096];
	struct keeper *k = open_keeper();
	uint8_t key[16];
	struct stat st;

	(void)state;
	memcpy(key, keeper_hash_key(k), sizeof(key));
	keeper_close(k);
	snprintf(path, sizeof(path), "%s/hash.key", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	k = open_keeper();
	assert_memory_equal(key, keeper_hash_key(k), sizeof(key));
	keeper_close(k);
	assert_int_equal(truncate(path, 15), 0);
	assert_null(keeper_open(folder, config, NULL));
	assert_int_equal(errno, EINVAL);
}

static int set_up(void **state)
{
	(void)state;
	config = keeper_world_config("reporters: [" WORLD_REPORTERS "]", "");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	config_free(config);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(replay_gives_the_same_bytes),
	    TEST(a_state_and_the_rest_give_the_same_bytes),
	    TEST(what_is_collected_gives_the_same_bytes),
	    TEST(an_id_is_counted_once),
	    TEST(a_full_disk_refuses_and_recovers),
	    TEST(a_state_that_cannot_be_written_is_kept),
	    cmocka_unit_test(a_damaged_state_is_made_again),
	    TEST(a_damaged_record_costs_itself),
	    TEST(what_a_crash_left_is_cut_off),
	    TEST(delistings_are_replayed_and_audited),
	    TEST(the_newest_delistings_are_read_back),
	    TEST(old_segments_go_and_the_state_stays),
	    TEST(other_dials_keep_the_evidence),
	    TEST(networks_are_those_of_the_time),
	    TEST(the_secret_is_kept_and_private),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/access.h"
#include "tests/unit/dataplane/fixture.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static void test_nothing_loaded(void **state)
{
	struct fixture *f = *state;
	channel_response *response = client_status(&f->writer);
	struct stat st;

	assert_null(update_tables(f->update));
	assert_false(response->status->is_loaded);
	assert_int_equal(response->status->generation, 0);
	assert_int_equal(response->status->memory_size, 0);
	client_free(response);
	response = client_lookup(&f->writer, "192.0.2.1");
	assert_int_equal(response->kind_case, REPUTED__UPDATE__RESPONSE__KIND_LOOKUP);
	assert_int_equal(response->lookup->n_zones, 0);
	client_free(response);
	assert_int_equal(stat(fixture_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	client_send_begin(&f->writer, 1, false);
	client_expect_error(&f->writer, "before the first full load");
}

static void test_full_load(void **state)
{
	struct fixture *f = *state;
	const struct access_listing *always;
	const struct tables *t;

	fixture_load(&f->writer);
	rcu_thread_online();
	t = update_tables(f->update);
	assert_non_null(t);
	assert_int_equal(table4_lookup(t->addresses4, FIXTURE_LISTED), 1);
	assert_int_equal(table4_lookup(t->addresses4, FIXTURE_LISTED + 1), 0);
	assert_int_equal(table6_lookup(t->addresses6, (address6_t)0x20010db8 << 96), 1);
	assert_int_equal(zones_count(t->zones), 1);
	assert_int_equal(zones_at(t->zones, 0)->ttl_s, 300);
	assert_int_equal(zones_at(t->zones, 0)->negative_ttl_s, 60);
	assert_int_equal(access_find(t, 1, &always), ACCESS_ALLOW);
	assert_int_equal(atomic_load(&t->generation), 1);

	rcu_thread_offline();

	/* a second one replaces everything */
	client_send_begin(&f->writer, 9, true);
	client_send_define(&f->writer, 1, CODE(4), "other");
	client_send_paint4(&f->writer, 1, 2, 1);
	assert_ptr_equal(update_tables(f->update), t); /* not before the commit */
	client_send_commit(&f->writer, 9);
	client_expect_committed(&f->writer, 9);
	assert_ptr_not_equal(update_tables(f->update), t);
	assert_int_equal(fixture_seen4(f, FIXTURE_LISTED), 0);
	assert_int_equal(fixture_seen4(f, 2), 1);
	rcu_thread_online();
	t = update_tables(f->update);
	assert_int_equal(zones_count(t->zones), 0);
	assert_int_equal(access_find(t, 1, &always), ACCESS_REFUSE); /* no rule, no access */
	rcu_thread_offline();
	assert_int_equal(fixture_seen_code(f, 1), CODE(4));
}

static void test_delta(void **state)
{
	struct fixture *f = *state;
	const struct access_listing *always;
	const struct tables *t;

	fixture_load(&f->writer);
	t = update_tables(f->update);
	client_send_begin(&f->writer, 2, false);
	client_send_define(&f->writer, 2, CODE(3), "two");
	client_send_paint4(&f->writer, FIXTURE_LISTED, FIXTURE_LISTED + 1, 2);
	client_send_paint6(&f->writer, 0x20010db800000000, 0x20010db800000000, 0);
	client_send_name(&f->writer, NAME("\1a\4test"), 0);
	client_send_zone(&f->writer, "\3two\4test", REPUTED__UPDATE__ZONE_STATE__EXPIRED);
	client_send_access(&f->writer, ACCESS_DROP);
	assert_int_equal(fixture_seen4(f, FIXTURE_LISTED), 1); /* nothing before the commit */
	client_send_commit(&f->writer, 2);
	client_expect_committed(&f->writer, 2);
	assert_ptr_equal(update_tables(f->update), t); /* in place */
	assert_int_equal(fixture_seen4(f, FIXTURE_LISTED), 2);
	assert_int_equal(fixture_seen4(f, FIXTURE_LISTED + 1), 2);
	rcu_thread_online();
	assert_int_equal(table6_lookup(t->addresses6, (address6_t)0x20010db8 << 96), 0);
	assert_int_equal(table6_lookup(t->addresses6, (address6_t)0x20010db800000001 << 64), 1);
	assert_int_equal(zones_at(tables_zones(t), 0)->state, ZONE_EXPIRED);
	assert_int_equal(access_find(t, 1, &always), ACCESS_DROP);
	assert_int_equal(atomic_load(&t->generation), 2);
	rcu_thread_offline();
}

/* Limits come and go in place, and a full load without them has none. */
static void test_rate_limit(void **state)
{
	static const uint32_t per_s[3] = {2, 2, 2};
	struct fixture *f = *state;

	fixture_load(&f->writer);
	for (uint64_t generation = 2; generation <= 4; generation++) {
		struct rates *rates;

		client_send_begin(&f->writer, generation, false);
		client_send_rate_limit(&f->writer, per_s, generation == 4 ? 0 : 3);
		client_send_commit(&f->writer, generation);
		client_expect_committed(&f->writer, generation);
		rcu_thread_online();
		rates = tables_rates(update_tables(f->update));
		assert_int_equal(rates != NULL, generation != 4);
		for (unsigned i = 0; rates && i < 3; i++) {
			struct rates_place place = rates_find(rates, 1, RATES_ERRORS);

			/* fresh ones each time: two pass */
			assert_int_equal(
			    rates_take(rates, place, RATES_ERRORS, 9000000) == RATES_PASS, i < 2);
		}
		rcu_thread_offline();
	}
}

static void test_generation(void **state)
{
	static const struct {
		const char *reason;
		uint64_t generation;
		bool is_full, is_taken;
	} rows[] = {
	    {"the same again", 1, false, false},
	    {"the same again, full", 1, true, false},
	    {"none", 0, true, false},
	    {"with a gap", 10, false, true},
	    {"back", 9, false, false},
	    {"back, full", 10, true, false},
	    {"the largest but one", UINT64_MAX - 1, true, true},
	    {"the largest", UINT64_MAX, false, true},
	    {"nothing is above the largest", UINT64_MAX, true, false},
	};
	struct fixture *f = *state;

	fixture_load(&f->writer);
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("# %s\n", rows[i].reason);
		client_send_begin(&f->writer, rows[i].generation, rows[i].is_full);
		client_send_commit(&f->writer, rows[i].generation);
		if (rows[i].is_taken)
			client_expect_committed(&f->writer, rows[i].generation);
		else
			client_expect_error(&f->writer, "begin: generation");
	}
}

/* How many addresses are expected is a hint: no number is refused, and none changes what holds. */
static void test_expected(void **state)
{
	static const struct {
		const char *reason;
		uint64_t expected;
		bool is_full;
	} rows[] = {
	    {"unknown", 0, true},
	    {"as many as come", 1, true},
	    {"far more than come", 100000, true},
	    {"of a delta it says nothing", 100000, false},
	    {"absurd: less is reserved", UINT64_MAX, true},
	};
	struct fixture *f = *state;

	fixture_load(&f->writer);
	for (size_t i = 0; i < COUNT(rows); i++) {
		Reputed__Update__Begin begin = REPUTED__UPDATE__BEGIN__INIT;
		channel_request request = REPUTED__UPDATE__REQUEST__INIT;

		print_message("# %s\n", rows[i].reason);
		begin.generation = i + 2;
		begin.is_full = rows[i].is_full;
		begin.expected_ip4 = rows[i].expected;
		request.kind_case = REPUTED__UPDATE__REQUEST__KIND_BEGIN;
		request.begin = &begin;
		client_send(&f->writer, &request);
		if (rows[i].is_full)
			client_send_define(&f->writer, 1, 0x7f000002, "text");
		client_send_paint4(&f->writer, 77, 77, 1);
		client_send_commit(&f->writer, i + 2);
		client_expect_committed(&f->writer, i + 2);
		rcu_thread_online();
		assert_int_equal(table4_lookup(update_tables(f->update)->addresses4, 77), 1);
		assert_int_equal(table4_lookup(update_tables(f->update)->addresses4, 78), 0);
		rcu_thread_offline();
	}
}

static void test_takeover(void **state)
{
	struct fixture *f = *state;
	struct client other;

	fixture_load(&f->writer);
	client_open(&other, fixture_path);
	client_send_begin(&other, 2, false);
	client_send_commit(&other, 2);
	client_expect_error(&other, "not the writer");

	client_send_begin(&f->writer, 2, false);
	client_send_define(&f->writer, 2, CODE(3), "two");
	client_send_paint4(&f->writer, FIXTURE_LISTED, FIXTURE_LISTED, 0);
	assert_int_equal(fixture_generation(&f->writer), 1); /* all of it has been read */
	client_hello(&other, true);
	client_expect_error(&f->writer, "another writer");
	/* the rest of the open batch is ignored, the next one refused */
	client_send_paint4(&f->writer, FIXTURE_LISTED, FIXTURE_LISTED, 0);
	client_send_commit(&f->writer, 2);
	client_send_begin(&f->writer, 3, false);
	client_send_commit(&f->writer, 3);
	client_expect_error(&f->writer, "not the writer");
	assert_int_equal(fixture_generation(&f->writer), 1);

	client_send_begin(&other, 2, false);
	client_send_define(&other, 2, CODE(4), "two");
	client_send_paint4(&other, FIXTURE_LISTED, FIXTURE_LISTED, 2);
	client_send_commit(&other, 2);
	client_expect_committed(&other, 2);
	assert_int_equal(fixture_seen4(f, FIXTURE_LISTED), 2);
	client_close(&other);
}

static void test_disconnect(void **state)
{
	struct fixture *f = *state;
	struct client other;

	fixture_load(&f->writer);
	for (int is_full = 0; is_full < 2; is_full++) {
		client_open(&other, fixture_path);
		client_hello(&other, true);
		client_send_begin(&other, 5, is_full);
		client_send_define(&other, 5, CODE(5), "five");
		client_send_paint4(&other, FIXTURE_LISTED, FIXTURE_LISTED, 5);
		client_close(&other);
	}
	/* whoever comes next finds all as before, and the id free */
	client_open(&other, fixture_path);
	client_hello(&other, true);
	assert_int_equal(fixture_generation(&other), 1);
	client_send_begin(&other, 2, false);
	client_send_define(&other, 5, CODE(5), "five");
	client_send_paint4(&other, FIXTURE_LISTED + 1, FIXTURE_LISTED + 1, 5);
	client_send_commit(&other, 2);
	client_expect_committed(&other, 2);
	assert_int_equal(fixture_seen4(f, FIXTURE_LISTED), 1);
	assert_int_equal(fixture_seen4(f, FIXTURE_LISTED + 1), 5);
	client_close(&other);
}

/* What was sent before the writer closed counts, though nobody reads the answer. */
static void test_commit_and_close(void **state)
{
	struct fixture *f = *state;
	struct client other;

	fixture_load(&f->writer);
	client_open(&other, fixture_path);
	client_hello(&other, true);
	client_expect_error(&f->writer, "another writer");
	client_send_begin(&other, 2, false);
	client_send_paint4(&other, FIXTURE_LISTED, FIXTURE_LISTED, 0);
	client_send_commit(&other, 2);
	client_close(&other);
	for (int i = 0; i < CLIENT_TIMEOUT_MS && fixture_generation(&f->writer) != 2; i++)
		poll(NULL, 0, 1);
	assert_int_equal(fixture_generation(&f->writer), 2);
	assert_int_equal(fixture_seen4(f, FIXTURE_LISTED), 0);
}

static void test_forget(void **state)
{
	struct fixture *f = *state;
	struct client *c = &f->writer;
	uint64_t generation = 1;

	fixture_load(c);
	/* one id, again and again with another meaning */
	for (unsigned i = 0; i < 50; i++) {
		generation++;
		client_send_begin(c, generation, false);
		client_send_define(c, 2, CODE(10 + i), "moving");
		client_send_paint4(c, FIXTURE_LISTED, FIXTURE_LISTED, 2);
		client_send_commit(c, generation);
		client_expect_committed(c, generation);
		assert_int_equal(fixture_seen4(f, FIXTURE_LISTED), 2);
		assert_int_equal(fixture_seen_code(f, 2), CODE(10 + i));
		generation++;
		client_send_begin(c, generation, false);
		client_send_forget(c, 2); /* takes effect after the paints of the batch */
		client_send_paint4(c, FIXTURE_LISTED, FIXTURE_LISTED, 1);
		client_send_commit(c, generation);
		client_expect_committed(c, generation);
	}
	/* painting with what is forgotten is refused; so is defining what is not */
	client_send_begin(c, ++generation, false);
	client_send_paint4(c, FIXTURE_LISTED, FIXTURE_LISTED, 2);
	client_send_commit(c, generation);
	client_expect_error(c, "paint4: range 0: verdict 2 is not defined");
	client_send_begin(c, generation, false);
	client_send_define(c, 1, CODE(2), "again");
	client_send_commit(c, generation);
	client_expect_error(c, "listing 1 is already defined");
	/* a full load starts over */
	client_send_begin(c, generation, true);
	client_send_define(c, 1, CODE(7), "new");
	client_send_commit(c, generation);
	client_expect_committed(c, generation);
}

/* Fill a delta with definitions until it is too large. */
static void test_delta_cap(void **state)
{
	struct fixture *f = *state;
	Reputed__Update__Paint4 paint = REPUTED__UPDATE__PAINT4__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	size_t count = 300000;
	uint32_t *zeros = calloc(count, sizeof(*zeros));

	assert_non_null(zeros);
	paint.n_first = paint.n_last = paint.n_verdict = count;
	paint.first = paint.last = paint.verdict = zeros;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_PAINT4;
	request.paint4 = &paint;
	fixture_load(&f->writer);
	client_send_begin(&f->writer, 2, false);
	client_send_paint4(&f->writer, FIXTURE_LISTED, FIXTURE_LISTED, 0);
	for (int i = 0; i < 30; i++)
		client_send(&f->writer, &request);
	client_send_commit(&f->writer, 2);
	client_expect_error(&f->writer, "delta above 64 MiB, send a full load");
	assert_int_equal(fixture_generation(&f->writer), 1);
	assert_int_equal(fixture_seen4(f, FIXTURE_LISTED), 1);
	free(zeros);
}

static void test_second_start(void **state)
{
	struct fixture *f = *state;

	errno = 0;
	assert_null(fixture_start());
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(fixture_generation(&f->writer), 0); /* the first one goes on */
	update_stop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(test_nothing_loaded),
	    FIXTURE_TEST(test_full_load),
	    FIXTURE_TEST(test_delta),
	    FIXTURE_TEST(test_rate_limit),
	    FIXTURE_TEST(test_generation),
	    FIXTURE_TEST(test_expected),
	    FIXTURE_TEST(test_takeover),
	    FIXTURE_TEST(test_disconnect),
	    FIXTURE_TEST(test_commit_and_close),
	    FIXTURE_TEST(test_forget),
	    FIXTURE_TEST(test_delta_cap),
	    FIXTURE_TEST(test_second_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

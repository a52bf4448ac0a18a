/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/dataplane/damage.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

void damage_send_packed(struct client *c, const char *bytes, size_t size)
{
	uint8_t header[4] = {0, 0, (uint8_t)(size >> 8), (uint8_t)size};

	assert_true(client_send_raw(c, header, sizeof(header)));
	assert_true(client_send_raw(c, bytes, size));
}

/* Each damage in the middle of a batch that would otherwise unlist what is listed. */
static void check_rows(struct fixture *f, bool is_full)
{
	for (size_t i = 0; i < damage_row_count; i++) {
		const struct damage *row = &damage_rows[i];
		struct client *c = &f->writer;
		channel_response *response;

		print_message("# %s\n", row->reason);
		client_send_begin(c, 2, is_full);
		if (is_full)
			client_send_define(c, 1, CODE(9), "unseen");
		client_send_define(c, 50, CODE(9), "unseen");
		client_send_paint4(c, FIXTURE_LISTED, FIXTURE_LISTED, 0);
		client_send_paint4(c, FIXTURE_LISTED + 1, FIXTURE_LISTED + 1, 50);
		row->send(c);
		client_send_paint4(c, FIXTURE_LISTED + 2, FIXTURE_LISTED + 2, 50);
		client_send_commit(c, 2);
		client_expect_error(c, row->error);
		if (row->answers == 2)
			client_expect_error(c, "");
		/* one answer per batch: the next one is that of the lookup */
		response = client_lookup(c, "192.0.2.1");
		assert_int_equal(response->kind_case, REPUTED__UPDATE__RESPONSE__KIND_LOOKUP);
		assert_int_equal(response->lookup->generation, 1);
		assert_int_equal(response->lookup->zones[0]->n_addresses, 1);
		client_free(response);
		assert_int_equal(fixture_seen4(f, FIXTURE_LISTED), 1);
		assert_int_equal(fixture_seen4(f, FIXTURE_LISTED + 1), 0);
		assert_int_equal(fixture_seen4(f, FIXTURE_LISTED + 2), 0);
		assert_int_equal(fixture_seen_code(f, 50), 0);
	}
}

static void test_damaged_delta(void **state)
{
	struct fixture *f = *state;

	fixture_load(&f->writer);
	check_rows(f, false);
	/* ids of the refused batches are free */
	client_send_begin(&f->writer, 2, false);
	client_send_define(&f->writer, 50, CODE(3), "fifty");
	client_send_paint4(&f->writer, FIXTURE_LISTED, FIXTURE_LISTED, 50);
	client_send_commit(&f->writer, 2);
	client_expect_committed(&f->writer, 2);
	assert_int_equal(fixture_seen4(f, FIXTURE_LISTED), 50);
	assert_true(client_counter(&f->writer, "updates_refused") >= damage_row_count);
	assert_int_equal(client_counter(&f->writer, "updates_committed"), 2);
}

static void test_damaged_full(void **state)
{
	struct fixture *f = *state;

	fixture_load(&f->writer);
	check_rows(f, true);
	assert_int_equal(fixture_generation(&f->writer), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(test_damaged_delta),
	    FIXTURE_TEST(test_damaged_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

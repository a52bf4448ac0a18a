/* SPDX-License-Identifier: BSD-3-Clause */
/* Settings over the update socket: published, replaced, refused, and the secret when there is none.
 */
#include "tests/unit/dataplane/fixture.h"

#include <urcu-qsbr.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *reason;
	size_t secret_count, secret_size;
	size_t version_size, hostname_size, nsid_size;
	const char *error; /* NULL = taken */
};

static void send_settings(struct client *c, const struct row *row)
{
	static uint8_t bytes[300];
	ProtobufCBinaryData secrets[4];
	Reputed__Update__Settings m = REPUTED__UPDATE__SETTINGS__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 0; i < row->secret_count; i++)
		secrets[i] = (ProtobufCBinaryData){.len = row->secret_size, .data = bytes + i};
	m.n_cookie_secrets = row->secret_count;
	m.cookie_secrets = secrets;
	m.is_cookie_required = true;
	m.version = (ProtobufCBinaryData){.len = row->version_size, .data = bytes};
	m.hostname = (ProtobufCBinaryData){.len = row->hostname_size, .data = bytes};
	m.nsid = (ProtobufCBinaryData){.len = row->nsid_size, .data = bytes};
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_SETTINGS;
	request.settings = &m;
	client_send(c, &request);
}

/* A copy of what readers see. */
static struct settings seen(const struct fixture *f)
{
	struct settings s;

	rcu_thread_online();
	s = *tables_settings(update_tables(f->update));
	rcu_thread_offline();
	return s;
}

static void test_default(void **state)
{
	struct fixture *f = *state;
	struct settings first, second;

	fixture_load(&f->writer);
	first = seen(f);
	assert_int_equal(first.secret_count, 1);
	assert_false(first.is_cookie_required);
	assert_int_equal(first.version_size + first.hostname_size + first.nsid_size, 0);
	client_send_begin(&f->writer, 2, true);
	client_send_commit(&f->writer, 2);
	client_expect_committed(&f->writer, 2);
	second = seen(f);
	/* of the process, not of the load: cookies outlive it */
	assert_memory_equal(first.secrets[0], second.secrets[0], SETTINGS_SECRET_SIZE);
	update_stop(f->update);
	f->update = fixture_start();
	client_close(&f->writer);
	client_open(&f->writer, fixture_path);
	client_hello(&f->writer, true);
	fixture_load(&f->writer);
	second = seen(f);
	assert_memory_not_equal(first.secrets[0], second.secrets[0], SETTINGS_SECRET_SIZE);
}

static const struct row rows[] = {
    {"nothing set", 0, 0, 0, 0, 0, NULL},
    {"everything as long as it may be", 2, 16, 255, 255, 64, NULL},
    {"one secret", 1, 16, 1, 0, 0, NULL},
    {"three secrets", 3, 16, 0, 0, 0, "settings: 3 cookie_secrets, above 2"},
    {"a short secret", 1, 15, 0, 0, 0, "settings: cookie secret 0 has 15 bytes, not 16"},
    {"an empty secret", 2, 0, 0, 0, 0, "settings: cookie secret 0 has 0 bytes"},
    {"a long secret", 2, 17, 0, 0, 0, "settings: cookie secret 0 has 17 bytes"},
    {"a version that is no string", 0, 0, 256, 0, 0, "settings: version has 256 bytes, above 255"},
    {"a hostname that is no string", 0, 0, 0, 256, 0, "settings: hostname has 256 bytes"},
    {"an nsid that does not fit", 0, 0, 0, 0, 65, "settings: nsid has 65 bytes, above 64"},
};

static void check_row(struct fixture *f, const struct row *row, bool is_full)
{
	uint64_t generation = fixture_generation(&f->writer) + 1;
	struct settings before = seen(f), after;

	print_message("# %s\n", row->reason);
	client_send_begin(&f->writer, generation, is_full);
	send_settings(&f->writer, row);
	client_send_commit(&f->writer, generation);
	if (row->error)
		client_expect_error(&f->writer, row->error);
	else
		client_expect_committed(&f->writer, generation);
	after = seen(f);
	if (row->error) {
		assert_memory_equal(&before, &after, sizeof(after));
		return;
	}
	assert_int_equal(after.secret_count, row->secret_count ? row->secret_count : 1);
	assert_true(after.is_cookie_required);
	assert_int_equal(after.version_size, row->version_size);
	assert_int_equal(after.hostname_size, row->hostname_size);
	assert_int_equal(after.nsid_size, row->nsid_size);
	for (size_t i = 0; i < row->secret_count; i++)
		assert_int_equal(after.secrets[i][15], 'x');
}

static void test_rows(void **state)
{
	struct fixture *f = *state;

	fixture_load(&f->writer);
	for (size_t i = 0; i < COUNT(rows); i++) {
		check_row(f, &rows[i], true);
		check_row(f, &rows[i], false);
	}
}

static void test_delta_keeps(void **state)
{
	struct fixture *f = *state;
	struct settings before, after;

	fixture_load(&f->writer);
	check_row(f, &rows[1], false);
	before = seen(f);
	client_send_begin(&f->writer, 9, false);
	client_send_commit(&f->writer, 9);
	client_expect_committed(&f->writer, 9);
	after = seen(f);
	assert_memory_equal(&before, &after, sizeof(after));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(test_default),
	    FIXTURE_TEST(test_rows),
	    FIXTURE_TEST(test_delta_keeps),
	};

	return cmocka_run_group_tests_name("update settings", tests, NULL, NULL);
}

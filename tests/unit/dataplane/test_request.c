/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests in their pieces of memory: what is unpacked packs to the same bytes, whatever its shape;
 * damaged ones and failed allocations (malloc() is wrapped at link time) leave nothing behind,
 * which AddressSanitizer sees.
 */
#include "dataplane/proto/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static unsigned fail_at; /* the how manyth allocation from now fails; 0 = none */

void *__wrap_malloc(size_t size)
{
	if (fail_at == 0 || --fail_at > 0)
		return __real_malloc(size);
	return NULL;
}

/* Bytes of a request, to be freed. */
static uint8_t *pack(const channel_request *request, size_t *out_size)
{
	uint8_t *bytes;

	*out_size = protobuf_c_message_get_packed_size(&request->base);
	bytes = malloc(*out_size + 1);
	assert_non_null(bytes);
	protobuf_c_message_pack(&request->base, bytes);
	return bytes;
}

static uint8_t *make_begin(unsigned parts, size_t *out_size)
{
	Reputed__Update__Begin message = REPUTED__UPDATE__BEGIN__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	message.generation = parts;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_BEGIN;
	request.begin = &message;
	return pack(&request, out_size);
}

static uint8_t *make_paint4(unsigned parts, size_t *out_size)
{
	uint32_t *values = calloc(parts + 1, sizeof(*values));
	Reputed__Update__Paint4 message = REPUTED__UPDATE__PAINT4__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	uint8_t *bytes;

	for (unsigned i = 0; i < parts; i++)
		values[i] = i * 70001;
	message.n_first = message.n_last = message.n_verdict = parts;
	message.first = message.last = message.verdict = values;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_PAINT4;
	request.paint4 = &message;
	bytes = pack(&request, out_size);
	free(values);
	return bytes;
}

/* Listings with a text each. */
static uint8_t *make_define(unsigned parts, size_t *out_size)
{
	Reputed__Update__Listing *listings = calloc(parts, sizeof(*listings));
	Reputed__Update__Listing **pointers = calloc(parts, sizeof(*pointers));
	Reputed__Update__Define message = REPUTED__UPDATE__DEFINE__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	static uint8_t text[6000];
	uint8_t *bytes;

	for (unsigned i = 0; i < parts; i++) {
		reputed__update__listing__init(&listings[i]);
		listings[i].id = i;
		listings[i].text.data = text;
		listings[i].text.len = i % 100 == 99 ? sizeof(text) : i % 60;
		pointers[i] = &listings[i];
	}
	message.n_listings = parts;
	message.listings = pointers;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_DEFINE;
	request.define = &message;
	bytes = pack(&request, out_size);
	free(pointers);
	free(listings);
	return bytes;
}

static const struct {
	const char *reason;
	uint8_t *(*make)(unsigned parts, size_t *out_size);
	unsigned parts, failures_min;
} rows[] = {
    {"a few numbers: one piece", make_begin, 1, 1},
    {"one address: still one piece", make_paint4, 1, 1},
    {"arrays that fill up a piece", make_paint4, 60, 1},
    {"large arrays, each with a piece of its own", make_paint4, 5000, 4},
    {"as large as control sends them", make_paint4, 65536, 4},
    {"no address: empty arrays", make_paint4, 0, 1},
    {"many small parts, and some that are large", make_define, 250, 5},
};

static void check_row(size_t row)
{
	channel_request *request;
	uint8_t *bytes, *again;
	size_t size, again_size;
	unsigned fails = 0;

	print_message("# %s\n", rows[row].reason);
	bytes = rows[row].make(rows[row].parts, &size);
	do {
		fail_at = ++fails;
		request = request_unpack(bytes, size);
		/* without memory for a table of what it scanned the library goes on without */
		if (request && fail_at == 0) {
			request_free(request);
			request = NULL;
		}
	} while (!request);
	fail_at = 0;
	assert_in_range(fails - 1, rows[row].failures_min, 100000);
	assert_int_equal(request_size(request), size);
	again = pack(request, &again_size);
	assert_int_equal(again_size, size);
	assert_memory_equal(again, bytes, size);
	request_free(request);
	free(again);
	free(bytes);
}

static void test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(i);
}

/* Each prefix is a request or none, and never more than its bytes. */
static void test_cut_off(void **state)
{
	size_t size, taken = 0;
	uint8_t *bytes = make_define(150, &size);

	(void)state;
	for (size_t cut = 1; cut < size; cut += cut < 500 ? 1 : 37) {
		uint8_t *prefix = malloc(cut);
		channel_request *request;

		memcpy(prefix, bytes, cut);
		request = request_unpack(prefix, cut);
		taken += request != NULL;
		request_free(request);
		free(prefix);
	}
	assert_int_equal(taken, 0);
	free(bytes);
}

/* The same field twice, and another of the same oneof: the last one counts. */
static void test_twice(void **state)
{
	size_t large_size, begin_size;
	uint8_t *large = make_paint4(5000, &large_size), *begin = make_begin(7, &begin_size);
	uint8_t *both = malloc(2 * large_size + begin_size);
	channel_request *request;

	(void)state;
	memcpy(both, large, large_size);
	memcpy(both + large_size, large, large_size);
	memcpy(both + 2 * large_size, begin, begin_size);
	request = request_unpack(both, 2 * large_size + begin_size);
	assert_non_null(request);
	assert_int_equal(request->kind_case, REPUTED__UPDATE__REQUEST__KIND_BEGIN);
	assert_int_equal(request->begin->generation, 7);
	assert_int_equal(request_size(request), 2 * large_size + begin_size);
	request_free(request);
	request = request_unpack(both, 2 * large_size);
	assert_non_null(request);
	assert_int_equal(request->kind_case, REPUTED__UPDATE__REQUEST__KIND_PAINT4);
	request_free(request);
	free(both);
	free(begin);
	free(large);
}

static void test_nothing(void **state)
{
	channel_request *request = request_unpack((const uint8_t *)"", 0);

	(void)state;
	assert_non_null(request);
	assert_int_equal(request->kind_case, REPUTED__UPDATE__REQUEST__KIND__NOT_SET);
	assert_int_equal(request_size(request), 0);
	request_free(request);
	request_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shapes),
	    cmocka_unit_test(test_cut_off),
	    cmocka_unit_test(test_twice),
	    cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

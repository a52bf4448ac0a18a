/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one version changes of another: by hand, and at random against counting address by address.
 */
#include "control/version_diff.h"
#include "feeds/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LIST_CODE 0x7f000002

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

static size_t put_place(char *out, size_t size, const struct version_diff_place *place)
{
	char text[4 * NAME_WIRE_MAX + 2 * ADDRESS_TEXT_MAX];
	size_t length = place->is_name ? name_format(place->wire, place->wire_size, text)
	                               : address_format(&place->range, text);

	return (size_t)snprintf(out, size, " %.*s", (int)length, text);
}

/* "+RANGES4/ADDRESSES4/RANGES6/NAMES SAMPLE…" for what is added, "-…" removed, "~…" changed; parts
 * without anything are left out. */
static void put_diff(const struct version_diff *diff, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (int kind = 0; kind < VERSION_DIFF_KINDS; kind++) {
		const struct version_diff_part *p = &diff->parts[kind];

		if (!p->seen)
			continue;
		at += (size_t)snprintf(out + at, size - at, "%s%c%d/%d/%d/%d", at ? " " : "",
		                       "+-~"[kind], (int)p -> ranges4, (int)p -> addresses4,
		                       (int)p -> ranges6, (int)p -> names);
		for (size_t i = 0; i < p->sample_count; i++)
			at += put_place(out + at, size - at, &p->sample[i]);
	}
}

static const struct {
	const char *why, *format, *was, *is, *expected;
} rows[] = {
    {"nothing before", "plain", NULL, "192.0.2.1\n2001:db8::/32\n",
     "+1/1/1/0 192.0.2.1 2001:db8::/32"},
    {"nothing now", "plain", "192.0.2.0/24\n", "", "-1/256/0/0 192.0.2.0/24"},
    {"the same", "plain", "192.0.2.0/25\n192.0.2.128/25\n", "192.0.2.0/24\n", ""},
    {"a hole", "plain", "192.0.2.0/24\n", "192.0.2.0/25\n192.0.2.129-192.0.2.255\n",
     "-1/1/0/0 192.0.2.128"},
    {"neighbours that come together are one range", "plain", "192.0.2.8\n",
     "192.0.2.7\n192.0.2.8\n192.0.2.9\n192.0.2.10/31\n", "+2/4/0/0 192.0.2.7 192.0.2.9-192.0.2.11"},
    {"one comes beside one that goes", "plain", "192.0.2.8\n", "192.0.2.9\n",
     "+1/1/0/0 192.0.2.9 -1/1/0/0 192.0.2.8"},
    {"another code", "rbldnsd-ip4set", "192.0.2.8 :3:\n192.0.2.9\n", "192.0.2.8 :4:\n192.0.2.9\n",
     "~1/1/0/0 192.0.2.8"},
    {"another text", "rbldnsd-ip4set", "192.0.2.8/31 a\n", "192.0.2.8 a\n192.0.2.9 b\n",
     "~1/1/0/0 192.0.2.9"},
    {"the list's own code, said otherwise", "rbldnsd-ip4set", "192.0.2.8\n", "192.0.2.8 :2\n", ""},
    {"the ends of the address space", "plain", "0.0.0.0\n",
     "0.0.0.0\n255.255.255.255\nffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n",
     "+1/1/1/0 255.255.255.255 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    {"names", "rbldnsd-dnset", "a.test\nb.test\nc.test :3\n", "b.test\nc.test :4\nd.test\n",
     "+0/0/0/1 d.test -0/0/0/1 a.test ~0/0/0/1 c.test"},
    {"what is below, too", "rbldnsd-dnset", "a.test\n", ".a.test\n", "~0/0/0/1 a.test"},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dataset *was = rows[i].was ? read_text(rows[i].format, rows[i].was) : NULL;
		struct dataset *is = read_text(rows[i].format, rows[i].is);
		struct version_diff diff;
		char text[2000];

		assert_int_equal(version_diff(was, is, LIST_CODE, NULL, &diff), 0);
		put_diff(&diff, text, sizeof(text));
		if (strcmp(text, rows[i].expected) != 0)
			fail_msg("%s: '%s', expected '%s'", rows[i].why, text, rows[i].expected);
		dataset_free(was);
		dataset_free(is);
	}
}

static void test_widest(void **state)
{
	struct dataset *was = read_text("plain", "198.51.100.0/24\n");
	struct dataset *is = read_text("plain", "192.0.2.0/25\n10.0.0.0/8\n192.0.2.200\n"
	                                        "2001:db8::/64\n2001:db8:1::/48\n");
	struct version_diff diff;
	char text[2 * ADDRESS_TEXT_MAX];

	(void)state;
	assert_int_equal(version_diff(was, is, LIST_CODE, NULL, &diff), 0);
	address_format(&diff.parts[VERSION_DIFF_ADDED].widest4, text);
	assert_string_equal(text, "10.0.0.0/8");
	address_format(&diff.parts[VERSION_DIFF_ADDED].widest6, text);
	assert_string_equal(text, "2001:db8:1::/48");
	address_format(&diff.parts[VERSION_DIFF_REMOVED].widest4, text);
	assert_string_equal(text, "198.51.100.0/24");
	dataset_free(was);
	dataset_free(is);
}

/* The sample of many is spread evenly: as far apart at the end as at the beginning. */
static void test_sample(void **state)
{
	static const unsigned counts[] = {1, 19, 20, 21, 39, 40, 41, 1000, 9999};
	char *text = malloc(10000 * 20);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		const struct version_diff_part *part;
		struct version_diff diff;
		struct dataset *d;
		size_t at = 0;

		for (unsigned j = 0; j < counts[i]; j++)
			at += (size_t)sprintf(text + at, "198.51.%u.%u\n", j / 100, j % 100 * 2);
		d = read_text("plain", text);
		assert_int_equal(version_diff(NULL, d, LIST_CODE, NULL, &diff), 0);
		part = &diff.parts[VERSION_DIFF_ADDED];
		assert_int_equal(part->ranges4, counts[i]);
		assert_true(part->sample_count <= VERSION_DIFF_SAMPLE_MAX);
		assert_true(part->sample_count >= VERSION_DIFF_SAMPLE_MAX / 2 ||
		            part->sample_count == counts[i]);
		assert_int_equal(part->sample_count,
		                 (counts[i] + part->sample_stride - 1) / part->sample_stride);
		for (size_t j = 0; j < part->sample_count; j++) {
			uint64_t n = j * part->sample_stride;

			assert_true(part->sample[j].range.first ==
			            0xc6330000u + (n / 100 << 8) + n % 100 * 2);
		}
		dataset_free(d);
	}
	free(text);
}

#define MODEL_SIZE 300

/* 0 = not listed, else the last octet of the code. */
static struct dataset *random_version(uint8_t out_codes[MODEL_SIZE])
{
	char text[8192];
	size_t at = 0;

	memset(out_codes, 0, MODEL_SIZE);
	text[0] = '\0';
	for (int i = rand() % 12; i > 0; i--) {
		unsigned first = (unsigned)rand() % MODEL_SIZE;
		unsigned last = first + (unsigned)rand() % 20;
		uint8_t code = (uint8_t)(2 + rand() % 2);

		if (last >= MODEL_SIZE || out_codes[first] || out_codes[last])
			continue;
		for (unsigned j = first; j <= last; j++) {
			if (out_codes[j])
				continue;
			out_codes[j] = code;
			at +=
			    (size_t)sprintf(text + at, "198.51.%u.%u :%u\n", j >> 8, j & 255, code);
		}
	}
	return read_text("rbldnsd-ip4set", text);
}

static void test_model(void **state)
{
	(void)state;
	srand(5);
	for (int round = 0; round < 200; round++) {
		uint64_t ranges[VERSION_DIFF_KINDS + 1] = {0}, addresses[4] = {0};
		uint8_t a[MODEL_SIZE], b[MODEL_SIZE];
		struct dataset *was = random_version(a), *is = random_version(b);
		int before = VERSION_DIFF_KINDS;
		struct version_diff diff;

		for (int i = 0; i < MODEL_SIZE; i++) {
			int kind = a[i] == b[i] ? VERSION_DIFF_KINDS
			           : !a[i]      ? VERSION_DIFF_ADDED
			           : !b[i]      ? VERSION_DIFF_REMOVED
			                        : VERSION_DIFF_CHANGED;

			ranges[kind] += kind != before;
			addresses[kind]++;
			before = kind;
		}
		assert_int_equal(version_diff(was, is, LIST_CODE, NULL, &diff), 0);
		for (int kind = 0; kind < VERSION_DIFF_KINDS; kind++) {
			assert_int_equal(diff.parts[kind].ranges4, ranges[kind]);
			assert_int_equal(diff.parts[kind].addresses4, addresses[kind]);
		}
		dataset_free(was);
		dataset_free(is);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_widest),
	    cmocka_unit_test(test_sample),
	    cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LISTINGS_MAX 3

struct row {
	const char *why;
	struct {
		uint32_t list;        /* lists 1 and 2 are shown */
		unsigned filler;      /* so many 'x' come first */
		const char *template; /* NULL = no further listing */
	} listings[LISTINGS_MAX];
	unsigned expected_filler;
	const char *expected; /* behind the filler */
};

static const struct row rows[] = {
    {"'$' is the subject", {{1, 0, "$"}}, 0, "192.0.2.1"},
    {"in the middle and at the end", {{1, 0, "a$b$"}}, 0, "a192.0.2.1b192.0.2.1"},
    {"'$$' is a dollar", {{1, 0, "5$$"}}, 0, "5$"},
    {"'$$$' is a dollar and the subject", {{1, 0, "$$$"}}, 0, "$192.0.2.1"},
    {"'$$$$' is two dollars", {{1, 0, "$$$$"}}, 0, "$$"},
    {"two texts", {{1, 0, "a"}, {2, 0, "b"}}, 0, "a; b"},
    {"the same text twice", {{1, 0, "a"}, {2, 0, "b"}, {1, 0, "a"}}, 0, "a; b"},
    {"a text that is not shown", {{3, 0, "a"}, {2, 0, "b"}}, 0, "b"},
    {"the first of two alike is not shown", {{3, 0, "a"}, {2, 0, "a"}}, 0, "a"},
    {"no text among texts", {{1, 0, "a"}, {2, 0, ""}, {1, 0, "b"}}, 0, "a; b"},
    {"no text at all", {{1, 0, ""}}, 0, ""},
    {"nothing shown", {{3, 0, "a"}}, 0, ""},
    {"255 bytes", {{1, 254, "y"}}, 254, "y"},
    {"255 bytes, then no room for the separator", {{1, 255, ""}, {2, 0, "b"}}, 255, ""},
    {"254 bytes and half a separator", {{1, 254, ""}, {2, 0, "b"}}, 254, ";"},
    {"two bytes fit", {{1, 253, "\xc3\xa9"}}, 253, "\xc3\xa9"},
    {"two bytes are torn", {{1, 0, "$"}, {1, 243, "\xc3\xa9"}}, 0, NULL},
    {"three bytes fit", {{1, 252, "\xe2\x82\xac"}}, 252, "\xe2\x82\xac"},
    {"three bytes are torn after one", {{1, 1, ""}, {2, 251, "\xe2\x82\xac"}}, 0, NULL},
    {"three bytes are torn after two", {{1, 1, ""}, {2, 250, "\xe2\x82\xac"}}, 0, NULL},
    {"four bytes are torn after three", {{1, 1, ""}, {2, 249, "\xf0\x9f\x98\x80"}}, 0, NULL},
    {"a whole character before the cut stays", {{1, 1, ""}, {2, 250, "\xc3\xa9z"}}, 0, NULL},
};

static struct listing *listing_new(uint32_t list, unsigned filler, const char *template)
{
	size_t size = filler + strlen(template);
	struct listing *listing = malloc(sizeof(*listing) + size);

	assert_non_null(listing);
	assert_true(size <= LISTING_TEXT_MAX);
	*listing = (struct listing){.list = list, .code = 0x7f000002, .text_size = (uint8_t)size};
	memset(listing->text, 'x', filler);
	memcpy(listing->text + filler, template, strlen(template));
	return listing;
}

/* The text before it is cut, cut by hand at the last character that ends within 255 bytes. */
static size_t expected_of(const struct row *row, char *out_text)
{
	char whole[1024] = "";
	size_t size = 0, last = 0;

	if (row->expected) {
		memset(out_text, 'x', row->expected_filler);
		strcpy(out_text + row->expected_filler, row->expected);
		return row->expected_filler + strlen(row->expected);
	}
	for (unsigned i = 0; i < LISTINGS_MAX && row->listings[i].template; i++) {
		const char *template = row->listings[i].template;

		if (strcmp(template, "$") == 0)
			template = "192.0.2.1";
		if (i > 0) {
			memcpy(whole + size, "; ", 2);
			size += 2;
		}
		memset(whole + size, 'x', row->listings[i].filler);
		size += row->listings[i].filler;
		memcpy(whole + size, template, strlen(template));
		size += strlen(template);
	}
	assert_true(size > TEXT_MAX); /* or the row is not what it says */
	for (size_t at = 0; at <= TEXT_MAX; at++) {
		unsigned char byte = (unsigned char)whole[at];

		if (byte < 0x80 || byte >= 0xc0)
			last = at;
	}
	memcpy(out_text, whole, last);
	return last;
}

static void test_rows(void **state)
{
	struct zone zone = {.lists = {1 << 1 | 1 << 2}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct verdict *verdict =
		    malloc(sizeof(*verdict) + LISTINGS_MAX * sizeof(struct listing *));
		const struct listing **slots = (const struct listing **)verdict->listings;
		struct query q = {.kind = QUERY_IP4, .address4 = 0xc0000201, .zone = &zone};
		char expected[TEXT_MAX + 8];
		uint8_t text[TEXT_ROOM];
		size_t size;
		uint32_t count = 0;

		for (; count < LISTINGS_MAX && rows[i].listings[count].template; count++)
			slots[count] = listing_new(rows[i].listings[count].list,
			                           rows[i].listings[count].filler,
			                           rows[i].listings[count].template);
		verdict->count = count;
		q.listings = verdict;
		size = text_write(&q, text);
		if (size != expected_of(&rows[i], expected) || memcmp(text, expected, size) != 0)
			fail_msg("%s: '%.*s'", rows[i].why, (int)size, text);
		while (count > 0)
			free((void *)slots[--count]);
		free(verdict);
	}
}

/* Texts that come again and again cost no more than the different ones: this ends in no time. */
static void test_many(void **state)
{
	enum { MANY = 60000 };
	struct zone zone = {.lists = {1 << 1}};
	struct verdict *verdict = malloc(sizeof(*verdict) + MANY * sizeof(struct listing *));
	const struct listing **slots = (const struct listing **)verdict->listings;
	const struct listing *texts[] = {listing_new(3, 0, "c"), listing_new(1, 0, "a"),
	                                 listing_new(1, 0, "b")};
	struct query q = {.kind = QUERY_IP4, .zone = &zone, .listings = verdict};
	uint8_t text[TEXT_ROOM];

	(void)state;
	verdict->count = MANY;
	for (unsigned i = 0; i < MANY; i++)
		slots[i] = texts[i / (MANY / 3)];
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(text_write(&q, text), 4);
	assert_memory_equal(text, "a; b", 4);
	for (unsigned i = 0; i < 3; i++)
		free((void *)texts[i]);
	free(verdict);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads a feed and answers keys as a zone of that feed alone would:
 *   ask [-k] FORMAT FILE      -k: keep bogons
 * Prints the facts to standard error, then for each line of standard input (an address or a name)
 * the key and, after tabs, "CODE TEXT" of what is listed; CODE '-': the list's code, TEXT '-': the
 * list's text, 'none': no text.
 */
#include "feeds/format.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void facts_print(const struct dataset *d, double seconds)
{
	const struct dataset_facts *f = &d->facts;

	fprintf(stderr,
	        "entries %" PRIu64 " lines %" PRIu64 " bad %" PRIu64 " masked %" PRIu64
	        " bogons %" PRIu64 " widest /%u /%u ranges4 %zu ranges6 %zu names %zu sets %zu\n",
	        f->entry_count, f->line_count, f->bad_line_count, f->masked_count, f->bogon_count,
	        f->widest4, f->widest6, d->range4_count, d->range6_count, d->name_count,
	        dataset_set_count(d));
	fprintf(stderr, "timestamp %" PRId64 " expires %" PRId64 " memory %zu seconds %.3f\n",
	        f->timestamp_s, f->expires_s, d->memory_size, seconds);
	for (size_t i = 0; i < d->message_count; i++)
		fprintf(stderr, "line %" PRIu64 ": %s\n", d->messages[i].line, d->messages[i].text);
}

static void text_print(const struct dataset_value *value, const char *subject)
{
	if (value->text_kind == DATASET_TEXT_LIST)
		printf(" -");
	else if (value->text_kind == DATASET_TEXT_NONE)
		printf(" none");
	else
		printf(" \"");
	for (unsigned i = 0; i < value->text_size; i++) {
		bool is_dollar = value->text[i] == '$';

		if (is_dollar && i + 1 < value->text_size && value->text[i + 1] == '$')
			i++;
		else if (is_dollar) {
			printf("%s", subject);
			continue;
		}
		putchar(value->text[i]);
	}
	if (value->text_kind == DATASET_TEXT_OWN)
		putchar('"');
}

static void set_print(const struct dataset *d, uint32_t set, const char *subject)
{
	const struct dataset_value *const *values;
	size_t count = dataset_set(d, set, &values);

	for (size_t i = 0; i < count; i++) {
		uint32_t code = values[i]->code;

		putchar('\t');
		if (code)
			printf("%u.%u.%u.%u", code >> 24, code >> 16 & 255, code >> 8 & 255,
			       code & 255);
		else
			printf("-");
		text_print(values[i], subject);
	}
}

static uint32_t range_find(const struct dataset *d, const struct address_range *key)
{
	size_t low = 0, high = key->is_ip6 ? d->range6_count : d->range4_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		address6_t last = key->is_ip6 ? d->ranges6[middle].last : d->ranges4[middle].last;

		if (last < key->first)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == (key->is_ip6 ? d->range6_count : d->range4_count))
		return 0;
	if (key->is_ip6)
		return d->ranges6[low].first <= key->first ? d->ranges6[low].set : 0;
	return d->ranges4[low].first <= key->first ? d->ranges4[low].set : 0;
}

/* out_matched: the size of the name, or of the name above, that decided. */
static uint32_t name_find(const struct dataset *d, const uint8_t *wire, size_t size,
                          size_t *out_matched)
{
	for (size_t at = 0; at < size; at += 1u + wire[at]) {
		for (size_t i = 0; i < d->name_count; i++) {
			const struct dataset_name *name = &d->names[i];
			uint32_t set = at ? name->subtree : name->exact;

			if (name_compare(wire + at, size - at, d->name_bytes + name->offset,
			                 name->size) ||
			    set == DATASET_ABSENT)
				continue;
			*out_matched = size - at;
			return set;
		}
	}
	return 0;
}

static void answer(const struct dataset *d, const char *key)
{
	struct address_range range;
	uint8_t wire[NAME_WIRE_MAX];
	char subject[4 * NAME_WIRE_MAX + 2];
	size_t matched;
	uint32_t set = 0;
	int size;

	if (address_parse(key, strlen(key), &range) == 0) {
		address_format(&range, subject);
		set = range_find(d, &range);
	} else if ((size = name_parse(key, strlen(key), wire)) >= 0) {
		set = name_find(d, wire, (size_t)size, &matched);
		if (set)
			name_format(wire + size - matched, matched, subject);
	}
	printf("%s", key);
	if (set)
		set_print(d, set, subject);
	putchar('\n');
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
	bool is_keeping = argc > 1 && !strcmp(argv[1], "-k");
	struct dataset_options options = {.drop_bogons = !is_keeping};
	const struct format *format;
	struct reader *reader;
	struct dataset *d;
	char error[256], key[1200];
	double start = now_s();

	if (argc != 3 + is_keeping) {
		fprintf(stderr, "usage: ask [-k] FORMAT FILE\n");
		return 2;
	}
	format = format_find(argv[1 + is_keeping]);
	reader = reader_open(argv[2 + is_keeping]);
	if (!format || !reader) {
		fprintf(stderr, "%s\n", format ? strerror(errno) : "no such format");
		return 1;
	}
	d = format_read(format, reader, &options, error, sizeof(error));
	reader_close(reader);
	if (!d) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	facts_print(d, now_s() - start);
	while (fgets(key, sizeof(key), stdin)) {
		key[strcspn(key, "\n")] = 0;
		answer(d, key);
	}
	dataset_free(d);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a feed of one format (FORMAT, and its OPTIONS, set by the build): what comes out
 * keeps the promises of feeds/dataset.h, and reading it again gives the same.
 */
#include "feeds/format.h"

#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_EXPANDED (1u << 20)

#ifdef OPTIONS
static const char *const option_pairs[] = {OPTIONS, NULL};
#else
static const char *const option_pairs[] = {NULL};
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* MMDB_open() of libmaxminddb 1.7 forgets memory when it refuses a file. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libmaxminddb";
}

static struct format_options *options_make(void)
{
	struct format_options *made = format_options_new();
	char key[64];

	for (size_t i = 0; made && option_pairs[i]; i++) {
		size_t key_size = strcspn(option_pairs[i], "=");

		memcpy(key, option_pairs[i], key_size);
		key[key_size] = 0;
		if (format_options_add(made, key, option_pairs[i] + key_size + 1) < 0)
			abort();
	}
	return made;
}

static struct dataset *feed_read(const uint8_t *data, size_t size)
{
	static struct dataset_options options = {.drop_bogons = true};
	struct reader *reader = reader_open_memory(data, size);
	struct dataset *d;
	char error[200] = "";

	if (!reader)
		return NULL;
	if (!options.format)
		options.format = options_make();
	reader_limit(reader, SIZE_MAX_EXPANDED);
	d = format_read(format_find(FORMAT), reader, &options, error, sizeof(error));
	reader_close(reader);
	if (!d && !error[0])
		abort();
	return d;
}

static void require(int is_true)
{
	if (!is_true)
		abort();
}

static void ranges_check(const struct dataset *d, uint8_t *used)
{
	struct dataset_range4 range, before = {0};
	size_t count = 0;

	for (size_t i = 0; i < d->edges4.count; before = range, count++) {
		i = dataset_edge4_range(&d->edges4, i, &range);
		require(i <= d->edges4.count);
		require(range.first <= range.last && range.set);
		require(range.set <= dataset_set_count(d));
		require(range.first > 0x7f000001 || range.last < 0x7f000001);
		used[range.set] = 1;
		if (count)
			require(range.first > before.last &&
			        (range.first > before.last + 1 || range.set != before.set));
	}
	require(count == d->range4_count);
	for (size_t i = 0; i < d->range6_count; i++) {
		const struct dataset_range6 *r = &d->ranges6[i];

		require(r->first <= r->last && r->set && r->set <= dataset_set_count(d));
		used[r->set] = 1;
		if (i)
			require(r->first > r[-1].last &&
			        (r->first > r[-1].last + 1 || r->set != r[-1].set));
	}
}

static void set_mark(const struct dataset *d, uint32_t set, uint8_t *used)
{
	if (set == DATASET_ABSENT || !set)
		return;
	require(set <= dataset_set_count(d));
	used[set] = 1;
}

static void names_check(const struct dataset *d, uint8_t *used)
{
	for (size_t i = 0; i < d->name_count; i++) {
		const struct dataset_name *n = &d->names[i];

		require(n->size && (n->exact != DATASET_ABSENT || n->subtree != DATASET_ABSENT));
		set_mark(d, n->exact, used);
		set_mark(d, n->subtree, used);
		if (i)
			require(name_compare(d->name_bytes + n[-1].offset, n[-1].size,
			                     d->name_bytes + n->offset, n->size) < 0);
	}
}

static void sets_check(const struct dataset *d, const uint8_t *used)
{
	for (uint32_t set = 1; set <= dataset_set_count(d); set++) {
		const struct dataset_value *const *values;
		size_t count = dataset_set(d, set, &values);

		require(used[set] && count && count <= DATASET_SET_MAX);
		for (size_t i = 0; i < count; i++) {
			require(!values[i]->code || values[i]->code >> 24 == 127);
			require(values[i]->code != 0x7f000001);
			require(!values[i]->text_size || values[i]->text_kind == DATASET_TEXT_OWN);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dataset *d = feed_read(data, size), *again;
	uint8_t *used;

	if (!d)
		return 0;
	used = calloc(dataset_set_count(d) + 1, 1);
	require(used != NULL);
	ranges_check(d, used);
	names_check(d, used);
	sets_check(d, used);
	require(d->facts.bad_line_count <= d->facts.line_count);
	again = feed_read(data, size);
	require(again && !memcmp(d->facts.hash, again->facts.hash, sizeof(d->facts.hash)));
	free(used);
	dataset_free(d);
	dataset_free(again);
	return 0;
}

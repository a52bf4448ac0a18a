/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What control does with a feed of many addresses, in one process and without a data plane: reading
 * and parsing, sorting, merging with other lists, comparing with the version before. Prints a JSON
 * line per figure. bench_load.py has the whole way to an answer.
 *
 * usage: bench_load [COUNT]                addresses; default 1000000
 *        bench_load --generate FILE COUNT [LAST LINE]   write them as text
 *        bench_load --dataset FILE FORMAT               the memory of a file's dataset
 */
#include "bench/mix.h"
#include "control/catalog.h"
#include "control/load.h"
#include "control/merge.h"
#include "feeds/format.h"
#include "feeds/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COUNT_DEFAULT 1000000
#define COUNT_MAX     200000000
#define RUNS          5
#define LISTS         64
#define SHARE_PERCENT 50 /* of a small list's entries are in others too */

/* Unicast space that no guard removes. */
static bool is_public(uint32_t address)
{
	unsigned first = address >> 24, second = address >> 16 & 255;

	return first > 0 && first < 224 && first != 10 && first != 127 && first != 100 &&
	       first != 169 && first != 192 && !(first == 172 && second >= 16 && second < 32);
}

/* One that is no other's neighbour in the numbering: for a line that changes. */
static uint32_t public_address(uint32_t *counter)
{
	uint32_t address;

	do {
		address = mix32((*counter)++);
	} while (!is_public(address));
	return address;
}

static size_t address_print(char *out, uint32_t address)
{
	return (size_t)sprintf(out, "%u.%u.%u.%u\n", address >> 24, address >> 16 & 255,
	                       address >> 8 & 255, address & 255);
}

/* Lines of the addresses number `skip` to `skip + count`. Errors: NULL */
static char *text_make(uint32_t skip, size_t count, size_t *out_size)
{
	char *text = malloc(count * 16 + 1);
	uint32_t counter = skip;
	size_t size = 0;

	for (size_t i = 0; text && i < count; i++)
		size += address_print(text + size, public_address(&counter));
	*out_size = size;
	return text;
}

static int generate(const char *path, size_t count, const char *last)
{
	FILE *file = fopen(path, "w");
	uint32_t counter = 0;
	char line[32];
	bool is_written;

	if (!file) {
		perror(path);
		return 1;
	}
	for (size_t i = 0; i + (last != NULL) < count; i++)
		fwrite(line, 1, address_print(line, public_address(&counter)), file);
	if (last)
		fprintf(file, "%s\n", last);
	is_written = !ferror(file);
	if (fclose(file) != 0 || !is_written) {
		perror(path);
		return 1;
	}
	return 0;
}

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void tell(const char *name, double value, const char *unit, unsigned n)
{
	printf("{\"name\": \"%s\", \"value\": %.4g, \"unit\": \"%s\", \"n\": %u}\n", name, value,
	       unit, n);
	fflush(stdout);
}

static void tell_median(const char *name, double *values, unsigned n, const char *unit)
{
	qsort(values, n, sizeof(*values), compare_doubles);
	tell(name, values[n / 2], unit, n);
}

/* Resident bytes that are no file's. */
static double resident_size(void)
{
	unsigned long total, resident, shared;
	FILE *file = fopen("/proc/self/statm", "r");
	int got = file ? fscanf(file, "%lu %lu %lu", &total, &resident, &shared) : 0;

	if (file)
		fclose(file);
	return got == 3 ? (double)(resident - shared) * (double)sysconf(_SC_PAGESIZE) : 0;
}

static struct dataset *read_text(const char *text, size_t size)
{
	const struct dataset_options options = {.drop_bogons = true};
	struct reader *reader = reader_open_memory(text, size);
	char error[256];
	struct dataset *d;

	d = reader ? format_read(format_find("plain"), reader, &options, error, sizeof(error))
	           : NULL;
	reader_close(reader);
	if (!d) {
		fprintf(stderr, "bench_load: cannot read: %s\n", reader ? error : "no memory");
		exit(1);
	}
	return d;
}

static int count_emitted(void *context, address6_t first, address6_t last, uint32_t verdict)
{
	uint64_t *listed = context;

	*listed += verdict ? (uint64_t)(last - first + 1) : 0;
	return 0;
}

static void check(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "bench_load: %s: %s\n", what, strerror(-rc));
	exit(1);
}

/* Merge datasets as lists; returns the seconds it took. */
static double merge_all(struct dataset *const *datasets, unsigned count, uint64_t *out_listed)
{
	struct catalog *catalog = catalog_new();
	struct merge_source sources[LISTS], *pointers[LISTS];
	struct merge_never never;
	struct merge_view view = {
	    .catalog = catalog, .never = &never, .sources = pointers, .count = count};
	struct merge_sweep *sweep;
	double started_s;

	check(catalog ? merge_never_init(&never, NULL, 0) : -ENOMEM, "never-list");
	for (unsigned i = 0; i < count; i++) {
		check(merge_source_init(&sources[i], datasets[i], i, 0x7f000002, "text"), "list");
		pointers[i] = &sources[i];
	}
	*out_listed = 0;
	started_s = now_s();
	sweep = merge_sweep_new(&view, false);
	check(sweep ? merge_sweep_range(sweep, 0, UINT32_MAX, count_emitted, out_listed) : -ENOMEM,
	      "merge");
	started_s = now_s() - started_s;
	merge_sweep_free(sweep);
	for (unsigned i = 0; i < count; i++)
		merge_source_done(&sources[i]);
	merge_never_done(&never);
	catalog_free(catalog);
	return started_s;
}

static double compare_two(struct dataset *old, struct dataset *new, struct load_changes *out)
{
	struct catalog *catalog = catalog_new();
	struct merge_source a, b;
	double started_s;

	check(catalog ? merge_source_init(&a, old, 0, 0x7f000002, "text") : -ENOMEM, "list");
	check(merge_source_init(&b, new, 0, 0x7f000002, "text"), "list");
	started_s = now_s();
	check(load_compare(catalog, &a, &b, out), "compare");
	started_s = now_s() - started_s;
	merge_source_done(&a);
	merge_source_done(&b);
	catalog_free(catalog);
	return started_s;
}

static void bench_read(const char *text, size_t size, size_t count)
{
	double read_s[RUNS], merge_s[RUNS], before, after = 0;
	uint64_t listed;

	for (unsigned run = 0; run < RUNS; run++) {
		struct dataset *d;

		malloc_trim(0);
		before = resident_size();
		read_s[run] = now_s();
		d = read_text(text, size);
		read_s[run] = now_s() - read_s[run];
		malloc_trim(0);
		after = resident_size() - before;
		merge_s[run] = merge_all(&d, 1, &listed);
		if (listed != count) {
			fprintf(stderr, "bench_load: %" PRIu64 " of %zu listed\n", listed, count);
			exit(1);
		}
		dataset_free(d);
	}
	tell_median("load_parse", read_s, RUNS, "s");
	tell("load_parse_rate", (double)count / read_s[RUNS / 2] / 1e6, "M lines/s", RUNS);
	tell_median("load_merge_1_list", merge_s, RUNS, "s");
	tell("load_dataset_memory", after / (double)count, "B/address", 1);
}

static void bench_changed_line(char *text, size_t size)
{
	struct dataset *old = read_text(text, size), *new;
	struct load_changes changes;
	double compare_s[RUNS];

	memcpy(text, "8.8.8.8\n", 8);
	for (size_t i = 8; text[i - 1] != '\n' || text[i] != '\n'; i++) { /* blank the rest */
		if (text[i] == '\n')
			break;
		text[i] = ' ';
	}
	new = read_text(text, size);
	for (unsigned run = 0; run < RUNS; run++)
		compare_s[run] = compare_two(old, new, &changes);
	tell_median("load_compare_1_changed", compare_s, RUNS, "s");
	tell("load_compare_changes", (double)(changes.added + changes.removed), "ranges", 1);
	dataset_free(old);
	dataset_free(new);
}

/* Lists that overlap by half with the next one. */
static void bench_lists(size_t count)
{
	struct dataset *datasets[LISTS];
	size_t each = count / LISTS * 3 / 2;
	double merge_s[RUNS];
	uint64_t listed = 0;

	for (unsigned i = 0; i < LISTS; i++) {
		size_t size;
		char *text =
		    text_make((uint32_t)(i * (each - each * SHARE_PERCENT / 100)), each, &size);

		check(text ? 0 : -ENOMEM, "text");
		datasets[i] = read_text(text, size);
		free(text);
	}
	for (unsigned run = 0; run < RUNS; run++)
		merge_s[run] = merge_all(datasets, LISTS, &listed);
	tell_median("load_merge_64_lists", merge_s, RUNS, "s");
	tell("load_merge_64_lists_entry", merge_s[RUNS / 2] / (double)(LISTS * each) * 1e9,
	     "ns/entry", RUNS);
	for (unsigned i = 0; i < LISTS; i++)
		dataset_free(datasets[i]);
}

static int tell_dataset(const char *path, const char *format)
{
	const struct dataset_options options = {.drop_bogons = true};
	const struct format *of = format_find(format);
	struct reader *reader = reader_open(path);
	struct dataset *d = NULL;
	char error[256] = "no such file or format";

	if (of && reader)
		d = format_read(of, reader, &options, error, sizeof(error));
	reader_close(reader);
	if (!d) {
		fprintf(stderr, "bench_load: '%s': %s\n", path, error);
		return 1;
	}
	printf("{\"name\": \"dataset\", \"value\": %zu, \"unit\": \"B\", \"n\": %" PRIu64 "}\n",
	       d->memory_size, d->facts.entry_count);
	dataset_free(d);
	return 0;
}

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoull(argv[argc > 2 ? 3 : 1], NULL, 10) : COUNT_DEFAULT, size;
	char *text;

	if (argc == 4 && strcmp(argv[1], "--dataset") == 0)
		return tell_dataset(argv[2], argv[3]);
	if (argc == 3 || count < LISTS || count > COUNT_MAX) {
		fprintf(stderr, "usage: bench_load [COUNT]\n"
		                "       bench_load --generate FILE COUNT [LAST LINE]\n"
		                "       bench_load --dataset FILE FORMAT\n");
		return 2;
	}
	if (argc > 3)
		return generate(argv[2], count, argc > 4 ? argv[4] : NULL);
	text = text_make(0, count, &size);
	check(text ? 0 : -ENOMEM, "text");
	bench_read(text, size, count);
	bench_changed_line(text, size);
	free(text);
	bench_lists(count);
	return 0;
}

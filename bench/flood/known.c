/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/flood/known.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct growing {
	struct address_range *ranges;
	size_t count, room;
};

static int grow(struct growing *g, const struct address_range *range)
{
	if (g->count == g->room) {
		size_t room = g->room ? 2 * g->room : 1024;
		struct address_range *ranges = realloc(g->ranges, room * sizeof(*ranges));

		if (!ranges)
			return -ENOMEM;
		g->ranges = ranges;
		g->room = room;
	}
	g->ranges[g->count++] = *range;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct address_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* So that ranges which overlap are found from the last one that begins below an address. */
static size_t join(struct growing *g)
{
	size_t count = 0;

	if (g->count)
		qsort(g->ranges, g->count, sizeof(*g->ranges), compare);
	for (size_t i = 0; i < g->count; i++) {
		struct address_range *last = &g->ranges[count ? count - 1 : 0];

		if (count && g->ranges[i].first <= last->last) {
			if (g->ranges[i].last > last->last)
				last->last = g->ranges[i].last;
		} else {
			g->ranges[count++] = g->ranges[i];
		}
	}
	return count;
}

static int read_lines(FILE *file, const char *path, struct growing *out_by_family, char *out_error,
                      size_t error_size)
{
	char *line = NULL;
	size_t room = 0;
	int rc = 0;

	for (unsigned long number = 1; rc == 0 && getline(&line, &room, file) >= 0; number++) {
		size_t begin = strspn(line, " \t\r\n"), end = strcspn(line, "#\r\n");
		struct address_range range;

		while (end > begin && (line[end - 1] == ' ' || line[end - 1] == '\t'))
			end--;
		if (begin >= end)
			continue;
		rc = address_parse(line + begin, end - begin, &range);
		if (rc < 0)
			snprintf(out_error, error_size,
			         "'%s' line %lu: expected an address, prefix or range", path,
			         number);
		else
			rc = grow(&out_by_family[range.is_ip6], &range);
	}
	free(line);
	return rc;
}

int known_read(const char *path, struct known *out_known, char *out_error, size_t error_size)
{
	struct growing by_family[2] = {{0}};
	FILE *file = fopen(path, "re");
	int rc;

	if (!file) {
		rc = -errno;
		snprintf(out_error, error_size, "'%s': %s", path, strerror(-rc));
		return rc;
	}
	snprintf(out_error, error_size, "'%s': out of memory", path);
	rc = read_lines(file, path, by_family, out_error, error_size);
	fclose(file);
	*out_known = (struct known){join(&by_family[0]), join(&by_family[1]), by_family[0].ranges,
	                            by_family[1].ranges};
	if (rc < 0)
		known_done(out_known);
	return rc;
}

void known_done(struct known *known)
{
	free(known->ranges4);
	free(known->ranges6);
	*known = (struct known){0};
}

bool known_has(const struct address_range *ranges, size_t count, address6_t address)
{
	size_t low = 0;

	while (count > 0) { /* the first range that begins above the address */
		size_t half = count / 2;

		if (ranges[low + half].first <= address) {
			low += half + 1;
			count -= half + 1;
		} else {
			count = half;
		}
	}
	return low > 0 && address <= ranges[low - 1].last;
}

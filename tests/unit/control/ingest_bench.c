/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/control/ingest_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

void ingest_bench_write(struct folder *f, const char *recipe)
{
	char text[65536];
	size_t size = 0;
	unsigned good, bad = 0;
	char *rest;

	unlink(folder_at(f, "source"));
	rmdir(folder_at(f, "source"));
	if (!recipe)
		return;
	if (strcmp(recipe, "dir") == 0) {
		assert_int_equal(mkdir(folder_at(f, "source"), 0700), 0);
		return;
	}
	good = (unsigned)strtoul(recipe, &rest, 10);
	if (*rest == '+')
		bad = (unsigned)strtoul(rest + 1, &rest, 10);
	for (unsigned i = 0; i < good; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, "198.51.%u.%u\n",
		                         i / 100, i % 100 * 2);
	for (unsigned i = 0; i < bad; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, "rubbish %u !\n", i);
	if (*rest == '/')
		size += (size_t)snprintf(text + size, sizeof(text) - size, "32.0.0.0%s\n", rest);
	if (*rest == '#')
		size += (size_t)snprintf(text + size, sizeof(text) - size, "# %s\n", rest + 1);
	text[size] = '\0';
	folder_write(f, "source", text);
}

void ingest_bench_init(struct ingest_bench *b)
{
	memset(b, 0, sizeof(*b));
	folder_init(&b->f);
	b->settings.path = strdup(folder_at(&b->f, "source"));
	b->settings.format = format_find("plain");
	b->settings.guards = (struct guard_limits)GUARD_LIMITS_DEFAULT;
	b->v = versions_open(folder_at(&b->f, "feed"), NULL, NULL);
	assert_non_null(b->v);
	versions_keep(b->v, 0);
	assert_non_null(b->settings.format);
}

void ingest_bench_done(struct ingest_bench *b)
{
	dataset_free(b->result.dataset);
	versions_close(b->v);
	free(b->settings.path);
	folder_done(&b->f);
}

void ingest_bench_reopen(struct ingest_bench *b)
{
	versions_close(b->v);
	b->v = versions_open(folder_at(&b->f, "feed"), NULL, NULL);
	assert_non_null(b->v);
}

enum ingest_outcome ingest_bench_read(struct ingest_bench *b, const char *recipe)
{
	ingest_bench_write(&b->f, recipe);
	dataset_free(b->result.dataset);
	ingest_source(&b->settings, b->v, false, &b->result);
	assert_false(folder_has(&b->f, "feed/incoming"));
	assert_int_equal(b->result.dataset != NULL, b->result.outcome == INGEST_TAKEN);
	return b->result.outcome;
}

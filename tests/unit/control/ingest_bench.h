/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* A feed of the format plain in a folder, for tests of what is decided about it. */
#include "control/ingest.h"
#include "tests/unit/control/folder.h"

struct ingest_bench {
	struct folder f;
	struct ingest_settings settings;
	struct versions *v;
	struct ingest_result result;
};

/*
 * Source files are written as a recipe: "120" = so many good lines, "+5" and so many bad ones,
 * "/7" and a /7; NULL = no file, "dir" = a folder.
 */
void ingest_bench_write(struct folder *f, const char *recipe);

void ingest_bench_init(struct ingest_bench *b);
void ingest_bench_done(struct ingest_bench *b);

/* Forget all that is not on disk. */
void ingest_bench_reopen(struct ingest_bench *b);

/* Write the source, and read it. */
enum ingest_outcome ingest_bench_read(struct ingest_bench *b, const char *recipe);

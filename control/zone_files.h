/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The records files of a configuration's zones, each read once however many zones have it. A file
 * that is bad or gone keeps its last good records; that is logged once for each version of it.
 *
 * Threads: one thread per struct zone_files.
 */
#include "control/config.h"
#include "control/zone_records.h"

#include <stdbool.h>

struct zone_file;

struct zone_files {
	struct zone_file *items; /* by path, ascending */
	size_t count;
	unsigned *by_zone; /* 1 + index into items, by zone; 0 = none */
};

/* Read the files of a configuration. Errors: -ENOMEM */
int zone_files_init(struct zone_files *f, const struct config *config);
void zone_files_done(struct zone_files *f);

/* Where a file could not be read at first, use the records that another set has of it. */
void zone_files_move(struct zone_files *from, struct zone_files *to);

/*
 * Read again what changed, once it was the same for two calls: nobody writes to it any more then.
 * Returns whether records are others than before. Cost: one stat() a file when all is well
 */
bool zone_files_check(struct zone_files *f);

/* The records of a zone, borrowed; NULL = none. f: NULL is allowed */
const struct zone_records *zone_files_get(const struct zone_files *f, unsigned zone);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Notices that a file is another one than before: closed after writing, replaced by rename,
 * removed, its folder or a symbolic link on the way made or replaced; same size and same second
 * included (inotify on every folder on the way). Where inotify sees nothing (network file systems,
 * mmap), the file is looked at every poll_s.
 *
 * Threads: the main loop only.
 */
#include <stdint.h>

#define SOURCE_SETTLE_MS 2000 /* without further writing, until an open file is taken as it is */

struct event_base;
struct source_set;
struct source;

/* The file may have changed, appeared or vanished since the last call. */
typedef void source_changed(struct source *source, void *context);

/* settle_ms: SOURCE_SETTLE_MS but in tests. Errors: NULL with errno */
struct source_set *source_set_new(struct event_base *base, unsigned settle_ms);
/* All sources must be gone; NULL is allowed. */
void source_set_free(struct source_set *set);

/*
 * Watch a file; it need not exist, nor its folder. poll_s: 0 = inotify only.
 * Errors: NULL with errno
 */
struct source *source_add(struct source_set *set, const char *path, uint64_t poll_s,
                          source_changed *changed, void *context);
/* NULL is allowed. */
void source_remove(struct source *source);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Notices that a file of keys of the configuration, or one of who may ask, changed.
 *
 * Threads: the main loop only.
 */
#include "control/config.h"

struct event_base;
struct key_watch;

typedef void key_watch_changed(void *context);

/* No files yet. Errors: NULL with errno */
struct key_watch *key_watch_new(struct event_base *base, key_watch_changed *changed, void *context);
/* NULL is allowed. */
void key_watch_free(struct key_watch *w);

/* Watch the files of this configuration and no others. Errors: negative errno; some are not. */
int key_watch_set(struct key_watch *w, const struct config *config);

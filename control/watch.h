/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Watches the data plane over a connection of its own: asks for its status, and notices at once
 * when it goes away and soon when it comes back.
 *
 * Threads: the main loop only.
 */
#include <stdbool.h>
#include <stdint.h>

#define WATCH_INTERVAL_MS 250

struct event_base;
struct watch;

struct watch_status {
	bool is_connected;
	bool is_known; /* the rest was told at least once since it was connected */
	bool is_loaded;
	uint64_t generation, session, uptime_s, memory_size, entries;
	uint32_t pid;
};

/* It came, went, or is another one than before. */
typedef void watch_changed(bool is_connected, void *context);

/* path: of the data plane's socket, copied. Errors: NULL with errno */
struct watch *watch_new(struct event_base *base, const char *path, watch_changed *changed,
                        void *context);
void watch_free(struct watch *w);

/* The last answer; at most some WATCH_INTERVAL_MS old when the data plane is well. */
const struct watch_status *watch_get(const struct watch *w);

/* Ask now: something was just changed. */
void watch_poke(struct watch *w);

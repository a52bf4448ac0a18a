/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A thread that is merely busy: what it costs a reader on another processor is what updates of
 * the same duty cannot go below, as two processors share caches, memory and perhaps a core.
 *
 * Threads: one.
 */
#include <stddef.h>
#include <stdint.h>

struct busy {
	uint64_t *lines; /* memory of its own that is stored to */
	size_t count;    /* of lines */
	uint32_t turn;
};

/* size: bytes of memory. Errors: the program ends. */
void busy_init(struct busy *b, size_t size);
void busy_done(struct busy *b);

/*
 * Take so much processor time, spread evenly over some time.
 *
 * stores: each to a random line, evenly too; 0 = it computes in registers only
 */
void busy_run(struct busy *b, uint64_t wall_ns, uint64_t cpu_ns, uint64_t stores);

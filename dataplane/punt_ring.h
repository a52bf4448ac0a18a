/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A bounded queue of Ethernet frames between two threads, by value: neither waits for the other,
 * and no packet buffer leaves the worker that owns it.
 *
 * Threads: one writer, one reader.
 */
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define PUNT_RING_COUNT 256  /* frames; a power of two */
#define PUNT_FRAME_SIZE 2048 /* bytes of the largest frame */

struct punt_frame {
	uint16_t size;
	uint8_t bytes[PUNT_FRAME_SIZE];
};

/* All zero is an empty ring. */
struct punt_ring {
	alignas(64) _Atomic uint32_t written; /* writer: writes; reader: reads */
	uint32_t known_read;                  /* writer: what it last saw of `read` */
	alignas(64) _Atomic uint32_t read;    /* reader: writes; writer: reads */
	uint32_t known_written;               /* reader: what it last saw of `written` */
	alignas(64) struct punt_frame frames[PUNT_RING_COUNT];
};

/* Where the next frame goes, to be filled before punt_ring_write(). NULL = full. */
static inline struct punt_frame *punt_ring_space(struct punt_ring *r)
{
	uint32_t written = atomic_load_explicit(&r->written, memory_order_relaxed);
	if (written - r->known_read == PUNT_RING_COUNT) {
		r->known_read = atomic_load_explicit(&r->read, memory_order_acquire);
		if (written - r->known_read == PUNT_RING_COUNT)
			return NULL;
	}
	return &r->frames[written % PUNT_RING_COUNT];
}

/* Give the frame in punt_ring_space() to the reader. */
static inline void punt_ring_write(struct punt_ring *r)
{
	uint32_t written = atomic_load_explicit(&r->written, memory_order_relaxed);
	atomic_store_explicit(&r->written, written + 1, memory_order_release);
}

/* The oldest frame, the reader's until punt_ring_release(). NULL = none. */
static inline struct punt_frame *punt_ring_next(struct punt_ring *r)
{
	uint32_t read = atomic_load_explicit(&r->read, memory_order_relaxed);
	if (read == r->known_written) {
		r->known_written = atomic_load_explicit(&r->written, memory_order_acquire);
		if (read == r->known_written)
			return NULL;
	}
	return &r->frames[read % PUNT_RING_COUNT];
}

/* Give the place of punt_ring_next() back to the writer. */
static inline void punt_ring_release(struct punt_ring *r)
{
	uint32_t read = atomic_load_explicit(&r->read, memory_order_relaxed);
	atomic_store_explicit(&r->read, read + 1, memory_order_release);
}

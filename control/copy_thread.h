/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A copy (copy.h) made on a thread of its own, while what is copied so far is read: so that
 * writing, hashing and syncing a large file take no time of their own. What is read is the copy,
 * never the source, which may change.
 *
 * Threads: one thread per struct copy_thread, beside its own.
 */
#include "control/copy.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct copy_thread {
	struct copy copy; /* the thread's until it is joined */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	uint64_t written; /* under lock: bytes that may be read */
	bool is_over;     /* under lock: no more will come */
	int rc;           /* under lock: of the last step */
	int fd;           /* of the copy, to read */
	uint64_t offset;  /* of the reader */
};

/* Begin; the copy is begun already, and the thread's from now on. to: its path, to be read.
 * Errors: negative errno; the copy is as it was */
int copy_thread_start(struct copy_thread *t, const struct copy *copy, const char *to);

/*
 * Read on, waiting for what is not copied yet; for reader_open_stream(). Returns the bytes read, 0
 * at the end. Errors: -ECANCELED the copy failed; other negative errno
 */
ssize_t copy_thread_read(void *copy_thread, char *out, size_t size);

/* Wait for the end; out_copy: as copy_step() leaves it. Returns what the last copy_step() did. */
int copy_thread_join(struct copy_thread *t, struct copy *out_copy);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A private copy of a file that somebody else may be writing: in steps, with a checksum, and with
 * proof at the end that the source did not change meanwhile.
 *
 * Threads: one thread per struct copy.
 */
#include "control/durable.h"

#include <sodium.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct copy {
	int from, to;
	char *block;
	struct stat st;      /* of the source when it was opened */
	uint64_t size;       /* bytes copied so far */
	bool is_write_error; /* the last error was about the copy, not about the source */
	crypto_generichash_state state;
};

/*
 * Open both files; the target is replaced. Errors: negative errno (-EINVAL: the source is not a
 * regular file); nothing to end
 */
int copy_begin(struct copy *c, const char *from, const char *to);

/* Copy a block. Returns 1, or 0 at the end. Errors: negative errno */
int copy_step(struct copy *c);

/*
 * Sync the target, close both. from: the path again, to see what is there now.
 * Errors: -EAGAIN: the source changed while it was copied; other negative errno
 */
int copy_end(struct copy *c, const char *from, uint8_t out_sum[DURABLE_CHECKSUM_SIZE]);

/* Close both without more; the target stays. */
void copy_abort(struct copy *c);

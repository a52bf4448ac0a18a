/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The source of a feed that is pushed to us in pieces: collected beside the file and put in its
 * place when the last piece is there. A push that begins takes the place of one that never ended.
 *
 * Threads: the main loop only.
 */
#include <stddef.h>
#include <stdint.h>

struct pushed;

/* Collect into PATH/source; PATH is made. Errors: NULL with errno */
struct pushed *pushed_new(const char *path, uint64_t size_max);
/* What is not whole is thrown away. NULL is allowed. */
void pushed_free(struct pushed *pushed);

/* The file; it need not be there yet. */
const char *pushed_path(const struct pushed *pushed);

/*
 * Take a piece.
 *
 * upload:     0 = of a new push, else what the first piece was answered with
 * out_upload: names the push
 * Errors:     -ESTALE another push began since, or there is none; -EFBIG; other negative errno; the
 *             push is over
 */
int pushed_take(struct pushed *pushed, uint64_t upload, const void *bytes, size_t size,
                uint64_t *out_upload);

/* All is there: replace the file. Errors: negative errno, the old file stays; the push is over */
int pushed_end(struct pushed *pushed);

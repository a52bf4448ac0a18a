/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Checks a file against the SHA-256 that came with it, in a file as sha256sum writes it (or with
 * the sum alone). Threads: any; reads files.
 */
#include <stddef.h>

/*
 * sums:   the file with sums: the line of the source's name counts, or the only line
 * source: path or URL whose last part is that name
 * path:   the bytes
 * Errors: -EBADMSG another sum, or none; negative errno of reading; out_reason says what
 */
int checksum_check(const char *sums, const char *source, const char *path, char *out_reason,
                   size_t reason_size);

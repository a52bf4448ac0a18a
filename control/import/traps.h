/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The spam traps of a site: a file with a line for each, "ADDRESS [pristine|recycled]" or
 * "@DOMAIN [pristine|recycled]" for all of a domain; without a word it is pristine. "#" begins a
 * comment.
 *
 * Threads: immutable once read.
 */
#include "control/import/scan.h"

#define TRAPS_FILE_MAX    (16u << 20) /* bytes */
#define TRAPS_ERROR_MAX   256
#define TRAPS_MAILBOX_MAX 320 /* bytes of an address, RFC 5321 section 4.5.3.1 */

enum traps_kind { TRAPS_NONE, TRAPS_PRISTINE, TRAPS_RECYCLED };

struct traps;

/* Errors: NULL with errno; out_error names the line */
struct traps *traps_read(const char *path, char out_error[TRAPS_ERROR_MAX]);
struct traps *traps_parse(const char *text, size_t size, char out_error[TRAPS_ERROR_MAX]);
/* NULL is allowed. */
void traps_free(struct traps *t);

/* What a recipient is; letters of either case. t: NULL has none. */
enum traps_kind traps_find(const struct traps *t, struct span recipient);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The file that a fetch replaces. New bytes are written beside it as NAME.part, synced and renamed,
 * so that a reader sees the old file or the new one and never a half one. What the server said of
 * the file, to ask "is it another one?" the next time, is kept in NAME.json.
 */
#include <stddef.h>
#include <stdint.h>

#define TARGET_PATH_MAX 4096
#define TARGET_TEXT_MAX 512 /* of a validator; longer ones are not kept */

struct target {
	int folder;
	char name[256], part[264], facts[264];
	int fd;                  /* of the part, or -1 */
	uint64_t size, size_max; /* bytes */
};

/* What a server said of the file it gave (RFC 9110 section 8.8); empty = nothing. */
struct target_facts {
	char etag[TARGET_TEXT_MAX];
	char modified[TARGET_TEXT_MAX]; /* Last-Modified, word for word */
	uint32_t serial;                /* of a zone; 0 = none */
};

/* path: in a folder that exists. Errors: negative errno */
int target_open(struct target *t, const char *path, uint64_t size_max);

/* Throw away the part, if there is one. */
void target_close(struct target *t);

/* Begin anew. Errors: negative errno */
int target_begin(struct target *t);

/* Errors: -EFBIG above size_max; other negative errno */
int target_write(struct target *t, const void *bytes, size_t size);

/*
 * Put the part in the file's place. source: where it came from; mtime_s: 0 = now
 * Errors: negative errno; the old file stays
 */
int target_commit(struct target *t, const char *source, const struct target_facts *facts,
                  int64_t mtime_s);

/* Forget what is known of the file, so that it is fetched whole the next time. */
void target_forget(const struct target *t);

/* What is known of the file if it came from the same source; empty when nothing is. */
void target_facts(const struct target *t, const char *source, struct target_facts *out_facts);

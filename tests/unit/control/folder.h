/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* A temporary folder for a test, and files in it. Threads: one per folder. */
#include <stdbool.h>
#include <stddef.h>

struct folder {
	char path[64];
	char joined[8][512]; /* folder_at() results, used in turn */
	unsigned turn;
};

void folder_init(struct folder *f);
void folder_done(struct folder *f); /* removes all */

/* PATH/NAME; good for the next eight calls. */
const char *folder_at(struct folder *f, const char *name);

void folder_write(struct folder *f, const char *name, const char *text);
bool folder_has(struct folder *f, const char *name);
/* Terminated; to be freed. */
char *folder_read(struct folder *f, const char *name, size_t *out_size);
/* How many names in a folder contain a text. */
unsigned folder_count(struct folder *f, const char *name, const char *contains);

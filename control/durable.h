/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Files that survive a crash: written beside their place, synced, renamed, and the folder synced.
 * All names are relative to the folder. Threads: any; no state.
 */
#include <stddef.h>
#include <stdint.h>

#define DURABLE_CHECKSUM_SIZE 32

/* Open a folder, made if missing (0750), and its parents. Errors: negative errno. Returns an fd. */
int durable_folder(const char *path);

/* Replace a file's content in one step. Errors: negative errno, the old content stays */
int durable_write(int folder, const char *name, const char *text, size_t size);

/* Rename and sync the folder. Errors: negative errno */
int durable_rename(int folder, const char *from, const char *to);

/*
 * Read a small file. Returns its text to free(), terminated.
 * Errors: NULL with errno (EFBIG: above max)
 */
char *durable_read(int folder, const char *name, size_t max, size_t *out_size);

/* Checksum of a file's bytes. Errors: negative errno */
int durable_checksum(int folder, const char *name, uint8_t out_sum[DURABLE_CHECKSUM_SIZE]);

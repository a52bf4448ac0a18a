/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Output for people: aligned tables, times and sizes; and text from feeds and the network made safe
 * for a terminal.
 */
#include <jansson.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SHOW_TEXT_MAX    32 /* bytes of a formatted number */
#define SHOW_COLUMNS_MAX 10

/*
 * Bytes as valid UTF-8 without control characters: what is not becomes "\DDD" as in a zone file.
 * Free the result. Errors: NULL with errno ENOMEM.
 */
char *show_clean(const void *bytes, size_t size);

/* The same as a JSON string. Errors: NULL. */
json_t *show_string(const void *bytes, size_t size);

/* "45 s", "12 min", "3 h 20 min", "5 d 4 h". */
void show_duration(uint64_t seconds, char out_text[SHOW_TEXT_MAX]);

/* "812 B", "41.2 MiB". */
void show_size(uint64_t size, char out_text[SHOW_TEXT_MAX]);

/* "1234567". */
void show_number(uint64_t number, char out_text[SHOW_TEXT_MAX]);

/* "127.0.0.2". code: host order. */
void show_code(uint32_t code, char out_text[SHOW_TEXT_MAX]);

/* A table that is printed once all rows are there. */
struct show_table {
	const char *align; /* 'l' or 'r' per column */
	char **cells;
	size_t count, capacity; /* of cells */
	int error;              /* the first negative errno; then nothing is printed but that */
};

/* Add a row of strlen(align) cells; they are copied and made safe. NULL is empty. */
void show_row(struct show_table *t, const char *const *cells);

/* Print and empty. indent: blanks before each row; out: NULL only empties. Errors: -ENOMEM. */
int show_table_done(struct show_table *t, unsigned indent, FILE *out);

/* Print an object as one line. Takes it. Errors: -EIO, -ENOMEM. */
int show_json(json_t *object);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Rows of separated values (RFC 4180, a row a line) and conditions on their columns.
 */
#include "feeds/span.h"

#define CSV_FIELDS_MAX     128
#define CSV_CONDITIONS_MAX 16

struct csv_dialect {
	char separator;
	char quote; /* 0 = none */
};

struct csv_row {
	size_t count;
	struct span fields[CSV_FIELDS_MAX]; /* without quotes, and blanks outside of them */
};

/*
 * Split a line; further fields than CSV_FIELDS_MAX are left out.
 *
 * buffer:  of at least line.size bytes; fields may point into it
 * Returns: NULL, or what is wrong
 */
const char *csv_split(const struct csv_dialect *dialect, struct span line, char *buffer,
                      struct csv_row *out_row);

/* A column by number or name. */
struct csv_column {
	struct span name; /* empty: by number */
	size_t index;     /* from 0; of a name once the header is known */
};

/* "3" or "url": a number from 1, or a name. */
struct csv_column csv_column_make(struct span text);

/* Whether the row is a header with that column; sets its index. A column by number is in any. */
bool csv_column_find(struct csv_column *column, const struct csv_row *header);

enum csv_operator {
	CSV_IS,     /* = */
	CSV_IS_NOT, /* != */
	CSV_HAS,    /* ~ */
	CSV_AT_LEAST /* >= */,
	CSV_AT_MOST /* <= */
};

/* "url_status=online", "ioc_type=ip:port|domain", "threat!=x", "tags~mirai", "confidence>=75". */
struct csv_condition {
	struct csv_column column;
	enum csv_operator comparison;
	struct span value;
};

/* Returns NULL, or what is expected instead. The text must outlive the condition. */
const char *csv_condition_parse(struct span text, struct csv_condition *out_condition);

/* Whether a row meets it; without the column it does not. */
bool csv_condition_holds(const struct csv_condition *condition, const struct csv_row *row);

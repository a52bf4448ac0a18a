/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What a configuration says to a format beside its name: pairs of key and value, in the order
 * given; a key may be there several times. Each format lists the keys it knows.
 *
 * Threads: immutable once shared; references may be taken and dropped on any thread.
 */
#include <stdbool.h>
#include <stddef.h>

enum format_option_flags {                    /* bits */
	                   FORMAT_NEEDED = 1, /* without it the format cannot work */
	                   FORMAT_MANY = 2,   /* a list of values */
	                   FORMAT_PATH = 4,   /* a file; relative to that of the configuration */
};

/* A key that a format knows. */
struct format_option {
	const char *name;
	/* NULL when the value is good, else what is expected instead. */
	const char *(*check)(const char *value);
	unsigned flags;
};

struct format_options;

/* Errors: NULL with errno. */
struct format_options *format_options_new(void);

/* Before it is shared. Errors: -ENOMEM */
int format_options_add(struct format_options *o, const char *name, const char *value);

struct format_options *format_options_ref(struct format_options *o); /* NULL is allowed */
void format_options_unref(struct format_options *o);                 /* NULL is allowed */

/* The first value of a key; NULL when it is not given. o: NULL is allowed */
const char *format_options_get(const struct format_options *o, const char *name);

/* The values of a key one after the other; *at: 0 at first. NULL at the end. */
const char *format_options_next(const struct format_options *o, const char *name, size_t *at);

/* Pair number i, in the order given. Returns whether there is one. o: NULL is allowed */
bool format_options_at(const struct format_options *o, size_t i, const char **out_name,
                       const char **out_value);

/* NULL is as good as empty. */
bool format_options_equal(const struct format_options *a, const struct format_options *b);

/* The row of a list of keys that ends with a name of NULL; NULL when there is none. */
const struct format_option *format_option_find(const struct format_option *rows, const char *name);

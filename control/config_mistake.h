/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Telling mistakes of a configuration file: "FILE:LINE: KEY: what is wrong, expected what".
 */
#include "control/config.h"

/* Where a value is: a chain on the stack, from the innermost key outwards. */
struct config_path {
	const struct config_path *up; /* NULL at the top of the file */
	const char *key;              /* NULL: an entry of a sequence */
	unsigned index;               /* of the entry, from 0 */
};

struct config_mistakes {
	const char *file;
	config_complain *complain;
	void *context;
	unsigned count; /* mistakes told; warnings are not counted */
};

#define CONFIG_PATH_TEXT_MAX 256

/* Write "lists[0].feed.path"; with is_pattern "lists[].feed.path". Long paths are cut. */
void config_path_text(const struct config_path *path, bool is_pattern,
                      char out_text[CONFIG_PATH_TEXT_MAX]);

/* Tell a mistake. path: NULL for the file as a whole; line: from 1, 0 = none. */
void config_mistake(struct config_mistakes *m, unsigned line, const struct config_path *path,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Tell what is odd, but does not keep the file from being used. */
void config_warning(struct config_mistakes *m, unsigned line, const struct config_path *path,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

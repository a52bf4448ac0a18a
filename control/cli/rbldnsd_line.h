/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The command line of rbldnsd, as its manual page has it.
 */
#include <stdbool.h>
#include <stdint.h>

#define RBLDNSD_LINE_ERROR_MAX 512
#define RBLDNSD_LINE_BINDS_MAX 20

/* "zone:type:file,file" */
struct rbldnsd_spec {
	char *zone; /* without trailing dot, lower case; "" for a global acl */
	char *type;
	char **files; /* absolute, as seen without -r */
	unsigned file_count;
};

struct rbldnsd_line {
	const char *binds[RBLDNSD_LINE_BINDS_MAX]; /* "address/port", borrowed */
	unsigned bind_count;
	const char *root, *work; /* borrowed; NULL = not given */
	uint32_t ttl_s, ttl_min_s, ttl_max_s;
	uint32_t check_s;   /* 0 = never */
	unsigned anonymous; /* how often -v was given */
	bool has_bit[128];  /* options that were given, by letter */
	struct rbldnsd_spec *specs;
	unsigned spec_count;
};

/*
 * Parse the arguments; one in front that names the program is skipped.
 *
 * folder: what relative paths are relative to when -r is not given
 * Errors: -EINVAL, -ENOMEM with out_error; there is nothing to free then
 */
int rbldnsd_line_parse(unsigned count, char *const *arguments, const char *folder,
                       struct rbldnsd_line *out_line, char out_error[RBLDNSD_LINE_ERROR_MAX]);

/* A type of a dataset that Debian's rbldnsd, or its fork, knows. */
bool rbldnsd_line_is_type(const char *type);

/* A TTL with a limit on both sides, 0 = none. */
uint32_t rbldnsd_line_clamp(const struct rbldnsd_line *line, uint32_t ttl_s);

void rbldnsd_line_done(struct rbldnsd_line *line);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What is remembered of a version of a feed beside its bytes, and its form on disk: a JSON object
 * that carries a checksum of itself.
 */
#include "feeds/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VERSION_CHECKSUM_SIZE 32
#define VERSION_REASON_MAX    400
#define VERSION_OPTIONS_SIZE  16

enum version_cause {
	VERSION_GOOD,
	VERSION_GUARD,       /* held: a guard refused it */
	VERSION_UNREADABLE,  /* held: the format cannot read it */
	VERSION_ROLLED_BACK, /* held: an operator went back from it */
};

struct version_info {
	uint64_t number;  /* from 1; 0 for a held one that never was good */
	int64_t taken_s;  /* Unix time: when it became good, was last confirmed, or was held */
	int64_t mtime_s;  /* of the source file */
	uint64_t size;    /* bytes */
	char format[32];  /* it was read with */
	bool has_options; /* false: taken before it was kept what it was read with */
	uint8_t options[VERSION_OPTIONS_SIZE];   /* see version_format.h */
	uint8_t checksum[VERSION_CHECKSUM_SIZE]; /* of the bytes as they came */
	struct dataset_facts facts;
	enum version_cause cause;
	char reason[VERSION_REASON_MAX]; /* held: for people */
	char guard[16];                  /* held: the guard that refused it; may be empty */
};

/* Returns text to free(), or NULL with errno ENOMEM. */
char *version_info_dump(const struct version_info *info);

/* Errors: -EBADMSG: not what version_info_dump() wrote; out_info is unchanged */
int version_info_parse(const char *text, size_t size, struct version_info *out_info);

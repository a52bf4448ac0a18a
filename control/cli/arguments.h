/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The command line of reputectl: which command, its operands, its options. Options may stand
 * anywhere; "--" ends them.
 */
#include <stdbool.h>
#include <stddef.h>

#define ARGUMENTS_OPERANDS_MAX 4
#define ARGUMENTS_LISTED_MAX   16
#define ARGUMENTS_CONFIG       "/etc/reputed/reputed.yaml"

enum arguments_option { /* bits */
	                OPTION_CONFIG = 1 << 0,
	                OPTION_JSON = 1 << 1,
	                OPTION_HELP = 1 << 2,
	                OPTION_VERSION = 1 << 3,
	                OPTION_ALL = 1 << 4,
	                OPTION_TTL = 1 << 5,
	                OPTION_CODE = 1 << 6,
	                OPTION_TEXT = 1 << 7,
	                OPTION_REASON = 1 << 8,
	                OPTION_AUTHOR = 1 << 9,
	                OPTION_TIMEOUT = 1 << 10,
	                OPTION_FAMILY = 1 << 11,
	                OPTION_LISTED = 1 << 12,
	                OPTION_FORMAT = 1 << 13,
	                OPTION_RECIPIENT = 1 << 14,
	                OPTION_USER = 1 << 15,
	                OPTION_COUNT = 1 << 16,
	                OPTION_NOTE = 1 << 17,
};
#define OPTIONS_EVERYWHERE (OPTION_CONFIG | OPTION_JSON | OPTION_HELP | OPTION_VERSION)

struct command;

struct arguments {
	const struct command *command; /* NULL: --help or --version alone */
	unsigned given;                /* enum arguments_option bits */
	const char *config;
	const char *ttl, *code, *text, *reason, *author; /* NULL unless given */
	const char *timeout, *family;
	const char *listed[ARGUMENTS_LISTED_MAX]; /* may be given again and again */
	unsigned listed_count;
	const char *format;
	const char *recipient, *user, *count, *note; /* of an event */
	char *const *rest; /* what stands behind "--", of a command that takes it */
	unsigned rest_count;
	const char *operands[ARGUMENTS_OPERANDS_MAX];
	unsigned operand_count;
};

struct command {
	const char *name;     /* one or two words */
	const char *operands; /* as shown in the usage, may be empty */
	const char *help;     /* one line */
	unsigned operands_min, operands_max;
	unsigned options; /* enum arguments_option bits beside OPTIONS_EVERYWHERE */
	int (*run)(const struct arguments *arguments); /* returns the exit status */
	bool takes_rest; /* what follows "--" is another program's command line */
};

#define ARGUMENTS_ERROR_MAX 256

/*
 * Parse a command line against a table of commands that ends with a row without a name.
 *
 * out_error: what is wrong, with a hint
 * Errors: -EINVAL
 */
int arguments_parse(int argc, char *const *argv, const struct command *commands,
                    struct arguments *out, char out_error[ARGUMENTS_ERROR_MAX]);

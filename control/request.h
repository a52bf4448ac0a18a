/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * One line of the control socket as a checked request (docs/control-socket.md). Knows the commands
 * and the types of their fields, not the lists and feeds there are.
 */
#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum request_command {
	REQUEST_STATUS,
	REQUEST_STATS,
	REQUEST_LIST_ADD,
	REQUEST_LIST_DEL,
	REQUEST_LIST_SHOW,
	REQUEST_FEEDS_REFRESH,
	REQUEST_FEEDS_ACCEPT,
	REQUEST_FEEDS_ROLLBACK,
	REQUEST_FEEDS_PUSH,
	REQUEST_FEEDS_DISABLE,
	REQUEST_FEEDS_ENABLE,
	REQUEST_FEEDS_DIFF,
	REQUEST_SOURCES,
	REQUEST_REPORT,
	REQUEST_EXPLAIN,
	REQUEST_DELIST,
};

#define REQUEST_TEXT_MAX 255   /* bytes of a TXT string */
#define REQUEST_DATA_MAX 65000 /* bytes of base64 */
#define REQUEST_NOTE_MAX 1024  /* bytes of reason and author */
#define REQUEST_KEYS_MAX 1000
#define REQUEST_TTL_MAX  (100ull * 366 * 86400) /* seconds */

/* Strings are UTF-8, borrowed from json; NULL = not given. */
struct request {
	enum request_command command;
	const char *list, *key, *feed;
	const char *text, *reason, *author;
	uint32_t code;    /* host order; 0 = not given */
	uint64_t ttl_s;   /* 0 = for ever */
	const char *data; /* base64 */
	uint64_t upload;  /* 0 = a new one */
	bool is_last;
	uint64_t version;     /* 0 = not given */
	const json_t *keys;   /* array of strings; NULL = not given */
	const json_t *events; /* an array, borrowed */
	json_t *json;         /* private */
};

/*
 * Parse and check a line (without its newline).
 * Errors: -EINVAL; out_error names the field, what was found and what was expected
 */
int request_parse(const char *line, size_t size, struct request *out_request, char *out_error,
                  size_t error_size);

/* Free what request_parse() made; allowed on a zeroed one. */
void request_done(struct request *request);

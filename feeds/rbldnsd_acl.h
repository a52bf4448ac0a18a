/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * rbldnsd's acl: who may ask, and what is told to the others. Not a feed format, as it lists
 * nothing: the most specific rule of a client's address says what happens to its query.
 */
#include "feeds/address.h"
#include "feeds/dataset.h"
#include "feeds/reader.h"

enum acl_action {
	ACL_IGNORE, /* also "blackhole"; what a rule without action does unless the file says */
	ACL_REFUSE,
	ACL_EMPTY, /* nothing is listed for it */
	ACL_PASS,
	ACL_ALWAYS, /* everything is listed for it, with code and text */
};

struct acl_rule {
	uint64_t line;
	struct address_range range; /* a prefix */
	enum acl_action action;
	uint32_t value; /* of ACL_ALWAYS, until the end of the file */
	uint32_t code;  /* of ACL_ALWAYS; host order */
	uint8_t text_size;
	char text[255]; /* of ACL_ALWAYS: template, '$' is the client */
};

struct acl {
	struct acl_rule *rules; /* each prefix once: the first counts */
	size_t count, capacity;
	uint64_t bad_line_count;
	size_t message_count;
	struct dataset_message messages[DATASET_MESSAGES_MAX];
};

/* Read a file. Errors: NULL with errno; out_error says why */
struct acl *acl_read(struct reader *reader, char *out_error, size_t error_size);

void acl_free(struct acl *acl); /* NULL is allowed */

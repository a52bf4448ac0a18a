/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* The section `http:` of the configuration. Threads: as control/config.h. */
#include "control/config_token.h"
#include "feeds/address.h"

#define CONFIG_HTTP_ACCESS_MAX 1000

struct config_http {
	char *listen; /* NULL = no server */
	char **access;
	unsigned access_count;
	struct address_range *access_ranges; /* resolved, parallel to access; NULL = loopback */
	char *operator_token_file;           /* absolute once resolved; NULL = no operator */
	char operator_token[CONFIG_TOKEN_MAX + 1]; /* of config_secrets_read(); empty = none */
	bool has_delist_page;
};

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the server as a whole is set to, whatever the zone: the secrets of its cookies and what it
 * says of itself. Immutable once published (see tables.h); replaced whole.
 */
#include <stdbool.h>
#include <stdint.h>

#define SETTINGS_SECRET_SIZE 16 /* a SipHash key (RFC 9018 section 4.4) */
#define SETTINGS_SECRETS_MAX 2
#define SETTINGS_TEXT_MAX    255 /* bytes of a character-string (RFC 1035 section 3.3) */
#define SETTINGS_NSID_MAX    64  /* so that every option fits 512 bytes beside any question */

struct settings {
	uint8_t secret_count; /* 0 = no cookies */
	uint8_t secrets[SETTINGS_SECRETS_MAX]
		       [SETTINGS_SECRET_SIZE]; /* the first signs, all verify */
	bool is_cookie_required;               /* over UDP, for an answer */

	/* sizes: 0 = not told */
	uint8_t version_size, hostname_size, nsid_size;
	char version[SETTINGS_TEXT_MAX];  /* version.bind, version.server */
	char hostname[SETTINGS_TEXT_MAX]; /* hostname.bind, id.server (RFC 4892) */
	uint8_t nsid[SETTINGS_NSID_MAX];  /* RFC 5001 */
};

/* All of it unset. Errors: NULL with errno. */
struct settings *settings_new(void);

/* Overwrites the secrets first. NULL is allowed. */
void settings_free(struct settings *s);

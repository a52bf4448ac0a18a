/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * DNS cookies (RFC 7873) with the interoperable server cookie of RFC 9018: version 1, SipHash-2-4,
 * so that servers that share a secret take each other's.
 */
#include "dataplane/table/settings.h"
#include "dataplane/table/table6.h"

#include <stddef.h>
#include <stdint.h>

#define COOKIE_CLIENT_SIZE 8
#define COOKIE_SERVER_SIZE 16
#define COOKIE_SIZE        (COOKIE_CLIENT_SIZE + COOKIE_SERVER_SIZE)

#define COOKIE_AGE_MAX_S   3600 /* older is not taken (RFC 9018 section 4.3) */
#define COOKIE_AHEAD_MAX_S 300  /* nor more in the future: clocks differ (the same) */
#define COOKIE_FRESH_S     1800 /* older gets a new one (the same) */

enum cookie_state {
	COOKIE_NONE,        /* no COOKIE option, or we do none */
	COOKIE_CLIENT_ONLY, /* the client has none of ours yet */
	COOKIE_INVALID,     /* not ours, too old, or another client's */
	COOKIE_VALID,
	COOKIE_STATE_COUNT,
};

/*
 * Judge the data of a COOKIE option and make that of the answer.
 *
 * s:          with a secret
 * client:     the address the query came from; IPv4 as ::ffff:a.b.c.d
 * data, size: of the option: 8, or 16 to 40 bytes
 * out_cookie: client and server cookie; the server cookie as it came while it is fresh
 */
enum cookie_state cookie_check(const struct settings *s, address6_t client, uint32_t now_s,
                               const uint8_t *data, size_t size, uint8_t out_cookie[COOKIE_SIZE]);

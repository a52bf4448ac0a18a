/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Why a key has its score and is on which list, as an object for the control socket, HTTP and the
 * command line: a table whose rows, in hundredths of a point, sum exactly to the score, and for
 * each list what would change it.
 *
 * Threads: pure functions of a ledger that does not change meanwhile.
 */
#include "control/reputation/ledger.h"

#include <jansson.h>

#define EXPLAIN_KEY_MAX 256 /* bytes */

/*
 * A key from its text: an address, a net of a length that is kept (/24; /64, /56, /48), a domain,
 * or "AS64500".
 *
 * Errors: -EINVAL; out_error says what was expected
 */
int explain_key_parse(const char *text, struct ledger_key *out_key, char *out_error,
                      size_t error_size);

/* The text of a key. */
void explain_key_format(const struct ledger_key *key, char out_text[EXPLAIN_KEY_MAX]);

/* "2026-01-01T00:00:00Z" */
void explain_time(int64_t time_ms, char out_text[32]);

/*
 * The object (docs/control-socket.md, command "explain"). dials: what the ledger decides by.
 * Errors: NULL, out of memory
 */
json_t *explain_json(const struct ledger *l, const struct dials *dials,
                     const struct ledger_key *key, int64_t now_ms);

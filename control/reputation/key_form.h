/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Keys of the ledger as bytes, to be stored and compared, and as text, to be shown.
 *
 * Threads: pure functions.
 */
#include "control/reputation/ledger.h"

#define KEY_FORM_BYTES_MAX (2 + NAME_WIRE_MAX)
#define KEY_FORM_TEXT_MAX  (4 * NAME_WIRE_MAX + 2)

/* Equal keys have equal bytes. Returns their size. */
size_t key_form_bytes(const struct ledger_key *key, uint8_t out_bytes[KEY_FORM_BYTES_MAX]);

/* Errors: -EINVAL no such bytes */
int key_form_read(const uint8_t *bytes, size_t size, struct ledger_key *out_key);

/* "192.0.2.1", "192.0.2.0/24", "2001:db8::/64", "example.org", "AS64500", "global" */
void key_form_text(const struct ledger_key *key, char out_text[KEY_FORM_TEXT_MAX]);

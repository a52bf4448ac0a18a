/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* The text of a listed thing: templates of its listings, joined into one DNS character-string. */
#include "dataplane/query.h"

#include <stddef.h>
#include <stdint.h>

#define TEXT_MAX  255 /* bytes of a character-string (RFC 1035 section 3.3) */
#define TEXT_ROOM (TEXT_MAX + 1)

/*
 * The distinct texts that the zone shows of q->listings, joined by "; ", each '$' replaced by what
 * is listed and each '$$' by '$'; cut at a UTF-8 character when it is too long.
 *
 * q:       looked up; q->listings not NULL
 * Returns: bytes written to out_text; 0 = no visible listing has a text
 */
size_t text_write(const struct query *q, uint8_t out_text[TEXT_ROOM]);

/* The text of q->always, each '$' replaced by the client; otherwise as text_write(). */
size_t text_write_always(const struct query *q, uint8_t out_text[TEXT_ROOM]);

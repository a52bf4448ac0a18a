/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the server says of itself to whoever asks for its TXT records in class CH (RFC 4892):
 * version.bind and version.server, hostname.bind and id.server.
 */
#include "dataplane/table/settings.h"

#include <stddef.h>

/*
 * The text of a name, or NULL: unknown, or not to be told.
 *
 * s:          NULL = nothing is told
 * name, size: wire name with root label, any case
 * out_size:   of the text, 1 to SETTINGS_TEXT_MAX
 */
const char *identity_find(const struct settings *s, const uint8_t *name, size_t size,
                          uint8_t *out_size);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Which name a URL says something of. Not a name that strangers share: a public suffix (the Public
 * Suffix List through libpsl) or a host of everybody's files, pages and short links; and not a name
 * above one, as what is listed stands for all below it.
 */
#include "feeds/address.h"
#include "feeds/span.h"

struct host_rules;

enum host_rule { HOST_LISTED, HOST_PUBLIC_SUFFIX, HOST_SHARED };

/*
 * shared_path:    a file of shared hosts, a name a line; NULL = the built-in ones
 * is_registrable: make a name the domain that was registered: "a.b.example.org" is example.org
 * Errors: NULL with errno; out_error says why
 */
struct host_rules *host_rules_new(const char *shared_path, bool is_registrable, char *out_error,
                                  size_t error_size);
void host_rules_free(struct host_rules *rules); /* NULL is allowed */

/* wire, size: the host; becomes the name to list. */
enum host_rule host_rules_apply(const struct host_rules *rules, uint8_t wire[NAME_WIRE_MAX],
                                size_t *size);

/*
 * The host of "http://user@host:80/path", "host:80", "192.0.2.1:80", "[2001:db8::1]:80" or
 * "host/path", without brackets; of any other text all of it.
 */
struct span host_of_url(struct span text);

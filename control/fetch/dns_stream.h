/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Questions and answers with one DNS server over TCP, signed with TSIG (RFC 8945) when there is a
 * key; whatever goes wrong is told in the fetch_result that dns_stream_open() was given.
 */
#include "control/fetch/fetch.h"

#include <libknot/libknot.h>
#include <stdbool.h>
#include <stdint.h>

#define DNS_HOST_MAX 256

/* axfr://HOST[:PORT]/ZONE, or ixfr:// for differences where the server has them. */
struct dns_source {
	char host[DNS_HOST_MAX], port[6];
	knot_dname_storage_t zone;
	bool is_incremental;
};

/* Errors: -EINVAL */
int dns_source_parse(const char *text, struct dns_source *out_source);

struct dns_stream;

/* Connect. request->secret_file: "ALGORITHM:NAME:BASE64". Errors: NULL, told */
struct dns_stream *dns_stream_open(const struct dns_source *source,
                                   const struct fetch_request *request,
                                   struct fetch_result *result);
/* NULL is allowed. */
void dns_stream_close(struct dns_stream *stream);

/* Ask; serial: what we have, for IXFR. Errors: negative errno, told */
int dns_stream_ask(struct dns_stream *stream, const knot_dname_t *zone, uint16_t type,
                   const uint32_t *serial);

/*
 * The next message of the answer: of our question, without error, and verified as far as it is
 * signed. knot_pkt_free() it. Errors: negative errno, told
 */
int dns_stream_next(struct dns_stream *stream, knot_pkt_t **out_message);

/* Whether all that came since the question is signed, or need not be. */
bool dns_stream_is_verified(const struct dns_stream *stream);

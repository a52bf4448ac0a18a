/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The OPT record of an answer (RFC 6891): as large a UDP size as we take, DO echoed, and the
 * options that the query asks for or an error is explained with (RFC 8914).
 */
#include "dataplane/dns.h"
#include "dataplane/query.h"
#include "dataplane/writer.h"

/* The OPT of an answer; an EDE comes on top, if there is room. */
struct opt_plan {
	size_t size; /* 0 = none */
	bool has_cookie, has_nsid, has_keepalive;
};

#define OPT_OPTION_HEAD_SIZE 4
#define OPT_COOKIE_SIZE      (OPT_OPTION_HEAD_SIZE + COOKIE_SIZE)

/* An OPT, DNS_OPT_SIZE bytes, in two words that share one; options_size bytes follow. */
static inline void opt_write(uint8_t *record, unsigned rcode, bool is_dnssec_ok,
                             uint16_t options_size)
{
	const uint32_t head = htobe32(DNS_TYPE_OPT << 8 | QUERY_UDP_SIZE >> 8);
	const uint64_t rest =
	    htobe64((uint64_t)QUERY_UDP_SIZE << 48 | (uint64_t)(rcode >> 4) << 40) |
	    is_dnssec_ok * htobe64((uint64_t)DNS_DO << 16) | htobe64(options_size);

	memcpy(record, &head, sizeof(head));
	memcpy(&record[DNS_OPT_SIZE - sizeof(rest)], &rest, sizeof(rest));
}

/* The option with a cookie of ours, OPT_COOKIE_SIZE bytes. */
static inline void opt_write_cookie(uint8_t *option, const uint8_t cookie[COOKIE_SIZE])
{
	const uint32_t head = htobe32(DNS_OPTION_COOKIE << 16 | COOKIE_SIZE);

	memcpy(option, &head, sizeof(head));
	memcpy(&option[OPT_OPTION_HEAD_SIZE], cookie, COOKIE_SIZE);
}

/* An OPT without options. */
static inline void opt_put_alone(struct writer *w, const struct query *q)
{
	uint8_t record[DNS_OPT_SIZE];

	opt_write(record, q->rcode, q->is_dnssec_ok, 0);
	writer_put(w, record, sizeof(record));
}

/* room: bytes behind the question; what does not fit is left out */
struct opt_plan opt_plan(const struct query *q, size_t room);

/* Write the OPT that was planned, with the query's EDE; counts it in the header. */
void opt_put(struct writer *w, const struct query *q, const struct opt_plan *plan);

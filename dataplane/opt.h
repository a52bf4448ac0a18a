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

/* An OPT without options, DNS_OPT_SIZE bytes, in two words that share one. */
static inline void opt_write(uint8_t *record, unsigned rcode, bool is_dnssec_ok)
{
	const uint32_t head = htobe32(DNS_TYPE_OPT << 8 | QUERY_UDP_SIZE >> 8);
	const uint64_t rest =
	    htobe64((uint64_t)QUERY_UDP_SIZE << 48 | (uint64_t)(rcode >> 4) << 40) |
	    is_dnssec_ok * htobe64((uint64_t)DNS_DO << 16);

	memcpy(record, &head, sizeof(head));
	memcpy(&record[DNS_OPT_SIZE - sizeof(rest)], &rest, sizeof(rest));
}

static inline void opt_put_alone(struct writer *w, const struct query *q)
{
	uint8_t record[DNS_OPT_SIZE];

	opt_write(record, q->rcode, q->is_dnssec_ok);
	writer_put(w, record, sizeof(record));
}

/* room: bytes behind the question; what does not fit is left out */
struct opt_plan opt_plan(const struct query *q, size_t room);

/* Write the OPT that was planned, with the query's EDE; counts it in the header. */
void opt_put(struct writer *w, const struct query *q, const struct opt_plan *plan);

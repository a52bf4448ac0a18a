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

/* An OPT without options. */
static inline void opt_put_alone(struct writer *w, const struct query *q)
{
	const uint64_t head = (uint64_t)DNS_TYPE_OPT << 40 | (uint64_t)QUERY_UDP_SIZE << 24;
	const uint64_t flags =
	    (uint64_t)(q->rcode >> 4) << 16 | (q->is_dnssec_ok ? DNS_DO >> 8 : 0);
	const uint64_t word = htobe64(head | flags); /* up to the first byte of the flags */

	writer_put(w, &word, 8);
	writer_put(w, "\0\0", 3);
}

/* room: bytes behind the question; what does not fit is left out */
struct opt_plan opt_plan(const struct query *q, size_t room);

/* Write the OPT that was planned, with the query's EDE; counts it in the header. */
void opt_put(struct writer *w, const struct query *q, const struct opt_plan *plan);

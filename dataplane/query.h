/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * One query on its way through parse, lookup and reply. The caller owns the memory of the message;
 * the answer is written over the query.
 */
#include "dataplane/cookie.h"
#include "dataplane/dns.h"
#include "dataplane/drop.h"
#include "dataplane/table/labels.h"
#include "dataplane/table/tables.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define QUERY_BURST_MAX 32
#define QUERY_UDP_SIZE                                                                             \
	1232 /* largest UDP answer we send and advertise (RFC 6891 section 6.2.5)                  \
	      */

enum query_kind {
	QUERY_ERROR, /* rcode says why; NOERROR: nothing but what OPT and TC say */
	QUERY_CHAOS, /* of the server itself, in class CH */
	QUERY_APEX,  /* the zone's own name */
	QUERY_IP4,   /* reversed IPv4, or its v4-mapped nibble form */
	QUERY_IP6,
	QUERY_KEY,     /* a key label alone, which is above all that can be asked with it */
	QUERY_KEYLESS, /* a name without the key that its zone needs: what is open to all of it */
	QUERY_NAME,    /* also the 1..3 octets or 1..31 nibbles above addresses */
};

/* What is set for every query comes first, so that a plain one (plain.h) touches little of it. */
struct query {
	/* in: set by the caller */
	uint8_t *message;     /* DNS header first */
	uint16_t size;        /* bytes of the query */
	uint16_t capacity;    /* bytes that may be written at message, >= size */
	uint16_t tcp_idle_ds; /* of a TCP query: its connection's idle timeout, in 100 ms */
	bool is_tcp;          /* no size limit but capacity, never TC */
	bool is_internal;     /* the operator's own question: no key label in its name */
	address6_t client;    /* IPv4 as ::ffff:a.b.c.d */
	uint64_t now_us;      /* UTC, microseconds since 1970; once per burst will do */

	/* all zero before a query is looked at: query_reset() */

	/* out: after answer_burst() */
	uint16_t reply_size;   /* 0 = dropped */
	uint8_t drop;          /* enum drop: why, DROP_NONE when answered */
	uint8_t rcode;         /* 12-bit extended rcodes are clipped to the header's 4 bits + OPT */
	uint8_t cookie_state;  /* enum cookie_state */
	bool has_valid_cookie; /* the address is the client's own, not forged */
	bool must_use_tcp;     /* answered with nothing but TC */
	uint8_t limited; /* enum rates_class + 1: over the rate limit; with an answer: slipped */
	uint32_t key;    /* index in the zone's keys + 1, 0 = none */

	/* between the stages; see parse.c, lookup.c, reply.c */
	uint16_t question_end; /* offset after QCLASS; 12 when there is no usable question */
	uint16_t apex_offset;  /* of the zone's apex within the message */
	uint16_t qtype, qclass;
	uint16_t udp_size; /* from OPT; 512 without */
	uint16_t ede;      /* EDE info code + 1; 0 = none */
	uint8_t kind;      /* enum query_kind */
	uint8_t access;    /* enum access_action; what is answered at all */
	bool is_plain;     /* see plain.h */
	bool has_opt;
	bool is_dnssec_ok;
	bool is_nsid_asked;
	bool is_keepalive_asked; /* over TCP only */
	bool is_key_due;         /* the zone's keys have to be asked for the label at key_offset */
	bool exists;             /* something listed here or below: NODATA instead of NXDOMAIN */
	bool is_test_entry;      /* RFC 5782 section 5 */
	bool is_always;          /* listed as q->always, whatever the lists say */
	bool has_match;
	verdict_t verdict; /* not of a plain one */
	uint32_t address4;
	const struct zone *zone;
	const struct verdict *listings; /* NULL = not listed */
	const struct verdict *observed; /* what lists would say that the zone only observes */
	const struct record *records;   /* static ones of the name; NULL = none */
	size_t record_count;
	uint16_t key_offset;     /* within message */
	uint16_t subject_offset; /* within name: what '$' stands for */
	uint8_t identity_size;   /* of a QUERY_CHAOS */
	uint8_t label_count;     /* of labels, left of the apex and of a key */
	uint8_t name_size;       /* lower-cased name relative to the apex */
	uint8_t cookie_size;     /* of a plain query: of the COOKIE that it ends with; 0 = none */

	/* undefined unless something above says so */
	const struct settings *settings;     /* NULL = nothing set; always defined */
	const struct access_listing *always; /* of ACCESS_ALWAYS: what everything is listed as */
	const char *identity;
	uint64_t key_hash;
	address6_t address6;
	uint8_t name[255];
	uint8_t cookie[COOKIE_SIZE]; /* of the answer; unless COOKIE_NONE */
	struct labels
	    labels; /* of the question's name, without the root label; not of a plain one */
	struct names_match match; /* of the name, if has_match */
};

/* As many bytes as are cleared at once. */
typedef uint8_t query_block_t __attribute__((vector_size(16), aligned(1), may_alias));

/* What is all zero: see struct query. */
#define QUERY_RESET_AT   offsetof(struct query, reply_size)
#define QUERY_RESET_SIZE (offsetof(struct query, settings) - QUERY_RESET_AT)
_Static_assert(QUERY_RESET_SIZE % sizeof(query_block_t) == 0, "cleared block by block");

/* Make it a query of which nothing is known but what the caller set. */
static inline void query_clear(struct query *q, const struct settings *settings)
{
	uint8_t *first = (uint8_t *)q + QUERY_RESET_AT;

	for (size_t at = 0; at < QUERY_RESET_SIZE; at += sizeof(query_block_t))
		*(query_block_t *)&first[at] = (query_block_t){0};
	q->settings = settings;
}

/* The same of one without a question that is understood. */
static inline void query_reset(struct query *q, const struct settings *settings)
{
	query_clear(q, settings);
	q->question_end = DNS_HEADER_SIZE;
	q->udp_size = DNS_UDP_MIN;
}

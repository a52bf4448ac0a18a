/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * DNS messages as a client sees them: queries of any form, also wrong ones, and replies read
 * strictly. Written apart from the data plane, so that one does not repeat the other's mistakes.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINT_NAME_MAX    255 /* bytes of a wire name with its root label (RFC 1035 section 3.1) */
#define LINT_MESSAGE_MAX 65535
#define LINT_QUERY_MAX   1200
#define LINT_RECORDS_MAX 128 /* of a reply; more are no answer of a DNSBL */
#define LINT_TEXT_MAX    512

enum lint_type {
	LINT_A = 1,
	LINT_NS = 2,
	LINT_CNAME = 5,
	LINT_SOA = 6,
	LINT_HINFO = 13,
	LINT_MX = 15,
	LINT_TXT = 16,
	LINT_AAAA = 28,
	LINT_OPT = 41,
	LINT_DS = 43,
	LINT_DNSKEY = 48,
	LINT_ANY = 255,
	LINT_CAA = 257,
	LINT_PRIVATE = 65280, /* RFC 6895 section 3.1: private use, so that nobody knows it */
};
enum lint_class { LINT_IN = 1, LINT_CH = 3 };
enum lint_rcode {
	LINT_NOERROR = 0,
	LINT_FORMERR = 1,
	LINT_SERVFAIL = 2,
	LINT_NXDOMAIN = 3,
	LINT_NOTIMP = 4,
	LINT_REFUSED = 5,
	LINT_BADVERS = 16,
	LINT_BADCOOKIE = 23,
};
enum lint_option {
	LINT_NSID = 3,
	LINT_ECS = 8,
	LINT_COOKIE = 10,
	LINT_KEEPALIVE = 11,
	LINT_PADDING = 12,
	LINT_EDE = 15
};
enum lint_flags { /* bits of the second word of the header */
	          LINT_QR = 0x8000,
	          LINT_OPCODE = 0x7800,
	          LINT_AA = 0x0400,
	          LINT_TC = 0x0200,
	          LINT_RD = 0x0100,
	          LINT_RA = 0x0080,
	          LINT_Z = 0x0040,
	          LINT_AD = 0x0020,
	          LINT_CD = 0x0010,
};
#define LINT_DO 0x8000 /* of the flags of an OPT */

struct lint_name {
	uint8_t wire[LINT_NAME_MAX]; /* with root label */
	uint8_t size;
};

struct lint_query {
	uint16_t id, flags;
	uint16_t question_count; /* the question is written so often */
	struct lint_name name;
	uint16_t type, class;
	unsigned opt_count;
	uint16_t udp_size; /* what follows is of each OPT */
	uint8_t version;
	uint16_t opt_flags;
	const uint8_t *options;
	size_t options_size;
};

/* Write a query; returns its size, 0 when it is larger than LINT_QUERY_MAX. */
size_t lint_message_write(const struct lint_query *q, uint8_t out_bytes[LINT_QUERY_MAX]);

enum lint_section { LINT_ANSWER, LINT_AUTHORITY, LINT_ADDITIONAL, LINT_SECTIONS };

struct lint_record {
	uint8_t section; /* enum lint_section */
	uint16_t type, class;
	uint32_t ttl_s;
	struct lint_name owner;
	uint16_t data_size;
	size_t data; /* offset in the message */
};

struct lint_reply {
	const uint8_t *bytes; /* borrowed */
	size_t size;
	uint16_t id, flags;
	unsigned rcode; /* with the upper bits from OPT */
	uint16_t question_count;
	struct lint_name question; /* the first one */
	uint16_t type, class;
	unsigned counts[LINT_SECTIONS]; /* records without OPT */
	unsigned record_count;
	struct lint_record records[LINT_RECORDS_MAX];
	bool has_opt;
	uint8_t version;
	uint16_t opt_flags, udp_size;
	size_t opt, options, options_size; /* opt: offset where it begins; = size without */
};

/*
 * Read a reply: every name, record, count and option must be well formed, and nothing may follow.
 * Errors: -EBADMSG; out_error says what is wrong
 */
int lint_message_read(const uint8_t *bytes, size_t size, struct lint_reply *out,
                      const char **out_error);

/* The first option with a code. */
bool lint_message_option(const struct lint_reply *r, enum lint_option code,
                         const uint8_t **out_data, size_t *out_size);

/* The EDE info code (RFC 8914), or -1. */
int lint_message_ede(const struct lint_reply *r);

struct lint_soa {
	struct lint_name mname, rname;
	uint32_t serial, refresh_s, retry_s, expire_s, minimum_s;
};

/* Read the data of a SOA record. Errors: -EBADMSG */
int lint_message_soa(const struct lint_reply *r, const struct lint_record *record,
                     struct lint_soa *out);

/* Read the name that is the data of a record. Errors: -EBADMSG */
int lint_message_target(const struct lint_reply *r, const struct lint_record *record,
                        struct lint_name *out);

/* The first record of a type in a section, or NULL. */
const struct lint_record *lint_message_find(const struct lint_reply *r, enum lint_section section,
                                            enum lint_type type);

/* The number that the data of an A record is, host order; 0 when it is none. */
uint32_t lint_message_address(const struct lint_reply *r, const struct lint_record *record);

/* "NOERROR 127.0.0.2", "NXDOMAIN, SOA", "REFUSED EDE 20": for people. */
void lint_message_text(const struct lint_reply *r, char out_text[LINT_TEXT_MAX]);

/* "A", "TYPE65280" into out_text, which is returned. */
const char *lint_message_type(unsigned type, char out_text[16]);
/* "NOERROR", "RCODE 9" */
const char *lint_message_rcode(unsigned rcode, char out_text[16]);

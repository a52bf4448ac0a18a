/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* The numbers of the DNS protocol that the answer core speaks, by their IANA names. */

#define DNS_HEADER_SIZE 12
#define DNS_NAME_MAX    255 /* bytes of a wire name with its root label (RFC 1035 section 3.1) */
#define DNS_LABEL_MAX   63
#define DNS_OPT_SIZE    11 /* an OPT record without options */
#define DNS_UDP_MIN     512

/* Bits of header bytes 2 and 3. */
#define DNS_QR          0x80
#define DNS_OPCODE_MASK 0x78
#define DNS_AA          0x04
#define DNS_TC          0x02
#define DNS_RD          0x01
#define DNS_DO          0x8000 /* of the OPT flags */

#define DNS_CLASS_IN  1
#define DNS_CLASS_CH  3
#define DNS_CLASS_ANY 255

enum dns_type {
	DNS_TYPE_A = 1,
	DNS_TYPE_NS = 2,
	DNS_TYPE_CNAME = 5,
	DNS_TYPE_SOA = 6,
	DNS_TYPE_TXT = 16,
	DNS_TYPE_AAAA = 28,
	DNS_TYPE_OPT = 41,
	DNS_TYPE_META_FIRST = 128, /* RFC 6895 section 3.1: QTYPEs and meta types */
	DNS_TYPE_IXFR = 251,
	DNS_TYPE_AXFR = 252,
	DNS_TYPE_ANY = 255,
};

enum dns_rcode {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5,
	DNS_BADVERS = 16, /* the low 4 bits go in the header, the rest in OPT */
	DNS_BADCOOKIE = 23,
};

#define DNS_OPTION_NSID      3
#define DNS_OPTION_COOKIE    10
#define DNS_OPTION_EDE       15
#define DNS_OPTION_KEEPALIVE 11
enum dns_ede { /* RFC 8914 section 5.2 */
	       DNS_EDE_NOT_READY = 14,
	       DNS_EDE_PROHIBITED = 18,
	       DNS_EDE_NOT_AUTHORITATIVE = 20,
	       DNS_EDE_NOT_SUPPORTED = 21,
	       DNS_EDE_INVALID_DATA = 24,
};

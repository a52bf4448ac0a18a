/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Addresses, prefixes and names as text. Addresses are numbers in host order (first byte on the
 * wire = most significant); ranges are inclusive.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned __int128 address6_t;

#define ADDRESS_TEXT_MAX 52  /* with prefix length and terminator */
#define NAME_WIRE_MAX    254 /* bytes of a wire name without its root label */

struct address_range {
	bool is_ip6; /* v4-mapped IPv6 is given as IPv4 */
	address6_t first, last;
	bool has_host_bits; /* "192.0.2.1/24": masked */
};

/*
 * Parse an address, a prefix ("192.0.2.0/24", "2001:db8::/32") or a range ("192.0.2.1-192.0.2.9",
 * spaces around the dash are allowed). Octets with leading zeros are rejected.
 * Errors: -EINVAL; out is unchanged.
 */
int address_parse(const char *text, size_t size, struct address_range *out_range);

/*
 * Read IPv4 as rbldnsd writes it from the start of a text: two to four octets ("10.1" =
 * 10.1.0.0/16), one to four with a length ("10/8"), or a range of prefixes ("10.1-10.5",
 * "127.16-31"). Returns the bytes read, 0 when there is none; what follows is the caller's.
 */
size_t address_scan4(const char *text, size_t size, struct address_range *out_range);

/*
 * Read IPv6 as rbldnsd writes it from the start of a text: two to eight words without a length
 * ("2001:db8" = 2001:db8::/32), or an address with "::" or with a length. As address_scan4().
 */
size_t address_scan6(const char *text, size_t size, struct address_range *out_range);

/* Write an address, or a prefix or range in its shortest form; returns the length. */
size_t address_format(const struct address_range *range, char out_text[2 * ADDRESS_TEXT_MAX]);

/* The length of the smallest prefix that holds as many addresses as the range: 24 for 129 to 256 in
 * IPv4. */
unsigned address_widest_length(const struct address_range *range);

/*
 * Parse a domain name into lower-case wire form without the root label; IDN becomes A-labels
 * (libidn2); one trailing dot is allowed. Returns the size. Errors: -EINVAL
 */
int name_parse(const char *text, size_t size, uint8_t out_wire[NAME_WIRE_MAX]);

/* Write a wire name (without root label) as text without trailing dot; "." for none; returns the
 * length. */
size_t name_format(const uint8_t *wire, size_t size, char out_text[4 * NAME_WIRE_MAX + 2]);

/* DNSSEC canonical order (RFC 4034 section 6.1): by labels from the right, so that a subtree is a
 * run. */
int name_compare(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size);

/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/address.h"

#include <idn2.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX  63
#define LABELS_MAX (NAME_WIRE_MAX / 2)

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 1035 section 5.1: \DDD is an octet, \X stands for X. Returns the characters read or 0. */
static size_t escape_scan(const char *text, size_t size, uint8_t *out_octet)
{
	unsigned value;

	if (size < 2)
		return 0;
	if (!is_digit(text[1])) {
		*out_octet = (uint8_t)text[1];
		return 2;
	}
	if (size < 4 || !is_digit(text[2]) || !is_digit(text[3]))
		return 0;
	value = (unsigned)(text[1] - '0') * 100 + (unsigned)(text[2] - '0') * 10 +
	        (unsigned)(text[3] - '0');
	if (value > 255)
		return 0;
	*out_octet = (uint8_t)value;
	return 4;
}

/* What most names have only. */
static inline bool is_plain(uint8_t octet)
{
	return (octet >= 'a' && octet <= 'z') || (octet >= '0' && octet <= '9') || octet == '-';
}

/* Text without a trailing dot, every octet printable ASCII. */
static int parse_ascii(const char *text, size_t size, uint8_t out_wire[NAME_WIRE_MAX])
{
	uint8_t wire[NAME_WIRE_MAX];
	size_t length_at = 0, used = 1, at = 0;

	while (at < size) {
		uint8_t octet = (uint8_t)text[at];
		size_t step = 1;

		if (is_plain(octet) && used - length_at <= LABEL_MAX && used < NAME_WIRE_MAX) {
			wire[used++] = octet;
			at++;
			continue;
		}
		if (octet == '.') {
			if (used == length_at + 1)
				return -EINVAL;
			wire[length_at] = (uint8_t)(used - length_at - 1);
			length_at = used;
		} else {
			if (octet == '\\')
				step = escape_scan(text + at, size - at, &octet);
			else if (octet <= ' ' || octet >= 0x7f)
				step = 0;
			if (!step || used - length_at > LABEL_MAX)
				return -EINVAL;
			if (octet >= 'A' && octet <= 'Z')
				octet |= 0x20;
		}
		if (used >= NAME_WIRE_MAX)
			return -EINVAL;
		if (length_at != used)
			wire[used] = octet;
		used++;
		at += step;
	}
	if (used == length_at + 1)
		return -EINVAL;
	wire[length_at] = (uint8_t)(used - length_at - 1);
	memcpy(out_wire, wire, used);
	return (int)used;
}

static bool is_ascii(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((uint8_t)text[i] >= 0x80)
			return false;
	return true;
}

static size_t without_dot(const char *text, size_t size)
{
	size_t backslashes = 0;

	if (size < 2 || text[size - 1] != '.')
		return size;
	while (backslashes < size - 1 && text[size - 2 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2 ? size : size - 1;
}

static int parse_idn(const char *text, size_t size, uint8_t out_wire[NAME_WIRE_MAX])
{
	char *copy, *ascii = NULL;
	int rc = -EINVAL;

	/* A-labels are at most as long as the name; anything far longer cannot become one. */
	if (size > 4 * NAME_WIRE_MAX || memchr(text, 0, size) || memchr(text, '\\', size))
		return -EINVAL;
	copy = strndup(text, size);
	if (!copy)
		return -EINVAL;
	if (idn2_to_ascii_8z(copy, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) == IDN2_OK)
		rc = parse_ascii(ascii, without_dot(ascii, strlen(ascii)), out_wire);
	idn2_free(ascii);
	free(copy);
	return rc;
}

int name_parse(const char *text, size_t size, uint8_t out_wire[NAME_WIRE_MAX])
{
	if (size == 1 && text[0] == '.')
		return 0;
	size = without_dot(text, size);
	if (is_ascii(text, size))
		return parse_ascii(text, size, out_wire);
	return parse_idn(text, size, out_wire);
}

size_t name_format(const uint8_t *wire, size_t size, char out_text[4 * NAME_WIRE_MAX + 2])
{
	size_t used = 0;

	if (!size)
		out_text[used++] = '.';
	for (size_t at = 0; at < size;) {
		size_t end = at + 1 + wire[at];

		if (at)
			out_text[used++] = '.';
		for (at++; at < end && at < size; at++) {
			uint8_t octet = wire[at];

			if (octet <= ' ' || octet >= 0x7f) {
				used += (size_t)snprintf(out_text + used, 5, "\\%03u", octet);
				continue;
			}
			if (octet == '.' || octet == '\\')
				out_text[used++] = '\\';
			out_text[used++] = (char)octet;
		}
	}
	out_text[used] = 0;
	return used;
}

static size_t labels_find(const uint8_t *wire, size_t size, uint8_t out_starts[LABELS_MAX])
{
	size_t count = 0;

	for (size_t at = 0; at < size && count < LABELS_MAX; at += 1u + wire[at])
		out_starts[count++] = (uint8_t)at;
	return count;
}

int name_compare(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
	uint8_t a_starts[LABELS_MAX], b_starts[LABELS_MAX];
	size_t a_count = labels_find(a, a_size, a_starts),
	       b_count = labels_find(b, b_size, b_starts);

	while (a_count && b_count) {
		const uint8_t *a_label = a + a_starts[--a_count],
			      *b_label = b + b_starts[--b_count];
		size_t shorter = *a_label < *b_label ? *a_label : *b_label;
		int order = memcmp(a_label + 1, b_label + 1, shorter);

		if (order)
			return order;
		if (*a_label != *b_label)
			return *a_label < *b_label ? -1 : 1;
	}
	return a_count ? 1 : b_count ? -1 : 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/host.h"

#include <errno.h>
#include <string.h>

/* Letters, digits, '-' and '_': what hosts are called; so URLs and mail addresses are noticed. */
static bool is_host(const uint8_t *wire, size_t size)
{
	for (size_t at = 0; at < size; at += 1u + wire[at]) {
		for (size_t i = at + 1; i <= at + wire[at]; i++) {
			uint8_t c = wire[i];

			if (!(c >= 'a' && c <= 'z') && !span_is_digit((char)c) && c != '-' &&
			    c != '_')
				return false;
		}
	}
	return true;
}

/* "192.0.2.1" is an address; mail servers do not even ask for such names. */
static bool is_last_label_numeric(const uint8_t *wire, size_t size)
{
	size_t last = 0;

	for (size_t at = 0; at < size; at += 1u + wire[at])
		last = at;
	for (size_t i = last + 1; i < size; i++)
		if (!span_is_digit((char)wire[i]))
			return false;
	return true;
}

int host_parse(struct span text, uint8_t out_wire[NAME_WIRE_MAX], const char **out_error)
{
	uint8_t wire[NAME_WIRE_MAX];
	int size = -1;

	if (text.size && !memchr(text.text, '\\', text.size))
		size = name_parse(text.text, text.size, wire);
	if (size <= 0 || !is_host(wire, (size_t)size)) {
		*out_error = "bad name";
		return -EINVAL;
	}
	if (is_last_label_numeric(wire, (size_t)size)) {
		*out_error = "address";
		return -EINVAL;
	}
	memcpy(out_wire, wire, (size_t)size);
	return size;
}

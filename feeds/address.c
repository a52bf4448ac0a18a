/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A decimal number without leading zeros; returns the characters read, 0 when there is none. */
static size_t number_scan(const char *text, size_t size, unsigned max, unsigned *out_value)
{
	unsigned value = 0;
	size_t used = 0;

	while (used < size && is_digit(text[used])) {
		value = value * 10 + (unsigned)(text[used] - '0');
		if (value > max)
			return 0;
		used++;
	}
	if (used > 1 && text[0] == '0')
		return 0;
	*out_value = value;
	return used;
}

/* The same, up to 255, by what most are: one to three digits. */
static inline size_t octet_scan(const char *text, size_t size, unsigned *out_octet)
{
	unsigned octet = size > 0 ? (unsigned)(text[0] - '0') : 10, digit;
	size_t used = 1;

	if (octet > 9)
		return 0;
	for (; used < size && (digit = (unsigned)(text[used] - '0')) <= 9; used++) {
		if (octet == 0 || used == 3) /* a leading zero, or too many digits */
			return 0;
		octet = octet * 10 + digit;
	}
	*out_octet = octet;
	return octet <= 255 ? used : 0;
}

/* One to four octets; those that are missing are 0. Returns the characters read, 0 for none. */
static size_t octets_scan(const char *text, size_t size, uint32_t *out_address, unsigned *out_count)
{
	uint32_t address = 0;
	unsigned count = 0, octet;
	size_t at = 0;

	for (;;) {
		size_t used = octet_scan(text + at, size - at, &octet);

		if (!used)
			return 0;
		at += used;
		address |= octet << (24 - 8 * count);
		count++;
		if (count == 4 || at >= size || text[at] != '.')
			break;
		at++;
	}
	*out_address = address;
	*out_count = count;
	return at;
}

static address6_t host_mask(unsigned width, unsigned length)
{
	unsigned bits = width - length;

	return bits >= 128 ? ~(address6_t)0 : ((address6_t)1 << bits) - 1;
}

static void range_of_prefix(bool is_ip6, address6_t address, unsigned length,
                            struct address_range *out_range)
{
	address6_t mask = host_mask(is_ip6 ? 128 : 32, length);

	out_range->is_ip6 = is_ip6;
	out_range->first = address & ~mask;
	out_range->last = address | mask;
	out_range->has_host_bits = (address & mask) != 0;
}

size_t address_scan4(const char *text, size_t size, struct address_range *out_range)
{
	uint32_t first, last;
	unsigned count, last_count, length;
	size_t at = octets_scan(text, size, &first, &count), used;

	if (!at)
		return 0;
	if (at < size && text[at] == '/') {
		used = number_scan(text + at + 1, size - at - 1, 32, &length);
		if (!used)
			return 0;
		range_of_prefix(false, first, length, out_range);
		return at + 1 + used;
	}
	if (at >= size || text[at] != '-') {
		if (count == 1)
			return 0;
		range_of_prefix(false, first, 8 * count, out_range);
		return at;
	}
	used = octets_scan(text + at + 1, size - at - 1, &last, &last_count);
	if (!used || (last_count != count && last_count != 1))
		return 0;
	if (last_count != count)
		last = (first & ~(UINT32_MAX >> (8 * (count - 1)))) | last >> (8 * (count - 1));
	last |= (uint32_t)host_mask(32, 8 * count);
	if (last < first)
		return 0;
	*out_range = (struct address_range){.first = first, .last = last};
	return at + 1 + used;
}

struct words {
	uint16_t values[8];
	unsigned count, gap; /* gap: words before "::"; 8 when there is none */
};

static size_t word_scan(const char *text, size_t size, uint16_t *out_word)
{
	unsigned word = 0;
	size_t used = 0;

	for (; used < size && used < 5; used++) {
		char c = text[used] | 0x20;

		if (is_digit(text[used]))
			word = word << 4 | (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			word = word << 4 | (unsigned)(c - 'a' + 10);
		else
			break;
	}
	*out_word = (uint16_t)word;
	return used <= 4 ? used : 0;
}

static bool is_gap(const char *text, size_t size)
{
	return size >= 2 && text[0] == ':' && text[1] == ':';
}

/* Returns the characters read, 0 for none. What follows the eighth word is left unread. */
static size_t words_scan(const char *text, size_t size, struct words *out_words)
{
	struct words words = {.gap = is_gap(text, size) ? 0 : 8};
	bool may_end = words.gap == 0;
	size_t at = may_end ? 2 : 0;

	while (words.count < 8) {
		size_t used = word_scan(text + at, size - at, &words.values[words.count]);

		if (!used && !may_end)
			return 0;
		at += used;
		words.count += used > 0;
		if (!used || at >= size || text[at] != ':' || words.count == 8)
			break;
		may_end = is_gap(text + at, size - at);
		if (may_end && words.gap < 8)
			break;
		if (may_end)
			words.gap = words.count;
		at += may_end ? 2 : 1;
	}
	if (words.gap < 8 && words.count == 8)
		return 0;
	*out_words = words;
	return at;
}

static address6_t words_join(const struct words *words)
{
	address6_t address = 0;
	unsigned zeros = words->gap < 8 ? 8 - words->count : 0;

	for (unsigned i = 0; i < 8; i++) {
		unsigned from = i < words->gap ? i : i < words->gap + zeros ? 8 : i - zeros;

		address = address << 16 | (from < words->count ? words->values[from] : 0);
	}
	return address;
}

static bool parse6(const char *text, size_t size, address6_t *out_address)
{
	char copy[INET6_ADDRSTRLEN];
	uint8_t bytes[16];
	address6_t address = 0;

	if (size >= sizeof(copy) || memchr(text, 0, size))
		return false;
	memcpy(copy, text, size);
	copy[size] = 0;
	if (inet_pton(AF_INET6, copy, bytes) != 1)
		return false;
	for (unsigned i = 0; i < 16; i++)
		address = address << 8 | bytes[i];
	*out_address = address;
	return true;
}

static bool parse_one(const char *text, size_t size, bool *out_is_ip6, address6_t *out_address)
{
	uint32_t address;
	unsigned count;

	if (memchr(text, ':', size)) {
		*out_is_ip6 = true;
		return parse6(text, size, out_address);
	}
	if (!size || octets_scan(text, size, &address, &count) != size || count != 4)
		return false;
	*out_is_ip6 = false;
	*out_address = address;
	return true;
}

static bool parse_prefix(const char *text, size_t size, struct address_range *out_range)
{
	const char *slash = memchr(text, '/', size);
	size_t address_size = slash ? (size_t)(slash - text) : size, rest = size - address_size;
	address6_t address;
	unsigned length;
	bool is_ip6;

	if (!parse_one(text, address_size, &is_ip6, &address))
		return false;
	length = is_ip6 ? 128 : 32;
	if (slash && (rest < 2 || number_scan(slash + 1, rest - 1, length, &length) != rest - 1))
		return false;
	range_of_prefix(is_ip6, address, length, out_range);
	return true;
}

static bool parse_range(const char *text, size_t size, const char *dash,
                        struct address_range *out_range)
{
	const char *end = text + size, *left_end = dash, *right = dash + 1;
	bool is_first_ip6, is_last_ip6;
	address6_t first, last;

	while (left_end > text && (left_end[-1] == ' ' || left_end[-1] == '\t'))
		left_end--;
	while (right < end && (*right == ' ' || *right == '\t'))
		right++;
	if (!parse_one(text, (size_t)(left_end - text), &is_first_ip6, &first) ||
	    !parse_one(right, (size_t)(end - right), &is_last_ip6, &last))
		return false;
	if (is_first_ip6 != is_last_ip6 || last < first)
		return false;
	*out_range = (struct address_range){.is_ip6 = is_first_ip6, .first = first, .last = last};
	return true;
}

/* ::ffff:192.0.2.1 and 192.0.2.1 are one address; a client may be seen as either. */
static void unmap(struct address_range *range)
{
	if (range->is_ip6 && range->first >> 32 == 0xffff && range->last >> 32 == 0xffff) {
		range->is_ip6 = false;
		range->first = (uint32_t)range->first;
		range->last = (uint32_t)range->last;
	}
}

size_t address_scan6(const char *text, size_t size, struct address_range *out_range)
{
	struct words words;
	size_t at = words_scan(text, size, &words), used;
	unsigned length;

	if (!at)
		return 0;
	if (at < size && text[at] == '/') {
		used = number_scan(text + at + 1, size - at - 1, 128, &length);
		if (!used)
			return 0;
		at += 1 + used;
	} else {
		if (words.gap == 8 && words.count == 1)
			return 0;
		length = words.gap < 8 ? 128 : 16 * words.count;
	}
	range_of_prefix(true, words_join(&words), length, out_range);
	unmap(out_range);
	return at;
}

int address_parse(const char *text, size_t size, struct address_range *out_range)
{
	unsigned count, length;
	uint32_t address;
	size_t used = size ? octets_scan(text, size, &address, &count) : 0;
	struct address_range range;
	const char *dash;

	/* What most are; all else is looked at from the start. */
	if (used && used == size && count == 4) {
		*out_range = (struct address_range){.first = address, .last = address};
		return 0;
	}
	if (used && used + 1 < size && count == 4 && text[used] == '/' &&
	    number_scan(text + used + 1, size - used - 1, 32, &length) == size - used - 1) {
		range_of_prefix(false, address, length, out_range);
		return 0;
	}
	dash = memchr(text, '-', size);
	if (dash ? !parse_range(text, size, dash, &range) : !parse_prefix(text, size, &range))
		return -EINVAL;
	unmap(&range);
	*out_range = range;
	return 0;
}

static size_t format_one(bool is_ip6, address6_t address, char out_text[ADDRESS_TEXT_MAX])
{
	uint8_t bytes[16];

	if (!is_ip6)
		return (size_t)snprintf(out_text, ADDRESS_TEXT_MAX, "%u.%u.%u.%u",
		                        (unsigned)(address >> 24) & 255,
		                        (unsigned)(address >> 16) & 255,
		                        (unsigned)(address >> 8) & 255, (unsigned)address & 255);
	for (unsigned i = 0; i < 16; i++)
		bytes[i] = (uint8_t)(address >> (120 - 8 * i));
	inet_ntop(AF_INET6, bytes, out_text, ADDRESS_TEXT_MAX);
	return strlen(out_text);
}

size_t address_format(const struct address_range *range, char out_text[2 * ADDRESS_TEXT_MAX])
{
	size_t size = format_one(range->is_ip6, range->first, out_text);
	unsigned length = address_widest_length(range);
	struct address_range prefix;

	if (range->first == range->last)
		return size;
	range_of_prefix(range->is_ip6, range->first, length, &prefix);
	if (prefix.first == range->first && prefix.last == range->last)
		return size + (size_t)snprintf(out_text + size, ADDRESS_TEXT_MAX, "/%u", length);
	out_text[size++] = '-';
	return size + format_one(range->is_ip6, range->last, out_text + size);
}

unsigned address_widest_length(const struct address_range *range)
{
	const address6_t span = range->last - range->first;
	const uint64_t high = (uint64_t)(span >> 64), low = (uint64_t)span;
	unsigned zeros = 128;

	if (high)
		zeros = (unsigned)__builtin_clzll(high);
	else if (low)
		zeros = 64 + (unsigned)__builtin_clzll(low);
	return range->is_ip6 ? zeros : zeros - 96;
}

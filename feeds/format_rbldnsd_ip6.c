/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rbldnsd's IPv6 types: ip6trie, ip6tset.
 */
#include "feeds/format_rbldnsd.h"

#include <string.h>

#define WORDS_SIZE ((address6_t)1 << 64) /* addresses under four words */

/* Returns false when it is bad and was counted. */
static bool ip6_scan(struct lines *lines, struct span line, uint64_t number,
                     struct rbldnsd_address *out_address)
{
	return rbldnsd_scan(lines, line, number, address_scan6, "an IPv6 prefix", out_address);
}

/* As an IPv6 length: 96 more for what is v4-mapped, so that both compare. */
static uint8_t level_of(const struct address_range *range)
{
	unsigned length = address_widest_length(range);

	return (uint8_t)(range->is_ip6 ? length : length + 96);
}

static int ip6trie_line(struct lines *lines, struct span line, uint64_t number)
{
	struct dataset_entry entry = {.line = number, .first_wins = true};
	struct rbldnsd_address scanned;
	int rc;

	if (!ip6_scan(lines, line, number, &scanned))
		return 0;
	entry.is_exclusion = scanned.is_exclusion;
	entry.level = level_of(&scanned.range);
	if (!entry.is_exclusion) {
		rc = rbldnsd_value(lines->context, scanned.rest, number, &entry.value);
		if (rc <= 0)
			return rc;
	}
	lines->facts->line_count++;
	return dataset_add_range(lines->builder, &scanned.range, &entry);
}

/* Four words for a /64, or '!' and a whole address. */
static bool is_tset_key(const struct rbldnsd_address *scanned)
{
	address6_t size = scanned->range.last - scanned->range.first + 1;

	if (memchr(scanned->key.text, '/', scanned->key.size))
		return false;
	return size == (scanned->is_exclusion ? 1 : WORDS_SIZE);
}

static int ip6tset_line(struct lines *lines, struct span line, uint64_t number)
{
	struct dataset_entry entry = {.line = number};
	struct rbldnsd_address scanned;

	if (!ip6_scan(lines, line, number, &scanned))
		return 0;
	if (!is_tset_key(&scanned)) {
		LINES_BAD(lines, number,
		          "bad address '%.*s': ip6tset has four words, or '!' and a whole address",
		          SPAN_QUOTE(line));
		return 0;
	}
	entry.is_exclusion = scanned.is_exclusion;
	lines->facts->line_count++;
	return dataset_add_range(lines->builder, &scanned.range, &entry);
}

const struct rbldnsd_type rbldnsd_ip6trie = {
    .name = "ip6trie", .entry = ip6trie_line, .has_colon_keys = true};

int format_rbldnsd_ip6trie(struct reader *reader, struct dataset_builder *builder, char *out_error,
                           size_t error_size)
{
	return rbldnsd_read(reader, builder, &rbldnsd_ip6trie, out_error, error_size);
}

const struct rbldnsd_type rbldnsd_ip6tset = {
    .name = "ip6tset", .entry = ip6tset_line, .has_one_value = true};

int format_rbldnsd_ip6tset(struct reader *reader, struct dataset_builder *builder, char *out_error,
                           size_t error_size)
{
	return rbldnsd_read(reader, builder, &rbldnsd_ip6tset, out_error, error_size);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rbldnsd's IPv4 types: ip4set, ip4trie, ip4tset.
 */
#include "feeds/format_rbldnsd.h"

#include <string.h>

/* Returns false when it is bad and was counted. */
static bool ip4_scan(struct lines *lines, struct span line, uint64_t number,
                     struct rbldnsd_address *out_address)
{
	const struct rbldnsd *r = lines->context;
	const struct address_range *range = &out_address->range;

	if (!rbldnsd_scan(lines, line, number, address_scan4, "a prefix or a range", out_address))
		return false;
	if (r->max_range4 && range->last - range->first >= r->max_range4) {
		LINES_BAD(lines, number, "'%.*s' is larger than $MAXRANGE4",
		          SPAN_QUOTE(out_address->key));
		return false;
	}
	return true;
}

/*
 * The most specific octet wins, not the longest prefix: rbldnsd keeps /32, /24, /16 and /8 keys. A
 * range becomes what it is at each of these levels: at most seven pieces.
 */
static int octets_add(struct dataset_builder *builder, const struct address_range *range,
                      struct dataset_entry *entry)
{
	uint64_t first = (uint64_t)range->first, end = (uint64_t)range->last + 1;

	while (first < end) {
		uint64_t key_size = 1, level = 32, until;
		struct address_range piece;
		int rc;

		while (level > 8 && !(first % (key_size << 8)) && end - first >= key_size << 8) {
			key_size <<= 8;
			level -= 8;
		}
		until = level > 8 ? (first / (key_size << 8) + 1) * (key_size << 8) : end;
		if (until >= end)
			until = end - end % key_size;
		piece = (struct address_range){.first = first, .last = until - 1};
		entry->level = (uint8_t)level;
		rc = dataset_add_range(builder, &piece, entry);
		if (rc < 0)
			return rc;
		entry->is_part = true;
		first = until;
	}
	return 0;
}

static int ip4set_line(struct lines *lines, struct span line, uint64_t number)
{
	struct dataset_entry entry = {.line = number};
	struct rbldnsd_address scanned;
	int rc;

	if (!ip4_scan(lines, line, number, &scanned))
		return 0;
	if (scanned.range.last - scanned.range.first == UINT32_MAX &&
	    memchr(scanned.key.text, '/', scanned.key.size)) {
		LINES_BAD(lines, number, "bad prefix '%.*s': ip4set has no /0",
		          SPAN_QUOTE(scanned.key));
		return 0;
	}
	entry.is_exclusion = scanned.is_exclusion;
	if (!entry.is_exclusion) {
		rc = rbldnsd_value(lines->context, scanned.rest, number, &entry.value);
		if (rc <= 0)
			return rc;
	}
	lines->facts->line_count++;
	return octets_add(lines->builder, &scanned.range, &entry);
}

static int ip4trie_line(struct lines *lines, struct span line, uint64_t number)
{
	struct dataset_entry entry = {.line = number, .first_wins = true};
	struct rbldnsd_address scanned;
	int rc;

	if (!ip4_scan(lines, line, number, &scanned))
		return 0;
	if (memchr(scanned.key.text, '-', scanned.key.size)) {
		LINES_BAD(lines, number, "bad prefix '%.*s': ip4trie has no ranges",
		          SPAN_QUOTE(scanned.key));
		return 0;
	}
	entry.is_exclusion = scanned.is_exclusion;
	entry.level = (uint8_t)address_widest_length(&scanned.range);
	if (!entry.is_exclusion) {
		rc = rbldnsd_value(lines->context, scanned.rest, number, &entry.value);
		if (rc <= 0)
			return rc;
	}
	lines->facts->line_count++;
	return dataset_add_range(lines->builder, &scanned.range, &entry);
}

static int ip4tset_line(struct lines *lines, struct span line, uint64_t number)
{
	struct dataset_entry entry = {.line = number};
	struct rbldnsd_address scanned;

	if (!ip4_scan(lines, line, number, &scanned))
		return 0;
	if (scanned.is_exclusion || scanned.range.first != scanned.range.last ||
	    memchr(scanned.key.text, '/', scanned.key.size) ||
	    memchr(scanned.key.text, '-', scanned.key.size)) {
		LINES_BAD(lines, number, "bad address '%.*s': ip4tset has single addresses only",
		          SPAN_QUOTE(line));
		return 0;
	}
	lines->facts->line_count++;
	return dataset_add_range(lines->builder, &scanned.range, &entry);
}

const struct rbldnsd_type rbldnsd_ip4set = {.name = "ip4set", .entry = ip4set_line};

int format_rbldnsd_ip4set(struct reader *reader, struct dataset_builder *builder, char *out_error,
                          size_t error_size)
{
	return rbldnsd_read(reader, builder, &rbldnsd_ip4set, out_error, error_size);
}

const struct rbldnsd_type rbldnsd_ip4trie = {.name = "ip4trie", .entry = ip4trie_line};

int format_rbldnsd_ip4trie(struct reader *reader, struct dataset_builder *builder, char *out_error,
                           size_t error_size)
{
	return rbldnsd_read(reader, builder, &rbldnsd_ip4trie, out_error, error_size);
}

const struct rbldnsd_type rbldnsd_ip4tset = {
    .name = "ip4tset", .entry = ip4tset_line, .has_one_value = true};

int format_rbldnsd_ip4tset(struct reader *reader, struct dataset_builder *builder, char *out_error,
                           size_t error_size)
{
	return rbldnsd_read(reader, builder, &rbldnsd_ip4tset, out_error, error_size);
}

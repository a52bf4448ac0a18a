/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lists as zone files: for BIND and others that serve a DNSBL as a zone, and as a policy zone.
 */
#include "control/cli/dump.h"
#include "control/cli/show.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#define STRING_MAX 255

static void print_head(struct dump *d, const char *use)
{
	fprintf(d->out,
	        "; list %s; %s\n$TTL 300\n"
	        "@ SOA localhost. hostmaster.localhost. %" PRIu32 " 3600 600 604800 60\n"
	        "@ NS localhost.\n",
	        d->list->name, use, (uint32_t)time(NULL));
}

static void print_owner(struct dump *d, const uint8_t *wire, size_t size)
{
	for (size_t at = 0; at < size; at += 1u + wire[at]) {
		if (at)
			putc('.', d->out);
		for (unsigned i = 1; i <= wire[at]; i++) {
			unsigned char c = wire[at + i];

			if (isalnum(c) || c == '-' || c == '_')
				putc(c, d->out);
			else
				fprintf(d->out, "\\%03u", c);
		}
	}
}

/* "4.3.2.1" for a whole address; fewer labels, for "*." in front of them, for a block. */
static void print_reversed(struct dump *d, const struct address_range *range)
{
	unsigned width = range->is_ip6 ? 128 : 32, step = range->is_ip6 ? 4 : 8;
	unsigned free_bits = 0;

	while (free_bits < width && (range->last - range->first) >> free_bits)
		free_bits += step;
	if (free_bits)
		fputs(free_bits < width ? "*." : "*", d->out);
	for (unsigned at = free_bits; at < width; at += step)
		fprintf(d->out, range->is_ip6 ? "%s%x" : "%s%u", at > free_bits ? "." : "",
		        (unsigned)(range->first >> at & ((1u << step) - 1)));
}

/* A TXT string; '$' is the subject, '$$' a dollar. */
static void print_text(struct dump *d, const struct dump_value *value, const char *subject)
{
	size_t left = STRING_MAX;

	putc('"', d->out);
	for (size_t i = 0; i < value->text_size; i++) {
		bool is_dollar = value->text[i] == '$';
		bool is_pair = is_dollar && i + 1 < value->text_size && value->text[i + 1] == '$';
		const char *piece = is_dollar && !is_pair ? subject : value->text + i;
		size_t size = is_dollar && !is_pair ? strlen(subject) : 1;

		i += is_pair;
		for (size_t j = 0; j < size && left; j++, left--) {
			unsigned char c = (unsigned char)piece[j];

			if (c == '"' || c == '\\')
				fprintf(d->out, "\\%c", c);
			else if (c < ' ' || c > '~')
				fprintf(d->out, "\\%03u", c);
			else
				putc(c, d->out);
		}
	}
	putc('"', d->out);
}

static void print_records(struct dump *d, uint32_t set, const char *subject)
{
	struct dump_value values[DATASET_SET_MAX];
	size_t count = dump_values(d, set, values);
	char code[SHOW_TEXT_MAX];

	for (size_t i = 0; i < count; i++) {
		show_code(values[i].code, code);
		/* The owner is repeated by a blank in front. */
		fprintf(d->out, " A %s\n", code);
		if (values[i].text) {
			fputs(" TXT ", d->out);
			print_text(d, &values[i], subject);
			putc('\n', d->out);
		}
	}
	d->entry_count++;
}

static void bind_range(struct dump *d, const struct address_range *range, uint32_t set)
{
	char subject[2 * ADDRESS_TEXT_MAX];

	address_format(range, subject);
	print_reversed(d, range);
	print_records(d, set, subject);
}

static void bind_name(struct dump *d, const uint8_t *wire, size_t size, uint32_t exact,
                      uint32_t subtree)
{
	const uint32_t sets[] = {exact, subtree};
	char subject[4 * NAME_WIRE_MAX + 2];

	name_format(wire, size, subject);
	for (unsigned i = 0; i < 2; i++) {
		if (sets[i] == DATASET_ABSENT)
			continue;
		fputs(i ? "*." : "", d->out);
		print_owner(d, wire, size);
		if (sets[i])
			print_records(d, sets[i], subject);
		else /* the name is there, and without an A record not listed */
			fputs(" HINFO \"excluded\" \"\"\n", d->out);
	}
}

void dump_bind(struct dump *d)
{
	print_head(d, "a zone of BIND, NSD, Knot");
	dump_ranges(d, false, 8, bind_range);
	dump_ranges(d, true, 4, bind_range);
	dump_wildcards(d, bind_name);
}

/* "24.0.2.0.192" for IPv4; words, with the longest run of zeros as "zz", for IPv6. */
static void print_trigger(struct dump *d, const struct address_range *range)
{
	unsigned words[8], best = 8, best_size = 1;

	fprintf(d->out, "%u", address_widest_length(range));
	for (unsigned at = 0; at < 32 && !range->is_ip6; at += 8)
		fprintf(d->out, ".%u", (unsigned)(range->first >> at & 255));
	if (!range->is_ip6)
		return;
	for (unsigned i = 0; i < 8; i++)
		words[i] = (unsigned)(range->first >> 16 * (7 - i)) & 0xffff;
	for (unsigned i = 0, size; i < 8; i += size + 1) {
		for (size = 0; i + size < 8 && !words[i + size]; size++)
			;
		if (size > best_size) {
			best = i;
			best_size = size;
		}
	}
	for (unsigned i = 8; i-- > 0;) {
		if (best < 8 && i == best + best_size - 1) {
			fputs(".zz", d->out);
			i = best;
		} else {
			fprintf(d->out, ".%x", words[i]);
		}
	}
}

static void rpz_range(struct dump *d, const struct address_range *range, uint32_t set)
{
	(void)set;
	print_trigger(d, range);
	fputs(".rpz-ip CNAME .\n", d->out);
	d->entry_count++;
}

static void rpz_name(struct dump *d, const uint8_t *wire, size_t size, uint32_t exact,
                     uint32_t subtree)
{
	const uint32_t sets[] = {exact, subtree};

	for (unsigned i = 0; i < 2; i++) {
		if (sets[i] == DATASET_ABSENT)
			continue;
		fputs(i ? "*." : "", d->out);
		print_owner(d, wire, size);
		fputs(sets[i] ? " CNAME .\n" : " CNAME rpz-passthru.\n", d->out);
		d->entry_count += sets[i] != 0;
	}
}

void dump_rpz(struct dump *d)
{
	print_head(d, "a policy zone (RPZ)");
	dump_ranges(d, false, 1, rpz_range);
	dump_ranges(d, true, 1, rpz_range);
	dump_wildcards(d, rpz_name);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lists as text of one entry a line, for programs that take sets of addresses or names.
 */
#include "control/cli/dump.h"
#include "control/cli/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NFT_TABLE "reputed"

/* "192.0.2.0/24", "192.0.2.1", or with a dash when it is no prefix */
static void print_range(struct dump *d, const struct address_range *range)
{
	char text[2 * ADDRESS_TEXT_MAX];

	address_format(range, text);
	fputs(text, d->out);
}

static void print_name(struct dump *d, const uint8_t *wire, size_t size)
{
	char text[4 * NAME_WIRE_MAX + 2];

	name_format(wire, size, text);
	fputs(text, d->out);
}

static void plain_range(struct dump *d, const struct address_range *range, uint32_t set)
{
	(void)set;
	print_range(d, range);
	putc('\n', d->out);
	d->entry_count++;
}

static void plain_line(struct dump *d, const char *mark, const uint8_t *wire, size_t size)
{
	fputs(mark, d->out);
	print_name(d, wire, size);
	putc('\n', d->out);
	d->entry_count++;
}

/* In "domains" a name stands for all below it too. */
static void plain_name(struct dump *d, const uint8_t *wire, size_t size, uint32_t exact,
                       uint32_t subtree)
{
	bool is_exact = exact && exact != DATASET_ABSENT;
	bool is_below = subtree && subtree != DATASET_ABSENT;

	if (is_exact)
		plain_line(d, "", wire, size);
	else if (is_below)
		plain_line(d, "*.", wire, size);
	if (is_exact && !is_below)
		d->exact_count++;
	if (!exact && subtree == 0)
		plain_line(d, "!", wire, size);
	else if (!exact || subtree == 0)
		d->exact_count++;
}

static void write_plain(struct dump *d)
{
	fprintf(d->out, "# list %s\n", d->list->name);
	dump_ranges(d, false, 1, plain_range);
	dump_ranges(d, true, 1, plain_range);
	dump_names(d, plain_name);
}

/* A template: '$' before a digit would be a variable there. */
static void print_rbldnsd_text(struct dump *d, const struct dump_value *value)
{
	const char *text = value->text;
	bool is_lost = false;

	for (size_t i = 0; i < value->text_size; i++) {
		char next = i + 1 < value->text_size ? text[i + 1] : '\0';

		if (text[i] == '$' && next == '$') {
			fputs("$$", d->out);
			i++;
			continue;
		}
		if (text[i] == '$' && ((next >= '0' && next <= '9') || next == '='))
			is_lost = true;
		is_lost |= text[i] == '\n' || text[i] == '\r' || text[i] == '\0';
		putc(text[i] == '\n' || text[i] == '\r' || text[i] == '\0' ? ' ' : text[i], d->out);
	}
	d->text_count += is_lost;
}

static void print_rbldnsd_value(struct dump *d, const struct dump_value *value)
{
	char code[SHOW_TEXT_MAX];

	show_code(value->code, code);
	fprintf(d->out, ":%s:", code);
	print_rbldnsd_text(d, value);
}

/* Whether it is what the default line says. */
static bool is_default(const struct dump *d, const struct dump_value *value)
{
	size_t size = d->list->text ? strlen(d->list->text) : 0;

	return value->code == d->list->code && !!value->text == !!d->list->text &&
	       value->text_size == size && (!size || memcmp(value->text, d->list->text, size) == 0);
}

static void print_value_end(struct dump *d, const struct dump_value *value)
{
	if (!is_default(d, value)) {
		putc(' ', d->out);
		print_rbldnsd_value(d, value);
	}
	putc('\n', d->out);
}

/* A trie holds one value for a prefix: further ones are in datasets of their own. */
static void rbldnsd_range(struct dump *d, const struct address_range *range, uint32_t set)
{
	struct dump_value values[DATASET_SET_MAX];
	size_t count = dump_values(d, set, values);

	if (d->value >= count)
		return;
	print_range(d, range);
	print_value_end(d, &values[d->value]);
	d->entry_count += d->value == 0;
}

static void rbldnsd_set(struct dump *d, const char *mark, const uint8_t *wire, size_t size,
                        uint32_t set)
{
	struct dump_value values[DATASET_SET_MAX];
	size_t count = set ? dump_values(d, set, values) : 1;

	for (size_t i = 0; i < count; i++) {
		fprintf(d->out, "%s%s", set ? "" : "!", mark);
		print_name(d, wire, size);
		if (set)
			print_value_end(d, &values[i]);
		else
			putc('\n', d->out);
	}
	d->entry_count += set != 0;
}

static void rbldnsd_name(struct dump *d, const uint8_t *wire, size_t size, uint32_t exact,
                         uint32_t subtree)
{
	if (exact == subtree && exact != DATASET_ABSENT) {
		rbldnsd_set(d, ".", wire, size, exact);
		return;
	}
	if (exact != DATASET_ABSENT)
		rbldnsd_set(d, "", wire, size, exact);
	if (subtree != DATASET_ABSENT)
		rbldnsd_set(d, "*.", wire, size, subtree);
}

static size_t values_max(const struct dump *d)
{
	const struct dataset_value *const *values;
	size_t most = 0;

	for (uint32_t set = 1; set <= dataset_set_count(d->dataset); set++) {
		size_t count = dataset_set(d->dataset, set, &values);

		if (count > most)
			most = count;
	}
	return most;
}

static void print_dataset(struct dump *d, const char *type, const char *name)
{
	const struct dump_value value = {
	    .code = d->list->code,
	    .text = d->list->text,
	    .text_size = d->list->text ? strlen(d->list->text) : 0,
	};

	fprintf(d->out, "$DATASET %s:%s", type, name);
	if (d->value)
		fprintf(d->out, "-%u", d->value + 1);
	fputs(" @\n", d->out);
	print_rbldnsd_value(d, &value);
	putc('\n', d->out);
}

static void write_rbldnsd(struct dump *d)
{
	size_t most = values_max(d);

	fprintf(d->out, "# list %s; for rbldnsd: ZONE:combined:THIS_FILE\n", d->list->name);
	for (d->value = 0; d->value < most; d->value++) {
		if (d->dataset->range4_count) {
			print_dataset(d, "ip4trie", "ip4");
			dump_ranges(d, false, 1, rbldnsd_range);
		}
		if (d->dataset->range6_count) {
			print_dataset(d, "ip6trie", "ip6");
			dump_ranges(d, true, 1, rbldnsd_range);
		}
	}
	d->value = 0;
	if (d->dataset->name_count || !most) {
		print_dataset(d, "dnset", "names");
		dump_names(d, rbldnsd_name);
	}
}

static void count_name(struct dump *d, const uint8_t *wire, size_t size, uint32_t exact,
                       uint32_t subtree)
{
	(void)wire;
	(void)size;
	(void)exact;
	(void)subtree;
	d->name_count++;
}

static void count_range(struct dump *d, const struct address_range *range, uint32_t set)
{
	(void)range;
	(void)set;
	d->entry_count++;
}

static bool is_all(const struct address_range *range)
{
	return range->first == 0 &&
	       range->last == (range->is_ip6 ? ~(address6_t)0 : (address6_t)UINT32_MAX);
}

/* hash:net has no /0. */
static void ipset_range(struct dump *d, const struct address_range *range, uint32_t set)
{
	address6_t half = (address6_t)1 << (range->is_ip6 ? 127 : 31);
	struct address_range low = *range, high = *range;

	if (is_all(range)) {
		low.last = half - 1;
		high.first = half;
		ipset_range(d, &low, set);
		ipset_range(d, &high, set);
		return;
	}
	fprintf(d->out, "add %.26s-%c ", d->list->name, range->is_ip6 ? '6' : '4');
	print_range(d, range);
	putc('\n', d->out);
	d->entry_count++;
}

static void ipset_family(struct dump *d, bool is_ip6)
{
	char name[32];
	uint64_t count;

	snprintf(name, sizeof(name), "%.26s-%c", d->list->name, is_ip6 ? '6' : '4');
	d->entry_count = 0;
	dump_ranges(d, is_ip6, 1, count_range);
	count = d->entry_count + 1; /* a /0 is two */
	d->entry_count = 0;
	fprintf(d->out, "create -exist %s hash:net family %s maxelem %" PRIu64 "\nflush %s\n", name,
	        is_ip6 ? "inet6" : "inet", count < 65536 ? 65536 : count, name);
	dump_ranges(d, is_ip6, 1, ipset_range);
}

static void write_ipset(struct dump *d)
{
	uint64_t count;

	ipset_family(d, false);
	count = d->entry_count;
	ipset_family(d, true);
	d->entry_count += count;
	dump_names(d, count_name);
}

/* An identifier: a word of nft's own must not be met. */
static void nft_name(const struct dump *d, bool is_ip6, char out_name[80])
{
	snprintf(out_name, 80, "list_%s_%s", d->list->name, is_ip6 ? "ip6" : "ip4");
	for (char *c = out_name; *c; c++)
		if (*c == '.' || *c == '-')
			*c = '_';
}

static void nft_range(struct dump *d, const struct address_range *range, uint32_t set)
{
	(void)set;
	fputs(d->is_first ? "\n\t" : ",\n\t", d->out);
	d->is_first = false;
	print_range(d, range);
	d->entry_count++;
}

static void nft_family(struct dump *d, bool is_ip6)
{
	char name[80];
	uint64_t before = d->entry_count;

	nft_name(d, is_ip6, name);
	fprintf(d->out, "add set inet " NFT_TABLE " %s { type %s; flags interval; }\n", name,
	        is_ip6 ? "ipv6_addr" : "ipv4_addr");
	fprintf(d->out, "flush set inet " NFT_TABLE " %s\n", name);
	dump_ranges(d, is_ip6, 1, count_range);
	if (d->entry_count == before)
		return;
	d->entry_count = before;
	d->is_first = true;
	fprintf(d->out, "add element inet " NFT_TABLE " %s {", name);
	dump_ranges(d, is_ip6, 1, nft_range);
	fputs("\n}\n", d->out);
}

static void write_nft(struct dump *d)
{
	fprintf(d->out, "# list %s; nft -f replaces the sets in one step\n", d->list->name);
	fputs("add table inet " NFT_TABLE "\n", d->out);
	nft_family(d, false);
	nft_family(d, true);
	dump_names(d, count_name);
}

static void json_line(struct dump *d, const char *kind, const char *key, const char *scope,
                      uint32_t set)
{
	struct dump_value values[DATASET_SET_MAX];
	size_t count = set ? dump_values(d, set, values) : 0;
	json_t *line = json_pack("{s:s}", kind, key), *listings = json_array();
	char code[SHOW_TEXT_MAX];

	if (scope)
		json_object_set_new(line, "scope", json_string(scope));
	for (size_t i = 0; i < count; i++) {
		json_t *listing;

		show_code(values[i].code, code);
		listing = json_pack("{s:s}", "code", code);
		if (values[i].text)
			json_object_set_new(listing, "text",
			                    show_string(values[i].text, values[i].text_size));
		json_array_append_new(listings, listing);
	}
	json_object_set_new(line, "listings", listings);
	if (!line || json_dumpf(line, d->out, JSON_COMPACT) < 0)
		d->has_failed = true;
	putc('\n', d->out);
	json_decref(line);
	d->entry_count += set != 0;
}

static void json_range(struct dump *d, const struct address_range *range, uint32_t set)
{
	char text[2 * ADDRESS_TEXT_MAX];

	address_format(range, text);
	json_line(d, "address", text, NULL, set);
}

static void json_name(struct dump *d, const uint8_t *wire, size_t size, uint32_t exact,
                      uint32_t subtree)
{
	char text[4 * NAME_WIRE_MAX + 2];

	name_format(wire, size, text);
	if (exact == subtree && exact != DATASET_ABSENT) {
		json_line(d, "name", text, "both", exact);
		return;
	}
	if (exact != DATASET_ABSENT)
		json_line(d, "name", text, "exact", exact);
	if (subtree != DATASET_ABSENT)
		json_line(d, "name", text, "below", subtree);
}

static void write_json(struct dump *d)
{
	dump_ranges(d, false, 1, json_range);
	dump_ranges(d, true, 1, json_range);
	dump_names(d, json_name);
}

static const struct dump_format writers[] = {
    {"plain", write_plain}, {"rbldnsd", write_rbldnsd}, {"rpz", dump_rpz},   {"ipset", write_ipset},
    {"nft", write_nft},     {"json", write_json},       {"bind", dump_bind},
};

const struct dump_format *dump_format_find(const char *name)
{
	for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++)
		if (strcmp(writers[i].name, name) == 0)
			return &writers[i];
	return NULL;
}

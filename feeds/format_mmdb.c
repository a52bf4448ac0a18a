/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Networks of a MaxMind database by country or autonomous system.
 */
#include "feeds/asn_set.h"
#include "feeds/format_rows.h"
#include "feeds/lines.h"
#include "feeds/memo.h"
#include "feeds/mmdb.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct selection {
	struct dataset_builder *builder;
	struct dataset_facts *facts;
	struct mmdb *mmdb;
	bool countries[26][26];
	bool has_countries;
	struct asn_set asns;
	const char *country_field, *asn_field; /* NULL = the usual ones */
	struct memo is_wanted;                 /* by record */
	bool is_country_known, is_asn_known;   /* there is one in some record */
};

static bool country_parse(struct span text, unsigned out_letters[2])
{
	for (unsigned i = 0; i < 2; i++) {
		if (text.size != 2)
			return false;
		out_letters[i] = (unsigned)((text.text[i] | 0x20) - 'a');
		if (out_letters[i] >= 26)
			return false;
	}
	return true;
}

static bool asn_parse(struct span text, uint64_t *out_number)
{
	if (span_starts(text, "AS"))
		text = span_skip(text, 2);
	return span_number(text, UINT32_MAX, out_number) == 0 && *out_number;
}

static const char *check_country(const char *text)
{
	unsigned letters[2];

	return country_parse((struct span){text, strlen(text)}, letters)
	           ? NULL
	           : "two letters of a country, such as \"NO\" (in quotes: NO alone is false)";
}

static const char *check_asn(const char *text)
{
	uint64_t number;

	return asn_parse((struct span){text, strlen(text)}, &number)
	           ? NULL
	           : "the number of an autonomous system, such as 64496";
}

const struct format_option format_mmdb_options[] = {
    {"country", check_country, FORMAT_MANY},
    {"asn", check_asn, FORMAT_MANY},
    {"country_field", NULL, 0},
    {"asn_field", NULL, 0},
    {NULL, NULL, 0},
};

const char *format_mmdb_check(const struct format_options *options)
{
	return format_options_get(options, "country") || format_options_get(options, "asn")
	           ? NULL
	           : "format mmdb needs country, asn or both";
}

static int selection_read(struct selection *s, const struct format_options *options)
{
	const char *text;
	size_t at = 0;
	unsigned letters[2];
	uint64_t number;

	while ((text = format_options_next(options, "country", &at))) {
		if (!country_parse((struct span){text, strlen(text)}, letters))
			return -EINVAL;
		s->countries[letters[0]][letters[1]] = true;
		s->has_countries = true;
	}
	at = 0;
	while ((text = format_options_next(options, "asn", &at))) {
		if (!asn_parse((struct span){text, strlen(text)}, &number))
			return -EINVAL;
		if (asn_set_add(&s->asns, (uint32_t)number, 0) < 0)
			return -ENOMEM;
	}
	asn_set_sort(&s->asns);
	s->country_field = format_options_get(options, "country_field");
	s->asn_field = format_options_get(options, "asn_field");
	return 0;
}

static bool is_wanted(struct selection *s, uint32_t record)
{
	bool is_country = false, is_asn = false;
	unsigned letters[2];
	struct span code;
	uint64_t number;

	if (s->has_countries && mmdb_country(s->mmdb, record, s->country_field, &code) &&
	    country_parse(code, letters)) {
		s->is_country_known = true;
		is_country = s->countries[letters[0]][letters[1]];
	}
	if (s->asns.count && mmdb_asn(s->mmdb, record, s->asn_field, &number)) {
		s->is_asn_known = true;
		is_asn = asn_set_find(&s->asns, number) != NULL;
	}
	return is_country || is_asn;
}

static int network_add(void *context, const struct address_range *range, uint32_t record)
{
	struct selection *s = context;
	const uint32_t *known = memo_get(&s->is_wanted, record);
	const struct dataset_entry entry = {0};
	uint32_t wanted;

	if (known) {
		wanted = *known;
	} else {
		wanted = is_wanted(s, record);
		if (memo_put(&s->is_wanted, record, wanted) < 0)
			return -ENOMEM;
	}
	if (!wanted)
		return 0;
	s->facts->line_count++;
	return dataset_add_range(s->builder, range, &entry);
}

/* A field that no record has is a mistake in the options, or another kind of database. */
static int fields_check(const struct selection *s, char *out_error, size_t error_size)
{
	if (s->has_countries && !s->is_country_known) {
		snprintf(out_error, error_size, "the database has no field '%s'",
		         s->country_field ? s->country_field : "country.iso_code");
		return -EINVAL;
	}
	if (s->asns.count && !s->is_asn_known) {
		snprintf(out_error, error_size, "the database has no field '%s'",
		         s->asn_field ? s->asn_field : "autonomous_system_number");
		return -EINVAL;
	}
	return 0;
}

int format_mmdb(struct reader *reader, struct dataset_builder *builder, char *out_error,
                size_t error_size)
{
	const struct format_options *options = dataset_builder_options(builder)->format;
	struct selection s = {.builder = builder, .facts = dataset_builder_facts(builder)};
	const char *missing = format_mmdb_check(options);
	int rc;

	if (missing) {
		snprintf(out_error, error_size, "%s", missing);
		return -EINVAL;
	}
	rc = selection_read(&s, options);
	if (rc < 0)
		goto out;
	s.mmdb = mmdb_read(reader, out_error, error_size);
	if (!s.mmdb) {
		rc = -errno;
		goto out;
	}
	s.facts->timestamp_s = mmdb_made_s(s.mmdb);
	rc = mmdb_each(s.mmdb, network_add, &s, out_error, error_size);
	if (rc == 0)
		rc = fields_check(&s, out_error, error_size);
out:
	if (rc < 0 && !out_error[0])
		snprintf(out_error, error_size, "%s", strerror(-rc));
	mmdb_close(s.mmdb);
	memo_done(&s.is_wanted);
	asn_set_done(&s.asns);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All networks of a MaxMind database that belong to an autonomous system, each with a text that
 * says which: "64496 | 192.0.2.0/24 | NO | EXAMPLE", the first fields of Team Cymru's origin zone.
 * What a database does not know of a network stays empty.
 */
#include "feeds/format_rows.h"
#include "feeds/mmdb.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 255 /* bytes of a DNS character-string */

static const char *const name_fields[] = {"autonomous_system_organization", "as_name", "name",
                                          "organization"};

struct origins {
	struct dataset_builder *builder;
	struct dataset_facts *facts;
	struct mmdb *mmdb;
};

/* Append as much as fits, a '$' as "$$": it is a template. Controls become blanks. */
static size_t append(char *text, size_t at, struct span more)
{
	for (size_t i = 0; i < more.size; i++) {
		char c = (unsigned char)more.text[i] < ' ' ? ' ' : more.text[i];
		size_t size = c == '$' ? 2 : 1;

		if (at + size > TEXT_MAX)
			break;
		memset(text + at, c, size);
		at += size;
	}
	return at;
}

static struct span name_of(const struct mmdb *m, uint32_t record)
{
	struct span name = {"", 0};

	for (size_t i = 0; i < sizeof(name_fields) / sizeof(name_fields[0]); i++)
		if (mmdb_text(m, record, name_fields[i], &name))
			return name;
	return (struct span){"", 0};
}

static int origin_add(void *context, const struct address_range *range, uint32_t record)
{
	struct origins *o = context;
	struct dataset_value value = {.text_kind = DATASET_TEXT_OWN};
	struct dataset_entry entry = {0};
	char network[2 * ADDRESS_TEXT_MAX], text[TEXT_MAX + 1];
	struct span country = {"", 0};
	uint64_t number;
	size_t size;
	int rc;

	if (!mmdb_asn(o->mmdb, record, NULL, &number) || number == 0 || number > UINT32_MAX)
		return 0;
	if (!mmdb_country(o->mmdb, record, NULL, &country) || country.size != 2)
		country = (struct span){"", 0};
	address_format(range, network);
	size = (size_t)snprintf(text, sizeof(text), "%" PRIu64 " | %s |%s%.*s | ", number, network,
	                        country.size ? " " : "", (int)country.size, country.text);
	value.text_size = (uint8_t)append(text, size, name_of(o->mmdb, record));
	while (value.text_size && text[value.text_size - 1] == ' ')
		value.text_size--;
	value.text = text;
	o->facts->line_count++;
	rc = dataset_value(o->builder, &value, &entry.value);
	return rc < 0 ? rc : dataset_add_range(o->builder, range, &entry);
}

int format_mmdb_asn(struct reader *reader, struct dataset_builder *builder, char *out_error,
                    size_t error_size)
{
	struct origins o = {.builder = builder, .facts = dataset_builder_facts(builder)};
	int rc;

	o.mmdb = mmdb_read(reader, out_error, error_size);
	if (!o.mmdb)
		return -errno;
	o.facts->timestamp_s = mmdb_made_s(o.mmdb);
	rc = mmdb_each(o.mmdb, origin_add, &o, out_error, error_size);
	if (rc == 0 && o.facts->line_count == 0) {
		snprintf(out_error, error_size,
		         "the database has no field 'autonomous_system_number'");
		rc = -EINVAL;
	}
	if (rc < 0 && !out_error[0])
		snprintf(out_error, error_size, "%s", strerror(-rc));
	mmdb_close(o.mmdb);
	return rc;
}

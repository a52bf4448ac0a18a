/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Spamhaus ASN-DROP: autonomous systems as JSON lines. What is listed are their networks, which a
 * database of ASNs (MMDB) knows.
 */
#include "feeds/asn_set.h"
#include "feeds/format_rows.h"
#include "feeds/json_line.h"
#include "feeds/memo.h"
#include "feeds/mmdb.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct asndrop {
	struct lines lines;
	struct asn_set asns;
	const char *field; /* of the database; NULL = the usual ones */
	struct mmdb *mmdb;
	struct memo asn_of; /* record -> number, 0 = none */
	bool has_numbers;
};

static int asn_line(struct lines *lines, struct span line, uint64_t number)
{
	struct asndrop *a = lines->context;
	json_t *object = json_line_load(lines, line, number);
	const json_t *asn = json_object_get(object, "asn");
	json_int_t value = json_integer_value(asn);
	int rc = 0;

	if (!object)
		return 0;
	if (!json_line_is_metadata(lines, object, number)) {
		if (json_is_integer(asn) && value > 0 && value <= UINT32_MAX) {
			lines->facts->line_count++;
			rc = asn_set_add(&a->asns, (uint32_t)value, number);
		} else {
			LINES_BAD(lines, number,
			          "no 'asn': expected an object with a number in 'asn'");
		}
	}
	json_decref(object);
	return rc;
}

static int network_add(void *context, const struct address_range *range, uint32_t record)
{
	struct asndrop *a = context;
	const uint32_t *known = memo_get(&a->asn_of, record);
	struct dataset_entry entry = {0};
	uint64_t number = 0;
	struct asn *asn;

	if (known) {
		number = *known;
	} else {
		if (!mmdb_asn(a->mmdb, record, a->field, &number) || number > UINT32_MAX)
			number = 0;
		a->has_numbers |= number != 0;
		if (memo_put(&a->asn_of, record, (uint32_t)number) < 0)
			return -ENOMEM;
	}
	asn = number ? asn_set_find(&a->asns, number) : NULL;
	if (!asn)
		return 0;
	asn->network_count++;
	entry.line = asn->line;
	return dataset_add_range(a->lines.builder, range, &entry);
}

/* Errors: negative errno; the error says why */
static int networks_add(struct asndrop *a, const char *path)
{
	char error[160] = "";
	int rc;

	a->mmdb = mmdb_open(path, error, sizeof(error));
	rc = a->mmdb ? mmdb_each(a->mmdb, network_add, a, error, sizeof(error)) : -errno;
	if (rc == 0 && !a->has_numbers) {
		snprintf(error, sizeof(error), "it has no field '%s'",
		         a->field ? a->field : "autonomous_system_number");
		rc = -EINVAL;
	}
	if (rc < 0)
		snprintf(a->lines.error, a->lines.error_size, "asn_database '%.100s': %s", path,
		         error[0] ? error : strerror(-rc));
	return rc;
}

static void strangers_tell(struct asndrop *a)
{
	for (size_t i = 0; i < a->asns.count; i++) {
		const struct asn *asn = &a->asns.items[i];

		if (!asn->network_count)
			dataset_note_line(a->lines.builder, asn->line,
			                  "AS%" PRIu32 " has no network in asn_database",
			                  asn->number);
	}
}

const struct format_option format_asndrop_options[] = {
    {"asn_database", NULL, FORMAT_NEEDED | FORMAT_PATH},
    {"asn_field", NULL, 0},
    {NULL, NULL, 0},
};

int format_spamhaus_asndrop_json(struct reader *reader, struct dataset_builder *builder,
                                 char *out_error, size_t error_size)
{
	const struct format_options *options = dataset_builder_options(builder)->format;
	const char *path = format_options_get(options, "asn_database");
	struct asndrop a = {
	    .lines = {.builder = builder, .error = out_error, .error_size = error_size},
	    .field = format_options_get(options, "asn_field"),
	};
	int rc;

	if (!path) {
		snprintf(out_error, error_size,
		         "the option 'asn_database' is missing: expected the path of an MMDB "
		         "of ASNs");
		return -EINVAL;
	}
	a.lines.context = &a;
	rc = lines_each(reader, &a.lines, asn_line);
	if (rc == 0) {
		asn_set_sort(&a.asns);
		rc = networks_add(&a, path);
	}
	if (rc == 0)
		strangers_tell(&a);
	mmdb_close(a.mmdb);
	memo_done(&a.asn_of);
	asn_set_done(&a.asns);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records of Spamhaus' intelligence API (SIA): an address each, that is listed until its
 * "valid_until".
 */
#include "feeds/format_rows.h"
#include "feeds/json_records.h"

#include <string.h>
#include <time.h>

struct sia {
	const struct format_options *options;
	int64_t now_s;
};

static bool is_wanted(const struct sia *sia, const json_t *record)
{
	const char *dataset = json_string_value(json_object_get(record, "dataset"));
	const char *wanted = format_options_get(sia->options, "dataset");
	size_t at = 0;

	if (!wanted)
		return true;
	while ((wanted = format_options_next(sia->options, "dataset", &at)))
		if (dataset && !strcasecmp(dataset, wanted))
			return true;
	return false;
}

/* Unix seconds, as a number or a text; 0 when there is none. Returns false when it is bad. */
static bool until_read(const json_t *record, int64_t *out_until_s)
{
	const json_t *value = json_object_get(record, "valid_until");
	uint64_t number;

	*out_until_s = 0;
	if (!value || json_is_null(value))
		return true;
	if (json_is_integer(value) && json_integer_value(value) > 0) {
		*out_until_s = json_integer_value(value);
		return true;
	}
	if (!json_is_string(value) ||
	    span_number((struct span){json_string_value(value), json_string_length(value)},
	                INT64_MAX, &number) < 0 ||
	    !number)
		return false;
	*out_until_s = (int64_t)number;
	return true;
}

static int sia_record(struct lines *lines, const json_t *record, uint64_t line)
{
	const struct sia *sia = lines->context;
	const json_t *address = json_object_get(record, "ipaddress");
	struct dataset_entry entry = {.line = line};
	struct dataset_facts *facts = lines->facts;
	struct address_range range;
	int64_t until_s;

	if (!json_is_string(address) ||
	    address_parse(json_string_value(address), json_string_length(address), &range) < 0) {
		LINES_BAD(lines, line, "no address in 'ipaddress': '%.60s'",
		          json_is_string(address) ? json_string_value(address) : "");
		return 0;
	}
	if (!until_read(record, &until_s)) {
		LINES_BAD(lines, line, "bad 'valid_until' of %.60s: expected Unix seconds",
		          json_string_value(address));
		return 0;
	}
	if (!is_wanted(sia, record) || (until_s && until_s <= sia->now_s)) {
		facts->skipped_count++;
		return 0;
	}
	if (until_s && (!facts->next_expiry_s || until_s < facts->next_expiry_s))
		facts->next_expiry_s = until_s;
	facts->line_count++;
	return dataset_add_range(lines->builder, &range, &entry);
}

const struct format_option format_sia_options[] = {
    {"dataset", NULL, FORMAT_MANY},
    {NULL, NULL, 0},
};

int format_spamhaus_sia_json(struct reader *reader, struct dataset_builder *builder,
                             char *out_error, size_t error_size)
{
	struct sia sia = {
	    .options = dataset_builder_options(builder)->format,
	    .now_s = time(NULL),
	};
	struct lines lines = {
	    .builder = builder, .context = &sia, .error = out_error, .error_size = error_size};

	return json_records_each(reader, &lines, sia_record);
}

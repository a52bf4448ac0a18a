/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/json_line.h"

#include <string.h>

json_t *json_line_load(struct lines *lines, struct span line, uint64_t number)
{
	json_error_t error;
	json_t *object = json_loadb(line.text, line.size, JSON_REJECT_DUPLICATES, &error);

	if (json_is_object(object))
		return object;
	LINES_BAD(lines, number, "bad JSON '%.*s': %s", SPAN_QUOTE(line),
	          object ? "expected an object" : error.text);
	json_decref(object);
	return NULL;
}

static void metadata_read(struct lines *lines, const json_t *object, uint64_t number)
{
	const json_t *records = json_object_get(object, "records");
	const json_t *timestamp = json_object_get(object, "timestamp");

	if ((records && (!json_is_integer(records) || json_integer_value(records) < 0)) ||
	    (timestamp && (!json_is_integer(timestamp) || json_integer_value(timestamp) < 0))) {
		LINES_BAD(lines, number, "bad metadata: 'records' and 'timestamp' are numbers");
		return;
	}
	if (records)
		lines->facts->declared_count = (uint64_t)json_integer_value(records);
	if (timestamp)
		lines->facts->timestamp_s = json_integer_value(timestamp);
}

bool json_line_is_metadata(struct lines *lines, const json_t *object, uint64_t number)
{
	const json_t *type = json_object_get(object, "type");

	if (!json_is_string(type) || strcmp(json_string_value(type), "metadata") != 0)
		return false;
	metadata_read(lines, object, number);
	return true;
}

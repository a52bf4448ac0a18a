/* SPDX-License-Identifier: BSD-3-Clause */
/* Records files: whatever is read, the data plane takes it; a refusal has a text. */
#include "control/zone_records.h"
#include "dataplane/table/records.h"

#include <stdio.h>
#include <stdlib.h>

static void expect(bool is_met)
{
	if (!is_met)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[200] = "";
	struct zone_records *parsed =
	    zone_records_parse("f", (const char *)data, size, error, sizeof(error));
	struct records *records;
	struct record *items;

	if (!parsed) {
		expect(error[0] != '\0');
		return 0;
	}
	items = calloc(parsed->count + 1, sizeof(*items));
	expect(items != NULL);
	for (size_t i = 0; i < parsed->count; i++) {
		const struct zone_record *from = &parsed->items[i];

		items[i] = (struct record){from->name,
		                           from->rdata,
		                           from->ttl_s,
		                           from->type,
		                           (uint16_t)from->rdata_size,
		                           (uint8_t)from->name_size};
	}
	records = records_new(items, parsed->count);
	expect(records != NULL);
	for (size_t i = 0; i < parsed->count; i++) { /* all are found, and what is above exists */
		const uint8_t *name = items[i].name;
		size_t left = items[i].name_size, count = 0;
		bool exists = false;

		expect(records_find(records, name, left, &count, &exists) != NULL);
		expect(count > 0 && exists);
		for (; left > 0; left -= 1u + name[0], name += 1u + name[0]) {
			records_find(records, name, left, &count, &exists);
			expect(exists);
		}
	}
	records_free(records);
	free(items);
	zone_records_free(parsed);
	return 0;
}

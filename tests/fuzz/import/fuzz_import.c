/* SPDX-License-Identifier: BSD-3-Clause */
/* A log: its first byte chooses the format, the rest are its lines. */
#include "control/import/import.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS INT64_C(1767963600000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool is_so)
{
	if (!is_so)
		abort();
}

static void check_printable(const char *text)
{
	for (; *text; text++)
		expect(*text >= ' ' && *text <= '~');
}

static void check_event(const struct import_event *e, void *context)
{
	struct address_range address;

	(void)context;
	expect(address_parse(e->address, strlen(e->address), &address) == 0);
	expect(address.first == address.last);
	expect(e->class < EVENT_CLASS_COUNT && e->class != EVENT_DHA);
	expect(e->probability >= 0 && e->probability <= 1);
	check_printable(e->recipient);
	check_printable(e->user);
	check_printable(e->domain);
	check_printable(e->note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char traps_text[] =
	    "bait@example.org\nold@example.org recycled\n@trap.example\n";
	char error[TRAPS_ERROR_MAX] = "";
	struct import_settings settings = {.is_utc = true, .emit = check_event};
	struct traps *read, *traps = traps_parse(traps_text, strlen(traps_text), error);
	struct span rest, line;
	struct import in;

	if (size == 0 || import_init(&in, &settings) < 0)
		goto out;
	in.settings.traps = traps;
	rest = (struct span){(const char *)data + 1, size - 1};
	while (rest.size) {
		if (!scan_take(&rest, "\n", &line)) {
			line = rest;
			rest.size = 0;
		}
		import_line(&in, &import_formats[data[0] % 4], line, NOW_MS);
	}
	expect(in.counts.bad <= in.counts.lines);
	import_done(&in);
	read = traps_parse((const char *)data, size, error);
	expect(read || error[0]);
	traps_free(read);
out:
	traps_free(traps);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* An event as JSON: whatever comes, either an error with a text or an event within its bounds. */
#include "control/reputation/event.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[16];
	char error[200] = "";
	struct event e;

	if (event_parse_json((const char *)data, size, 1, key, &e, error, sizeof(error)) < 0) {
		if (!error[0] || strpbrk(error, "\n\r\x1b"))
			abort();
		return 0;
	}
	if (e.class >= EVENT_CLASS_COUNT || e.class == EVENT_DHA || e.count < 1 ||
	    e.count > EVENT_COUNT_MAX || !(e.probability >= 0 && e.probability <= 1) ||
	    e.hop_count > EVENT_HOPS_MAX || event_check_address(&e.address) < 0 ||
	    strlen(e.id) > EVENT_ID_MAX || strlen(e.note) > EVENT_NOTE_MAX || e.time_ms < 0)
		abort();
	return 0;
}

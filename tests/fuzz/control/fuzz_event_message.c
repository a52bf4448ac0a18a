/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events as messages, and the records of the journal. Whatever comes is refused with a text, or is
 * an event within its bounds whose record reads back the same.
 */
#include "control/reputation/event_message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_record(const struct event_record *record)
{
	static struct event_record again;
	uint8_t bytes[EVENT_RECORD_MAX], other[EVENT_RECORD_MAX];
	size_t size = event_record_pack(record, bytes);

	if (size > sizeof(bytes) || event_record_unpack(bytes, size, &again) < 0 ||
	    again.kind != record->kind || event_record_pack(&again, other) != size ||
	    memcmp(bytes, other, size) != 0)
		abort();
}

static void check_event(const Reputed__Events__Event *message)
{
	static const uint8_t key[16];
	static struct event_record record;
	char error[160] = "";

	memset(&record, 0, sizeof(record));
	record.kind = EVENT_RECORD_EVENT;
	record.received_ms = 1;
	if (event_from_message(message, 1, key, &record.event, error, sizeof(error)) < 0) {
		if (!error[0])
			abort();
		return;
	}
	if (record.event.class >= EVENT_CLASS_COUNT || record.event.class == EVENT_DHA ||
	    record.event.count < 1 || record.event.count > EVENT_COUNT_MAX ||
	    event_check_address(&record.event.address) < 0)
		abort();
	check_record(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct event_record record;
	Reputed__Events__Events *message;

	if (event_record_unpack(data, size, &record) == 0)
		check_record(&record);
	if (size > EVENT_MESSAGE_MAX)
		return 0;
	message = reputed__events__events__unpack(NULL, size, data);
	if (!message)
		return 0;
	for (size_t i = 0; i < message->n_events; i++)
		check_event(message->events[i]);
	reputed__events__events__free_unpacked(message, NULL);
	return 0;
}

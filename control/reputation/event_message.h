/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Events as protobuf messages (events.proto): those that come in, and what the journal keeps.
 *
 * Threads: pure functions.
 */
#include "control/events.pb-c.h"
#include "control/reputation/event.h"
#include "control/reputation/ledger.h"

#define EVENT_MESSAGE_MAX (256u << 10) /* bytes of one message Events */
#define EVENT_RECORD_MAX  1024         /* bytes of one message Record */
#define EVENT_WHO_MAX     64           /* bytes */
#define EVENT_WHY_MAX     200          /* bytes */

/*
 * An event of a message, checked as those of JSON are.
 * Errors: -EINVAL; out_error names the field and what was expected
 */
int event_from_message(const Reputed__Events__Event *message, int64_t now_ms,
                       const uint8_t hash_key[16], struct event *out_event, char *out_error,
                       size_t error_size);

enum event_record_kind { EVENT_RECORD_EVENT, EVENT_RECORD_DELIST, EVENT_RECORD_NOTHING };

/* What the journal holds, in order. */
struct event_record {
	enum event_record_kind kind;
	int64_t received_ms;
	/* EVENT_RECORD_EVENT: without hops */
	struct event event;
	uint32_t asn;
	bool is_own;
	/* EVENT_RECORD_DELIST */
	struct ledger_key key;
	char who[EVENT_WHO_MAX + 1], why[EVENT_WHY_MAX + 1];
};

/* Write a record; returns its size, above 0. */
size_t event_record_pack(const struct event_record *record, uint8_t out_bytes[EVENT_RECORD_MAX]);

/* Errors: -EINVAL; out_record is undefined then; -ENOMEM */
int event_record_unpack(const uint8_t *bytes, size_t size, struct event_record *out_record);

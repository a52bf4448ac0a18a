/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What a mail server saw: one line of evidence about an address or an authenticated domain. An
 * event comes as JSON (HTTP, the command line, importers) or in the update protocol's binary form
 * (events.proto), and both end here, checked. After admission (admission.h) its address is the real
 * client's and its reporter is known; then it is journaled and only then counted.
 *
 * Threads: pure functions.
 */
#include "feeds/address.h"

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The names in the order of the enum are event_class_name(). Numbers are stored: append only. */
enum event_class {
	EVENT_GOOD_DELIVERY, /* counts once authenticated and with three distinct recipients seen */
	EVENT_NOT_JUNK,      /* a user took it out of the junk folder */
	EVENT_VALID_RCPT,    /* a recipient that exists: no points, the other half of a ratio */
	EVENT_SPAM_VERDICT,  /* `probability` of a filter; 1 = a user's click */
	EVENT_PHISH,
	EVENT_MALWARE,
	EVENT_TRAP_PRISTINE, /* an address that never was anybody's */
	EVENT_TRAP_RECYCLED, /* one that was somebody's */
	EVENT_INVALID_RCPT,
	EVENT_DHA, /* derived by the ledger from EVENT_INVALID_RCPT; refused from outside */
	EVENT_BACKSCATTER,
	EVENT_AUTH_FAIL,
	EVENT_ANOMALY, /* HELO, reverse DNS; cannot list alone */
	EVENT_CLASS_COUNT,
};

#define EVENT_ID_MAX        64 /* bytes, printable ASCII */
#define EVENT_REPORTER_MAX  32
#define EVENT_NOTE_MAX      120
#define EVENT_COUNT_MAX     10000 /* alike events in one */
#define EVENT_HOPS_MAX      8
#define EVENT_JSON_MAX      4096            /* bytes of one event */
#define EVENT_PERSON_MAX    320             /* bytes of a recipient or user */
#define EVENT_FUTURE_MAX_MS (5 * 60 * 1000) /* later than now: refused */
#define EVENT_PAST_MAX_MS   (INT64_C(30) * 24 * 3600 * 1000)

struct event {
	int64_t time_ms;     /* Unix; when it was seen */
	int64_t received_ms; /* Unix; when we took it: the order of the journal */
	enum event_class class;
	struct address_range address; /* one address; 127.0.0.0/8 and ::1 are refused */
	uint32_t count;               /* 1 .. EVENT_COUNT_MAX */
	float probability;            /* of EVENT_SPAM_VERDICT, 0..1; else 1 */
	float weight;                 /* of the reporter, set by admission; 1 = in full */
	uint64_t recipient, user;     /* hashes; 0 = not told */
	bool is_authenticated;        /* SPF or DKIM passed */
	bool is_null_sender;          /* MAIL FROM:<> or a DSN */
	uint8_t domain_size;          /* of the authenticated domain (DKIM d=, SPF-passed sender) */
	uint8_t domain[NAME_WIRE_MAX]; /* wire, lower case, no root label */
	uint8_t hop_count;             /* addresses before `address`, nearest to us first */
	struct address_range
	    hops[EVENT_HOPS_MAX]; /* from Received fields; used by admission only */
	char reporter[EVENT_REPORTER_MAX + 1];
	char id[EVENT_ID_MAX + 1]; /* unique for the reporter; empty = not idempotent */
	char note[EVENT_NOTE_MAX + 1];
};

const char *event_class_name(enum event_class class);

/* Errors: -ENOENT */
int event_class_parse(const char *name, size_t size, enum event_class *out_class);

/* Whether it is one address, and not of loopback or none. Errors: -EINVAL */
int event_check_address(const struct address_range *address);

/*
 * Take over texts of others. A note is cut to its room, and what stands before an '@' in it is
 * struck out. Errors: -EINVAL, the event is unchanged
 */
int event_set_id(struct event *e, const char *text, size_t size);
int event_set_note(struct event *e, const char *text, size_t size);
int event_set_domain(struct event *e, const char *text, size_t size);

/* The hash of a recipient or user, in lower case: SipHash under a secret key, never 0. */
uint64_t event_hash(const char *text, size_t size, const uint8_t hash_key[16]);

/*
 * Parse one JSON object: {"ts": 1767225600.25 | "2026-01-01T00:00:00Z", "ip": …, "class": …, "n":
 * 1, "p": 0.9, "rcpt" | "rcpt_hash": …, "user" | "user_hash": …, "auth": true, "null_sender": true,
 * "domain": …, "received": [ip, …], "id": …, "note": …}; "ip" and "class" are needed, ts defaults
 * to now, unknown members are errors. Recipients and users are hashed with SipHash under a key, so
 * that no address of a person is kept.
 *
 * Errors: -EINVAL; out_error names the member, what was found and what was expected
 */
int event_parse_json(const char *text, size_t size, int64_t now_ms, const uint8_t hash_key[16],
                     struct event *out_event, char *out_error, size_t error_size);

/* The same of an object that was loaded; its size is the caller's to cap. */
int event_from_json(const json_t *object, int64_t now_ms, const uint8_t hash_key[16],
                    struct event *out_event, char *out_error, size_t error_size);

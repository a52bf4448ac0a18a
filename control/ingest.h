/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * From a source file to a decision: copy it, see whether it is new, parse it, ask the guards, and
 * take it, leave it, or hold it with the reason. Everything that lasts is in struct versions.
 *
 * Threads: one thread per struct versions; reads and writes files, parses: minutes for a huge feed.
 */
#include "control/canary.h"
#include "control/versions.h"
#include "feeds/dataset.h"
#include "feeds/format.h"
#include "feeds/guard.h"

#include <stdbool.h>
#include <stdint.h>

/* What must fit a source before it is read: files, NULL = none. */
struct ingest_proof {
	char *checksum; /* with its SHA-256 */
	char *signature;
	char *keyring;    /* with the keys that may sign it */
	char *fetched_as; /* what it is called elsewhere, where all this comes from; NULL = here */
};

struct ingest_settings {
	char *path;
	const struct format *format;
	struct format_options *options; /* of that format; NULL = none given */
	struct guard_limits guards;
	bool drop_bogons;
	struct canaries *canaries;
	uint32_t keep; /* versions; 0 = VERSIONS_KEPT */
	struct ingest_proof proof;
};

/* Errors: -ENOMEM; out is zeroed */
int ingest_proof_copy(const struct ingest_proof *p, struct ingest_proof *out);
void ingest_proof_done(struct ingest_proof *p);

/* Copy what is owned; references are taken. Errors: -ENOMEM; out is zeroed */
int ingest_settings_copy(const struct ingest_settings *s, struct ingest_settings *out);
void ingest_settings_done(struct ingest_settings *s);

/* Whether a version is held for want of its checksum or signature, which may come later. */
bool ingest_is_unproven(const struct version_info *held);

enum ingest_outcome {
	INGEST_NOTHING,   /* load: there is no good version on disk */
	INGEST_TAKEN,     /* dataset is the new (or loaded, accepted, older) good version */
	INGEST_UNCHANGED, /* the source says what the good version says */
	INGEST_HELD,      /* the good version stays; reason */
	INGEST_MISSING,   /* there is no readable source; reason */
	INGEST_CHANGING,  /* the source is being written: try again; reason */
	INGEST_FAILED,    /* no room, no memory: try again; reason */
	INGEST_REFUSED,   /* accept, rollback: there is nothing to go to; reason */
};

struct ingest_result {
	enum ingest_outcome outcome;
	struct dataset *dataset; /* INGEST_TAKEN: the caller's; else NULL */
	char reason[VERSION_REASON_MAX];
	bool is_new_refusal; /* INGEST_HELD: other bytes than were held before */
	bool has_good, has_held;
	struct version_info good, held;
	size_t kept_count; /* good versions on disk, the newest first */
	struct version_kept kept[VERSIONS_KEPT_MAX];
	int64_t next_expiry_s; /* of the dataset: when the first entry is over; 0 = never */
	/* Of the version that was parsed last, when one was. */
	bool was_parsed;
	uint64_t bad_lines;
	size_t message_count;
	struct dataset_message messages[DATASET_MESSAGES_MAX];
	uint64_t skipped_lines;
	size_t skip_count;
	struct dataset_message skips[DATASET_MESSAGES_MAX];
};

/* The last good version on disk; damaged ones are passed over. */
void ingest_load(const struct ingest_settings *s, struct versions *v, struct ingest_result *out);

/* must_parse: settings changed, so the same bytes may mean something else. */
void ingest_source(const struct ingest_settings *s, struct versions *v, bool must_parse,
                   struct ingest_result *out);

/* Take the held version whatever the guards say, if it can be read at all. */
void ingest_accept(const struct ingest_settings *s, struct versions *v, struct ingest_result *out);

/* Go back to a good version before this one; number 0: the one before. */
void ingest_rollback(const struct ingest_settings *s, struct versions *v, uint64_t number,
                     struct ingest_result *out);

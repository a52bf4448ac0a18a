/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the files of ingest.h share: ingest.c decides about versions, ingest_copy.c brings the
 * source in, ingest_proof.c checks what came with it.
 */
#include "control/ingest.h"
#include "control/version_format.h"
#include "feeds/reader.h"

#define INGEST_ERROR_MAX 256

/* A version that was read while it was copied. */
struct ingest_along {
	bool is_read; /* dataset, or else why not */
	struct dataset *dataset;
	char error[INGEST_ERROR_MAX];
	int code;            /* errno */
	struct trace *watch; /* of canaries_watch(); stays when the rest is forgotten */
};

void ingest_decide(struct ingest_result *r, enum ingest_outcome outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What is configured now; borrowed. */
struct version_format ingest_configured(const struct ingest_settings *s);

/* Read all of an opened feed; reader: may be NULL with errno. NULL with errno: out_error says why.
 */
struct dataset *ingest_read(const struct ingest_settings *s, const struct version_format *f,
                            struct reader *reader, struct trace *watch,
                            char out_error[INGEST_ERROR_MAX]);

/* Copy the source to the incoming file. Returns whether it is there; else r is decided. */
bool ingest_copy(const struct ingest_settings *s, struct versions *v, struct version_info *info,
                 struct ingest_along *along, struct ingest_result *r);

/*
 * Whether the incoming file is what its checksum and signature say: INGEST_TAKEN; else r is decided
 * and info has the guard.
 */
enum ingest_outcome ingest_prove(const struct ingest_settings *s, const char *path,
                                 struct version_info *info, struct ingest_result *r);

/* What was read along with the copy is not wanted. */
void ingest_forget(struct ingest_along *along);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * One fetch of one source into a file, as the program reputed-fetch does it: what it is asked, and
 * what comes of it. A program of its own, so that TLS, HTTP, rsync and zone transfers with
 * strangers run in a process that can be limited and killed, and that cannot hurt the control
 * process.
 */
#include "control/fetch/target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FETCH_REASON_MAX 300

struct fetch_request {
	const char *source;    /* URL, or what rsync takes */
	const char *checksum;  /* likewise: where the SHA-256 of the source is; NULL = nowhere */
	const char *signature; /* likewise: its detached signature */
	const char
	    *secret_file;    /* NULL = none. HTTP: a header line; rsync: a password; DNS: a key */
	const char *proxy;   /* NULL = none; HTTP only */
	const char *ca_file; /* NULL = the system's; HTTPS only */
	uint64_t size_max;   /* bytes, after decompression */
	unsigned timeout_s;
};

enum fetch_outcome {
	FETCH_DONE,      /* the file is a new one */
	FETCH_UNCHANGED, /* the server says that the file is what it has */
	FETCH_FAILED,    /* the file is as it was */
};

struct fetch_result {
	enum fetch_outcome outcome;
	char reason[FETCH_REASON_MAX]; /* of FETCH_FAILED, for people; without secrets */
	uint64_t retry_after_s;        /* what the server asks to wait; 0 = nothing */
	uint64_t size;                 /* of FETCH_DONE */
};

/* A transport: fetches request->source into the target; always fills out_result. */
typedef void fetch_transport(const struct fetch_request *request, struct target *target,
                             struct fetch_result *out_result);

fetch_transport http_fetch;     /* http://, https:// */
fetch_transport transfer_fetch; /* axfr://HOST[:PORT]/ZONE, ixfr:// */
fetch_transport rsync_fetch;    /* rsync://HOST/MODULE/PATH or HOST::MODULE/PATH */

/*
 * Fetch all of a request: the checksum into PATH.sum, the signature into PATH.sig, then the source
 * into path. When one of the first two cannot be fetched the source is not asked for; the secret
 * goes to the source's server only.
 */
void fetch_all(const struct fetch_request *request, const char *path,
               struct fetch_result *out_result);

/* The bytes of a source that name the server: "https://host:port", "host::". */
size_t fetch_server_size(const char *source);

/* Whether two sources are of the same transport and server. */
bool fetch_is_same_server(const char *a, const char *b);

/* Bytes; or size_max, if that is less. */
#define FETCH_CHECKSUM_SIZE_MAX  (16u << 20)
#define FETCH_SIGNATURE_SIZE_MAX (1u << 20)

/* As reputed-fetch prints it, by enum fetch_outcome. */
extern const char *const fetch_outcomes[3];

void fetch_fail(struct fetch_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The first line of a secret file that nobody but its owner and group can read.
 * Errors: negative errno, told in result
 */
int fetch_secret(const char *path, char *out_text, size_t size, struct fetch_result *result);

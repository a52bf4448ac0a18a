/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Checks a file against a detached OpenPGP signature, with gpgv: the verifier that Debian's own
 * packages are checked with, in a process of its own. Its exit status is not believed (it is 0 for
 * a key that has expired): what it says line by line is.
 *
 * Threads: any; reads files, waits for another program.
 */
#include <stddef.h>

#define SIGNATURE_PROGRAM    "/usr/bin/gpgv"
#define SIGNATURE_SIZE_MAX   (1u << 20) /* bytes of a file with a signature */
#define SIGNATURE_STATUS_MAX 16384      /* bytes that gpgv may say; some 200 a signature */

/* Paths are absolute. */
struct signature {
	const char *program;   /* SIGNATURE_PROGRAM */
	const char *keyring;   /* binary, as gpg --export or gpg --dearmor write it */
	const char *signature; /* binary or ASCII-armored */
	const char *path;      /* what is signed */
	int timeout_ms;
};

/*
 * Whether at least one key of the keyring that is neither expired nor revoked signed it, and no
 * signature of one contradicts.
 * Errors: -EBADMSG it is not signed so; negative errno: that cannot be said; out_reason says why
 */
int signature_check(const struct signature *s, char *out_reason, size_t reason_size);

/*
 * What the lines of gpgv's --status-fd mean, changed in place.
 * Errors: -EBADMSG as above
 */
int signature_judge(const struct signature *s, char *status, char *out_reason, size_t reason_size);

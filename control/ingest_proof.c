/* SPDX-License-Identifier: BSD-3-Clause */
/* What came with a source to prove it: a checksum, a signature. */
#include "control/checksum.h"
#include "control/ingest_private.h"
#include "control/signature.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROOF_TIMEOUT_MS 60000 /* of gpgv, which took 2.4 s of processor time for 512 MiB */

#define PROOF_CHECKSUM  "checksum"
#define PROOF_SIGNATURE "signature"

bool ingest_is_unproven(const struct version_info *held)
{
	return strcmp(held->guard, PROOF_CHECKSUM) == 0 ||
	       strcmp(held->guard, PROOF_SIGNATURE) == 0;
}

/* Configured a moment ago: it comes with the next fetch. */
static bool proof_is_awaited(const struct ingest_proof *p, const char *file)
{
	return file && p->fetched_as && access(file, F_OK) < 0;
}

static int proof_check_checksum(const struct ingest_settings *s, const char *path, char *out_reason)
{
	const struct ingest_proof *p = &s->proof;

	return checksum_check(p->checksum, p->fetched_as ? p->fetched_as : s->path, path,
	                      out_reason, VERSION_REASON_MAX);
}

static int proof_check_signature(const struct ingest_proof *p, const char *path, char *out_reason)
{
	const struct signature signature = {.program = SIGNATURE_PROGRAM,
	                                    .keyring = p->keyring,
	                                    .signature = p->signature,
	                                    .path = path,
	                                    .timeout_ms = PROOF_TIMEOUT_MS};

	return signature_check(&signature, out_reason, VERSION_REASON_MAX);
}

enum ingest_outcome ingest_prove(const struct ingest_settings *s, const char *path,
                                 struct version_info *info, struct ingest_result *r)
{
	const struct ingest_proof *p = &s->proof;
	char reason[VERSION_REASON_MAX];
	const char *guard;

	if (proof_is_awaited(p, p->checksum) || proof_is_awaited(p, p->signature)) {
		ingest_decide(r, INGEST_MISSING, "its %s is not fetched yet",
		              proof_is_awaited(p, p->checksum) ? PROOF_CHECKSUM : PROOF_SIGNATURE);
		return INGEST_MISSING;
	}
	if (p->checksum && proof_check_checksum(s, path, reason) < 0)
		guard = PROOF_CHECKSUM;
	else if (p->signature && proof_check_signature(p, path, reason) < 0)
		guard = PROOF_SIGNATURE;
	else
		return INGEST_TAKEN;
	snprintf(info->guard, sizeof(info->guard), "%s", guard);
	ingest_decide(r, INGEST_HELD, "%s", reason);
	return INGEST_HELD;
}

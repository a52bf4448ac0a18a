/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/ingest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int ingest_copy_text(const char *text, char **out_text)
{
	*out_text = text ? strdup(text) : NULL;
	return text && !*out_text ? -ENOMEM : 0;
}

int ingest_proof_copy(const struct ingest_proof *p, struct ingest_proof *out)
{
	int rc = ingest_copy_text(p->checksum, &out->checksum);

	rc |= ingest_copy_text(p->signature, &out->signature);
	rc |= ingest_copy_text(p->keyring, &out->keyring);
	rc |= ingest_copy_text(p->fetched_as, &out->fetched_as);
	if (rc < 0)
		ingest_proof_done(out);
	return rc < 0 ? -ENOMEM : 0;
}

void ingest_proof_done(struct ingest_proof *p)
{
	free(p->checksum);
	free(p->signature);
	free(p->keyring);
	free(p->fetched_as);
	*p = (struct ingest_proof){.checksum = NULL};
}

int ingest_settings_copy(const struct ingest_settings *s, struct ingest_settings *out)
{
	int rc;

	*out = *s;
	rc = ingest_copy_text(s->path, &out->path);
	rc |= ingest_proof_copy(&s->proof, &out->proof);
	if (s->canaries)
		canaries_ref(s->canaries);
	format_options_ref(s->options);
	if (rc < 0)
		ingest_settings_done(out);
	return rc < 0 ? -ENOMEM : 0;
}

void ingest_settings_done(struct ingest_settings *s)
{
	canaries_unref(s->canaries);
	format_options_unref(s->options);
	free(s->path);
	ingest_proof_done(&s->proof);
	*s = (struct ingest_settings){.path = NULL};
}

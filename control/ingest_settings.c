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

int ingest_settings_copy(const struct ingest_settings *s, struct ingest_settings *out)
{
	int rc;

	*out = *s;
	rc = ingest_copy_text(s->path, &out->path);
	rc |= ingest_copy_text(s->checksum, &out->checksum);
	rc |= ingest_copy_text(s->checksum_of, &out->checksum_of);
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
	free(s->checksum);
	free(s->checksum_of);
	*s = (struct ingest_settings){.path = NULL};
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/migrate_text.h"

#include "control/cli/migrate_print.h"
#include "control/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take_complaint(const char *message, void *context)
{
	struct migrate_complaint *complaint = context;

	if (!complaint->text[0])
		snprintf(complaint->text, sizeof(complaint->text), "%s", message);
}

/* The text of the configuration. Errors: NULL */
static char *compose(const struct migrate_plan *plan, const struct migrate_words *words,
                     size_t *out_size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, out_size);

	if (!out)
		return NULL;
	migrate_print(plan, words->count, words->items, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static void try(const char *text, size_t size, struct migrate_complaint *complaint)
{
	struct config *config =
	    config_load_bytes("reputed.yaml", text, size, take_complaint, complaint);

	if (config)
		complaint->text[0] = '\0'; /* a warning; 'check' tells it again */
	config_free(config);
}

char *migrate_text(const struct migrate_plan *plan, const struct migrate_words *words,
                   size_t *out_size, struct migrate_complaint *complaint)
{
	char *text = compose(plan, words, out_size);

	if (text)
		try(text, *out_size, complaint);
	return text;
}

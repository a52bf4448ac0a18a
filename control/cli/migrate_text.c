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

static bool is_good(const char *text, size_t size, struct migrate_complaint *complaint)
{
	struct config *config =
	    config_load_bytes("reputed.yaml", text, size, take_complaint, complaint);
	bool has_loaded = config != NULL;

	config_free(config);
	if (has_loaded)
		complaint->text[0] = '\0'; /* a warning; 'check' tells it again */
	return has_loaded;
}

/* An acl that cannot be read must not stop the rest; nor is everybody let in then. */
char *migrate_text(struct migrate_plan *plan, const struct migrate_words *words, size_t *out_size,
                   struct migrate_complaint *complaint)
{
	char *text = compose(plan, words, out_size);

	if (!text || is_good(text, *out_size, complaint) || !plan->access_file)
		return text;
	free(text);
	if (migrate_note(&plan->notes, true,
	                 "the acl '%s' is not used, only private networks may ask: %s",
	                 plan->access_file, complaint->text) < 0)
		return NULL;
	free(plan->access_file);
	plan->access_file = NULL;
	plan->is_private = true;
	complaint->text[0] = '\0';
	text = compose(plan, words, out_size);
	if (text)
		is_good(text, *out_size, complaint);
	return text;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "migrate rbldnsd": the configuration for a command line of rbldnsd. What is printed always passes
 * "check".
 */
#include "control/cli/ask.h"
#include "control/cli/commands.h"
#include "control/cli/migrate_print.h"
#include "control/cli/migrate_text.h"
#include "control/cli/show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct output {
	json_t *notes; /* NULL: print to stderr what is lost */
	unsigned lost_count;
};

static void tell_note(const char *place, const struct migrate_note *note, void *context)
{
	struct output *output = context;

	output->lost_count += note->is_lost;
	if (output->notes)
		json_array_append_new(output->notes,
		                      json_pack("{s:s, s:b, s:o}", "place", place, "lost",
		                                note->is_lost, "text",
		                                show_string(note->text, strlen(note->text))));
	else if (note->is_lost)
		fprintf(stderr, "reputectl: not carried over: %s%s%s\n", place,
		        place[0] ? ": " : "", note->text);
}

static int finish(const struct arguments *a, struct migrate_plan *plan)
{
	struct output output = {.notes = a->given & OPTION_JSON ? json_array() : NULL};
	struct migrate_complaint complaint = {""};
	const struct migrate_words words = {a->rest_count, a->rest};
	size_t size = 0;
	char *text = migrate_text(plan, &words, &size, &complaint);
	int status;

	if (!text || complaint.text[0]) {
		ask_fail(a, "%s", text ? complaint.text : "out of memory");
		json_decref(output.notes);
		free(text);
		return EXIT_NO;
	}
	migrate_plan_notes(plan, tell_note, &output);
	status = output.lost_count ? EXIT_PARTLY : EXIT_OK;
	if (output.notes) {
		if (show_json(json_pack("{s:b, s:b, s:o, s:o}", "ok", 1, "complete",
		                        !output.lost_count, "yaml", json_stringn(text, size),
		                        "notes", output.notes)) < 0)
			status = EXIT_NO;
	} else {
		fwrite(text, 1, size, stdout);
		if (fflush(stdout) != 0) {
			ask_fail(a, "cannot write: %s", strerror(errno));
			status = EXIT_NO;
		}
	}
	free(text);
	return status;
}

int migrate_rbldnsd_run(const struct arguments *a)
{
	char error[RBLDNSD_LINE_ERROR_MAX], folder[4096];
	struct rbldnsd_line line;
	struct migrate_plan plan;
	int status, rc;

	if (!a->rest) {
		ask_fail(a, "'migrate rbldnsd' needs '--' and the arguments of rbldnsd behind it");
		return EXIT_USAGE;
	}
	if (!getcwd(folder, sizeof(folder))) {
		ask_fail(a, "the current folder: %s", strerror(errno));
		return EXIT_NO;
	}
	rc = rbldnsd_line_parse(a->rest_count, a->rest, folder, &line, error);
	if (rc < 0) {
		ask_fail(a, "%s", error);
		return rc == -EINVAL ? EXIT_USAGE : EXIT_NO;
	}
	rc = migrate_plan_make(&line, &plan);
	if (rc == 0)
		rc = migrate_print_options(&plan);
	if (rc == 0) {
		status = finish(a, &plan);
	} else {
		ask_fail(a, "%s", strerror(-rc));
		status = EXIT_NO;
	}
	migrate_plan_done(&plan);
	rbldnsd_line_done(&line);
	return status;
}

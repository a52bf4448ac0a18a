/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/migrate_acl.h"

#include "control/config.h"
#include "feeds/rbldnsd_acl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_MAX 400

/* Whether access_file would take it; out_error says why not. */
static bool is_good(const char *path, char out_error[ERROR_MAX])
{
	struct reader *reader = reader_open(path);
	struct acl *acl;
	bool is_taken = false;

	if (!reader) {
		snprintf(out_error, ERROR_MAX, "%s", strerror(errno));
		return false;
	}
	acl = acl_read(reader, out_error, ERROR_MAX);
	if (acl && acl->bad_line_count)
		snprintf(out_error, ERROR_MAX, "line %" PRIu64 ": %s", acl->messages[0].line,
		         acl->messages[0].text);
	else if (acl && acl->count > CONFIG_ACCESS_MAX)
		snprintf(out_error, ERROR_MAX, "%zu rules, above %d", acl->count,
		         CONFIG_ACCESS_MAX);
	else
		is_taken = acl != NULL;
	acl_free(acl);
	reader_close(reader);
	return is_taken;
}

int migrate_acl_take(struct migrate_acl *acl, const struct rbldnsd_spec *spec,
                     struct migrate_notes *notes)
{
	const char *first = acl->file ? acl->file : spec->files[0];
	char error[ERROR_MAX] = "";
	int rc = 0;

	if (acl->file || acl->is_private || spec->file_count > 1)
		rc = migrate_note(notes, true, "only one file of an acl is used: '%s'", first);
	if (rc < 0 || acl->file || acl->is_private)
		return rc;
	acl->is_private = !is_good(first, error);
	if (acl->is_private)
		return migrate_note(notes, true,
		                    "the acl '%s' is not used, only private networks may ask: %s",
		                    first, error);
	acl->file = strdup(first);
	return acl->file ? 0 : -ENOMEM;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/dump.h"
#include "control/manual.h"
#include "control/version_read.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

static void fail(char *out_error, const char *what, const char *list, int rc)
{
	const char *why = strerror(-rc);

	if (rc == -EBADMSG)
		why = "the file is damaged";
	else if (rc == -EACCES)
		why = "no permission; run as the user of reputed";
	snprintf(out_error, DUMP_ERROR_MAX, "list '%.63s': %.300s: %s", list, what, why);
}

static struct dataset *read_feed(const struct config *config, const struct config_list *list,
                                 char *out_error)
{
	const struct config_feed *feed = list->feed;
	char path[4096], error[VERSION_READ_ERROR_MAX];
	const struct version_reading how = {
	    .directory = path,
	    .configured = {feed->format_row, feed->options},
	    .drop_bogons = feed->bogons == BOGONS_DROP,
	};
	struct version_info info;
	struct dataset *dataset;
	int fd;

	snprintf(path, sizeof(path), "%s/feeds/%s", config->state_dir, list->name);
	fd = version_read_open(path, &info);
	if (fd == -ENOENT)
		snprintf(out_error, DUMP_ERROR_MAX,
		         "list '%s': there is no good version in '%.300s'", list->name, path);
	else if (fd < 0)
		fail(out_error, path, list->name, fd);
	if (fd < 0)
		return NULL;
	dataset = version_read_entries(fd, &info, &how, error);
	if (!dataset)
		snprintf(out_error, DUMP_ERROR_MAX, "list '%s': version %" PRIu64 ": %s",
		         list->name, info.number, error);
	return dataset;
}

static struct dataset *read_manual(const struct config *config, const struct config_list *list,
                                   char *out_error)
{
	struct manual_dataset built = {0};
	struct manual *manual;
	char path[4096];
	int rc;

	snprintf(path, sizeof(path), "%s/manual", config->state_dir);
	manual = manual_open_reading(path, NULL, NULL);
	if (!manual) {
		fail(out_error, path, list->name, -errno);
		return NULL;
	}
	rc = manual_build(manual, list->name, time(NULL), &built);
	manual_close(manual);
	if (rc == 0)
		return built.dataset;
	fail(out_error, path, list->name, rc);
	return NULL;
}

struct dataset *dump_source(const struct config *config, const struct config_list *list,
                            char out_error[DUMP_ERROR_MAX])
{
	return list->feed ? read_feed(config, list, out_error)
	                  : read_manual(config, list, out_error);
}

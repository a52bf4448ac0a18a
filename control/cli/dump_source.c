/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/dump.h"
#include "control/manual.h"
#include "control/version_format.h"
#include "control/version_read.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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
	const struct version_format configured = {feed->format_row, feed->options};
	struct dataset_options options = {.drop_bogons = feed->bogons == BOGONS_DROP};
	char path[4096], error[256] = "";
	struct version_info info;
	struct version_format format = {.format = NULL};
	struct dataset *dataset = NULL;
	struct reader *reader;
	int fd, rc;

	snprintf(path, sizeof(path), "%s/feeds/%s", config->state_dir, list->name);
	fd = version_read_open(path, &info);
	if (fd == -ENOENT)
		snprintf(out_error, DUMP_ERROR_MAX,
		         "list '%s': there is no good version in '%.300s'", list->name, path);
	else if (fd < 0)
		fail(out_error, path, list->name, fd);
	if (fd < 0)
		return NULL;
	rc = version_format_find_at(path, &info, &configured, &format);
	if (rc < 0) {
		fail(out_error, path, list->name, rc);
		close(fd);
		return NULL;
	}
	options.format = format.options;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = reader_open(path);
	if (reader)
		dataset = format_read(format.format, reader, &options, error, sizeof(error));
	if (!dataset)
		snprintf(out_error, DUMP_ERROR_MAX, "list '%s': version %" PRIu64 ": %s",
		         list->name, info.number, error[0] ? error : strerror(errno));
	reader_close(reader);
	version_format_done(&format);
	close(fd);
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

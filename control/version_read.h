/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The versions of a feed, read by another thread or process than the one that keeps them
 * (versions.h): nothing is changed, and a version that is replaced meanwhile stays readable.
 *
 * Threads: any; files only.
 */
#include "control/version_format.h"
#include "feeds/dataset.h"

/*
 * Open the version that serves, and see that its bytes are what they were.
 *
 * directory: of the feed
 * Returns:   a file descriptor. Errors: -ENOENT no good version, -EBADMSG damaged, other negative
 *            errno
 */
int version_read_open(const char *directory, struct version_info *out_info);

/* The same for the version that is held. Errors: as above; -ENOENT: none is */
int version_read_open_held(const char *directory, struct version_info *out_info);

#define VERSION_READ_ERROR_MAX 256

struct version_reading {
	const char *directory;            /* of the feed */
	struct version_format configured; /* borrowed */
	bool drop_bogons;
};

/*
 * The entries of an opened version; fd is closed.
 * Errors: NULL; out_error says why
 */
struct dataset *version_read_entries(int fd, const struct version_info *info,
                                     const struct version_reading *how,
                                     char out_error[VERSION_READ_ERROR_MAX]);

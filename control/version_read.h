/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The good version of a feed, read by another process than the one that keeps it (versions.h):
 * nothing is changed, and a version that is replaced meanwhile stays readable.
 */
#include "control/version_info.h"

/*
 * Open the version that serves, and see that its bytes are what they were.
 *
 * directory: of the feed
 * Returns:   a file descriptor. Errors: -ENOENT no good version, -EBADMSG damaged, other negative
 *            errno
 */
int version_read_open(const char *directory, struct version_info *out_info);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What a version is read with: its format and the options of that. They are kept with the version,
 * as the configuration may say something else by the time it is read again: the name of the format
 * in version_info, the options in a file of their own in the folder of the versions, named after
 * what is in it, so that versions with the same options share one.
 *
 * Threads: any; files only.
 */
#include "control/version_info.h"
#include "feeds/format.h"

struct version_format {
	const struct format *format;
	struct format_options *options; /* a reference; NULL = none given */
};

/* What the options of a version are known by; all zero when none are given. Errors: -ENOMEM */
int version_format_digest(const struct format_options *options,
                          uint8_t out_digest[VERSION_OPTIONS_SIZE]);

/*
 * Keep what a version is read with: in the folder and in info.
 * Errors: negative errno; info is unchanged
 */
int version_format_keep(int folder, const struct version_format *f, struct version_info *info);

/*
 * What a version is to be read with, to be given back. One of before options were kept gets those
 * that are configured, if that is for the same format; one of an unknown format what is configured.
 * Errors: -EBADMSG its options are lost or damaged or fit its format no more; other negative errno
 */
int version_format_find(int folder, const struct version_info *info,
                        const struct version_format *configured, struct version_format *out);

/* The same by the path of the folder. */
int version_format_find_at(const char *directory, const struct version_info *info,
                           const struct version_format *configured, struct version_format *out);
void version_format_done(struct version_format *f);

/* Remove files of options that none of these versions has. */
void version_format_prune(int folder, const struct version_info *const *used, size_t count);

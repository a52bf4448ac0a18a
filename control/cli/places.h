/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The folders that the daemons need.
 */

#define PLACES_ERROR_MAX 512

/*
 * Make a folder and those above it, with mode 0750, unless it is there.
 *
 * path:   absolute
 * Errors: negative errno; out_error says which folder and why
 */
int places_make_folder(const char *path, char out_error[PLACES_ERROR_MAX]);

/* The same for the folder that a file is to be in. */
int places_make_folder_of(const char *path, char out_error[PLACES_ERROR_MAX]);

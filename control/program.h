/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Where the programs are that this one starts. */

/*
 * The path of a program that belongs to this one: in the same folder (a build tree, or both are
 * daemons), in ../sbin beside it (a daemon, installed) or in ../libexec/reputed (one that only
 * daemons start). Free the result.
 * Errors: NULL
 */
char *program_find(const char *name);

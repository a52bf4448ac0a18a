/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Unix sockets that every user of the machine may connect to: who it is, the kernel tells. */

/*
 * Bind a non-blocking socket of a type (SOCK_STREAM, SOCK_DGRAM) to a path with mode 0666; its
 * folder is made if missing, and a socket that nobody has open any more is replaced. Returns the
 * fd.
 *
 * Errors: negative errno (-EADDRINUSE: somebody has it; -ENOTSOCK: the path is something else)
 */
int unix_place_bind(const char *path, int type);

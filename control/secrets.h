/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The file of cookie secrets (cookies.secret_file): one or two lines of 32 hex digits. The first
 * signs, all verify, so that servers that share a secret can replace it one after the other. What
 * is wrong is told by line, never by content.
 */
#include <stddef.h>
#include <stdint.h>

#define SECRETS_MAX   2
#define SECRETS_SIZE  16 /* bytes of one */
#define SECRETS_ERROR 160

struct secrets {
	unsigned count;
	uint8_t bytes[SECRETS_MAX][SECRETS_SIZE];
};

/*
 * Read the file.
 *
 * Errors: -EINVAL or of the file, with the text; out_secrets is unchanged
 */
int secrets_read(const char *path, struct secrets *out_secrets, char out_error[SECRETS_ERROR]);

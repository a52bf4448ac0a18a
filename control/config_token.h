/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* A file with a token: one line that a client shows to be let in. Threads: pure functions. */

#define CONFIG_TOKEN_MIN 16  /* bytes */
#define CONFIG_TOKEN_MAX 128 /* bytes */

/* Returns NULL, or what is wrong; then out_token is unchanged. */
const char *config_token_read(const char *path, char out_token[CONFIG_TOKEN_MAX + 1]);

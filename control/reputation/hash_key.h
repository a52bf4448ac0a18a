/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* The secret under which recipients and users are hashed: a file of 16 bytes that only its user may
 * read, made when it is not there. */
#include <stdint.h>

#define HASH_KEY_SIZE 16

/* Errors: -EINVAL a file of another size; other negative errno */
int hash_key_open(int folder, uint8_t out_key[HASH_KEY_SIZE]);

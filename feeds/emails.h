/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Mail addresses as the names that clients of hashed lists ask for; see format_emails.c. */
#include <stddef.h>

#define EMAILS_NAME_SIZE 48 /* 40 digits, "._email", terminated */

/*
 * "HASH._email", of the SHA-1 in hex of an address's normal form.
 *
 * Errors: -EINVAL it is no mail address
 */
int emails_name(const char *address, size_t size, char out_name[EMAILS_NAME_SIZE]);

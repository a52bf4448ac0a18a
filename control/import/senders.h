/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Who handed in the messages that are on their way: queue ID → client, for the lines that name only
 * the ID. Of fixed size: an old message gives way to a new one, and its later lines then say
 * nothing.
 *
 * Threads: one.
 */
#include "control/import/scan.h"
#include "feeds/address.h"

#define SENDERS_MAX    65536 /* messages remembered */
#define SENDERS_ID_MAX 31    /* bytes */

struct sender {
	char id[SENDERS_ID_MAX + 1];
	char client[ADDRESS_TEXT_MAX];
	bool is_null_sender;
};

struct senders;

/* Errors: NULL with errno ENOMEM */
struct senders *senders_new(void);
void senders_free(struct senders *s);

/* Remember a message. IDs that are too long are not. */
void senders_put(struct senders *s, struct span id, const char *client);

/* The sender of a message, to be read or changed until the next senders_put(); NULL = not known. */
struct sender *senders_find(struct senders *s, struct span id);

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/import/senders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 4 /* places that an ID may be in */

struct senders {
	uint32_t turn; /* which way gives way next */
	struct sender rows[SENDERS_MAX / WAYS][WAYS];
};

struct senders *senders_new(void)
{
	return calloc(1, sizeof(struct senders));
}

void senders_free(struct senders *s)
{
	free(s);
}

/* FNV-1a; whoever can choose queue IDs writes our logs. */
static struct sender *senders_set(struct senders *s, struct span id)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < id.size; i++)
		hash = (hash ^ (uint8_t)id.text[i]) * 16777619u;
	return s->rows[(hash ^ hash >> 16) % (SENDERS_MAX / WAYS)];
}

struct sender *senders_find(struct senders *s, struct span id)
{
	struct sender *set = senders_set(s, id);

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].id[0] && scan_is(id, set[i].id))
			return &set[i];
	}
	return NULL;
}

void senders_put(struct senders *s, struct span id, const char *client)
{
	struct sender *row;

	if (id.size == 0 || id.size > SENDERS_ID_MAX || memchr(id.text, '\0', id.size))
		return;
	row = senders_find(s, id);
	if (!row)
		row = &senders_set(s, id)[s->turn++ % WAYS];
	memset(row, 0, sizeof(*row));
	scan_copy(id, row->id, sizeof(row->id));
	snprintf(row->client, sizeof(row->client), "%s", client);
}

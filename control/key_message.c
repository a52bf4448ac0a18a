/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/zone_message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_PER_MESSAGE                                                                           \
	8192 /* of at most 64 bytes and a name of 63: above 1 MiB in the worst case */

static bool add_keys(Reputed__Update__Keys *m, const struct config_keys *keys, unsigned first,
                     unsigned count)
{
	m->names = calloc(count + 1, sizeof(*m->names));
	m->labels.data = malloc((size_t)count * sizeof(*keys->labels) + 1);
	if (!m->names || !m->labels.data)
		return false;
	for (unsigned i = first; i < first + count; i++) {
		size_t size = 1u + keys->labels[i][0];

		memcpy(m->labels.data + m->labels.len, keys->labels[i], size);
		m->labels.len += size;
		m->names[m->n_names] = strdup(keys->names[i]);
		if (!m->names[m->n_names])
			return false;
		m->n_names++;
	}
	return true;
}

Reputed__Update__Keys *zone_message_keys(const struct config_zone *zone, unsigned *at)
{
	unsigned left = zone->key_set->count - *at;
	unsigned count = left < KEYS_PER_MESSAGE ? left : KEYS_PER_MESSAGE;
	Reputed__Update__Keys *m = malloc(sizeof(*m));

	if (!m)
		return NULL;
	reputed__update__keys__init(m);
	m->apex.data = malloc(zone->apex_size);
	if (!m->apex.data || !add_keys(m, zone->key_set, *at, count)) {
		reputed__update__keys__free_unpacked(m, NULL);
		errno = ENOMEM;
		return NULL;
	}
	memcpy(m->apex.data, zone->apex, zone->apex_size);
	m->apex.len = zone->apex_size;
	*at += count;
	return m;
}

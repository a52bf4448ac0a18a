/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/update_apex.h"

void update_apex_text(const struct zone *zone, char out_text[DNS_NAME_MAX])
{
	size_t used = 0;

	for (size_t at = 0; zone->apex.bytes[at]; at += 1u + zone->apex.bytes[at]) {
		if (used)
			out_text[used++] = '.';
		for (size_t i = at + 1; i <= at + zone->apex.bytes[at]; i++) {
			uint8_t c = zone->apex.bytes[i];

			out_text[used++] =
			    (char)(c > ' ' && c <= '~' && c != '"' && c != '\\' ? c : '?');
		}
	}
	out_text[used] = '\0';
}

const struct zone *update_apex_find(const struct zones *zones, const struct zone *other)
{
	size_t offset;
	const struct zone *zone = zones_find(zones, other->apex.bytes, other->apex.size, &offset);

	return zone && offset == 0 ? zone : NULL;
}

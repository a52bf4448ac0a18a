/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/manual_part.h"

#include <errno.h>

void manual_part_begin(struct manual_part *part, struct manual_live *live, const char *key,
                       const struct manual_record *record)
{
	char error[160];

	*part = (struct manual_part){.live = live};
	if (!live || manual_key_parse(key, &part->key, error, sizeof(error)) < 0 ||
	    manual_live_is_last_code(live, &part->key, record))
		return;
	if (record && manual_live_prepare(live, record, &part->record) < 0)
		return;
	/* One less, so that there is room for what comes. */
	part->was = manual_live_build(live, &part->key, MANUAL_LIVE_NEAR_MAX - 1);
}

/* The key as a place. Errors: -ENOMEM */
static int place_of(const struct manual_key *key, struct load_places *places)
{
	const struct load_name name = {
	    .wire = key->wire, .size = key->wire_size, .has_below = true};

	return key->is_name ? load_places_name(places, &name)
	                    : load_places_range(places, &key->range);
}

int manual_part_end(struct manual_part *part, struct publish *publish, unsigned list,
                    struct publish_result *out_result)
{
	struct publish_part change = {.list = list, .was = part->was};
	struct load_places places = {0};
	struct dataset *is;
	int rc = -EAGAIN;

	if (!part->was)
		return -EAGAIN;
	if (part->record)
		manual_live_put(part->live, part->record);
	else
		manual_live_delete(part->live, &part->key);
	part->record = NULL;
	is = manual_live_build(part->live, &part->key, MANUAL_LIVE_NEAR_MAX);
	change.is = is;
	if (is && place_of(&part->key, &places) == 0)
		rc = publish_parts(publish, &places, &change, 1, out_result);
	load_places_done(&places);
	dataset_free(is);
	return rc;
}

void manual_part_done(struct manual_part *part)
{
	manual_live_discard(part->record);
	dataset_free(part->was);
}

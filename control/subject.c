/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/subject.h"

#include <assert.h>
#include <string.h>

/* Append to a template, up to what fits; false when it is full. */
static bool append(char *out, size_t *size, const char *bytes, size_t count)
{
	if (*size + count > CATALOG_TEXT_MAX)
		return false;
	memcpy(out + *size, bytes, count);
	*size += count;
	return true;
}

/* Replace the '$' of a template by a subject, in which a '$' becomes "$$". */
static size_t replace(const struct catalog_listing *listing, const char *subject,
                      size_t subject_size, char out[CATALOG_TEXT_MAX])
{
	size_t size = 0;

	for (size_t i = 0; i < listing->text_size; i++) {
		const char *at = listing->text + i;

		if (*at == '$' && i + 1 < listing->text_size && at[1] == '$') {
			i++;
			if (!append(out, &size, "$$", 2))
				return size;
		} else if (*at != '$') {
			if (!append(out, &size, at, 1))
				return size;
		} else {
			for (size_t j = 0; j < subject_size; j++)
				if (!append(out, &size, subject[j] == '$' ? "$$" : subject + j,
				            subject[j] == '$' ? 2 : 1))
					return size;
		}
	}
	return size;
}

/* Whether a template holds a '$' that stands for the subject. */
static bool has_subject(const struct catalog_listing *listing)
{
	for (size_t i = 0; i < listing->text_size; i++) {
		if (listing->text[i] != '$')
			continue;
		if (i + 1 == listing->text_size || listing->text[i + 1] != '$')
			return true;
		i++;
	}
	return false;
}

static int fix_listing(struct catalog *catalog, uint32_t id, const uint8_t *wire, size_t size,
                       uint32_t *out_id)
{
	struct catalog_listing listing;
	char subject[4 * NAME_WIRE_MAX + 2], text[CATALOG_TEXT_MAX];

	catalog_get_listing(catalog, id, &listing);
	*out_id = id;
	if (!has_subject(&listing))
		return 0;
	listing.text_size =
	    (uint8_t)replace(&listing, subject, name_format(wire, size, subject), text);
	listing.text = text;
	return catalog_listing(catalog, &listing, out_id);
}

int subject_fix(struct catalog *catalog, uint32_t verdict, const uint8_t *wire, size_t size,
                uint32_t *out_verdict)
{
	uint32_t ids[DATASET_SET_MAX];
	const uint32_t *listings;
	size_t count = catalog_get_verdict(catalog, verdict, &listings), kept = 0;

	assert(count <= DATASET_SET_MAX);
	memcpy(ids, listings, count * sizeof(*ids));
	for (size_t i = 0; i < count; i++) {
		size_t same = 0;
		int rc = fix_listing(catalog, ids[i], wire, size, &ids[kept]);

		if (rc < 0)
			return rc;
		while (ids[same] != ids[kept])
			same++;
		kept += same == kept; /* two templates may have become the same text */
	}
	return catalog_verdict(catalog, ids, kept, out_verdict);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/version_diff.h"

#include "control/merge_names.h"

#include <errno.h>
#include <string.h>

/* The run of ranges that is being put together. */
struct run {
	struct version_diff *diff;
	bool is_open;
	enum version_diff_kind kind;
	struct address_range range;
};

/* Keep every stride-th; when there is no room left, every second of those, and twice the stride. */
static void sample(struct version_diff_part *part, const struct version_diff_place *place)
{
	if (part->seen++ % part->sample_stride != 0)
		return;
	if (part->sample_count == VERSION_DIFF_SAMPLE_MAX) {
		for (size_t i = 1; i < VERSION_DIFF_SAMPLE_MAX / 2; i++)
			part->sample[i] = part->sample[2 * i];
		part->sample_count = VERSION_DIFF_SAMPLE_MAX / 2;
		part->sample_stride *= 2;
		if ((part->seen - 1) % part->sample_stride != 0)
			return;
	}
	part->sample[part->sample_count++] = *place;
}

static void run_end(struct run *run)
{
	struct version_diff_part *part = &run->diff->parts[run->kind];
	struct version_diff_place place = {.range = run->range};
	const struct address_range *r = &run->range;
	struct address_range *widest = r->is_ip6 ? &part->widest6 : &part->widest4;

	if (!run->is_open)
		return;
	run->is_open = false;
	if ((r->is_ip6 ? part->ranges6 : part->ranges4) == 0 ||
	    r->last - r->first > widest->last - widest->first)
		*widest = *r;
	part->ranges4 += !r->is_ip6;
	part->ranges6 += r->is_ip6;
	if (!r->is_ip6)
		part->addresses4 += (uint64_t)(r->last - r->first + 1);
	sample(part, &place);
}

static enum version_diff_kind kind_of(bool was, bool is)
{
	if (!was)
		return VERSION_DIFF_ADDED;
	return is ? VERSION_DIFF_CHANGED : VERSION_DIFF_REMOVED;
}

static int on_range(void *context, const struct address_range *range, uint32_t old_verdict,
                    uint32_t new_verdict)
{
	enum version_diff_kind kind = kind_of(old_verdict != 0, new_verdict != 0);
	struct run *run = context;

	if (run->is_open && run->kind == kind && run->range.last + 1 == range->first) {
		run->range.last = range->last;
		return 0;
	}
	run_end(run);
	run->is_open = true;
	run->kind = kind;
	run->range = *range;
	return 0;
}

static int on_name(void *context, const struct merge_name_change *change)
{
	struct version_diff *diff = context;
	struct version_diff_part *part = &diff->parts[kind_of(change->was, change->is)];
	struct version_diff_place place = {.is_name = true, .wire_size = (uint8_t)change->size};

	memcpy(place.wire, change->wire, change->size);
	part->names++;
	sample(part, &place);
	return 0;
}

static int compare(struct catalog *catalog, struct merge_source *was, struct merge_source *is,
                   struct version_diff *diff)
{
	struct run run = {.diff = diff};
	int rc = 0;

	for (int is_ip6 = 0; is_ip6 < 2 && rc == 0; is_ip6++) {
		rc = merge_compare(catalog, was, is, is_ip6, on_range, &run);
		run_end(&run);
	}
	return rc ? rc : merge_names_compare(catalog, was, is, on_name, diff);
}

int version_diff(const struct dataset *was, const struct dataset *is, uint32_t code,
                 const char *text, struct version_diff *out)
{
	struct catalog *catalog = catalog_new();
	struct merge_source sources[2] = {0};
	int rc;

	memset(out, 0, sizeof(*out));
	for (int kind = 0; kind < VERSION_DIFF_KINDS; kind++)
		out->parts[kind].sample_stride = 1;
	if (!catalog)
		return -ENOMEM;
	rc = merge_source_init(&sources[0], was, 0, code, text);
	if (rc == 0)
		rc = merge_source_init(&sources[1], is, 0, code, text);
	if (rc == 0)
		rc = compare(catalog, &sources[0], &sources[1], out);
	merge_source_done(&sources[0]);
	merge_source_done(&sources[1]);
	catalog_free(catalog);
	return rc;
}

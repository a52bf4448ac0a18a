/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DNS response policy zones (draft-vixie-dnsop-dns-rpz): names and addresses whose answers are to
 * be changed are listed, those to be passed through are excluded. Triggers by name server and
 * actions that list nothing are counted as left out.
 */
#include "feeds/format_rows.h"
#include "feeds/zone_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LABELS_MAX 16 /* of an address trigger */

struct rpz {
	struct zone_text *zone;
	struct zone_name apex;
	bool has_soa;
};

enum action { LISTED, EXCLUDED, LEFT_OUT, MISTAKEN };

static bool is_type(const struct zone_record *record, const char *type)
{
	return span_equals((struct span){record->type, strlen(record->type)}, type);
}

static bool is_data(const struct zone_record *record, const char *wire)
{
	return record->data.size == strlen(wire) &&
	       !memcmp(record->data.wire, wire, record->data.size);
}

/* trigger: the owner without the zone's name */
static enum action action_of(const struct zone_record *record, const uint8_t *trigger, size_t size)
{
	if (!is_type(record, "CNAME"))
		return LISTED; /* local data */
	if (is_data(record, "\14rpz-passthru"))
		return record->data.is_rooted ? EXCLUDED : MISTAKEN;
	if (is_data(record, "\14rpz-tcp-only"))
		return LEFT_OUT;
	/* "good.example CNAME good.example." is how passing through was written once. */
	if (record->data.is_rooted && record->data.size == size && size &&
	    !memcmp(record->data.wire, trigger, size))
		return EXCLUDED;
	return LISTED; /* ".", "*.", "rpz-drop.", another name */
}

/* Returns the size of the trigger; SIZE_MAX when the owner is not in the zone. */
static size_t trigger_size(const struct rpz *rpz, const struct zone_name *owner)
{
	const struct zone_name *apex = rpz->has_soa ? &rpz->apex : zone_text_origin(rpz->zone);
	size_t at = 0;

	if (owner->is_rooted != apex->is_rooted || owner->size < apex->size)
		return SIZE_MAX;
	while (owner->size - at > apex->size)
		at += 1u + owner->wire[at];
	if (owner->size - at != apex->size || memcmp(owner->wire + at, apex->wire, apex->size))
		return SIZE_MAX;
	return at;
}

/* Whether the last label is that; out_size: without it */
static bool is_below(const uint8_t *wire, size_t size, const char *label, size_t *out_size)
{
	size_t last = 0, length = strlen(label);

	for (size_t at = 0; at < size; at += 1u + wire[at])
		last = at;
	if (size - last != length + 1 || memcmp(wire + last + 1, label, length))
		return false;
	*out_size = last;
	return true;
}

/* "24.0.2.0.192" is 192.0.2.0/24, "48.zz.101.db8.2001" is 2001:db8:101::/48. */
static bool range_decode(const uint8_t *wire, size_t size, struct address_range *out_range)
{
	size_t starts[LABELS_MAX], count = 0, used = 0;
	char text[ADDRESS_TEXT_MAX + LABELS_MAX];
	bool has_gap = false;

	for (size_t at = 0; at < size; at += 1u + wire[at]) {
		if (count == LABELS_MAX || wire[at] > 4)
			return false;
		has_gap |= wire[at] == 2 && !memcmp(wire + at + 1, "zz", 2);
		starts[count++] = at;
	}
	if (count < 2)
		return false;
	for (size_t i = count; i-- > 1;) {
		const uint8_t *label = wire + starts[i];
		bool is_gap = label[0] == 2 && !memcmp(label + 1, "zz", 2);
		const char *separator = i == 1 ? "" : count == 5 && !has_gap ? "." : ":";

		if (used + 8 > sizeof(text))
			return false;
		if (is_gap)
			used += (size_t)sprintf(text + used, "%s",
			                        used && text[used - 1] == ':' ? ":" : "::");
		else
			used += (size_t)sprintf(text + used, "%.*s%s", (int)label[0],
			                        (const char *)label + 1, separator);
	}
	used += (size_t)sprintf(text + used, "/%.*s", (int)wire[0], (const char *)wire + 1);
	return address_parse(text, used, out_range) == 0 && !out_range->has_host_bits;
}

static int address_add(struct lines *lines, const struct zone_record *record, size_t size,
                       bool is_exclusion)
{
	struct dataset_entry entry = {.line = record->line, .is_exclusion = is_exclusion};
	struct address_range range;
	char text[4 * NAME_WIRE_MAX + 2];

	if (!range_decode(record->owner.wire, size, &range)) {
		name_format(record->owner.wire, size, text);
		LINES_BAD(lines, record->line,
		          "bad address '%.60s': expected LENGTH and the reversed prefix", text);
		return 0;
	}
	entry.level = (uint8_t)address_widest_length(&range);
	lines->facts->line_count++;
	return dataset_add_range(lines->builder, &range, &entry);
}

static int name_add(struct lines *lines, const struct zone_record *record, size_t size,
                    bool is_exclusion)
{
	struct dataset_entry entry = {.line = record->line, .is_exclusion = is_exclusion};
	const uint8_t *wire = record->owner.wire;
	unsigned scope = DATASET_EXACT;

	if (wire[0] == 1 && wire[1] == '*') {
		wire += 2;
		size -= 2;
		scope = DATASET_SUBTREE;
	}
	if (!size) {
		LINES_BAD(lines, record->line, "bad name '*': it stands for all there are");
		return 0;
	}
	lines->facts->line_count++;
	return dataset_add_name(lines->builder, wire, size, scope, &entry);
}

static int trigger_add(struct lines *lines, const struct zone_record *record, size_t size)
{
	static const char *const unsupported[] = {"rpz-nsip", "rpz-nsdname"};
	const uint8_t *wire = record->owner.wire;
	enum action action = action_of(record, wire, size);
	char text[4 * NAME_WIRE_MAX + 2];
	size_t below;

	name_format(wire, size, text);
	for (size_t i = 0; i < sizeof(unsupported) / sizeof(unsupported[0]); i++) {
		if (is_below(wire, size, unsupported[i], &below)) {
			dataset_skip_line(lines->builder, record->line,
			                  "'%.60s': triggers of %s are not supported", text,
			                  unsupported[i]);
			return 0;
		}
	}
	if (action == LEFT_OUT) {
		dataset_skip_line(lines->builder, record->line,
		                  "'%.60s': rpz-tcp-only lists nothing", text);
		return 0;
	}
	if (action == MISTAKEN) {
		LINES_BAD(lines, record->line, "'%.60s': expected 'rpz-passthru.', with a dot",
		          text);
		return 0;
	}
	if (is_below(wire, size, "rpz-ip", &below) || is_below(wire, size, "rpz-client-ip", &below))
		return address_add(lines, record, below, action == EXCLUDED);
	return name_add(lines, record, size, action == EXCLUDED);
}

static int rpz_record(struct lines *lines, const struct zone_record *record)
{
	static const char *const zone_types[] = {"SOA",   "NS",     "RRSIG",      "NSEC",
	                                         "NSEC3", "DNSKEY", "NSEC3PARAM", "ZONEMD",
	                                         "CDS",   "CDNSKEY"};
	struct rpz *rpz = lines->context;
	char text[4 * NAME_WIRE_MAX + 2];
	size_t size;

	if (is_type(record, "SOA") && !rpz->has_soa) {
		rpz->has_soa = true;
		rpz->apex = record->owner;
	}
	for (size_t i = 0; i < sizeof(zone_types) / sizeof(zone_types[0]); i++)
		if (is_type(record, zone_types[i]))
			return 0;
	size = trigger_size(rpz, &record->owner);
	if (size == SIZE_MAX) {
		name_format(record->owner.wire, record->owner.size, text);
		LINES_BAD(lines, record->line, "'%.60s' is not in the zone: expected %s", text,
		          rpz->has_soa ? "a name below the SOA's" : "an SOA or $ORIGIN before it");
		return 0;
	}
	/* Records of the apex say who they are. */
	return size ? trigger_add(lines, record, size) : 0;
}

static int rpz_line(struct lines *lines, struct span line, uint64_t number)
{
	struct rpz *rpz = lines->context;

	return zone_text_line(rpz->zone, lines, line, number);
}

int format_rpz(struct reader *reader, struct dataset_builder *builder, char *out_error,
               size_t error_size)
{
	struct rpz rpz = {.zone = zone_text_new(rpz_record)};
	struct lines lines = {
	    .builder = builder, .context = &rpz, .error = out_error, .error_size = error_size};
	int rc;

	if (!rpz.zone)
		return -ENOMEM;
	rc = lines_each(reader, &lines, rpz_line);
	if (rc == 0 && zone_text_open_line(rpz.zone)) {
		snprintf(out_error, error_size,
		         "line %" PRIu64 ": a parenthesis is not closed to the end of the file",
		         zone_text_open_line(rpz.zone));
		rc = -EINVAL;
	}
	zone_text_free(rpz.zone);
	return rc;
}

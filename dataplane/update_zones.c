/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/update_zones.h"

#include "dataplane/access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Nobody transfers our zones: these only have to be sane (RFC 1912 section 2.2). */
#define SOA_REFRESH_S 3600
#define SOA_RETRY_S   600
#define SOA_EXPIRE_S  604800

#define CONTENT_MASK (ZONE_HAS_IP4 | ZONE_HAS_IP6 | ZONE_HAS_NAMES)

void update_list_names_free(struct update_list_names *l)
{
	if (!l)
		return;
	for (size_t i = 0; i <= LIST_ID_MAX; i++)
		free(l->names[i]);
	free(l);
}

static bool is_wire_name(ProtobufCBinaryData name)
{
	return name.len > 1 && update_check_wire_name(name.data, name.len) == name.len;
}

static int convert_ns(const Reputed__Update__Zone *m, size_t index, struct zone *zone,
                      struct update_error *out_error)
{
	if (m->n_ns > ZONE_NS_MAX)
		return update_error_set(out_error, -EINVAL, "zones: zone %zu has %zu ns, above %d",
		                        index, m->n_ns, ZONE_NS_MAX);
	for (size_t i = 0; i < m->n_ns; i++) {
		if (!is_wire_name(m->ns[i]))
			return update_error_set(
			    out_error, -EINVAL,
			    "zones: zone %zu: ns %zu is malformed or not lower-case", index, i);
		memcpy(zone->ns[i], m->ns[i].data, m->ns[i].len);
		zone->ns_size[i] = (uint8_t)m->ns[i].len;
	}
	zone->ns_count = (uint8_t)m->n_ns;
	return 0;
}

static int convert_codes(const Reputed__Update__Zone *m, size_t index, struct zone *zone,
                         struct update_error *out_error)
{
	if (m->n_test_codes > ZONE_TEST_CODES_MAX)
		return update_error_set(out_error, -EINVAL,
		                        "zones: zone %zu has %zu test_codes, above %d", index,
		                        m->n_test_codes, ZONE_TEST_CODES_MAX);
	for (size_t i = 0; i < m->n_test_codes; i++) {
		if (m->test_codes[i] >> 24 != 127 || m->test_codes[i] == 0x7f000001)
			return update_error_set(
			    out_error, -EINVAL,
			    "zones: zone %zu: test code %zu is outside 127/8 or 127.0.0.1", index,
			    i);
		zone->test_codes[i] = m->test_codes[i];
	}
	zone->test_code_count = (uint8_t)m->n_test_codes;
	return 0;
}

static int convert_lists(const Reputed__Update__Zone *m, size_t index, struct zone *zone,
                         struct update_error *out_error)
{
	if (m->n_list_names != 0 && m->n_list_names != m->n_lists)
		return update_error_set(out_error, -EINVAL,
		                        "zones: zone %zu: %zu lists and %zu list_names", index,
		                        m->n_lists, m->n_list_names);
	for (size_t i = 0; i < m->n_lists; i++) {
		if (m->lists[i] > LIST_ID_MAX)
			return update_error_set(out_error, -EINVAL,
			                        "zones: zone %zu: list %u is above %u", index,
			                        m->lists[i], LIST_ID_MAX);
		zone->lists[m->lists[i] / 64] |= UINT64_C(1) << (m->lists[i] % 64);
	}
	return 0;
}

static int convert(const Reputed__Update__Zone *m, size_t index, struct zone *out_zone,
                   struct update_error *out_error)
{
	struct zone *zone = out_zone;
	int rc;

	memset(zone, 0, sizeof(*zone));
	if (!is_wire_name(m->apex))
		return update_error_set(out_error, -EINVAL,
		                        "zones: zone %zu: apex is malformed, the root or not "
		                        "lower-case",
		                        index);
	if ((unsigned)m->state > ZONE_EXPIRED)
		return update_error_set(out_error, -EINVAL, "zones: zone %zu: unknown state %d",
		                        index, (int)m->state);
	if (m->content & ~(uint32_t)CONTENT_MASK)
		return update_error_set(out_error, -EINVAL, "zones: zone %zu: unknown content %u",
		                        index, m->content);
	if (m->apex_text.len > sizeof(zone->apex_text))
		return update_error_set(out_error, -EINVAL,
		                        "zones: zone %zu: apex_text has %zu bytes, above %zu",
		                        index, m->apex_text.len, sizeof(zone->apex_text));
	memcpy(zone->apex, m->apex.data, m->apex.len);
	zone->apex_size = (uint8_t)m->apex.len;
	zone->state = (uint8_t)m->state;
	zone->needs_key = m->needs_key;
	zone->content = (uint8_t)m->content;
	zone->ttl_s = m->ttl;
	zone->negative_ttl_s = m->negative_ttl;
	if (m->apex_text.len)
		memcpy(zone->apex_text, m->apex_text.data, m->apex_text.len);
	zone->apex_text_size = (uint16_t)m->apex_text.len;
	zone->soa_refresh_s = SOA_REFRESH_S;
	zone->soa_retry_s = SOA_RETRY_S;
	zone->soa_expire_s = SOA_EXPIRE_S;
	rc = convert_ns(m, index, zone, out_error);
	if (rc == 0)
		rc = convert_codes(m, index, zone, out_error);
	return rc < 0 ? rc : convert_lists(m, index, zone, out_error);
}

static int add_names(struct update_list_names *l, const Reputed__Update__Zone *m)
{
	for (size_t i = 0; i < m->n_list_names; i++) {
		char **slot = &l->names[m->lists[i]];

		if (!*slot)
			*slot = strdup(m->list_names[i]);
		if (!*slot)
			return -ENOMEM;
	}
	return 0;
}

int update_zones_build(const Reputed__Update__Zones *m, struct zones **out_zones,
                       struct update_list_names **out_list_names, struct update_error *out_error)
{
	struct update_list_names *list_names = calloc(1, sizeof(*list_names));
	struct zones *zones = zones_new();
	struct zone zone;
	int rc = -ENOMEM;

	if (!zones || !list_names) {
		update_error_set(out_error, rc, "zones: no memory");
		goto fail;
	}
	for (size_t i = 0; i < m->n_zones; i++) {
		rc = convert(m->zones[i], i, &zone, out_error);
		if (rc < 0)
			goto fail;
		rc = zones_add(zones, &zone);
		if (rc == 0)
			rc = add_names(list_names, m->zones[i]);
		if (rc < 0) {
			update_error_set(out_error, rc, "zones: zone %zu: %s", i,
			                 rc == -EEXIST ? "apex occurs twice" : strerror(-rc));
			goto fail;
		}
	}
	*out_zones = zones;
	*out_list_names = list_names;
	return 0;

fail:
	zones_free(zones);
	update_list_names_free(list_names);
	return rc;
}

static address6_t join(uint64_t high, uint64_t low)
{
	return (address6_t)high << 64 | low;
}

static int check_listing(const Reputed__Update__AccessListing *m, size_t index,
                         struct update_error *out_error)
{
	if (m->code >> 24 != 127 || m->code == 0x7f000001)
		return update_error_set(out_error, -EINVAL,
		                        "access: listing %zu: code is outside 127/8 or 127.0.0.1",
		                        index);
	if (m->text.len > ACCESS_TEXT_MAX)
		return update_error_set(out_error, -EINVAL,
		                        "access: listing %zu: text has %zu bytes, above %d", index,
		                        m->text.len, ACCESS_TEXT_MAX);
	return 0;
}

static int check_range(const Reputed__Update__Access *m, size_t i, struct update_error *out_error)
{
	if (join(m->first_high[i], m->first_low[i]) > join(m->last_high[i], m->last_low[i]))
		return update_error_set(out_error, -EINVAL,
		                        "access: range %zu: first is above last", i);
	if (m->action[i] > ACCESS_ALWAYS)
		return update_error_set(out_error, -EINVAL, "access: range %zu: unknown action %u",
		                        i, m->action[i]);
	if (m->action[i] == ACCESS_ALWAYS && (m->n_listing == 0 || m->listing[i] >= m->n_listings))
		return update_error_set(out_error, -EINVAL,
		                        "access: range %zu: has no listing to answer", i);
	return 0;
}

static int check_access(const Reputed__Update__Access *m, struct update_error *out_error)
{
	size_t count = m->n_first_high;
	int rc = 0;

	if (m->n_first_low != count || m->n_last_high != count || m->n_last_low != count ||
	    m->n_action != count || (m->n_listing != 0 && m->n_listing != count))
		return update_error_set(
		    out_error, -EINVAL,
		    "access: %zu first_high, %zu first_low, %zu last_high, %zu last_low, "
		    "%zu action and %zu listing",
		    count, m->n_first_low, m->n_last_high, m->n_last_low, m->n_action,
		    m->n_listing);
	if (m->n_listings > ACCESS_LISTINGS_MAX)
		return update_error_set(out_error, -EINVAL, "access: %zu listings, above %d",
		                        m->n_listings, ACCESS_LISTINGS_MAX);
	for (size_t i = 0; i < m->n_listings && rc == 0; i++)
		rc = check_listing(m->listings[i], i, out_error);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = check_range(m, i, out_error);
	return rc;
}

static void copy_listings(struct access_rules *access, const Reputed__Update__Access *m)
{
	for (size_t i = 0; i < m->n_listings; i++) {
		struct access_listing *listing = &access->listings[i];

		listing->code = m->listings[i]->code;
		listing->text_size = (uint8_t)m->listings[i]->text.len;
		if (listing->text_size)
			memcpy(listing->text, m->listings[i]->text.data, listing->text_size);
	}
}

int update_zones_build_access(const Reputed__Update__Access *m, struct access_rules **out_access,
                              struct update_error *out_error)
{
	struct access_rules *access;
	int rc = check_access(m, out_error);

	if (rc < 0)
		return rc;
	access = access_rules_new(m->n_listings);
	if (!access)
		return update_error_set(out_error, -ENOMEM, "access: no memory");
	copy_listings(access, m);
	for (size_t i = 0; i < m->n_action; i++) {
		uint32_t value = m->action[i] == ACCESS_ALWAYS ? ACCESS_VALUE_ALWAYS(m->listing[i])
		                                               : ACCESS_VALUE(m->action[i]);

		rc = table6_paint(access->clients, join(m->first_high[i], m->first_low[i]),
		                  join(m->last_high[i], m->last_low[i]), value);
		if (rc < 0) {
			access_rules_free(access);
			return update_error_set(out_error, rc, "access: range %zu: %s", i,
			                        strerror(-rc));
		}
	}
	*out_access = access;
	return 0;
}

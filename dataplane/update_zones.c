/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/update_zones.h"

#include "dataplane/dns.h"
#include "dataplane/update_access.h"
#include "dataplane/update_observed.h"

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

/* A zone with what it points to; the rest of it is in the message. */
struct converted {
	struct zone zone;
	struct zone_name ns[ZONE_NS_MAX];
	uint32_t values[LIST_ID_MAX + 1];
};

static struct zone_name name_of(ProtobufCBinaryData name)
{
	return (struct zone_name){name.data, (uint8_t)name.len};
}

static int convert_ns(const Reputed__Update__Zone *m, size_t index, struct converted *c,
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
		c->ns[i] = name_of(m->ns[i]);
	}
	c->zone.ns = c->ns;
	c->zone.ns_count = (uint8_t)m->n_ns;
	return 0;
}

static int convert_soa(const Reputed__Update__Zone *m, size_t index, struct zone *zone,
                       struct update_error *out_error)
{
	if ((m->soa_mname.len && !is_wire_name(m->soa_mname)) ||
	    (m->soa_rname.len && !is_wire_name(m->soa_rname)))
		return update_error_set(
		    out_error, -EINVAL,
		    "zones: zone %zu: soa_mname or soa_rname is malformed or not lower-case",
		    index);
	zone->soa_mname = name_of(m->soa_mname);
	zone->soa_rname = name_of(m->soa_rname);
	zone->soa_refresh_s = m->soa_refresh ? m->soa_refresh : SOA_REFRESH_S;
	zone->soa_retry_s = m->soa_retry ? m->soa_retry : SOA_RETRY_S;
	zone->soa_expire_s = m->soa_expire ? m->soa_expire : SOA_EXPIRE_S;
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
	}
	zone->test_codes = m->test_codes;
	zone->test_code_count = (uint8_t)m->n_test_codes;
	return 0;
}

static bool is_value(unsigned view, uint32_t value)
{
	uint32_t category = value >> 8;

	switch ((enum zone_view)view) {
	case ZONE_VIEW_CODES:
		return true;
	case ZONE_VIEW_BITS: /* bit 0 would make 127.0.0.1 */
		return value >= 2 && value < 1u << 24 && (value & (value - 1)) == 0;
	case ZONE_VIEW_ALLOW:
		return ((category >= 2 && category <= 15) || category == 20) && (value & 0xff) <= 3;
	}
	return false;
}

/* The values by ascending list id, whatever the order in the message. */
static int convert_values(const Reputed__Update__Zone *m, size_t index, struct converted *c,
                          struct update_error *out_error)
{
	struct zone *zone = &c->zone;

	if ((unsigned)m->view > ZONE_VIEW_ALLOW)
		return update_error_set(out_error, -EINVAL, "zones: zone %zu: unknown view %d",
		                        index, (int)m->view);
	zone->view = (uint8_t)m->view;
	if (m->view == (int)ZONE_VIEW_CODES)
		return 0;
	if (m->n_values != m->n_lists)
		return update_error_set(out_error, -EINVAL,
		                        "zones: zone %zu: %zu lists and %zu values", index,
		                        m->n_lists, m->n_values);
	zone->values = c->values;
	for (size_t i = 0; i < m->n_lists; i++) {
		if (!is_value(zone->view, m->values[i]))
			return update_error_set(
			    out_error, -EINVAL,
			    "zones: zone %zu: value %u of list %u is none of its view", index,
			    m->values[i], m->lists[i]);
		c->values[zone_rank(zone, m->lists[i])] = m->values[i];
	}
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

static int convert_records(const Reputed__Update__Zone *m, size_t index, struct zone *zone,
                           struct update_error *out_error)
{
	struct record *records;

	if (m->n_records == 0)
		return 0;
	records = calloc(m->n_records, sizeof(*records));
	if (!records)
		return update_error_set(out_error, -ENOMEM, "zones: no memory");
	for (size_t i = 0; i < m->n_records; i++) {
		const Reputed__Update__Record *from = m->records[i];

		if (from->name.len > DNS_NAME_MAX || from->type > UINT16_MAX ||
		    from->rdata.len > RECORDS_RDATA_MAX) {
			free(records);
			return update_error_set(out_error, -EINVAL,
			                        "zones: zone %zu: record %zu is out of bounds",
			                        index, i);
		}
		records[i] = (struct record){
		    from->name.data,      from->rdata.data,          from->ttl,
		    (uint16_t)from->type, (uint16_t)from->rdata.len, (uint8_t)from->name.len};
	}
	zone->records = records_new(records, m->n_records);
	free(records);
	if (!zone->records)
		return update_error_set(out_error, -errno, "zones: zone %zu: records: %s", index,
		                        strerror(errno));
	return 0;
}

static int check_zone(const Reputed__Update__Zone *m, size_t index, struct update_error *out_error)
{
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
	if (m->apex_text.len > UINT8_MAX)
		return update_error_set(out_error, -EINVAL,
		                        "zones: zone %zu: apex_text has %zu bytes, above %u", index,
		                        m->apex_text.len, UINT8_MAX);
	return 0;
}

static int convert_access(const Reputed__Update__Zone *m, size_t index, struct zone *zone,
                          struct update_error *out_error)
{
	struct update_error of_rules = {0};
	int rc = m->access ? update_access_build(m->access, false, &zone->access, &of_rules) : 0;

	return rc < 0 ? update_error_set(out_error, rc, "zones: zone %zu: %.200s", index,
	                                 of_rules.text)
	              : 0;
}

/* What a zone owns that is not copied into the set. */
static void free_owned(const struct zone *zone)
{
	records_free((struct records *)zone->records);
	observed_free(zone->observed);
	access_rules_free(zone->access);
}

/* What the zone owns is the caller's to free, whatever comes of it. */
static int convert(const Reputed__Update__Zone *m, size_t index, struct converted *out,
                   struct update_error *out_error)
{
	struct zone *zone = &out->zone;
	int rc = check_zone(m, index, out_error);

	memset(zone, 0, sizeof(*zone));
	if (rc < 0)
		return rc;
	zone->apex = name_of(m->apex);
	zone->state = (uint8_t)m->state;
	zone->needs_key = m->needs_key;
	zone->content = (uint8_t)m->content;
	zone->ttl_s = m->ttl;
	zone->negative_ttl_s = m->negative_ttl;
	zone->apex_text = (const char *)m->apex_text.data;
	zone->apex_text_size = (uint8_t)m->apex_text.len;
	rc = convert_ns(m, index, out, out_error);
	if (rc == 0)
		rc = convert_soa(m, index, zone, out_error);
	if (rc == 0)
		rc = convert_codes(m, index, zone, out_error);
	if (rc == 0)
		rc = convert_lists(m, index, zone, out_error);
	if (rc == 0)
		rc = convert_values(m, index, out, out_error);
	if (rc == 0)
		rc = update_observed_new(m, index, zone, &zone->observed, out_error);
	if (rc == 0)
		rc = convert_access(m, index, zone, out_error);
	return rc < 0 ? rc : convert_records(m, index, zone, out_error);
}

static int add_name(struct update_list_names *l, uint32_t list, const char *name)
{
	char **slot = &l->names[list];

	if (!*slot)
		*slot = strdup(name);
	return *slot ? 0 : -ENOMEM;
}

static int add_names(struct update_list_names *l, const Reputed__Update__Zone *m)
{
	int rc = 0;

	for (size_t i = 0; i < m->n_list_names && rc == 0; i++)
		rc = add_name(l, m->lists[i], m->list_names[i]);
	for (size_t i = 0; i < m->n_observed && rc == 0; i++)
		rc = add_name(l, m->observed[i], m->observed_names[i]);
	return rc;
}

int update_zones_add(const Reputed__Update__Zones *m, struct zones *zones,
                     struct update_list_names *list_names, struct update_error *out_error)
{
	struct converted *c = malloc(sizeof(*c));
	int rc = 0;

	if (!c)
		return update_error_set(out_error, -ENOMEM, "zones: no memory");
	for (size_t i = 0; i < m->n_zones && rc == 0; i++) {
		rc = convert(m->zones[i], i, c, out_error);
		if (rc < 0) {
			free_owned(&c->zone);
			break;
		}
		rc = zones_add(zones, &c->zone);
		if (rc < 0)
			free_owned(&c->zone);
		else
			rc = add_names(list_names, m->zones[i]);
		if (rc < 0)
			update_error_set(out_error, rc, "zones: zone %zu: %s", i,
			                 rc == -EEXIST ? "apex occurs twice" : strerror(-rc));
	}
	free(c);
	return rc;
}

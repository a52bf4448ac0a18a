/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/soa.h"

#include "dataplane/table/zones.h"

#include <string.h>

#define NAME_MAX_SIZE 255 /* with its root label */
#define TYPE_SOA      6
#define CLASS_IN      1
#define RDATA_AT      12

static void put(struct soa *s, const void *bytes, size_t size)
{
	memcpy(&s->bytes[s->size], bytes, size);
	s->size = (uint16_t)(s->size + size);
}

static void put_u16(struct soa *s, unsigned value)
{
	uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	put(s, bytes, 2);
}

static void put_ttl(struct soa *s, uint32_t ttl_s)
{
	ttl_s = zone_ttl(ttl_s);
	put_u16(s, ttl_s >> 16);
	put_u16(s, ttl_s & 0xffff);
}

static void put_pointer(struct soa *s, unsigned which)
{
	s->pointers[which] = s->size;
	put_u16(s, 0);
}

/* A label below the apex; the apex itself when that would be too long for a name. */
static void put_below_apex(struct soa *s, const struct zone *zone, const char *label,
                           unsigned which)
{
	uint8_t length = (uint8_t)strlen(label);

	if (zone->apex.size + 1u + length <= NAME_MAX_SIZE) {
		put(s, &length, 1);
		put(s, label, length);
	}
	put_pointer(s, which);
}

static void put_name(struct soa *s, const struct zone *zone, const struct zone_name *name,
                     unsigned which)
{
	size_t apex_at;

	if (labels_ends_with(name->bytes, name->size, zone->apex.bytes, zone->apex.size,
	                     &apex_at)) {
		put(s, name->bytes, apex_at);
		put_pointer(s, which);
	} else {
		put(s, name->bytes, name->size);
	}
}

static void put_names(struct soa *s, const struct zone *zone)
{
	if (zone->soa_mname.size)
		put_name(s, zone, &zone->soa_mname, 1);
	else if (zone->ns_count)
		put_name(s, zone, &zone->ns[0], 1);
	else
		put_below_apex(s, zone, "ns", 1);
	if (zone->soa_rname.size)
		put_name(s, zone, &zone->soa_rname, 2);
	else
		put_below_apex(s, zone, "hostmaster", 2);
}

size_t soa_make(const struct zone *zone, union soa_buffer *out_buffer)
{
	struct soa *s = &out_buffer->soa;
	unsigned rdata_size;

	memset(out_buffer, 0, sizeof(*out_buffer));
	put_pointer(s, 0);
	put_u16(s, TYPE_SOA);
	put_u16(s, CLASS_IN);
	put_ttl(s, zone->negative_ttl_s); /* RFC 2308 section 5 */
	put_u16(s, 0);
	put_names(s, zone);
	s->serial_at = s->size;
	put_ttl(s, 0);
	put_ttl(s, zone->soa_refresh_s);
	put_ttl(s, zone->soa_retry_s);
	put_ttl(s, zone->soa_expire_s);
	put_ttl(s, zone->negative_ttl_s);
	rdata_size = s->size - RDATA_AT;
	s->bytes[RDATA_AT - 2] = (uint8_t)(rdata_size >> 8);
	s->bytes[RDATA_AT - 1] = (uint8_t)rdata_size;
	s->copied_size = (uint16_t)((s->size + SOA_CHUNK - 1u) / SOA_CHUNK * SOA_CHUNK);
	return sizeof(*s) + s->copied_size;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/flood/mix.h"

#include "bench/flood/known.h"
#include "bench/mix.h"
#include "dataplane/dns.h"
#include "dataplane/headers.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX   (DNS_HEADER_SIZE + DNS_NAME_MAX + 4 + DNS_OPT_SIZE)
#define OPT_UDP_SIZE  1232
#define OTHERS        (1u << 24) /* addresses to choose from that are not known to be listed */
#define TRIES         1000       /* to find one of them that is not listed */
#define ADDRESS_NAME6 64         /* bytes of 32 nibbles as labels */

struct maker {
	const struct mix_options *options;
	struct mix *mix;
	struct known known;
	uint8_t zone[NAME_WIRE_MAX + 1]; /* with root label */
	size_t zone_size;
	uint64_t state;
	char *error;
};

/* --- chance --- */

static uint64_t draw(struct maker *m)
{
	return mix64(m->state += 0x9e3779b97f4a7c15u);
}

/* 0 <= x < 1 */
static double draw_share(struct maker *m)
{
	return (double)(draw(m) >> 11) * 0x1p-53;
}

/*
 * A rank below count. Zipf's law as a bounded power law, inverted: close to it but for the first
 * few ranks, and without a table of them.
 */
static uint64_t draw_rank(struct maker *m, uint64_t count)
{
	double s = m->options->zipf, u = draw_share(m), n = (double)count + 1, rank;

	if (s == 0)
		rank = u * (double)count + 1;
	else if (fabs(s - 1) < 1e-9)
		rank = pow(n, u);
	else
		rank = pow(u * (pow(n, 1 - s) - 1) + 1, 1 / (1 - s));
	return rank >= n ? count - 1 : (uint64_t)rank - 1;
}

/* --- messages --- */

static int append(struct maker *m, const uint8_t *message, size_t size, size_t question_size,
                  enum judge_expectation expected)
{
	struct mix *mix = m->mix;

	if (mix->bytes_size + size > mix->bytes_room) {
		size_t room = mix->bytes_room ? 2 * mix->bytes_room : 1 << 20;
		uint8_t *bytes = room <= UINT32_MAX ? realloc(mix->bytes, room) : NULL;

		if (!bytes)
			return -ENOMEM;
		mix->bytes = bytes;
		mix->bytes_room = room;
	}
	memcpy(mix->bytes + mix->bytes_size, message, size);
	mix->queries[mix->count++] = (struct mix_query){(uint32_t)mix->bytes_size, (uint16_t)size,
	                                                (uint16_t)question_size, (uint8_t)expected};
	mix->bytes_size += size;
	return 0;
}

/* Compose the rest of a message whose name is at its place already. name_size: with root label */
static int compose(struct maker *m, uint8_t *message, size_t name_size, unsigned type,
                   enum judge_expectation expected)
{
	static const uint8_t opt[DNS_OPT_SIZE] = {0, 0, DNS_TYPE_OPT, OPT_UDP_SIZE >> 8,
	                                          OPT_UDP_SIZE & 0xff};
	size_t size = DNS_HEADER_SIZE + name_size + 4;
	bool has_opt = draw_share(m) < m->options->edns;

	memset(message, 0, DNS_HEADER_SIZE);
	message[2] = DNS_RD;
	message[5] = 1;
	message[11] = has_opt;
	headers_set_u16(&message[size - 4], type);
	headers_set_u16(&message[size - 2], DNS_CLASS_IN);
	if (has_opt)
		memcpy(&message[size], opt, sizeof(opt));
	return append(m, message, size + (has_opt ? sizeof(opt) : 0), name_size + 4, expected);
}

/* --- addresses of a zone --- */

static size_t write_ip4(uint8_t *at, uint32_t address)
{
	uint8_t *begin = at;

	for (unsigned shift = 0; shift < 32; shift += 8) {
		char octet[4];
		int size = snprintf(octet, sizeof(octet), "%u", address >> shift & 0xff);

		*at++ = (uint8_t)size;
		memcpy(at, octet, (size_t)size);
		at += size;
	}
	return (size_t)(at - begin);
}

static size_t write_ip6(uint8_t *at, address6_t address)
{
	for (unsigned i = 0; i < 32; i++) {
		*at++ = 1;
		*at++ = (uint8_t) "0123456789abcdef"[(unsigned)(address >> 4 * i) & 0xf];
	}
	return ADDRESS_NAME6;
}

/* One of a large but fixed set, so that they too are asked again; none is loopback. */
static address6_t other_address(struct maker *m, bool is_ip6)
{
	uint64_t rank = draw_rank(m, OTHERS), high = mix64(rank ^ m->options->seed),
		 low = mix64(high);
	uint32_t first = 1 + (uint32_t)(high >> 32) % 223;

	if (is_ip6)
		return (address6_t)(high >> 3 | UINT64_C(1) << 61) << 64 | low;
	return (first == 127 ? 128 : first) << 24 | ((uint32_t)high & 0xffffff);
}

static int draw_address(struct maker *m)
{
	uint8_t message[MESSAGE_MAX];
	bool is_ip6 = draw_share(m) < m->options->ip6, is_hit = draw_share(m) < m->options->hit;
	const struct address_range *ranges = is_ip6 ? m->known.ranges6 : m->known.ranges4;
	size_t count = is_ip6 ? m->known.count6 : m->known.count4, size = DNS_HEADER_SIZE;
	enum judge_expectation expected = EXPECT_LISTED;
	address6_t address;

	if (is_hit) {
		const struct address_range *r = &ranges[draw_rank(m, count)];

		address = r->first + draw(m) % (uint64_t)(((r->last - r->first) & INT64_MAX) + 1);
	} else {
		unsigned tries = 0;

		do
			address = other_address(m, is_ip6);
		while (known_has(ranges, count, address) && ++tries < TRIES);
		if (tries == TRIES) {
			snprintf(m->error, MIX_ERROR_MAX,
			         "'%s' lists nearly everything: use --hit 1", m->options->listed);
			return -EINVAL;
		}
		expected =
		    m->options->listed && !m->options->is_partial ? EXPECT_UNLISTED : EXPECT_ANY;
	}
	size += is_ip6 ? write_ip6(&message[size], address)
	               : write_ip4(&message[size], (uint32_t)address);
	memcpy(&message[size], m->zone, m->zone_size);
	size += m->zone_size;
	return compose(m, message, size - DNS_HEADER_SIZE, DNS_TYPE_A, expected);
}

static int check_shares(const struct maker *m)
{
	const struct mix_options *o = m->options;

	if (o->hit > 0 && o->ip6 < 1 && m->known.count4 == 0)
		snprintf(m->error, MIX_ERROR_MAX,
		         "--hit: no IPv4 address is known to be listed (--listed FILE)");
	else if (o->hit > 0 && o->ip6 > 0 && m->known.count6 == 0)
		snprintf(m->error, MIX_ERROR_MAX,
		         "--ip6 with --hit: no IPv6 address is known to be listed");
	else
		return 0;
	return -EINVAL;
}

static int make_addresses(struct maker *m)
{
	int rc = name_parse(m->options->zone, strlen(m->options->zone), m->zone);

	if (rc <= 0 || rc + ADDRESS_NAME6 >= DNS_NAME_MAX) {
		snprintf(m->error, MIX_ERROR_MAX,
		         "--zone '%s': expected a name that leaves room for an address",
		         m->options->zone);
		return -EINVAL;
	}
	m->zone[rc] = 0;
	m->zone_size = (size_t)rc + 1;
	if (m->options->listed) {
		rc = known_read(m->options->listed, &m->known, m->error, MIX_ERROR_MAX);
		if (rc < 0)
			return rc;
	}
	rc = check_shares(m);
	for (uint32_t i = 0; rc == 0 && i < m->options->count; i++)
		rc = draw_address(m);
	return rc;
}

/* --- a file of names --- */

static unsigned parse_type(const char *text, size_t size)
{
	static const struct {
		const char *name;
		unsigned type;
	} rows[] = {
	    {"A", DNS_TYPE_A},     {"TXT", DNS_TYPE_TXT}, {"AAAA", DNS_TYPE_AAAA},
	    {"SOA", DNS_TYPE_SOA}, {"NS", DNS_TYPE_NS},   {"ANY", DNS_TYPE_ANY},
	};

	if (size == 0)
		return DNS_TYPE_A;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strlen(rows[i].name) == size && strncasecmp(rows[i].name, text, size) == 0)
			return rows[i].type;
	}
	return 0;
}

static int replay_line(struct maker *m, const char *line, unsigned long number)
{
	uint8_t message[MESSAGE_MAX];
	size_t name = strcspn(line, " \t\r\n"), gap = strspn(line + name, " \t"),
	       type_size = strcspn(line + name + gap, " \t\r\n");
	unsigned type = parse_type(line + name + gap, type_size);
	int size = name_parse(line, name, &message[DNS_HEADER_SIZE]);

	if (size < 0 || type == 0) {
		snprintf(m->error, MIX_ERROR_MAX,
		         "'%s' line %lu: expected a name and A, AAAA, ANY, NS, SOA, TXT or nothing",
		         m->options->replay, number);
		return -EINVAL;
	}
	message[DNS_HEADER_SIZE + size] = 0;
	return compose(m, message, (size_t)size + 1, type, EXPECT_ANY);
}

static int make_replay(struct maker *m)
{
	FILE *file = fopen(m->options->replay, "re");
	char *line = NULL;
	size_t room = 0;
	int rc = 0;

	if (!file) {
		rc = -errno;
		snprintf(m->error, MIX_ERROR_MAX, "'%s': %s", m->options->replay, strerror(-rc));
		return rc;
	}
	for (unsigned long number = 1;
	     rc == 0 && m->mix->count < m->options->count && getline(&line, &room, file) >= 0;
	     number++) {
		if (line[strspn(line, " \t\r\n")] != '\0' && line[0] != '#')
			rc = replay_line(m, line, number);
	}
	free(line);
	fclose(file);
	if (rc == 0 && m->mix->count == 0) {
		snprintf(m->error, MIX_ERROR_MAX, "'%s' has no names", m->options->replay);
		rc = -EINVAL;
	}
	return rc;
}

struct mix *mix_new(const struct mix_options *options, char *out_error)
{
	struct maker m = {.options = options, .state = options->seed, .error = out_error};
	int rc = -ENOMEM;

	snprintf(out_error, MIX_ERROR_MAX, "out of memory for %u questions", options->count);
	m.mix = calloc(1, sizeof(*m.mix));
	if (m.mix)
		m.mix->queries = malloc(options->count * sizeof(*m.mix->queries));
	if (m.mix && m.mix->queries)
		rc = options->replay ? make_replay(&m) : make_addresses(&m);
	known_done(&m.known);
	if (rc < 0) {
		mix_free(m.mix);
		return NULL;
	}
	return m.mix;
}

void mix_free(struct mix *mix)
{
	if (!mix)
		return;
	free(mix->queries);
	free(mix->bytes);
	free(mix);
}

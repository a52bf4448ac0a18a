/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/edns.h"

#include "dataplane/dns.h"

#include <string.h>

/* RFC 7873 section 4: a client cookie alone, or with a server cookie of 8 to 32 bytes. */
#define WITH_SERVER_MIN 16
#define WITH_SERVER_MAX 40

static bool is_cookie_size(uint16_t size)
{
	return size == COOKIE_CLIENT_SIZE || (size >= WITH_SERVER_MIN && size <= WITH_SERVER_MAX);
}

static void take_option(struct edns *e, struct query *q, uint16_t code, const uint8_t *data,
                        uint16_t size)
{
	switch (code) {
	case DNS_OPTION_NSID:
		q->is_nsid_asked = true;
		break;
	case DNS_OPTION_COOKIE:
		if (e->cookie)
			break; /* RFC 7873 section 5.2: only the first counts */
		e->cookie = data;
		e->cookie_size = size;
		if (!is_cookie_size(size))
			e->is_malformed = true; /* RFC 7873 section 5.2.2 */
		break;
	case DNS_OPTION_KEEPALIVE:
		if (!q->is_tcp)
			break; /* RFC 7828 section 3.3.1: ignored, whatever is in it */
		q->is_keepalive_asked = true;
		if (size != 0)
			e->is_malformed = true; /* RFC 7828 section 3.2.1 */
		break;
	}
}

/* RFC 6891 section 6.1.2: the options of version 0 must tile the RDATA. */
static void take_options(struct edns *e, struct query *q, struct cursor *c)
{
	while (!c->is_bad && c->offset < c->size) {
		uint16_t code = cursor_u16(c), size = cursor_u16(c);
		const uint8_t *data = &c->bytes[c->offset];

		cursor_skip(c, size);
		if (!c->is_bad)
			take_option(e, q, code, data, size);
	}
	if (c->is_bad)
		e->is_malformed = true;
}

void edns_take(struct edns *e, struct query *q, struct cursor rdata, uint16_t class, uint32_t ttl)
{
	q->has_opt = true;
	q->is_dnssec_ok = ttl & DNS_DO;
	q->udp_size = class < DNS_UDP_MIN ? DNS_UDP_MIN : class;
	e->opt_count++;
	e->version = (uint8_t)(ttl >> 16);
	if (e->version == 0)
		take_options(e, q, &rdata);
}

void edns_take_cookie(const struct edns *e, struct query *q)
{
	const struct settings *s = q->settings;

	if (!e->cookie || !s || s->secret_count == 0)
		return;
	q->cookie_state = (uint8_t)cookie_check(s, q->client, (uint32_t)(q->now_us / 1000000),
	                                        e->cookie, e->cookie_size, q->cookie);
	q->has_valid_cookie = q->cookie_state == COOKIE_VALID;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/opt.h"

#include "dataplane/access.h"
#include "dataplane/dns.h"

#include <string.h>

/* Room for all of it is there in any real transport. */
struct opt_plan opt_plan(const struct query *q, size_t room)
{
	struct opt_plan plan = {.size = q->has_opt ? DNS_OPT_SIZE : 0};
	size_t cookie_size = OPT_COOKIE_SIZE, nsid_size;
	size_t keepalive_size = OPT_OPTION_HEAD_SIZE + 2;

	if (q->cookie_state != COOKIE_NONE && room >= plan.size + cookie_size) {
		plan.has_cookie = true;
		plan.size += cookie_size;
	}
	if (q->is_keepalive_asked && room >= plan.size + keepalive_size) {
		plan.has_keepalive = true;
		plan.size += keepalive_size;
	}
	if (!q->is_nsid_asked || !q->settings || q->settings->nsid_size == 0)
		return plan;
	nsid_size = OPT_OPTION_HEAD_SIZE + (size_t)q->settings->nsid_size;
	if (room >= plan.size + nsid_size) {
		plan.has_nsid = true;
		plan.size += nsid_size;
	}
	return plan;
}

static const char *ede_text(const struct query *q, unsigned code)
{
	switch (code) {
	case DNS_EDE_NOT_READY:
		return "zone not loaded yet";
	case DNS_EDE_PROHIBITED:
		return q->access == ACCESS_REFUSE ? "not in the access list"
		                                  : "no key of the zone in the name";
	case DNS_EDE_NOT_AUTHORITATIVE:
		return "not a zone of this server";
	case DNS_EDE_INVALID_DATA:
		return "zone data expired";
	}
	return "";
}

/* RFC 8914 section 3: the text is for people; it is the first to go, the code the next. */
static void put_ede(struct writer *w, const struct query *q, unsigned code)
{
	const char *text = ede_text(q, code);
	size_t text_size = strlen(text), room = w->limit - w->size;

	if (room < OPT_OPTION_HEAD_SIZE + 2)
		return;
	if (room < OPT_OPTION_HEAD_SIZE + 2 + text_size)
		text_size = 0;
	writer_u16(w, DNS_OPTION_EDE);
	writer_u16(w, 2 + (unsigned)text_size);
	writer_u16(w, code);
	writer_put(w, text, text_size);
}

static void put_options(struct writer *w, const struct query *q, const struct opt_plan *plan)
{
	size_t start = w->size;

	if (plan->has_cookie) {
		uint8_t option[OPT_COOKIE_SIZE];

		opt_write_cookie(option, q->cookie);
		writer_put(w, option, sizeof(option));
	}
	if (plan->has_keepalive) {
		writer_u16(w, DNS_OPTION_KEEPALIVE);
		writer_u16(w, 2);
		writer_u16(w, q->tcp_idle_ds);
	}
	if (plan->has_nsid) {
		writer_u16(w, DNS_OPTION_NSID);
		writer_u16(w, q->settings->nsid_size);
		writer_put(w, q->settings->nsid, q->settings->nsid_size);
	}
	if (q->ede)
		put_ede(w, q, q->ede - 1u);
	writer_end_size(w, start);
}

void opt_put(struct writer *w, const struct query *q, const struct opt_plan *plan)
{
	opt_put_alone(w, q);
	if (plan->size > DNS_OPT_SIZE || q->ede)
		put_options(w, q, plan);
	writer_set_u16(w, 10, (size_t)(w->bytes[10] << 8 | w->bytes[11]) + 1);
}

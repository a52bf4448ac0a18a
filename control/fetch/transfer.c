/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A zone from its primary: AXFR (RFC 5936) and IXFR (RFC 1995) over TCP, signed with TSIG
 * (RFC 8945) when there is a key. The file is the zone as text, a record a line, the SOA first.
 */
#include "control/fetch/dns_stream.h"
#include "control/fetch/fetch.h"
#include "control/fetch/zone_changes.h"

#include <errno.h>
#include <libknot/libknot.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the next record is (RFC 1995 section 4). */
enum transfer_part {
	PART_FIRST,   /* the SOA of the zone as it will be */
	PART_SECOND,  /* decides: a SOA begins differences, else the whole zone comes */
	PART_WHOLE,   /* any record, until the SOA comes again */
	PART_DELETED, /* records deleted, until a SOA */
	PART_ADDED,   /* records added, until a SOA: the last one, or of the next difference */
	PART_END,
};

struct transfer {
	const struct fetch_request *request;
	struct target *target;
	struct fetch_result *result;
	struct dns_source source;
	struct dns_stream *stream;
	struct target_facts known;
	enum transfer_part part;
	uint32_t serial;              /* of the zone as it will be */
	char *soa;                    /* its line */
	char *line;                   /* of the record at hand */
	size_t line_size;             /* allocated; it grows */
	struct zone_changes *changes; /* NULL: the whole zone comes */
};

static int transfer_fail(struct transfer *t, const char *text)
{
	fetch_fail(t->result, "%s", text);
	return -EBADMSG;
}

/* A record as a line. Errors: told */
static int transfer_dump(struct transfer *t, const knot_rrset_t *rr)
{
	static const knot_dump_style_t style = {.show_class = true, .show_ttl = true};

	if (knot_rrset_txt_dump(rr, &t->line, &t->line_size, &style) < 0)
		return transfer_fail(t, "a record that cannot be written as text");
	return 0;
}

static int transfer_write(struct transfer *t)
{
	int rc = target_write(t->target, t->line, strlen(t->line));

	if (rc == -EFBIG)
		fetch_fail(t->result, "more than %llu bytes",
		           (unsigned long long)t->request->size_max);
	else if (rc < 0)
		fetch_fail(t->result, "cannot write: %s", strerror(-rc));
	return rc;
}

static int transfer_note(struct transfer *t, bool is_added)
{
	int rc = zone_changes_note(t->changes, t->line, is_added);

	if (rc < 0)
		fetch_fail(t->result, "%s", strerror(-rc));
	return rc;
}

static int transfer_first(struct transfer *t, const knot_rrset_t *rr)
{
	if (rr->type != KNOT_RRTYPE_SOA)
		return transfer_fail(t, "a transfer that does not begin with a SOA");
	t->serial = knot_soa_serial(rr->rrs.rdata);
	t->soa = strdup(t->line);
	t->part = PART_SECOND;
	return t->soa ? 0 : transfer_fail(t, "out of memory");
}

static int transfer_begin_difference(struct transfer *t, const knot_rrset_t *rr)
{
	if (!t->changes)
		t->changes = zone_changes_new();
	if (!t->changes)
		return transfer_fail(t, "out of memory");
	/* RFC 1995 section 4: the first difference begins with the version the client has. */
	if (t->part == PART_SECOND && knot_soa_serial(rr->rrs.rdata) != t->known.serial)
		return transfer_fail(t, "differences of another version than ours");
	t->part = PART_DELETED;
	return 0;
}

static int transfer_second(struct transfer *t, const knot_rrset_t *rr)
{
	if (t->source.is_incremental && rr->type == KNOT_RRTYPE_SOA &&
	    knot_soa_serial(rr->rrs.rdata) != t->serial)
		return transfer_begin_difference(t, rr);
	t->part = rr->type == KNOT_RRTYPE_SOA ? PART_END : PART_WHOLE;
	if (target_write(t->target, t->soa, strlen(t->soa)) < 0)
		return transfer_fail(t, "cannot write");
	return t->part == PART_WHOLE ? transfer_write(t) : 0;
}

/* The record is in t->line too. */
static int transfer_record(struct transfer *t, const knot_rrset_t *rr)
{
	bool is_soa = rr->type == KNOT_RRTYPE_SOA;

	switch (t->part) {
	case PART_FIRST:
		return transfer_first(t, rr);
	case PART_SECOND:
		return transfer_second(t, rr);
	case PART_WHOLE:
		if (!is_soa)
			return transfer_write(t);
		if (knot_soa_serial(rr->rrs.rdata) != t->serial)
			return transfer_fail(t, "the zone changed while it was transferred");
		t->part = PART_END;
		return 0;
	case PART_DELETED:
		if (!is_soa)
			return transfer_note(t, false);
		t->part = PART_ADDED;
		return 0;
	case PART_ADDED:
		if (!is_soa)
			return transfer_note(t, true);
		if (knot_soa_serial(rr->rrs.rdata) != t->serial)
			return transfer_begin_difference(t, rr);
		t->part = PART_END;
		return 0;
	case PART_END:
		break;
	}
	return transfer_fail(t, "records behind the end of the transfer");
}

static int transfer_message(struct transfer *t, const knot_pkt_t *message)
{
	const knot_pktsection_t *answer = knot_pkt_section(message, KNOT_ANSWER);

	for (uint16_t i = 0; i < answer->count; i++) {
		const knot_rrset_t *rr = knot_pkt_rr(answer, i);
		int rc = knot_dname_in_bailiwick(rr->owner, t->source.zone) >= 0
		             ? transfer_dump(t, rr)
		             : transfer_fail(t, "a record outside the zone");

		if (rc == 0)
			rc = transfer_record(t, rr);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* The serial the primary has now. Errors: told */
static int transfer_ask_serial(struct transfer *t, uint32_t *out_serial)
{
	const knot_pktsection_t *answer;
	knot_pkt_t *message = NULL;
	int rc = dns_stream_ask(t->stream, t->source.zone, KNOT_RRTYPE_SOA, NULL);

	if (rc == 0)
		rc = dns_stream_next(t->stream, &message);
	if (rc < 0)
		return rc;
	answer = knot_pkt_section(message, KNOT_ANSWER);
	if (answer->count != 1 || knot_pkt_rr(answer, 0)->type != KNOT_RRTYPE_SOA)
		rc = transfer_fail(t, "the server does not have the zone");
	else if (!dns_stream_is_verified(t->stream))
		rc = transfer_fail(t, "the answer is not signed");
	else
		*out_serial = knot_soa_serial(knot_pkt_rr(answer, 0)->rrs.rdata);
	knot_pkt_free(message);
	return rc;
}

static int transfer_receive(struct transfer *t)
{
	const uint32_t *serial = t->source.is_incremental ? &t->known.serial : NULL;
	int rc = dns_stream_ask(t->stream, t->source.zone,
	                        serial ? KNOT_RRTYPE_IXFR : KNOT_RRTYPE_AXFR, serial);

	while (rc == 0 && t->part != PART_END) {
		knot_pkt_t *message = NULL;

		rc = dns_stream_next(t->stream, &message);
		if (rc == 0)
			rc = transfer_message(t, message);
		knot_pkt_free(message);
	}
	if (rc == 0 && !dns_stream_is_verified(t->stream))
		rc = transfer_fail(t, "the end of the transfer is not signed");
	return rc;
}

static int transfer_take(struct transfer *t)
{
	struct target_facts facts = {.serial = t->serial};
	int rc = 0;

	if (t->changes)
		rc = zone_changes_apply(t->changes, t->soa, t->target);
	if (rc == 0)
		rc = target_commit(t->target, t->request->source, &facts, 0);
	if (rc == -EBADMSG) {
		/* The next time the whole zone is asked for. */
		target_forget(t->target);
		return transfer_fail(t, "differences that do not fit the version we have");
	}
	if (rc < 0)
		return transfer_fail(t, strerror(-rc));
	t->result->outcome = FETCH_DONE;
	t->result->size = t->target->size;
	return 0;
}

static void transfer_run(struct transfer *t)
{
	uint32_t serial = 0;
	int rc;

	target_facts(t->target, t->request->source, &t->known);
	t->source.is_incremental &= t->known.serial != 0;
	if (transfer_ask_serial(t, &serial) < 0)
		return;
	if (t->known.serial != 0 && serial == t->known.serial) {
		t->result->outcome = FETCH_UNCHANGED;
		return;
	}
	rc = target_begin(t->target);
	if (rc < 0)
		transfer_fail(t, strerror(-rc));
	else if (transfer_receive(t) == 0)
		transfer_take(t);
}

void transfer_fetch(const struct fetch_request *request, struct target *target,
                    struct fetch_result *out_result)
{
	struct transfer t = {.request = request, .target = target, .result = out_result};

	t.line_size = 4096;
	t.line = malloc(t.line_size);
	if (!t.line) {
		fetch_fail(out_result, "out of memory");
		return;
	}
	if (dns_source_parse(request->source, &t.source) < 0) {
		fetch_fail(out_result,
		           "expected axfr://HOST[:PORT]/ZONE or ixfr://HOST[:PORT]/ZONE");
	} else {
		t.stream = dns_stream_open(&t.source, request, out_result);
		if (t.stream)
			transfer_run(&t);
	}
	dns_stream_close(t.stream);
	zone_changes_free(t.changes);
	free(t.soa);
	free(t.line);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/lint_message.h"

#include <stdio.h>
#include <string.h>

struct row {
	unsigned number;
	const char *name;
};

static const struct row types[] = {
    {LINT_A, "A"},     {LINT_NS, "NS"},       {LINT_CNAME, "CNAME"},
    {LINT_SOA, "SOA"}, {LINT_HINFO, "HINFO"}, {LINT_MX, "MX"},
    {LINT_TXT, "TXT"}, {LINT_AAAA, "AAAA"},   {LINT_DS, "DS"},
    {46, "RRSIG"},     {47, "NSEC"},          {LINT_DNSKEY, "DNSKEY"},
    {LINT_ANY, "ANY"}, {LINT_CAA, "CAA"},     {0, NULL},
};

static const struct row rcodes[] = {
    {LINT_NOERROR, "NOERROR"},   {LINT_FORMERR, "FORMERR"},     {LINT_SERVFAIL, "SERVFAIL"},
    {LINT_NXDOMAIN, "NXDOMAIN"}, {LINT_NOTIMP, "NOTIMP"},       {LINT_REFUSED, "REFUSED"},
    {LINT_BADVERS, "BADVERS"},   {LINT_BADCOOKIE, "BADCOOKIE"}, {0, NULL},
};

static const char *name_of(const struct row *rows, unsigned number, const char *otherwise,
                           char out_text[16])
{
	for (; rows->name; rows++)
		if (rows->number == number)
			return rows->name;
	snprintf(out_text, 16, "%s%u", otherwise, number);
	return out_text;
}

const char *lint_message_type(unsigned type, char out_text[16])
{
	return name_of(types, type, "TYPE", out_text);
}

const char *lint_message_rcode(unsigned rcode, char out_text[16])
{
	return name_of(rcodes, rcode, "RCODE ", out_text);
}

/* Text that may be cut off, never written past its end. */
static void add(char *text, const char *more)
{
	size_t at = strlen(text), room = LINT_TEXT_MAX - at;

	snprintf(text + at, room, "%s", more);
}

/* What can be printed of the first string of a TXT record, in quotes. */
static void add_string(char *text, const uint8_t *data)
{
	char quoted[64] = " \"";
	size_t at = 2;

	for (size_t i = 1; i <= data[0] && at < sizeof(quoted) - 5; i++)
		quoted[at++] = data[i] >= ' ' && data[i] < 0x7f ? (char)data[i] : '?';
	if (data[0] + 2u > at)
		at += (size_t)snprintf(quoted + at, sizeof(quoted) - at, "...");
	quoted[at++] = '"';
	quoted[at] = '\0';
	add(text, quoted);
}

static void add_record(char *text, const struct lint_reply *r, const struct lint_record *record)
{
	uint32_t address = lint_message_address(r, record);
	char number[16], shown[32];

	if (record->type == LINT_A) {
		snprintf(shown, sizeof(shown), " %u.%u.%u.%u", address >> 24, address >> 16 & 0xff,
		         address >> 8 & 0xff, address & 0xff);
		add(text, shown);
	} else if (record->type == LINT_TXT && record->data_size) {
		add_string(text, &r->bytes[record->data]);
	} else {
		add(text, " ");
		add(text, lint_message_type(record->type, number));
	}
}

static void add_options(char *text, const struct lint_reply *r)
{
	int ede = lint_message_ede(r);
	const uint8_t *data;
	char shown[32];
	size_t size;

	if (ede >= 0) {
		snprintf(shown, sizeof(shown), " EDE %d", ede);
		add(text, shown);
	}
	add(text, ", OPT");
	if (lint_message_option(r, LINT_COOKIE, &data, &size))
		add(text, " COOKIE");
	if (lint_message_option(r, LINT_NSID, &data, &size))
		add(text, " NSID");
}

void lint_message_text(const struct lint_reply *r, char out_text[LINT_TEXT_MAX])
{
	char number[16];

	snprintf(out_text, LINT_TEXT_MAX, "%s", lint_message_rcode(r->rcode, number));
	for (unsigned i = 0; i < r->record_count; i++)
		if (r->records[i].section == LINT_ANSWER)
			add_record(out_text, r, &r->records[i]);
	if (r->flags & LINT_TC)
		add(out_text, ", truncated");
	if (lint_message_find(r, LINT_AUTHORITY, LINT_SOA))
		add(out_text, ", SOA");
	if (r->has_opt)
		add_options(out_text, r);
}

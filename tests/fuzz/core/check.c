/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/fuzz/core/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check_fail(const char *file, int line, const char *claim)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, claim);
	abort();
}

static unsigned u16_at(const uint8_t *bytes)
{
	return (unsigned)bytes[0] * 256 + bytes[1];
}

static uint32_t u32_at(const uint8_t *bytes)
{
	return (uint32_t)u16_at(bytes) * 65536 + u16_at(bytes + 2);
}

/* Walk a name at `at`; bytes it takes there. Pointers must go back, to the message's names. */
static size_t check_name(const uint8_t *message, size_t size, size_t at)
{
	size_t taken = 0, length = 0;
	bool has_jumped = false;

	for (;;) {
		CHECK(at < size);
		unsigned byte = message[at];

		if (byte >= 192) {
			CHECK(at + 1 < size);
			size_t target = (byte - 192) * 256 + message[at + 1];

			CHECK(target >= 12 && target < at);
			taken += has_jumped ? 0 : 2;
			has_jumped = true;
			at = target;
			continue;
		}
		CHECK(byte < 64);
		length += 1 + byte;
		CHECK(length <= 255);
		taken += has_jumped ? 0 : 1 + byte;
		if (byte == 0)
			return taken;
		at += 1 + byte;
	}
}

struct record {
	unsigned section; /* 1 answer, 2 authority, 3 additional */
	unsigned type, class;
	uint32_t ttl;
	size_t owner, data, data_size;
};

/* Listed, or 192.0.2.x of a static record. */
static void check_a(const uint8_t *message, const struct record *r)
{
	CHECK(r->data_size == 4);
	uint32_t address = u32_at(&message[r->data]);

	CHECK(address / 0x1000000 == 127 || address / 0x100 == 0xc00002);
	CHECK(address != 0x7f000001);
	CHECK(r->section == 1 || address / 0x100 == 0xc00002);
}

/* One string, but for the "hello" "world" of a static record. */
static void check_txt(const uint8_t *message, const struct record *r)
{
	CHECK(r->data_size >= 2);
	CHECK(message[r->data] == r->data_size - 1 ||
	      (r->data_size == 12 && memcmp(&message[r->data], "\5hello\5world", 12) == 0));
}

static void check_soa(const uint8_t *message, size_t size, const struct record *r,
                      struct check_message *m)
{
	size_t at = r->data;

	at += check_name(message, size, at);
	at += check_name(message, size, at);
	CHECK(at + 20 == r->data + r->data_size);
	if (r->section == 2) {
		m->soa_count++;
		m->negative_ttl_s = r->ttl;
		CHECK(u32_at(&message[at + 16]) == r->ttl);
	}
}

static void check_opt(const uint8_t *message, const struct record *r, struct check_message *m)
{
	CHECK(r->section == 3);
	CHECK(message[r->owner] == 0);
	CHECK(r->class == 1232);
	CHECK((r->ttl & 0x00ff7fff) == 0); /* version 0, no flag but DO */
	m->opt_count++;
	m->rcode += (r->ttl >> 24) * 16;
	for (size_t at = r->data; at < r->data + r->data_size;) {
		CHECK(at + 4 <= r->data + r->data_size);
		m->keepalive_count += u16_at(&message[at]) == 11;
		at += 4 + u16_at(&message[at + 2]);
		CHECK(at <= r->data + r->data_size);
	}
}

static void check_record(const uint8_t *message, size_t size, const struct record *r,
                         struct check_message *m)
{
	if (r->type != 41) {
		CHECK(r->class == 1 || (r->class == 3 && r->type == 16 && r->ttl == 0));
		CHECK(r->ttl <= 0x7fffffff);
		CHECK(r->section != 3 || r->type == 1 || r->type == 28);
	}
	switch (r->type) {
	case 1:
		check_a(message, r);
		m->a_count++;
		break;
	case 5:
		m->cname_count++;
		__attribute__((fallthrough));
	case 2:
		CHECK(check_name(message, size, r->data) == r->data_size);
		break;
	case 6:
		check_soa(message, size, r, m);
		break;
	case 16:
		check_txt(message, r);
		m->txt_count++;
		CHECK(m->txt_count == 1);
		break;
	case 15:
		CHECK(check_name(message, size, r->data + 2) + 2 == r->data_size);
		break;
	case 28:
		CHECK(r->data_size == 16);
		break;
	case 257:
		CHECK(r->data_size > 2);
		break;
	case 41:
		check_opt(message, r, m);
		break;
	default:
		CHECK(!"a type that we never send");
	}
}

void check_response(const uint8_t *message, size_t size, struct check_message *out_message)
{
	struct check_message m = {0};
	size_t at = 12;

	CHECK(size >= 12);
	m.id = (uint16_t)u16_at(message);
	m.flags = (uint16_t)u16_at(message + 2);
	m.rcode = m.flags % 16;
	CHECK(m.flags & 0x8000);        /* QR */
	CHECK((m.flags & 0x00f0) == 0); /* RA, Z, AD, CD */
	for (unsigned i = 0; i < 4; i++)
		m.counts[i] = (uint16_t)u16_at(message + 4 + 2 * i);
	CHECK(m.counts[0] <= 1);
	if (m.counts[0]) {
		at += check_name(message, size, at) + 4;
		CHECK(at <= size);
		m.question_size = at - 12;
	}
	for (unsigned section = 1; section < 4; section++) {
		for (unsigned i = 0; i < m.counts[section]; i++) {
			struct record r = {.section = section, .owner = at};

			CHECK(m.opt_count == 0); /* nothing comes after it */
			at += check_name(message, size, at);
			CHECK(at + 10 <= size);
			r.type = u16_at(&message[at]);
			r.class = u16_at(&message[at + 2]);
			r.ttl = u32_at(&message[at + 4]);
			r.data_size = u16_at(&message[at + 8]);
			r.data = at + 10;
			at = r.data + r.data_size;
			CHECK(at <= size);
			check_record(message, size, &r, &m);
		}
	}
	CHECK(at == size);
	*out_message = m;
}

uint16_t check_sum(uint16_t sum, const uint8_t *bytes, size_t size)
{
	uint32_t total = sum;

	for (size_t i = 0; i < size; i++) {
		total += i % 2 == 0 ? bytes[i] * 256u : bytes[i];
		total = total % 65536 + total / 65536;
	}
	return (uint16_t)total;
}

static void check_transport(uint16_t pseudo, unsigned protocol, const uint8_t *bytes, size_t size)
{
	uint8_t tail[4] = {0, (uint8_t)protocol, (uint8_t)(size / 256), (uint8_t)(size % 256)};

	CHECK(size >= 8);
	CHECK(check_sum(check_sum(pseudo, tail, 4), bytes, size) == 0xffff);
}

void check_packet(const uint8_t *ip, size_t size)
{
	size_t total;

	CHECK(size >= 20);
	if (ip[0] / 16 == 4) {
		total = u16_at(ip + 2);
		CHECK(ip[0] % 16 == 5 && total >= 28 && total <= size);
		CHECK(check_sum(0, ip, 20) == 0xffff);
		CHECK(ip[8] == 64);
		if (ip[9] == 1)
			CHECK(check_sum(0, ip + 20, total - 20) == 0xffff);
		else if (u16_at(ip + 26) != 0)
			check_transport(check_sum(0, ip + 12, 8), ip[9], ip + 20, total - 20);
		if (ip[9] == 17)
			CHECK(u16_at(ip + 24) == total - 20);
		return;
	}
	CHECK(ip[0] / 16 == 6 && size >= 48);
	total = 40 + u16_at(ip + 4);
	CHECK(total <= size);
	CHECK(ip[7] == (ip[6] == 58 && ip[40] == 136 ? 255 : 64));
	check_transport(check_sum(0, ip + 8, 32), ip[6], ip + 40, total - 40);
	if (ip[6] == 17) {
		CHECK(u16_at(ip + 44) == total - 40);
		CHECK(u16_at(ip + 46) != 0);
	}
}

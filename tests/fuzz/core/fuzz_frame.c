/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames through the frame code and the answer core. The first byte of the input is the room behind
 * the frame, the second holds the flags; its bit 0x40 makes the port a punted one, 0x20 one of a
 * single IPv4 address; checksums are put right first when its top bit is set, for else a fuzzer
 * would hardly get past them.
 */
#include "dataplane/answer.h"
#include "dataplane/frame_checks.h"
#include "dataplane/neigh.h"
#include "dataplane/partial.h"
#include "tests/fuzz/core/check.h"
#include "tests/golden/dataset.h"
#include "tests/unit/core/packet.h"

#include <urcu-qsbr.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tables *full;

static void tear_down(void)
{
	dataset_free(full);
	urcu_qsbr_unregister_thread();
}

/* Before the first input, so that no input seems to leak it. */
__attribute__((constructor)) static void set_up(void)
{
	urcu_qsbr_register_thread();
	full = dataset_new();
	CHECK(atexit(tear_down) == 0);
}

static void check_reply(const uint8_t *asked, const struct frame *f, size_t size)
{
	size_t at = f->network_offset;

	CHECK(size <= f->capacity);
	CHECK(memcmp(&f->bytes[6], packet_our_mac, 6) == 0);
	CHECK(memcmp(&f->bytes[0], &asked[6], 6) == 0 || f->bytes[0] == 0x33);
	CHECK(memcmp(&f->bytes[12], &asked[12], at - 12) == 0); /* tag and type */
	if (f->bytes[at - 2] == 8 && f->bytes[at - 1] == 6)
		CHECK(size >= at + 28 && f->bytes[at + 7] == 2);
	else
		check_packet(&f->bytes[at], size - at);
}

/* What the kernel gets: for this station or a group, from another, with at most one tag. */
static void check_punt(const uint8_t *asked, const struct frame *f)
{
	size_t at = f->network_offset;
	unsigned type = asked[at - 2] * 256u + asked[at - 1];

	CHECK(f->punt < DROP_COUNT && f->drop == DROP_NONE);
	CHECK(memcmp(f->bytes, asked, f->size) == 0);
	CHECK(asked[0] & 1 || memcmp(asked, packet_our_mac, 6) == 0);
	CHECK(!(asked[6] & 1) && memcmp(&asked[6], packet_our_mac, 6) != 0);
	CHECK(type == 0x0800 || type == 0x86dd || type == 0x0806);
	if (type == 0x0800) {
		size_t header_size = asked[at] % 16u * 4;

		CHECK(header_size >= 20 && at + header_size <= f->size);
		CHECK(at + asked[at + 2] * 256u + asked[at + 3] <= f->size);
		if (!(f->flags & FRAME_IP_CHECKED))
			CHECK(check_sum(0, &asked[at], header_size) == 0xffff);
		CHECK(asked[at + 12] != 127 && asked[at + 12] < 224);
	}
	partial_finish(f->bytes, f->size);
}

/* The short way of the usual frame comes to what the long one does. */
static enum frame_kind parse(const struct frame_port *port, struct frame *f,
                             struct query *out_query)
{
	struct frame wanted = *f;
	struct query wanted_query;
	enum frame_kind kind = frame_parse(port, f, out_query);

	CHECK(frame_checks(port, &wanted, &wanted_query) == kind);
	CHECK(f->drop == wanted.drop && f->punt == wanted.punt && f->protocol == wanted.protocol);
	CHECK(f->is_ipv6 == wanted.is_ipv6 && f->network_offset == wanted.network_offset);
	CHECK(f->transport_offset == wanted.transport_offset);
	CHECK(f->transport_size == wanted.transport_size);
	if (kind == FRAME_DNS) {
		CHECK(out_query->message == wanted_query.message);
		CHECK(out_query->size == wanted_query.size);
		CHECK(out_query->capacity == wanted_query.capacity);
		CHECK(out_query->client == wanted_query.client);
		CHECK(!out_query->is_tcp && !out_query->is_internal);
	}
	return kind;
}

static size_t reply_to(const struct frame_port *port, const uint8_t *asked, struct frame *f)
{
	struct query q;
	size_t size = 0;

	switch (parse(port, f, &q)) {
	case FRAME_DROP:
		CHECK(f->drop != DROP_NONE && f->drop < DROP_COUNT && f->punt == DROP_NONE);
		break;
	case FRAME_PUNT:
		CHECK(port->is_punted && f->punt != DROP_NONE);
		break;
	case FRAME_NEIGH:
		size = neigh_reply(port, f);
		/* answered, punted or dropped: one of them */
		CHECK((size != 0) + (f->punt != DROP_NONE) + (f->drop != DROP_NONE) == 1);
		CHECK(port->is_punted || f->punt == DROP_NONE);
		break;
	case FRAME_DNS:
		CHECK(q.message + q.size <= f->bytes + f->size);
		CHECK(q.message + q.capacity == f->bytes + f->capacity);
		answer_burst(full, &q, 1);
		if (q.reply_size)
			size = frame_reply(f, q.reply_size);
		break;
	}
	if (f->punt != DROP_NONE)
		check_punt(asked, f);
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_port port = packet_port;
	struct frame f = {0};
	uint8_t *asked;
	size_t reply_size;

	if (size < 2 || size > 4096)
		return 0;
	f.size = (uint16_t)(size - 2);
	f.capacity = (uint16_t)(f.size + data[0] * 8u);
	f.flags = data[1] & 7;
	port.is_punted = data[1] & 0x40;
	port.count4 = data[1] & 0x20 ? 1 : 2;
	frame_port_prepare(&port);
	f.bytes = malloc(f.capacity ? f.capacity : 1);
	asked = malloc(f.size ? f.size : 1);
	CHECK(f.bytes && asked);
	memcpy(f.bytes, data + 2, f.size);
	if (data[1] & 0x80)
		packet_sum(f.bytes, f.size);
	memcpy(asked, f.bytes, f.size);
	reply_size = reply_to(&port, asked, &f);
	if (reply_size)
		check_reply(asked, &f, reply_size);
	urcu_qsbr_quiescent_state();
	free(asked);
	free(f.bytes);
	return 0;
}

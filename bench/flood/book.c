/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/flood/book.h"

#include <errno.h>
#include <stdlib.h>

#define PORTS_MAX 1024
#define ID_BITS   16

int book_init(struct book *b, uint16_t first_port, unsigned ports)
{
	unsigned bits = (unsigned)__builtin_ctz(ports | PORTS_MAX);

	if (ports == 0 || ports != 1u << bits || first_port + ports > UINT16_MAX + 1u)
		return -EINVAL;
	*b = (struct book){.first_port = first_port, .port_bits = bits};
	b->slots = calloc((size_t)ports << ID_BITS, sizeof(*b->slots));
	return b->slots ? 0 : -ENOMEM;
}

void book_done(struct book *b)
{
	free(b->slots);
	b->slots = NULL;
}

static struct book_slot *slot(const struct book *b, unsigned port, unsigned id)
{
	return &b->slots[(size_t)id << b->port_bits | port];
}

void book_open(struct book *b, uint64_t sent, uint32_t query, uint16_t *out_port, uint16_t *out_id)
{
	unsigned port = (unsigned)b->next & ((1u << b->port_bits) - 1);
	unsigned id = (unsigned)(b->next >> b->port_bits) & UINT16_MAX;
	struct book_slot *s = slot(b, port, id);

	b->next++;
	s->sent = sent;
	s->query = query;
	/* Release: who closes it sees what it is about. */
	b->overrun += atomic_exchange_explicit(&s->is_waiting, 1, memory_order_acq_rel);
	*out_port = (uint16_t)(b->first_port + port);
	*out_id = (uint16_t)id;
}

bool book_close(struct book *b, uint16_t port, uint16_t id, uint64_t *out_sent, uint32_t *out_query)
{
	unsigned index = (unsigned)port - b->first_port;
	struct book_slot *s;

	if (port < b->first_port || index >> b->port_bits)
		return false;
	s = slot(b, index, id);
	if (!atomic_exchange_explicit(&s->is_waiting, 0, memory_order_acq_rel))
		return false;
	*out_sent = s->sent;
	*out_query = s->query;
	return true;
}

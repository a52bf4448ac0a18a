/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/control/model_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void model_must(bool is_true)
{
	if (!is_true)
		abort();
}

void model_fail(struct model *m, const char *text, uint64_t number)
{
	if (!m->failure[0])
		snprintf(m->failure, sizeof(m->failure), "%s %llu", text,
		         (unsigned long long)number);
}

void model_state_free(struct state *s)
{
	if (!s)
		return;
	free(s->spans[0].items);
	free(s->spans[1].items);
	free(s->puts);
	free(s);
}

static void *copy(const void *items, size_t size)
{
	void *to = malloc(size + 1);

	model_must(to);
	if (size)
		memcpy(to, items, size);
	return to;
}

struct state *model_state_copy(const struct state *from)
{
	struct state *s = calloc(1, sizeof(*s));

	model_must(s);
	s->put_count = from->put_count;
	s->id_end = from->id_end;
	memcpy(s->verdicts, from->verdicts, from->id_end * sizeof(*s->verdicts));
	memcpy(s->listings, from->listings, from->id_end * sizeof(*s->listings));
	s->spans[0].count = from->spans[0].count;
	s->spans[1].count = from->spans[1].count;
	for (int i = 0; i < 2; i++)
		s->spans[i].items =
		    copy(from->spans[i].items, from->spans[i].count * sizeof(struct span));
	s->puts = copy(from->puts, from->put_count * sizeof(struct put));
	return s;
}

static void paint(struct spans *s, address6_t first, address6_t last, uint32_t verdict)
{
	struct span *items = calloc(s->count + 3, sizeof(*items));
	size_t count = 0, i = 0;

	model_must(items);
	for (; i < s->count && s->items[i].first < first; i++) {
		items[count] = s->items[i];
		if (items[count].last >= first)
			items[count].last = first - 1;
		count++;
	}
	if (i && s->items[i - 1].last > last) { /* the hole is inside this one */
		i--;
		if (verdict)
			items[count++] = (struct span){first, last, verdict};
		items[count] = s->items[i++];
		items[count++].first = last + 1;
	} else {
		if (verdict)
			items[count++] = (struct span){first, last, verdict};
		while (i < s->count && s->items[i].last <= last)
			i++;
		if (i < s->count && s->items[i].first <= last) {
			items[count] = s->items[i++];
			items[count++].first = last + 1;
		}
	}
	while (i < s->count)
		items[count++] = s->items[i++];
	free(s->items);
	s->items = items;
	s->count = count;
}

static bool is_usable(struct model *m, uint32_t verdict)
{
	if (verdict < ID_MAX && (!verdict || m->next->verdicts[verdict].is_defined))
		return true;
	model_fail(m, "undefined verdict", verdict);
	return false;
}

static void take_paint(struct model *m, int family, const struct span *span)
{
	const address6_t loopback = family ? (address6_t)0xffff7f000001 : 0x7f000001;

	m->next_counts.paint_count++;
	if (!is_usable(m, span->verdict))
		return;
	if (span->first > span->last)
		model_fail(m, "range ends before it begins", m->next_counts.paint_count);
	else if (span->verdict && span->first <= loopback && span->last >= loopback)
		model_fail(m, "127.0.0.1 is listed, family", (uint64_t)family);
	else
		paint(&m->next->spans[family], span->first, span->last, span->verdict);
}

void model_state_paint4(struct model *m, const Reputed__Update__Paint4 *message)
{
	if (message->n_first != message->n_last || message->n_first != message->n_verdict)
		model_fail(m, "Paint4: arrays differ", message->n_first);
	else
		for (size_t i = 0; i < message->n_first; i++)
			take_paint(m, 0,
			           &(struct span){message->first[i], message->last[i],
			                          message->verdict[i]});
}

void model_state_paint6(struct model *m, const Reputed__Update__Paint6 *message)
{
	for (size_t i = 0; i < message->n_verdict; i++)
		take_paint(
		    m, 1,
		    &(struct span){(address6_t)message->first_high[i] << 64 | message->first_low[i],
		                   (address6_t)message->last_high[i] << 64 | message->last_low[i],
		                   message->verdict[i]});
}

static uint32_t sum_of(const uint8_t *wire, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = sum * 31 + wire[i];
	return sum;
}

struct put *model_state_find(struct state *s, const uint8_t *wire, size_t size)
{
	uint32_t sum = sum_of(wire, size);

	for (size_t i = 0; i < s->put_count; i++)
		if (s->puts[i].sum == sum && s->puts[i].size == size &&
		    !memcmp(s->puts[i].wire, wire, size))
			return &s->puts[i];
	return NULL;
}

static void take_put(struct model *m, const struct put *put, bool is_delete)
{
	struct state *s = m->next;
	struct put *old = model_state_find(s, put->wire, put->size);

	m->next_counts.put_count++;
	if (!is_usable(m, put->exact) || !is_usable(m, put->subtree))
		return;
	if (is_delete) {
		if (!old)
			model_fail(m, "delete of a name that is not there",
			           m->next_counts.put_count);
		else
			*old = s->puts[--s->put_count];
		return;
	}
	if (!old) {
		s->puts = realloc(s->puts, (s->put_count + 1) * sizeof(*s->puts));
		model_must(s->puts);
		old = &s->puts[s->put_count++];
	}
	*old = *put;
}

void model_state_names(struct model *m, const Reputed__Update__PutNames *message)
{
	size_t at = 0;

	for (size_t i = 0; i < message->n_exact; i++) {
		struct put put = {.exact = message->exact[i], .subtree = message->subtree[i]};
		size_t start = at;

		while (at < message->names.len && message->names.data[at])
			at += message->names.data[at] + 1u;
		if (at >= message->names.len || at - start > 254) {
			model_fail(m, "PutNames: bad name", i);
			return;
		}
		put.size = at++ - start;
		memcpy(put.wire, message->names.data + start, put.size);
		put.sum = sum_of(put.wire, put.size);
		take_put(m, &put, message->n_is_delete && message->is_delete[i]);
	}
	if (at != message->names.len)
		model_fail(m, "PutNames: more names than verdicts", message->names.len - at);
}

static void take_listing(struct model *m, const Reputed__Update__Listing *message)
{
	struct listing *l;

	if (!message->id || message->id >= ID_MAX || message->text.len > 255) {
		model_fail(m, "bad listing", message->id);
		return;
	}
	l = &m->next->listings[message->id];
	if (l->is_defined)
		model_fail(m, "listing defined twice", message->id);
	if (message->id >= m->next->id_end)
		m->next->id_end = message->id + 1;
	*l = (struct listing){.is_defined = true};
	l->content.list = message->list;
	l->content.code = message->code;
	l->content.text_size = (uint8_t)message->text.len;
	if (message->text.len)
		memcpy(l->content.text, message->text.data, message->text.len);
}

static void take_verdict(struct model *m, const Reputed__Update__Verdict *message)
{
	struct verdict *v;

	if (!message->id || message->id >= ID_MAX || !message->n_listings ||
	    message->n_listings > LISTINGS_MAX) {
		model_fail(m, "bad verdict", message->id);
		return;
	}
	v = &m->next->verdicts[message->id];
	if (v->is_defined)
		model_fail(m, "verdict defined twice", message->id);
	if (message->id >= m->next->id_end)
		m->next->id_end = message->id + 1;
	v->is_defined = true;
	v->count = message->n_listings;
	for (size_t i = 0; i < v->count; i++) {
		v->listings[i] = message->listings[i];
		if (v->listings[i] >= ID_MAX || !m->next->listings[v->listings[i]].is_defined)
			model_fail(m, "verdict with an undefined listing", v->listings[i]);
		for (size_t j = 0; j < i; j++)
			if (v->listings[i] == v->listings[j])
				model_fail(m, "verdict with a listing twice", message->id);
	}
}

void model_state_define(struct model *m, const Reputed__Update__Define *message)
{
	for (size_t i = 0; i < message->n_listings; i++)
		take_listing(m, message->listings[i]);
	for (size_t i = 0; i < message->n_verdicts; i++)
		take_verdict(m, message->verdicts[i]);
}

void model_state_forget(struct model *m)
{
	struct state *s = m->next;

	for (size_t i = 0; i < m->forgotten_verdict_count; i++) {
		uint32_t id = m->forgotten_verdicts[i];

		if (id >= ID_MAX || !s->verdicts[id].is_defined)
			model_fail(m, "forgets an undefined verdict", id);
		else
			s->verdicts[id].is_defined = false;
	}
	for (size_t i = 0; i < m->forgotten_listing_count; i++) {
		uint32_t id = m->forgotten_listings[i];

		if (id >= ID_MAX || !s->listings[id].is_defined)
			model_fail(m, "forgets an undefined listing", id);
		else
			s->listings[id].is_defined = false;
	}
}

void model_state_check(struct model *m)
{
	struct state *s = m->next;
	bool is_painted[ID_MAX] = {true}, is_used[ID_MAX] = {false};

	for (int family = 0; family < 2; family++)
		for (size_t i = 0; i < s->spans[family].count; i++)
			is_painted[s->spans[family].items[i].verdict] = true;
	for (size_t i = 0; i < s->put_count; i++)
		is_painted[s->puts[i].exact] = is_painted[s->puts[i].subtree] = true;
	m->next_counts.verdict_count = m->next_counts.listing_count = 0;
	for (uint32_t id = 1; id < s->id_end; id++) {
		const struct verdict *v = &s->verdicts[id];

		if (is_painted[id] != v->is_defined)
			model_fail(
			    m, is_painted[id] ? "forgotten but painted" : "defined but not painted",
			    id);
		m->next_counts.verdict_count += v->is_defined;
		for (size_t i = 0; v->is_defined && i < v->count; i++)
			is_used[v->listings[i]] = true;
	}
	for (uint32_t id = 1; id < s->id_end; id++) {
		if (is_used[id] != s->listings[id].is_defined)
			model_fail(m, is_used[id] ? "listing forgotten but used" : "unused listing",
			           id);
		m->next_counts.listing_count += s->listings[id].is_defined;
	}
	m->next_counts.name_count = s->put_count;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/update_apply.h"

#include <urcu-qsbr.h>

#include <errno.h>

#define NAMES_AHEAD 6          /* names whose cache misses overlap */
#define STEP        256        /* items of one; then the update thread is quiescent */
#define STEP6       1024       /* ranges of IPv6, which are painted together */
#define WIDE        (1u << 24) /* addresses: a wider range takes several steps */

/* An id that was forgotten a moment ago is free again a grace period later: wait for it once. */
static int define_listing(struct verdicts *v, const Reputed__Update__Listing *m)
{
	int rc = verdicts_define_listing(v, m->id, m->list, m->code, (const char *)m->text.data,
	                                 m->text.len);

	if (rc != -EBUSY)
		return rc;
	rcu_barrier();
	return verdicts_define_listing(v, m->id, m->list, m->code, (const char *)m->text.data,
	                               m->text.len);
}

static int define_verdict(struct verdicts *v, const Reputed__Update__Verdict *m)
{
	int rc = verdicts_define(v, m->id, m->listings, m->n_listings);

	if (rc != -EBUSY)
		return rc;
	rcu_barrier();
	return verdicts_define(v, m->id, m->listings, m->n_listings);
}

static int define_some(struct tables *t, const Reputed__Update__Define *m, struct update_cursor *c)
{
	size_t count = m->n_listings + m->n_verdicts, end = c->at + STEP;

	for (; c->at < count && c->at < end; c->at++) {
		int rc = c->at < m->n_listings
		             ? define_listing(t->verdicts, m->listings[c->at])
		             : define_verdict(t->verdicts, m->verdicts[c->at - m->n_listings]);

		if (rc < 0)
			return rc;
	}
	return c->at < count;
}

static bool is_wide(const Reputed__Update__Paint4 *m, size_t at)
{
	return m->last[at] - m->first[at] >= WIDE;
}

/* Paint what is left of a wide range up to the end of a /8. */
static int paint_wide(struct tables *t, const Reputed__Update__Paint4 *m, struct update_cursor *c)
{
	uint32_t first = c->first ? c->first : m->first[c->at], last = first | (WIDE - 1);
	int rc;

	if (last > m->last[c->at])
		last = m->last[c->at];
	rc = table4_paint(t->addresses4, first, last, m->verdict[c->at]);
	if (rc < 0)
		return rc;
	c->first = last == m->last[c->at] ? 0 : last + 1;
	c->at += c->first == 0;
	return c->at < m->n_first;
}

static int paint4_some(struct tables *t, const Reputed__Update__Paint4 *m, struct update_cursor *c)
{
	size_t count = 0, left = m->n_first - c->at;
	int rc;

	if (left > 0 && is_wide(m, c->at))
		return paint_wide(t, m, c);
	while (count < left && count < STEP && !is_wide(m, c->at + count))
		count++;
	rc = table4_paint_burst(t->addresses4, m->first + c->at, m->last + c->at,
	                        m->verdict + c->at, count);
	if (rc < 0)
		return rc;
	c->at += count;
	return c->at < m->n_first;
}

static int paint6_some(struct tables *t, const Reputed__Update__Paint6 *m, struct update_cursor *c)
{
	address6_t firsts[STEP6], lasts[STEP6];
	size_t left = m->n_first_high - c->at, count = left < STEP6 ? left : STEP6;
	int rc;

	for (size_t i = 0; i < count; i++) {
		size_t at = c->at + i;

		firsts[i] = (address6_t)m->first_high[at] << 64 | m->first_low[at];
		lasts[i] = (address6_t)m->last_high[at] << 64 | m->last_low[at];
	}
	rc = table6_paint_burst(t->addresses6, firsts, lasts, m->verdict + c->at, count);
	if (rc < 0)
		return rc;
	c->at += count;
	return c->at < m->n_first_high;
}

/* Bytes of a name that was checked. */
static size_t name_size(const uint8_t *name)
{
	size_t size = 0;

	while (name[size])
		size += 1u + name[size];
	return size + 1;
}

/* Hint at the next name of a message. */
static void prefetch_name(const struct names *n, const Reputed__Update__PutNames *m, size_t *offset)
{
	size_t size;

	if (*offset == m->names.len)
		return;
	size = name_size(m->names.data + *offset);
	names_prefetch(n, m->names.data + *offset, size - 1);
	*offset += size;
}

static int put_name(struct tables *t, const Reputed__Update__PutNames *m, struct update_cursor *c)
{
	const uint8_t *name = m->names.data + c->offset;
	size_t size = name_size(name);
	int rc;

	if (m->n_is_delete && m->is_delete[c->at])
		rc = names_delete(t->names, name, size - 1);
	else
		rc = names_put(t->names, name, size - 1, m->exact[c->at], m->subtree[c->at]);
	if (rc < 0)
		return rc;
	c->offset += size;
	c->at++;
	return 0;
}

static int put_names_some(struct tables *t, const Reputed__Update__PutNames *m,
                          struct update_cursor *c)
{
	size_t end = c->at + STEP;

	for (size_t i = 0; c->at == 0 && i < NAMES_AHEAD; i++)
		prefetch_name(t->names, m, &c->ahead);
	while (c->offset < m->names.len && c->at < end) {
		int rc;

		prefetch_name(t->names, m, &c->ahead);
		rc = put_name(t, m, c);
		if (rc < 0)
			return rc;
	}
	return c->offset < m->names.len;
}

int update_apply_some(struct tables *t, const channel_request *m, struct update_cursor *c)
{
	int rc;

	if (m->kind_case == REPUTED__UPDATE__REQUEST__KIND_DEFINE)
		rc = define_some(t, m->define, c);
	else if (m->kind_case == REPUTED__UPDATE__REQUEST__KIND_PAINT4)
		rc = paint4_some(t, m->paint4, c);
	else if (m->kind_case == REPUTED__UPDATE__REQUEST__KIND_PAINT6)
		rc = paint6_some(t, m->paint6, c);
	else
		rc = put_names_some(t, m->put_names, c);
	/* The writer borrows nothing, so it may let go any time; others' grace periods wait for it.
	 */
	rcu_quiescent_state();
	return rc;
}

int update_apply(struct tables *t, const channel_request *m)
{
	struct update_cursor cursor = {0};
	int rc;

	do
		rc = update_apply_some(t, m, &cursor);
	while (rc > 0);
	return rc;
}

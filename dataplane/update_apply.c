/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/update_apply.h"

#include <urcu-qsbr.h>

#include <errno.h>

#define NAMES_AHEAD 6    /* names whose cache misses overlap */
#define BURST6      1024 /* ranges of IPv6 that are painted together */
#define QUIET_EVERY 256  /* operations between two quiescent states of the update thread */

/* The writer borrows nothing, so it may let go any time; others' grace periods wait for it. */
static void be_quiet(size_t done)
{
	if (done % QUIET_EVERY == QUIET_EVERY - 1)
		rcu_quiescent_state();
}

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

int update_apply_define(struct tables *t, const Reputed__Update__Define *m)
{
	for (size_t i = 0; i < m->n_listings; i++) {
		int rc = define_listing(t->verdicts, m->listings[i]);

		if (rc < 0)
			return rc;
		be_quiet(i);
	}
	for (size_t i = 0; i < m->n_verdicts; i++) {
		int rc = define_verdict(t->verdicts, m->verdicts[i]);

		if (rc < 0)
			return rc;
		be_quiet(i);
	}
	return 0;
}

int update_apply_paint4(struct tables *t, const Reputed__Update__Paint4 *m)
{
	for (size_t at = 0; at < m->n_first; at += QUIET_EVERY) {
		size_t left = m->n_first - at;
		int rc =
		    table4_paint_burst(t->addresses4, m->first + at, m->last + at, m->verdict + at,
		                       left < QUIET_EVERY ? left : QUIET_EVERY);

		if (rc < 0)
			return rc;
		rcu_quiescent_state();
	}
	return 0;
}

int update_apply_paint6(struct tables *t, const Reputed__Update__Paint6 *m)
{
	address6_t firsts[BURST6], lasts[BURST6];

	for (size_t at = 0; at < m->n_first_high; at += BURST6) {
		size_t left = m->n_first_high - at, count = left < BURST6 ? left : BURST6;
		int rc;

		for (size_t i = 0; i < count; i++) {
			firsts[i] = (address6_t)m->first_high[at + i] << 64 | m->first_low[at + i];
			lasts[i] = (address6_t)m->last_high[at + i] << 64 | m->last_low[at + i];
		}
		rc = table6_paint_burst(t->addresses6, firsts, lasts, m->verdict + at, count);
		if (rc < 0)
			return rc;
		rcu_quiescent_state();
	}
	return 0;
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

int update_apply_names(struct tables *t, const Reputed__Update__PutNames *m)
{
	size_t offset = 0, ahead = 0;

	for (size_t i = 0; i < NAMES_AHEAD; i++)
		prefetch_name(t->names, m, &ahead);
	for (size_t i = 0; offset < m->names.len; i++) {
		const uint8_t *name = m->names.data + offset;
		size_t size = name_size(name);
		int rc;

		prefetch_name(t->names, m, &ahead);
		if (m->n_is_delete && m->is_delete[i])
			rc = names_delete(t->names, name, size - 1);
		else
			rc = names_put(t->names, name, size - 1, m->exact[i], m->subtree[i]);
		if (rc < 0)
			return rc;
		offset += size;
		be_quiet(i);
	}
	return 0;
}

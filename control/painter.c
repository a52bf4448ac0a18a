/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/painter.h"

/* Tell the catalog: not for each range, as most have the verdict of the one before. */
static void count_painted(struct painter *p)
{
	if (p->counted_verdict)
		catalog_add(p->catalog, p->is_ip6 ? CATALOG_IP6 : CATALOG_IP4, p->counted_verdict,
		            p->counted);
	p->counted_verdict = 0;
	p->counted = 0;
}

static int paint_pending(struct painter *p)
{
	if (!p->is_pending)
		return 0;
	p->is_pending = false;
	if (p->verdict != p->counted_verdict) {
		count_painted(p);
		p->counted_verdict = p->verdict;
	}
	p->counted += p->last - p->first + 1;
	if (p->is_ip6)
		return batch_paint6(p->batch, p->first, p->last, p->verdict);
	return batch_paint4(p->batch, (uint32_t)p->first, (uint32_t)p->last, p->verdict);
}

int painter_paint(void *context, address6_t first, address6_t last, uint32_t verdict)
{
	struct painter *p = context;
	int rc;

	if (p->is_pending && p->verdict == verdict && p->last + 1 == first) {
		p->last = last;
		return 0;
	}
	rc = paint_pending(p);
	if (rc < 0 || (!verdict && !p->keeps_unlisted))
		return rc;
	p->is_pending = true;
	p->first = first;
	p->last = last;
	p->verdict = verdict;
	return 0;
}

int painter_unpaint(void *context, address6_t first, address6_t last, uint32_t verdict)
{
	struct painter *p = context;

	catalog_remove(p->catalog, p->is_ip6 ? CATALOG_IP6 : CATALOG_IP4, verdict,
	               last - first + 1);
	return 0;
}

int painter_done(struct painter *p, int rc)
{
	if (!rc)
		rc = paint_pending(p);
	count_painted(p);
	return rc;
}

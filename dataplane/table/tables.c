/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/tables.h"

#include <errno.h>
#include <stdlib.h>

struct tables *tables_new(void)
{
	struct tables *t = calloc(1, sizeof(*t));
	int rc;

	if (!t) {
		errno = ENOMEM;
		return NULL;
	}
	t->verdicts = verdicts_new();
	t->addresses4 = t->verdicts ? table4_new() : NULL;
	t->addresses6 = t->addresses4 ? table6_new() : NULL;
	t->names = t->addresses6 ? names_new() : NULL;
	t->zones = t->names ? zones_new() : NULL;
	t->access = t->zones ? access_rules_new(0, true) : NULL;
	if (!t->access)
		goto fail;
	table4_use(t->addresses4, t->verdicts);
	table6_use(t->addresses6, t->verdicts);
	names_use(t->names, t->verdicts);
	atomic_init(&t->generation, 0);
	return t;
fail:
	rc = errno;
	tables_free(t);
	errno = rc;
	return NULL;
}

void tables_use_pages(struct tables *t, enum hugepages_mode mode)
{
	table4_use_pages(t->addresses4, mode);
	names_use_pages(t->names, mode);
}

void tables_free(struct tables *t)
{
	if (!t)
		return;
	rates_free(t->rates);
	settings_free(t->settings);
	access_rules_free(t->access);
	zones_free(t->zones);
	names_free(t->names);
	table6_free(t->addresses6);
	table4_free(t->addresses4);
	verdicts_free(t->verdicts);
	free(t);
}

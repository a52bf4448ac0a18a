/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * All that an answer depends on, published as one pointer.
 *
 * A full load fills a second struct tables beside the one being answered from and swaps the
 * pointer, so no answer mixes two loads. A delta changes the published one in place, address by
 * address; zones, access and settings are replaced whole by storing a new pointer and freeing the
 * old a grace period later.
 */
#include "dataplane/table/access_rules.h"
#include "dataplane/table/names.h"
#include "dataplane/table/rates.h"
#include "dataplane/table/settings.h"
#include "dataplane/table/table4.h"
#include "dataplane/table/table6.h"
#include "dataplane/table/verdicts.h"
#include "dataplane/table/zones.h"

#include <stdatomic.h>

struct tables {
	struct verdicts *verdicts;
	struct table4 *addresses4;
	struct table6 *addresses6;
	struct names *names;
	struct zones *zones;         /* readers: tables_zones() */
	struct access_rules *access; /* readers: tables_access() */
	struct settings *settings;   /* readers: tables_settings(); NULL = nothing set */
	struct rates *rates;         /* readers: tables_rates(); NULL = no limits */
	char apart[64]; /* a cache line: each commit takes that of the generation from readers */
	_Atomic uint64_t generation; /* of the last committed batch; the SOA serial */
};

/* All parts empty. Errors: NULL with errno; nothing leaks. */
struct tables *tables_new(void);

/* Say on which pages the large parts are to be: before anything is put into them. */
void tables_use_pages(struct tables *t, enum hugepages_mode mode);

/* Free all parts; no reader may be left. NULL is allowed. */
void tables_free(struct tables *t);

/* The parts that are replaced whole; valid until the reader's next quiescent state. */
static inline const struct zones *tables_zones(const struct tables *t)
{
	return __atomic_load_n(&t->zones, __ATOMIC_CONSUME);
}

static inline const struct access_rules *tables_access(const struct tables *t)
{
	return __atomic_load_n(&t->access, __ATOMIC_CONSUME);
}

static inline const struct settings *tables_settings(const struct tables *t)
{
	return __atomic_load_n(&t->settings, __ATOMIC_CONSUME);
}

static inline struct rates *tables_rates(const struct tables *t)
{
	return __atomic_load_n(&t->rates, __ATOMIC_CONSUME);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Memory that runs out: each allocation of each operation fails in turn. Allocation is wrapped at
 * link time, for the tables and the test.
 */
#include "dataplane/table/tables.h"

struct shortage_row {
	const char *reason;
	void (*prepare)(struct tables *t); /* NULL = the tables are empty */
	int (*operate)(struct tables *t);
	unsigned fails_min; /* allocations that it has at least */
};

/*
 * An operation without the memory it needs says -ENOMEM and changes nothing, and succeeds once
 * memory is there.
 */
void shortage_check(const struct shortage_row *rows, size_t count);

/* The how manyth allocation from now fails; 0 = none. */
void shortage_fail_at(unsigned number);

/* Whether one failed since shortage_fail_at() said that one should. */
bool shortage_has_failed(void);

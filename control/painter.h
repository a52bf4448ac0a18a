/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Puts ranges into a batch, equal neighbours as one, and tells the catalog what is painted.
 *
 * Threads: as load.h.
 */
#include "control/batch.h"

struct painter {
	struct batch *batch;
	struct catalog *catalog;
	bool is_ip6;
	bool keeps_unlisted; /* paint verdict 0 too */
	/* private: */
	bool is_pending;
	address6_t first, last;
	uint32_t verdict;
	uint32_t counted_verdict; /* painted on so many addresses that the catalog does not know */
	address6_t counted;
};

/* A merge_emit(): paint a range behind the one before. context: a struct painter */
int painter_paint(void *context, address6_t first, address6_t last, uint32_t verdict);

/* A merge_emit(): a range that is about to be painted had a verdict. context: a struct painter */
int painter_unpaint(void *context, address6_t first, address6_t last, uint32_t verdict);

/* Put what is left; due whatever rc, which is returned unless putting fails. */
int painter_done(struct painter *p, int rc);

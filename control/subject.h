/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Listings whose subject, the '$' of their text, is fixed before a query is known. */
#include "control/catalog.h"
#include "feeds/dataset.h"

/*
 * A verdict with the '$' of all its texts replaced by a name; the same verdict if there is none.
 *
 * verdict: of one list: no more listings than a set of a dataset has
 * wire:    without root label
 * Errors:  those of catalog.h
 */
int subject_fix(struct catalog *catalog, uint32_t verdict, const uint8_t *wire, size_t size,
                uint32_t *out_verdict);

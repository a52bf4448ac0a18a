/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
#include <stdint.h>

/* The IPv4 rows of bench_table: sizes, hit ratios, peers and the floor; calling thread: registered
 * with liburcu-qsbr, offline. */
void table4_rows(uint32_t count);

/* Worst cases: what they cost in time and memory. */
void table4_worst(void);

/* Paints while a reader runs at full speed. */
void table4_beside(uint32_t count);

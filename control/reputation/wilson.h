/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Wilson's score interval: between which bounds a share probably is when `part` of `n` was seen,
 * at 95 %. Few observations give wide bounds: of nothing, 0 to 1.
 *
 * Threads: pure functions.
 */

/* part: 0..n; both may be fractions, as decayed points are. */
double wilson_lower(double part, double n);
double wilson_upper(double part, double n);

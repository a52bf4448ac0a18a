/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Stands in for call_rcu() of liburcu-qsbr, by --wrap at link time: grace periods end when the
 * target says so, which makes a run repeatable and lets ASan see a use after the grace period.
 */

/* End all grace periods. */
void grace_elapse(void);

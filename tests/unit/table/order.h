/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Tells ThreadSanitizer what liburcu orders. It does so with inline assembly and volatile accesses
 * in a library that is not instrumented, so that TSan takes the free() at the end of a grace period
 * for a race with the readers before it. So: a reader's quiescent state releases, and a callback of
 * call_rcu() (wrapped at link time) acquires. TSan then checks all that is left, which is all of
 * the table's own code. Without TSan these are plain calls.
 */

/* rcu_quiescent_state() of a reader. */
void order_quiescent(void);

/* rcu_thread_offline(), before the end of a reader. */
void order_offline(void);

/* synchronize_rcu() and rcu_barrier() of the update thread. */
void order_synchronize(void);
void order_barrier(void);

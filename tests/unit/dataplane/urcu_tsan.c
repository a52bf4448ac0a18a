/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tells ThreadSanitizer what liburcu-qsbr promises: the library is not instrumented, so without
 * this every grace period looks like a race. Linked with -Wl,--wrap=NAME for each function here, in
 * builds with -Db_sanitize=thread only.
 *
 * - what a reader did before a quiescent state happens before the end of a grace period
 * - what happened before call_rcu() happens before its callback, and that before the end of
 *   rcu_barrier()
 */
#include <urcu-qsbr.h>

#include <stdlib.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

/* The addresses stand for the orders; nothing is ever written there. */
static char readers, callbacks;

/*
 * Zones and access rules: rcu_dereference() without _LGPL_SOURCE is a plain load to TSan, which
 * then sees no order between the store of the pointer and what the core reads through it.
 */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return "race:^replace$\n"
	       "race:^access_check$\n"
	       "race:^parse_query$\n"
	       "race:^parse_burst$\n"
	       "race:liburcu-qsbr\n"
	       "race:liburcu-common\n";
}

#define WRAPPED(type, name, arguments)                                                             \
	type __real_urcu_qsbr_##name arguments;                                                    \
	type __wrap_urcu_qsbr_##name arguments;                                                    \
	type __wrap_urcu_qsbr_##name arguments

WRAPPED(void, quiescent_state, (void))
{
	__tsan_release(&readers);
	__real_urcu_qsbr_quiescent_state();
}

WRAPPED(void, thread_offline, (void))
{
	__tsan_release(&readers);
	__real_urcu_qsbr_thread_offline();
}

WRAPPED(void, unregister_thread, (void))
{
	__tsan_release(&readers);
	__real_urcu_qsbr_unregister_thread();
}

WRAPPED(void, synchronize_rcu, (void))
{
	__tsan_release(&readers);
	__real_urcu_qsbr_synchronize_rcu();
	__tsan_acquire(&readers);
}

WRAPPED(void, barrier, (void))
{
	__tsan_release(&readers);
	__real_urcu_qsbr_barrier();
	__tsan_acquire(&callbacks);
}

struct deferred {
	struct rcu_head rcu, *given;
	void (*function)(struct rcu_head *rcu);
};

static void run(struct rcu_head *rcu)
{
	struct deferred *d = caa_container_of(rcu, struct deferred, rcu);

	__tsan_acquire(d);
	__tsan_acquire(&readers);
	d->function(d->given);
	__tsan_release(&callbacks);
	free(d);
}

WRAPPED(void, call_rcu, (struct rcu_head * rcu, void (*function)(struct rcu_head *rcu)))
{
	struct deferred *d = malloc(sizeof(*d));

	if (!d)
		abort();
	d->given = rcu;
	d->function = function;
	__tsan_release(d);
	__real_urcu_qsbr_call_rcu(&d->rcu, run);
}

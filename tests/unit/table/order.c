/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/table/order.h"

#include "dataplane/table/sanitizer.h"

#include <urcu-qsbr.h>

#include <stdlib.h>

#if SANITIZER_THREAD
void __tsan_acquire(void *where);
void __tsan_release(void *where);
#else
static void __tsan_acquire(void *where)
{
	(void)where;
}

static void __tsan_release(void *where)
{
	(void)where;
}
#endif

const char *__tsan_default_suppressions(void);

/* What rcu_barrier() allocates is freed by liburcu's own thread. */
const char *__tsan_default_suppressions(void)
{
	return "race:urcu_qsbr_barrier\n";
}

/* The longest history: a suppression needs the stack of the older access, too. */
const char *__tsan_default_options(void);

const char *__tsan_default_options(void)
{
	return "history_size=7";
}

void __real_urcu_qsbr_call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
void __wrap_urcu_qsbr_call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));

struct callback {
	struct rcu_head rcu;
	struct rcu_head *head;
	void (*func)(struct rcu_head *head);
};

static char grace; /* stands for all grace periods */

static void run(struct rcu_head *rcu)
{
	struct callback *callback;

	__tsan_acquire(&grace);
	callback = caa_container_of(rcu, struct callback, rcu);
	callback->func(callback->head);
	free(callback);
	__tsan_release(&grace);
}

void __wrap_urcu_qsbr_call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	struct callback *callback = malloc(sizeof(*callback));

	if (!callback)
		abort();
	callback->head = head;
	callback->func = func;
	__tsan_release(&grace);
	__real_urcu_qsbr_call_rcu(&callback->rcu, run);
}

void order_quiescent(void)
{
	__tsan_release(&grace);
	rcu_quiescent_state();
}

void order_offline(void)
{
	__tsan_release(&grace);
	rcu_thread_offline();
}

void order_synchronize(void)
{
	synchronize_rcu();
	__tsan_acquire(&grace);
}

void order_barrier(void)
{
	rcu_barrier();
	__tsan_acquire(&grace);
}

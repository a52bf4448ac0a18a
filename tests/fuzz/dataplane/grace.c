/* SPDX-License-Identifier: BSD-3-Clause */
/* As tests/fuzz/table/grace.c, in order of arrival, and with the calls that wait. */
#include "tests/fuzz/table/grace.h"

#include <urcu-qsbr.h>

#include <stddef.h>

void __wrap_urcu_qsbr_call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
void __wrap_urcu_qsbr_barrier(void);
void __wrap_urcu_qsbr_synchronize_rcu(void);

/* Single-threaded, and a replacement of a library's own global queue. */
static struct rcu_head *queue, *last;

static struct rcu_head *next_of(const struct rcu_head *head)
{
	return head->next.next ? caa_container_of(head->next.next, struct rcu_head, next) : NULL;
}

void __wrap_urcu_qsbr_call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	head->func = func;
	head->next.next = NULL;
	if (queue)
		last->next.next = &head->next;
	else
		queue = head;
	last = head;
}

void grace_elapse(void)
{
	while (queue) {
		struct rcu_head *head = queue;

		queue = next_of(head);
		head->func(head);
	}
}

void __wrap_urcu_qsbr_barrier(void)
{
	grace_elapse();
}

/* There are no readers between two messages; callbacks need not have run when this returns. */
void __wrap_urcu_qsbr_synchronize_rcu(void) {}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/fuzz/table/grace.h"

#include <urcu-qsbr.h>

#include <stddef.h>

void __wrap_urcu_qsbr_call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));

/* Single-threaded, and a replacement of a library's own global queue. */
static struct rcu_head *queue;

void __wrap_urcu_qsbr_call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	head->func = func;
	head->next.next = queue ? &queue->next : NULL;
	queue = head;
}

void grace_elapse(void)
{
	while (queue) {
		struct rcu_head *head = queue;

		queue = head->next.next ? caa_container_of(head->next.next, struct rcu_head, next)
		                        : NULL;
		head->func(head);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* What an epoll event of a socket thread points to: the first member of everything waited for. */
#include <stdint.h>
#include <sys/epoll.h>

enum watch_kind { WATCH_STOP, WATCH_UDP, WATCH_TCP_LISTENER, WATCH_TCP_CONNECTION };

struct watch {
	enum watch_kind kind;
	int fd; /* -1 = closed */
};

/* Add or change what is waited for; operation: EPOLL_CTL_ADD or EPOLL_CTL_MOD. */
static inline int watch_set(int epoll_fd, int operation, struct watch *w, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = w};
	return epoll_ctl(epoll_fd, operation, w->fd, &event);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A unix datagram socket that takes events: a JSON object, or a message Events of events.proto. Who
 * sends is told by the kernel (SCM_CREDENTIALS). Nothing is answered; what is refused is counted.
 *
 * Threads: the one of its event base, which is the keeper's.
 */
#include "control/reputation/keeper.h"

struct event_base;
struct event_datagram;

#define EVENT_DATAGRAM_MAX (16u << 10) /* bytes */

/* Anybody may connect; a stale socket is replaced. Errors: NULL with errno */
struct event_datagram *event_datagram_new(struct event_base *base, const char *path,
                                          struct keeper *keeper);

/* NULL is allowed. The socket's file goes, too. */
void event_datagram_free(struct event_datagram *d);

/* A datagram of a reporter, for tests. NULL = nobody we know. */
void event_datagram_take(struct keeper *keeper, struct admission_reporter *reporter,
                         const uint8_t *bytes, size_t size);

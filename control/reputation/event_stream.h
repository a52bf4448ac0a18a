/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A unix stream socket that takes messages Events and acknowledges each once its events are on disk
 * and counted. Who sends is told by the kernel (SO_PEERCRED). A peer that breaks the framing is cut
 * off; one that does not take its acknowledgements is not read any further.
 *
 * Threads: the one of its event base, which is the keeper's.
 */
#include "control/reputation/keeper.h"

struct event_base;
struct event_stream;

#define EVENT_STREAM_PEERS_MAX 256

/* Anybody may connect; a stale socket is replaced. Errors: NULL with errno */
struct event_stream *event_stream_new(struct event_base *base, const char *path,
                                      struct keeper *keeper);

/* After keeper_commit(): acknowledge what came before it. */
void event_stream_acknowledge(struct event_stream *s);

/* Cut off all peers; the socket's file goes. NULL is allowed. */
void event_stream_free(struct event_stream *s);

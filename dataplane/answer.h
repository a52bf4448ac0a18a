/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The answer core: bytes in, bytes out. No mbuf, socket, clock or global, so that unit tests,
 * golden tests, fuzzers, benchmarks, kernel sockets and DPDK ports run the same code.
 *
 * Threads: any thread registered as a liburcu-qsbr reader; the caller reports a quiescent state
 * after the burst and holds on to nothing.
 */
#include "dataplane/query.h"

/*
 * Answer a burst in place: parse, lookup and reply, each over the whole burst.
 *
 * t:     NULL = nothing loaded yet: SERVFAIL + EDE 14 for every well-formed query
 * count: <= QUERY_BURST_MAX
 */
void answer_burst(const struct tables *t, struct query *queries, unsigned count);

/* The same without the shortcuts for plain queries (plain.h), for tests: the bytes are the same. */
void answer_burst_unaided(const struct tables *t, struct query *queries, unsigned count);

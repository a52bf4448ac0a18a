/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* A keeper of events in a folder of its own, for tests. */
#include "control/config.h"
#include "control/reputation/keeper.h"

#define WORLD_REPORTERS                                                                            \
	"{name: mx1, user: \"1\", rate: 1000000}, {name: mx2, user: \"2\", weight: 0.5, rate: "    \
	"1000000}"

/* A configuration with these keys of `reputation`, and these other keys. Ends the test on a
 * mistake. */
struct config *keeper_world_config(const char *reputation, const char *others);

/* Event number i of an endless, reproducible sequence of about `addresses` addresses, with the id
 * "e<i>"; its time is now. */
void keeper_world_event(uint64_t i, unsigned addresses, struct event *out_event);

/* Take and commit events [from, from + count) of reporter mx1. Returns how many were counted. */
size_t keeper_world_take(struct keeper *k, uint64_t from, size_t count, unsigned addresses);

/* All that the ledger keeps, as bytes to free(), in an order of its own. */
uint8_t *keeper_world_ledger(const struct keeper *k, size_t *out_size);

/* Whether two keepers have the same ledger, to the byte. */
bool keeper_world_is_same(const uint8_t *bytes, size_t size, const struct keeper *k);

/* Flip a byte of a file. Returns whether it could be done. */
bool keeper_world_damage(const char *path, long offset);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Numbers for test data: the same in every run and on every machine. */
#include "bench/mix.h"

/* 64 bits, from any state. */
static inline uint64_t random_next(uint64_t *state)
{
	return mix64(*state += UINT64_C(0x9e3779b97f4a7c15));
}

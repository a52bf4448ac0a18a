/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Bijective mixes: the same key for the same number, no key twice, and no order in them. */
#include <stdint.h>

static inline uint32_t mix32(uint32_t key)
{
	key = (key ^ key >> 16) * 0x7feb352du;
	key = (key ^ key >> 15) * 0x846ca68bu;
	return key ^ key >> 16;
}

static inline uint64_t mix64(uint64_t key)
{
	key = (key ^ key >> 31) * UINT64_C(0x7fb5d329728ea185);
	key = (key ^ key >> 27) * UINT64_C(0x81dadef4bc2dd44d);
	return key ^ key >> 33;
}

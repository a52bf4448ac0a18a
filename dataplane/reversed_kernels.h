/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* The kernels of reversed.h beside the portable one. */
#include "dataplane/reversed.h"

#ifdef __x86_64__
#define REVERSED_HAS_X86
extern const struct reversed reversed_sse; /* SSE4.1 */
#endif

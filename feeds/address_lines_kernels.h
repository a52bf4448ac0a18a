/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the kernels of address_lines.h share.
 */
#include "feeds/address_lines.h"

#ifdef __x86_64__
#define ADDRESS_LINES_HAS_SSE
extern const struct address_lines address_lines_sse; /* SSE4.1 */
#endif

/* Others leave to it what lies too near to the end of the text. */
address_lines_scan address_lines_scan_portable;

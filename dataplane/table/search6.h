/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* What is listed within a range. Any reader. */
#include "dataplane/table/space6.h"

/* As table6_any(). */
bool search6_any(const struct table6 *t, address6_t first, address6_t last,
                 const uint64_t lists[LISTSET_WORDS]);

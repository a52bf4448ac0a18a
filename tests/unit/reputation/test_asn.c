/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers of autonomous systems by address, from the databases of the feeds' tests. */
#include "control/reputation/asn_lookup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define FEEDS SOURCE_ROOT "/tests/data/feeds/"

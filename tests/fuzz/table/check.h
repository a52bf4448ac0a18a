/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* A difference between a table and its model ends the run. */
#include <stdio.h>
#include <stdlib.h>

#define CHECK(claim)                                                                               \
	do {                                                                                       \
		if (!(claim)) {                                                                    \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #claim);        \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

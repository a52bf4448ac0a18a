/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Numbers of autonomous systems, each with the line it came from.
 */
#include <stddef.h>
#include <stdint.h>

struct asn {
	uint32_t number;
	uint64_t line;
	uint64_t network_count; /* found for it */
};

struct asn_set {
	struct asn *items; /* ascending, once sorted */
	size_t count, capacity;
};

/* Errors: -ENOMEM */
int asn_set_add(struct asn_set *set, uint32_t number, uint64_t line);

/* To be called when all are added. Equal numbers keep the first line. */
void asn_set_sort(struct asn_set *set);

/* NULL when it is not in it. */
struct asn *asn_set_find(const struct asn_set *set, uint64_t number);

void asn_set_done(struct asn_set *set);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A hash index over things numbered from 0 that live elsewhere, to give equal things one number.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INTERN_NONE UINT32_MAX

struct intern_slot {
	uint32_t hash, id;
};

struct intern {
	struct intern_slot *slots; /* id INTERN_NONE = free */
	size_t capacity, count;    /* capacity: a power of two, or 0 */
};

/* Whether thing number id equals the key. */
typedef bool intern_equal(const void *things, uint32_t id, const void *key);

/* The number of the thing that equals the key, or INTERN_NONE. */
uint32_t intern_find(const struct intern *index, uint32_t hash, intern_equal *equal,
                     const void *things, const void *key);

/* Add a thing that is not in it. Errors: -ENOMEM; nothing changed */
int intern_add(struct intern *index, uint32_t hash, uint32_t id);

void intern_done(struct intern *index);

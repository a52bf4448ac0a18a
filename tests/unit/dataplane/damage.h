/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* What a batch may be damaged by, and that nothing of such a batch is ever seen. */
#include "tests/unit/dataplane/fixture.h"

struct damage {
	const char *reason;
	void (*send)(struct client *c);
	const char *error; /* part of the answer */
	size_t answers;    /* errors expected */
};

/* A raw message of a batch. */
void damage_send_packed(struct client *c, const char *bytes, size_t size);

/* What a program damages: defined by it. damage.c has its tests and main(). */
extern const struct damage damage_rows[];
extern const size_t damage_row_count;

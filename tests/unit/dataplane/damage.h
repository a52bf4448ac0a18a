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

/* Each of them in a delta; then what is right is taken, with the ids of what was refused. */
void damage_check_delta(struct fixture *f, const struct damage *rows, size_t count);

/* Each of them in a full load. */
void damage_check_full(struct fixture *f, const struct damage *rows, size_t count);

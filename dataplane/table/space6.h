/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* What a table6 is made of. */
#include "dataplane/table/directory6.h"

struct table6 {
	struct directory6 directory;
	struct mix6 mix;                 /* constant */
	const struct verdicts *verdicts; /* NULL = none; constant */
	char apart[64];                  /* readers shall not lose their line with every paint */
	struct heap6 heap;               /* update thread */
};

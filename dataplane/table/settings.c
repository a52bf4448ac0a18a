/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/settings.h"

#include <stdlib.h>
#include <string.h>

struct settings *settings_new(void)
{
	return calloc(1, sizeof(struct settings));
}

void settings_free(struct settings *s)
{
	if (!s)
		return;
	explicit_bzero(s->secrets, sizeof(s->secrets));
	free(s);
}

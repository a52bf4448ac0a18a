/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a configuration file: no crash; and what is not taken is told.
 */
#include "control/config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(const char *message, void *context)
{
	unsigned *told = context;

	(void)message;
	++*told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned told = 0;
	struct config *config = config_load_bytes("/etc/fuzz.yaml", data, size, count, &told);

	if (!config && !told)
		abort();
	if (config && (!config->access_count || !config->zones_count || !config->lists_count))
		abort();
	config_free(config);
	return 0;
}

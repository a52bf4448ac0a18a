/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* The section `monitor:` of the configuration. Threads: as control/config.h. */
#include "feeds/address.h"

#define CONFIG_MONITOR_ADDRESSES_MAX 256
#define CONFIG_MONITOR_ZONES_MAX     128
#define CONFIG_MONITOR_EVERY_S       3600 /* unless it says otherwise */
#define CONFIG_MONITOR_EVERY_MIN_S   60

struct config_monitor {
	char **addresses;
	unsigned addresses_count;
	struct address_range *ranges; /* resolved, parallel to addresses: one address each */
	char **zones;                 /* outside DNSBLs */
	unsigned zones_count;
	char *every;
	uint64_t every_s; /* resolved */
	char *resolver;   /* ADDRESS or ADDRESS:PORT; NULL = those of the system */
};

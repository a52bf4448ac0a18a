/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The section `reputation:` of the configuration: who may report, where events come in, what is
 * kept of them, and the dials of the model.
 *
 * Threads: as control/config.h.
 */
#include "control/config_token.h"
#include "control/reputation/dials.h"
#include "feeds/address.h"

#include <stdint.h>

#define CONFIG_REPORTERS_MAX 1000
#define CONFIG_RELAYS_MAX    1000

struct config_reporter {
	char *name;
	char *token_file; /* absolute once resolved; NULL = not over HTTP */
	char *user;       /* of unix sockets, a name or a number; NULL = not over them */
	float weight;     /* default 1 */
	uint32_t rate;    /* events per second, ten times that at once; default 1000 */
	char token[CONFIG_TOKEN_MAX + 1]; /* of config_secrets_read(); empty = none */
};

struct config_journal {
	char *keep, *size_max;
	uint64_t keep_s, size_max_bytes; /* resolved; default 60d, 4G */
};

struct config_delist {                   /* of self-service */
	uint32_t per_address, per_month; /* at most, in a window and in 30 days; default 1, 3 */
	uint64_t window_s;               /* default 24h */
};

struct config_reputation {
	char *asn;    /* an MMDB; absolute once resolved; NULL = none */
	char *socket; /* unix datagram; absolute once resolved; NULL = none */
	char *stream; /* unix stream; absolute once resolved; NULL = none */
	char **trusted_relays;
	unsigned trusted_relays_count;
	struct address_range *relay_ranges; /* resolved, parallel to trusted_relays */
	struct config_reporter *reporters;
	unsigned reporters_count;
	struct config_journal journal;
	struct dials dials;          /* resolved: defaults for what was not given */
	struct config_delist delist; /* resolved */
};

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_send.h"

#include "control/settings_message.h"
#include "control/zone_message.h"

#include <errno.h>

static int send_keys(struct batch *b, const struct config_zone *zone)
{
	unsigned at = 0;
	int rc = 0;

	while (zone->key_set && at < zone->key_set->count && rc == 0) {
		Reputed__Update__Keys *keys = zone_message_keys(zone, &at);

		if (!keys)
			return -ENOMEM;
		rc = batch_keys(b, keys);
		reputed__update__keys__free_unpacked(keys, NULL);
	}
	return rc;
}

int config_send_zones(struct batch *b, const struct config *config,
                      const Reputed__Update__Zones *zones)
{
	int rc = batch_zones(b, zones);

	for (unsigned i = 0; i < config->zones_count && rc == 0; i++)
		rc = send_keys(b, &config->zones[i]);
	return rc;
}

int config_send_server(struct batch *b, const struct config *config)
{
	Reputed__Update__Access *access = zone_message_access(config->access, config->access_count);
	Reputed__Update__Settings *settings = settings_message_new(config);
	int rc = access && settings ? batch_access(b, access) : -ENOMEM;

	if (rc == 0)
		rc = batch_settings(b, settings);
	settings_message_free(settings);
	if (access)
		reputed__update__access__free_unpacked(access, NULL);
	return rc;
}

int config_send_limits(struct batch *b, const struct config *config)
{
	Reputed__Update__RateLimit none = REPUTED__UPDATE__RATE_LIMIT__INIT, *message;
	int rc;

	if (!config->rate_limit)
		return batch_rate_limit(b, &none);
	message = zone_message_rate_limit(config->rate_limit);
	if (!message)
		return -ENOMEM;
	rc = batch_rate_limit(b, message);
	reputed__update__rate_limit__free_unpacked(message, NULL);
	return rc;
}

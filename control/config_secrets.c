/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_secrets.h"

#include "control/config_mistake.h"

int config_secrets_read(struct config *config, config_complain *complain, void *context)
{
	static const struct config_path cookies = {.key = "cookies"};
	static const struct config_path path = {.up = &cookies, .key = "secret_file"};
	struct config_mistakes m = {.file = config->path, .complain = complain, .context = context};
	char error[SECRETS_ERROR];
	int rc;

	if (!config->cookie_secret_file)
		return 0;
	rc = secrets_read(config->cookie_secret_file, &config->cookie_secrets, error);
	if (rc < 0)
		config_mistake(&m, 0, &path, "'%s': %s", config->cookie_secret_file, error);
	return rc;
}

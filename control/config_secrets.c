/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_secrets.h"

#include "control/config_reputation_keys.h"
#include "control/config_services.h"

int config_secrets_read(struct config *config, config_complain *complain, void *context)
{
	static const struct config_path cookies = {.key = "cookies"};
	static const struct config_path path = {.up = &cookies, .key = "secret_file"};
	struct config_mistakes m = {.file = config->path, .complain = complain, .context = context};
	char error[SECRETS_ERROR];
	int rc = 0, of_operator, of_tokens = 0;

	if (config->cookie_secret_file)
		rc = secrets_read(config->cookie_secret_file, &config->cookie_secrets, error);
	if (rc < 0)
		config_mistake(&m, 0, &path, "'%s': %s", config->cookie_secret_file, error);
	if (config->reputation)
		of_tokens = config_reputation_read_tokens(config->reputation, &m);
	of_operator = config_http_read_token(&config->http, &m);
	return rc < 0 ? rc : of_tokens < 0 ? of_tokens : of_operator;
}

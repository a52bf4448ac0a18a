/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_services.h"

#include "control/config_check.h"
#include "control/config_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define POINTER  CYAML_FLAG_POINTER
#define TEXT(key, flags, structure, member)                                                        \
	CYAML_FIELD_STRING_PTR(key, POINTER | (flags), structure, member, 0, CYAML_UNLIMITED)

static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(POINTER, char, 0, CYAML_UNLIMITED)};

const cyaml_schema_field_t config_http_fields[] = {
    TEXT("listen", CYAML_FLAG_DEFAULT, struct config_http, listen),
    CYAML_FIELD_SEQUENCE("access", POINTER | OPTIONAL, struct config_http, access, &text_value, 1,
                         CONFIG_HTTP_ACCESS_MAX),
    TEXT("operator_token_file", OPTIONAL, struct config_http, operator_token_file),
    CYAML_FIELD_BOOL("delist_page", OPTIONAL, struct config_http, has_delist_page),
    CYAML_FIELD_END};

const cyaml_schema_field_t config_monitor_fields[] = {
    CYAML_FIELD_SEQUENCE("addresses", POINTER, struct config_monitor, addresses, &text_value, 1,
                         CONFIG_MONITOR_ADDRESSES_MAX),
    CYAML_FIELD_SEQUENCE("zones", POINTER | OPTIONAL, struct config_monitor, zones, &text_value, 0,
                         CONFIG_MONITOR_ZONES_MAX),
    TEXT("every", OPTIONAL, struct config_monitor, every),
    TEXT("resolver", OPTIONAL, struct config_monitor, resolver), CYAML_FIELD_END};

static int resolve_networks(char *const *texts, unsigned count, struct address_range **out_ranges)
{
	struct address_range *ranges;
	int rc = 0;

	if (count == 0)
		return 0;
	ranges = calloc(count, sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	*out_ranges = ranges;
	for (unsigned i = 0; i < count && rc == 0; i++)
		rc = config_value_network(texts[i], false, &ranges[i]);
	return rc;
}

int config_http_resolve(struct config_http *http, const char *folder)
{
	char *absolute;

	if (http->operator_token_file) {
		absolute = config_check_absolute(folder, http->operator_token_file);
		if (!absolute)
			return -ENOMEM;
		free(http->operator_token_file);
		http->operator_token_file = absolute;
	}
	return resolve_networks(http->access, http->access_count, &http->access_ranges);
}

int config_monitor_resolve(struct config_monitor *monitor)
{
	monitor->every_s = CONFIG_MONITOR_EVERY_S;
	if (monitor->every && config_value_duration(monitor->every, &monitor->every_s) < 0)
		return -EINVAL;
	return resolve_networks(monitor->addresses, monitor->addresses_count, &monitor->ranges);
}

void config_http_undo(struct config_http *http)
{
	if (!http)
		return;
	explicit_bzero(http->operator_token, sizeof(http->operator_token));
	free(http->access_ranges);
	http->access_ranges = NULL;
}

void config_monitor_undo(struct config_monitor *monitor)
{
	if (!monitor)
		return;
	free(monitor->ranges);
	monitor->ranges = NULL;
}

int config_http_read_token(struct config_http *http, struct config_mistakes *m)
{
	static const struct config_path top = {.key = "http"};
	static const struct config_path path = {.up = &top, .key = "operator_token_file"};
	const char *wrong = NULL;

	if (http->operator_token_file)
		wrong = config_token_read(http->operator_token_file, http->operator_token);
	if (wrong)
		config_mistake(m, 0, &path, "'%.200s': %s", http->operator_token_file, wrong);
	return wrong ? -EINVAL : 0;
}

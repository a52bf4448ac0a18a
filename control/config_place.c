/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_place.h"

#include "control/config_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * What no block list in its right mind lists: resolvers that everybody asks, the largest mail
 * providers, and a name that is reserved (RFC 2606). reputed.yaml(5) lists them.
 */
static const char *const canaries_default[] = {
    "1.1.1.1",
    "1.0.0.1",
    "8.8.8.8",
    "8.8.4.4",
    "9.9.9.9",
    "149.112.112.112",
    "example.com",
    "gmail.com",
    "gmx.net",
    "aol.com",
    "hotmail.com",
    "icloud.com",
    "outlook.com",
    "yahoo.com",
    "google.com",
    "microsoft.com",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "2620:fe::fe",
};

int config_place_parse(const char *text, struct config_place *out_place)
{
	struct config_place place = {.text = text};
	size_t size = strlen(text);
	int rc;

	if (config_value_network(text, true, &place.range) == 0) {
		*out_place = place;
		return 0;
	}
	/* What looks like an address is a mistyped one, not a name. */
	if (size == 0 || strpbrk(text, ":/") || !strchr(text, '.') ||
	    (text[size - 1] >= '0' && text[size - 1] <= '9'))
		return -EINVAL;
	rc = name_parse(text, size, place.wire);
	if (rc <= 0)
		return -EINVAL;
	place.is_name = true;
	place.wire_size = (uint8_t)rc;
	*out_place = place;
	return 0;
}

int config_place_resolve(char *const *texts, unsigned count, struct config_place **out_places)
{
	struct config_place *places = calloc(count + 1u, sizeof(*places));
	int rc = 0;

	if (!places)
		return -ENOMEM;
	for (unsigned i = 0; i < count && rc == 0; i++)
		rc = config_place_parse(texts[i], &places[i]);
	if (rc < 0) {
		free(places);
		return rc;
	}
	*out_places = places;
	return 0;
}

static int default_canaries(struct config *c)
{
	unsigned count = sizeof(canaries_default) / sizeof(canaries_default[0]);

	c->canaries = calloc(count, sizeof(*c->canaries));
	if (!c->canaries)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++) {
		c->canaries[i] = strdup(canaries_default[i]);
		if (!c->canaries[i])
			return -ENOMEM;
		c->canaries_count++;
	}
	return 0;
}

/* Addresses and names apart. */
static int resolve_never(struct config *c)
{
	struct config_place place;
	int rc = 0;

	c->never_ranges = calloc(c->never_list_count + 1u, sizeof(*c->never_ranges));
	c->never_names = calloc(c->never_list_count + 1u, sizeof(*c->never_names));
	if (!c->never_ranges || !c->never_names)
		return -ENOMEM;
	for (unsigned i = 0; i < c->never_list_count && rc == 0; i++) {
		rc = config_place_parse(c->never_list[i], &place);
		if (rc == 0 && place.is_name)
			c->never_names[c->never_name_count++] = place;
		else if (rc == 0)
			c->never_ranges[c->never_range_count++] = place.range;
	}
	return rc;
}

int config_place_guard(struct config *config, bool has_canaries)
{
	int rc = resolve_never(config);

	if (rc == 0 && !has_canaries)
		rc = default_canaries(config);
	if (rc == 0)
		rc = config_place_resolve(config->canaries, config->canaries_count,
		                          &config->canary_places);
	return rc;
}

void config_place_undo(struct config *config)
{
	free(config->never_ranges);
	config->never_ranges = NULL;
	free(config->never_names);
	config->never_names = NULL;
	free(config->canary_places);
	config->canary_places = NULL;
	for (unsigned i = 0; i < config->lists_count; i++) {
		if (config->lists[i].feed) {
			free(config->lists[i].feed->must);
			config->lists[i].feed->must = NULL;
		}
	}
}

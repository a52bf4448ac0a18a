/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_feed.h"

#include "control/config_options.h"

#include <stddef.h>

/* What a key of a feed is about, as bits. */
enum feed_source { SOURCE_PATH = 1, SOURCE_URL = 2, SOURCE_RSYNC = 4, SOURCE_PUSH = 8 };

static const struct {
	const char *key;
	unsigned source;
} feed_sources[] = {
    {"path", SOURCE_PATH}, {"url", SOURCE_URL}, {"rsync", SOURCE_RSYNC}, {"push", SOURCE_PUSH}};

static const struct {
	const char *key;
	unsigned sources; /* it is of */
	const char *text;
} source_keys[] = {
    {"proxy", SOURCE_URL, "url"},
    {"ca_file", SOURCE_URL, "url"},
    {"secret_file", SOURCE_URL | SOURCE_RSYNC, "url or rsync"},
    {"min_interval", SOURCE_URL | SOURCE_RSYNC, "url or rsync"},
    {"timeout", SOURCE_URL | SOURCE_RSYNC, "url or rsync"},
    {"checksum", SOURCE_PATH, "path"},
    {"checksum_url", SOURCE_URL | SOURCE_RSYNC, "url or rsync"},
    {"signature", SOURCE_PATH, "path"},
    {"signature_url", SOURCE_URL | SOURCE_RSYNC, "url or rsync"},
    {"keyring", SOURCE_PATH | SOURCE_URL | SOURCE_RSYNC, "path, url or rsync"},
    {"size_max", SOURCE_URL | SOURCE_RSYNC | SOURCE_PUSH, "url, rsync or push"},
};

/* A signature says nothing without the keys that count, and they nothing without one. */
static void check_signature(const struct config_node *feed, const struct config_path *path,
                            struct config_mistakes *m)
{
	const struct config_node *keyring = config_lines_get(feed, "keyring");
	const struct config_node *signature = config_lines_get(feed, "signature");
	const struct config_path at = {.up = path, .key = "keyring"};

	if (!signature)
		signature = config_lines_get(feed, "signature_url");
	if (signature && !keyring)
		config_mistake(m, signature->line, &at,
		               "missing, expected the file with the keys that may sign");
	if (keyring && !signature)
		config_mistake(m, keyring->line, &at,
		               "is given without a signature, expected signature or signature_url");
}

void config_feed_check(const struct config_node *feed, const struct config_path *path,
                       struct config_mistakes *m)
{
	unsigned sources = 0;

	if (feed->kind != CONFIG_MAPPING)
		return;
	for (size_t i = 0; i < sizeof(feed_sources) / sizeof(feed_sources[0]); i++) {
		if (config_lines_get(feed, feed_sources[i].key))
			sources |= feed_sources[i].source;
	}
	if (sources == 0 || (sources & (sources - 1)))
		config_mistake(m, feed->line, path,
		               "%s, expected exactly one of path, url, rsync, push",
		               sources ? "has more than one source" : "has no source");
	for (size_t i = 0; i < sizeof(source_keys) / sizeof(source_keys[0]); i++) {
		const struct config_node *node = config_lines_get(feed, source_keys[i].key);
		const struct config_path at = {.up = path, .key = source_keys[i].key};

		if (node && !(sources & source_keys[i].sources))
			config_mistake(m, node->line, &at, "is of feeds with %s",
			               source_keys[i].text);
	}
	check_signature(feed, path, m);
	config_options_check(feed, path, m);
}

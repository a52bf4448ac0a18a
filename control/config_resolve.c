/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_resolve.h"

#include "control/config_check.h"
#include "control/config_hidden.h"
#include "control/config_keys.h"
#include "control/config_options.h"
#include "control/config_place.h"
#include "control/config_reputation_keys.h"
#include "control/config_services.h"
#include "control/config_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FETCH_TIMEOUT_DEFAULT_S  600
#define FETCH_SIZE_DEFAULT       (1ull << 30)
#define FETCH_REFRESH_DEFAULT_S  3600
#define STATE_DIR_DEFAULT        "/var/lib/reputed"
#define CONTROL_SOCKET_DEFAULT   "/run/reputed/control.sock"
#define DATAPLANE_SOCKET_DEFAULT "/run/reputed/dataplane.sock"
#define VERSION_DEFAULT          "reputed"
#define CODE_DEFAULT             0x7f000002
#define KEEP_DEFAULT             3
#define TTL_DEFAULT_S            300
#define NEGATIVE_TTL_DEFAULT_S   60

const char *const config_access_default[CONFIG_ACCESS_DEFAULT_COUNT] = {
    "127.0.0.0/8",    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
    "169.254.0.0/16", "::1",        "fc00::/7",      "fe80::/10",
};

static int resolve_path(char **path, const char *folder, const char *otherwise)
{
	char *absolute = config_check_absolute(folder, *path ? *path : otherwise);

	if (!absolute)
		return -ENOMEM;
	free(*path);
	*path = absolute;
	return 0;
}

static int resolve_paths(struct config *c, const char *folder)
{
	int rc = resolve_path(&c->state_dir, folder, STATE_DIR_DEFAULT);

	if (rc == 0)
		rc = resolve_path(&c->control_socket, folder, CONTROL_SOCKET_DEFAULT);
	if (rc == 0)
		rc = resolve_path(&c->dataplane.socket, folder, DATAPLANE_SOCKET_DEFAULT);
	return rc;
}

static int resolve_identity(struct config *c)
{
	if (!c->version)
		c->version = strdup(VERSION_DEFAULT);
	return c->version ? 0 : -ENOMEM;
}

static int default_access(struct config *c)
{
	const unsigned count = CONFIG_ACCESS_DEFAULT_COUNT;

	free(c->access);
	c->access_count = 0;
	c->access = calloc(count, sizeof(*c->access));
	if (!c->access)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++) {
		c->access[i].from = strdup(config_access_default[i]);
		if (!c->access[i].from)
			return -ENOMEM;
		c->access[i].action = CONFIG_ALLOW;
		c->access_count++;
	}
	return 0;
}

static int resolve_access(struct config_access *rules, unsigned count)
{
	unsigned listings = 0;
	int rc = 0;

	for (unsigned i = 0; i < count && rc == 0; i++) {
		struct config_access *rule = &rules[i];

		rc = config_value_network(rule->from, false, &rule->range);
		if (rc == 0 && rule->code_text)
			rc = config_value_code(rule->code_text, &rule->code);
		rule->listing = listings;
		listings += rule->action == CONFIG_ALWAYS;
	}
	return rc;
}

/* What the file does not give; the other classes are limited as the responses are. */
static void default_rates(struct config_rate_limit *r, const struct config_node *node)
{
	if (!config_lines_get(node, "nxdomains_per_s"))
		r->nxdomains_per_s = r->responses_per_s;
	if (!config_lines_get(node, "errors_per_s"))
		r->errors_per_s = r->responses_per_s;
	if (!config_lines_get(node, "slip"))
		r->slip = 2;
	if (!config_lines_get(node, "ipv4_length"))
		r->ipv4_length = 24;
	if (!config_lines_get(node, "ipv6_length"))
		r->ipv6_length = 56;
	if (!config_lines_get(node, "buckets"))
		r->buckets = 65536;
}

static int resolve_rate_limit(struct config *c, const struct config_node *root)
{
	struct config_rate_limit *r = c->rate_limit;
	int rc = 0;

	if (!r)
		return 0;
	default_rates(r, config_lines_get(root, "rate_limit"));
	r->exempt_ranges = calloc(r->exempt_count + 1, sizeof(*r->exempt_ranges));
	if (!r->exempt_ranges)
		return -ENOMEM;
	for (unsigned i = 0; i < r->exempt_count && rc == 0; i++)
		rc = config_value_network(r->exempt[i], false, &r->exempt_ranges[i]);
	return rc;
}

/* A guard that the file does not give keeps its default. */
static void resolve_guards(struct guard_limits *limits, const struct config_node *guards)
{
	const struct guard_limits otherwise = GUARD_LIMITS_DEFAULT;

	if (!config_lines_get(guards, "errors"))
		limits->errors = otherwise.errors;
	if (!config_lines_get(guards, "shrink"))
		limits->shrink = otherwise.shrink;
	if (!config_lines_get(guards, "growth"))
		limits->growth = otherwise.growth;
	if (!config_lines_get(guards, "may_be_empty"))
		limits->may_be_empty = otherwise.may_be_empty;
	if (!config_lines_get(guards, "widest4"))
		limits->widest4 = otherwise.widest4;
	if (!config_lines_get(guards, "widest6"))
		limits->widest6 = otherwise.widest6;
	if (!config_lines_get(guards, "coverage4"))
		limits->coverage4 = otherwise.coverage4;
	if (!config_lines_get(guards, "labels"))
		limits->labels = otherwise.labels;
	if (!config_lines_get(guards, "lint"))
		limits->lint = otherwise.lint;
}

/* How a feed that is not a file here is fetched. */
static int resolve_fetch(struct config_feed *feed, const char *folder)
{
	int rc;

	feed->timeout_s = FETCH_TIMEOUT_DEFAULT_S;
	feed->size_max_bytes = FETCH_SIZE_DEFAULT;
	if (!feed->refresh)
		feed->refresh_s = FETCH_REFRESH_DEFAULT_S;
	if (feed->min_interval &&
	    config_value_duration(feed->min_interval, &feed->min_interval_s) < 0)
		return -EINVAL;
	if (feed->timeout && config_value_duration(feed->timeout, &feed->timeout_s) < 0)
		return -EINVAL;
	if (feed->size_max && config_value_size(feed->size_max, &feed->size_max_bytes) < 0)
		return -EINVAL;
	rc = feed->secret_file ? resolve_path(&feed->secret_file, folder, "") : 0;
	return rc == 0 && feed->ca_file ? resolve_path(&feed->ca_file, folder, "") : rc;
}

static int resolve_feed(struct config_feed *feed, const struct config_node *node,
                        const char *folder)
{
	const struct config_node *guards = config_lines_get(node, "guards");
	int rc;

	feed->format_row = format_find(feed->format);
	if (!feed->format_row)
		return -EINVAL;
	if (feed->refresh && config_value_duration(feed->refresh, &feed->refresh_s) < 0)
		return -EINVAL;
	if (feed->max_age && config_value_duration(feed->max_age, &feed->max_age_s) < 0)
		return -EINVAL;
	resolve_guards(&feed->guards, guards);
	if (!config_lines_get(guards, "bogons"))
		feed->bogons = BOGONS_DROP;
	if (!config_lines_get(guards, "canaries"))
		feed->has_canaries = true;
	if (!feed->keep)
		feed->keep = KEEP_DEFAULT;
	rc = config_place_resolve(feed->must_list, feed->must_list_count, &feed->must);
	if (rc == 0 && feed->checksum)
		rc = resolve_path(&feed->checksum, folder, "");
	if (rc == 0 && feed->signature)
		rc = resolve_path(&feed->signature, folder, "");
	if (rc == 0 && feed->keyring)
		rc = resolve_path(&feed->keyring, folder, "");
	if (rc < 0)
		return rc;
	if (config_options_resolve(feed, node, folder) < 0)
		return -ENOMEM;
	if (!feed->path)
		return resolve_fetch(feed, folder);
	return resolve_path(&feed->path, folder, "");
}

static int resolve_lists(struct config *c, const struct config_node *root, const char *folder)
{
	const struct config_node *lists = config_lines_get(root, "lists");
	int rc = 0;

	if (!lists || lists->count != c->lists_count)
		return -EINVAL;
	for (unsigned i = 0; i < c->lists_count && rc == 0; i++) {
		struct config_list *list = &c->lists[i];

		list->code = CODE_DEFAULT;
		list->is_off =
		    config_lines_get(&lists->children[i], "enabled") && !list->is_enabled;
		list->has_trust = config_lines_get(&lists->children[i], "trust");
		if (list->code_text)
			rc = config_value_code(list->code_text, &list->code);
		if (rc == 0 && list->feed)
			rc = resolve_feed(list->feed, config_lines_get(&lists->children[i], "feed"),
			                  folder);
	}
	return rc;
}

static int compare_lists(const void *left, const void *right)
{
	const struct config_list *const *a = left, *const *b = right;

	return strcmp((*a)->name, (*b)->name);
}

/* Lists by name, to find them in; a zone's lists are looked up a hundred thousand times. */
static const struct config_list **sort_lists(const struct config *c)
{
	const struct config_list **sorted = calloc(c->lists_count + 1u, sizeof(*sorted));

	if (!sorted)
		return NULL;
	for (unsigned i = 0; i < c->lists_count; i++)
		sorted[i] = &c->lists[i];
	qsort(sorted, c->lists_count, sizeof(*sorted), compare_lists);
	return sorted;
}

static int find_list(const struct config *c, const struct config_list **sorted, char *name,
                     unsigned *out_index)
{
	const struct config_list wanted = {.name = name}, *key = &wanted;
	const struct config_list **found =
	    bsearch(&key, sorted, c->lists_count, sizeof(*sorted), compare_lists);

	if (!found)
		return -EINVAL;
	*out_index = (unsigned)(*found - c->lists);
	return 0;
}

static int resolve_soa(struct config_soa *soa)
{
	int rc = 0;

	if (soa->refresh)
		rc = config_value_duration(soa->refresh, &soa->refresh_s);
	if (rc == 0 && soa->retry)
		rc = config_value_duration(soa->retry, &soa->retry_s);
	if (rc == 0 && soa->expire)
		rc = config_value_duration(soa->expire, &soa->expire_s);
	return rc;
}

static int resolve_zone(struct config *c, const struct config_list **sorted,
                        struct config_zone *zone, const struct config_node *node,
                        const char *folder)
{
	int size = config_value_domain(zone->name, zone->apex);
	int rc = 0;

	if (size < 0)
		return -EINVAL;
	zone->apex_size = (uint8_t)size;
	if (!config_lines_get(node, "ttl"))
		zone->ttl = TTL_DEFAULT_S;
	if (!config_lines_get(node, "negative_ttl"))
		zone->negative_ttl = NEGATIVE_TTL_DEFAULT_S;
	if (zone->soa)
		rc = resolve_soa(zone->soa);
	if (rc == 0 && zone->records)
		rc = resolve_path(&zone->records, folder, "");
	if (rc == 0 && zone->access_file)
		rc = resolve_path(&zone->access_file, folder, "");
	if (rc == 0)
		rc = resolve_access(zone->access, zone->access_count);
	if (rc < 0)
		return rc;
	zone->list_indexes = calloc(zone->lists_count + 1, sizeof(*zone->list_indexes));
	if (!zone->list_indexes)
		return -ENOMEM;
	for (unsigned i = 0; i < zone->lists_count && rc == 0; i++)
		rc = find_list(c, sorted, zone->lists[i], &zone->list_indexes[i]);
	return rc;
}

static int resolve_zones(struct config *c, const struct config_node *root, const char *folder)
{
	const struct config_node *zones = config_lines_get(root, "zones");
	const struct config_list **sorted;
	int rc = 0;

	if (!zones || zones->count != c->zones_count)
		return -EINVAL;
	sorted = sort_lists(c);
	if (!sorted)
		return -ENOMEM;
	for (unsigned i = 0; i < c->zones_count && rc == 0; i++)
		rc = resolve_zone(c, sorted, &c->zones[i], &zones->children[i], folder);
	free(sorted);
	return rc;
}

int config_resolve(struct config *c, const struct config_node *root, const char *folder)
{
	int rc = resolve_paths(c, folder);

	if (!config_lines_get(config_lines_get(root, "dataplane"), "idle"))
		c->dataplane.idle = IDLE_BACKOFF;
	if (rc == 0 && c->cookie_secret_file)
		rc = resolve_path(&c->cookie_secret_file, folder, "");
	if (rc == 0 && c->access_file)
		rc = resolve_path(&c->access_file, folder, "");
	if (rc == 0)
		rc = resolve_identity(c);
	if (rc == 0 && c->dataplane.tcp_idle)
		rc = config_value_duration(c->dataplane.tcp_idle, &c->dataplane.tcp_idle_s);
	if (rc == 0 && c->access_count == 0)
		rc = default_access(c);
	if (rc == 0)
		rc = resolve_access(c->access, c->access_count);
	if (rc == 0)
		rc = resolve_rate_limit(c, root);
	if (rc == 0)
		rc = config_place_guard(
		    c, config_lines_get(config_lines_get(root, "guard"), "canaries"));
	if (rc == 0)
		rc = config_http_resolve(&c->http, folder);
	if (rc == 0 && c->monitor)
		rc = config_monitor_resolve(c->monitor);
	if (rc == 0 && c->reputation)
		rc = config_reputation_resolve(c->reputation, config_lines_get(root, "reputation"),
		                               folder);
	if (rc == 0)
		rc = resolve_lists(c, root, folder);
	if (rc == 0)
		rc = config_hidden_add(c, root, folder);
	if (rc == 0)
		rc = resolve_zones(c, root, folder);
	return rc;
}

void config_resolve_undo(struct config *c)
{
	explicit_bzero(&c->cookie_secrets, sizeof(c->cookie_secrets));
	config_place_undo(c);
	config_http_undo(&c->http);
	config_monitor_undo(c->monitor);
	config_reputation_undo(c->reputation);
	if (c->rate_limit) {
		free(c->rate_limit->exempt_ranges);
		c->rate_limit->exempt_ranges = NULL;
	}
	for (unsigned i = 0; i < c->lists_count; i++) {
		if (!c->lists[i].feed)
			continue;
		format_options_unref(c->lists[i].feed->options);
		c->lists[i].feed->options = NULL;
	}
	for (unsigned i = 0; i < c->zones_count; i++) {
		free(c->zones[i].list_indexes);
		c->zones[i].list_indexes = NULL;
		config_keys_free(c->zones[i].key_set);
		c->zones[i].key_set = NULL;
	}
}

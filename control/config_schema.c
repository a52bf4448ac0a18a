/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_schema.h"

#include "control/config_reputation_keys.h"
#include "control/config_services.h"
#include "control/config_value.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OPTIONAL     CYAML_FLAG_OPTIONAL
#define POINTER      CYAML_FLAG_POINTER
#define STRICT       CYAML_FLAG_STRICT
#define REQUIRED     CYAML_FLAG_DEFAULT
#define TEXT(key, flags, structure, member)                                                        \
	CYAML_FIELD_STRING_PTR(key, POINTER | (flags), structure, member, 0, CYAML_UNLIMITED)
/* A mapping of the file whose keys belong to the same struct as the keys around it. */
#define SAME_STRUCT(key_, fields_)                                                                 \
	{                                                                                          \
		.key = key_, .value = {                                                            \
			.type = CYAML_MAPPING,                                                     \
			.flags = OPTIONAL,                                                         \
			.mapping = {.fields = fields_}                                             \
		}                                                                                  \
	}

static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(POINTER, char, 0, CYAML_UNLIMITED)};
static const cyaml_schema_value_t core_value = {CYAML_VALUE_UINT(REQUIRED, unsigned)};

static const cyaml_strval_t hugepages_names[] = {{"auto", CONFIG_HUGEPAGES_AUTO},
                                                 {"never", CONFIG_HUGEPAGES_NEVER},
                                                 {"require", CONFIG_HUGEPAGES_REQUIRE}};
static const cyaml_strval_t idle_names[] = {{"poll", IDLE_POLL}, {"backoff", IDLE_BACKOFF}};
static const cyaml_strval_t action_names[] = {{"allow", CONFIG_ALLOW},
                                              {"refuse", CONFIG_REFUSE},
                                              {"drop", CONFIG_DROP},
                                              {"empty", CONFIG_EMPTY},
                                              {"always", CONFIG_ALWAYS}};
static const cyaml_strval_t view_names[] = {{"codes", VIEW_CODES}, {"bits", VIEW_BITS},
                                            {"allow", VIEW_ALLOW}, {"score", VIEW_SCORE},
                                            {"srl", VIEW_SRL},     {"mailspike", VIEW_MAILSPIKE},
                                            {"why", VIEW_WHY},     {"asn", VIEW_ASN}};
static const cyaml_strval_t kept_names[] = {{"spam", KEPT_SPAM}, {"trap", KEPT_TRAP},
                                            {"dha", KEPT_DHA},   {"backscatter", KEPT_BACKSCATTER},
                                            {"auth", KEPT_AUTH}, {"good", KEPT_GOOD}};
static const cyaml_strval_t bogons_names[] = {{"drop", BOGONS_DROP}, {"keep", BOGONS_KEEP}};
static const cyaml_strval_t expired_names[] = {
    {"keep", EXPIRED_KEEP}, {"empty", EXPIRED_EMPTY}, {"servfail", EXPIRED_SERVFAIL}};

static const cyaml_schema_field_t port_fields[] = {
    TEXT("device", REQUIRED, struct config_port, device),
    CYAML_FIELD_SEQUENCE("addresses", POINTER, struct config_port, addresses, &text_value, 1,
                         CONFIG_ADDRESSES_MAX),
    TEXT("punt", OPTIONAL, struct config_port, punt), CYAML_FIELD_END};
static const cyaml_schema_value_t port_value = {
    CYAML_VALUE_MAPPING(REQUIRED, struct config_port, port_fields)};

static const cyaml_schema_field_t dataplane_fields[] = {
    TEXT("socket", OPTIONAL, struct config_dataplane, socket),
    CYAML_FIELD_SEQUENCE("listen", POINTER | OPTIONAL, struct config_dataplane, listen, &text_value,
                         0, CONFIG_LISTENS_MAX),
    CYAML_FIELD_SEQUENCE("ports", POINTER | OPTIONAL, struct config_dataplane, ports, &port_value,
                         0, CONFIG_PORTS_MAX),
    CYAML_FIELD_SEQUENCE("cores", POINTER | OPTIONAL, struct config_dataplane, cores, &core_value,
                         0, CONFIG_CORES_MAX),
    CYAML_FIELD_ENUM("hugepages", OPTIONAL | STRICT, struct config_dataplane, hugepages,
                     hugepages_names, COUNT(hugepages_names)),
    CYAML_FIELD_ENUM("idle", OPTIONAL | STRICT, struct config_dataplane, idle, idle_names,
                     COUNT(idle_names)),
    CYAML_FIELD_UINT("punt_rate", OPTIONAL, struct config_dataplane, punt_rate),
    CYAML_FIELD_UINT("tcp_connections", OPTIONAL, struct config_dataplane, tcp_connections),
    CYAML_FIELD_UINT("tcp_per_client", OPTIONAL, struct config_dataplane, tcp_per_client),
    TEXT("tcp_idle", OPTIONAL, struct config_dataplane, tcp_idle),
    CYAML_FIELD_END};

static const cyaml_schema_field_t access_fields[] = {
    TEXT("from", REQUIRED, struct config_access, from),
    CYAML_FIELD_ENUM("action", STRICT, struct config_access, action, action_names,
                     COUNT(action_names)),
    TEXT("code", OPTIONAL, struct config_access, code_text),
    TEXT("text", OPTIONAL, struct config_access, text), CYAML_FIELD_END};
static const cyaml_schema_value_t access_value = {
    CYAML_VALUE_MAPPING(REQUIRED, struct config_access, access_fields)};

static const cyaml_schema_field_t rate_limit_fields[] = {
    CYAML_FIELD_UINT("responses_per_s", REQUIRED, struct config_rate_limit, responses_per_s),
    CYAML_FIELD_UINT("nxdomains_per_s", OPTIONAL, struct config_rate_limit, nxdomains_per_s),
    CYAML_FIELD_UINT("errors_per_s", OPTIONAL, struct config_rate_limit, errors_per_s),
    CYAML_FIELD_UINT("slip", OPTIONAL, struct config_rate_limit, slip),
    CYAML_FIELD_UINT("ipv4_length", OPTIONAL, struct config_rate_limit, ipv4_length),
    CYAML_FIELD_UINT("ipv6_length", OPTIONAL, struct config_rate_limit, ipv6_length),
    CYAML_FIELD_UINT("buckets", OPTIONAL, struct config_rate_limit, buckets),
    CYAML_FIELD_SEQUENCE("exempt", POINTER | OPTIONAL, struct config_rate_limit, exempt,
                         &text_value, 0, CYAML_UNLIMITED),
    CYAML_FIELD_END};

static const cyaml_schema_field_t cookies_fields[] = {
    TEXT("secret_file", OPTIONAL, struct config, cookie_secret_file),
    CYAML_FIELD_BOOL("require", OPTIONAL, struct config, is_cookie_required), CYAML_FIELD_END};

static const cyaml_schema_field_t identity_fields[] = {
    TEXT("version", OPTIONAL, struct config, version),
    TEXT("hostname", OPTIONAL, struct config, hostname),
    TEXT("nsid", OPTIONAL, struct config, nsid), CYAML_FIELD_END};

static const cyaml_schema_field_t guard_fields[] = {
    CYAML_FIELD_SEQUENCE("never_list", POINTER | OPTIONAL, struct config, never_list, &text_value,
                         0, CYAML_UNLIMITED),
    CYAML_FIELD_SEQUENCE("canaries", POINTER | OPTIONAL, struct config, canaries, &text_value, 0,
                         CYAML_UNLIMITED),
    CYAML_FIELD_END};

static const cyaml_schema_field_t guards_fields[] = {
    CYAML_FIELD_FLOAT("errors", OPTIONAL, struct config_feed, guards.errors),
    CYAML_FIELD_FLOAT("shrink", OPTIONAL, struct config_feed, guards.shrink),
    CYAML_FIELD_FLOAT("growth", OPTIONAL, struct config_feed, guards.growth),
    CYAML_FIELD_BOOL("may_be_empty", OPTIONAL, struct config_feed, guards.may_be_empty),
    CYAML_FIELD_UINT("widest4", OPTIONAL, struct config_feed, guards.widest4),
    CYAML_FIELD_UINT("widest6", OPTIONAL, struct config_feed, guards.widest6),
    CYAML_FIELD_UINT("min_entries", OPTIONAL, struct config_feed, guards.min_entries),
    CYAML_FIELD_FLOAT("coverage4", OPTIONAL, struct config_feed, guards.coverage4),
    CYAML_FIELD_UINT("labels", OPTIONAL, struct config_feed, guards.labels),
    CYAML_FIELD_BOOL("lint", OPTIONAL, struct config_feed, guards.lint),
    CYAML_FIELD_BOOL("canaries", OPTIONAL, struct config_feed, has_canaries),
    CYAML_FIELD_SEQUENCE("must_list", POINTER | OPTIONAL, struct config_feed, must_list,
                         &text_value, 0, CONFIG_MUST_LIST_MAX),
    CYAML_FIELD_ENUM("bogons", OPTIONAL | STRICT, struct config_feed, bogons, bogons_names,
                     COUNT(bogons_names)),
    CYAML_FIELD_END};

static const cyaml_schema_field_t feed_fields[] = {
    TEXT("path", OPTIONAL, struct config_feed, path),
    TEXT("url", OPTIONAL, struct config_feed, url),
    TEXT("rsync", OPTIONAL, struct config_feed, rsync),
    CYAML_FIELD_BOOL("push", OPTIONAL, struct config_feed, is_pushed),
    TEXT("secret_file", OPTIONAL, struct config_feed, secret_file),
    TEXT("proxy", OPTIONAL, struct config_feed, proxy),
    TEXT("ca_file", OPTIONAL, struct config_feed, ca_file),
    TEXT("min_interval", OPTIONAL, struct config_feed, min_interval),
    TEXT("timeout", OPTIONAL, struct config_feed, timeout),
    TEXT("size_max", OPTIONAL, struct config_feed, size_max),
    TEXT("format", REQUIRED, struct config_feed, format),
    TEXT("refresh", OPTIONAL, struct config_feed, refresh),
    TEXT("max_age", OPTIONAL, struct config_feed, max_age),
    CYAML_FIELD_ENUM("expired", OPTIONAL | STRICT, struct config_feed, expired, expired_names,
                     COUNT(expired_names)),
    CYAML_FIELD_UINT("keep", OPTIONAL, struct config_feed, keep),
    TEXT("checksum", OPTIONAL, struct config_feed, checksum),
    TEXT("checksum_url", OPTIONAL, struct config_feed, checksum_url),
    TEXT("signature", OPTIONAL, struct config_feed, signature),
    TEXT("signature_url", OPTIONAL, struct config_feed, signature_url),
    TEXT("keyring", OPTIONAL, struct config_feed, keyring),
    CYAML_FIELD_IGNORE("options", OPTIONAL), /* config_options.h */
    SAME_STRUCT("guards", guards_fields),
    CYAML_FIELD_END};

static const cyaml_schema_field_t list_fields[] = {
    TEXT("name", REQUIRED, struct config_list, name),
    CYAML_FIELD_MAPPING_PTR("feed", POINTER | OPTIONAL, struct config_list, feed, feed_fields),
    CYAML_FIELD_BOOL("manual", OPTIONAL, struct config_list, manual),
    CYAML_FIELD_ENUM("reputation", OPTIONAL | STRICT, struct config_list, kept, kept_names,
                     COUNT(kept_names)),
    TEXT("code", OPTIONAL, struct config_list, code_text),
    TEXT("text", OPTIONAL, struct config_list, text),
    CYAML_FIELD_BOOL("observe", OPTIONAL, struct config_list, is_observed),
    CYAML_FIELD_BOOL("enabled", OPTIONAL, struct config_list, is_enabled),
    CYAML_FIELD_BOOL("subtract", OPTIONAL, struct config_list, is_subtracted),
    CYAML_FIELD_UINT("bit", OPTIONAL, struct config_list, bit),
    CYAML_FIELD_UINT("category", OPTIONAL, struct config_list, category),
    CYAML_FIELD_UINT("trust", OPTIONAL, struct config_list, trust),
    CYAML_FIELD_END};
static const cyaml_schema_value_t list_value = {
    CYAML_VALUE_MAPPING(REQUIRED, struct config_list, list_fields)};

static const cyaml_schema_field_t soa_fields[] = {
    TEXT("mname", OPTIONAL, struct config_soa, mname),
    TEXT("rname", OPTIONAL, struct config_soa, rname),
    TEXT("refresh", OPTIONAL, struct config_soa, refresh),
    TEXT("retry", OPTIONAL, struct config_soa, retry),
    TEXT("expire", OPTIONAL, struct config_soa, expire),
    CYAML_FIELD_END};

static const cyaml_schema_field_t zone_fields[] = {
    TEXT("name", REQUIRED, struct config_zone, name),
    CYAML_FIELD_SEQUENCE("lists", POINTER | OPTIONAL, struct config_zone, lists, &text_value, 1,
                         CYAML_UNLIMITED),
    CYAML_FIELD_UINT("ttl", OPTIONAL, struct config_zone, ttl),
    CYAML_FIELD_UINT("negative_ttl", OPTIONAL, struct config_zone, negative_ttl),
    CYAML_FIELD_SEQUENCE("ns", POINTER | OPTIONAL, struct config_zone, ns, &text_value, 0,
                         CONFIG_NS_MAX),
    CYAML_FIELD_ENUM("view", OPTIONAL | STRICT, struct config_zone, view, view_names,
                     COUNT(view_names)),
    CYAML_FIELD_MAPPING_PTR("soa", POINTER | OPTIONAL, struct config_zone, soa, soa_fields),
    TEXT("records", OPTIONAL, struct config_zone, records),
    TEXT("keys", OPTIONAL, struct config_zone, keys),
    CYAML_FIELD_SEQUENCE("access", POINTER | OPTIONAL, struct config_zone, access, &access_value, 1,
                         CONFIG_ACCESS_MAX),
    TEXT("access_file", OPTIONAL, struct config_zone, access_file),
    CYAML_FIELD_END};
static const cyaml_schema_value_t zone_value = {
    CYAML_VALUE_MAPPING(REQUIRED, struct config_zone, zone_fields)};

static const cyaml_schema_field_t top_fields[] = {
    TEXT("state_dir", OPTIONAL, struct config, state_dir),
    TEXT("control_socket", OPTIONAL, struct config, control_socket),
    CYAML_FIELD_MAPPING("dataplane", OPTIONAL, struct config, dataplane, dataplane_fields),
    CYAML_FIELD_MAPPING("http", OPTIONAL, struct config, http, config_http_fields),
    SAME_STRUCT("cookies", cookies_fields),
    SAME_STRUCT("identity", identity_fields),
    CYAML_FIELD_SEQUENCE("access", POINTER | OPTIONAL, struct config, access, &access_value, 0,
                         CONFIG_ACCESS_MAX),
    TEXT("access_file", OPTIONAL, struct config, access_file),
    CYAML_FIELD_MAPPING_PTR("rate_limit", POINTER | OPTIONAL, struct config, rate_limit,
                            rate_limit_fields),
    SAME_STRUCT("guard", guard_fields),
    CYAML_FIELD_MAPPING_PTR("reputation", POINTER | OPTIONAL, struct config, reputation,
                            config_reputation_fields),
    CYAML_FIELD_MAPPING_PTR("monitor", POINTER | OPTIONAL, struct config, monitor,
                            config_monitor_fields),
    CYAML_FIELD_SEQUENCE("lists", POINTER, struct config, lists, &list_value, 1, CONFIG_LISTS_MAX),
    CYAML_FIELD_SEQUENCE("zones", POINTER, struct config, zones, &zone_value, 1, CONFIG_ZONES_MAX),
    CYAML_FIELD_END};

const cyaml_schema_value_t config_schema = {
    CYAML_VALUE_MAPPING(POINTER, struct config, top_fields)};

struct walk {
	config_schema_scalar *check;
	void *context;
	struct config_mistakes *mistakes;
};

static void walk_value(const struct walk *w, const cyaml_schema_value_t *schema,
                       const struct config_node *node, const struct config_path *path);

static void list_choices(const cyaml_schema_value_t *schema, char *out_text, size_t size)
{
	size_t at = 0;

	out_text[0] = '\0';
	for (uint32_t i = 0; i < schema->enumeration.count && at < size; i++)
		at += (size_t)snprintf(out_text + at, size - at, "%s%s",
		                       i == 0                               ? ""
		                       : i + 1 == schema->enumeration.count ? " or "
		                                                            : ", ",
		                       schema->enumeration.strings[i].str);
}

static bool is_choice(const cyaml_schema_value_t *schema, const char *text)
{
	for (uint32_t i = 0; i < schema->enumeration.count; i++)
		if (strcmp(schema->enumeration.strings[i].str, text) == 0)
			return true;
	return false;
}

/* What is expected instead of a scalar of the wrong type; NULL when its type is right. */
static const char *scalar_expected(const cyaml_schema_value_t *schema, const char *text,
                                   char *buffer, size_t size)
{
	uint64_t max = schema->data_size < 4 ? (1ull << (8 * schema->data_size)) - 1 : UINT32_MAX;
	uint64_t number;
	double fraction;

	switch ((int)schema->type) {
	case CYAML_STRING:
		return NULL;
	case CYAML_UINT:
		if (config_value_number(text, max, &number) == 0)
			return NULL;
		snprintf(buffer, size, "a number from 0 to %llu", (unsigned long long)max);
		return buffer;
	case CYAML_FLOAT:
		return config_value_fraction(text, &fraction) == 0 ? NULL : "a number like 0.5";
	case CYAML_BOOL:
		/* libcyaml takes any other word, "off" as well, for true. */
		return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ? NULL
		                                                               : "true or false";
	case CYAML_ENUM:
		if (is_choice(schema, text))
			return NULL;
		list_choices(schema, buffer, size);
		return buffer;
	}
	return "a value of another kind";
}

static void walk_scalar(const struct walk *w, const cyaml_schema_value_t *schema,
                        const struct config_node *node, const struct config_path *path)
{
	char pattern[CONFIG_PATH_TEXT_MAX], buffer[128];
	const char *expected;

	config_path_text(path, true, pattern);
	expected = w->check(pattern, node->text, w->context);
	if (!expected)
		expected = scalar_expected(schema, node->text, buffer, sizeof(buffer));
	if (!expected)
		return;
	if (node->is_plain && !node->text[0])
		config_mistake(w->mistakes, node->line, path, "has no value, expected %s",
		               expected);
	else
		config_mistake(w->mistakes, node->line, path, "bad value '%.80s', expected %s",
		               node->text, expected);
}

static const cyaml_schema_field_t *field_find(const cyaml_schema_field_t *fields, const char *key)
{
	for (; fields->key; fields++)
		if (strcmp(fields->key, key) == 0)
			return fields;
	return NULL;
}

static void tell_unknown(const struct walk *w, const cyaml_schema_field_t *fields,
                         const struct config_node *node, const struct config_path *path)
{
	char known[768] = "";
	size_t at = 0;

	for (; fields->key && at < sizeof(known); fields++)
		at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s", at ? ", " : "",
		                       fields->key);
	config_mistake(w->mistakes, node->line, path, "unknown key, expected one of: %s", known);
}

static void walk_mapping(const struct walk *w, const cyaml_schema_value_t *schema,
                         const struct config_node *node, const struct config_path *path)
{
	const cyaml_schema_field_t *fields = schema->mapping.fields;

	for (unsigned i = 0; i < node->count; i++) {
		const struct config_node *child = &node->children[i];
		const struct config_path below = {.up = path, .key = child->key};
		const cyaml_schema_field_t *field = field_find(fields, child->key);

		if (field)
			walk_value(w, &field->value, child, &below);
		else
			tell_unknown(w, fields, child, &below);
	}
	for (const cyaml_schema_field_t *field = fields; field->key; field++) {
		const struct config_path below = {.up = path, .key = field->key};

		if (!(field->value.flags & CYAML_FLAG_OPTIONAL) &&
		    !config_lines_get(node, field->key))
			config_mistake(w->mistakes, node->line, &below,
			               "missing, expected the key '%s' here", field->key);
	}
}

static void walk_sequence(const struct walk *w, const cyaml_schema_value_t *schema,
                          const struct config_node *node, const struct config_path *path)
{
	if (node->count < schema->sequence.min)
		config_mistake(w->mistakes, node->line, path, "is empty, expected at least %u %s",
		               schema->sequence.min,
		               schema->sequence.min == 1 ? "entry" : "entries");
	if (node->count > schema->sequence.max)
		config_mistake(w->mistakes, node->line, path, "has %u entries, expected at most %u",
		               node->count, schema->sequence.max);
	for (unsigned i = 0; i < node->count; i++) {
		const struct config_path below = {.up = path, .index = i};

		walk_value(w, schema->sequence.entry, &node->children[i], &below);
	}
}

static const char *const found_names[] = {
    [CONFIG_SCALAR] = "a single value", [CONFIG_SEQUENCE] = "a list", [CONFIG_MAPPING] = "keys"};
static const char *const expected_names[] = {
    [CONFIG_SCALAR] = "a single value",
    [CONFIG_SEQUENCE] = "a list: [A, B] or lines '- A'",
    [CONFIG_MAPPING] = "keys: {key: value} or indented lines 'key: value'"};

static void walk_value(const struct walk *w, const cyaml_schema_value_t *schema,
                       const struct config_node *node, const struct config_path *path)
{
	enum config_node_kind kind = schema->type == CYAML_MAPPING    ? CONFIG_MAPPING
	                             : schema->type == CYAML_SEQUENCE ? CONFIG_SEQUENCE
	                                                              : CONFIG_SCALAR;

	if (schema->type == CYAML_IGNORE)
		return;
	if (node->kind != kind) {
		bool is_empty = node->kind == CONFIG_SCALAR && node->is_plain && !node->text[0];

		config_mistake(w->mistakes, node->line, path, "%s%s, expected %s",
		               is_empty ? "has no value" : "is ",
		               is_empty ? "" : found_names[node->kind], expected_names[kind]);
		return;
	}
	switch (kind) {
	case CONFIG_SCALAR:
		walk_scalar(w, schema, node, path);
		break;
	case CONFIG_SEQUENCE:
		walk_sequence(w, schema, node, path);
		break;
	case CONFIG_MAPPING:
		walk_mapping(w, schema, node, path);
		break;
	}
}

void config_schema_check(const struct config_node *root, config_schema_scalar *check, void *context,
                         struct config_mistakes *m)
{
	const struct walk w = {.check = check, .context = context, .mistakes = m};

	walk_value(&w, &config_schema, root, NULL);
}

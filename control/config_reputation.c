/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_check.h"
#include "control/config_dials.h"
#include "control/config_reputation_keys.h"
#include "control/config_value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONAL       CYAML_FLAG_OPTIONAL
#define POINTER        CYAML_FLAG_POINTER
#define RATE_MAX       1000000
#define WEIGHT_MAX     10
#define USER_MAX       64
#define RATE_DEFAULT   1000
#define KEEP_DEFAULT_S (60 * 86400)
#define SIZE_DEFAULT   (UINT64_C(4) << 30)
#define JOURNAL_MIN    (UINT64_C(1) << 20)
#define PER_ADDRESS    1
#define PER_ADDRESS_S  86400
#define PER_MONTH      3
#define TEXT(key, flags, structure, member)                                                        \
	CYAML_FIELD_STRING_PTR(key, POINTER | (flags), structure, member, 0, CYAML_UNLIMITED)

static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(POINTER, char, 0, CYAML_UNLIMITED)};

static const cyaml_schema_field_t reporter_fields[] = {
    TEXT("name", CYAML_FLAG_DEFAULT, struct config_reporter, name),
    TEXT("token_file", OPTIONAL, struct config_reporter, token_file),
    TEXT("user", OPTIONAL, struct config_reporter, user),
    CYAML_FIELD_FLOAT("weight", OPTIONAL, struct config_reporter, weight),
    CYAML_FIELD_UINT("rate", OPTIONAL, struct config_reporter, rate),
    CYAML_FIELD_END};
static const cyaml_schema_value_t reporter_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_reporter, reporter_fields)};

static const cyaml_schema_field_t journal_fields[] = {
    TEXT("keep", OPTIONAL, struct config_journal, keep),
    TEXT("size_max", OPTIONAL, struct config_journal, size_max), CYAML_FIELD_END};

#define DIAL(key, kind, member, least, most) CYAML_FIELD_IGNORE(key, OPTIONAL),

/* What is ignored here is read by config_dials.c. */
const cyaml_schema_field_t config_reputation_fields[] = {
    TEXT("asn", OPTIONAL, struct config_reputation, asn),
    TEXT("socket", OPTIONAL, struct config_reputation, socket),
    TEXT("stream", OPTIONAL, struct config_reputation, stream),
    CYAML_FIELD_SEQUENCE("trusted_relays", POINTER | OPTIONAL, struct config_reputation,
                         trusted_relays, &text_value, 0, CONFIG_RELAYS_MAX),
    CYAML_FIELD_SEQUENCE("reporters", POINTER | OPTIONAL, struct config_reputation, reporters,
                         &reporter_value, 0, CONFIG_REPORTERS_MAX),
    CYAML_FIELD_MAPPING("journal", OPTIONAL, struct config_reputation, journal, journal_fields),
    CYAML_FIELD_IGNORE("classes", OPTIONAL),
    CYAML_FIELD_IGNORE("lists", OPTIONAL),
    CYAML_FIELD_IGNORE("delist", OPTIONAL),
    CONFIG_DIALS(DIAL) CYAML_FIELD_END};

static const char *expect_name(const char *text)
{
	return config_value_is_list_name(text) && strlen(text) <= EVENT_REPORTER_MAX
	           ? NULL
	           : "1 to 32 characters a-z, 0-9, '.', '_' or '-', not starting with '.'";
}

static const char *expect_user(const char *text)
{
	return text[0] && strlen(text) <= USER_MAX && text[0] != '-' &&
	               !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                                  "0123456789_.-$@")]
	           ? NULL
	           : "the name or number of a user of this machine";
}

static const char *expect_weight(const char *text)
{
	double weight;

	return config_value_fraction(text, &weight) == 0 && weight > 0 && weight <= WEIGHT_MAX
	           ? NULL
	           : "a number above 0 and at most 10";
}

static const char *expect_rate(const char *text)
{
	uint64_t rate;

	return config_value_number(text, RATE_MAX, &rate) == 0 && rate > 0
	           ? NULL
	           : "events per second, from 1 to 1000000";
}

static const char *expect_keep(const char *text)
{
	uint64_t keep_s;

	return config_value_duration(text, &keep_s) == 0 && keep_s >= 3600
	           ? NULL
	           : "a duration of at least 1h, such as 60d";
}

static const char *expect_size(const char *text)
{
	uint64_t size;

	return config_value_size(text, &size) == 0 && size >= JOURNAL_MIN
	           ? NULL
	           : "a size of at least 1M, such as 4G";
}

const char *config_reputation_expected(const char *pattern, const char *text)
{
	static const struct {
		const char *pattern;
		const char *(*expect)(const char *text);
	} rows[] = {
	    {"reporters[].name", expect_name},     {"reporters[].user", expect_user},
	    {"reporters[].weight", expect_weight}, {"reporters[].rate", expect_rate},
	    {"journal.keep", expect_keep},         {"journal.size_max", expect_size},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].pattern, pattern) == 0)
			return rows[i].expect(text);
	}
	return NULL;
}

static const char *scalar(const struct config_node *mapping, const char *key)
{
	const struct config_node *node = config_lines_get(mapping, key);

	return node && node->kind == CONFIG_SCALAR ? node->text : NULL;
}

/* Tell a reporter whose value of a key an earlier one has. */
static void check_repeat(const struct config_node *reporters, unsigned index, const char *key,
                         const struct config_path *path, struct config_mistakes *m)
{
	const char *text = scalar(&reporters->children[index], key);
	const struct config_path at = {.up = path, .key = key};

	for (unsigned i = 0; text && i < index; i++) {
		const char *other = scalar(&reporters->children[i], key);

		if (!other || strcmp(other, text) != 0)
			continue;
		config_mistake(m, config_lines_get(&reporters->children[index], key)->line, &at,
		               "'%.80s' is given twice, expected once (first in line %u)", text,
		               config_lines_get(&reporters->children[i], key)->line);
		break;
	}
}

static void check_reporters(const struct config_node *reporters, const struct config_path *top,
                            struct config_mistakes *m)
{
	const struct config_path key = {.up = top, .key = "reporters"};

	if (!reporters || reporters->kind != CONFIG_SEQUENCE)
		return;
	for (unsigned i = 0; i < reporters->count; i++) {
		const struct config_node *one = &reporters->children[i];
		const struct config_path at = {.up = &key, .index = i};

		if (one->kind != CONFIG_MAPPING)
			continue;
		if (!config_lines_get(one, "token_file") && !config_lines_get(one, "user"))
			config_mistake(m, one->line, &at,
			               "has neither token_file nor user, expected at least one of "
			               "them");
		check_repeat(reporters, i, "name", &at, m);
		check_repeat(reporters, i, "user", &at, m);
	}
}

static void check_sockets(const struct config_node *root, const struct config_node *section,
                          const struct config_path *top, struct config_mistakes *m)
{
	const struct config_path at = {.up = top, .key = "stream"};
	const struct config_node *reporters = config_lines_get(section, "reporters");
	const struct config_node *stream = config_lines_get(section, "stream");
	const char *text = scalar(section, "stream"), *other = scalar(section, "socket");
	const char *control = scalar(root, "control_socket");

	if (text &&
	    ((other && strcmp(text, other) == 0) || (control && strcmp(text, control) == 0)))
		config_mistake(m, stream->line, &at,
		               "'%.80s' is another socket, expected a path "
		               "of its own",
		               text);
	if (!reporters || reporters->count == 0)
		config_warning(m, section->line, top, "no reporters: no event is taken");
}

void config_reputation_check(const struct config_node *root, struct config_mistakes *m)
{
	static const struct config_path top = {.key = "reputation"};
	const struct config_node *section = config_lines_get(root, "reputation");
	struct config_delist delist;
	struct dials dials;

	if (!section || section->kind != CONFIG_MAPPING)
		return;
	dials_default(&dials);
	config_dials_read(section, &dials, &delist, m);
	check_reporters(config_lines_get(section, "reporters"), &top, m);
	check_sockets(root, section, &top, m);
}

/* NULL stays NULL. */
static int resolve_path(char **path, const char *folder)
{
	char *absolute;

	if (!*path)
		return 0;
	absolute = config_check_absolute(folder, *path);
	if (!absolute)
		return -ENOMEM;
	free(*path);
	*path = absolute;
	return 0;
}

static int resolve_reporters(struct config_reputation *r, const struct config_node *node,
                             const char *folder)
{
	const struct config_node *reporters = config_lines_get(node, "reporters");
	int rc = 0;

	for (unsigned i = 0; i < r->reporters_count && rc == 0; i++) {
		struct config_reporter *one = &r->reporters[i];

		if (!config_lines_get(&reporters->children[i], "weight"))
			one->weight = 1;
		if (!one->rate)
			one->rate = RATE_DEFAULT;
		rc = resolve_path(&one->token_file, folder);
	}
	return rc;
}

static int resolve_journal(struct config_journal *j)
{
	j->keep_s = KEEP_DEFAULT_S;
	j->size_max_bytes = SIZE_DEFAULT;
	if (j->keep && config_value_duration(j->keep, &j->keep_s) < 0)
		return -EINVAL;
	return j->size_max ? config_value_size(j->size_max, &j->size_max_bytes) : 0;
}

int config_reputation_resolve(struct config_reputation *r, const struct config_node *node,
                              const char *folder)
{
	int rc = resolve_path(&r->asn, folder);

	if (rc == 0)
		rc = resolve_path(&r->socket, folder);
	if (rc == 0)
		rc = resolve_path(&r->stream, folder);
	if (rc == 0)
		rc = resolve_reporters(r, node, folder);
	if (rc == 0)
		rc = resolve_journal(&r->journal);
	if (rc < 0)
		return rc;
	r->relay_ranges = calloc(r->trusted_relays_count + 1u, sizeof(*r->relay_ranges));
	if (!r->relay_ranges)
		return -ENOMEM;
	for (unsigned i = 0; i < r->trusted_relays_count && rc == 0; i++)
		rc = config_value_network(r->trusted_relays[i], false, &r->relay_ranges[i]);
	dials_default(&r->dials);
	r->delist = (struct config_delist){PER_ADDRESS, PER_MONTH, PER_ADDRESS_S};
	config_dials_read(node, &r->dials, &r->delist, NULL);
	return rc;
}

void config_reputation_undo(struct config_reputation *r)
{
	if (!r)
		return;
	free(r->relay_ranges);
	r->relay_ranges = NULL;
	for (unsigned i = 0; i < r->reporters_count; i++)
		explicit_bzero(r->reporters[i].token, sizeof(r->reporters[i].token));
}

int config_reputation_read_tokens(struct config_reputation *r, struct config_mistakes *m)
{
	static const struct config_path top = {.key = "reputation"};
	static const struct config_path reporters = {.up = &top, .key = "reporters"};
	int rc = 0;

	for (unsigned i = 0; i < r->reporters_count; i++) {
		struct config_reporter *one = &r->reporters[i];
		const struct config_path path = {.up = &reporters, .index = i};
		const struct config_path at = {.up = &path, .key = "token_file"};
		const char *wrong =
		    one->token_file ? config_token_read(one->token_file, one->token) : NULL;

		for (unsigned j = 0; j < i && !wrong && one->token[0]; j++) {
			if (strcmp(r->reporters[j].token, one->token) == 0)
				wrong = "the same token as of another reporter, expected one of "
					"its own";
		}
		if (!wrong)
			continue;
		config_mistake(m, 0, &at, "'%.200s': %s", one->token_file, wrong);
		rc = -EINVAL;
	}
	return rc;
}

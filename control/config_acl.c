/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_acl.h"

#include "feeds/rbldnsd_acl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum config_access_action action_of(enum acl_action action)
{
	switch (action) {
	case ACL_IGNORE:
		return CONFIG_DROP;
	case ACL_REFUSE:
		return CONFIG_REFUSE;
	case ACL_EMPTY:
		return CONFIG_EMPTY;
	case ACL_PASS:
		return CONFIG_ALLOW;
	case ACL_ALWAYS:
		break;
	}
	return CONFIG_ALWAYS;
}

/* The rules of the server or of a zone. */
struct place {
	const char *file;
	struct config_access **rules;
	unsigned *count;
	unsigned listings; /* CONFIG_ALWAYS rules that there are already */
};

static void clear(struct place *p)
{
	for (unsigned i = 0; i < *p->count; i++) {
		free((*p->rules)[i].from);
		free((*p->rules)[i].code_text);
		free((*p->rules)[i].text);
	}
	free(*p->rules);
	*p->rules = NULL;
	*p->count = 0;
}

static int rule_add(struct place *p, const struct acl_rule *rule)
{
	struct config_access *access = &(*p->rules)[*p->count];
	char text[2 * ADDRESS_TEXT_MAX];

	address_format(&rule->range, text);
	*access = (struct config_access){
	    .action = action_of(rule->action),
	    .range = rule->range,
	    .code = rule->code,
	    .listing = p->listings,
	};
	access->from = strdup(text);
	if (!access->from)
		return -ENOMEM;
	(*p->count)++;
	if (rule->action != ACL_ALWAYS)
		return 0;
	p->listings++;
	if (rule->text_size)
		access->text = strndup(rule->text, rule->text_size);
	return rule->text_size && !access->text ? -ENOMEM : 0;
}

/* Who is in no rule: 0.0.0.0/0 and ::/0, unless the file has them. */
static int everybody_add(struct place *p, const struct acl *acl)
{
	struct acl_rule rule = {.action = ACL_PASS};

	for (unsigned family = 0; family < 2; family++) {
		bool is_there = false;

		rule.range.is_ip6 = family;
		rule.range.last = family ? ~(address6_t)0 : UINT32_MAX;
		for (size_t i = 0; i < acl->count; i++)
			is_there |= acl->rules[i].range.is_ip6 == family &&
			            acl->rules[i].range.first == 0 &&
			            acl->rules[i].range.last == rule.range.last;
		if (!is_there && rule_add(p, &rule) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int rules_take(struct place *p, const struct acl *acl)
{
	int rc = 0;

	clear(p);
	*p->rules = calloc(acl->count + 2, sizeof(**p->rules));
	if (!*p->rules)
		return -ENOMEM;
	for (size_t i = 0; i < acl->count && rc == 0; i++)
		rc = rule_add(p, &acl->rules[i]);
	return rc == 0 ? everybody_add(p, acl) : rc;
}

/* Who may ask must not depend on a line that was not understood: any bad line is a mistake. */
static void tell_bad(const struct acl *acl, const char *path, struct config_mistakes *m)
{
	struct config_mistakes of_file = *m;

	of_file.file = path;
	for (size_t i = 0; i < acl->message_count; i++)
		config_mistake(&of_file, (unsigned)acl->messages[i].line, NULL, "%s",
		               acl->messages[i].text);
	if (acl->bad_line_count > acl->message_count)
		config_mistake(&of_file, 0, NULL, "%" PRIu64 " more bad lines",
		               acl->bad_line_count - acl->message_count);
	m->count = of_file.count;
}

/* node: the value of access_file at a path. Errors: as config_acl_load() */
static int load(struct place *p, const struct config_node *node, const struct config_path *path,
                struct config_mistakes *m)
{
	unsigned line = node ? node->line : 0;
	struct reader *reader = reader_open(p->file);
	struct acl *acl;
	char error[256];
	int rc = -EINVAL;

	if (!reader) {
		config_mistake(m, line, path, "'%.200s' cannot be read: %s", p->file,
		               strerror(errno));
		return -EINVAL;
	}
	acl = acl_read(reader, error, sizeof(error));
	if (!acl) {
		rc = errno == ENOMEM ? -ENOMEM : -EINVAL;
		config_mistake(m, line, path, "'%.200s': %s", p->file, error);
	} else if (acl->bad_line_count) {
		tell_bad(acl, p->file, m);
	} else if (acl->count > CONFIG_ACCESS_MAX) {
		config_mistake(m, line, path, "'%.200s' has %zu rules, expected at most %d",
		               p->file, acl->count, CONFIG_ACCESS_MAX);
	} else {
		rc = rules_take(p, acl);
	}
	acl_free(acl);
	reader_close(reader);
	return rc;
}

/* Of two outcomes the one that leaves less. */
static int worse(int a, int b)
{
	return a == -ENOMEM || b == 0 ? a : b;
}

int config_acl_load(struct config *c, const struct config_node *root, struct config_mistakes *m)
{
	static const struct config_path path = {.key = "access_file"},
					zones_path = {.key = "zones"};
	const struct config_node *zones = config_lines_get(root, "zones");
	struct place server = {c->access_file, &c->access, &c->access_count, 0};
	int rc = 0;

	if (server.file)
		rc = load(&server, config_lines_get(root, "access_file"), &path, m);
	for (unsigned i = 0; i < c->zones_count; i++) {
		struct config_zone *zone = &c->zones[i];
		const struct config_path zone_path = {.up = &zones_path, .index = i};
		const struct config_path at = {.up = &zone_path, .key = "access_file"};
		struct place place = {zone->access_file, &zone->access, &zone->access_count, 0};

		if (place.file)
			rc = worse(rc, load(&place,
			                    config_lines_get(&zones->children[i], "access_file"),
			                    &at, m));
	}
	return rc;
}

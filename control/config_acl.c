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

static void access_clear(struct config *c)
{
	for (unsigned i = 0; i < c->access_count; i++) {
		free(c->access[i].from);
		free(c->access[i].code_text);
		free(c->access[i].text);
	}
	free(c->access);
	c->access = NULL;
	c->access_count = 0;
}

static int rule_add(struct config *c, const struct acl_rule *rule, unsigned *listings)
{
	struct config_access *access = &c->access[c->access_count];
	char text[2 * ADDRESS_TEXT_MAX];

	address_format(&rule->range, text);
	*access = (struct config_access){
	    .action = action_of(rule->action),
	    .range = rule->range,
	    .code = rule->code,
	    .listing = *listings,
	};
	access->from = strdup(text);
	if (!access->from)
		return -ENOMEM;
	c->access_count++;
	if (rule->action != ACL_ALWAYS)
		return 0;
	(*listings)++;
	if (rule->text_size)
		access->text = strndup(rule->text, rule->text_size);
	return rule->text_size && !access->text ? -ENOMEM : 0;
}

/* Who is in no rule: 0.0.0.0/0 and ::/0, unless the file has them. */
static int everybody_add(struct config *c, const struct acl *acl, unsigned *listings)
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
		if (!is_there && rule_add(c, &rule, listings) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int rules_take(struct config *c, const struct acl *acl)
{
	unsigned listings = 0;
	int rc = 0;

	access_clear(c);
	c->access = calloc(acl->count + 2, sizeof(*c->access));
	if (!c->access)
		return -ENOMEM;
	for (size_t i = 0; i < acl->count && rc == 0; i++)
		rc = rule_add(c, &acl->rules[i], &listings);
	return rc == 0 ? everybody_add(c, acl, &listings) : rc;
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

int config_acl_load(struct config *c, const struct config_node *root, struct config_mistakes *m)
{
	static const struct config_path path = {.key = "access_file"};
	const struct config_node *node = config_lines_get(root, "access_file");
	struct reader *reader;
	struct acl *acl;
	char error[256];
	int rc = -EINVAL;

	if (!c->access_file)
		return 0;
	reader = reader_open(c->access_file);
	if (!reader) {
		config_mistake(m, node ? node->line : 0, &path, "'%.200s' cannot be read: %s",
		               c->access_file, strerror(errno));
		return -EINVAL;
	}
	acl = acl_read(reader, error, sizeof(error));
	if (!acl) {
		rc = errno == ENOMEM ? -ENOMEM : -EINVAL;
		config_mistake(m, node ? node->line : 0, &path, "'%.200s': %s", c->access_file,
		               error);
	} else if (acl->bad_line_count) {
		tell_bad(acl, c->access_file, m);
	} else {
		rc = rules_take(c, acl);
	}
	acl_free(acl);
	reader_close(reader);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/rbldnsd_acl.h"

#include "feeds/dataset_private.h"
#include "feeds/format_rbldnsd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODE_DEFAULT 0x7f000002

struct reading {
	struct rbldnsd rbldnsd;
	struct acl *acl;
	enum acl_action otherwise; /* of rules without action */
};

/* ":refuse", "=pass" …; spans of anything else are left to the values. */
static bool action_read(struct span text, enum acl_action *out_action)
{
	static const struct {
		const char *word;
		enum acl_action action;
	} words[] = {{"ignore", ACL_IGNORE},
	             {"blackhole", ACL_IGNORE},
	             {"refuse", ACL_REFUSE},
	             {"empty", ACL_EMPTY},
	             {"pass", ACL_PASS}};

	if (!text.size || (text.text[0] != ':' && text.text[0] != '='))
		return false;
	text = span_trim(span_cut_comment(span_skip(text, 1)));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (span_equals(text, words[i].word)) {
			*out_action = words[i].action;
			return true;
		}
	}
	return false;
}

static int rule_add(struct acl *acl, const struct acl_rule *rule)
{
	int rc =
	    dataset_grow((void **)&acl->rules, &acl->capacity, acl->count + 1, sizeof(*acl->rules));

	if (rc == 0)
		acl->rules[acl->count++] = *rule;
	return rc;
}

/* A rule: "PREFIX [ACTION]" */
static int acl_entry(struct lines *lines, struct span line, uint64_t number)
{
	struct reading *reading = ((struct rbldnsd *)lines->context)->context;
	struct acl_rule rule = {.line = number, .action = reading->otherwise};
	struct rbldnsd_address scanned;
	struct span rest;
	size_t used;
	int rc;

	used = address_scan4(line.text, line.size, &scanned.range);
	if (!rbldnsd_scan(lines, line, number, used ? address_scan4 : address_scan6, "a prefix",
	                  &scanned))
		return 0;
	if (scanned.is_exclusion || memchr(scanned.key.text, '-', scanned.key.size)) {
		LINES_BAD(lines, number, "bad address '%.*s': expected a prefix", SPAN_QUOTE(line));
		return 0;
	}
	rest = span_trim(scanned.rest);
	rule.range = scanned.range;
	rule.value = reading->rbldnsd.default_id;
	if (rest.size && !span_is_comment(rest) && !action_read(rest, &rule.action)) {
		rc = rbldnsd_value(lines->context, rest, number, &rule.value);
		if (rc <= 0)
			return rc;
		rule.action = ACL_ALWAYS;
	}
	lines->facts->line_count++;
	return rule_add(reading->acl, &rule);
}

static int acl_line(struct lines *lines, struct span line, uint64_t number)
{
	struct reading *reading = ((struct rbldnsd *)lines->context)->context;
	bool is_value = line.size > 1 && line.text[0] == ':' && span_is_digit(line.text[1]);

	if (action_read(line, &reading->otherwise))
		return 0;
	if (is_value)
		reading->otherwise = ACL_ALWAYS;
	if (line.text[0] == '=') {
		LINES_BAD(lines, number,
		          "bad action '%.*s': expected ignore, refuse, empty or pass",
		          SPAN_QUOTE(line));
		return 0;
	}
	return rbldnsd_line(lines, line, number);
}

static int compare_rules(const void *left, const void *right)
{
	const struct acl_rule *a = left, *b = right;

	if (a->range.is_ip6 != b->range.is_ip6)
		return a->range.is_ip6 ? 1 : -1;
	if (a->range.first != b->range.first)
		return a->range.first < b->range.first ? -1 : 1;
	if (a->range.last != b->range.last)
		return a->range.last < b->range.last ? -1 : 1;
	return a->line < b->line ? -1 : a->line > b->line;
}

static void rules_finish(struct acl *acl, const struct dataset_builder *builder)
{
	size_t kept = 0;

	if (acl->count)
		qsort(acl->rules, acl->count, sizeof(*acl->rules), compare_rules);
	for (size_t i = 0; i < acl->count; i++) {
		struct acl_rule *rule = &acl->rules[i];
		const struct dataset_value *value = dataset_value_get(builder, rule->value);

		if (kept && rule->range.is_ip6 == acl->rules[kept - 1].range.is_ip6 &&
		    rule->range.first == acl->rules[kept - 1].range.first &&
		    rule->range.last == acl->rules[kept - 1].range.last)
			continue;
		if (rule->action == ACL_ALWAYS) {
			rule->code = value->code ? value->code : CODE_DEFAULT;
			rule->text_size = value->text_size;
			if (value->text_size)
				memcpy(rule->text, value->text, value->text_size);
		}
		acl->rules[kept++] = *rule;
	}
	acl->count = kept;
}

static const struct rbldnsd_type acl_type = {
    .name = "acl", .entry = acl_entry, .has_colon_keys = true};

struct acl *acl_read(struct reader *reader, char *out_error, size_t error_size)
{
	const struct dataset_options options = {0};
	struct dataset_builder *builder = dataset_builder_new(&options);
	struct reading reading = {.acl = calloc(1, sizeof(*reading.acl)),
	                          .rbldnsd = {.type = &acl_type, .now_s = time(NULL)}};
	struct lines lines = {.builder = builder,
	                      .context = &reading.rbldnsd,
	                      .error = out_error,
	                      .error_size = error_size};
	int rc = -ENOMEM;

	out_error[0] = 0;
	if (!builder || !reading.acl)
		goto out;
	reading.rbldnsd.lines = &lines;
	reading.rbldnsd.context = &reading;
	rc = lines_each(reader, &lines, acl_line);
	if (rc == 0)
		rc = rbldnsd_end(&reading.rbldnsd);
	if (rc < 0)
		goto out;
	rules_finish(reading.acl, builder);
	reading.acl->bad_line_count = builder->facts.bad_line_count;
	reading.acl->message_count = builder->message_count;
	memcpy(reading.acl->messages, builder->messages, sizeof(builder->messages));
out:
	dataset_builder_free(builder);
	if (rc == 0)
		return reading.acl;
	if (!out_error[0])
		snprintf(out_error, error_size, "%s", strerror(-rc));
	acl_free(reading.acl);
	errno = -rc;
	return NULL;
}

void acl_free(struct acl *acl)
{
	if (!acl)
		return;
	free(acl->rules);
	free(acl);
}

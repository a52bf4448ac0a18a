/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/lint_print.h"

#include "control/cli/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAILURES_MAX 8 /* of an item, shown in full to people */

struct lint_summary lint_print_count(const struct lint_result *results)
{
	struct lint_summary summary = {0};

	for (unsigned i = 0; lint_items[i].name; i++) {
		summary.failed += results[i].failed > 0;
		summary.passed += results[i].count && !results[i].failed;
		summary.not_applicable += !results[i].count;
	}
	return summary;
}

static const char *outcome(const struct lint_result *r, const char *passed, const char *failed,
                           const char *not_applicable)
{
	return !r->count ? not_applicable : r->failed ? failed : passed;
}

static void print_line(const char *label, const char *text)
{
	char *clean = show_clean(text, strlen(text));

	printf("         %s%s\n", label, clean ? clean : "");
	free(clean);
}

static bool is_same_failure(const struct lint_check *a, const struct lint_check *b)
{
	return !a->is_ok && !b->is_ok && strcmp(a->asked, b->asked) == 0 &&
	       strcmp(a->wanted, b->wanted) == 0 && strcmp(a->came, b->came) == 0;
}

static bool is_told(const struct lint_result *r, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (is_same_failure(&r->checks[i], &r->checks[at]))
			return true;
	return false;
}

/* One failure, with all the paths that it was seen on. */
static void print_failure(const struct lint *l, const struct lint_result *r, size_t at)
{
	char paths[LINT_PATHS_MAX * (sizeof(l->paths[0].text) + 2)] = "";
	const struct lint_check *check = &r->checks[at];
	unsigned seen = 0;

	for (size_t i = at; i < r->count; i++) {
		unsigned path = r->checks[i].path;

		if (!is_same_failure(check, &r->checks[i]) || seen >> path & 1)
			continue;
		strcat(paths, seen ? ", " : "");
		strcat(paths, l->paths[path].text);
		seen |= 1u << path;
	}
	print_line("asked  ", check->asked);
	print_line("over   ", paths);
	print_line("wanted ", check->wanted);
	print_line("came   ", check->came);
}

static void print_result(const struct lint *l, const struct lint_result *r)
{
	size_t shown = 0, left = 0;

	if (!r->count) {
		print_line("", r->reason);
		return;
	}
	for (size_t i = 0; i < r->count; i++) {
		if (r->checks[i].is_ok || is_told(r, i))
			continue;
		if (shown++ < FAILURES_MAX)
			print_failure(l, r, i);
		else
			left++;
	}
	if (left)
		printf("         and %zu more, see --json\n", left);
	if (!r->failed) {
		char text[2 * LINT_TEXT_MAX + 64];

		snprintf(text, sizeof(text), "%s: %s", r->checks[0].asked, r->checks[0].came);
		if (r->count > 1)
			snprintf(text + strlen(text), 64, " (and %zu more)", r->count - 1);
		print_line("", text);
	}
}

void lint_print_text(const struct lint *l, const struct lint_result *results)
{
	struct lint_summary summary = lint_print_count(results);

	printf("%s, asked over", l->zone);
	for (unsigned i = 0; i < l->path_count; i++)
		printf("%s %s%s", i ? "," : "", l->paths[i].text,
		       lint_is_alive(&l->paths[i]) ? "" : " (no answer)");
	printf("; %u listed entries known\n\n", l->key_count);
	for (unsigned i = 0; lint_items[i].name; i++) {
		printf("%s %2u  %s (%s)\n", outcome(&results[i], "pass", "FAIL", "n/a "),
		       lint_items[i].number, lint_items[i].name, lint_items[i].rfc);
		print_result(l, &results[i]);
	}
	printf("\n%u passed, %u failed, %u not applicable\n", summary.passed, summary.failed,
	       summary.not_applicable);
}

static json_t *result_json(const struct lint *l, const struct lint_result *r)
{
	json_t *checks = json_array();

	for (size_t i = 0; i < r->count; i++) {
		const struct lint_check *c = &r->checks[i];

		json_array_append_new(
		    checks,
		    json_pack("{s:s, s:o?, s:o?, s:o?, s:b}", "path", l->paths[c->path].text,
		              "asked", show_string(c->asked, strlen(c->asked)), "wanted",
		              show_string(c->wanted, strlen(c->wanted)), "came",
		              show_string(c->came, strlen(c->came)), "ok", (int)c->is_ok));
	}
	return checks;
}

void lint_print_json(const struct lint *l, const struct lint_result *results)
{
	struct lint_summary summary = lint_print_count(results);
	json_t *paths = json_array(), *items = json_array(), *listed = json_array();

	for (unsigned i = 0; i < l->path_count; i++)
		json_array_append_new(paths, json_pack("{s:s, s:b}", "path", l->paths[i].text, "ok",
		                                       (int)lint_is_alive(&l->paths[i])));
	for (unsigned i = 0; i < l->key_count; i++)
		json_array_append_new(listed,
		                      show_string(l->keys[i].text, strlen(l->keys[i].text)));
	for (unsigned i = 0; lint_items[i].name; i++)
		json_array_append_new(
		    items, json_pack("{s:i, s:s, s:s, s:s, s:s?, s:o}", "number",
		                     (int)lint_items[i].number, "name", lint_items[i].name, "rfc",
		                     lint_items[i].rfc, "result",
		                     outcome(&results[i], "pass", "fail", "not applicable"),
		                     "reason", results[i].count ? NULL : results[i].reason,
		                     "checks", result_json(l, &results[i])));
	show_json(json_pack("{s:b, s:s, s:o, s:o, s:o, s:i, s:i, s:i, s:i}", "ok",
	                    summary.failed == 0, "zone", l->zone, "paths", paths, "listed", listed,
	                    "items", items, "passed", (int)summary.passed, "failed",
	                    (int)summary.failed, "not_applicable", (int)summary.not_applicable,
	                    "questions", (int)l->query_count));
}

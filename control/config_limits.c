/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_limits.h"

#include <string.h>

/* Only an `always` rule answers with a code of its own, and it must. */
static void check_rule(const struct config_node *rule, const struct config_path *path,
                       struct config_mistakes *m)
{
	static const char *const answers[] = {"code", "text"};
	const struct config_node *action = config_lines_get(rule, "action");
	bool is_always;

	if (!action || action->kind != CONFIG_SCALAR)
		return;
	is_always = strcmp(action->text, "always") == 0;
	if (is_always && !config_lines_get(rule, "code"))
		config_mistake(m, rule->line, path,
		               "has action always and no code, expected the code that everything "
		               "is listed with");
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]) && !is_always; i++) {
		const struct config_path at = {.up = path, .key = answers[i]};
		const struct config_node *answer = config_lines_get(rule, answers[i]);

		if (answer)
			config_mistake(
			    m, answer->line, &at,
			    "is given with action %.80s, expected only with action always",
			    action->text);
	}
}

/* Of the server, or of a zone. path: NULL = the server */
static void check_access(const struct config_node *node, const struct config_path *path,
                         struct config_mistakes *m)
{
	const struct config_node *access = config_lines_get(node, "access");
	const struct config_node *file = config_lines_get(node, "access_file");
	const struct config_path access_path = {.up = path, .key = "access"};
	const struct config_path file_path = {.up = path, .key = "access_file"};

	if (access && file)
		config_mistake(m, file->line, &file_path,
		               "given beside access, expected one of them");
	for (unsigned i = 0; access && i < access->count; i++) {
		const struct config_path at = {.up = &access_path, .index = i};

		check_rule(&access->children[i], &at, m);
	}
}

void config_limits_check(const struct config_node *root, struct config_mistakes *m)
{
	static const struct config_path zones_path = {.key = "zones"};
	const struct config_node *zones = config_lines_get(root, "zones");

	check_access(root, NULL, m);
	for (unsigned i = 0; zones && i < zones->count; i++) {
		const struct config_path at = {.up = &zones_path, .index = i};

		check_access(&zones->children[i], &at, m);
	}
}

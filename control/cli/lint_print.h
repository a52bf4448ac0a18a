/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* What "reputectl lint" found, for people or as one JSON object. */
#include "control/cli/lint.h"

struct lint_summary {
	unsigned passed, failed, not_applicable;
};

/* results: parallel to lint_items */
struct lint_summary lint_print_count(const struct lint_result *results);
void lint_print_text(const struct lint *l, const struct lint_result *results);
void lint_print_json(const struct lint *l, const struct lint_result *results);

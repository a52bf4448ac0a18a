/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The last look at what all lists together are about to say, before it is sent: nothing of it may
 * be what is never listed. The merge sees to that; this asks it the way the data plane will be
 * asked, so that a mistake there, or a list that gets around it, is not published.
 */
#include "control/config.h"
#include "control/merge.h"

#define SELF_LINT_REASON_MAX 200

/*
 * Ask a view for 127.0.0.1 in both families (RFC 5782 section 5) and for guard.never_list.
 *
 * config: whose never_ranges and never_names count
 * Errors: -EPERM something of it would be listed: out_reason says what; those of catalog.h
 * Cost:   O(what is never listed + what lists hold within it)
 */
int self_lint(const struct merge_view *view, const struct config *config,
              char out_reason[SELF_LINT_REASON_MAX]);

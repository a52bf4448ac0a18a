/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/self_lint.h"

#include "control/merge_names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LOOPBACK4 ((address6_t)0x7f000001)               /* 127.0.0.1 */
#define LOOPBACK6 ((address6_t)0xffff << 32 | LOOPBACK4) /* ::ffff:127.0.0.1 */

struct finding {
	bool is_ip6;
	char *reason;
};

/* Not 0 stops the sweep. */
static int on_range(void *context, address6_t first, address6_t last, uint32_t verdict)
{
	const struct finding *f = context;
	const struct address_range range = {.is_ip6 = f->is_ip6, .first = first, .last = last};
	char text[2 * ADDRESS_TEXT_MAX];
	size_t size;

	if (!verdict)
		return 0;
	size = address_format(&range, text);
	snprintf(f->reason, SELF_LINT_REASON_MAX, "%.*s would be listed, which never is", (int)size,
	         text);
	return -EPERM;
}

static int lint_range(const struct merge_view *view, const struct address_range *range,
                      char out_reason[SELF_LINT_REASON_MAX])
{
	struct finding f = {range->is_ip6, out_reason};
	struct merge_sweep *sweep = merge_sweep_new(view, range->is_ip6);
	int rc;

	if (!sweep)
		return -ENOMEM;
	rc = merge_sweep_range(sweep, range->first, range->last, on_range, &f);
	merge_sweep_free(sweep);
	return rc;
}

static int lint_names(struct merge_names *names, const struct config_place *never,
                      char out_reason[SELF_LINT_REASON_MAX])
{
	int rc = merge_names_seek(names, never->wire, never->wire_size, true);
	struct merge_name name;

	while (rc == 0 && (rc = merge_names_next(names, &name)) > 0) {
		char text[4 * NAME_WIRE_MAX + 2];

		rc = 0;
		if (!name.exact && !name.subtree)
			continue;
		name_format(name.wire, name.size, text);
		snprintf(out_reason, SELF_LINT_REASON_MAX, "%.120s would be listed, which never is",
		         text);
		rc = -EPERM;
	}
	return rc;
}

int self_lint(const struct merge_view *view, const struct config *config,
              char out_reason[SELF_LINT_REASON_MAX])
{
	const struct address_range loopback[] = {
	    {.first = LOOPBACK4, .last = LOOPBACK4},
	    {.is_ip6 = true, .first = LOOPBACK6, .last = LOOPBACK6},
	};
	struct merge_names *names;
	int rc = lint_range(view, &loopback[0], out_reason);

	if (rc == 0)
		rc = lint_range(view, &loopback[1], out_reason);
	for (unsigned i = 0; i < config->never_range_count && rc == 0; i++)
		rc = lint_range(view, &config->never_ranges[i], out_reason);
	if (rc < 0 || !config->never_name_count)
		return rc;
	names = merge_names_new(view);
	if (!names)
		return -ENOMEM;
	for (unsigned i = 0; i < config->never_name_count && rc == 0; i++)
		rc = lint_names(names, &config->never_names[i], out_reason);
	merge_names_free(names);
	return rc;
}

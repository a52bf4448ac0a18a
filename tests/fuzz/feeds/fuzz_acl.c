/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as an acl of rbldnsd: rules are prefixes, sorted, each once.
 */
#include "feeds/rbldnsd_acl.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static void rule_check(const struct acl_rule *rule)
{
	address6_t size = rule->range.last - rule->range.first;

	require((size & (size + 1)) == 0 && (rule->range.first & size) == 0);
	require(!rule->range.has_host_bits);
	require(rule->range.is_ip6 || rule->range.last <= UINT32_MAX);
	if (rule->action == ACL_ALWAYS)
		require(rule->code >> 24 == 127 && rule->code != 0x7f000001);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader *reader = reader_open_memory(data, size);
	char error[200] = "";
	struct acl *acl;

	if (!reader)
		return 0;
	reader_limit(reader, 1u << 20);
	acl = acl_read(reader, error, sizeof(error));
	reader_close(reader);
	if (!acl) {
		require(error[0] != 0);
		return 0;
	}
	for (size_t i = 0; i < acl->count; i++) {
		const struct address_range *range = &acl->rules[i].range;

		rule_check(&acl->rules[i]);
		if (i && acl->rules[i - 1].range.is_ip6 == range->is_ip6)
			require(acl->rules[i - 1].range.first < range->first ||
			        (acl->rules[i - 1].range.first == range->first &&
			         acl->rules[i - 1].range.last < range->last));
	}
	acl_free(acl);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may ask by default: the configuration and the answer core have one and the same list. */
#include "control/config.h"
#include "dataplane/access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MAPPED ((address6_t)0xffff << 32)

static void complain(const char *message, void *context)
{
	(void)context;
	print_message("%s\n", message);
}

static bool is_in_config(const struct config *c, address6_t client)
{
	for (unsigned i = 0; i < c->access_count; i++) {
		const struct address_range *r = &c->access[i].range;
		address6_t base = r->is_ip6 ? 0 : MAPPED;

		if (base + r->first <= client && client <= base + r->last)
			return true;
	}
	return false;
}

static void both_lists_are_the_same(void **state)
{
	static const char yaml[] = "dataplane: {listen: [\"127.0.0.1:53\"]}\n"
				   "lists: [{name: l, manual: true}]\n"
				   "zones: [{name: z.example, lists: [l]}]\n";
	struct config *c = config_load_bytes("x.yaml", yaml, strlen(yaml), complain, NULL);
	unsigned compared = 0;
	const struct access_listing *always;

	(void)state;
	assert_non_null(c);
	/* A network of one list that is missing, shorter or longer in the other has an edge in /16
	 * steps of IPv4, in /16 steps of IPv6, or at the edges of a rule. */
	for (unsigned i = 0; i < 3 * c->access_count; i++) {
		const struct address_range *r = &c->access[i / 3].range;
		address6_t base = r->is_ip6 ? 0 : MAPPED;
		address6_t edges[3] = {r->first - 1, r->first, r->last + 1};
		address6_t client = base + edges[i % 3];

		assert_int_equal(access_find(NULL, client, &always) == ACCESS_ALLOW,
		                 is_in_config(c, client));
		compared++;
	}
	for (uint32_t high = 0; high < 0x10000; high++) {
		address6_t clients[2] = {MAPPED | high << 16 | 0x0101,
		                         (address6_t)high << 112 | 0x0101};

		for (unsigned i = 0; i < 2; i++)
			assert_int_equal(access_find(NULL, clients[i], &always) == ACCESS_ALLOW,
			                 is_in_config(c, clients[i]));
		compared++;
	}
	assert_int_equal(compared, 0x10000 + 3 * 8);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(both_lists_are_the_same)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

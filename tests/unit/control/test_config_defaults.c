/* SPDX-License-Identifier: BSD-3-Clause */
/* What a file says is what is loaded, and what it does not say is the default. */
#include "control/config.h"
#include "tests/unit/control/config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void defaults_are_those_of_the_contract(void **state)
{
	static const char *const access[] = {"127.0.0.0/8",    "10.0.0.0/8",     "172.16.0.0/12",
	                                     "192.168.0.0/16", "169.254.0.0/16", "::1",
	                                     "fc00::/7",       "fe80::/10"};
	static const char yaml[] =
	    "lists:\n- {name: l, manual: true}\n- {name: f, feed: {path: f, format: "
	    "plain}}\n" LISTEN "zones: [{name: Z.example., lists: [f, l]}]\n";
	const struct config_feed *feed;
	struct config_text_messages m;
	struct config *c;

	(void)state;
	c = config_text_load(yaml, strlen(yaml), &m);
	assert_non_null(c);
	assert_string_equal(c->path, CONFIG_TEXT_FILE);
	assert_string_equal(c->state_dir, "/var/lib/reputed");
	assert_string_equal(c->control_socket, "/run/reputed/control.sock");
	assert_string_equal(c->dataplane.socket, "/run/reputed/dataplane.sock");
	assert_int_equal(c->dataplane.hugepages, CONFIG_HUGEPAGES_AUTO);
	assert_int_equal(c->dataplane.idle, IDLE_BACKOFF);
	assert_null(c->http.listen);
	assert_null(c->cookie_secret_file);
	assert_false(c->is_cookie_required);
	assert_int_equal(c->cookie_secrets.count, 0);
	assert_string_equal(c->version, "reputed");
	assert_null(c->hostname);
	assert_null(c->nsid);
	assert_int_equal(c->access_count, sizeof(access) / sizeof(access[0]));
	for (unsigned i = 0; i < c->access_count; i++) {
		assert_string_equal(c->access[i].from, access[i]);
		assert_int_equal(c->access[i].action, CONFIG_ALLOW);
		assert_int_equal(c->access[i].range.is_ip6, i >= 5);
	}
	assert_true(c->access[0].range.last == 0x7fffffff);
	assert_int_equal(c->never_list_count, 0);
	assert_int_equal(c->canaries_count, 19);
	assert_string_equal(c->canary_places[6].text, "example.com");
	assert_true(!c->lists[0].is_off && !c->lists[0].is_observed && !c->lists[0].is_subtracted);
	assert_null(c->lists[0].feed);
	assert_true(c->lists[0].manual);
	assert_int_equal(c->lists[0].code, 0x7f000002);
	assert_null(c->lists[0].text);
	feed = c->lists[1].feed;
	assert_string_equal(feed->path, "/etc/f");
	assert_int_equal(feed->refresh_s, 0);
	assert_int_equal(feed->max_age_s, 0);
	assert_true(feed->guards.errors == 0.01 && feed->guards.shrink == 0.5);
	assert_true(feed->guards.growth == 3 && !feed->guards.may_be_empty);
	assert_true(feed->guards.widest4 == 8 && feed->guards.widest6 == 19);
	assert_int_equal(feed->bogons, BOGONS_DROP);
	assert_true(feed->guards.lint && feed->guards.coverage4 == 0.02 &&
	            feed->guards.labels == 2);
	assert_int_equal(feed->guards.min_entries, 0);
	assert_true(feed->has_canaries && feed->must_list_count == 0);
	assert_int_equal(feed->expired, EXPIRED_KEEP);
	assert_int_equal(feed->keep, 3);
	assert_null(feed->checksum);
	assert_null(feed->signature);
	assert_null(feed->keyring);
	assert_ptr_equal(feed->format_row, format_find("plain"));
	assert_int_equal(c->zones[0].ttl, 300);
	assert_int_equal(c->zones[0].negative_ttl, 60);
	assert_int_equal(c->zones[0].apex_size, 11);
	assert_memory_equal(c->zones[0].apex, "\1z\7example", 11);
	assert_int_equal(c->zones[0].list_indexes[0], 1);
	assert_int_equal(c->zones[0].list_indexes[1], 0);
	config_free(c);
}

static void values_are_resolved(void **state)
{
	static const char yaml[] =
	    "state_dir: state\ncontrol_socket: ../run/c.sock\n"
	    "dataplane:\n  socket: /d.sock\n  listen: [\"127.0.0.1:5300\"]\n  cores: [3, 1]\n"
	    "  hugepages: require\n  idle: poll\n"
	    "  punt_rate: 500\n"
	    "  ports: [{device: net_tap0, addresses: [10.53.0.1/24, \"fd53::1/64\"], punt: k.1}, "
	    "{device: a, addresses: [10.0.0.1/8], punt: false}, "
	    "{device: b, addresses: [10.0.0.2/8], punt: false}]\n"
	    "access: [{from: 192.0.2.0/24, action: drop}]\n"
	    "cookies: {secret_file: cookies.secret, require: true}\n"
	    "identity: {version: \"\", hostname: a.example, nsid: \"7\"}\n"
	    "guard: {never_list: [Example.Org, 192.0.2.7], canaries: [\"2001:db8::/32\"]}\n"
	    "lists:\n  - name: l\n    feed: {path: /f, format: plain, refresh: 1h, max_age: 3d, "
	    "guards: {may_be_empty: true, growth: 10, bogons: keep, labels: 1, coverage4: 0.5, "
	    "min_entries: 7, canaries: false, "
	    "must_list: [127.0.0.2, test.example]}, keep: 9, expired: servfail, checksum: f.sum, "
	    "signature: f.asc, keyring: ../k.gpg}\n"
	    "    observe: true\n    enabled: false\n"
	    "    code: 127.0.0.9\n    text: \"$ is bad\"\n"
	    "zones: [{name: z, lists: [l], ttl: 0, ns: [ns1.z, ns2.z]}]\n";
	const struct config_feed *feed;
	struct config_text_messages m;
	struct config *c;

	(void)state;
	c = config_text_load(yaml, strlen(yaml), &m);
	if (!c)
		fail_msg("%s", m.text[0]);
	assert_string_equal(c->state_dir, "/etc/state");
	assert_string_equal(c->control_socket, "/etc/../run/c.sock");
	assert_string_equal(c->dataplane.socket, "/d.sock");
	assert_int_equal(c->dataplane.cores_count, 2);
	assert_int_equal(c->dataplane.cores[0], 3);
	assert_int_equal(c->dataplane.hugepages, CONFIG_HUGEPAGES_REQUIRE);
	assert_int_equal(c->dataplane.idle, IDLE_POLL);
	assert_int_equal(c->dataplane.punt_rate, 500);
	assert_int_equal(c->dataplane.ports_count, 3);
	assert_string_equal(c->dataplane.ports[0].punt, "k.1");
	assert_string_equal(c->dataplane.ports[2].punt, "false");
	assert_string_equal(c->dataplane.ports[0].device, "net_tap0");
	assert_string_equal(c->dataplane.ports[0].addresses[1], "fd53::1/64");
	assert_int_equal(c->access_count, 1);
	assert_int_equal(c->access[0].action, CONFIG_DROP);
	assert_string_equal(c->cookie_secret_file, "/etc/cookies.secret");
	assert_true(c->is_cookie_required);
	assert_string_equal(c->version, "");
	assert_string_equal(c->hostname, "a.example");
	assert_string_equal(c->nsid, "7");
	assert_true(c->access[0].range.first == 0xc0000200);
	assert_true(c->never_ranges[0].first == 0xc0000207);
	assert_int_equal(c->never_range_count, 1);
	assert_int_equal(c->never_name_count, 1);
	assert_memory_equal(c->never_names[0].wire, "\7example\3org", 12);
	assert_int_equal(c->canaries_count, 1);
	assert_true(c->canary_places[0].range.is_ip6);
	assert_true(c->lists[0].is_observed && c->lists[0].is_off);
	feed = c->lists[0].feed;
	assert_string_equal(feed->path, "/f");
	assert_int_equal(feed->refresh_s, 3600);
	assert_int_equal(feed->max_age_s, 3 * 86400);
	assert_true(feed->guards.may_be_empty && feed->guards.growth == 10);
	assert_true(feed->guards.errors == 0.01 && feed->guards.shrink == 0.5);
	assert_true(feed->guards.widest4 == 8 && feed->guards.widest6 == 19);
	assert_int_equal(feed->bogons, BOGONS_KEEP);
	assert_true(feed->guards.labels == 1 && feed->guards.coverage4 == 0.5);
	assert_int_equal(feed->guards.min_entries, 7);
	assert_true(!feed->has_canaries && feed->must_list_count == 2 && feed->must[1].is_name);
	assert_int_equal(feed->expired, EXPIRED_SERVFAIL);
	assert_int_equal(feed->keep, 9);
	assert_string_equal(feed->checksum, "/etc/f.sum");
	assert_string_equal(feed->signature, "/etc/f.asc");
	assert_string_equal(feed->keyring, "/etc/../k.gpg");
	assert_int_equal(c->lists[0].code, 0x7f000009);
	assert_string_equal(c->lists[0].text, "$ is bad");
	assert_int_equal(c->zones[0].ttl, 0);
	assert_int_equal(c->zones[0].negative_ttl, 60);
	assert_int_equal(c->zones[0].ns_count, 2);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults_are_those_of_the_contract),
	    cmocka_unit_test(values_are_resolved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Mistakes in what a server is: its sockets, ports, identity, who may ask; and an acl of rbldnsd.
 */
#include "control/config.h"
#include "tests/unit/control/config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct config_text_bad bad_rows[] = {
    {"a key of cookies that there is not",
     "cookies: {secret: 00112233445566778899aabbccddeeff}\n" REST,
     {":1: cookies.secret: unknown key, expected one of: secret_file, require"}},
    {"cookies as a word", "cookies: on\n" REST, {":1: cookies: is a single value, expected keys"}},
    {"a secret file without a name",
     "cookies: {secret_file: \"\"}\n" REST,
     {":1: cookies.secret_file: bad value '', expected the path of a file"}},
    {"require that is neither",
     "cookies: {require: yes}\n" REST,
     {":1: cookies.require: bad value 'yes', expected true or false"}},
    {"a key of identity that there is not",
     "identity: {name: x}\n" REST,
     {":1: identity.name: unknown key, expected one of: version, hostname, nsid"}},
    {"a version that is not ASCII",
     "identity: {version: \"\xc3\xa9\"}\n" REST,
     {":1: identity.version: bad value '\xc3\xa9', expected printable ASCII characters"}},
    {"a hostname with a line end",
     "identity: {hostname: \"a\\nb\"}\n" REST,
     {":1: identity.hostname: bad value 'a?b', expected printable ASCII characters"}},
    {"an NSID of 65 bytes",
     "identity: {nsid: 01234567890123456789012345678901234567890123456789012345678901234}\n" REST,
     {":1: identity.nsid: bad value "
      "'01234567890123456789012345678901234567890123456789012345678901234', expected at most 64 "
      "bytes"}},
    {"state_dir empty",
     "state_dir: \"\"\n" REST,
     {":1: state_dir: bad value '', expected the path"}},
    {"a socket path that the kernel does not take",
     "control_socket: "
     "/run/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
     "8901234567890123456789\n" REST,
     {":1: control_socket: bad value '/run/0123"}},
    {"listen without port",
     DATAPLANE("listen: [127.0.0.1]"),
     {":1: dataplane.listen[0]: bad value '127.0.0.1', expected ADDRESS:PORT"}},
    {"listen with port 0",
     DATAPLANE("listen: [\"127.0.0.1:0\"]"),
     {":1: dataplane.listen[0]: bad value '127.0.0.1:0'"}},
    {"listen with port 65536",
     DATAPLANE("listen: [\"127.0.0.1:65536\"]"),
     {":1: dataplane.listen[0]: bad value"}},
    {"listen on IPv6 without brackets",
     DATAPLANE("listen: [\"::1:53\"]"),
     {":1: dataplane.listen[0]: bad value '::1:53'"}},
    {"listen on IPv4 in brackets",
     DATAPLANE("listen: [\"[127.0.0.1]:53\"]"),
     {":1: dataplane.listen[0]: bad value"}},
    {"listen on a name",
     DATAPLANE("listen: [\"localhost:53\"]"),
     {":1: dataplane.listen[0]: bad value 'localhost:53'"}},
    {"listen on a prefix",
     DATAPLANE("listen: [\"127.0.0.0/8:53\"]"),
     {":1: dataplane.listen[0]: bad value"}},
    {"listen twice on the same, written differently",
     "dataplane:\n  listen:\n    - \"[::1]:53\"\n    - \"[0:0::1]:53\"\n" LISTS ZONES,
     {":4: dataplane.listen[1]: '[0:0::1]:53' is given twice, expected once (first in line 3)"}},
    {"a port without addresses",
     LISTENING("ports: [{device: net_tap0}]"),
     {":1: dataplane.ports[0].addresses: missing"}},
    {"a port with no addresses",
     LISTENING("ports: [{device: net_tap0, addresses: []}]"),
     {":1: dataplane.ports[0].addresses: is empty, expected at least 1 entry"}},
    {"a port without device",
     LISTENING("ports: [{addresses: [10.0.0.1/24]}]"),
     {":1: dataplane.ports[0].device: missing"}},
    {"a port's address without length",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1]}]"),
     {":1: dataplane.ports[0].addresses[0]: bad value '10.0.0.1', expected ADDRESS/LENGTH"}},
    {"a port's address with too long a length",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1/33]}]"),
     {":1: dataplane.ports[0].addresses[0]: bad value '10.0.0.1/33'"}},
    {"a device given twice",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1/24]}, {device: d, addresses: "
               "[10.0.1.1/24]}]"),
     {":1: dataplane.ports[1].device: 'd' is given twice"}},
    {"an address on two ports",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1/24]}, {device: e, addresses: "
               "[10.0.0.1/8]}]"),
     {":1: dataplane.ports[1].addresses[0]: '10.0.0.1/8' is given twice"}},
    {"an interface for the kernel that no kernel takes",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1/24], punt: rbl/0}]"),
     {":1: dataplane.ports[0].punt: bad value 'rbl/0', expected the name of an interface"}},
    {"an interface name of 16 letters",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1/24], punt: abcdefghijklmnop}]"),
     {":1: dataplane.ports[0].punt: bad value 'abcdefghijklmnop'"}},
    {"an interface name that is a flag",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1/24], punt: -x}]"),
     {":1: dataplane.ports[0].punt: bad value '-x'"}},
    {"an interface that is to be there but has no name",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1/24], punt: true}]"),
     {":1: dataplane.ports[0].punt: bad value 'true', expected the name of an interface"}},
    {"one interface for two ports",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1/24], punt: k}, {device: e, addresses: "
               "[10.0.1.1/24], punt: k}]"),
     {":1: dataplane.ports[1].punt: 'k' is given twice"}},
    {"the kernel would get nothing",
     LISTENING("punt_rate: 0"),
     {":1: dataplane.punt_rate: bad value '0', expected frames per second, from 1 to 10000000"}},
    {"a rate above all",
     LISTENING("punt_rate: 10000001"),
     {":1: dataplane.punt_rate: bad value '10000001', expected frames per second"}},
    {"a core that is no number",
     LISTENING("cores: [one]"),
     {":1: dataplane.cores[0]: bad value 'one', expected a number from 0 to 1023"}},
    {"a core that does not exist anywhere",
     LISTENING("cores: [1024]"),
     {":1: dataplane.cores[0]: bad value '1024'"}},
    {"a negative core", LISTENING("cores: [-1]"), {":1: dataplane.cores[0]: bad value '-1'"}},
    {"a core in octal", LISTENING("cores: [010]"), {":1: dataplane.cores[0]: bad value '010'"}},
    {"a core given twice",
     LISTENING("cores: [1, 2, 1]"),
     {":1: dataplane.cores[2]: '1' is given twice"}},
    {"an unknown hugepages word",
     LISTENING("hugepages: sometimes"),
     {":1: dataplane.hugepages: bad value 'sometimes', expected auto, never or require"}},
    {"limits of TCP out of range",
     LISTENING("tcp_connections: 0, tcp_per_client: 65537, tcp_idle: 2h"),
     {":1: dataplane.tcp_connections: bad value '0', expected a number from 1 to 65536",
      ":1: dataplane.tcp_per_client: bad value '65537', expected a number from 1 to 65536",
      ":1: dataplane.tcp_idle: bad value '2h', expected a duration from 1s to 1h"}},
    {"an unknown idle word",
     LISTENING("idle: 1"),
     {":1: dataplane.idle: bad value '1', expected poll or backoff"}},
    {"http without listen", "http: {}\n" REST, {":1: http.listen: missing"}},
    {"http on no port",
     "http: {listen: \"127.0.0.1\"}\n" REST,
     {":1: http.listen: bad value '127.0.0.1', expected ADDRESS:PORT"}},
    {"http for a network with host bits",
     "http: {listen: \"127.0.0.1:8053\", access: [10.0.0.1/8]}\n" REST,
     {":1: http.access[0]: bad value '10.0.0.1/8', expected a network without host bits: "
      "\"10.0.0.0/8\""}},
    {"http for nobody",
     "http: {listen: \"127.0.0.1:8053\", access: []}\n" REST,
     {":1: http.access: is empty, expected at least 1 entry"}},
    {"a token file without a name",
     "http: {listen: \"127.0.0.1:8053\", operator_token_file: \"\"}\n" REST,
     {":1: http.operator_token_file: bad value '', expected the path of a file or folder"}},
    {"a page that may be",
     "http: {listen: \"127.0.0.1:8053\", delist_page: maybe}\n" REST,
     {":1: http.delist_page: bad value 'maybe', expected true or false"}},
    {"monitor without addresses",
     "monitor: {zones: [a.example]}\n" REST,
     {":1: monitor.addresses: missing"}},
    {"monitor of a network",
     "monitor: {addresses: [192.0.2.0/24]}\n" REST,
     {":1: monitor.addresses[0]: bad value '192.0.2.0/24', expected an address, such as "
      "\"192.0.2.25\" or \"2001:db8::25\""}},
    {"monitor in a zone without a name",
     "monitor: {addresses: [192.0.2.1], zones: [\"a..b\"]}\n" REST,
     {":1: monitor.zones[0]: bad value 'a..b', expected a domain name, such as bl.example"}},
    {"monitor all the time",
     "monitor: {addresses: [192.0.2.1], every: 1s}\n" REST,
     {":1: monitor.every: bad value '1s', expected a duration of at least 1m, such as 1h"}},
    {"monitor by a name",
     "monitor: {addresses: [192.0.2.1], resolver: localhost}\n" REST,
     {":1: monitor.resolver: bad value 'localhost', expected ADDRESS or ADDRESS:PORT, such as "
      "127.0.0.1 or \"[::1]:5353\""}},
    {"access without action",
     "access: [{from: 10.0.0.0/8}]\n" REST,
     {":1: access[0].action: missing"}},
    {"an unknown action",
     "access: [{from: 10.0.0.0/8, action: deny}]\n" REST,
     {":1: access[0].action: bad value 'deny', expected allow, refuse, drop, empty or "
      "always"}},
    {"an always rule without its code",
     "access: [{from: 10.0.0.0/8, action: always}]\n" REST,
     {":1: access[0]: has action always and no code, expected the code that everything is listed "
      "with"}},
    {"a code that an A record must not have",
     "access: [{from: 10.0.0.0/8, action: always, code: 127.0.0.1}]\n" REST,
     {":1: access[0].code: bad value '127.0.0.1', expected an address in 127.0.0.0/8"}},
    {"rates out of range",
     "rate_limit:\n  responses_per_s: 100001\n  slip: 11\n  ipv4_length: 0\n"
     "  ipv6_length: 129\n  buckets: 0\n" REST,
     {":2: rate_limit.responses_per_s: bad value '100001', expected a number from 0 to 100000",
      ":3: rate_limit.slip: bad value '11', expected a number from 0 to 10",
      ":4: rate_limit.ipv4_length: bad value '0', expected a number from 1 to 32",
      ":5: rate_limit.ipv6_length: bad value '129', expected a number from 1 to 128",
      ":6: rate_limit.buckets: bad value '0', expected a number from 1 to 4194304"}},
    {"limits without a rate",
     "rate_limit: {slip: 2}\n" REST,
     {":1: rate_limit.responses_per_s: missing"}},
    {"an exempt range",
     "rate_limit: {responses_per_s: 5, exempt: [10.0.0.1-10.0.0.9]}\n" REST,
     {":1: rate_limit.exempt[0]: bad value '10.0.0.1-10.0.0.9', expected an address or prefix"}},
    {"a code and a text without use",
     "access: [{from: 10.0.0.0/8, action: drop,\n  code: 127.0.0.2,\n  text: no}]\n" REST,
     {":2: access[0].code: is given with action drop, expected only with action always",
      ":3: access[0].text: is given with action drop, expected only with action always"}},
    {"access with host bits",
     "access: [{from: 10.0.0.1/8, action: allow}]\n" REST,
     {":1: access[0].from: bad value '10.0.0.1/8', expected a network without host bits: "
      "\"10.0.0.0/8\""}},
    {"access from a range",
     "access: [{from: 10.0.0.1-10.0.0.9, action: allow}]\n" REST,
     {":1: access[0].from: bad value '10.0.0.1-10.0.0.9', expected an address or prefix"}},
    {"access from a name",
     "access: [{from: localhost, action: allow}]\n" REST,
     {":1: access[0].from: bad value 'localhost'"}},
    {"access twice from the same",
     "access:\n- {from: \"::1\", action: allow}\n- {from: \"::1/128\", action: drop}\n" REST,
     {":3: access[1].from: '::1/128' is given twice"}},
    {"an acl beside rules",
     "access_file: acl\naccess: [{from: 192.0.2.0/24, action: allow}]\n" REST,
     {":1: access_file: given beside access, expected one of them"}},
    {"an acl that is not there",
     "access_file: /nowhere/acl\n" REST,
     {":1: access_file: '/nowhere/acl' cannot be read: No such file"}},
};

static void mistakes_are_told(void **state)
{
	(void)state;
	config_text_check_bad(bad_rows, sizeof(bad_rows) / sizeof(bad_rows[0]));
}

/* What an acl of rbldnsd becomes, in the order of its addresses. */
static const struct {
	const char *from;
	enum config_access_action action;
	uint32_t code;
	const char *text;
} acl_rows[] = {
    {"192.0.2.0/24", CONFIG_REFUSE, 0, NULL}, {"192.0.2.7", CONFIG_ALWAYS, 0x7f000009, "$ asks"},
    {"192.0.2.8", CONFIG_EMPTY, 0, NULL},     {"192.0.2.9", CONFIG_ALWAYS, 0x7f000003, NULL},
    {"192.0.2.10", CONFIG_ALLOW, 0, NULL},    {"::/0", CONFIG_DROP, 0, NULL},
    {"0.0.0.0/0", CONFIG_ALLOW, 0, NULL},
};

/* Each has its own rules, and its own numbers of what everything is listed as. */
static void acl_of_a_zone_is_read(void **state)
{
	char path[] = "/tmp/reputed-acl-XXXXXX", yaml[1024];
	FILE *file = fdopen(mkstemp(path), "w");
	struct config_text_messages m;
	struct config *c;

	(void)state;
	assert_non_null(file);
	fputs("192.0.2.1 :3:\n192.0.2.2 :4:\n0/0 :refuse\n", file);
	fclose(file);
	snprintf(yaml, sizeof(yaml),
	         LISTEN LISTS "access_file: %s\nzones:\n  - {name: y, lists: [l], access: [{from: "
	                      "10.0.0.0/8, action: always, code: 127.0.0.5}]}\n"
	                      "  - {name: z, lists: [l], access_file: %s}\n"
	                      "  - {name: all, lists: [l]}\n",
	         path, path);
	c = config_text_load(yaml, strlen(yaml), &m);
	if (!c)
		fail_msg("%s", m.text[0]);
	assert_int_equal(c->access_count, 4);
	assert_int_equal(c->zones[0].access_count, 1);
	assert_int_equal(c->zones[0].access[0].code, 0x7f000005);
	assert_int_equal(c->zones[0].access[0].range.first, 0x0a000000);
	assert_int_equal(c->zones[1].access_count, 4); /* ::/0 of its own */
	assert_int_equal(c->zones[1].access[0].action, CONFIG_REFUSE);
	assert_int_equal(c->zones[1].access[2].listing, 1);
	assert_int_equal(c->zones[1].access[3].action, CONFIG_ALLOW);
	assert_string_equal(c->zones[1].access_file, path);
	assert_null(c->zones[2].access);
	config_free(c);
	unlink(path);
}

static void acl_is_read(void **state)
{
	char path[] = "/tmp/reputed-acl-XXXXXX", yaml[1024];
	FILE *file = fdopen(mkstemp(path), "w");
	struct config_text_messages m;
	struct config *c;

	(void)state;
	assert_non_null(file);
	fputs("192.0.2 =refuse\n192.0.2.7 :9:$ asks\n192.0.2.8 :empty\n192.0.2.9 :3:\n"
	      "192.0.2.10 :pass\n::/0\n",
	      file);
	fflush(file);
	snprintf(yaml, sizeof(yaml), "access_file: %s\n" REST, path);
	c = config_text_load(yaml, strlen(yaml), &m);
	assert_non_null(c);
	assert_int_equal(c->access_count, sizeof(acl_rows) / sizeof(acl_rows[0]));
	for (unsigned i = 0; i < c->access_count; i++) {
		assert_string_equal(c->access[i].from, acl_rows[i].from);
		assert_int_equal(c->access[i].action, acl_rows[i].action);
		assert_int_equal(c->access[i].code, acl_rows[i].code);
		assert_int_equal(!c->access[i].text, !acl_rows[i].text);
		if (acl_rows[i].text)
			assert_string_equal(c->access[i].text, acl_rows[i].text);
	}
	assert_int_equal(c->access[1].listing, 0);
	assert_int_equal(c->access[3].listing, 1);
	config_free(c);

	fputs("192.0.2.1 :nothing\n", file);
	fclose(file);
	assert_null(config_text_load(yaml, strlen(yaml), &m));
	assert_int_equal(m.count, 1);
	snprintf(yaml, sizeof(yaml), "%s:7: bad value ':nothing'", path);
	assert_memory_equal(m.text[0], yaml, strlen(yaml));
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mistakes_are_told),
	    cmocka_unit_test(acl_is_read),
	    cmocka_unit_test(acl_of_a_zone_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

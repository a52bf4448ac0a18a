/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The flags of the data plane that a configuration asks for.
 */
#include "control/cli/dataplane_args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define REST                                                                                       \
	"lists: [{name: l, manual: true}]\n"                                                       \
	"zones: [{name: z.example, lists: [l]}]\n"

static const struct {
	const char *reason;
	const char *yaml;
	const char *expected; /* with blanks between the arguments */
} rows[] = {
    {"defaults", "state_dir: /s\n",
     "dp --socket /run/reputed/dataplane.sock --hugepages auto --idle backoff"},
    {"sockets only", "dataplane: {socket: /s, listen: [\"127.0.0.1:53\", \"[::1]:53\"]}\n",
     "dp --socket /s --listen 127.0.0.1:53 --listen [::1]:53 --hugepages auto --idle backoff"},
    {"addresses follow their port",
     "dataplane: {socket: /s, ports: [{device: \"net_tap0,iface=a b\", addresses: [10.0.0.1/24, "
     "\"fd53::1/64\"]}, {device: \"0000:01:00.0\", addresses: [10.1.0.1/24]}]}\n",
     "dp --socket /s --port net_tap0,iface=a b --address 10.0.0.1/24 --address fd53::1/64 "
     "--port 0000:01:00.0 --address 10.1.0.1/24 --hugepages auto --idle backoff"},
    {"what the kernel gets",
     "dataplane: {socket: /s, punt_rate: 500, ports: [{device: a, addresses: [10.0.0.1/24], punt: "
     "k}, {device: b, addresses: [10.1.0.1/24], punt: false}]}\n",
     "dp --socket /s --port a --address 10.0.0.1/24 --punt k --port b --address 10.1.0.1/24 "
     "--punt off --punt-rate 500 --hugepages auto --idle backoff"},
    {"cores and modes",
     "dataplane: {socket: /s, listen: [\"127.0.0.1:53\"], cores: [3, 0], hugepages: never, idle: "
     "poll}\n",
     "dp --socket /s --listen 127.0.0.1:53 --core 3 --core 0 --hugepages never --idle poll"},
    {"limits of TCP",
     "dataplane: {socket: /s, tcp_connections: 9, tcp_per_client: 3, tcp_idle: 2m}\n",
     "dp --socket /s --hugepages auto --idle backoff --tcp-connections 9 --tcp-per-client 3 "
     "--tcp-idle 120"},
    {"hugepages required", "dataplane: {socket: /s, hugepages: require, idle: backoff}\n",
     "dp --socket /s --hugepages require --idle backoff"},
    {"a socket beside the file", "dataplane: {socket: d.sock}\n",
     "dp --socket /etc/d.sock --hugepages auto --idle backoff"},
    {"more arguments than fit at first",
     "dataplane: {socket: /s, cores: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}\n",
     "dp --socket /s --core 0 --core 1 --core 2 --core 3 --core 4 --core 5 --core 6 --core 7 "
     "--core 8 --core 9 --hugepages auto --idle backoff"},
};

static void ignore(const char *message, void *context)
{
	(void)message;
	(void)context;
}

static void flags_are_built(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char yaml[1024], joined[1024] = "";
		struct config *config;
		char **arguments;

		snprintf(yaml, sizeof(yaml), "%s%s", rows[i].yaml, REST);
		config = config_load_bytes("/etc/t.yaml", yaml, strlen(yaml), ignore, NULL);
		assert_non_null(config);
		arguments = dataplane_args("dp", &config->dataplane);
		assert_non_null(arguments);
		for (char **a = arguments; *a; a++) {
			strcat(joined, a == arguments ? "" : " ");
			strcat(joined, *a);
		}
		if (strcmp(joined, rows[i].expected) != 0)
			fail_msg("%s: '%s', expected '%s'", rows[i].reason, joined,
			         rows[i].expected);
		dataplane_args_free(arguments);
		config_free(config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(flags_are_built)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line: what is understood, and that every mistake is told with its flag. */
#include "dataplane/options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 48

static int parse(const char *line, struct options *out_options, char *out_error)
{
	static char words[1024]; /* options_parse() keeps pointers into argv */
	static char name[] = "reputed-dataplane";
	char *arguments[WORDS_MAX + 2] = {name};
	int count = 1;
	snprintf(words, sizeof(words), "%s", line);
	char *rest = words;
	for (char *word; (word = strsep(&rest, " ")) != NULL;) {
		if (*word != '\0' && count <= WORDS_MAX)
			arguments[count++] = strcmp(word, "''") == 0 ? strchr(word, '\0') : word;
	}
	return options_parse(count, arguments, out_options, out_error);
}

static void test_mistakes(void **state)
{
	(void)state;
	static const struct {
		const char *line, *error, *why;
	} rows[] = {
	    {"", "nothing to answer on: expected --listen or --port",
	     "a server that serves nobody"},
	    {"--listen", "--listen: expected a value", "value missing at the end"},
	    {"--listen 127.0.0.1", "--listen '127.0.0.1': expected ADDR:PORT", "no port"},
	    {"--listen ::1:53", "--listen '::1:53': expected ADDR:PORT", "IPv6 without brackets"},
	    {"--listen [::1]53", "--listen '[::1]53': expected ADDR:PORT", "no colon"},
	    {"--listen [::1", "--listen '[::1': expected ADDR:PORT", "bracket not closed"},
	    {"--listen [127.0.0.1]:53", "--listen '[127.0.0.1]:53': expected", "IPv4 in brackets"},
	    {"--listen localhost:53", "--listen 'localhost:53': expected", "names need a resolver"},
	    {"--listen 127.0.0.1:65536",
	     "--listen '127.0.0.1:65536': expected a port from 0 to 65535", "port too large"},
	    {"--listen 127.0.0.1:dns", "--listen '127.0.0.1:dns': expected a port", "service name"},
	    {"--listen 127.0.0.1:", "--listen '127.0.0.1:': expected a port", "empty port"},
	    {"--listen 127.0.0.1:+53", "--listen '127.0.0.1:+53': expected a port", "a sign"},
	    {"--listen :53", "--listen ':53': expected ADDR:PORT", "empty address"},
	    {"--port eth0 --address 10.0.0.1/8", "--port 'eth0': expected a PCI address",
	     "a kernel interface is not a device"},
	    {"--port net_", "--port 'net_': expected a PCI address", "a driver name is missing"},
	    {"--port 0000:01:00", "--port '0000:01:00': expected a PCI address",
	     "function missing"},
	    {"--port net_tap0", "--port 'net_tap0': expected at least one --address",
	     "a port that answers for nothing"},
	    {"--port net_tap0 --address 10.0.0.1/8 --port net_tap0,iface=b --address 10.0.0.2/8",
	     "--port 'net_tap0,iface=b': device 'net_tap0' is given twice", "names are unique"},
	    {"--port 01:00.0 --address 10.0.0.1/8 --port 0000:01:00.0 --address 10.0.0.2/8",
	     "--port '0000:01:00.0': device '0000:01:00.0' is given twice", "two spellings"},
	    {"--address 10.0.0.1/8", "--address '10.0.0.1/8': expected after the --port",
	     "belongs to no port"},
	    {"--port net_tap0 --address 10.0.0.1", "--address '10.0.0.1': expected ADDR/LEN",
	     "no length"},
	    {"--port net_tap0 --address 10.0.0.1/33",
	     "--address '10.0.0.1/33': expected a prefix length from 0 to 32", "too long for IPv4"},
	    {"--port net_tap0 --address fd53::1/129",
	     "--address 'fd53::1/129': expected a prefix length from 0 to 128", "and for IPv6"},
	    {"--port net_tap0 --address 10.0.0/8", "--address '10.0.0/8': expected ADDR/LEN",
	     "three octets"},
	    {"--port net_tap0 --address 224.0.0.1/8", "--address '224.0.0.1/8': not the address of",
	     "multicast"},
	    {"--port net_tap0 --address ff02::1/64", "--address 'ff02::1/64': not the address of",
	     "IPv6 multicast"},
	    {"--port net_tap0 --address ::/64", "--address '::/64': not the address of",
	     "unspecified"},
	    {"--port net_tap0 --address 10.0.0.1/8 --address 10.0.0.1/24",
	     "--address '10.0.0.1/24': given twice for port 'net_tap0'", "same address"},
	    {"--punt k", "--punt 'k': expected after the --port", "belongs to no port"},
	    {"--port net_tap0 --address 10.0.0.1/8 --punt k --punt off",
	     "--punt 'off': given twice for port 'net_tap0'", "one of them must be meant"},
	    {"--port net_tap0 --address 10.0.0.1/8 --punt a/b",
	     "--punt 'a/b': expected off or an interface name", "a path"},
	    {"--port net_tap0 --address 10.0.0.1/8 --punt abcdefghijklmnop",
	     "--punt 'abcdefghijklmnop': expected off or", "16 letters"},
	    {"--port net_tap0 --address 10.0.0.1/8 --punt ''", "--punt '': expected off or",
	     "empty"},
	    {"--port net_tap0 --address 10.0.0.1/8 --punt tap%d", "--punt 'tap%d': expected off",
	     "a pattern that the kernel would fill in"},
	    {"--port net_tap0 --address 10.0.0.1/8 --punt k --port net_tap1 --address 10.1.0.1/8 "
	     "--punt k",
	     "--punt 'k': given for two ports", "an interface has one wire"},
	    {"--port net_memif0 --address 10.0.0.1/8 --port net_tap1 --address 10.1.0.1/8 "
	     "--punt rbl-0",
	     "--punt 'rbl-0': given for two ports", "also when one of them is a default"},
	    {"--listen 127.0.0.1:0 --punt-rate 0", "--punt-rate '0': expected a number from 1",
	     "the kernel would get nothing"},
	    {"--listen 127.0.0.1:0 --core x", "--core 'x': expected the number of a processor",
	     "not a number"},
	    {"--listen 127.0.0.1:0 --core -1", "--core '-1': expected the number", "negative"},
	    {"--listen 127.0.0.1:0 --core 1 --core 1", "--core '1': given twice",
	     "two on one core"},
	    {"--listen 127.0.0.1:0 --hugepages yes",
	     "--hugepages 'yes': expected auto, never or require", "unknown word"},
	    {"--listen 127.0.0.1:0 --idle sleep", "--idle 'sleep': expected poll or backoff",
	     "unknown word"},
	    {"--listen 127.0.0.1:0 --socket-threads 0",
	     "--socket-threads '0': expected a number from 1 to 64", "nobody would serve"},
	    {"--listen 127.0.0.1:0 --tcp-connections 0",
	     "--tcp-connections '0': expected a number from 1 to 65536", "nobody could connect"},
	    {"--listen 127.0.0.1:0 --tcp-per-client 65537",
	     "--tcp-per-client '65537': expected a number from 1 to 65536", "too many"},
	    {"--listen 127.0.0.1:0 --tcp-idle 10s",
	     "--tcp-idle '10s': expected a number from 1 to 3600", "seconds, without a unit"},
	    {"--listen 127.0.0.1:0 --socket-threads 65",
	     "--socket-threads '65': expected a number from 1 to 64", "too many"},
	    {"--listen 127.0.0.1:0 --socket ''", "--socket '': expected a path", "empty path"},
	    {"--listen 127.0.0.1:0 --bogus", "--bogus: unknown flag", "unknown flag"},
	    {"--listen 127.0.0.1:0 -x", "-x: unknown flag", "unknown short flag"},
	    {"--listen 127.0.0.1:0 file", "'file': expected a flag", "there is no config file"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct options o;
		char error[OPTIONS_ERROR_MAX] = "";
		int result = parse(rows[i].line, &o, error);
		if (result != -EINVAL || strncmp(error, rows[i].error, strlen(rows[i].error)) != 0)
			fail_msg("%s: '%s' gives %d '%s'", rows[i].why, rows[i].line, result,
			         error);
	}
}

static void test_limits(void **state)
{
	(void)state;
	static const struct {
		const char *head, *format, *error;
		int count;
	} rows[] = {
	    {"", " --listen 127.0.0.1:%d", "--listen '127.0.0.1:16': more than 16", 17},
	    {"", " --port net_null%d --address 10.0.0.1/8", "--port 'net_null8': more than 8", 9},
	    {"--port net_null0", " --address 10.0.0.%d/32",
	     "--address '10.0.0.16/32': more than 16", 17},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[1024], error[OPTIONS_ERROR_MAX] = "";
		struct options o;
		int size = snprintf(line, sizeof(line), "%s", rows[i].head);
		for (int n = 0; n < rows[i].count; n++) {
			/* One fewer than the limit is exceeded by: the line so far must be fine. */
			if (n == rows[i].count - 1 && parse(line, &o, error) != 0)
				fail_msg("'%s' is refused: %s", line, error);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-truncation"
			size +=
			    snprintf(line + size, sizeof(line) - (size_t)size, rows[i].format, n);
#pragma GCC diagnostic pop
		}
		assert_int_equal(parse(line, &o, error), -EINVAL);
		if (strncmp(error, rows[i].error, strlen(rows[i].error)) != 0)
			fail_msg("expected '%s', got '%s'", rows[i].error, error);
	}
}

static void test_device_names(void **state)
{
	(void)state;
	static const struct {
		const char *device, *name;
		bool is_pci;
	} rows[] = {
	    {"net_tap0,iface=rbl0,mac=02:00:00:00:00:01", "net_tap0", false},
	    {"net_af_xdp_x", "net_af_xdp_x", false},
	    {"0000:01:00.0", "0000:01:00.0", true},
	    {"81:0A.1", "0000:81:0a.1", true},
	    {"0001:81:00.0,representor=0", "0001:81:00.0", true},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct options o;
		char line[128], error[OPTIONS_ERROR_MAX] = "";
		snprintf(line, sizeof(line), "--port %s --address 10.0.0.1/8", rows[i].device);
		assert_int_equal(parse(line, &o, error), 0);
		assert_string_equal(o.ports[0].device, rows[i].device);
		assert_string_equal(o.ports[0].name, rows[i].name);
		assert_int_equal(o.ports[0].is_pci, rows[i].is_pci);
	}
}

static void test_punts(void **state)
{
	(void)state;
	static const struct {
		const char *why, *device, *punt, *expected;
	} rows[] = {
	    {"a network card", "0000:01:00.0", "", "rbl-0"},
	    {"the kernel below gets nothing of it", "net_af_xdp0,iface=v0", "", "rbl-0"},
	    {"a virtual switch", "net_memif0,role=client", "", "rbl-0"},
	    {"the kernel is at its other end", "net_tap0,iface=rbl0", "", ""},
	    {"no network", "net_null0", "", ""},
	    {"no network", "net_ring0", "", ""},
	    {"files", "net_pcap0,rx_pcap=in,tx_pcap=out", "", ""},
	    {"the kernel gets its frames anyway", "net_af_packet0,iface=v0", "", ""},
	    {"given", "net_af_packet0,iface=v0", "--punt k.1_-", "k.1_-"},
	    {"given", "0000:01:00.0", "--punt dns0", "dns0"},
	    {"not wanted", "0000:01:00.0", "--punt off", ""},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct options o;
		char line[160], error[OPTIONS_ERROR_MAX] = "";
		snprintf(line, sizeof(line), "--port %s --address 10.0.0.1/8 %s", rows[i].device,
		         rows[i].punt);
		if (parse(line, &o, error) != 0)
			fail_msg("%s: %s", line, error);
		if (strcmp(o.ports[0].punt, rows[i].expected) != 0)
			fail_msg("%s: %s: '%s'", rows[i].why, line, o.ports[0].punt);
		assert_int_equal(o.ports[0].is_punt_given, rows[i].punt[0] != '\0');
		assert_int_equal(o.served_count, rows[i].expected[0] != '\0');
	}
}

/* Port 53 of what is punted is listened on, unless --listen says so already. */
static void test_punted_listens(void **state)
{
	(void)state;
	static const struct {
		const char *why, *listen;
		unsigned added;
	} rows[] = {
	    {"both addresses; a link-local one is of no use without its interface", "", 2},
	    {"another port", "--listen 10.0.0.1:5300", 2},
	    {"another address", "--listen 10.0.0.2:53", 2},
	    {"the same address", "--listen 10.0.0.1:53", 1},
	    {"all of IPv4", "--listen 0.0.0.0:53", 1},
	    {"all of IPv6", "--listen [::]:53", 1},
	    {"the same IPv6 address", "--listen [fd53::1]:53", 1},
	    {"all", "--listen [::]:53 --listen 0.0.0.0:53", 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct options o;
		char line[256], error[OPTIONS_ERROR_MAX] = "";
		snprintf(line, sizeof(line),
		         "%s --port 01:00.0 --address 10.0.0.1/8 --address fd53::1/64 "
		         "--address fe80::1/64 --port net_tap0 --address 10.1.0.1/8",
		         rows[i].listen);
		if (parse(line, &o, error) != 0)
			fail_msg("%s: %s", line, error);
		if (o.served_count - o.listen_count != rows[i].added)
			fail_msg("%s: %u added", rows[i].why, o.served_count - o.listen_count);
		for (unsigned j = 0; j < o.served_count; j++) {
			assert_int_equal(o.listens[j].is_punted, j >= o.listen_count);
			assert_int_equal(o.listens[j].may_fail, j >= o.listen_count);
		}
	}
	struct options o;
	char error[OPTIONS_ERROR_MAX] = "";
	const char *line = "--port 01:00.0 --address 10.0.0.1/8 --punt k";
	assert_int_equal(parse(line, &o, error), 0);
	assert_int_equal(o.served_count, 1);
	assert_false(o.listens[0].may_fail); /* what was asked for must be had */
	assert_int_equal(o.listens[0].address.ip4.sin_port, htons(53));
	assert_int_equal(o.listens[0].address.ip4.sin_addr.s_addr, htonl(0x0a000001));
}

static void test_everything(void **state)
{
	(void)state;
	struct options o;
	char error[OPTIONS_ERROR_MAX] = "";
	const char *line = "--socket /run/x.sock --listen 127.0.0.1:5300 --listen [::1]:53 "
			   "--port net_tap0,iface=rbl0 --address 10.53.0.1/24 --address fd53::1/64 "
			   "--port 0000:01:00.0 --address 192.0.2.1/32 --core 1 --core 3 "
			   "--hugepages=never --idle=poll --socket-threads 4 "
			   "--punt-rate 500";
	assert_int_equal(parse(line, &o, error), 0);
	assert_int_equal(o.action, OPTIONS_RUN);
	assert_string_equal(o.socket_path, "/run/x.sock");
	assert_int_equal(o.listen_count, 2);
	assert_int_equal(o.listens[0].address.ip4.sin_family, AF_INET);
	assert_int_equal(o.listens[0].address.ip4.sin_port, htons(5300));
	assert_int_equal(o.listens[0].address.ip4.sin_addr.s_addr, htonl(0x7f000001));
	assert_int_equal(o.listens[1].address.ip6.sin6_family, AF_INET6);
	assert_int_equal(o.listens[1].address.ip6.sin6_port, htons(53));
	assert_true(IN6_IS_ADDR_LOOPBACK(&o.listens[1].address.ip6.sin6_addr));

	assert_int_equal(o.port_count, 2);
	assert_string_equal(o.ports[0].device, "net_tap0,iface=rbl0");
	assert_string_equal(o.ports[0].name, "net_tap0");
	assert_false(o.ports[0].is_pci);
	assert_int_equal(o.ports[0].address_count, 2);
	static const uint8_t ip4[4] = {10, 53, 0, 1}, ip6[16] = {0xfd, 0x53, [15] = 1};
	assert_false(o.ports[0].addresses[0].is_ip6);
	assert_int_equal(o.ports[0].addresses[0].length, 24);
	assert_memory_equal(o.ports[0].addresses[0].bytes, ip4, 4);
	assert_true(o.ports[0].addresses[1].is_ip6);
	assert_int_equal(o.ports[0].addresses[1].length, 64);
	assert_memory_equal(o.ports[0].addresses[1].bytes, ip6, 16);
	assert_true(o.ports[1].is_pci);
	assert_string_equal(o.ports[1].name, "0000:01:00.0");
	assert_int_equal(o.ports[1].address_count, 1);

	assert_int_equal(o.core_count, 2);
	assert_int_equal(o.cores[0], 1);
	assert_int_equal(o.cores[1], 3);
	assert_int_equal(o.hugepages, HUGEPAGES_NEVER);
	assert_int_equal(o.idle, IDLE_POLL);
	assert_int_equal(o.socket_threads, 4);
	assert_int_equal(o.punt_rate, 500);
}

static void test_defaults(void **state)
{
	(void)state;
	struct options o;
	char error[OPTIONS_ERROR_MAX] = "";
	assert_int_equal(parse("--listen 127.0.0.1:0", &o, error), 0);
	assert_string_equal(o.socket_path, OPTIONS_SOCKET);
	assert_int_equal(o.port_count, 0);
	assert_int_equal(o.core_count, 0);
	assert_int_equal(o.hugepages, HUGEPAGES_AUTO);
	assert_int_equal(o.idle, IDLE_BACKOFF);
	assert_int_equal(o.socket_threads, 1);
	assert_int_equal(o.punt_rate, 10000);
	assert_int_equal(o.tcp_connections, 1024);
	assert_int_equal(o.tcp_per_client, 64);
	assert_int_equal(o.tcp_idle_s, 10);
}

static void test_actions(void **state)
{
	(void)state;
	struct options o;
	char error[OPTIONS_ERROR_MAX] = "";
	/* They ask for no service, so they need none named. */
	assert_int_equal(parse("--help", &o, error), 0);
	assert_int_equal(o.action, OPTIONS_HELP);
	assert_int_equal(parse("--version --bogus", &o, error), 0);
	assert_int_equal(o.action, OPTIONS_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mistakes),   cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_everything), cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_actions),    cmocka_unit_test(test_device_names),
	    cmocka_unit_test(test_punts),      cmocka_unit_test(test_punted_listens),
	};
	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}

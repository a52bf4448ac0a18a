/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_check.h"

#include "control/config.h"
#include "control/config_hidden.h"
#include "control/config_limits.h"
#include "control/config_monitor.h"
#include "control/config_names.h"
#include "control/config_place.h"
#include "control/config_reputation_keys.h"
#include "control/config_schema.h"
#include "control/config_value.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#define INTERFACE_NAME_MAX  15
#define PUNT_RATE_MAX       10000000
#define CORE_MAX            1023
#define DEVICE_MAX          255
#define TTL_MAX             INT32_MAX /* RFC 2181 section 8 */
#define RATE_MAX            100000
#define SLIP_MAX            10
#define TCP_MAX             65536
#define TCP_IDLE_MAX_S      3600
#define BUCKETS_MAX         (1u << 22)
#define FETCH_TIMEOUT_MAX_S 86400

struct check {
	const char *folder;
	char expected[512];
};

/* Returns NULL, or what is expected instead. */
typedef const char *check_scalar(struct check *c, const char *text);

static const char *check_path(struct check *c, const char *text)
{
	(void)c;
	return text[0] && strlen(text) < PATH_MAX / 2 ? NULL : "the path of a file or folder";
}

static const char *check_socket(struct check *c, const char *text)
{
	size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
	size_t size = strlen(text) + (text[0] == '/' ? 0 : strlen(c->folder) + 1);

	if (text[0] && size <= max)
		return NULL;
	snprintf(c->expected, sizeof(c->expected),
	         "the path of a unix socket, at most %zu bytes with its folders", max);
	return c->expected;
}

static const char *check_endpoint(struct check *c, const char *text)
{
	struct config_endpoint endpoint;

	(void)c;
	return config_value_endpoint(text, &endpoint) == 0
	           ? NULL
	           : "ADDRESS:PORT, such as \"127.0.0.1:5300\" or \"[::1]:5300\"";
}

static const char *check_device(struct check *c, const char *text)
{
	(void)c;
	return text[0] && strlen(text) <= DEVICE_MAX
	           ? NULL
	           : "a DPDK device, such as \"0000:01:00.0\" or \"net_tap0,iface=rbl0\"";
}

static const char *check_interface(struct check *c, const char *text)
{
	struct address_range address;
	unsigned length;

	(void)c;
	return config_value_interface(text, &address, &length) == 0
	           ? NULL
	           : "ADDRESS/LENGTH, such as \"10.53.0.1/24\" or \"fd53::1/64\"";
}

static bool is_interface_name(const char *text)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t size = strlen(text);

	return size > 0 && size <= INTERFACE_NAME_MAX && text[0] != '.' && text[0] != '-' &&
	       strspn(text, allowed) == size;
}

static const char *check_punt(struct check *c, const char *text)
{
	static const char *const taken[] = {"true", "yes", "no", "on", "off"};
	bool is_ok = strcmp(text, "false") == 0 || is_interface_name(text);

	(void)c;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		is_ok &= strcmp(text, taken[i]) != 0;
	return is_ok ? NULL
	             : "the name of an interface, such as rbl-0, of at most 15 letters, digits, "
	               "'.', '_', '-', or false";
}

static const char *check_number(struct check *c, const char *text, unsigned max)
{
	uint64_t number;

	if (config_value_number(text, max, &number) == 0)
		return NULL;
	snprintf(c->expected, sizeof(c->expected), "a number from 0 to %u", max);
	return c->expected;
}

static const char *check_core(struct check *c, const char *text)
{
	return check_number(c, text, CORE_MAX);
}

static const char *check_punt_rate(struct check *c, const char *text)
{
	uint64_t number;

	if (config_value_number(text, PUNT_RATE_MAX, &number) == 0 && number > 0)
		return NULL;
	snprintf(c->expected, sizeof(c->expected), "frames per second, from 1 to %d",
	         PUNT_RATE_MAX);
	return c->expected;
}

static const char *check_ttl(struct check *c, const char *text)
{
	return check_number(c, text, TTL_MAX);
}

static const char *check_from_one(struct check *c, const char *text, unsigned max)
{
	uint64_t number;

	if (config_value_number(text, max, &number) == 0 && number > 0)
		return NULL;
	snprintf(c->expected, sizeof(c->expected), "a number from 1 to %u", max);
	return c->expected;
}

static const char *check_rate(struct check *c, const char *text)
{
	return check_number(c, text, RATE_MAX);
}

static const char *check_slip(struct check *c, const char *text)
{
	return check_number(c, text, SLIP_MAX);
}

static const char *check_length4(struct check *c, const char *text)
{
	return check_from_one(c, text, 32);
}

static const char *check_length6(struct check *c, const char *text)
{
	return check_from_one(c, text, 128);
}

static const char *check_tcp_count(struct check *c, const char *text)
{
	return check_from_one(c, text, TCP_MAX);
}

static const char *check_tcp_idle(struct check *c, const char *text)
{
	uint64_t seconds;

	(void)c;
	return config_value_duration(text, &seconds) == 0 && seconds <= TCP_IDLE_MAX_S
	           ? NULL
	           : "a duration from 1s to 1h";
}

static const char *check_buckets(struct check *c, const char *text)
{
	return check_from_one(c, text, BUCKETS_MAX);
}

static const char *check_widest4(struct check *c, const char *text)
{
	return check_number(c, text, 32);
}

static const char *check_widest6(struct check *c, const char *text)
{
	return check_number(c, text, 128);
}

static const char *check_share(struct check *c, const char *text)
{
	double share;

	(void)c;
	return config_value_fraction(text, &share) == 0 && share >= 0 && share <= 1
	           ? NULL
	           : "a share from 0 to 1, such as 0.01";
}

static const char *check_growth(struct check *c, const char *text)
{
	double growth;

	(void)c;
	return config_value_fraction(text, &growth) == 0 && growth >= 1 ? NULL
	                                                                : "a multiple from 1 up";
}

/* Says what was probably meant when only host bits are wrong. */
static const char *expect_network(struct check *c, const char *text, const char *what)
{
	char network[2 * ADDRESS_TEXT_MAX];
	struct address_range range;

	if (address_parse(text, strlen(text), &range) < 0 || !range.has_host_bits)
		return what;
	address_format(&range, network);
	snprintf(c->expected, sizeof(c->expected), "a network without host bits: \"%s\"", network);
	return c->expected;
}

static const char *check_prefix(struct check *c, const char *text)
{
	struct address_range range;

	return config_value_network(text, false, &range) == 0
	           ? NULL
	           : expect_network(c, text,
	                            "an address or prefix, such as \"192.0.2.0/24\" or "
	                            "\"2001:db8::/32\"");
}

static const char *check_address(struct check *c, const char *text)
{
	struct address_range range;

	(void)c;
	return config_value_network(text, false, &range) == 0 && range.first == range.last
	           ? NULL
	           : "an address, such as \"192.0.2.25\" or \"2001:db8::25\"";
}

static const char *check_every(struct check *c, const char *text)
{
	uint64_t seconds;

	(void)c;
	return config_value_duration(text, &seconds) == 0 && seconds >= CONFIG_MONITOR_EVERY_MIN_S
	           ? NULL
	           : "a duration of at least 1m, such as 1h";
}

static const char *check_resolver(struct check *c, const char *text)
{
	struct config_endpoint endpoint;

	return config_value_endpoint(text, &endpoint) == 0 || !check_address(c, text)
	           ? NULL
	           : "ADDRESS or ADDRESS:PORT, such as 127.0.0.1 or \"[::1]:5353\"";
}

static const char *check_places(struct check *c, const char *text)
{
	struct config_place place;

	return config_place_parse(text, &place) == 0
	           ? NULL
	           : expect_network(c, text,
	                            "an address, prefix, range or name, such as \"192.0.2.0/24\", "
	                            "\"192.0.2.1-192.0.2.9\" or \"example.org\"");
}

static const char *check_labels(struct check *c, const char *text)
{
	return check_number(c, text, 127);
}

static const char *check_keep(struct check *c, const char *text)
{
	return check_from_one(c, text, CONFIG_KEEP_MAX);
}

static const char *check_list_name(struct check *c, const char *text)
{
	(void)c;
	return config_value_is_list_name(text)
	           ? NULL
	           : "1 to 63 characters a-z, 0-9, '.', '_' or '-', not starting with '.'";
}

static const char *check_domain(struct check *c, const char *text)
{
	uint8_t wire[NAME_WIRE_MAX + 1];

	(void)c;
	return config_value_domain(text, wire) > 0 ? NULL : "a domain name, such as bl.example";
}

static const char *check_format(struct check *c, const char *text)
{
	size_t at;

	if (format_find(text))
		return NULL;
	if (strcmp(text, "rbldnsd-acl") == 0)
		return "the format of a list: an acl lists nothing, give it to access_file";
	at = (size_t)snprintf(c->expected, sizeof(c->expected),
	                      "one of the formats of this version:");
	for (const struct format *f = formats; f->name && at < sizeof(c->expected); f++)
		at += (size_t)snprintf(c->expected + at, sizeof(c->expected) - at, "%s %s",
		                       f == formats ? "" : ",", f->name);
	return c->expected;
}

static const char *check_duration(struct check *c, const char *text)
{
	uint64_t seconds;

	(void)c;
	return config_value_duration(text, &seconds) == 0
	           ? NULL
	           : "a duration, such as 90s, 15m, 1h, 3d or 1w";
}

static const char *check_timeout(struct check *c, const char *text)
{
	uint64_t seconds;

	(void)c;
	return config_value_duration(text, &seconds) == 0 && seconds <= FETCH_TIMEOUT_MAX_S
	           ? NULL
	           : "a duration from 1s to 1d";
}

static const char *check_size(struct check *c, const char *text)
{
	uint64_t size;

	(void)c;
	return config_value_size(text, &size) == 0
	           ? NULL
	           : "a size, such as 500K, 64M or 2G, of at most 1024G";
}

static const char *check_url(struct check *c, const char *text)
{
	(void)c;
	return config_value_is_url(text) ? NULL
	                                 : "http://HOST/…, https://HOST/…, axfr://HOST/ZONE or "
	                                   "ixfr://HOST/ZONE without a "
	                                   "user or password (a secret goes into secret_file)";
}

static const char *check_proxy(struct check *c, const char *text)
{
	(void)c;
	return config_value_is_url(text) && strncasecmp(text, "http", 4) == 0 ? NULL
	                                                                      : "http://HOST:PORT";
}

static const char *check_rsync(struct check *c, const char *text)
{
	(void)c;
	return config_value_is_rsync(text)
	           ? NULL
	           : "rsync://HOST/MODULE/FILE or HOST::MODULE/FILE (a password goes into "
	             "secret_file)";
}

static const char *check_companion_url(struct check *c, const char *text)
{
	(void)c;
	return (config_value_is_url(text) && strncasecmp(text, "http", 4) == 0) ||
	               config_value_is_rsync(text)
	           ? NULL
	           : "http://HOST/…, https://HOST/…, rsync://HOST/MODULE/FILE or "
	             "HOST::MODULE/FILE";
}

static const char *check_push(struct check *c, const char *text)
{
	(void)c;
	return strcmp(text, "true") == 0 ? NULL : "true";
}

static const char *check_code(struct check *c, const char *text)
{
	uint32_t code;

	(void)c;
	return config_value_code(text, &code) == 0
	           ? NULL
	           : "an address in 127.0.0.0/8 but not 127.0.0.1 (never listed) and not in "
	             "127.255.255.0/24 (reserved for errors)";
}

static const char *check_text(struct check *c, const char *text)
{
	if (strlen(text) <= CONFIG_TEXT_MAX)
		return NULL;
	snprintf(c->expected, sizeof(c->expected), "at most %d bytes", CONFIG_TEXT_MAX);
	return c->expected;
}

/* A character-string of TXT; RFC 4892 wants it to be read by people. */
static const char *check_identity(struct check *c, const char *text)
{
	for (const char *at = text; *at; at++)
		if (*at < ' ' || *at > '~')
			return "printable ASCII characters";
	return check_text(c, text);
}

static const char *check_nsid(struct check *c, const char *text)
{
	if (strlen(text) <= CONFIG_NSID_MAX)
		return check_identity(c, text);
	snprintf(c->expected, sizeof(c->expected), "at most %d bytes", CONFIG_NSID_MAX);
	return c->expected;
}

static const char *check_bit(struct check *c, const char *text)
{
	uint64_t bit;

	(void)c;
	return config_value_number(text, 1u << 23, &bit) == 0 && bit >= 2 && (bit & (bit - 1)) == 0
	           ? NULL
	           : "a power of two from 2 to 8388608 (1 would make 127.0.0.1, which is never "
	             "listed)";
}

static const char *check_category(struct check *c, const char *text)
{
	uint64_t category;

	(void)c;
	return config_value_number(text, 20, &category) == 0 &&
	               ((category >= 2 && category <= 15) || category == 20)
	           ? NULL
	           : "a number from 2 to 15, or 20";
}

static const char *check_trust(struct check *c, const char *text)
{
	return check_number(c, text, 3);
}

static const char *check_mailbox(struct check *c, const char *text)
{
	uint8_t wire[NAME_WIRE_MAX + 1];

	(void)c;
	return config_value_mailbox(text, wire) > 0
	           ? NULL
	           : "a mail address, such as hostmaster@example.org";
}

static const struct {
	const char *pattern;
	check_scalar *check;
} rules[] = {
    {"state_dir", check_path},
    {"control_socket", check_socket},
    {"dataplane.socket", check_socket},
    {"dataplane.listen[]", check_endpoint},
    {"dataplane.ports[].device", check_device},
    {"dataplane.ports[].addresses[]", check_interface},
    {"dataplane.ports[].punt", check_punt},
    {"dataplane.cores[]", check_core},
    {"dataplane.punt_rate", check_punt_rate},
    {"dataplane.tcp_connections", check_tcp_count},
    {"dataplane.tcp_per_client", check_tcp_count},
    {"dataplane.tcp_idle", check_tcp_idle},
    {"http.listen", check_endpoint},
    {"http.access[]", check_prefix},
    {"http.operator_token_file", check_path},
    {"monitor.addresses[]", check_address},
    {"monitor.zones[]", check_domain},
    {"monitor.every", check_every},
    {"monitor.resolver", check_resolver},
    {"cookies.secret_file", check_path},
    {"identity.version", check_identity},
    {"identity.hostname", check_identity},
    {"identity.nsid", check_nsid},
    {"access_file", check_path},
    {"access[].from", check_prefix},
    {"access[].code", check_code},
    {"access[].text", check_text},
    {"rate_limit.responses_per_s", check_rate},
    {"rate_limit.nxdomains_per_s", check_rate},
    {"rate_limit.errors_per_s", check_rate},
    {"rate_limit.slip", check_slip},
    {"rate_limit.ipv4_length", check_length4},
    {"rate_limit.ipv6_length", check_length6},
    {"rate_limit.buckets", check_buckets},
    {"rate_limit.exempt[]", check_prefix},
    {"guard.never_list[]", check_places},
    {"guard.canaries[]", check_places},
    {"reputation.asn", check_path},
    {"reputation.socket", check_socket},
    {"reputation.stream", check_socket},
    {"reputation.trusted_relays[]", check_prefix},
    {"reputation.reporters[].token_file", check_path},
    {"lists[].name", check_list_name},
    {"lists[].feed.path", check_path},
    {"lists[].feed.url", check_url},
    {"lists[].feed.rsync", check_rsync},
    {"lists[].feed.push", check_push},
    {"lists[].feed.secret_file", check_path},
    {"lists[].feed.ca_file", check_path},
    {"lists[].feed.proxy", check_proxy},
    {"lists[].feed.min_interval", check_duration},
    {"lists[].feed.timeout", check_timeout},
    {"lists[].feed.size_max", check_size},
    {"lists[].feed.format", check_format},
    {"lists[].feed.refresh", check_duration},
    {"lists[].feed.max_age", check_duration},
    {"lists[].feed.keep", check_keep},
    {"lists[].feed.checksum", check_path},
    {"lists[].feed.checksum_url", check_companion_url},
    {"lists[].feed.signature", check_path},
    {"lists[].feed.signature_url", check_companion_url},
    {"lists[].feed.keyring", check_path},
    {"lists[].feed.guards.errors", check_share},
    {"lists[].feed.guards.shrink", check_share},
    {"lists[].feed.guards.growth", check_growth},
    {"lists[].feed.guards.coverage4", check_share},
    {"lists[].feed.guards.labels", check_labels},
    {"lists[].feed.guards.must_list[]", check_places},
    {"lists[].feed.guards.widest4", check_widest4},
    {"lists[].feed.guards.widest6", check_widest6},
    {"lists[].code", check_code},
    {"lists[].text", check_text},
    {"lists[].bit", check_bit},
    {"lists[].category", check_category},
    {"lists[].trust", check_trust},
    {"zones[].name", check_domain},
    {"zones[].ttl", check_ttl},
    {"zones[].negative_ttl", check_ttl},
    {"zones[].ns[]", check_domain},
    {"zones[].records", check_path},
    {"zones[].soa.mname", check_domain},
    {"zones[].soa.rname", check_mailbox},
    {"zones[].soa.refresh", check_duration},
    {"zones[].soa.retry", check_duration},
    {"zones[].soa.expire", check_duration},
    {"zones[].keys", check_path},
    {"zones[].access_file", check_path},
    {"zones[].access[].from", check_prefix},
    {"zones[].access[].code", check_code},
    {"zones[].access[].text", check_text},
};

static const char *check_rules(const char *pattern, const char *text, void *context)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strcmp(rules[i].pattern, pattern) == 0)
			return rules[i].check(context, text);
	if (strncmp(pattern, "reputation.", strlen("reputation.")) == 0)
		return config_reputation_expected(pattern + strlen("reputation."), text);
	return NULL;
}

char *config_check_absolute(const char *folder, const char *path)
{
	char *absolute;

	if (path[0] == '/')
		return strdup(path);
	if (asprintf(&absolute, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, path) < 0)
		return NULL;
	return absolute;
}

void config_check(const struct config_node *root, const char *folder, struct config_mistakes *m)
{
	struct check c = {.folder = folder};

	config_schema_check(root, check_rules, &c, m);
	config_hidden_check(root, m);
	config_names_check(root, m);
	config_limits_check(root, m);
	config_reputation_check(root, m);
}

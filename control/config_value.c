/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LIST_NAME_MAX 63
#define PORT_MAX      65535

int config_value_number(const char *text, uint64_t max, uint64_t *out_number)
{
	uint64_t number = 0;

	if (!text[0] || (text[0] == '0' && text[1]))
		return -EINVAL;
	for (const char *c = text; *c; c++) {
		unsigned digit = (unsigned)(*c - '0');

		if (digit > 9 || number > (UINT64_MAX - digit) / 10)
			return -EINVAL;
		number = 10 * number + digit;
	}
	if (number > max)
		return -EINVAL;
	*out_number = number;
	return 0;
}

int config_value_duration(const char *text, uint64_t *out_seconds)
{
	static const struct {
		char letter;
		uint32_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
	size_t size = strlen(text);
	uint64_t number;
	char digits[16];

	if (size < 2 || size > sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, size - 1);
	digits[size - 1] = '\0';
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].letter != text[size - 1])
			continue;
		if (config_value_number(digits, CONFIG_DURATION_MAX_S / units[i].seconds, &number) <
		        0 ||
		    number == 0)
			return -EINVAL;
		*out_seconds = number * units[i].seconds;
		return 0;
	}
	return -EINVAL;
}

int config_value_fraction(const char *text, double *out_number)
{
	char *end;
	double number;

	/* strtod() alone would take "inf", "nan", hexadecimal and leading blanks. */
	if (!isdigit((unsigned char)text[0]) || text[strspn(text, "0123456789.eE+-")])
		return -EINVAL;
	number = strtod(text, &end);
	if (*end || !isfinite(number))
		return -EINVAL;
	*out_number = number;
	return 0;
}

/* address_parse() for one address: no prefix, no range. */
static int parse_address(const char *text, struct address_range *out_range)
{
	struct address_range range;

	if (strpbrk(text, "/-") || address_parse(text, strlen(text), &range) < 0 ||
	    range.first != range.last)
		return -EINVAL;
	*out_range = range;
	return 0;
}

int config_value_code(const char *text, uint32_t *out_code)
{
	struct address_range range;
	uint32_t code;

	if (strchr(text, ':') || parse_address(text, &range) < 0)
		return -EINVAL;
	code = (uint32_t)range.first;
	if (code >> 24 != 127 || code == 0x7f000001 || code >> 8 == 0x7fffff)
		return -EINVAL;
	*out_code = code;
	return 0;
}

int config_value_network(const char *text, bool is_range_allowed, struct address_range *out_range)
{
	struct address_range range;

	if (!is_range_allowed && strchr(text, '-'))
		return -EINVAL;
	if (address_parse(text, strlen(text), &range) < 0 || range.has_host_bits)
		return -EINVAL;
	*out_range = range;
	return 0;
}

int config_value_endpoint(const char *text, struct config_endpoint *out_endpoint)
{
	const char *colon = strrchr(text, ':');
	size_t size = colon ? (size_t)(colon - text) : 0;
	char address[ADDRESS_TEXT_MAX];
	struct address_range range;
	bool is_bracketed;
	uint64_t port;

	if (size < 2 || size >= sizeof(address))
		return -EINVAL;
	is_bracketed = text[0] == '[';
	if (is_bracketed) {
		if (text[size - 1] != ']')
			return -EINVAL;
		text++;
		size -= 2;
	}
	memcpy(address, text, size);
	address[size] = '\0';
	/* "::1:53" without brackets is an address of its own, not an address and a port. */
	if (is_bracketed != (strchr(address, ':') != NULL))
		return -EINVAL;
	if (parse_address(address, &range) < 0)
		return -EINVAL;
	if (config_value_number(colon + 1, PORT_MAX, &port) < 0 || port == 0)
		return -EINVAL;
	*out_endpoint = (struct config_endpoint){
	    .is_ip6 = range.is_ip6, .address = range.first, .port = (uint16_t)port};
	return 0;
}

int config_value_interface(const char *text, struct address_range *out_address,
                           unsigned *out_length)
{
	const char *slash = strchr(text, '/');
	char address[ADDRESS_TEXT_MAX];
	struct address_range range;
	uint64_t length;

	if (!slash || (size_t)(slash - text) >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (parse_address(address, &range) < 0)
		return -EINVAL;
	if (config_value_number(slash + 1, range.is_ip6 ? 128 : 32, &length) < 0 || length == 0)
		return -EINVAL;
	*out_address = range;
	*out_length = (unsigned)length;
	return 0;
}

int config_value_domain(const char *text, uint8_t out_wire[NAME_WIRE_MAX + 1])
{
	uint8_t wire[NAME_WIRE_MAX];
	int size = name_parse(text, strlen(text), wire);

	if (size <= 0)
		return -EINVAL;
	memcpy(out_wire, wire, (size_t)size);
	out_wire[size] = 0;
	return size + 1;
}

int config_value_mailbox(const char *text, uint8_t out_wire[NAME_WIRE_MAX + 1])
{
	const char *at = strchr(text, '@');
	size_t local = at ? (size_t)(at - text) : 0;
	uint8_t domain[NAME_WIRE_MAX + 1];
	int size = config_value_domain(at ? at + 1 : text, domain);

	if (size < 0 || (at && (local == 0 || local > 63)) ||
	    (size_t)size + 1 + local > NAME_WIRE_MAX)
		return -EINVAL;
	if (!at) {
		memcpy(out_wire, domain, (size_t)size);
		return size;
	}
	/* RFC 1035 section 8: what is before the '@' is one label, dots and all */
	out_wire[0] = (uint8_t)local;
	for (size_t i = 0; i < local; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			return -EINVAL;
		out_wire[1 + i] =
		    (uint8_t)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
	}
	memcpy(out_wire + 1 + local, domain, (size_t)size);
	return (int)(1 + local) + size;
}

bool config_value_is_list_name(const char *text)
{
	size_t size = strlen(text);

	return size > 0 && size <= LIST_NAME_MAX && text[0] != '.' &&
	       !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-")];
}

int config_value_size(const char *text, uint64_t *out_bytes)
{
	static const char units[] = "KMG";
	size_t digits = strspn(text, "0123456789");
	const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	uint64_t number;

	if (digits == 0 || digits > 13 || (text[digits] && (!unit || text[digits + 1])))
		return -EINVAL;
	number = strtoull(text, NULL, 10);
	if (number == 0 || number > (CONFIG_VALUE_SIZE_MAX >> shift))
		return -EINVAL;
	*out_bytes = number << shift;
	return 0;
}

/* Of a URL and of what rsync takes: printable, of a length that fits everywhere. */
static bool is_plain_text(const char *text)
{
	size_t size = strlen(text);

	for (const char *at = text; *at; at++) {
		if (*at <= ' ' || *at > '~')
			return false;
	}
	return size > 0 && size <= CONFIG_VALUE_SOURCE_MAX;
}

bool config_value_is_url(const char *text)
{
	const char *host;

	if (strncasecmp(text, "https://", 8) == 0)
		host = text + 8;
	else if (strncasecmp(text, "http://", 7) == 0)
		host = text + 7;
	else if (strncmp(text, "axfr://", 7) == 0 || strncmp(text, "ixfr://", 7) == 0)
		host = text + 7;
	else
		return false;
	return is_plain_text(text) && strcspn(host, "/?#") > 0 &&
	       !memchr(host, '@', strcspn(host, "/?#"));
}

bool config_value_is_rsync(const char *text)
{
	const char *module;

	if (!is_plain_text(text) || text[0] == '-' || text[0] == ':')
		return false;
	if (strncmp(text, "rsync://", 8) == 0) {
		module = strchr(text + 8, '/');
		return module && module > text + 8 && module[1] && text[strlen(text) - 1] != '/';
	}
	/* HOST:FILE, and HOST/…::FILE, would run ssh or name a local file. */
	module = strchr(text, ':');
	return module && module[1] == ':' && module[2] &&
	       !memchr(text, '/', (size_t)(module - text)) && text[strlen(text) - 1] != '/';
}

unsigned config_value_sockaddr(const struct config_endpoint *endpoint,
                               struct sockaddr_storage *out_address)
{
	struct sockaddr_in6 address6 = {.sin6_family = AF_INET6,
	                                .sin6_port = htons(endpoint->port)};
	struct sockaddr_in address4 = {.sin_family = AF_INET,
	                               .sin_port = htons(endpoint->port),
	                               .sin_addr.s_addr = htonl((uint32_t)endpoint->address)};

	memset(out_address, 0, sizeof(*out_address));
	if (!endpoint->is_ip6) {
		memcpy(out_address, &address4, sizeof(address4));
		return sizeof(address4);
	}
	for (int i = 0; i < 16; i++)
		address6.sin6_addr.s6_addr[i] = (uint8_t)(endpoint->address >> (120 - 8 * i));
	memcpy(out_address, &address6, sizeof(address6));
	return sizeof(address6);
}

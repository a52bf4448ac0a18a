/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hosts files: "0.0.0.0 host …", an address that leads nowhere and the names it is given. A name
 * stands for itself only, as in a hosts file.
 */
#include "feeds/format_rows.h"
#include "feeds/host.h"
#include "feeds/lines.h"

#include <string.h>

/* What every hosts file has for the machine itself. */
static const char *const own_names[] = {
    "localhost",     "localhost.localdomain",
    "localhost4",    "localhost4.localdomain4",
    "localhost6",    "localhost6.localdomain6",
    "local",         "broadcasthost",
    "ip6-localhost", "ip6-loopback",
    "ip6-localnet",  "ip6-mcastprefix",
    "ip6-allnodes",  "ip6-allrouters",
    "ip6-allhosts",  "0.0.0.0",
};

static bool is_own(struct span name)
{
	for (size_t i = 0; i < sizeof(own_names) / sizeof(own_names[0]); i++)
		if (span_equals(name, own_names[i]))
			return true;
	return false;
}

static bool is_nowhere(const struct address_range *range)
{
	if (range->is_ip6)
		return range->last <= 1; /* ::, ::1 */
	return range->last == 0 || range->last >> 24 == 127;
}

static int name_add(struct lines *lines, struct span name, uint64_t number)
{
	struct dataset_entry entry = {.line = number};
	uint8_t wire[NAME_WIRE_MAX];
	const char *error;
	int size = host_parse(name, wire, &error);

	if (size < 0) {
		LINES_BAD(lines, number, "%s '%.*s': expected the name of a host", error,
		          SPAN_QUOTE(name));
		return 0;
	}
	lines->facts->line_count++;
	return dataset_add_name(lines->builder, wire, (size_t)size, DATASET_EXACT, &entry);
}

static int hosts_line(struct lines *lines, struct span line, uint64_t number)
{
	struct address_range range;
	struct span key, name;
	const char *comment = memchr(line.text, '#', line.size), *zone;
	int rc = 0;

	if (comment)
		line = span_trim((struct span){line.text, (size_t)(comment - line.text)});
	if (!line.size)
		return 0;
	key = span_word(&line);
	zone = memchr(key.text, '%', key.size); /* "fe80::1%lo0 localhost" */
	if (zone)
		key.size = (size_t)(zone - key.text);
	if (address_parse(key.text, key.size, &range) < 0 || range.first != range.last ||
	    !line.size) {
		LINES_BAD(lines, number, "bad line '%.*s': expected an address and a name",
		          SPAN_QUOTE(key));
		return 0;
	}
	for (name = span_word(&line); name.size && rc == 0; name = span_word(&line)) {
		if (is_own(name))
			continue;
		if (is_nowhere(&range))
			rc = name_add(lines, name, number);
		else
			dataset_skip_line(lines->builder, number,
			                  "'%.*s' leads to '%.*s', not to 0.0.0.0, 127.0.0.1 or ::",
			                  SPAN_QUOTE(name), SPAN_QUOTE(key));
	}
	return rc;
}

int format_hosts(struct reader *reader, struct dataset_builder *builder, char *out_error,
                 size_t error_size)
{
	struct lines lines = {.builder = builder, .error = out_error, .error_size = error_size};

	return lines_each(reader, &lines, hosts_line);
}

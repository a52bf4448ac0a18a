/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/lint.h"

#include "control/cli/ask.h"
#include "control/cli/commands.h"
#include "control/cli/lint_print.h"
#include "control/config_value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define TIMEOUT_DEFAULT_MS 2000

const struct lint_item lint_items[] = {
    {1, "127.0.0.2 is listed, with A and TXT", "RFC 5782 section 5", false, lint_test4},
    {2, "127.0.0.1 is not listed", "RFC 5782 section 5", false, lint_test4_never},
    {3, "::ffff:127.0.0.2 is listed, ::ffff:127.0.0.1 is not", "RFC 5782 section 5", false,
     lint_test6},
    {4, "'test' is listed, 'invalid' is not", "RFC 5782 section 5", false, lint_test_names},
    {5, "127.0.0.N has the code 127.0.0.N", "RFC 5782 section 5", false, lint_codes},
    {6, "names that nobody lists do not exist", "RFC 2308 sections 2.1, 3", false, lint_absent},
    {7, "names above entries exist, without data", "RFC 8020 section 2, RFC 4592 section 2.2.2",
     false, lint_ancestors},
    {8, "what is no reversed address is not read as one", "RFC 5782 sections 2.1, 2.4", false,
     lint_malformed},
    {9, "types that an entry does not have are no data", "RFC 2308 section 2.2, RFC 3597 section 3",
     false, lint_types},
    {10, "the apex has SOA and NS, name servers exist", "RFC 2181 section 6.1", false, lint_apex},
    {11, "letters keep their case, and it does not matter", "RFC 4343 sections 3, 4.1", false,
     lint_case},
    {12, "EDNS and cookies", "RFC 6891 sections 6, 7; RFC 7873 section 5.2", false, lint_edns},
    {13, "every way gives the same octets; TCP is pipelined and half closed",
     "RFC 7766 sections 5, 6.2", true, lint_tcp},
    {14, "ANY is answered with little", "RFC 8482 section 4", false, lint_any},
    {15, "opcodes, responses and question counts", "RFC 1035 section 4.1.1, RFC 9619 section 4",
     false, lint_header},
    {16, "other zones are refused", "RFC 1034 section 4.3.1, RFC 8914 section 4.21", false,
     lint_out_of_zone},
    {17, "version.bind and hostname.bind", "RFC 4892 section 2", false, lint_chaos},
    {18, "never an A outside 127/8", "RFC 5782 section 2.1", true, lint_addresses},
    {19, "while feeds are read again, all is answered", "RFC 1982 section 3.2", true, lint_reload},
    {20, "a zone that is not loaded or out of date", "RFC 8914 sections 4.15, 4.25", true,
     lint_stale},
    {0},
};

/* "ip4,names" */
static int read_families(const char *text, unsigned *out_families)
{
	static const struct {
		const char *name;
		enum lint_family family;
	} rows[] = {{"ip4", LINT_IP4}, {"ip6", LINT_IP6}, {"names", LINT_NAMES}};
	unsigned families = 0;

	while (text && *text) {
		size_t size = strcspn(text, ",");
		unsigned before = families;

		for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if (size == strlen(rows[i].name) && memcmp(text, rows[i].name, size) == 0)
				families |= rows[i].family;
		if (families == before)
			return -EINVAL;
		text += size + (text[size] == ',');
	}
	*out_families = families;
	return 0;
}

/* Ask over each path once. Whether any leads to a server that lets itself be asked. */
static int probe(struct lint *l, char *out_error)
{
	static const char *const labels[] = {"", "2.0.0.127", "test"};
	unsigned alive = 0, refused = 0, first = 0;
	const char *why = "";

	for (l->path = l->path_count; l->path-- > 0;) {
		struct lint_query q = lint_question(&l->apex, LINT_SOA);
		int rc = lint_exchange(l, &q, &why);

		if (rc < 0 && rc != -EBADMSG)
			l->paths[l->path].error = rc;
		else
			first = l->path, alive++;
	}
	l->path = first;
	if (!alive) {
		snprintf(out_error, LINT_TEXT_MAX, "%.80s does not answer: %.200s",
		         l->paths[0].text, why);
		return -EHOSTUNREACH;
	}
	for (unsigned i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		struct lint_query q = lint_question(&l->apex, i ? LINT_A : LINT_SOA);

		lint_name_below(labels[i], &l->apex, &q.name);
		refused += lint_exchange(l, &q, &why) == 0 && l->reply.rcode == LINT_REFUSED;
	}
	if (refused < sizeof(labels) / sizeof(labels[0]))
		return 0;
	snprintf(out_error, LINT_TEXT_MAX,
	         "%.80s refuses to answer for '%.200s': it does not serve the zone, or not to us",
	         l->paths[first].text, l->zone);
	return -EACCES;
}

/* Read the command line and find the server and its entries. */
static int begin(struct lint *l, const struct arguments *a, char *out_error)
{
	unsigned timeout_ms = TIMEOUT_DEFAULT_MS, families = 0;
	const char *server = a->operand_count > 1 ? a->operands[1] : NULL;
	int size = config_value_domain(l->zone, l->apex.wire), rc;

	if (size < 0) {
		snprintf(out_error, LINT_TEXT_MAX, "'%.200s': expected the name of a zone",
		         l->zone);
		return -EINVAL;
	}
	l->apex.size = (uint8_t)size;
	if (a->timeout && lint_timeout_parse(a->timeout, &timeout_ms) < 0) {
		snprintf(out_error, LINT_TEXT_MAX,
		         "--timeout '%.200s': expected 1ms to 60s, such as 2s or 500ms",
		         a->timeout);
		return -EINVAL;
	}
	if (read_families(a->family, &families) < 0) {
		snprintf(out_error, LINT_TEXT_MAX,
		         "--family '%.200s': expected ip4, ip6, names, with commas between them",
		         a->family);
		return -EINVAL;
	}
	if (server && *server++ != '@') {
		snprintf(out_error, LINT_TEXT_MAX, "'%.200s': expected @SERVER[:PORT]", --server);
		return -EINVAL;
	}
	for (unsigned i = 0; l->config && i < l->config->zones_count; i++) {
		const struct config_zone *zone = &l->config->zones[i];

		if (zone->apex_size == size && memcmp(zone->apex, l->apex.wire, (size_t)size) == 0)
			l->config_zone = zone;
	}
	rc = lint_target_paths(l, server, timeout_ms, out_error);
	if (rc == 0)
		rc = probe(l, out_error);
	return rc < 0 ? rc : lint_keys_find(l, a->listed, a->listed_count, families, out_error);
}

static void run_items(struct lint *l, struct lint_result *results)
{
	for (unsigned i = 0; lint_items[i].name; i++) {
		l->result = &results[i];
		for (unsigned path = 0; path < l->path_count; path++) {
			l->path = path;
			if (lint_items[i].is_once && path > 0)
				break;
			if (lint_items[i].is_once || lint_is_alive(&l->paths[path]))
				lint_items[i].run(l);
		}
	}
	l->result = NULL;
}

static void end(struct lint *l, struct lint_result *results)
{
	for (unsigned i = 0; lint_items[i].name; i++) {
		for (size_t j = 0; j < results[i].count; j++) {
			free(results[i].checks[j].asked);
			free(results[i].checks[j].wanted);
			free(results[i].checks[j].came);
		}
		free(results[i].checks);
	}
	for (unsigned i = 0; i < l->path_count; i++)
		lint_ask_close(&l->paths[i]);
}

int lint_run(const struct arguments *a)
{
	struct lint_result results[sizeof(lint_items) / sizeof(lint_items[0])] = {0};
	struct config *config = a->given & OPTION_CONFIG ? ask_config(a) : NULL;
	struct lint *l = calloc(1, sizeof(*l));
	char error[LINT_TEXT_MAX] = "not enough memory";
	int status = EXIT_UNKNOWN;

	if (!l || (a->given & OPTION_CONFIG && !config)) {
		if (!l)
			ask_fail(a, "%s", error);
		goto out;
	}
	l->zone = a->operands[0];
	l->config = config;
	if (getrandom(&l->random, sizeof(l->random), GRND_NONBLOCK) < 0)
		l->random = (uintptr_t)l;
	if (begin(l, a, error) < 0) {
		ask_fail(a, "%s", error);
		goto out;
	}
	run_items(l, results);
	if (l->is_out_of_memory) {
		ask_fail(a, "%s", "not enough memory");
		goto out;
	}
	if (a->given & OPTION_JSON)
		lint_print_json(l, results);
	else
		lint_print_text(l, results);
	status = lint_print_count(results).failed ? EXIT_NO : EXIT_OK;
out:
	if (l)
		end(l, results);
	free(l);
	config_free(config);
	return status;
}

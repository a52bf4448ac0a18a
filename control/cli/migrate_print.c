/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/migrate_print.h"

#include "control/cli/show.h"
#include "control/config.h"
#include "control/config_value.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define COMMENT_WIDTH 96

/* What an option that was given, or was not, means here. */
static const struct {
	char letter;
	bool is_for_absence, is_lost;
	const char *text;
} option_notes[] = {
    {'u', false, false, "-u: the user is set where the daemons are started (systemd: User=)"},
    {'r', false, false, "-r: there is no chroot; the paths below are those outside of it"},
    {'e', false, true,
     "-e: prefixes with host bits (192.0.2.1/24) are bad lines here, as they are without -e; write "
     "192.0.2.0/24"},
    {'q', false, false,
     "-q: so it always is here: a zone whose lists are not read yet is answered with SERVFAIL"},
    {'f', false, false, "-f: so it always is here, without the second copy"},
    {'n', false, false, "-n: 'reputectl up' stays in the foreground"},
    {'p', false, false, "-p: there is no pid file; systemd, or 'reputectl up', knows the daemons"},
    {'l', false, true, "-l: queries are not logged; 'reputectl stats' counts them"},
    {'s', false, true,
     "-s: there is no file of statistics per zone; 'reputectl stats --json' has the counters"},
    {'F', false, false, "-F: the daemons log to standard error (systemd: the journal)"},
    {'A', false, true, "-A: NS records are not added to every answer, only to questions for them"},
    {'a', true, false,
     "without -a rbldnsd adds NS records to every answer; here only to questions for them"},
    {'C', false, false, "-C: what is compressed is always expanded, by its first bytes"},
    {'x', false, true, "-x: there are no extensions"},
    {'X', false, true, "-X: there are no extensions"},
    {'d', false, false, "-d prints zones and ends: see 'reputectl dump LIST --format bind'"},
};

static int note_options(struct migrate_plan *plan)
{
	const struct rbldnsd_line *line = plan->line;
	int rc = 0;

	for (size_t i = 0; i < sizeof(option_notes) / sizeof(option_notes[0]) && rc == 0; i++) {
		bool is_given = line->has_bit[(unsigned char)option_notes[i].letter];

		if (option_notes[i].letter == 'a' && line->has_bit['A'])
			continue;
		if (is_given != option_notes[i].is_for_absence)
			rc = migrate_note(&plan->notes, option_notes[i].is_lost, "%s",
			                  option_notes[i].text);
	}
	if (rc == 0 && line->check_s == 0)
		rc = migrate_note(&plan->notes, false,
		                  "-c 0: files are watched all the same, a change is read at once");
	return rc;
}

/* "address/port" as "address:port". Returns whether it is one, and of a family that is wanted. */
static bool endpoint(const struct rbldnsd_line *line, const char *text, char *out_text, size_t size)
{
	size_t address_size = strcspn(text, "/");
	const char *port = text[address_size] ? text + address_size + 1 : "53";
	struct config_endpoint parsed;
	struct in6_addr any6;
	struct in_addr any4;
	char address[64];

	if (address_size >= sizeof(address))
		return false;
	memcpy(address, text, address_size);
	address[address_size] = '\0';
	if (strcmp(port, "domain") == 0)
		port = "53";
	port += strspn(port, "0"); /* in one form, to be compared */
	if (inet_pton(AF_INET6, address, &any6) == 1 && !line->has_bit['4'] &&
	    inet_ntop(AF_INET6, &any6, address, sizeof(address)))
		snprintf(out_text, size, "[%s]:%s", address, port);
	else if (inet_pton(AF_INET, address, &any4) == 1 && !line->has_bit['6'])
		snprintf(out_text, size, "%s:%s", address, port);
	else
		return false;
	return config_value_endpoint(out_text, &parsed) == 0;
}

/* Whether an address was there before. */
static bool is_again(const struct rbldnsd_line *line, unsigned at, const char *text)
{
	char before[80];

	for (unsigned i = 0; i < at; i++)
		if (endpoint(line, line->binds[i], before, sizeof(before)) &&
		    strcmp(before, text) == 0)
			return true;
	return false;
}

static int note_binds(struct migrate_plan *plan)
{
	char text[80];
	int rc = 0;

	for (unsigned i = 0; i < plan->line->bind_count && rc == 0; i++) {
		const char *bind = plan->line->binds[i];

		if (!endpoint(plan->line, bind, text, sizeof(text)))
			rc = migrate_note(&plan->notes, true,
			                  "-b %.100s: 'listen' needs addresses%s and the number of "
			                  "a port: write them there",
			                  bind,
			                  plan->line->has_bit['4']   ? " of IPv4 (-4)"
			                  : plan->line->has_bit['6'] ? " of IPv6 (-6)"
			                                             : "");
	}
	return rc;
}

int migrate_print_options(struct migrate_plan *plan)
{
	int rc = note_binds(plan);

	if (rc == 0)
		rc = note_options(plan);
	return rc;
}

/* A YAML scalar in double quotes. Bytes that are not UTF-8 are no path of ours: they stay. */
static void print_quoted(const char *text, FILE *out)
{
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			fprintf(out, "\\x%02x", (unsigned char)*text);
		else
			putc(*text, out);
	}
	putc('"', out);
}

/* Text of others in a comment: YAML takes nothing but UTF-8, also there. */
static void print_clean(const char *text, size_t size, FILE *out)
{
	char *clean = show_clean(text, size);

	fputs(clean ? clean : "?", out);
	free(clean);
}

/* A comment, wrapped. */
static void print_comment(const char *indent, const char *mark, const char *text, FILE *out)
{
	size_t column = 0;
	const char *word = text;

	fprintf(out, "%s#%s", indent, mark);
	for (; *word; word += strspn(word, " ")) {
		size_t size = strcspn(word, " ");

		if (column && column + size > COMMENT_WIDTH) {
			fprintf(out, "\n%s#   ", indent);
			column = 0;
		}
		putc(' ', out);
		print_clean(word, size, out);
		column += size + 1;
		word += size;
	}
	putc('\n', out);
}

static void print_notes(const struct migrate_notes *notes, const char *indent, FILE *out)
{
	for (size_t i = 0; i < notes->count; i++)
		print_comment(indent, notes->items[i].is_lost ? " NOT CARRIED OVER:" : "",
		              notes->items[i].text, out);
}

static void print_head(const struct migrate_plan *plan, unsigned count, char *const *words,
                       FILE *out)
{
	static const char *const always[] = {
	    "Differences that every zone has:",
	    "- test entries are built in (127.0.0.2, 127.0.0.X of every code, 'test'); 127.0.0.1 "
	    "is "
	    "never listed",
	    "- a name above something listed is answered without data, not with NXDOMAIN; there is "
	    "always a SOA, with the number of the last change as serial",
	    "- a new version of a file that looks wrong (empty, much smaller or larger, many bad "
	    "lines, "
	    "prefixes shorter than /8 and /19, much of all addresses, whole top-level domains) is "
	    "held "
	    "back and the last good one goes on serving: see 'guards' in reputed.yaml(5)",
	    "- several texts for an address or a name are one TXT record; a zone has one TTL",
	    "- octets with leading zeros, and codes outside 127.0.0.0/8, are not taken",
	};

	fprintf(out,
	        "# The configuration for this command line, made by 'reputectl migrate':\n#  ");
	for (unsigned i = 0; i < count; i++) {
		putc(' ', out);
		print_clean(words[i], strlen(words[i]), out);
	}
	fputs("\n#\n", out);
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		print_comment("", "", always[i], out);
	if (plan->notes.count)
		fputs("#\n", out);
	print_notes(&plan->notes, "", out);
}

static void print_server(const struct migrate_plan *plan, FILE *out)
{
	const char *comma = "";
	char text[80];

	fputs("\ndataplane:\n  listen: [", out);
	for (unsigned i = 0; i < plan->line->bind_count; i++) {
		if (!endpoint(plan->line, plan->line->binds[i], text, sizeof(text)) ||
		    is_again(plan->line, i, text))
			continue;
		fprintf(out, "%s\"%s\"", comma, text);
		comma = ", ";
	}
	fputs("]\n", out);
	if (plan->line->anonymous > 1)
		fputs("identity: {version: \"\"}    # -vv\n", out);
	else if (plan->line->anonymous)
		fputs("identity: {version: \"rbldnsd\"}    # -v\n", out);
	if (plan->acl.file) {
		fputs("access_file: ", out);
		print_quoted(plan->acl.file, out);
	} else if (!plan->acl.is_private) {
		fputs("access:    # rbldnsd answers everybody\n"
		      "  - {from: \"0.0.0.0/0\", action: allow}\n"
		      "  - {from: \"::/0\", action: allow}",
		      out);
	}
	putc('\n', out);
}

static void print_list(const struct migrate_plan *plan, const struct migrate_list *list, FILE *out)
{
	print_notes(&list->notes, "  ", out);
	fprintf(out, "  - name: \"%s\"\n", list->name);
	if (!list->path) {
		fputs("    manual: true\n", out);
		return;
	}
	fputs("    feed:\n      path: ", out);
	print_quoted(list->path, out);
	fprintf(out, "\n      format: %s\n", list->format);
	if (list->dataset) {
		fputs("      options: {dataset: ", out);
		print_quoted(list->dataset, out);
		fputs("}\n", out);
	}
	if (plan->line->check_s)
		fprintf(out, "      refresh: %us    # beside being told of changes\n",
		        plan->line->check_s);
	fputs("      expired: servfail    # past the expiry of $TIMESTAMP\n"
	      "      guards: {bogons: keep}    # rbldnsd lists what the file says\n",
	      out);
}

static void print_soa(const struct config_soa *soa, FILE *out)
{
	const uint64_t seconds[] = {soa->refresh_s, soa->retry_s, soa->expire_s};
	static const char *const names[] = {"refresh", "retry", "expire"};

	fputs("    soa: {mname: ", out);
	print_quoted(soa->mname, out);
	fputs(", rname: ", out);
	print_quoted(soa->rname, out);
	for (unsigned i = 0; i < 3; i++)
		if (seconds[i] && seconds[i] <= CONFIG_DURATION_MAX_S)
			fprintf(out, ", %s: %us", names[i], (unsigned)seconds[i]);
	fputs("}    # $SOA\n", out);
}

/* The stricter of it and the server's holds, as with rbldnsd. */
static void print_zone_acl(const struct migrate_acl *acl, FILE *out)
{
	if (acl->file) {
		fputs("    access_file: ", out);
		print_quoted(acl->file, out);
		putc('\n', out);
	}
	if (!acl->is_private)
		return;
	fputs("    access:\n", out);
	for (size_t i = 0; i < CONFIG_ACCESS_DEFAULT_COUNT; i++)
		fprintf(out, "      - {from: \"%s\", action: allow}\n", config_access_default[i]);
}

static void print_zone(const struct migrate_plan *plan, const struct migrate_zone *zone, FILE *out)
{
	/* What the data says of a zone, and who may ask it, is so for its subzones. */
	const struct migrate_zone *of = zone->is_own ? zone : &plan->zones[zone->base];

	print_notes(&zone->notes, "  ", out);
	fputs("  - name: ", out);
	print_quoted(zone->name, out);
	fputs("\n    lists: [", out);
	for (unsigned i = 0; i < zone->list_count; i++)
		fprintf(out, "%s\"%s\"", i ? ", " : "", plan->lists[zone->lists[i]].name);
	fprintf(out, "]\n    ttl: %u    # %s\n", zone->ttl_s,
	        zone->is_ttl_of_data       ? "$TTL"
	        : plan->line->has_bit['t'] ? "-t"
	                                   : "what rbldnsd has without $TTL and -t");
	if (of->has_minimum)
		fprintf(out, "    negative_ttl: %u    # minimum of $SOA\n", of->minimum_s);
	else
		fputs("    # no $SOA: rbldnsd's \"not listed\" could not be cached; here for "
		      "negative_ttl, 60 s\n",
		      out);
	if (of->special.ns_count) {
		fputs("    ns: [", out);
		for (unsigned i = 0; i < of->special.ns_count; i++) {
			fputs(i ? ", " : "", out);
			print_quoted(of->special.ns[i], out);
		}
		fputs("]    # $NS\n", out);
	}
	if (of->special.soa)
		print_soa(of->special.soa, out);
	print_zone_acl(&of->acl, out);
	if (zone->records) {
		fputs("    records: ", out);
		print_quoted(zone->records, out);
		putc('\n', out);
	}
}

void migrate_print(const struct migrate_plan *plan, unsigned word_count, char *const *words,
                   FILE *out)
{
	print_head(plan, word_count, words, out);
	print_server(plan, out);
	fputs("\nlists:\n", out);
	for (unsigned i = 0; i < plan->list_count; i++)
		print_list(plan, &plan->lists[i], out);
	fputs("\nzones:\n", out);
	for (unsigned i = 0; i < plan->zone_count; i++)
		print_zone(plan, &plan->zones[i], out);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/lookup.h"

#include "control/cli/ask.h"
#include "control/cli/commands.h"
#include "control/cli/control_client.h"
#include "control/cli/show.h"
#include "feeds/emails.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONTROL_TIMEOUT_MS 30000 /* reputed looks for the line in the feed's file */
#define RCODE_NOERROR      0     /* RFC 1035 section 4.1.1 */
#define RCODE_SERVFAIL     2
#define RCODE_NXDOMAIN     3
#define CODES_TEXT_MAX     256

static void codes_text(const Reputed__Update__LookupZone *zone, char out_text[CODES_TEXT_MAX])
{
	size_t at = 0, i = 0;

	out_text[0] = '\0';
	for (; i < zone->n_addresses && at < CODES_TEXT_MAX - 2 * SHOW_TEXT_MAX; i++) {
		char code[SHOW_TEXT_MAX];

		show_code(zone->addresses[i], code);
		at += (size_t)snprintf(out_text + at, CODES_TEXT_MAX - at, "%s%s", at ? ", " : "",
		                       code);
	}
	if (i < zone->n_addresses)
		snprintf(out_text + at, CODES_TEXT_MAX - at, " and %zu more",
		         zone->n_addresses - i);
}

/* "127.0.0.2, 127.0.0.9", "not listed", "SERVFAIL: not loaded". */
static void answer_text(const Reputed__Update__LookupZone *zone, char out_text[CODES_TEXT_MAX])
{
	if (zone->n_addresses)
		codes_text(zone, out_text);
	else if (zone->rcode == RCODE_NXDOMAIN || zone->rcode == RCODE_NOERROR)
		strcpy(out_text, "not listed");
	else if (zone->rcode == RCODE_SERVFAIL)
		strcpy(out_text, "SERVFAIL: not loaded");
	else
		snprintf(out_text, CODES_TEXT_MAX, "rcode %u", zone->rcode);
}

static void print_listings(const Reputed__Update__LookupZone *zone)
{
	struct show_table table = {.align = "llll"};

	for (size_t i = 0; i < zone->n_listings; i++) {
		const Reputed__Update__LookupListing *listing = zone->listings[i];
		char code[SHOW_TEXT_MAX];
		char *text = show_clean(listing->text.data, listing->text.len);

		show_code(listing->code, code);
		show_row(&table, (const char *const[]){
				     listing->list, code, text,
				     listing->is_observed ? "observed, not answered" : ""});
		free(text);
	}
	show_table_done(&table, 4, stdout);
	if (zone->listings_left)
		printf("    and %u more\n", zone->listings_left);
}

static void print_zones(const Reputed__Update__LookupAnswer *answer)
{
	int width = 0;

	for (size_t i = 0; i < answer->n_zones; i++)
		if ((int)strlen(answer->zones[i]->zone) > width)
			width = (int)strlen(answer->zones[i]->zone);
	for (size_t i = 0; i < answer->n_zones; i++) {
		const Reputed__Update__LookupZone *zone = answer->zones[i];
		char *name = show_clean(zone->zone, strlen(zone->zone));
		char text[CODES_TEXT_MAX];

		answer_text(zone, text);
		printf("%-*s  %s\n", width, name ? name : "", text);
		free(name);
		print_listings(zone);
	}
}

/* "feed.txt:12", "by hand: alice: reason", with when it ends. */
static void source_text(const json_t *source, char *out_text, size_t size)
{
	const char *feed = json_string_value(json_object_get(source, "feed"));
	const char *author = json_string_value(json_object_get(source, "author"));
	const char *reason = json_string_value(json_object_get(source, "reason"));
	json_int_t expires_s = json_integer_value(json_object_get(source, "expires_s"));
	json_int_t line = json_integer_value(json_object_get(source, "line"));
	bool is_kept = json_is_true(json_object_get(source, "is_reputation"));
	time_t now = time(NULL);
	size_t at;

	if (feed && line)
		at = (size_t)snprintf(out_text, size, "%s, line %lld", feed, line);
	else if (json_is_true(json_object_get(source, "is_reputation")))
		at = (size_t)snprintf(out_text, size, "the reputation, see 'reputectl explain'");
	else
		at = (size_t)snprintf(out_text, size, "%s%s%s",
		                      feed      ? feed
		                      : is_kept ? ""
		                                : "by hand",
		                      author && !is_kept ? ", by " : "", author ? author : "");
	if (reason && reason[0] && at < size)
		at += (size_t)snprintf(out_text + at, size - at, ": %s", reason);
	if (expires_s > now && at < size) {
		char left[SHOW_TEXT_MAX];

		show_duration((uint64_t)(expires_s - now), left);
		snprintf(out_text + at, size - at, " (ends in %s)", left);
	}
}

void lookup_print_sources(const json_t *sources)
{
	struct show_table table = {.align = "lll"};
	const json_t *source;
	size_t i;

	if (json_array_size(sources))
		puts("\nfrom");
	json_array_foreach(sources, i, source)
	{
		char text[1024];

		source_text(source, text, sizeof(text));
		show_row(&table, (const char *const[]){
				     json_string_value(json_object_get(source, "list")),
				     json_string_value(json_object_get(source, "entry")), text});
	}
	show_table_done(&table, 4, stdout);
}

static json_t *zone_json(const Reputed__Update__LookupZone *zone)
{
	json_t *codes = json_array(), *listings = json_array();

	for (size_t i = 0; i < zone->n_addresses; i++) {
		char code[SHOW_TEXT_MAX];

		show_code(zone->addresses[i], code);
		json_array_append_new(codes, json_string(code));
	}
	for (size_t i = 0; i < zone->n_listings; i++) {
		const Reputed__Update__LookupListing *listing = zone->listings[i];
		char code[SHOW_TEXT_MAX];

		show_code(listing->code, code);
		json_array_append_new(listings,
		                      json_pack("{s:s, s:s, s:o?, s:b}", "list", listing->list,
		                                "code", code, "text",
		                                show_string(listing->text.data, listing->text.len),
		                                "is_observed", (int)listing->is_observed));
	}
	return json_pack("{s:s, s:s, s:i, s:o, s:o?, s:o, s:i}", "zone", zone->zone, "name",
	                 zone->name, "rcode", (int)zone->rcode, "codes", codes, "text",
	                 show_string(zone->text.data, zone->text.len), "listings", listings,
	                 "listings_left", (int)zone->listings_left);
}

/* sources: NULL when reputed cannot be asked. */
static void print_json(const Reputed__Update__LookupAnswer *answer, json_t *sources)
{
	json_t *zones = json_array();

	for (size_t i = 0; i < answer->n_zones; i++)
		json_array_append_new(zones, zone_json(answer->zones[i]));
	show_json(json_pack("{s:b, s:s, s:I, s:o, s:O?}", "ok", 1, "key", answer->key, "generation",
	                    (json_int_t)answer->generation, "zones", zones, "sources", sources));
}

static int status_of(const Reputed__Update__LookupAnswer *answer)
{
	bool is_unknown = answer->n_zones == 0;

	for (size_t i = 0; i < answer->n_zones; i++) {
		const Reputed__Update__LookupZone *zone = answer->zones[i];

		if (zone->n_addresses)
			return EXIT_OK;
		if (zone->rcode != RCODE_NXDOMAIN && zone->rcode != RCODE_NOERROR)
			is_unknown = true;
	}
	return is_unknown ? EXIT_UNKNOWN : EXIT_NO;
}

json_t *lookup_sources(const struct config *config, const char *key)
{
	char error[CONTROL_CLIENT_ERROR_MAX];
	json_t *answer = NULL, *sources;

	if (control_client_call(config->control_socket,
	                        json_pack("{s:s, s:s}", "command", "sources", "key", key),
	                        CONTROL_TIMEOUT_MS, &answer, error) < 0) {
		fprintf(stderr, "reputectl: feeds and lines are not known: %s\n", error);
		return NULL;
	}
	sources = json_incref(json_object_get(answer, "sources"));
	json_decref(answer);
	return sources;
}

/* Move the zones of a further piece into the answer. Errors: -ENOMEM */
static int join(Reputed__Update__LookupAnswer *answer, Reputed__Update__LookupAnswer *piece)
{
	Reputed__Update__LookupZone **zones =
	    reallocarray(answer->zones, answer->n_zones + piece->n_zones + 1, sizeof(*zones));

	if (!zones)
		return -ENOMEM;
	answer->zones = zones;
	for (size_t i = 0; i < piece->n_zones; i++)
		zones[answer->n_zones++] = piece->zones[i];
	piece->n_zones = 0;
	answer->next_zone = piece->next_zone;
	return 0;
}

/* Ask for all zones: many come in pieces. Errors: negative errno, told. */
static int ask_zones(const struct arguments *a, const struct config *config, const char *key,
                     channel_response **out_response)
{
	Reputed__Update__Lookup lookup = REPUTED__UPDATE__LOOKUP__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	channel_response *all = NULL, *piece = NULL;
	int rc;

	lookup.key = (char *)key;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_LOOKUP;
	request.lookup = &lookup;
	rc = ask_dataplane(a, config, &request, REPUTED__UPDATE__RESPONSE__KIND_LOOKUP, &all);
	while (rc == 0 && all->lookup->next_zone > lookup.first_zone) {
		lookup.first_zone = all->lookup->next_zone;
		rc = ask_dataplane(a, config, &request, REPUTED__UPDATE__RESPONSE__KIND_LOOKUP,
		                   &piece);
		if (rc < 0)
			break;
		rc = join(all->lookup, piece->lookup);
		if (rc < 0)
			ask_fail(a, "not enough memory for the answers of all zones");
		reputed__update__response__free_unpacked(piece, NULL);
	}
	if (rc == 0)
		*out_response = all;
	else if (all)
		reputed__update__response__free_unpacked(all, NULL);
	return rc;
}

int lookup_run(const struct arguments *a)
{
	const char *key = a->operands[0];
	struct config *config = ask_config(a);
	char email[EMAILS_NAME_SIZE];
	const Reputed__Update__LookupAnswer *answer;
	channel_response *response = NULL;
	json_t *sources;
	int status;

	/* What clients ask for when they ask for a mail address. */
	if (strchr(key, '@') && emails_name(key, strlen(key), email) == 0)
		key = email;
	if (!config || ask_zones(a, config, key, &response) < 0) {
		config_free(config);
		return EXIT_UNKNOWN;
	}
	answer = response->lookup;
	sources = lookup_sources(config, key);
	status = status_of(answer);
	if (a->given & OPTION_JSON) {
		print_json(answer, sources);
	} else {
		print_zones(answer);
		lookup_print_sources(sources);
		if (!answer->n_zones)
			fputs("reputectl: the data plane has no zones yet\n", stderr);
	}
	json_decref(sources);
	reputed__update__response__free_unpacked(response, NULL);
	config_free(config);
	return status;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/explain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define FULL_SCORE 10000 /* hundredths */

/* --- keys --- */

static const struct {
	bool is_ip6;
	unsigned length;
} kept_nets[] = {{false, 24}, {true, 64}, {true, 56}, {true, 48}};

static int parse_net(const struct address_range *range, struct ledger_key *out_key)
{
	address6_t size = range->last - range->first + 1;

	if (range->has_host_bits)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(kept_nets) / sizeof(kept_nets[0]); i++) {
		unsigned bits = (kept_nets[i].is_ip6 ? 128 : 32) - kept_nets[i].length;

		if (kept_nets[i].is_ip6 != range->is_ip6 || size != (address6_t)1 << bits)
			continue;
		out_key->kind = range->is_ip6 ? LEDGER_IP6 : LEDGER_IP4;
		out_key->length = (uint8_t)kept_nets[i].length;
		out_key->address = range->first;
		return 0;
	}
	return -EINVAL;
}

static int parse_asn(const char *text, struct ledger_key *out_key)
{
	unsigned long number;
	char *end;

	if (strncasecmp(text, "AS", 2) != 0 || text[2] < '0' || text[2] > '9')
		return -EINVAL;
	errno = 0;
	number = strtoul(text + 2, &end, 10);
	if (*end || errno || number == 0 || number > UINT32_MAX)
		return -EINVAL;
	out_key->kind = LEDGER_ASN;
	out_key->address = number;
	return 0;
}

static bool is_number_last(const struct ledger_key *key, size_t size)
{
	size_t at = 0;

	while (at + 1 + key->name[at] < size)
		at += 1u + key->name[at];
	for (size_t i = 1; i <= key->name[at]; i++) {
		if (key->name[at + i] < '0' || key->name[at + i] > '9')
			return false;
	}
	return true;
}

static int parse_domain(const char *text, struct ledger_key *out_key)
{
	int size = name_parse(text, strlen(text), out_key->name);

	/* One label is nobody's domain; one that ends in digits is a mistyped address. */
	if (size <= 0 || size <= out_key->name[0] + 1 || is_number_last(out_key, (size_t)size))
		return -EINVAL;
	out_key->kind = LEDGER_DOMAIN;
	out_key->name_size = (uint8_t)size;
	return 0;
}

int explain_key_parse(const char *text, struct ledger_key *out_key, char *out_error,
                      size_t error_size)
{
	struct ledger_key key = {0};
	struct address_range range;
	int rc;

	if (address_parse(text, strlen(text), &range) == 0) {
		rc = 0;
		if (range.first == range.last)
			ledger_key_of(&range, &key);
		else
			rc = parse_net(&range, &key);
	} else {
		rc = parse_asn(text, &key);
		if (rc < 0)
			rc = parse_domain(text, &key);
	}
	if (rc < 0)
		snprintf(out_error, error_size,
		         "key: '%.80s' is no address, no /24, /64, /56 or /48, no domain and no "
		         "AS number",
		         text);
	else
		*out_key = key;
	return rc;
}

static void format_net(const struct ledger_key *key, char out_text[EXPLAIN_KEY_MAX])
{
	unsigned bits = (key->kind == LEDGER_IP6 ? 128 : 32) - key->length;
	struct address_range range = {
	    .is_ip6 = key->kind == LEDGER_IP6,
	    .first = key->address,
	    .last = key->address + (((address6_t)1 << bits) - 1),
	};
	char text[2 * ADDRESS_TEXT_MAX];

	address_format(&range, text);
	snprintf(out_text, EXPLAIN_KEY_MAX, "%s", text);
}

void explain_key_format(const struct ledger_key *key, char out_text[EXPLAIN_KEY_MAX])
{
	char name[4 * NAME_WIRE_MAX + 2];

	switch ((enum ledger_kind)key->kind) {
	case LEDGER_IP4:
	case LEDGER_IP6:
		format_net(key, out_text);
		return;
	case LEDGER_DOMAIN:
		name_format(key->name, key->name_size, name);
		snprintf(out_text, EXPLAIN_KEY_MAX, "%.*s", EXPLAIN_KEY_MAX - 1, name);
		return;
	case LEDGER_ASN:
		snprintf(out_text, EXPLAIN_KEY_MAX, "AS%u", (unsigned)key->address);
		return;
	case LEDGER_GLOBAL:
		break;
	}
	snprintf(out_text, EXPLAIN_KEY_MAX, "global");
}

void explain_time(int64_t time_ms, char out_text[32])
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm t;

	if (!gmtime_r(&seconds, &t) || !strftime(out_text, 32, "%Y-%m-%dT%H:%M:%SZ", &t))
		snprintf(out_text, 32, "%lld", (long long)time_ms);
}

static json_t *time_json(int64_t time_ms)
{
	char text[32];

	if (time_ms == 0)
		return json_null();
	explain_time(time_ms, text);
	return json_string(text);
}

/* --- the table --- */

static const char *prior_name(enum ledger_prior from)
{
	switch (from) {
	case LEDGER_PRIOR_NET:
		return "net";
	case LEDGER_PRIOR_ASN:
		return "asn";
	case LEDGER_PRIOR_GLOBAL:
		break;
	}
	return "global";
}

static json_t *table_json(const struct ledger_view *view)
{
	json_t *table = json_array();

	for (int class = 0; class < EVENT_CLASS_COUNT; class ++) {
		const struct ledger_row *row = &view->rows[class];

		if (row->last_ms == 0)
			continue;
		json_array_append_new(table, json_pack("{s:s, s:f, s:f, s:f, s:o, s:i}", "class",
		                                       event_class_name((enum event_class) class),
		                                       "raw", row->raw, "slow", row->points[0],
		                                       "fast", row->points[1], "last",
		                                       time_json(row->last_ms), "score_hundredths",
		                                       (int)view->score.of_class[class]));
	}
	return table;
}

/* --- lists --- */

#define CHANGE_MAX 256

static void tell_listed(const struct ledger_state *state, const struct dials *dials,
                        char out_text[CHANGE_MAX])
{
	char until[32];

	explain_time(state->until_ms, until);
	snprintf(
	    out_text, CHANGE_MAX,
	    "ends at %s unless new evidence comes, sooner when the upper bound (%.2f) falls to "
	    "%.2f, or when it is delisted",
	    until, (double)state->upper, (double)dials->leave);
}

static void tell_not_enough(const struct ledger_state *state, const struct dials *dials,
                            char out_text[CHANGE_MAX])
{
	if (state->points < dials->enter_points)
		snprintf(out_text, CHANGE_MAX, "would need %.1f points, has %.1f",
		         (double)dials->enter_points, (double)state->points);
	else
		snprintf(out_text, CHANGE_MAX,
		         "would need %.1f points of the classes that this list is about",
		         (double)(dials->own_share * dials->enter_points));
}

/* What would have to happen for the state to be another one. */
static void tell_change(const struct ledger_state *state, const struct dials *dials,
                        char out_text[CHANGE_MAX])
{
	switch (state->why) {
	case LEDGER_NOT_ENOUGH:
		tell_not_enough(state, dials, out_text);
		return;
	case LEDGER_NOT_SURE:
		snprintf(out_text, CHANGE_MAX,
		         "the lower bound (%.2f) of its bad share would have to reach %.2f",
		         (double)state->lower, (double)dials->enter);
		return;
	case LEDGER_ONE_SOURCE:
		snprintf(out_text, CHANGE_MAX,
		         "one reporter's single class lists nobody: would need evidence of another "
		         "class or reporter");
		return;
	case LEDGER_ESTABLISHED:
		snprintf(out_text, CHANGE_MAX,
		         "an established sender: one hit of a pristine trap counts for the score "
		         "only");
		return;
	case LEDGER_NO_NEW_EVIDENCE:
		snprintf(out_text, CHANGE_MAX,
		         "its listing ended, and only evidence from after that lists it again");
		return;
	case LEDGER_IS_LISTED:
		tell_listed(state, dials, out_text);
		return;
	case LEDGER_NET_LISTED:
		snprintf(out_text, CHANGE_MAX, "listed with its net, and ends with that");
		return;
	case LEDGER_OFF:
		break;
	}
	snprintf(out_text, CHANGE_MAX, "this list is off");
}

static const char *why_name(enum ledger_why why)
{
	switch (why) {
	case LEDGER_NOT_ENOUGH:
		return "not_enough_points";
	case LEDGER_NOT_SURE:
		return "not_sure";
	case LEDGER_ONE_SOURCE:
		return "one_source";
	case LEDGER_ESTABLISHED:
		return "established";
	case LEDGER_NO_NEW_EVIDENCE:
		return "no_new_evidence";
	case LEDGER_IS_LISTED:
		return "listed";
	case LEDGER_NET_LISTED:
		return "net_listed";
	case LEDGER_OFF:
		break;
	}
	return "off";
}

static const char *mode_name(const struct dials_kept_list *list)
{
	return list->is_off ? "off" : list->is_observed ? "observe" : "enforce";
}

static const char *end_name(enum ledger_end end)
{
	switch (end) {
	case LEDGER_LASTS:
		return "lasts";
	case LEDGER_ENDED:
		return "over";
	case LEDGER_LEFT:
		return "not_deserved";
	case LEDGER_DELISTED:
	case LEDGER_END_COUNT:
		break;
	}
	return "delisted";
}

static const char *grounds_text(enum ledger_grounds grounds)
{
	switch (grounds) {
	case LEDGER_BY_SCORE:
		return "a good score on enough evidence";
	case LEDGER_BY_CLASSES:
		return "evidence of several classes";
	case LEDGER_BY_REPORTERS:
		return "evidence of several reporters";
	case LEDGER_BY_NUMBERS:
		return "many distinct recipients or users";
	case LEDGER_BY_HARVEST:
		return "a harvest of recipients";
	case LEDGER_BY_TRAP:
		return "a pristine trap";
	case LEDGER_BY_KEYS:
	case LEDGER_GROUNDS_COUNT:
		break;
	}
	return "enough of its addresses are listed";
}

/* Why it was entered, while it is listed. */
static json_t *grounds_json(const struct ledger_view *view, enum dials_list list)
{
	for (unsigned i = view->listing_count; i-- > 0;) {
		const struct ledger_listing *past = &view->listings[i];

		if (past->list == list && past->end == LEDGER_LASTS)
			return json_string(grounds_text(past->grounds));
	}
	return json_null();
}

static json_t *listings_json(const struct ledger_view *view)
{
	json_t *listings = json_array();

	for (unsigned i = 0; i < view->listing_count; i++) {
		const struct ledger_listing *past = &view->listings[i];

		json_array_append_new(listings, json_pack("{s:s, s:o, s:o, s:s, s:s}", "list",
		                                          dials_list_name(past->list), "since",
		                                          time_json(past->since_ms), "ended",
		                                          time_json(past->ended_ms), "end",
		                                          end_name(past->end), "because",
		                                          grounds_text(past->grounds)));
	}
	return listings;
}

static json_t *lists_json(const struct ledger_view *view, const struct dials *dials)
{
	json_t *lists = json_array();

	for (int i = 0; i < DIALS_LIST_COUNT; i++) {
		const struct ledger_state *state = &view->lists[i];
		bool is_listed = state->why == LEDGER_IS_LISTED || state->why == LEDGER_NET_LISTED;
		char change[CHANGE_MAX];

		tell_change(state, dials, change);
		json_array_append_new(
		    lists, json_pack("{s:s, s:s, s:b, s:s, s:o, s:o, s:o, s:i, s:f, s:f, s:f, s:s}",
		                     "list", dials_list_name((enum dials_list)i), "mode",
		                     mode_name(&dials->lists[i]), "listed", is_listed, "why",
		                     why_name(state->why), "because",
		                     grounds_json(view, (enum dials_list)i), "since",
		                     time_json(state->since_ms), "until",
		                     time_json(state->until_ms), "times", (int)state->times,
		                     "points", (double)state->points, "lower", (double)state->lower,
		                     "upper", (double)state->upper, "change", change));
	}
	return lists;
}

json_t *explain_json(const struct ledger *l, const struct dials *dials,
                     const struct ledger_key *key, int64_t now_ms)
{
	struct ledger_view view = {0};
	bool is_known = ledger_look(l, key, now_ms, &view);
	const struct ledger_score *score = &view.score;
	char text[EXPLAIN_KEY_MAX];
	json_t *object;

	explain_key_format(key, text);
	object = json_pack(
	    "{s:b, s:s, s:b, s:o, s:i, s:i, s:i, s:s, s:f, s:f, s:i, s:{s:s, s:f, s:i}, s:o, s:i, "
	    "s:i}",
	    "ok", 1, "key", text, "known", is_known, "time", time_json(now_ms), "score",
	    score->score, "srl", score->srl, "confidence", score->confidence, "lane",
	    score->lane ? "fast" : "slow", "p", score->p, "n", score->n, "start_hundredths",
	    FULL_SCORE, "prior", "from", prior_name(score->prior_from), "p", score->prior,
	    "score_hundredths", (int)score->of_prior, "table", table_json(&view),
	    "history_hundredths", (int)score->of_history, "rounding_hundredths",
	    (int)score->of_rounding);
	if (!object)
		return NULL;
	json_object_set_new(object, "lists", lists_json(&view, dials));
	json_object_set_new(
	    object, "history",
	    json_pack("{s:o, s:o, s:o, s:i, s:o, s:o}", "first", time_json(view.first_ms), "last",
	              time_json(view.last_ms), "delisted", time_json(view.delisted_ms), "reporters",
	              (int)view.reporters, "asn", view.asn ? json_integer(view.asn) : json_null(),
	              "listings", listings_json(&view)));
	return object;
}

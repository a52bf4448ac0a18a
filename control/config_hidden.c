/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_hidden.h"

#include "control/config_check.h"
#include "control/config_reputation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODE_DEFAULT 0x7f000002
#define KEEP_DEFAULT 3
#define GOOD_PREFIX  "reputation:more-"
#define ASN_FORMAT   "mmdb-asn"
#define TRUST_LITTLE 1
#define TRUST_MORE   2

/* The views that have a list of their own. */
static const struct {
	const char *view, *list;
	enum config_view number;
	enum config_kept kept;
} rows[] = {
    {"score", "reputation:score", VIEW_SCORE, KEPT_SCORE},
    {"srl", "reputation:srl", VIEW_SRL, KEPT_SRL},
    {"mailspike", "reputation:mailspike", VIEW_MAILSPIKE, KEPT_MAILSPIKE},
    {"why", "reputation:why", VIEW_WHY, KEPT_WHY},
    {"asn", "reputation:asn", VIEW_ASN, KEPT_NOTHING},
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static bool is_hidden_view(const struct config_node *view)
{
	for (size_t i = 0; view && view->kind == CONFIG_SCALAR && i < ROW_COUNT; i++)
		if (strcmp(rows[i].view, view->text) == 0)
			return true;
	return false;
}

static void check_zone(const struct config_node *root, const struct config_node *zone,
                       const struct config_path *path, struct config_mistakes *m)
{
	const struct config_node *view = config_lines_get(zone, "view");
	const struct config_node *lists = config_lines_get(zone, "lists");
	const struct config_node *reputation = config_lines_get(root, "reputation");
	const struct config_path at_view = {.up = path, .key = "view"};
	const struct config_path at_lists = {.up = path, .key = "lists"};

	if (zone->kind != CONFIG_MAPPING)
		return;
	if (!is_hidden_view(view)) {
		if (!lists)
			config_mistake(m, zone->line, &at_lists,
			               "missing, expected the key 'lists' here");
		return;
	}
	if (lists)
		config_mistake(m, lists->line, &at_lists,
		               "is given with view: %s, which has a list of its own, expected no "
		               "lists",
		               view->text);
	if (!reputation)
		config_mistake(m, view->line, &at_view,
		               "'%s' is made of the reputation, expected a section 'reputation'",
		               view->text);
	else if (strcmp(view->text, "asn") == 0 && !config_lines_get(reputation, "asn"))
		config_mistake(m, view->line, &at_view,
		               "'asn' needs a database, expected the key 'reputation.asn'");
}

/* Hidden lists need numbers too: one a view, and one for each list of the ledger, at most. */
static void check_count(const struct config_node *lists, unsigned kept_count,
                        struct config_mistakes *m)
{
	static const struct config_path top = {.key = "lists"};
	unsigned max = CONFIG_LISTS_MAX - ROW_COUNT - kept_count;

	if (kept_count && lists->count <= CONFIG_LISTS_MAX && lists->count > max)
		config_mistake(m, lists->line, &top,
		               "has %u entries, expected at most %u with those of the reputation",
		               lists->count, max);
}

void config_hidden_check(const struct config_node *root, struct config_mistakes *m)
{
	static const struct config_path lists_top = {.key = "lists"}, zones_top = {.key = "zones"};
	const struct config_node *lists = config_lines_get(root, "lists");
	const struct config_node *zones = config_lines_get(root, "zones");
	unsigned kept_count = config_lines_get(root, "reputation") != NULL;

	for (unsigned i = 0; lists && i < lists->count; i++) {
		const struct config_node *kept =
		    config_lines_get(&lists->children[i], "reputation");
		const struct config_path list = {.up = &lists_top, .index = i};
		const struct config_path at = {.up = &list, .key = "reputation"};

		kept_count += kept != NULL;
		if (kept && !config_lines_get(root, "reputation"))
			config_mistake(m, kept->line, &at,
			               "there is no reputation to make the list of, expected a "
			               "section 'reputation'");
	}
	if (lists)
		check_count(lists, kept_count, m);
	for (unsigned i = 0; zones && i < zones->count; i++) {
		const struct config_path zone = {.up = &zones_top, .index = i};

		check_zone(root, &zones->children[i], &zone, m);
	}
}

/* The feed of the list of all announced networks: it lists everything, and that is right. */
static int asn_feed(const struct config_node *root, const char *folder,
                    struct config_feed **out_feed)
{
	const struct config_node *path =
	    config_lines_get(config_lines_get(root, "reputation"), "asn");
	struct config_feed *feed;

	if (!path)
		return -EINVAL;
	feed = calloc(1, sizeof(*feed));
	if (!feed)
		return -ENOMEM;
	*out_feed = feed;
	feed->path = config_check_absolute(folder, path->text);
	feed->format = strdup(ASN_FORMAT);
	feed->format_row = format_find(ASN_FORMAT);
	feed->guards = (struct guard_limits)GUARD_LIMITS_DEFAULT;
	feed->guards.coverage4 = 1;
	feed->guards.widest4 = feed->guards.widest6 = 0;
	feed->bogons = BOGONS_KEEP;
	feed->keep = KEEP_DEFAULT;
	return feed->path && feed->format ? 0 : -ENOMEM;
}

/* Find the hidden list of a name, or add one. Errors: -ENOMEM */
static int need_list(struct config *c, const char *name, struct config_list **out_list)
{
	struct config_list *grown;

	for (unsigned i = 0; i < c->lists_count; i++) {
		*out_list = &c->lists[i];
		if (strcmp(c->lists[i].name, name) == 0)
			return 0;
	}
	grown = reallocarray(c->lists, c->lists_count + 1u, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	c->lists = grown;
	grown = &c->lists[c->lists_count];
	*grown = (struct config_list){
	    .name = strdup(name), .code = CODE_DEFAULT, .is_hidden = true, .is_enabled = true};
	if (!grown->name)
		return -ENOMEM;
	c->lists_count++;
	*out_list = grown;
	return 0;
}

static int zone_serves(struct config_zone *zone, const char *name)
{
	char **grown = reallocarray(zone->lists, zone->lists_count + 1u, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	zone->lists = grown;
	grown[zone->lists_count] = strdup(name);
	if (!grown[zone->lists_count])
		return -ENOMEM;
	zone->lists_count++;
	return 0;
}

/* Give a zone whose view has a list of its own that list. */
static int add_of_view(struct config *c, struct config_zone *zone, const struct config_node *root,
                       const char *folder)
{
	struct config_list *list;

	for (size_t i = 0; i < ROW_COUNT; i++) {
		int rc;

		if (rows[i].number != zone->view)
			continue;
		rc = need_list(c, rows[i].list, &list);
		if (rc < 0)
			return rc;
		list->kept = rows[i].kept;
		if (rows[i].kept == KEPT_NOTHING && !list->feed)
			rc = asn_feed(root, folder, &list->feed);
		return rc < 0 ? rc : zone_serves(zone, rows[i].list);
	}
	return 0;
}

/* The companion of a list `good`: what of it deserves more trust. Errors: -ENOMEM */
static int add_companion(struct config *c, unsigned good, struct config_zone *zone)
{
	char name[sizeof(GOOD_PREFIX) + 64];
	struct config_list *more;
	int rc;

	snprintf(name, sizeof(name), GOOD_PREFIX "%.63s", c->lists[good].name);
	rc = need_list(c, name, &more);
	if (rc < 0)
		return rc;
	c->lists[good].trust = TRUST_LITTLE;
	more->kept = KEPT_GOOD_MORE;
	more->category = c->lists[good].category;
	more->trust = TRUST_MORE;
	more->is_observed = c->lists[good].is_observed;
	more->is_off = c->lists[good].is_off;
	return zone_serves(zone, name);
}

/* Give a zone the companions of the lists `good` that it serves. */
static int add_of_trust(struct config *c, struct config_zone *zone)
{
	unsigned written = zone->lists_count;
	int rc = 0;

	for (unsigned i = 0; i < written && rc == 0; i++) {
		unsigned list = 0;

		while (list < c->lists_count && strcmp(c->lists[list].name, zone->lists[i]) != 0)
			list++;
		if (list < c->lists_count && c->lists[list].kept == KEPT_GOOD &&
		    !c->lists[list].has_trust)
			rc = add_companion(c, list, zone);
	}
	return rc;
}

/* Whether a list of the ledger is answered is the reputation's to say, too. */
static void take_modes(struct config *c)
{
	for (unsigned i = 0; c->reputation && i < c->lists_count; i++) {
		struct config_list *list = &c->lists[i];
		const struct dials_kept_list *kept;

		if (list->kept == KEPT_NOTHING)
			continue;
		kept = &c->reputation->dials.lists[list->kept - KEPT_SPAM];
		list->is_observed |= kept->is_observed;
		list->is_off |= kept->is_off;
	}
}

int config_hidden_add(struct config *c, const struct config_node *root, const char *folder)
{
	int rc = 0;

	take_modes(c);
	for (unsigned i = 0; i < c->zones_count && rc == 0; i++) {
		struct config_zone *zone = &c->zones[i];

		rc = zone->view == VIEW_ALLOW ? add_of_trust(c, zone)
		                              : add_of_view(c, zone, root, folder);
	}
	return rc;
}

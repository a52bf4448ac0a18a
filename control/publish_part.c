/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_send.h"
#include "control/publish_private.h"
#include "control/zone_message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Changes of parts of lists on their way. */
struct parts {
	struct publish *p;
	const struct load_places *places;
	struct dataset **near; /* by list: in place of a dataset that is behind; NULL = none */
	struct lists_view was, is;
	Reputed__Update__Zones *zones; /* NULL: they need not know */
};

static uint64_t count_of(const struct dataset *dataset)
{
	return dataset ? dataset->facts.entry_count : 0;
}

/* Learn the codes of a part of a list. Returns whether the zones do not know one of them. */
static bool learn_part(struct publish *p, unsigned list, const struct dataset *part)
{
	struct zone_message_list *facts = &p->lists.facts[list], learned = *facts;
	bool is_new = false;

	zone_message_learn(&learned, &p->lists.config->lists[list], part);
	for (unsigned i = 0; i < sizeof(facts->test_codes) / sizeof(facts->test_codes[0]); i++) {
		is_new |= (learned.test_codes[i] & ~facts->test_codes[i]) != 0;
		facts->test_codes[i] |= learned.test_codes[i];
	}
	return is_new;
}

static bool has_part(const struct publish_part *parts, size_t count, unsigned list)
{
	while (count > 0)
		if (parts[--count].list == list)
			return true;
	return false;
}

/* What lists that are behind, and not among the parts, say at the places. Errors: -ENOMEM */
static int fill_near(struct parts *c, const struct publish_part *parts, size_t count)
{
	struct publish *p = c->p;
	int rc = 0;

	for (unsigned i = 0; i < p->lists.config->lists_count && rc == 0; i++) {
		if (!p->lists.is_behind[i] || has_part(parts, count, i))
			continue;
		c->near[i] = p->fill(p->fill_context, i, c->places);
		if (!c->near[i])
			rc = errno == ENOTSUP ? publish_freshen_list(p, i) : -ENOMEM;
	}
	return rc;
}

/* View the lists as they were (is: false) or are, from datasets that are right at the places. */
static int view_init(struct parts *c, const struct publish_part *parts, size_t count, bool is)
{
	struct lists *lists = &c->p->lists;
	unsigned lists_count = lists->config->lists_count;
	struct dataset **wholes = lists->datasets;
	struct dataset **datasets = malloc((lists_count + 1u) * sizeof(struct dataset *));
	int rc;

	if (!datasets)
		return -ENOMEM;
	for (unsigned i = 0; i < lists_count; i++)
		datasets[i] = c->near[i] ? c->near[i] : wholes[i];
	for (size_t i = 0; i < count; i++)
		datasets[parts[i].list] = (struct dataset *)(is ? parts[i].is : parts[i].was);
	lists->datasets = datasets;
	rc = lists_view_init(is ? &c->is : &c->was, lists, c->p->catalog);
	lists->datasets = wholes;
	free(datasets);
	return rc;
}

/* Errors: negative errno */
static int send_parts(struct parts *c, uint64_t entries)
{
	struct publish *p = c->p;
	uint64_t generation = publish_next_generation(p, false);
	struct batch *b = batch_new(&p->push, p->catalog, generation, false, 0);
	int rc;

	if (!b)
		return -errno;
	rc = c->zones ? config_send_zones(b, p->lists.config, c->zones) : 0;
	if (!rc)
		rc = load_places_delta(b, &c->was.view, &c->is.view, c->places);
	if (!rc)
		rc = batch_commit(b, entries);
	if (!rc)
		p->generation = generation;
	batch_free(b);
	return rc;
}

/* The zones, if one of the parts has a code that they do not know. Errors: -ENOMEM */
static int make_zones(struct parts *c, const struct publish_part *parts, size_t count)
{
	struct publish *p = c->p;
	bool is_new = false;
	int rc;

	for (size_t i = 0; i < count; i++)
		if (parts[i].is)
			is_new |= learn_part(p, parts[i].list, parts[i].is);
	if (!is_new)
		return 0;
	c->zones = zone_message_zones(p->lists.config, p->lists.facts, &p->files);
	rc = c->zones ? publish_remember_zones(p, c->zones) : -ENOMEM;
	return rc < 0 ? rc : 0;
}

static void parts_done(struct parts *c)
{
	for (unsigned i = 0; c->near && i < c->p->lists.config->lists_count; i++)
		dataset_free(c->near[i]);
	free(c->near);
	lists_view_done(&c->was);
	lists_view_done(&c->is);
	if (c->zones)
		reputed__update__zones__free_unpacked(c->zones, NULL);
}

/* What is kept of the lists as wholes does not have the parts' changes. */
static void note_behind(struct publish *p, const struct publish_part *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct dataset *whole = p->lists.datasets[parts[i].list];

		whole->facts.entry_count += count_of(parts[i].is) - count_of(parts[i].was);
		p->lists.is_behind[parts[i].list] = true;
	}
}

int publish_parts(struct publish *p, struct load_places *places, const struct publish_part *parts,
                  size_t count, struct publish_result *out_result)
{
	struct parts c = {.p = p, .places = places};
	int rc;

	*out_result = (struct publish_result){0};
	for (size_t i = 0; i < count; i++)
		if (!p->lists.datasets[parts[i].list])
			return -EAGAIN;
	if (!p->fill || !p->is_synced || push_check(&p->push) < 0) {
		note_behind(p, parts, count);
		return -EAGAIN;
	}
	load_places_sort(places);
	c.near = calloc(p->lists.config->lists_count + 1u, sizeof(struct dataset *));
	rc = c.near ? fill_near(&c, parts, count) : -ENOMEM;
	if (!rc)
		rc = make_zones(&c, parts, count);
	if (!rc)
		rc = view_init(&c, parts, count, false);
	if (!rc)
		rc = view_init(&c, parts, count, true);
	note_behind(p, parts, count);
	if (!rc)
		rc = send_parts(&c, publish_entries(p));
	parts_done(&c);
	if (rc < 0) {
		publish_abandon(p, rc);
		return -EAGAIN;
	}
	publish_tell_success(p, out_result);
	return 0;
}

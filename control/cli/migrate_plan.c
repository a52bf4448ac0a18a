/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/migrate_plan.h"

#include "control/cli/migrate_acl.h"
#include "control/config_value.h"
#include "control/zone_records.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int migrate_note(struct migrate_notes *notes, bool is_lost, const char *format, ...)
{
	struct migrate_note *grown = realloc(notes->items, (notes->count + 1) * sizeof(*grown));
	struct migrate_note note = {.is_lost = is_lost};
	va_list arguments;
	int size;

	if (!grown)
		return -ENOMEM;
	notes->items = grown;
	va_start(arguments, format);
	size = vasprintf(&note.text, format, arguments);
	va_end(arguments);
	if (size < 0)
		return -ENOMEM;
	for (size_t i = 0; i < notes->count; i++) {
		if (strcmp(grown[i].text, note.text) == 0) { /* once is enough */
			free(note.text);
			return 0;
		}
	}
	grown[notes->count++] = note;
	return 0;
}

static void notes_done(struct migrate_notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		free(notes->items[i].text);
	free(notes->items);
}

void migrate_plan_done(struct migrate_plan *plan)
{
	for (unsigned i = 0; i < plan->list_count; i++) {
		free(plan->lists[i].path);
		free(plan->lists[i].format);
		free(plan->lists[i].dataset);
		notes_done(&plan->lists[i].notes);
	}
	for (unsigned i = 0; i < plan->zone_count; i++) {
		struct migrate_zone *zone = &plan->zones[i];

		free(zone->name);
		free(zone->lists);
		free(zone->records);
		free(zone->acl.file);
		zone_special_done(&zone->special);
		notes_done(&zone->notes);
	}
	free(plan->lists);
	free(plan->zones);
	free(plan->acl.file);
	notes_done(&plan->notes);
	*plan = (struct migrate_plan){0};
}

void migrate_plan_notes(const struct migrate_plan *plan, migrate_visit *visit, void *context)
{
	char place[300];

	for (size_t i = 0; i < plan->notes.count; i++)
		visit("", &plan->notes.items[i], context);
	for (unsigned i = 0; i < plan->list_count; i++) {
		const struct migrate_list *list = &plan->lists[i];

		snprintf(place, sizeof(place), "list '%s'", list->name);
		for (size_t j = 0; j < list->notes.count; j++)
			visit(place, &list->notes.items[j], context);
	}
	for (unsigned i = 0; i < plan->zone_count; i++) {
		const struct migrate_zone *zone = &plan->zones[i];

		snprintf(place, sizeof(place), "zone '%s'", zone->name);
		for (size_t j = 0; j < zone->notes.count; j++)
			visit(place, &zone->notes.items[j], context);
	}
}

static bool is_taken(const struct migrate_plan *plan, const char *name)
{
	for (unsigned i = 0; i < plan->list_count; i++)
		if (strcmp(plan->lists[i].name, name) == 0)
			return true;
	return false;
}

/* "/srv/bl/Spam IPs.zone" is "spam-ips.zone"; a number follows when there is one already. */
static void list_name(const struct migrate_plan *plan, const char *from, char out_name[64])
{
	const char *last = strrchr(from, '/');
	char stem[54];
	size_t size = 0;

	for (const char *c = last ? last + 1 : from; *c && size < sizeof(stem) - 1; c++) {
		bool is_good = isascii(*c) && (isalnum((unsigned char)*c) || strchr("._-", *c));

		if (size || *c != '.')
			stem[size++] = is_good ? (char)tolower((unsigned char)*c) : '-';
	}
	stem[size] = '\0';
	snprintf(out_name, 64, "%s", size ? stem : "list");
	for (unsigned number = 2; is_taken(plan, out_name); number++)
		snprintf(out_name, 64, "%.50s-%u", size ? stem : "list", number);
}

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* path NULL: a manual list. Errors: -ENOMEM */
static int list_get(struct migrate_plan *plan, const char *path, const char *type,
                    const char *dataset, unsigned *out_index)
{
	struct migrate_list *grown, *list;
	char format[40];

	snprintf(format, sizeof(format), "rbldnsd-%s", type);
	for (unsigned i = 0; i < plan->list_count; i++) {
		list = &plan->lists[i];
		if (is_same_text(list->path, path) && is_same_text(list->format, format) &&
		    is_same_text(list->dataset, dataset)) {
			*out_index = i;
			return 0;
		}
	}
	grown = realloc(plan->lists, (plan->list_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	plan->lists = grown;
	list = &grown[plan->list_count];
	*list = (struct migrate_list){0};
	list_name(plan,
	          dataset && !isdigit((unsigned char)dataset[0]) ? dataset
	          : path                                         ? path
	                                                         : "local",
	          list->name);
	list->path = path ? strdup(path) : NULL;
	list->format = strdup(format);
	list->dataset = dataset ? strdup(dataset) : NULL;
	*out_index = plan->list_count++;
	return list->format && (!path || list->path) && (!dataset || list->dataset) ? 0 : -ENOMEM;
}

static int zone_get(struct migrate_plan *plan, const char *name, unsigned *out_index)
{
	struct migrate_zone *grown;

	for (unsigned i = 0; i < plan->zone_count; i++) {
		if (strcmp(plan->zones[i].name, name) == 0) {
			*out_index = i;
			return 0;
		}
	}
	grown = realloc(plan->zones, (plan->zone_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	plan->zones = grown;
	grown[plan->zone_count] = (struct migrate_zone){.name = strdup(name)};
	if (!grown[plan->zone_count].name)
		return -ENOMEM;
	*out_index = plan->zone_count++;
	return 0;
}

static int zone_add_list(struct migrate_zone *zone, unsigned list)
{
	unsigned *grown;

	for (unsigned i = 0; i < zone->list_count; i++)
		if (zone->lists[i] == list)
			return 0;
	grown = realloc(zone->lists, (zone->list_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	zone->lists = grown;
	grown[zone->list_count++] = list;
	return 0;
}

/* One TTL for all of a zone: the least, as rbldnsd answers with when several datasets match. */
static int zone_add_ttl(struct migrate_plan *plan, struct migrate_zone *zone, bool has_ttl,
                        uint32_t ttl_s)
{
	uint32_t clamped = rbldnsd_line_clamp(plan->line, has_ttl ? ttl_s : plan->line->ttl_s);
	bool is_other = zone->has_ttl && zone->ttl_s != clamped;

	if (!zone->has_ttl || clamped < zone->ttl_s)
		zone->ttl_s = clamped;
	zone->has_ttl = true;
	zone->is_ttl_of_data |= has_ttl;
	return is_other ? migrate_note(&zone->notes, false,
	                               "its datasets have different TTLs: the zone has the least")
	                : 0;
}

/* Takes the name; one that is there already is not wanted twice. */
static void zone_add_ns(struct migrate_zone *zone, char *name)
{
	size_t size = strlen(name);

	size -= size > 1 && name[size - 1] == '.';
	for (unsigned i = 0; i < zone->special.ns_count; i++) {
		const char *other = zone->special.ns[i];
		size_t other_size = strlen(other);

		other_size -= other_size > 1 && other[other_size - 1] == '.';
		if (size == other_size && strncasecmp(name, other, size) == 0) {
			free(name);
			return;
		}
	}
	zone->special.ns[zone->special.ns_count++] = name;
}

static int zone_add_special(struct migrate_zone *zone, struct rbldnsd_data *data)
{
	if (!zone->special.soa && data->special.soa) {
		zone->special.soa = data->special.soa;
		data->special.soa = NULL;
		zone->has_minimum = data->has_minimum;
		zone->minimum_s = data->minimum_s;
	}
	if (!zone->special.ns_count && data->special.ns_count) {
		for (unsigned i = 0; i < data->special.ns_count; i++)
			zone_add_ns(zone, data->special.ns[i]);
		data->special.ns_count = 0;
	}
	return data->bad[0] ? migrate_note(&zone->notes, true, "%s", data->bad) : 0;
}

/* A number, when the name would not do. */
static int dataset_key(const struct rbldnsd_data *data, unsigned at, char **out_key)
{
	const struct rbldnsd_dataset *dataset = &data->datasets[at];
	bool is_good =
	    dataset->name[0] != '\0' && dataset->name[strspn(dataset->name, "0123456789")] != '\0';

	/* What YAML would not take. */
	for (const char *c = dataset->name; *c && is_good; c++)
		is_good = *c > ' ' && *c <= '~';
	for (unsigned i = 0; i < data->dataset_count && is_good; i++)
		is_good = i == at || strcasecmp(data->datasets[i].name, dataset->name) != 0;
	if (is_good)
		*out_key = strdup(dataset->name);
	else if (asprintf(out_key, "%u", dataset->number) < 0)
		*out_key = NULL;
	return *out_key ? 0 : -ENOMEM;
}

/* One subzone of a dataset of a combined file. */
static int add_subzone(struct migrate_plan *plan, unsigned base, const char *subzone, unsigned list,
                       const struct rbldnsd_dataset *dataset)
{
	uint8_t wire[NAME_WIRE_MAX + 1];
	struct migrate_zone *zone;
	unsigned index = base;
	char name[600];
	int rc = 0;

	if (strcmp(subzone, "@") != 0) {
		snprintf(name, sizeof(name), "%.255s.%s", subzone, plan->zones[base].name);
		for (char *c = name; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		if (config_value_domain(name, wire) <= 0)
			return migrate_note(&plan->zones[base].notes, true,
			                    "subzone '%.100s' is no domain name", subzone);
		rc = zone_get(plan, name, &index);
	}
	if (rc < 0)
		return rc;
	zone = &plan->zones[index];
	if (index != base)
		zone->base = base;
	rc = zone_add_list(zone, list);
	if (rc == 0)
		rc = zone_add_ttl(plan, zone, dataset->has_ttl, dataset->ttl_s);
	if (rc == 0 && index != base)
		rc = migrate_note(
		    &zone->notes, false,
		    "a zone of its own, also with SOA and NS; for rbldnsd it is part of "
		    "'%s'",
		    plan->zones[base].name);
	return rc;
}

static int add_dataset(struct migrate_plan *plan, unsigned zone, const char *path,
                       const struct rbldnsd_data *data, unsigned at)
{
	const struct rbldnsd_dataset *dataset = &data->datasets[at];
	char *key, *rest = dataset->subzones;
	unsigned list;
	int rc = 0;

	if (!rbldnsd_line_is_type(dataset->type) || strcmp(dataset->type, "acl") == 0 ||
	    strcmp(dataset->type, "combined") == 0)
		return migrate_note(&plan->zones[zone].notes, true,
		                    "dataset %u of '%s': type '%.60s' is not known",
		                    dataset->number, path, dataset->type);
	rc = dataset_key(data, at, &key);
	if (rc < 0)
		return rc;
	rc = list_get(plan, path, "combined", key, &list);
	free(key);
	if (rc == 0 && strcmp(dataset->type, "generic") == 0)
		rc = migrate_note(&plan->lists[list].notes, true,
		                  "only names with an A record in 127.0.0.0/8 are listed; put the "
		                  "rest of the dataset into a file and give it to 'records' of the "
		                  "zones");
	for (char *subzone; rc == 0 && (subzone = strtok_r(rest, " \t", &rest));)
		rc = add_subzone(plan, zone, subzone, list, dataset);
	return rc;
}

static int add_combined(struct migrate_plan *plan, unsigned zone, const char *path,
                        const struct rbldnsd_data *data)
{
	int rc = 0;

	if (data->dataset_count == 0)
		rc = migrate_note(&plan->zones[zone].notes, true, "'%s' has no $DATASET", path);
	if (rc == 0 && data->is_cut)
		rc = migrate_note(&plan->zones[zone].notes, true,
		                  "only the first %u MiB of '%s' were looked at: datasets beyond "
		                  "are not here",
		                  RBLDNSD_DATA_SIZE_MAX >> 20, path);
	for (unsigned i = 0; rc == 0 && i < data->dataset_count; i++)
		rc = add_dataset(plan, zone, path, data, i);
	return rc;
}

/* The first generic file of a zone is its records, if they can be read. */
static int add_generic(struct migrate_plan *plan, unsigned zone_index, const char *path)
{
	struct migrate_zone *zone = &plan->zones[zone_index];
	struct zone_records *records = NULL;
	char error[512];
	unsigned list;
	int rc;

	if (!zone->records)
		records = zone_records_read(path, error, sizeof(error));
	else
		snprintf(error, sizeof(error), "a zone has one file of records, '%s'",
		         zone->records);
	if (records) {
		zone_records_free(records);
		zone->records = strdup(path);
		if (!zone->records)
			return -ENOMEM;
		return migrate_note(&zone->notes, false,
		                    "records without a TTL of their own or a $TTL above them have "
		                    "1h, and a name with records is not looked up in the lists");
	}
	rc = list_get(plan, path, "generic", NULL, &list);
	if (rc == 0)
		rc = zone_add_list(zone, list);
	if (rc == 0)
		rc = migrate_note(&zone->notes, true,
		                  "of '%s' only names with an A record in 127.0.0.0/8 are "
		                  "answered: %s",
		                  path, error);
	return rc;
}

static int add_file(struct migrate_plan *plan, unsigned zone, const struct rbldnsd_spec *spec,
                    const char *path, struct rbldnsd_data *data)
{
	bool is_combined = strcmp(spec->type, "combined") == 0;
	char error[600];
	unsigned list;
	int rc = rbldnsd_data_read(path, is_combined, data, error, sizeof(error));

	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		rc = migrate_note(&plan->zones[zone].notes, true,
		                  "what '%s' says of the zone is not known: %s", path, error);
	if (rc < 0)
		return rc;
	if (is_combined)
		return add_combined(plan, zone, path, data);
	if (data->is_cut)
		rc = migrate_note(&plan->zones[zone].notes, false,
		                  "$TTL, $SOA and $NS of '%s' are those of its first %u MiB", path,
		                  RBLDNSD_DATA_SIZE_MAX >> 20);
	if (rc == 0 && strcmp(spec->type, "generic") == 0)
		return add_generic(plan, zone, path);
	if (rc == 0)
		rc = list_get(plan, path, spec->type, NULL, &list);
	return rc == 0 ? zone_add_list(&plan->zones[zone], list) : rc;
}

/* Of a zone, or of the server. Errors: -ENOMEM */
static int add_acl(struct migrate_plan *plan, const struct rbldnsd_spec *spec)
{
	unsigned zone;
	int rc;

	if (!spec->zone[0])
		return migrate_acl_take(&plan->acl, spec, &plan->notes);
	rc = zone_get(plan, spec->zone, &zone);
	if (rc < 0)
		return rc;
	plan->zones[zone].is_own = true;
	return migrate_acl_take(&plan->zones[zone].acl, spec, &plan->zones[zone].notes);
}

static int add_spec(struct migrate_plan *plan, const struct rbldnsd_spec *spec)
{
	struct rbldnsd_data data = {0};
	unsigned zone;
	int rc;

	if (strcmp(spec->type, "acl") == 0)
		return add_acl(plan, spec);
	rc = zone_get(plan, spec->zone, &zone);
	if (rc == 0)
		plan->zones[zone].is_own = true;
	for (unsigned i = 0; i < spec->file_count && rc == 0; i++)
		rc = add_file(plan, zone, spec, spec->files[i], &data);
	if (rc == 0 && strcmp(spec->type, "combined") != 0 && strcmp(spec->type, "generic") != 0)
		rc = zone_add_ttl(plan, &plan->zones[zone], data.has_ttl, data.ttl_s);
	if (rc == 0)
		rc = zone_add_special(&plan->zones[zone], &data);
	if (rc == 0 && spec->file_count > 1)
		rc = migrate_note(
		    &plan->zones[zone].notes, false,
		    "each file of a dataset is a list of its own: exclusions, $0-$9, "
		    "$= and $MAXRANGE4 hold for their file only, and what is listed in "
		    "several of them has all their values");
	rbldnsd_data_done(&data);
	return rc;
}

/* A zone needs a list. */
static int settle_zones(struct migrate_plan *plan)
{
	for (unsigned i = 0; i < plan->zone_count; i++) {
		struct migrate_zone *zone = &plan->zones[i];
		unsigned list;
		int rc;

		if (!zone->has_ttl)
			zone->ttl_s = rbldnsd_line_clamp(plan->line, plan->line->ttl_s);
		if (zone->list_count)
			continue;
		rc = list_get(plan, NULL, "manual", NULL, &list);
		if (rc == 0)
			rc = zone_add_list(zone, list);
		if (rc == 0)
			rc = migrate_note(&zone->notes, false,
			                  "a zone needs a list: this one is empty, kept by hand");
		if (rc < 0)
			return rc;
	}
	return 0;
}

int migrate_plan_make(const struct rbldnsd_line *line, struct migrate_plan *out_plan)
{
	int rc = 0;

	*out_plan = (struct migrate_plan){.line = line};
	for (unsigned i = 0; i < line->spec_count && rc == 0; i++)
		rc = add_spec(out_plan, &line->specs[i]);
	return rc == 0 ? settle_zones(out_plan) : rc;
}

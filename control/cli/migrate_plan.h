/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What a command line of rbldnsd becomes: lists, zones, and notes on what will be different.
 */
#include "control/cli/rbldnsd_data.h"
#include "control/cli/rbldnsd_line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct migrate_note {
	bool is_lost; /* has no place in the configuration; else only different */
	char *text;
};

struct migrate_notes {
	struct migrate_note *items;
	size_t count;
};

struct migrate_list {
	char name[64];
	char *path;    /* NULL = a manual list */
	char *format;  /* "rbldnsd-ip4set" */
	char *dataset; /* of a combined file; NULL = none */
	struct migrate_notes notes;
};

/* Who may ask. */
struct migrate_acl {
	char *file;      /* NULL = none */
	bool is_private; /* the one there is cannot be used: private networks only */
};

struct migrate_zone {
	char *name;
	unsigned *lists; /* indexes */
	unsigned list_count;
	char *records; /* NULL = none */
	struct migrate_acl acl;
	bool is_own;   /* named on the command line, else a subzone */
	unsigned base; /* of a subzone: the zone that it is part of for rbldnsd */
	bool has_ttl, has_minimum;
	bool is_ttl_of_data; /* some $TTL, else the default of the command line */
	uint32_t ttl_s, minimum_s;
	struct zone_special special;
	struct migrate_notes notes;
};

struct migrate_plan {
	const struct rbldnsd_line *line;
	struct migrate_list *lists;
	unsigned list_count;
	struct migrate_zone *zones;
	unsigned zone_count;
	struct migrate_acl acl; /* of all zones */
	struct migrate_notes notes;
};

/* Read the data files and decide. Errors: -ENOMEM; free with migrate_plan_done() all the same */
int migrate_plan_make(const struct rbldnsd_line *line, struct migrate_plan *out_plan);
void migrate_plan_done(struct migrate_plan *plan);

/* Errors: -ENOMEM */
int migrate_note(struct migrate_notes *notes, bool is_lost, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Visit all notes. place: "zone bl.example", "list spam" or "" */
typedef void migrate_visit(const char *place, const struct migrate_note *note, void *context);
void migrate_plan_notes(const struct migrate_plan *plan, migrate_visit *visit, void *context);

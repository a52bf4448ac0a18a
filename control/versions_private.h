/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the files of the versions share: versions.c decides which version serves, is held or goes;
 * versions_folder.c knows the files that they are in.
 */
#include "control/versions.h"

#define VERSIONS_KNOWN                                                                             \
	(VERSIONS_KEPT_MAX + 8) /* more than are kept: after a crash there may be one too many */

struct versions {
	int folder;
	char *directory;
	versions_complain *complain;
	void *context;
	struct version_info
	    good[VERSIONS_KNOWN]; /* ascending numbers; what "current" ignores too */
	size_t good_count;
	uint64_t current, ignored; /* numbers; 0 = none */
	size_t keep;               /* good versions; see versions_keep() */
	uint64_t last;             /* the highest number there ever was: none is used twice */
	struct version_info held;  /* valid when has_held */
	bool has_held;
	char current_path[4096], held_path[4096], incoming_path[4096];
};

void versions_tell(struct versions *v, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "NUMBER.SUFFIX" */
void versions_name(char out_name[40], uint64_t number, const char *suffix);

/* A good version, or NULL. */
struct version_info *versions_find(const struct versions *v, uint64_t number);

void versions_insert(struct versions *v, const struct version_info *info);
void versions_forget(struct versions *v, uint64_t number);

/* Move a damaged file aside, and tell. */
void versions_aside(struct versions *v, const char *name);

/* Move a good version aside and forget it. */
void versions_drop(struct versions *v, uint64_t number);

/* Remove a good version. */
void versions_remove(struct versions *v, uint64_t number);

/* Find what is in the folder. Errors: negative errno */
int versions_scan(struct versions *v);

/* The file "current". Errors: -ENOENT never written, -EBADMSG damaged */
int versions_read_pointer(struct versions *v);
/* Errors: negative errno */
int versions_write_pointer(struct versions *v, uint64_t current, uint64_t ignored);

/* Write NAME.json. Errors: negative errno */
int versions_describe(struct versions *v, const char *stem, const struct version_info *info);

void versions_drop_held(struct versions *v);

/* What is held is what "current" ignores, or else held.feed. */
void versions_load_held(struct versions *v);

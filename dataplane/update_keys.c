/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/update_keys.h"

#include "dataplane/update_apex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 10000 /* of all zones together: an answer to Stats must fit a message */

struct update_keys {
	struct update_keys *next;
	struct keys *keys;
	size_t apex_size;
	uint8_t apex[255];
};

void update_keys_free(struct update_keys *list)
{
	while (list) {
		struct update_keys *next = list->next;

		keys_free(list->keys);
		free(list);
		list = next;
	}
}

static struct update_keys *find(struct update_keys **list, ProtobufCBinaryData apex)
{
	struct update_keys *l;

	for (l = *list; l; l = l->next) {
		if (l->apex_size == apex.len && memcmp(l->apex, apex.data, apex.len) == 0)
			return l;
	}
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->keys = keys_new();
	if (!l->keys) {
		free(l);
		return NULL;
	}
	memcpy(l->apex, apex.data, apex.len);
	l->apex_size = apex.len;
	l->next = *list;
	*list = l;
	return l;
}

static bool is_name(const char *name)
{
	for (const char *c = name; *c; c++) {
		if (*c <= ' ' || *c > '~' || *c == '"' || *c == '\\')
			return false;
	}
	return *name;
}

int update_keys_take(struct update_keys **list, const Reputed__Update__Keys *m,
                     struct update_error *out_error)
{
	struct update_keys *l;
	size_t at = 0;
	int rc = 0;

	if (m->apex.len < 2 || m->apex.len > sizeof(l->apex) ||
	    update_check_wire_name(m->apex.data, m->apex.len) != m->apex.len)
		return update_error_set(out_error, -EINVAL,
		                        "keys: apex is malformed, the root or not lower-case");
	l = find(list, m->apex);
	if (!l)
		return update_error_set(out_error, -ENOMEM, "keys: no memory");
	for (size_t i = 0; i < m->n_names; i++) {
		const uint8_t *label = m->labels.data + at;

		if (at >= m->labels.len || label[0] >= m->labels.len - at || !is_name(m->names[i]))
			return update_error_set(out_error, -EINVAL,
			                        "keys: key %zu or its name is malformed", i);
		rc = keys_add(l->keys, label + 1, label[0], m->names[i]);
		if (rc < 0)
			return update_error_set(out_error, rc, "keys: key %zu: %s", i,
			                        rc == -EEXIST ? "is given twice" : strerror(-rc));
		at += 1u + label[0];
	}
	if (at != m->labels.len)
		return update_error_set(out_error, -EINVAL, "keys: more labels than names");
	return 0;
}

int update_keys_attach(struct update_keys **list, struct zones *zones,
                       struct update_error *out_error)
{
	while (*list) {
		struct update_keys *l = *list;
		struct keys *keys = l->keys;
		int rc = keys_seal(keys);

		if (rc == 0)
			rc = zones ? zones_give_keys(zones, l->apex, l->apex_size, keys) : -ENOENT;
		if (rc < 0)
			return update_error_set(out_error, rc, "commit: keys: %s",
			                        rc == -ENOENT ? "of no zone of this batch"
			                                      : strerror(-rc));
		l->keys = NULL;
		*list = l->next;
		free(l);
	}
	for (size_t i = 0; zones && i < zones_count(zones); i++) {
		if (zones_at(zones, i)->needs_key && !zones_at(zones, i)->keys)
			return update_error_set(out_error, -EINVAL,
			                        "commit: zone %zu needs keys, and none came", i);
	}
	return 0;
}

bool update_keys_any(const struct zones *zones)
{
	for (size_t i = 0; i < zones_count(zones); i++) {
		if (zones_at(zones, i)->keys)
			return true;
	}
	return false;
}

void update_keys_carry(struct zones *zones, const struct zones *older)
{
	for (size_t i = 0; i < zones_count(older); i++) {
		const struct zone *was = zones_at(older, i), *is;

		if (!was->keys)
			continue;
		is = update_apex_find(zones, was);
		if (is && is->keys)
			keys_carry(is->keys, was->keys);
	}
}

void update_keys_visit(const struct zones *zones, update_emit *emit, void *context)
{
	uint64_t not_shown = 0;
	unsigned shown = 0;

	for (size_t i = 0; i < zones_count(zones); i++) {
		const struct keys *keys = zones_at(zones, i)->keys;
		char apex[DNS_NAME_MAX], name[DNS_NAME_MAX + KEYS_NAME_MAX + 40];

		update_apex_text(zones_at(zones, i), apex);
		for (size_t k = 0; keys && k < keys_size(keys); k++) {
			uint64_t queries = keys_queries(keys, k);

			if (!queries)
				continue;
			if (shown == SHOWN_MAX) {
				not_shown += queries;
				continue;
			}
			snprintf(name, sizeof(name), "key_queries{zone=\"%s\",key=\"%s\"}", apex,
			         keys_name(keys, k));
			emit(context, name, "queries with a key of the zone", queries);
			shown++;
		}
	}
	if (not_shown)
		emit(context, "key_queries_not_shown", "queries with keys beyond the first 10000",
		     not_shown);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_dials.h"

#include "control/config_value.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define POINTS_MAX      1000
#define HALF_LIFE_MAX_S 31622400 /* a year */
#define DELISTS_MAX     1000

enum kind { KIND_NUMBER, KIND_COUNT, KIND_DURATION };

struct row {
	const char *key;
	enum kind kind;
	size_t offset; /* of a float for KIND_NUMBER, else of a uint32_t */
	double least, most;
};

#define ROW(key, kind, member, least, most)                                                        \
	{key, KIND_##kind, offsetof(struct dials, member), least, most},
static const struct row rows[] = {CONFIG_DIALS(ROW)};

static const struct row class_rows[] = {
    {"points", KIND_NUMBER, offsetof(struct dials_class, points), 0, POINTS_MAX},
    {"half_life", KIND_DURATION, offsetof(struct dials_class, half_life_s), 60, HALF_LIFE_MAX_S},
};

static const struct row list_rows[] = {
    {"first", KIND_DURATION, offsetof(struct dials_kept_list, first_s), 60, HALF_LIFE_MAX_S},
};

static void tell(struct config_mistakes *m, const struct config_node *node,
                 const struct config_path *path, const char *expected)
{
	static const char *const found[] = {[CONFIG_SCALAR] = "a single value",
	                                    [CONFIG_SEQUENCE] = "a list",
	                                    [CONFIG_MAPPING] = "keys"};

	if (!m)
		return;
	if (node->kind != CONFIG_SCALAR)
		config_mistake(m, node->line, path, "is %s, expected %s", found[node->kind],
		               expected);
	else if (!node->text[0])
		config_mistake(m, node->line, path, "has no value, expected %s", expected);
	else
		config_mistake(m, node->line, path, "bad value '%.80s', expected %s", node->text,
		               expected);
}

static void duration_text(double seconds, char *out_text, size_t size)
{
	static const struct {
		unsigned seconds;
		char letter;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	unsigned whole = (unsigned)seconds, i = 0;

	while (whole % units[i].seconds)
		i++;
	snprintf(out_text, size, "%u%c", whole / units[i].seconds, units[i].letter);
}

static void tell_row(struct config_mistakes *m, const struct config_node *node,
                     const struct config_path *path, const struct row *row)
{
	char least[16], most[16], expected[80];

	switch (row->kind) {
	case KIND_NUMBER:
		snprintf(expected, sizeof(expected), "a number from %.10g to %.10g", row->least,
		         row->most);
		break;
	case KIND_COUNT:
		snprintf(expected, sizeof(expected), "a whole number from %.10g to %.10g",
		         row->least, row->most);
		break;
	case KIND_DURATION:
		duration_text(row->least, least, sizeof(least));
		duration_text(row->most, most, sizeof(most));
		snprintf(expected, sizeof(expected), "a duration from %s to %s", least, most);
		break;
	}
	tell(m, node, path, expected);
}

static bool parse(const struct row *row, const char *text, double *out_value)
{
	uint64_t whole;

	switch (row->kind) {
	case KIND_NUMBER:
		if (config_value_fraction(text, out_value) < 0)
			return false;
		break;
	case KIND_COUNT:
		if (config_value_number(text, UINT32_MAX, &whole) < 0)
			return false;
		*out_value = (double)whole;
		break;
	case KIND_DURATION:
		if (config_value_duration(text, &whole) < 0)
			return false;
		*out_value = (double)whole;
		break;
	}
	return *out_value >= row->least && *out_value <= row->most;
}

/* base: the struct that the offsets are of */
static void read_row(const struct row *row, const struct config_node *node, void *base,
                     const struct config_path *path, struct config_mistakes *m)
{
	double value = 0;

	if (node->kind != CONFIG_SCALAR || !parse(row, node->text, &value))
		tell_row(m, node, path, row);
	else if (row->kind == KIND_NUMBER)
		*(float *)((char *)base + row->offset) = (float)value;
	else
		*(uint32_t *)((char *)base + row->offset) = (uint32_t)value;
}

static const struct row *row_find(const struct row *from, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(from[i].key, key) == 0)
			return &from[i];
	}
	return NULL;
}

/* A mapping, and how one of its keys is read. */
struct mapping {
	const char *expected; /* when it is none */
	const char *known;    /* keys */
	/* Returns whether there is such a key. */
	bool (*read)(const struct config_node *child, void *base, const struct config_path *at,
	             struct config_mistakes *m);
};

/* base: what the keys are read into */
static void read_mapping(const struct config_node *node, const struct mapping *mapping, void *base,
                         const struct config_path *path, struct config_mistakes *m)
{
	if (node->kind != CONFIG_MAPPING) {
		tell(m, node, path, mapping->expected);
		return;
	}
	for (unsigned i = 0; i < node->count; i++) {
		const struct config_node *child = &node->children[i];
		const struct config_path at = {.up = path, .key = child->key};

		if (!mapping->read(child, base, &at, m) && m)
			config_mistake(m, child->line, &at, "unknown key, expected one of: %s",
			               mapping->known);
	}
}

static bool read_class_key(const struct config_node *child, void *base,
                           const struct config_path *at, struct config_mistakes *m)
{
	const struct row *row = row_find(class_rows, COUNT_OF(class_rows), child->key);

	if (row)
		read_row(row, child, base, at, m);
	return row;
}

static void read_mode(const struct config_node *node, struct dials_kept_list *list,
                      const struct config_path *path, struct config_mistakes *m)
{
	const char *mode = node->kind == CONFIG_SCALAR ? node->text : "";
	bool is_observed = strcmp(mode, "observe") == 0, is_off = strcmp(mode, "off") == 0;

	if (!is_observed && !is_off && strcmp(mode, "enforce") != 0) {
		tell(m, node, path, "enforce, observe or off");
		return;
	}
	list->is_observed = is_observed;
	list->is_off = is_off;
}

static bool read_list_key(const struct config_node *child, void *base, const struct config_path *at,
                          struct config_mistakes *m)
{
	const struct row *row = row_find(list_rows, COUNT_OF(list_rows), child->key);

	if (row)
		read_row(row, child, base, at, m);
	else if (strcmp(child->key, "mode") == 0)
		read_mode(child, base, at, m);
	else
		return false;
	return true;
}

static bool read_class(const struct config_node *child, void *base, const struct config_path *at,
                       struct config_mistakes *m)
{
	static const struct mapping mapping = {"keys such as {points: 4, half_life: 3d}",
	                                       "points, half_life", read_class_key};
	struct dials *dials = base;
	enum event_class class;

	if (event_class_parse(child->key, strlen(child->key), &class) < 0)
		return false;
	read_mapping(child, &mapping, &dials->classes[class], at, m);
	return true;
}

static bool read_list(const struct config_node *child, void *base, const struct config_path *at,
                      struct config_mistakes *m)
{
	static const struct mapping mapping = {"keys such as {mode: observe, first: 4h}",
	                                       "mode, first", read_list_key};
	struct dials *dials = base;
	unsigned list = 0;

	while (list < DIALS_LIST_COUNT &&
	       strcmp(dials_list_name((enum dials_list)list), child->key) != 0)
		list++;
	if (list == DIALS_LIST_COUNT)
		return false;
	read_mapping(child, &mapping, &dials->lists[list], at, m);
	return true;
}

/* "1/24h" */
static bool parse_per(const char *text, uint32_t *out_count, uint64_t *out_window_s)
{
	const char *slash = strchr(text, '/');
	char digits[8];
	uint64_t count, window_s;

	if (!slash || (size_t)(slash - text) >= sizeof(digits))
		return false;
	memcpy(digits, text, (size_t)(slash - text));
	digits[slash - text] = '\0';
	if (config_value_number(digits, DELISTS_MAX, &count) < 0 ||
	    config_value_duration(slash + 1, &window_s) < 0)
		return false;
	*out_count = (uint32_t)count;
	*out_window_s = window_s;
	return true;
}

static bool read_delist_key(const struct config_node *child, void *base,
                            const struct config_path *at, struct config_mistakes *m)
{
	const char *text = child->kind == CONFIG_SCALAR ? child->text : "";
	struct config_delist *delist = base;
	uint64_t count;

	if (strcmp(child->key, "per_address") == 0) {
		if (!parse_per(text, &delist->per_address, &delist->window_s))
			tell(m, child, at, "a number of times in a time, such as 1/24h");
	} else if (strcmp(child->key, "per_month") == 0) {
		if (config_value_number(text, DELISTS_MAX, &count) == 0)
			delist->per_month = (uint32_t)count;
		else
			tell(m, child, at, "a whole number from 0 to 1000");
	} else {
		return false;
	}
	return true;
}

static const struct mapping classes = {
    "classes of events, such as {spam_verdict: {points: 4}}",
    "good_delivery, not_junk, valid_rcpt, spam_verdict, phish, malware, trap_pristine, "
    "trap_recycled, invalid_rcpt, dha, backscatter, auth_fail, anomaly",
    read_class};
static const struct mapping lists = {"lists, such as {spam: {mode: observe}}",
                                     "spam, trap, dha, backscatter, auth, good", read_list};
static const struct mapping delists = {"keys such as {per_address: 1/24h, per_month: 3}",
                                       "per_address, per_month", read_delist_key};

/* Where an entry ends that was just made, or where none is ever made. */
static void check_bounds(const struct config_node *section, const struct dials *dials,
                         struct config_mistakes *m)
{
	static const struct config_path top = {.key = "reputation"};
	const struct config_node *enter = config_lines_get(section, "enter");
	const struct config_node *leave = config_lines_get(section, "leave");
	const struct config_node *node = leave ? leave : enter;
	const struct config_path at = {.up = &top, .key = leave ? "leave" : "enter"};

	if (node && dials->leave > dials->enter)
		config_mistake(m, node->line, &at,
		               "leave is %g and enter %g, expected leave at most "
		               "enter",
		               dials->leave, dials->enter);
}

void config_dials_read(const struct config_node *section, struct dials *out_dials,
                       struct config_delist *out_delist, struct config_mistakes *m)
{
	static const struct config_path top = {.key = "reputation"};

	if (section->kind != CONFIG_MAPPING)
		return;
	for (unsigned i = 0; i < section->count; i++) {
		const struct config_node *child = &section->children[i];
		const struct config_path at = {.up = &top, .key = child->key};
		const struct row *row = row_find(rows, COUNT_OF(rows), child->key);

		if (row)
			read_row(row, child, out_dials, &at, m);
		else if (strcmp(child->key, "classes") == 0)
			read_mapping(child, &classes, out_dials, &at, m);
		else if (strcmp(child->key, "lists") == 0)
			read_mapping(child, &lists, out_dials, &at, m);
		else if (strcmp(child->key, "delist") == 0)
			read_mapping(child, &delists, out_delist, &at, m);
	}
	if (m)
		check_bounds(section, out_dials, m);
}

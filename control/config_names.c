/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_names.h"

#include "control/config_feed.h"
#include "control/config_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX (NAME_WIRE_MAX + 2)

/* A value that may be given once, in a form in which equal values are equal bytes. */
struct name {
	uint8_t key[KEY_MAX];
	unsigned key_size;
	unsigned outer, inner; /* indexes in the file, in its order */
	const struct config_node *node;
	bool is_used;
};

struct names {
	struct name *items;
	size_t count, capacity;
};

/* Make a text comparable. Returns the size, or negative when it is not valid anyway. */
typedef int name_key(const char *text, uint8_t out_key[KEY_MAX]);

static int text_key(const char *text, uint8_t out_key[KEY_MAX])
{
	size_t size = strlen(text);

	if (size == 0 || size > KEY_MAX)
		return -1;
	memcpy(out_key, text, size);
	return (int)size;
}

/* Any number of ports may have no interface. */
static int punt_key(const char *text, uint8_t out_key[KEY_MAX])
{
	return strcmp(text, "false") == 0 ? -1 : text_key(text, out_key);
}

static int domain_key(const char *text, uint8_t out_key[KEY_MAX])
{
	return config_value_domain(text, out_key);
}

static int bytes_key(const void *value, size_t size, uint8_t *out_key)
{
	memcpy(out_key, value, size);
	return (int)size;
}

static int endpoint_key(const char *text, uint8_t out_key[KEY_MAX])
{
	struct config_endpoint e;
	int size;

	if (config_value_endpoint(text, &e) < 0)
		return -1;
	size = bytes_key(&e.address, sizeof(e.address), out_key);
	size += bytes_key(&e.port, sizeof(e.port), out_key + size);
	out_key[size] = e.is_ip6;
	return size + 1;
}

static int prefix_key(const char *text, uint8_t out_key[KEY_MAX])
{
	struct address_range range;
	int size;

	if (config_value_network(text, false, &range) < 0)
		return -1;
	size = bytes_key(&range.first, sizeof(range.first), out_key);
	size += bytes_key(&range.last, sizeof(range.last), out_key + size);
	out_key[size] = range.is_ip6;
	return size + 1;
}

static int interface_key(const char *text, uint8_t out_key[KEY_MAX])
{
	struct address_range range;
	unsigned length;
	int size;

	if (config_value_interface(text, &range, &length) < 0)
		return -1;
	size = bytes_key(&range.first, sizeof(range.first), out_key);
	out_key[size] = range.is_ip6;
	return size + 1;
}

static bool is_scalar(const struct config_node *node)
{
	return node && node->kind == CONFIG_SCALAR;
}

static bool names_add(struct names *n, const struct config_node *node, name_key *make_key,
                      unsigned outer, unsigned inner)
{
	struct name *name;
	int size;

	if (!is_scalar(node))
		return true;
	if (n->count == n->capacity) {
		size_t capacity = n->capacity ? 2 * n->capacity : 16;
		struct name *grown = reallocarray(n->items, capacity, sizeof(*grown));

		if (!grown)
			return false;
		n->items = grown;
		n->capacity = capacity;
	}
	name = &n->items[n->count];
	size = make_key(node->text, name->key);
	if (size < 0)
		return true;
	name->key_size = (unsigned)size;
	name->outer = outer;
	name->inner = inner;
	name->node = node;
	name->is_used = false;
	n->count++;
	return true;
}

static int compare_keys(const struct name *a, const struct name *b)
{
	unsigned size = a->key_size < b->key_size ? a->key_size : b->key_size;
	int order = memcmp(a->key, b->key, size);

	return order ? order : (a->key_size > b->key_size) - (a->key_size < b->key_size);
}

static int compare_names(const void *left, const void *right)
{
	const struct name *a = left, *b = right;
	int order = compare_keys(a, b);

	if (order)
		return order;
	if (a->outer != b->outer)
		return a->outer < b->outer ? -1 : 1;
	return (a->inner > b->inner) - (a->inner < b->inner);
}

static int compare_places(const void *left, const void *right)
{
	const struct name *a = left, *b = right;

	if (a->outer != b->outer)
		return a->outer < b->outer ? -1 : 1;
	return (a->inner > b->inner) - (a->inner < b->inner);
}

static void names_sort(struct names *n)
{
	if (n->count)
		qsort(n->items, n->count, sizeof(*n->items), compare_names);
}

/* The first with that key; n is sorted. */
static struct name *names_find(const struct names *n, const char *text, name_key *make_key)
{
	struct name wanted;
	size_t low = 0, high = n->count;
	int size = make_key(text, wanted.key);

	if (size < 0)
		return NULL;
	wanted.key_size = (unsigned)size;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_keys(&n->items[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n->count && compare_keys(&n->items[low], &wanted) == 0 ? &n->items[low] : NULL;
}

static void tell_twice(const struct name *name, const struct name *first,
                       const struct config_path *path, struct config_mistakes *m)
{
	config_mistake(m, name->node->line, path,
	               "'%.80s' is given twice, expected once (first in line %u)", name->node->text,
	               first->node->line);
}

/*
 * Tell the entries of a sequence that repeat an earlier one.
 *
 * key: of the value in each entry; NULL when the entries are the values
 */
static bool check_repeats(const struct config_node *sequence, const struct config_path *path,
                          const char *key, name_key *make_key, struct config_mistakes *m)
{
	struct names n = {0};
	bool is_done = true;
	const struct name *first;

	if (!sequence || sequence->kind != CONFIG_SEQUENCE)
		return true;
	for (unsigned i = 0; i < sequence->count && is_done; i++) {
		const struct config_node *entry = &sequence->children[i];

		is_done = names_add(&n, key ? config_lines_get(entry, key) : entry, make_key, i, 0);
	}
	names_sort(&n);
	first = n.items;
	for (size_t i = 1; i < n.count; i++) {
		const struct config_path at = {.up = path, .index = n.items[i].outer};
		const struct config_path below = {.up = &at, .key = key};

		if (compare_keys(first, &n.items[i]) == 0)
			tell_twice(&n.items[i], first, key ? &below : &at, m);
		else
			first = &n.items[i];
	}
	free(n.items);
	return is_done;
}

static bool check_dataplane(const struct config_node *root, struct config_mistakes *m)
{
	static const struct config_path top = {.key = "dataplane"};
	static const struct config_path listen = {.up = &top, .key = "listen"};
	static const struct config_path ports = {.up = &top, .key = "ports"};
	static const struct config_path cores = {.up = &top, .key = "cores"};
	const struct config_node *dataplane = config_lines_get(root, "dataplane");
	const struct config_node *listen_node = config_lines_get(dataplane, "listen");
	const struct config_node *ports_node = config_lines_get(dataplane, "ports");

	if (!(listen_node && listen_node->count) && !(ports_node && ports_node->count))
		config_warning(m, dataplane ? dataplane->line : 0, &top,
		               "neither listen nor ports: nobody can ask");
	return check_repeats(listen_node, &listen, NULL, endpoint_key, m) &&
	       check_repeats(ports_node, &ports, "device", text_key, m) &&
	       check_repeats(ports_node, &ports, "punt", punt_key, m) &&
	       check_repeats(config_lines_get(dataplane, "cores"), &cores, NULL, text_key, m);
}

/* One address on two ports would be answered for by two of them. */
static bool check_interfaces(const struct config_node *root, struct config_mistakes *m)
{
	static const struct config_path top = {.key = "dataplane"};
	static const struct config_path ports_path = {.up = &top, .key = "ports"};
	const struct config_node *ports =
	    config_lines_get(config_lines_get(root, "dataplane"), "ports");
	const struct name *first;
	struct names n = {0};
	bool is_done = true;

	for (unsigned i = 0; ports && i < ports->count && is_done; i++) {
		const struct config_node *addresses =
		    config_lines_get(&ports->children[i], "addresses");

		for (unsigned j = 0; addresses && j < addresses->count && is_done; j++)
			is_done = names_add(&n, &addresses->children[j], interface_key, i, j);
	}
	names_sort(&n);
	first = n.items;
	for (size_t i = 1; i < n.count; i++) {
		const struct config_path port = {.up = &ports_path, .index = n.items[i].outer};
		const struct config_path key = {.up = &port, .key = "addresses"};
		const struct config_path at = {.up = &key, .index = n.items[i].inner};

		if (compare_keys(first, &n.items[i]) == 0)
			tell_twice(&n.items[i], first, &at, m);
		else
			first = &n.items[i];
	}
	free(n.items);
	return is_done;
}

static bool is_true(const struct config_node *list, const char *key)
{
	const struct config_node *node = config_lines_get(list, key);

	return is_scalar(node) && strcmp(node->text, "true") == 0;
}

static void check_use(const struct config_node *list, const struct config_path *path,
                      struct config_mistakes *m)
{
	const struct config_path at = {.up = path, .key = "subtract"};

	if (is_true(list, "observe") && is_true(list, "subtract"))
		config_mistake(m, config_lines_get(list, "subtract")->line, &at,
		               "is given with observe: true, expected only one of them");
}

/* What fills a list: exactly one thing. */
static void check_source(const struct config_node *list, const struct config_path *path,
                         struct config_mistakes *m)
{
	const struct config_node *manual = config_lines_get(list, "manual");
	unsigned count = is_true(list, "manual");

	count += config_lines_get(list, "feed") != NULL;
	count += config_lines_get(list, "reputation") != NULL;
	if (count > 1)
		config_mistake(m, list->line, path,
		               "has more than one of feed, manual: true, reputation, expected one");
	/* A manual that is neither true nor false is told elsewhere. */
	if (count == 0 && (!manual || strcmp(manual->text ? manual->text : "", "false") == 0))
		config_mistake(m, list->line, path,
		               "has none of feed, manual: true, reputation, expected one of them");
}

static void check_list(const struct config_node *list, unsigned index, struct config_mistakes *m)
{
	static const struct config_path top = {.key = "lists"};
	const struct config_path path = {.up = &top, .index = index};
	const struct config_path feed_path = {.up = &path, .key = "feed"};
	const struct config_node *feed = config_lines_get(list, "feed");

	if (list->kind != CONFIG_MAPPING)
		return;
	check_use(list, &path, m);
	if (feed)
		config_feed_check(feed, &feed_path, m);
	check_source(list, &path, m);
}

/* Sort the names that are used in the lists of zones into those that exist. */
static void check_zone_lists(const struct config_node *zone, unsigned index, struct names *lists,
                             struct config_mistakes *m)
{
	static const struct config_path top = {.key = "zones"};
	const struct config_path path = {.up = &top, .index = index};
	const struct config_path key = {.up = &path, .key = "lists"};
	const struct config_node *used = config_lines_get(zone, "lists");

	for (unsigned i = 0; used && i < used->count; i++) {
		const struct config_node *node = &used->children[i];
		const struct config_path at = {.up = &key, .index = i};
		struct name *list;

		if (!is_scalar(node))
			continue;
		list = names_find(lists, node->text, text_key);
		if (list)
			list->is_used = true;
		else
			config_mistake(
			    m, node->line, &at,
			    "no list is named '%.80s', expected the name of one of lists",
			    node->text);
	}
}

/* The list `good` of the ledger, whose trust follows from the evidence. */
static bool is_good(const struct config_node *list)
{
	const struct config_node *node = config_lines_get(list, "reputation");

	return is_scalar(node) && strcmp(node->text, "good") == 0;
}

/* A list of a zone with a view must say what it is there. */
static void check_view_list(const struct config_node *node, const struct config_node *list,
                            const struct config_path *at, bool is_bits, struct config_mistakes *m)
{
	if (is_bits && !config_lines_get(list, "bit"))
		config_mistake(m, node->line, at,
		               "list '%.80s' has no bit, expected one such as 'bit: 2' there, as "
		               "the zone has view: bits",
		               node->text);
	if (!is_bits && (!config_lines_get(list, "category") ||
	                 (!config_lines_get(list, "trust") && !is_good(list))))
		config_mistake(m, node->line, at,
		               "list '%.80s' has no category and trust, expected both such as "
		               "'category: 2, trust: 1' there, as the zone has view: allow",
		               node->text);
}

static void check_view(const struct config_node *root, const struct config_node *zone,
                       unsigned index, const struct names *names, struct config_mistakes *m)
{
	static const struct config_path top = {.key = "zones"};
	const struct config_path path = {.up = &top, .index = index};
	const struct config_path key = {.up = &path, .key = "lists"};
	const struct config_node *lists = config_lines_get(root, "lists");
	const struct config_node *used = config_lines_get(zone, "lists");
	const struct config_node *view = config_lines_get(zone, "view");
	bool is_bits = is_scalar(view) && strcmp(view->text, "bits") == 0;

	if (!is_bits && !(is_scalar(view) && strcmp(view->text, "allow") == 0))
		return;
	for (unsigned i = 0; used && i < used->count; i++) {
		const struct config_path at = {.up = &key, .index = i};
		const struct config_node *node = &used->children[i];
		const struct name *list =
		    is_scalar(node) ? names_find(names, node->text, text_key) : NULL;

		if (list)
			check_view_list(node, &lists->children[list->outer], &at, is_bits, m);
	}
}

static bool check_zones(const struct config_node *root, struct names *lists,
                        struct config_mistakes *m)
{
	static const struct config_path top = {.key = "zones"};
	const struct config_node *zones = config_lines_get(root, "zones");
	bool is_done = true;

	for (unsigned i = 0; zones && i < zones->count && is_done; i++) {
		const struct config_node *zone = &zones->children[i];
		const struct config_path path = {.up = &top, .index = i};
		const struct config_path used = {.up = &path, .key = "lists"};
		const struct config_path ns = {.up = &path, .key = "ns"};
		const struct config_path access = {.up = &path, .key = "access"};

		check_zone_lists(zone, i, lists, m);
		check_view(root, zone, i, lists, m);
		is_done =
		    check_repeats(config_lines_get(zone, "lists"), &used, NULL, text_key, m) &&
		    check_repeats(config_lines_get(zone, "ns"), &ns, NULL, domain_key, m) &&
		    check_repeats(config_lines_get(zone, "access"), &access, "from", prefix_key, m);
	}
	return is_done && check_repeats(zones, &top, "name", domain_key, m);
}

static void warn_unused(struct names *lists, struct config_mistakes *m)
{
	static const struct config_path top = {.key = "lists"};

	if (lists->count)
		qsort(lists->items, lists->count, sizeof(*lists->items), compare_places);
	for (size_t i = 0; i < lists->count; i++) {
		const struct name *list = &lists->items[i];
		const struct config_path path = {.up = &top, .index = list->outer};

		if (!list->is_used)
			config_warning(m, list->node->line, &path,
			               "list '%.80s' is in no zone, so nobody is answered from it",
			               list->node->text);
	}
}

static bool check_lists_and_zones(const struct config_node *root, struct config_mistakes *m)
{
	static const struct config_path top = {.key = "lists"};
	const struct config_node *lists = config_lines_get(root, "lists");
	const struct name *previous = NULL;
	struct names n = {0};
	bool is_done = true;

	for (unsigned i = 0; lists && i < lists->count && is_done; i++) {
		check_list(&lists->children[i], i, m);
		is_done =
		    names_add(&n, config_lines_get(&lists->children[i], "name"), text_key, i, 0);
	}
	is_done = is_done && check_repeats(lists, &top, "name", text_key, m);
	names_sort(&n);
	is_done = is_done && check_zones(root, &n, m);
	for (size_t i = 0; i < n.count; i++)
		n.items[i].is_used |= is_true(&lists->children[n.items[i].outer], "subtract");
	/* Of two lists of one name only the first can be meant; the second is told already. */
	for (size_t i = 0; i < n.count; i++) {
		if (previous && compare_keys(previous, &n.items[i]) == 0)
			n.items[i].is_used = true;
		else
			previous = &n.items[i];
	}
	if (is_done)
		warn_unused(&n, m);
	free(n.items);
	return is_done;
}

void config_names_check(const struct config_node *root, struct config_mistakes *m)
{
	static const struct config_path access = {.key = "access"};

	if (root->kind != CONFIG_MAPPING)
		return;
	if (!check_dataplane(root, m) || !check_interfaces(root, m) ||
	    !check_repeats(config_lines_get(root, "access"), &access, "from", prefix_key, m) ||
	    !check_lists_and_zones(root, m))
		config_mistake(m, 0, NULL, "not enough memory to check the file");
}

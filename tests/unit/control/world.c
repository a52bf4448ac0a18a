/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/control/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTINGS_MAX 128

/* For what cannot fail in a test that makes sense. */
static void must(bool is_true)
{
	if (!is_true)
		abort();
}

static const address6_t bases[2][3] = {
    {0, 0x7f000001 - 128, 0xffffff00},
    {0, (address6_t)0xffff7f000001 - 128, ~(address6_t)0xff},
};

void world_init(struct world *w, const char *path)
{
	static const char *const texts[WORLD_LISTS] = {"$ is in zero", NULL, "costs $$, see $",
	                                               "plain", "$"};
	static const uint32_t codes[WORLD_LISTS] = {2, 4, 9, 2, 250};
	static char *names[WORLD_LISTS] = {(char *)"l0", (char *)"l1", (char *)"l2", (char *)"l3",
	                                   (char *)"l4"};

	*w = (struct world){.first_lists = {0, 1, 2}, .second_lists = {2, 4}};
	snprintf(w->path, sizeof(w->path), "%s", path);
	w->feed.format = (char *)"rbldnsd-ip6trie";
	for (unsigned i = 0; i < WORLD_LISTS; i++)
		w->lists[i] = (struct config_list){.name = names[i],
		                                   .feed = i == 4 ? NULL : &w->feed,
		                                   .manual = i == 4,
		                                   .text = (char *)texts[i],
		                                   .code = 0x7f000000 | codes[i]};
	w->zones[0] = (struct config_zone){.name = (char *)"bl.example",
	                                   .list_indexes = w->first_lists,
	                                   .lists_count = 3,
	                                   .ttl = 300,
	                                   .apex_size = 12};
	memcpy(w->zones[0].apex, "\2bl\7example", 12);
	w->zones[1] = w->zones[0];
	w->zones[1].list_indexes = w->second_lists;
	w->zones[1].lists_count = 2;
	w->zones[1].apex[1] = 'c';
	w->access[0].range = (struct address_range){.first = 0x7f000000, .last = 0x7fffffff};
	w->never[0] = (struct address_range){.first = 10, .last = 20};
	w->never[1] = (struct address_range){.first = 0x7f000003, .last = 0x7f000005};
	w->never[2] =
	    (struct address_range){.is_ip6 = true, .first = ~(address6_t)7, .last = ~(address6_t)0};
	w->config = (struct config){.dataplane.socket = w->path,
	                            .lists = w->lists,
	                            .lists_count = WORLD_LISTS,
	                            .zones = w->zones,
	                            .zones_count = 2,
	                            .access = w->access,
	                            .access_count = 1,
	                            .never_ranges = w->never,
	                            .never_range_count = 3};
	w->publish = publish_new(&w->config);
	must(w->publish);
}

void world_done(struct world *w)
{
	publish_free(w->publish);
}

int world_configure(struct world *w, const struct config *config, struct publish_result *out_result)
{
	int rc = publish_adopt(w->publish, config);

	if (rc == 0)
		publish_sync(w->publish, out_result); /* the result tells how it went */
	return rc;
}

uint8_t world_byte(struct world_bytes *b)
{
	return b->at < b->size ? b->bytes[b->at++] : 0;
}

void world_random(uint64_t *state, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		*state ^= *state << 13;
		*state ^= *state >> 7;
		*state ^= *state << 17;
		bytes[i] = (uint8_t)(*state >> 32);
	}
}

static struct dataset_builder *new_builder(void)
{
	struct dataset_options options = {.drop_bogons = false};
	struct dataset_builder *b = dataset_builder_new(&options);

	must(b);
	return b;
}

static struct dataset *finish(struct dataset_builder *b)
{
	struct dataset *d = dataset_finish(b);

	must(d);
	return d;
}

static uint32_t value_of(struct dataset_builder *b, uint8_t choice)
{
	static const struct dataset_value values[] = {
	    {.code = 0x7f000003},
	    {.text_kind = DATASET_TEXT_NONE},
	    {.text_kind = DATASET_TEXT_OWN, .text = "own $", .text_size = 5},
	    {.code = 0x7f000002, .text_kind = DATASET_TEXT_OWN, .text = "$$ x", .text_size = 4},
	    {.code = 0x7f000404, .text_kind = DATASET_TEXT_OWN, .text = "$", .text_size = 1},
	};
	uint32_t id = 0;

	if (choice % 6)
		must(dataset_value(b, &values[choice % 6 - 1], &id) == 0);
	return id;
}

static void add_range(struct dataset_builder *b, struct world_bytes *bytes, bool is_ip6,
                      const struct dataset_entry *entry)
{
	static const uint8_t sizes[] = {0, 0, 0, 1, 7, 30, 255};
	address6_t base = bases[is_ip6][world_byte(bytes) % 3];
	uint8_t first = world_byte(bytes), more = sizes[world_byte(bytes) % sizeof(sizes)];
	unsigned last = first + more;
	struct address_range range = {.is_ip6 = is_ip6, .first = base + first};

	range.last = base + (last > 255 ? 255 : last);
	if (world_byte(bytes) == 7) { /* everything */
		range.first = 0;
		range.last = is_ip6 ? ~(address6_t)0 : UINT32_MAX;
	}
	must(dataset_add_range(b, &range, entry) == 0);
}

static void add_name(struct dataset_builder *b, struct world_bytes *bytes,
                     const struct dataset_entry *entry)
{
	static const char *const labels[] = {"\1a", "\1b", "\2cc", "\1$"};
	uint8_t how = world_byte(bytes), wire[32];
	size_t size = 0;

	for (int i = 0; i <= how % 4; i++) {
		const char *label = labels[world_byte(bytes) % 4];

		memcpy(wire + size, label, strlen(label));
		size += strlen(label);
	}
	must(dataset_add_name(b, wire, size, how / 4 % 3 + 1u, entry) == 0);
}

struct dataset *world_dataset(struct world_bytes *bytes)
{
	struct dataset_builder *b = new_builder();

	for (int i = world_byte(bytes) % 16; i > 0; i--) {
		uint8_t kind = world_byte(bytes), how = world_byte(bytes);
		struct dataset_entry entry = {.line = (uint64_t)i,
		                              .value = value_of(b, world_byte(bytes)),
		                              .level = how % 3,
		                              .is_exclusion = how % 7 == 0};

		switch (kind % 5) {
		case 0:
		case 1:
			add_range(b, bytes, false, &entry);
			break;
		case 2:
			add_range(b, bytes, true, &entry);
			break;
		default:
			add_name(b, bytes, &entry);
			break;
		}
	}
	return finish(b);
}

struct dataset *world_names(uint64_t seed)
{
	static const char *const labels[] = {"\1a", "\1b", "\2cc", "\1z"};
	struct dataset_builder *b = new_builder();

	for (unsigned i = 0; i < 340; i++) {
		uint8_t random, wire[32];
		size_t size = 0;

		/* In base 4 with digits 1..4: all names of one to four labels. */
		for (unsigned rest = i + 1; rest; rest = (rest - 1) / 4) {
			const char *label = labels[(rest - 1) % 4];

			memcpy(wire + size, label, strlen(label));
			size += strlen(label);
		}
		world_random(&seed, &random, 1);
		struct dataset_entry entry = {.value = value_of(b, random),
		                              .is_exclusion = random > 220};

		must(dataset_add_name(b, wire, size, random % 3 + 1u, &entry) == 0);
	}
	return finish(b);
}

struct dataset *world_range(const char *text, const struct dataset_value *value)
{
	struct dataset_builder *b = new_builder();
	struct dataset_entry entry = {0};
	struct address_range range;

	if (value)
		must(dataset_value(b, value, &entry.value) == 0);
	if (text) {
		must(address_parse(text, strlen(text), &range) == 0);
		must(dataset_add_range(b, &range, &entry) == 0);
	}
	return finish(b);
}

/* Listings as text lines, to be sorted and compared. */
struct lines {
	char lines[LISTINGS_MAX][320];
	size_t count;
};

/* "list code text", with '$' replaced by the subject unless that is NULL. */
static void add_line(struct lines *l, const struct model_listing *listing, const char *subject)
{
	char text[1200], line[320];
	size_t size = 0;

	for (size_t i = 0; i < listing->text_size; i++) {
		if (!subject || listing->text[i] != '$') {
			text[size++] = listing->text[i];
		} else if (i + 1 < listing->text_size && listing->text[i + 1] == '$') {
			text[size++] = '$';
			i++;
		} else {
			size += (size_t)snprintf(text + size, sizeof(text) - size, "%s", subject);
		}
	}
	text[size] = '\0';
	snprintf(line, sizeof(line), "%u %08x '%.255s'", listing->list, listing->code, text);
	for (size_t i = 0; i < l->count; i++)
		if (!strcmp(l->lines[i], line))
			return;
	must(l->count < LISTINGS_MAX);
	memcpy(l->lines[l->count++], line, sizeof(line));
}

/* What a set of a list says. */
static void add_set(const struct world *w, unsigned list, uint32_t set, const char *subject,
                    struct lines *l)
{
	const struct config_list *row = &w->lists[list];
	const struct dataset_value *const *values;
	size_t count = dataset_set(publish_get(w->publish, list), set, &values);

	for (size_t i = 0; i < count; i++) {
		struct model_listing listing = {
		    .list = list, .code = values[i]->code ? values[i]->code : row->code};
		const char *text = values[i]->text_kind == DATASET_TEXT_OWN    ? values[i]->text
		                   : values[i]->text_kind == DATASET_TEXT_LIST ? row->text
		                                                               : NULL;

		if (text) {
			listing.text_size = values[i]->text_kind == DATASET_TEXT_OWN
			                        ? values[i]->text_size
			                        : (uint8_t)strlen(text);
			memcpy(listing.text, text, listing.text_size);
		}
		add_line(l, &listing, subject);
	}
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool is_same(struct lines *expected, struct lines *found, const char *where)
{
	bool is_equal = expected->count == found->count;

	qsort(expected->lines, expected->count, sizeof(expected->lines[0]), compare_lines);
	qsort(found->lines, found->count, sizeof(found->lines[0]), compare_lines);
	for (size_t i = 0; is_equal && i < expected->count; i++)
		is_equal = !strcmp(expected->lines[i], found->lines[i]);
	if (is_equal)
		return true;
	fprintf(stderr, "%s:\n", where);
	for (size_t i = 0; i < expected->count; i++)
		fprintf(stderr, "  expected %s\n", expected->lines[i]);
	for (size_t i = 0; i < found->count; i++)
		fprintf(stderr, "  found %s\n", found->lines[i]);
	return false;
}

/* The addresses to look at. */
struct points {
	const struct world *world;
	const struct world_witness *witness;
	bool is_ip6, is_right;
};

static bool is_never(const struct world *w, bool is_ip6, address6_t address)
{
	if (address == (is_ip6 ? (address6_t)0xffff7f000001 : 0x7f000001))
		return true;
	for (size_t i = 0; i < w->config.never_range_count; i++)
		if (w->never[i].is_ip6 == is_ip6 && w->never[i].first <= address &&
		    address <= w->never[i].last)
			return true;
	return false;
}

/* Whether a list that is subtracted lists the address. */
static bool is_subtracted(const struct world *w, bool is_ip6, address6_t address)
{
	for (unsigned list = 0; list < WORLD_LISTS; list++) {
		const struct dataset *d = publish_get(w->publish, list);
		struct dataset_range4 range;

		if (!w->config.lists[list].is_subtracted)
			continue;
		for (size_t i = 0; d && !is_ip6 && i < d->edges4.count;) {
			i = dataset_edge4_range(&d->edges4, i, &range);
			if (range.first <= address && address <= range.last)
				return true;
		}
		for (size_t i = 0; d && is_ip6 && i < d->range6_count; i++)
			if (d->ranges6[i].first <= address && address <= d->ranges6[i].last)
				return true;
	}
	return false;
}

static void expect_address(const struct world *w, bool is_ip6, address6_t address,
                           struct lines *out_lines)
{
	out_lines->count = 0;
	if (is_never(w, is_ip6, address) || is_subtracted(w, is_ip6, address))
		return;
	for (unsigned list = 0; list < WORLD_LISTS; list++) {
		const struct dataset *d = publish_get(w->publish, list);

		struct dataset_range4 range;

		for (size_t i = 0; d && !is_ip6 && i < d->edges4.count;) {
			i = dataset_edge4_range(&d->edges4, i, &range);
			if (range.first <= address && address <= range.last)
				add_set(w, list, range.set, NULL, out_lines);
		}
		for (size_t i = 0; d && is_ip6 && i < d->range6_count; i++)
			if (d->ranges6[i].first <= address && address <= d->ranges6[i].last)
				add_set(w, list, d->ranges6[i].set, NULL, out_lines);
	}
}

static void check_address(struct points *p, address6_t address)
{
	struct address_range range = {.is_ip6 = p->is_ip6, .first = address, .last = address};
	struct model_listing listings[LISTINGS_MAX];
	char where[2 * ADDRESS_TEXT_MAX];
	struct lines expected, found = {.count = 0};
	size_t count;

	if (!p->is_ip6 && address > UINT32_MAX)
		return;
	expect_address(p->world, p->is_ip6, address, &expected);
	count = p->witness->address(p->witness->who, p->is_ip6, address, listings, LISTINGS_MAX);
	for (size_t i = 0; i < count; i++)
		add_line(&found, &listings[i], NULL);
	address_format(&range, where);
	p->is_right = p->is_right && is_same(&expected, &found, where);
}

static void check_around(void *context, address6_t address)
{
	check_address(context, address - 1);
	check_address(context, address);
	check_address(context, address + 1);
}

static bool addresses_are_right(const struct world *w, const struct world_witness *witness,
                                bool is_ip6)
{
	struct points p = {.world = w, .witness = witness, .is_ip6 = is_ip6, .is_right = true};

	for (size_t i = 0; i < w->config.never_range_count; i++) {
		check_around(&p, w->never[i].first);
		check_around(&p, w->never[i].last);
	}
	for (unsigned list = 0; list < WORLD_LISTS; list++) {
		const struct dataset *d = publish_get(w->publish, list);

		for (size_t i = 0; d && !is_ip6 && i < d->edges4.count; i++)
			check_around(&p, d->edges4.at[i]);
		for (size_t i = 0; d && is_ip6 && i < d->range6_count; i++) {
			check_around(&p, d->ranges6[i].first);
			check_around(&p, d->ranges6[i].last);
		}
	}
	check_around(&p, is_ip6 ? (address6_t)0xffff7f000001 : 0x7f000001);
	return p.is_right;
}

/* The set that decides by the rules of dataset.h, DATASET_ABSENT if none; and whose it is. */
static uint32_t find_set(const struct dataset *d, const uint8_t *wire, size_t size, size_t *out_at)
{
	for (size_t at = 0;; at += wire[at] + 1u) {
		for (size_t i = 0; i < d->name_count; i++) {
			const struct dataset_name *n = &d->names[i];
			uint32_t set = at ? n->subtree : n->exact;

			*out_at = at;
			if (n->size == size - at && set != DATASET_ABSENT &&
			    !memcmp(d->name_bytes + n->offset, wire + at, n->size))
				return set;
		}
		if (at == size)
			return DATASET_ABSENT;
	}
}

static bool name_is_right(const struct world *w, const struct world_witness *witness,
                          const uint8_t *wire, size_t size)
{
	struct model_listing listings[LISTINGS_MAX];
	struct lines expected = {.count = 0}, found = {.count = 0};
	char subject[4 * NAME_WIRE_MAX + 2];
	size_t at, count = witness->name(witness->who, wire, size, listings, LISTINGS_MAX, &at);

	name_format(wire + at, size - at, subject);
	for (size_t i = 0; i < count; i++)
		add_line(&found, &listings[i], subject);
	for (unsigned list = 0; list < WORLD_LISTS; list++) {
		const struct dataset *d = publish_get(w->publish, list);
		uint32_t set = d ? find_set(d, wire, size, &at) : 0;

		if (!set || set == DATASET_ABSENT)
			continue;
		if (w->config.lists[list].is_subtracted) {
			expected.count = 0;
			break;
		}
		name_format(wire + at, size - at, subject);
		add_set(w, list, set, subject, &expected);
	}
	name_format(wire, size, subject);
	return is_same(&expected, &found, subject);
}

/* A name of a dataset, those below it, and the one above. */
static bool names_around_are_right(const struct world *w, const struct world_witness *witness,
                                   const uint8_t *wire, size_t size)
{
	uint8_t below[300] = "\1q\3www";

	must(size < 250);
	memcpy(below + 6, wire, size);
	return name_is_right(w, witness, below, size + 6) &&
	       name_is_right(w, witness, below + 2, size + 4) &&
	       name_is_right(w, witness, wire, size) &&
	       name_is_right(w, witness, wire + wire[0] + 1, size - wire[0] - 1);
}

static bool names_are_right(const struct world *w, const struct world_witness *witness)
{
	for (unsigned list = 0; list < WORLD_LISTS; list++) {
		const struct dataset *d = publish_get(w->publish, list);

		for (size_t i = 0; d && i < d->name_count; i++)
			if (!names_around_are_right(w, witness, d->name_bytes + d->names[i].offset,
			                            d->names[i].size))
				return false;
	}
	return names_around_are_right(w, witness, (const uint8_t *)"\1b\7nowhere", 10);
}

bool world_is_right(struct world *w, const struct world_witness *witness)
{
	return addresses_are_right(w, witness, false) && addresses_are_right(w, witness, true) &&
	       names_are_right(w, witness);
}

static size_t ask_address(void *who, bool is_ip6, address6_t address,
                          struct model_listing *out_listings, size_t max)
{
	return model_address(who, is_ip6, address, out_listings, max);
}

static size_t ask_name(void *who, const uint8_t *wire, size_t size,
                       struct model_listing *out_listings, size_t max, size_t *out_subject)
{
	return model_name(who, wire, size, out_listings, max, out_subject);
}

/* Where the model's verdicts begin and end. */
static bool boundaries_are_right(const struct world *w, const struct world_witness *witness,
                                 bool is_ip6)
{
	struct points p = {.world = w, .witness = witness, .is_ip6 = is_ip6, .is_right = true};

	model_boundaries(witness->who, is_ip6, check_around, &p);
	return p.is_right;
}

bool world_model_is_right(struct world *w, struct model *m)
{
	struct world_witness witness = {.address = ask_address, .name = ask_name, .who = m};
	char failure[200];

	model_failure(m, failure);
	if (failure[0])
		fprintf(stderr, "protocol: %s\n", failure);
	return !failure[0] && boundaries_are_right(w, &witness, false) &&
	       boundaries_are_right(w, &witness, true) && world_is_right(w, &witness);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/lint.h"
#include "feeds/address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SAMPLES_OF_FAMILY 3  /* of each list of the configuration */
#define SAMPLE_TRIES_MAX  32 /* of each list: a word of a feed is not always an entry */
#define LABEL_MAX         63

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

bool lint_name_equal(const struct lint_name *a, const struct lint_name *b)
{
	for (unsigned i = 0; i < a->size && a->size == b->size; i++)
		if (lower(a->wire[i]) != lower(b->wire[i]))
			return false;
	return a->size == b->size;
}

struct lint_name lint_name_parent(const struct lint_name *name)
{
	unsigned skip = name->wire[0] ? 1u + name->wire[0] : 0;
	struct lint_name parent = {.size = (uint8_t)(name->size - skip)};

	memcpy(parent.wire, &name->wire[skip], parent.size);
	return parent;
}

bool lint_name_is_in(const struct lint_name *name, const struct lint_name *apex)
{
	struct lint_name at = *name;

	while (at.size > apex->size)
		at = lint_name_parent(&at);
	return lint_name_equal(&at, apex);
}

int lint_name_below(const char *labels, const struct lint_name *apex, struct lint_name *out)
{
	struct lint_name name = {0};

	while (*labels) {
		size_t length = strcspn(labels, ".");

		if (length == 0 || length > LABEL_MAX ||
		    name.size + 1 + length + apex->size > LINT_NAME_MAX)
			return -EINVAL;
		name.wire[name.size] = (uint8_t)length;
		memcpy(&name.wire[name.size + 1], labels, length);
		name.size = (uint8_t)(name.size + 1 + length);
		labels += length;
		labels += *labels == '.';
	}
	memcpy(&name.wire[name.size], apex->wire, apex->size);
	name.size = (uint8_t)(name.size + apex->size);
	*out = name;
	return 0;
}

/* "2.0.0.127", or 32 nibbles. */
static void reversed(const struct address_range *range, char out_labels[80])
{
	size_t at = 0;

	for (unsigned i = 0; !range->is_ip6 && i < 4; i++)
		at += (size_t)sprintf(out_labels + at, "%s%u", i ? "." : "",
		                      (unsigned)(range->first >> (8 * i)) & 0xff);
	for (unsigned i = 0; range->is_ip6 && i < 32; i++)
		at += (size_t)sprintf(out_labels + at, "%s%x", i ? "." : "",
		                      (unsigned)(range->first >> (4 * i)) & 0xf);
}

int lint_key_parse(const char *text, const struct lint_name *apex, struct lint_key *out)
{
	struct lint_key key = {.family = LINT_NAMES};
	struct address_range range;
	char labels[80];
	int size;

	snprintf(key.text, sizeof(key.text), "%s", text);
	if (address_parse(text, strlen(text), &range) == 0) {
		reversed(&range, labels);
		key.family = range.is_ip6 ? LINT_IP6 : LINT_IP4;
		if (lint_name_below(labels, apex, &key.name) < 0)
			return -EINVAL;
		*out = key;
		return 0;
	}
	text += strncmp(text, "*.", 2) == 0 ? 2 : *text == '.';
	size = name_parse(text, strlen(text), key.name.wire);
	if (size <= 0 || size + apex->size > LINT_NAME_MAX)
		return -EINVAL;
	memcpy(&key.name.wire[size], apex->wire, apex->size);
	key.name.size = (uint8_t)(size + apex->size);
	*out = key;
	return 0;
}

/* "::ffff:127.0.0.2" is asked as nibbles, though address_parse() takes it for IPv4. */
static const struct {
	const char *text, *labels;
	enum lint_family family;
} tests[] = {
    {"127.0.0.2", "2.0.0.127", LINT_IP4},
    {"::ffff:127.0.0.2", "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
     LINT_IP6},
    {"test", "test", LINT_NAMES},
};

static void keep_codes(struct lint *l, const struct lint_key *key)
{
	for (unsigned i = 0; key->family == LINT_IP4 && i < l->reply.record_count; i++) {
		uint32_t code = lint_message_address(&l->reply, &l->reply.records[i]);
		unsigned at = 0;

		while (at < l->code_count && l->codes[at] != code)
			at++;
		if (code >> 8 == 0x7f0000 && code > 0x7f000001 && at == l->code_count &&
		    at < LINT_CODES_MAX)
			l->codes[l->code_count++] = code;
	}
}

/* Ask for a key and keep it when it is listed. Not part of an item: nothing is noted. */
static bool try_key(struct lint *l, const struct lint_key *key)
{
	struct lint_query q = lint_question(&key->name, LINT_A);
	const char *error;

	for (unsigned i = 0; i < l->key_count; i++)
		if (lint_name_equal(&l->keys[i].name, &key->name))
			return true;
	if (l->key_count == LINT_KEYS_MAX || lint_exchange(l, &q, &error) < 0 ||
	    l->reply.rcode != LINT_NOERROR || !lint_message_find(&l->reply, LINT_ANSWER, LINT_A))
		return false;
	keep_codes(l, key);
	l->keys[l->key_count++] = *key;
	l->families |= key->family;
	return true;
}

/* What is said to be listed must be: it stays a key, and the items fail when it is not. */
static int add_listed(struct lint *l, const char *text, char *out_error)
{
	struct lint_key key;

	if (lint_key_parse(text, &l->apex, &key) < 0) {
		snprintf(out_error, LINT_TEXT_MAX,
		         "--listed '%.200s': expected an address, a network or a name", text);
		return -EINVAL;
	}
	if (!try_key(l, &key) && l->key_count < LINT_KEYS_MAX) {
		l->keys[l->key_count++] = key;
		l->families |= key.family;
	}
	return 0;
}

struct samples {
	struct lint *lint;
	unsigned list;                      /* whose entries are offered */
	unsigned counts[LINT_FAMILIES + 1]; /* of it, by family */
	unsigned tries;                     /* of it */
};

static bool take_sample(const char *text, unsigned list, void *context)
{
	struct samples *samples = context;
	struct lint_key key;

	if (list != samples->list)
		*samples = (struct samples){.lint = samples->lint, .list = list};
	if (lint_key_parse(text, &samples->lint->apex, &key) < 0 ||
	    samples->counts[key.family] >= SAMPLES_OF_FAMILY)
		return true;
	samples->counts[key.family] += try_key(samples->lint, &key);
	return samples->lint->key_count < LINT_KEYS_MAX && ++samples->tries < SAMPLE_TRIES_MAX;
}

int lint_keys_find(struct lint *l, const char *const *listed, unsigned listed_count,
                   unsigned wanted, char out_error[LINT_TEXT_MAX])
{
	struct samples samples = {.lint = l};

	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		struct lint_key key = {.family = (uint8_t)tests[i].family, .is_test = true};

		snprintf(key.text, sizeof(key.text), "%s", tests[i].text);
		if (lint_name_below(tests[i].labels, &l->apex, &key.name) == 0)
			try_key(l, &key);
	}
	for (unsigned i = 0; i < listed_count; i++) {
		int rc = add_listed(l, listed[i], out_error);

		if (rc < 0)
			return rc;
	}
	if (l->config_zone)
		lint_samples(l->config, l->config_zone, take_sample, &samples);
	l->families |= wanted;
	if (!l->families)
		l->families = LINT_FAMILIES;
	return 0;
}

const struct lint_key *lint_key_of(const struct lint *l, unsigned families)
{
	const struct lint_key *found = NULL;

	for (unsigned i = 0; i < l->key_count; i++) {
		const struct lint_key *key = &l->keys[i];

		if (key->family & families && (!found || (found->is_test && !key->is_test)))
			found = key;
	}
	return found;
}

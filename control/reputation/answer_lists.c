/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/answer_lists.h"

#include <errno.h>
#include <string.h>

#define CODES 256 /* values of a kind: by the last byte of the code */

/* The narrower network decides. */
static const uint8_t levels[ANSWER_KIND_COUNT] = {
    [ANSWER_IP4] = 32,    [ANSWER_IP4_24] = 24, [ANSWER_IP6_64] = 64,
    [ANSWER_IP6_56] = 56, [ANSWER_IP6_48] = 48, [ANSWER_NAME] = 1,
};

struct making {
	struct dataset_builder *builder;
	enum config_kept kept;
	uint32_t values[CODES]; /* 0 = not made yet */
};

/* The value of a code, made once; one with a text is a row's own. */
static int value_of(struct making *m, uint32_t code, const char *text, uint32_t *out_value)
{
	struct dataset_value value = {.code = code, .text_kind = DATASET_TEXT_LIST};
	uint32_t *known = &m->values[code % CODES];
	int rc;

	*out_value = 0;
	if (code == 0 || (!text && *known)) {
		*out_value = code ? *known : 0;
		return 0;
	}
	if (text) {
		value.text_kind = DATASET_TEXT_OWN;
		value.text_size = (uint8_t)strlen(text);
		value.text = text;
	}
	rc = dataset_value(m->builder, &value, out_value);
	if (rc == 0 && !text)
		*known = *out_value;
	return rc;
}

static int add_row(const struct answer_key *key, const struct answer_row *row, void *context)
{
	struct making *m = context;
	struct dataset_entry entry = {.level = levels[key->kind]};
	struct address_range range;
	uint32_t code;
	int rc;

	if (!answer_has(row->answer, m->kept, &code))
		return 0;
	rc = value_of(m, code, m->kept == KEPT_WHY ? row->text : NULL, &entry.value);
	if (rc < 0)
		return rc;
	if (key->kind == ANSWER_NAME)
		return dataset_add_name(m->builder, key->name + 1, key->name[0], DATASET_EXACT,
		                        &entry);
	answer_table_range(key, &range);
	return dataset_add_range(m->builder, &range, &entry);
}

struct dataset *answer_lists_build(const struct answer_table *t, enum config_kept kept,
                                   const struct load_places *places)
{
	const struct dataset_options options = {.drop_bogons = false};
	struct making m = {.builder = dataset_builder_new(&options), .kept = kept};
	int rc;

	if (!m.builder)
		return NULL;
	rc = places ? answer_table_near(t, places, add_row, &m) : answer_table_each(t, add_row, &m);
	if (rc == 0)
		return dataset_finish(m.builder);
	dataset_builder_free(m.builder);
	errno = -rc;
	return NULL;
}

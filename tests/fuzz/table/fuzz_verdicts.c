/* SPDX-License-Identifier: BSD-3-Clause */
/* verdicts against arrays of what is defined, forgotten and free. */
#include "dataplane/table/verdicts.h"
#include "tests/fuzz/table/check.h"
#include "tests/fuzz/table/grace.h"
#include "tests/fuzz/table/input.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define ID_COUNT  24
#define LIST_SIZE 4 /* listings of a verdict at most; ids repeat often enough */
#define OPS_MAX   400

enum state { FREE, DEFINED, FORGOTTEN };

struct model_listing {
	enum state state;
	uint32_t list, code;
	size_t text_size;
	unsigned use_count;
};

struct model_verdict {
	enum state state;
	unsigned count;
	unsigned listings[LIST_SIZE]; /* without repetition, as they were given */
};

struct model {
	struct model_listing listings[ID_COUNT];
	struct model_verdict verdicts[ID_COUNT];
};

/* Ids at both ends of the space, of a page, and beyond. */
static uint32_t id_of(unsigned index)
{
	static const uint32_t ids[ID_COUNT] = {
	    0,
	    1,
	    2,
	    3,
	    4,
	    5,
	    6,
	    7,
	    4094,
	    4095,
	    4096,
	    4097,
	    8191,
	    8192,
	    70000,
	    70001,
	    VERDICT_MAX,
	    VERDICT_MAX - 1,
	    VERDICT_MAX - 4095,
	    VERDICT_MAX - 4096,
	    VERDICT_MAX + 1,
	    UINT32_MAX,
	    100,
	    101,
	};

	return ids[index];
}

static bool is_id(unsigned index)
{
	return id_of(index) != 0 && id_of(index) <= VERDICT_MAX;
}

static void define_listing(struct verdicts *v, struct model *m, struct input *in)
{
	static const char text[LISTING_TEXT_MAX + 1] = "$$ and more";
	unsigned index = input_byte(in) % ID_COUNT;
	struct model_listing *l = &m->listings[index];
	uint32_t list = input_below(in, LIST_ID_MAX + 3);
	uint8_t octet = input_byte(in);
	uint32_t code = octet < 8 ? 0x7e000002 : 0x7f000000u | octet % 6;
	size_t text_size = input_below(in, LISTING_TEXT_MAX + 2);
	bool is_valid = is_id(index) && list <= LIST_ID_MAX && code >> 24 == 127 &&
	                code != 0x7f000001 && text_size <= LISTING_TEXT_MAX;
	int rc = verdicts_define_listing(v, id_of(index), list, code, text, text_size);

	CHECK(rc == (!is_valid ? -EINVAL : l->state != FREE ? -EBUSY : 0));
	if (rc == 0)
		*l = (struct model_listing){DEFINED, list, code, text_size, 0};
}

static void define(struct verdicts *v, struct model *m, struct input *in)
{
	unsigned index = input_byte(in) % ID_COUNT;
	struct model_verdict *d = &m->verdicts[index], made = {DEFINED, 0, {0}};
	size_t count = input_byte(in) % (LIST_SIZE + 1);
	bool is_valid = is_id(index) && count > 0;
	uint32_t ids[LIST_SIZE];
	int rc;

	for (size_t i = 0; i < count; i++) {
		unsigned listing = input_byte(in) % ID_COUNT;
		bool is_new = true;

		ids[i] = id_of(listing);
		is_valid &= m->listings[listing].state == DEFINED;
		for (unsigned k = 0; k < made.count; k++)
			is_new &= made.listings[k] != listing;
		if (is_new)
			made.listings[made.count++] = listing;
	}
	rc = verdicts_define(v, id_of(index), ids, count);
	CHECK(rc == (!is_valid ? -EINVAL : d->state != FREE ? -EBUSY : 0));
	if (rc < 0)
		return;
	*d = made;
	for (unsigned i = 0; i < made.count; i++)
		m->listings[made.listings[i]].use_count++;
}

static void forget(struct verdicts *v, struct model *m, unsigned index)
{
	struct model_verdict *d = &m->verdicts[index];

	verdicts_forget(v, id_of(index));
	if (d->state != DEFINED)
		return;
	d->state = FORGOTTEN;
	for (unsigned i = 0; i < d->count; i++)
		m->listings[d->listings[i]].use_count--;
}

static void elapse(struct model *m)
{
	grace_elapse();
	for (unsigned i = 0; i < ID_COUNT; i++) {
		if (m->verdicts[i].state == FORGOTTEN)
			m->verdicts[i].state = FREE;
		if (m->listings[i].state == FORGOTTEN && m->listings[i].use_count == 0)
			m->listings[i].state = FREE;
	}
}

static bool has(const struct model *m, const struct model_verdict *d, const struct listing *l)
{
	for (unsigned i = 0; i < d->count; i++) {
		const struct model_listing *want = &m->listings[d->listings[i]];

		if (l->list == want->list && l->code == want->code &&
		    l->text_size == want->text_size && l->has_subject == (l->text_size == 1))
			return true;
	}
	return false;
}

static void check_verdict(const struct verdicts *v, const struct model *m, unsigned index)
{
	const struct model_verdict *d = &m->verdicts[index];
	const struct verdict *got = verdicts_get(v, id_of(index));

	verdicts_prefetch(v, id_of(index));
	CHECK(verdicts_is_defined(v, id_of(index)) == (id_of(index) == 0 || d->state == DEFINED));
	CHECK((got != NULL) == (d->state == DEFINED));
	if (!got)
		return;
	CHECK(got->count == d->count);
	for (uint32_t i = 0; i < got->count; i++) {
		const struct listing *l = got->listings[i], *before = i ? got->listings[i - 1] : l;

		CHECK(has(m, d, l));
		CHECK(before->code < l->code ||
		      (before->code == l->code && before->list <= l->list));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct verdicts *v = verdicts_new();
	static struct model m;

	CHECK(v);
	memset(&m, 0, sizeof(m));
	for (int i = 0; i < OPS_MAX && !input_is_empty(&in); i++) {
		unsigned op = input_byte(&in), index = op / 8 % ID_COUNT;

		switch (op % 8) {
		case 0:
		case 1:
			define_listing(v, &m, &in);
			break;
		case 2:
		case 3:
		case 4:
			define(v, &m, &in);
			break;
		case 5:
			forget(v, &m, index);
			break;
		case 6:
			verdicts_forget_listing(v, id_of(index));
			if (m.listings[index].state == DEFINED)
				m.listings[index].state = FORGOTTEN;
			break;
		case 7:
			elapse(&m);
			break;
		}
		for (unsigned k = 0; k < ID_COUNT; k++)
			check_verdict(v, &m, k);
	}
	verdicts_free(v); /* grace periods still run */
	grace_elapse();
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What is listed, damaged: definitions, paints, names, and the batch itself. */
#include "tests/unit/dataplane/damage.h"

#include <string.h>

static void two_listings(struct client *c, const Reputed__Update__Listing *a,
                         const Reputed__Update__Verdict *b)
{
	Reputed__Update__Listing *listings = (Reputed__Update__Listing *)a;
	Reputed__Update__Verdict *verdicts = (Reputed__Update__Verdict *)b;
	Reputed__Update__Define define = REPUTED__UPDATE__DEFINE__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	define.n_listings = a != NULL;
	define.listings = &listings;
	define.n_verdicts = b != NULL;
	define.verdicts = &verdicts;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_DEFINE;
	request.define = &define;
	client_send(c, &request);
}

static void listing(struct client *c, uint32_t id, uint32_t list, uint32_t code, size_t text_size)
{
	Reputed__Update__Listing m = REPUTED__UPDATE__LISTING__INIT;
	uint8_t text[300] = {0};

	m.id = id;
	m.list = list;
	m.code = code;
	m.text.data = text;
	m.text.len = text_size;
	two_listings(c, &m, NULL);
}

static void verdict(struct client *c, uint32_t id, size_t count, uint32_t first, uint32_t second)
{
	Reputed__Update__Verdict m = REPUTED__UPDATE__VERDICT__INIT;
	uint32_t listings[VERDICT_LISTINGS_MAX + 1] = {first, second};

	m.id = id;
	m.n_listings = count;
	m.listings = listings;
	two_listings(c, NULL, &m);
}

static void paint4_counts(struct client *c, size_t first, size_t last, size_t count)
{
	Reputed__Update__Paint4 paint = REPUTED__UPDATE__PAINT4__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	uint32_t zeros[2] = {0}, ids[2] = {1, 1};

	paint.n_first = first;
	paint.n_last = last;
	paint.n_verdict = count;
	paint.first = paint.last = zeros;
	paint.verdict = ids;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_PAINT4;
	request.paint4 = &paint;
	client_send(c, &request);
}

static void bad_id(struct client *c)
{
	listing(c, 0, 1, CODE(2), 0);
}

static void large_id(struct client *c)
{
	listing(c, VERDICT_MAX + 1, 1, CODE(2), 0);
}

static void large_list(struct client *c)
{
	listing(c, 7, LIST_ID_MAX + 1, CODE(2), 0);
}

static void code_outside(struct client *c)
{
	listing(c, 7, 1, 0xc0000201, 0);
}

static void code_never(struct client *c)
{
	listing(c, 7, 1, CODE(1), 0);
}

static void long_text(struct client *c)
{
	listing(c, 7, 1, CODE(2), 256);
}

static void listing_again(struct client *c)
{
	listing(c, 1, 1, CODE(2), 0);
}

static void verdict_again(struct client *c)
{
	verdict(c, 1, 1, 1, 0);
}

static void verdict_empty(struct client *c)
{
	verdict(c, 7, 0, 0, 0);
}

static void verdict_crowded(struct client *c)
{
	verdict(c, 7, VERDICT_LISTINGS_MAX + 1, 1, 1);
}

static void verdict_of_unknown(struct client *c)
{
	verdict(c, 7, 2, 1, 99);
}

static void verdict_of_twins(struct client *c)
{
	verdict(c, 7, 2, 1, 1);
}

static void verdict_id(struct client *c)
{
	verdict(c, VERDICT_MAX + 1, 1, 1, 0);
}

static void unknown_verdict(struct client *c)
{
	client_send_paint4(c, 1, 2, 99);
}

static void backwards(struct client *c)
{
	client_send_paint4(c, 2, 1, 1);
}

static void backwards6(struct client *c)
{
	client_send_paint6(c, 2, 1, 1);
}

static void unknown_verdict6(struct client *c)
{
	client_send_paint6(c, 1, 2, VERDICT_MAX);
}

static void fewer_last(struct client *c)
{
	paint4_counts(c, 2, 1, 2);
}

static void fewer_verdicts(struct client *c)
{
	paint4_counts(c, 2, 2, 1);
}

static void only_first6(struct client *c)
{
	damage_send_packed(c, "\x32\x0a\x0a\x08\0\0\0\0\0\0\0\1", 12);
}

static void name_upper(struct client *c)
{
	client_send_name(c, NAME("\1A\4test"), 1);
}

static void name_cut(struct client *c)
{
	client_send_name(c, "\1a\4tes", 6, 1);
}

static void name_pointer(struct client *c)
{
	client_send_name(c, "\xc0\x0c", 2, 1);
}

static void name_empty(struct client *c)
{
	client_send_name(c, "", 1, 1);
}

static void name_two(struct client *c)
{
	client_send_name(c, NAME("\1a\0\1b"), 1);
}

static void name_verdict(struct client *c)
{
	client_send_name(c, NAME("\1a"), 99);
}

static void forget_zero(struct client *c)
{
	client_send_forget(c, 0);
}

static void other_commit(struct client *c)
{
	client_send_commit(c, 77);
	client_send_begin(c, 78, false); /* so that the rest of the row has a batch to be in */
	client_send_paint4(c, 5, 4, 1);
}

const struct damage damage_rows[] = {
    {"listing id 0 means none", bad_id, "define: listing id 0", 1},
    {"ids have 24 bits", large_id, "define: listing id 16777216", 1},
    {"lists are a bitmap", large_list, "define: listing 7: list 1024", 1},
    {"an A record outside 127/8 is never answered", code_outside, "code 192.0.2.1", 1},
    {"127.0.0.1 is never answered", code_never, "code 127.0.0.1", 1},
    {"a text is one DNS string", long_text, "define: listing 7: text has 256", 1},
    {"readers hold what is defined", listing_again, "define: listing 1 is already", 1},
    {"readers hold what is defined", verdict_again, "define: verdict 1 is already", 1},
    {"a verdict of nothing is verdict 0", verdict_empty, "define: verdict 7 has 0", 1},
    {"too many listings", verdict_crowded, "define: verdict 7 has 65", 1},
    {"a verdict of what nobody defined", verdict_of_unknown, "undefined listing 99", 1},
    {"a set holds a thing once", verdict_of_twins, "listing 1 twice", 1},
    {"ids have 24 bits", verdict_id, "define: verdict id 16777216", 1},
    {"painted with what nobody defined", unknown_verdict, "paint4: range 0: verdict 99", 1},
    {"first above last", backwards, "paint4: range 0: first", 1},
    {"first above last", backwards6, "paint6: range 0: first", 1},
    {"painted with what nobody defined", unknown_verdict6, "paint6: range 0: verdict", 1},
    {"arrays not parallel", fewer_last, "paint4: 2 first, 1 last", 1},
    {"arrays not parallel", fewer_verdicts, "paint4: 2 first, 2 last and 1", 1},
    {"arrays not parallel", only_first6, "paint6: 1 first_high, 0 first_low", 1},
    {"names are lower-case", name_upper, "put_names: name 0 is malformed", 1},
    {"a name ends with the root", name_cut, "put_names: name 0 is malformed", 1},
    {"names are not compressed", name_pointer, "put_names: name 0 is malformed", 1},
    {"the root cannot be listed", name_empty, "put_names: name 0 is empty", 1},
    {"two names and one verdict", name_two, "put_names: 2 names, 1 exact", 1},
    {"put with what nobody defined", name_verdict, "put_names: name 0: verdict 99", 1},
    {"id 0 means none", forget_zero, "forget: verdict id 0", 1},
    {"commit of another batch", other_commit, "commit: generation 77", 2},
};

const size_t damage_row_count = COUNT(damage_rows);

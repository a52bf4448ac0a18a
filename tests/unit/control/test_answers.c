/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the ledger to a model data plane: what is answered of an address is what the ledger says of
 * it, worked out here from its own words, and the codes and texts of scores.
 */
#include "control/config_reputation.h"
#include "control/reputation/answer_why.h"
#include "control/reputation/answers.h"
#include "tests/unit/control/folder.h"
#include "tests/unit/control/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LOOPBACK     0x7f000000u
#define START_MS     INT64_C(1785542400000) /* 2026-08-01 */
#define LISTINGS_MAX 32
#define FEED         0
#define FIRST_KEPT   1
#define NEVER        0x0a000007 /* 10.0.0.7 */
#define CHANGES      400

/* Lists by index: a feed, then all that are kept. */
static struct config_list lists[] = {
    {.name = (char *)"feed", .code = LOOPBACK | 3},
    {.name = (char *)"spam", .code = LOOPBACK | 2, .kept = KEPT_SPAM},
    {.name = (char *)"trap", .code = LOOPBACK | 4, .kept = KEPT_TRAP},
    {.name = (char *)"dha", .code = LOOPBACK | 5, .kept = KEPT_DHA},
    {.name = (char *)"backscatter", .code = LOOPBACK | 6, .kept = KEPT_BACKSCATTER},
    {.name = (char *)"auth", .code = LOOPBACK | 7, .kept = KEPT_AUTH},
    {.name = (char *)"good", .code = LOOPBACK | 8, .kept = KEPT_GOOD},
    {.name = (char *)"more", .code = LOOPBACK | 9, .kept = KEPT_GOOD_MORE},
    {.name = (char *)"score", .code = LOOPBACK | 2, .kept = KEPT_SCORE},
    {.name = (char *)"srl", .code = LOOPBACK | 2, .kept = KEPT_SRL},
    {.name = (char *)"mailspike", .code = LOOPBACK | 2, .kept = KEPT_MAILSPIKE},
    {.name = (char *)"why", .code = LOOPBACK | 2, .kept = KEPT_WHY},
};

struct fixture {
	struct folder folder;
	struct model *model;
	struct config config;
	struct config_reputation reputation;
	struct config_feed feed;
	struct config_zone zone;
	unsigned zone_lists[COUNT(lists)];
	struct config_access access;
	struct address_range never;
	char socket[108];
	struct publish *publish;
	struct answers *answers;
	struct ledger *ledger;
	struct ledger_key *changed;
	size_t changed_count, changed_capacity;
	unsigned wakes, nets_seen;
	uint64_t random;
	int64_t now_ms;
};

static void note_change(const struct ledger_key *key, void *context)
{
	struct fixture *f = context;

	if (f->changed_count == f->changed_capacity) {
		f->changed_capacity = 2 * f->changed_capacity + 64;
		f->changed = reallocarray(f->changed, f->changed_capacity, sizeof(*f->changed));
		assert_non_null(f->changed);
	}
	f->changed[f->changed_count++] = *key;
}

static void wake(void *context)
{
	struct fixture *f = context;

	f->wakes++;
}

static struct dataset *fill(void *context, unsigned list, const struct load_places *places)
{
	struct fixture *f = context;

	assert_true(list >= FIRST_KEPT);
	return answers_fill(f->answers, lists[list].kept, places);
}

static struct dataset *feed_of(const char *text)
{
	const struct dataset_options options = {.drop_bogons = false};
	struct dataset_builder *b = dataset_builder_new(&options);
	const struct dataset_entry entry = {.line = 1};
	struct address_range range;

	assert_non_null(b);
	assert_int_equal(address_parse(text, strlen(text), &range), 0);
	assert_int_equal(dataset_add_range(b, &range, &entry), 0);
	return dataset_finish(b);
}

static void config_init(struct fixture *f)
{
	f->feed.format = (char *)"plain";
	lists[FEED].feed = &f->feed;
	for (unsigned i = 0; i < COUNT(lists); i++)
		f->zone_lists[i] = i;
	f->zone = (struct config_zone){.name = (char *)"bl.example",
	                               .list_indexes = f->zone_lists,
	                               .lists_count = COUNT(lists),
	                               .ttl = 300,
	                               .apex_size = 12};
	memcpy(f->zone.apex, "\2bl\7example", 12);
	f->access.range = (struct address_range){.first = 0x7f000000, .last = 0x7fffffff};
	f->never = (struct address_range){.first = NEVER, .last = NEVER};
	dials_default(&f->reputation.dials);
	f->reputation.dials.good_points = 20; /* good soon enough */
	f->config = (struct config){.dataplane.socket = f->socket,
	                            .reputation = &f->reputation,
	                            .lists = lists,
	                            .lists_count = COUNT(lists),
	                            .zones = &f->zone,
	                            .zones_count = 1,
	                            .access = &f->access,
	                            .access_count = 1,
	                            .never_ranges = &f->never,
	                            .never_range_count = 1};
}

/* Connected, with nothing listed but by the feed. */
static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct ledger_hooks hooks = {.changed = note_change, .context = f};
	struct publish_result result;
	struct answer_wants wants;

	assert_non_null(f);
	f->now_ms = START_MS;
	f->random = 20261122;
	folder_init(&f->folder);
	snprintf(f->socket, sizeof(f->socket), "%s", folder_at(&f->folder, "socket"));
	config_init(f);
	f->model = model_start(f->socket, 0);
	f->publish = publish_new(&f->config);
	f->answers = answers_new(ANSWERS_TEXT_SIZE);
	f->ledger = ledger_new(&f->reputation.dials, &hooks);
	assert_true(f->publish && f->answers && f->ledger);
	answer_wants_of(&f->config, &wants);
	assert_true(answers_want(f->answers, &wants));
	answers_on_wake(f->answers, wake, f);
	publish_set_fill(f->publish, fill, f);
	for (unsigned i = FIRST_KEPT; i < COUNT(lists); i++)
		assert_int_equal(publish_behind(f->publish, i), 0);
	assert_int_equal(publish_dataset(f->publish, FEED, feed_of("10.0.0.0/28"), &result), 0);
	assert_int_equal(publish_sync(f->publish, &result), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	publish_free(f->publish);
	answers_free(f->answers);
	ledger_free(f->ledger);
	model_stop(f->model);
	folder_done(&f->folder);
	free(f->changed);
	free(f);
	return 0;
}

static unsigned draw(struct fixture *f, unsigned count)
{
	f->random ^= f->random << 13;
	f->random ^= f->random >> 7;
	f->random ^= f->random << 17;
	return (unsigned)(f->random >> 33) % count;
}

/* What changed is told as the reputation's thread tells it, and published as the publisher does. */
static void flush(struct fixture *f)
{
	struct publish_result result;

	answers_changed(f->ledger, f->changed, f->changed_count, f->now_ms, f->answers);
	f->changed_count = 0;
	answers_publish(f->answers, f->publish, &f->config, &result);
	if (!result.is_answered)
		publish_sync(f->publish, &result);
	assert_true(result.is_answered || result.error[0]);
}

static void report(struct fixture *f, const struct event *event)
{
	struct event e = *event;

	e.time_ms = e.received_ms = f->now_ms;
	e.probability = e.weight = 1;
	e.count = e.count ? e.count : 1;
	snprintf(e.reporter, sizeof(e.reporter), "mx%u", draw(f, 3));
	assert_int_equal(ledger_apply(f->ledger, &e), 0);
}

static struct address_range ip4(uint32_t address)
{
	return (struct address_range){.first = address, .last = address};
}

static struct address_range random_address(struct fixture *f)
{
	address6_t address = 0x0a000000 + draw(f, 40) + 256 * draw(f, 2);

	if (draw(f, 4))
		return ip4((uint32_t)address);
	address = (address6_t)0x20010db8 << 96 | (address6_t)draw(f, 12) << 64 | draw(f, 3);
	return (struct address_range){.is_ip6 = true, .first = address, .last = address};
}

static void random_event(struct fixture *f)
{
	static const enum event_class classes[] = {
	    EVENT_TRAP_PRISTINE, EVENT_TRAP_RECYCLED, EVENT_SPAM_VERDICT, EVENT_AUTH_FAIL,
	    EVENT_BACKSCATTER,   EVENT_GOOD_DELIVERY, EVENT_GOOD_DELIVERY};
	struct event e = {.class = classes[draw(f, COUNT(classes))],
	                  .address = random_address(f),
	                  .count = 1 + draw(f, 30),
	                  .recipient = 1 + draw(f, 1000),
	                  .user = 1 + draw(f, 50),
	                  .is_authenticated = true};

	if (draw(f, 3) == 0) {
		e.domain_size = 10;
		memcpy(e.domain, "\1a\7example", 10);
		e.domain[1] = (uint8_t)('a' + draw(f, 5));
	}
	report(f, &e);
}

/* What the ledger says of a key as far as DNS is concerned: itself, else a net that is listed. */
static bool expected(struct fixture *f, const struct ledger_key *key,
                     struct ledger_answer *out_answer, unsigned *out_lists, bool *out_is_own)
{
	static const uint8_t lengths[2][3] = {{32, 24, 0}, {64, 56, 48}};
	bool is_ip6 = key->kind == LEDGER_IP6, is_found = false;

	*out_lists = 0;
	for (unsigned i = 0; i < 3 && lengths[is_ip6][i]; i++) {
		struct ledger_key net = *key;
		struct ledger_answer answer;
		unsigned host = (is_ip6 ? 128u : 32u) - lengths[is_ip6][i];

		net.length = lengths[is_ip6][i];
		net.address = net.address >> host << host;
		if (!ledger_answer(f->ledger, &net, f->now_ms, &answer) || (i && !answer.lists))
			continue;
		*out_lists |= answer.lists;
		f->nets_seen += i > 0;
		if (!is_found) {
			*out_answer = answer;
			*out_is_own = i == 0;
		}
		is_found = true;
	}
	return is_found;
}

static const struct model_listing *find_listing(const struct model_listing *listings, size_t count,
                                                enum config_kept kept)
{
	for (size_t i = 0; i < count; i++)
		if (lists[listings[i].list].kept == kept)
			return &listings[i];
	return NULL;
}

static void expect_code(const struct model_listing *listings, size_t count, enum config_kept kept,
                        uint32_t code)
{
	const struct model_listing *found = find_listing(listings, count, kept);

	assert_int_equal(found ? found->code : 0, code);
}

/* are_scores_new: every key was told of just now, so that scores have not drifted either. */
static void check_listings(struct fixture *f, const struct ledger_key *key,
                           const struct model_listing *listings, size_t count, bool are_scores_new)
{
	struct ledger_answer answer = {0};
	bool is_own = false;
	unsigned on = 0;
	bool is_known = expected(f, key, &answer, &on, &is_own);

	if (key->kind == LEDGER_IP4 && key->address == NEVER) {
		assert_int_equal(count, 0);
		return;
	}
	for (unsigned list = 0; list < DIALS_LIST_COUNT; list++)
		expect_code(listings, count, (enum config_kept)(KEPT_SPAM + list),
		            on >> list & 1 ? lists[FIRST_KEPT + list].code : 0);
	assert_int_equal(find_listing(listings, count, KEPT_SCORE) != NULL, is_known);
	assert_int_equal(find_listing(listings, count, KEPT_WHY) != NULL, is_known);
	if (!is_known || !are_scores_new)
		return;
	expect_code(listings, count, KEPT_SCORE, LOOPBACK | 4 << 8 | (unsigned)answer.score);
	expect_code(listings, count, KEPT_SRL, LOOPBACK | 9 << 8 | (unsigned)answer.srl);
	expect_code(listings, count, KEPT_MAILSPIKE,
	            answer_mailspike((unsigned)answer.score, answer.confidence > 0));
}

static void check_address(struct fixture *f, const struct address_range *address,
                          bool are_scores_new)
{
	struct model_listing listings[LISTINGS_MAX];
	struct ledger_key key;
	size_t count;

	ledger_key_of(address, &key);
	count = model_address(f->model, address->is_ip6, address->first, listings, LISTINGS_MAX);
	check_listings(f, &key, listings, count, are_scores_new);
}

static void check_domain(struct fixture *f, char letter)
{
	struct model_listing listings[LISTINGS_MAX];
	struct ledger_key key = {.kind = LEDGER_DOMAIN, .name_size = 10};
	struct ledger_answer answer = {0};
	size_t subject, count;

	memcpy(key.name, "\1a\7example", 10);
	key.name[1] = (uint8_t)letter;
	count = model_name(f->model, key.name, key.name_size, listings, LISTINGS_MAX, &subject);
	ledger_answer(f->ledger, &key, f->now_ms, &answer);
	for (unsigned list = 0; list < DIALS_LIST_COUNT; list++)
		expect_code(listings, count, (enum config_kept)(KEPT_SPAM + list),
		            answer.lists >> list & 1 ? lists[FIRST_KEPT + list].code : 0);
	assert_int_equal(find_listing(listings, count, KEPT_SCORE) != NULL, answer.lists != 0);
}

static void check_all(struct fixture *f, bool are_scores_new)
{
	char why[200];

	for (uint32_t i = 0; i < 512; i++) {
		struct address_range address = ip4(0x0a000000 + i);

		check_address(f, &address, are_scores_new);
	}
	for (unsigned i = 0; i < 16; i++) {
		address6_t first = (address6_t)0x20010db8 << 96 | (address6_t)i << 64 | 77;
		struct address_range address = {.is_ip6 = true, .first = first, .last = first};

		check_address(f, &address, are_scores_new);
	}
	for (char letter = 'a'; letter < 'f'; letter++)
		check_domain(f, letter);
	model_failure(f->model, why);
	assert_string_equal(why, "");
}

static bool tell_key(const struct ledger_key *key, void *context)
{
	note_change(key, context);
	return true;
}

/* Events, time, feeds and mishaps in any order: the data plane has what the ledger says. */
static void test_random(void **state)
{
	struct fixture *f = *state;
	struct publish_result result;
	struct answers_stats stats;
	struct ledger_stats kept;
	struct model_counts counts;
	uint64_t most = 0;

	for (unsigned i = 0; i < CHANGES; i++) {
		for (unsigned events = 1 + draw(f, 6); events > 0; events--)
			random_event(f);
		f->now_ms += draw(f, 20) ? draw(f, 1000000) : draw(f, 200000000);
		ledger_advance(f->ledger, f->now_ms);
		if (i % 50 == 20)
			assert_int_equal(
			    publish_dataset(f->publish, FEED,
			                    feed_of(i % 100 == 20 ? "10.0.0.0/24" : "10.0.0.16/28"),
			                    &result),
			    0);
		if (i % 97 == 40)
			model_mishap(f->model,
			             i % 2 ? MODEL_REFUSE_DELTA : MODEL_HANG_UP_AT_COMMIT);
		flush(f);
		if (i % 10 == 9) {
			model_mishap(f->model, MODEL_NO_MISHAP);
			assert_int_equal(publish_sync(f->publish, &result), 0);
			check_all(f, false);
			ledger_each(f->ledger, tell_key, f);
			flush(f);
			check_all(f, true);
		}
		ledger_stats(f->ledger, &kept);
		for (unsigned list = 0; list < DIALS_LIST_COUNT; list++)
			most = kept.listed[list] > most ? kept.listed[list] : most;
	}
	answers_get_stats(f->answers, &stats);
	model_counts(f->model, &counts);
	print_message("# %llu rows, %llu batches, %llu full loads, at most %llu on a list\n",
	              (unsigned long long)stats.rows, (unsigned long long)stats.batches,
	              (unsigned long long)counts.full_count, (unsigned long long)most);
	assert_true(most > 10);
	assert_true(f->nets_seen > 0);
	assert_int_equal(stats.waiting, 0);
	assert_int_equal(stats.lost, 0);
	assert_true(counts.full_count < 20);
	assert_true(counts.delta_count > CHANGES / 2);
}

/* What is not wanted is neither kept nor sent. */
static void test_wants(void **state)
{
	struct fixture *f = *state;
	struct answer_wants wants = {.kept = ANSWER_KEPT(KEPT_TRAP)};
	const struct event trap = {.class = EVENT_TRAP_PRISTINE, .address = ip4(0x0a000101)};
	const struct event spam = {.class = EVENT_SPAM_VERDICT, .address = ip4(0x0a000102)};
	struct model_listing listings[LISTINGS_MAX];
	struct answers_stats stats;

	assert_true(answers_want(f->answers, &wants));
	report(f, &trap);
	report(f, &spam);
	assert_int_equal(f->wakes, 0);
	flush(f);
	assert_int_equal(f->wakes, 1);
	answers_get_stats(f->answers, &stats);
	assert_int_equal(stats.rows, 1);
	assert_int_equal(stats.batches, 1);
	assert_int_equal(model_address(f->model, false, 0x0a000101, listings, LISTINGS_MAX), 1);
	assert_int_equal(lists[listings[0].list].kept, KEPT_TRAP);
	assert_int_equal(model_address(f->model, false, 0x0a000102, listings, LISTINGS_MAX), 0);
	flush(f);
	answers_get_stats(f->answers, &stats);
	assert_int_equal(stats.batches, 1); /* nothing changed, nothing is sent */
}

/* The text that the data plane has for an address in the list of view why; NULL: none. */
static const char *why_of(struct fixture *f, uint32_t address, struct model_listing *listings)
{
	unsigned count = model_address(f->model, false, address, listings, LISTINGS_MAX);

	for (unsigned i = 0; i < count; i++) {
		if (lists[listings[i].list].kept == KEPT_WHY)
			return listings[i].text;
	}
	return NULL;
}

/* Texts take so much room; beyond, who is on no list gets a short one, then everybody. */
static void test_short_texts(void **state)
{
	static const unsigned limits[] = {1, 2000, 1u << 20};
	struct fixture *f = *state;
	struct model_listing listings[LISTINGS_MAX];
	struct answer_wants wants;
	struct answers_stats stats;

	answer_wants_of(&f->config, &wants);
	for (unsigned i = 0; i < COUNT(limits); i++) {
		unsigned whole_listed = 0, whole = 0;

		answers_free(f->answers);
		f->answers = answers_new(limits[i]);
		assert_non_null(f->answers);
		answers_want(f->answers, &wants);
		/* Every other one hits a trap; those of one round fit together or not. */
		for (uint32_t host = 0; host < 40; host++) {
			const struct event event = {
			    .class = host % 2 ? EVENT_TRAP_PRISTINE : EVENT_SPAM_VERDICT,
			    .address = ip4(0x0b000001 + (i << 20) + (host << 8))};
			const char *why;

			report(f, &event);
			flush(f);
			why = why_of(f, (uint32_t)event.address.first, listings);
			assert_non_null(why);
			assert_int_equal(strncmp(why, "v=1;score=", 10), 0);
			whole += strstr(why, ";last=") != NULL;
			whole_listed += host % 2 && strstr(why, ";last=");
		}
		answers_get_stats(f->answers, &stats);
		assert_true(stats.text_size > 0);
		assert_true(stats.shortened >= 40 - whole);
		assert_int_equal(stats.shortened > 0, whole < 40);
		if (i == 0)
			assert_int_equal(whole, 0);
		else if (i == 2)
			assert_int_equal(whole, 40);
		else
			assert_true(whole > 10 && whole < 40 &&
			            whole_listed > whole - whole_listed);
		assert_true(i == 2 || stats.text_size < limits[i] * 5 / 4 + 40 * 40);
	}
}

static void test_mailspike(void **state)
{
	static const struct {
		unsigned score, code;
		const char *reason;
	} rows[] = {
	    {0, 10, "worst"},
	    {9, 10, "worst"},
	    {10, 11, "very bad"},
	    {39, 12, "bad: what a new sender with a trap hit has"},
	    {40, 13, "neutral begins"},
	    {59, 14, "neutral"},
	    {60, 15, "neither good nor bad"},
	    {80, 15, "what nobody knows anything of"},
	    {85, 15, "still"},
	    {86, 16, "neutral ends"},
	    {92, 18, "good"},
	    {97, 19, "very good"},
	    {98, 20, "excellent"},
	    {100, 20, "excellent"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (answer_mailspike(rows[i].score, true) != (LOOPBACK | rows[i].code))
			fail_msg("%u: %s", rows[i].score, rows[i].reason);
		assert_int_equal(answer_mailspike(rows[i].score, false), LOOPBACK | 15);
	}
}

static void test_why(void **state)
{
	struct ledger_view view = {.score = {.score = 12, .srl = 8, .n = 133.6},
	                           .last_ms = START_MS + 36000000};
	char text[256];
	size_t size;

	(void)state;
	view.rows[EVENT_TRAP_PRISTINE].raw = 1;
	view.rows[EVENT_TRAP_RECYCLED].raw = 0.5;
	view.rows[EVENT_DHA].raw = 1;
	answer_why(&view, text);
	assert_string_equal(text, "v=1;score=12;srl=8;n=134;trap=2;dha=1;last=2026-08-01T10:00Z");
	view.lists[DIALS_TRAP] = (struct ledger_state){
	    .why = LEDGER_IS_LISTED, .since_ms = START_MS, .until_ms = START_MS + 86400000};
	view.lists[DIALS_SPAM].why = LEDGER_NET_LISTED;
	size = answer_why(&view, text);
	assert_string_equal(text, "v=1;score=12;srl=8;n=134;trap=2;dha=1;list=spam,trap;"
	                          "last=2026-08-01T10:00Z;until=2026-08-02T00:00Z;ref=6a6d3700");
	assert_int_equal(size, strlen(text));
	/* With everything at its largest the end is still there. */
	for (unsigned i = 0; i < EVENT_CLASS_COUNT; i++)
		view.rows[i].raw = 1e12;
	for (unsigned i = 0; i < DIALS_LIST_COUNT; i++)
		view.lists[i] = view.lists[DIALS_TRAP];
	view.score.n = 1e15;
	size = answer_why(&view, text);
	assert_true(size <= 255);
	assert_non_null(strstr(text, ";list=spam,trap,dha,backscatter,auth,good;last="));
	assert_non_null(strstr(text, ";ref="));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_random, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_wants, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_short_texts, set_up, tear_down),
	    cmocka_unit_test(test_mailspike),
	    cmocka_unit_test(test_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

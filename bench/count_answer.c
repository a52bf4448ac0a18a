/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Some thousand answers of one kind, for a tool that counts instructions of answer_burst():
 *   valgrind --tool=callgrind --toggle-collect=answer_burst count_answer KIND
 * Prints how many queries were answered; without KIND, the kinds.
 */
#include "bench/questions.h"
#include "dataplane/answer.h"

#include <urcu-qsbr.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES  20000
#define BURSTS   128
#define CAPACITY 1232

static struct query queries[QUERY_BURST_MAX];
static uint8_t messages[QUERY_BURST_MAX][CAPACITY];

static void ask(const struct tables *t, const struct question *questions)
{
	unsigned hits = 0;

	for (unsigned at = 0; at < BURSTS * QUERY_BURST_MAX; at += QUERY_BURST_MAX) {
		for (unsigned i = 0; i < QUERY_BURST_MAX; i++)
			questions_ask(&questions[at + i], messages[i], CAPACITY, &queries[i]);
		answer_burst(t, queries, QUERY_BURST_MAX);
		for (unsigned i = 0; i < QUERY_BURST_MAX; i++) {
			questions_must(queries[i].reply_size > 0, "no answer");
			hits += messages[i][7] == 1; /* of the answer's records */
		}
		urcu_qsbr_quiescent_state();
	}
	questions_must(hits == BURSTS * QUERY_BURST_MAX / 2, "not as many hits as questions");
	printf("%u\n", BURSTS * QUERY_BURST_MAX);
}

int main(int argc, char **argv)
{
	struct question *questions = calloc(BURSTS * QUERY_BURST_MAX, sizeof(*questions));
	struct tables *t;
	unsigned kind = 0;

	for (; argc == 2 && kind < QUESTIONS_KIND_COUNT; kind++) {
		if (strcmp(questions_names[kind], argv[1]) == 0)
			break;
	}
	if (argc != 2 || kind == QUESTIONS_KIND_COUNT) {
		for (kind = 0; kind < QUESTIONS_KIND_COUNT; kind++)
			printf("%s\n", questions_names[kind]);
		free(questions);
		return argc == 1 ? 0 : 2;
	}
	questions_must(questions, "memory");
	urcu_qsbr_register_thread();
	t = questions_tables(ENTRIES);
	for (uint32_t i = 0; i < BURSTS * QUERY_BURST_MAX; i++)
		questions_make(t, kind, ENTRIES, i, &questions[i]);
	ask(t, questions);
	free(questions);
	tables_free(t);
	urcu_qsbr_unregister_thread();
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs the golden cases: golden FILE.case...
 *
 * A case is a query and the answer it must get, byte for byte. Lines are a word and its value:
 *   case NAME               begins a case
 *   why TEXT                the reason, shown when the case fails
 *   client ADDRESS          who asks (127.0.0.1)
 *   transport udp|tcp       (udp)
 *   capacity BYTES          room for the answer (4096)
 *   tables full|none|long-apex|strict
 *   now SECONDS             the time of the query (1559731985: that of RFC 9018 appendix A.1)
 *   query, answer           hex bytes follow on indented lines, up to a ';'
 *   drop REASON             instead of answer: the name of a drop reason
 * Prints TAP. Each message is a heap block of exactly its capacity, so that ASan sees overruns.
 */
#include "dataplane/answer.h"
#include "tests/golden/dataset.h"
#include "tests/golden/senders.h"

#include <urcu-qsbr.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX 4096
#define NOW_S     1559731985

struct bytes {
	uint8_t data[BYTES_MAX];
	size_t size;
};

struct golden {
	char name[80];
	char why[400];
	char drop[40]; /* empty = answered */
	char tables[20];
	address6_t client;
	uint32_t now_s;
	size_t capacity;
	bool is_tcp;
	struct bytes query, answer;
};

struct run {
	struct tables *full;
	struct tables *long_apex;
	struct tables *strict;
	unsigned count;
	unsigned failed;
	const char *path;
};

static void fail(const char *path, unsigned line, const char *what)
{
	fprintf(stderr, "%s:%u: %s\n", path, line, what);
	exit(2);
}

static bool parse_client(const char *text, address6_t *out_client)
{
	uint8_t bytes[16] = {[10] = 0xff, [11] = 0xff};

	if (inet_pton(AF_INET, text, &bytes[12]) != 1 && inet_pton(AF_INET6, text, bytes) != 1)
		return false;
	*out_client = 0;
	for (unsigned i = 0; i < 16; i++)
		*out_client = *out_client << 8 | bytes[i];
	return true;
}

static bool parse_hex(const char *text, struct bytes *bytes)
{
	for (; *text && *text != ';'; text++) {
		unsigned value;

		if (isspace((unsigned char)*text))
			continue;
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
		    bytes->size == BYTES_MAX || sscanf(text, "%2x", &value) != 1)
			return false;
		bytes->data[bytes->size++] = (uint8_t)value;
		text++;
	}
	return true;
}

static void print_bytes(const char *what, const uint8_t *bytes, size_t size)
{
	printf("#   %s, %zu bytes:", what, size);
	for (size_t i = 0; i < size; i++)
		printf("%s%02x", i % 24 == 0 ? "\n#     " : i % 2 == 0 ? " " : "", bytes[i]);
	printf("\n");
}

/* Whether the case came out as it says; prints what differs. */
static bool check(const struct run *run, const struct golden *g)
{
	size_t capacity = g->capacity < g->query.size ? g->query.size : g->capacity;
	uint8_t *message = malloc(capacity ? capacity : 1);
	struct query q = {.message = message,
	                  .size = (uint16_t)g->query.size,
	                  .capacity = (uint16_t)capacity,
	                  .is_tcp = g->is_tcp,
	                  .tcp_idle_ds = 100,
	                  .client = g->client,
	                  .now_us = g->now_s * UINT64_C(1000000)};
	const struct tables *t = run->full;
	bool is_good;

	if (!message)
		return false;
	memcpy(message, g->query.data, g->query.size);
	if (strcmp(g->tables, "none") == 0)
		t = NULL;
	else if (strcmp(g->tables, "long-apex") == 0)
		t = run->long_apex;
	else if (strcmp(g->tables, "strict") == 0)
		t = run->strict;
	answer_burst(t, &q, 1);
	if (g->drop[0])
		is_good = q.reply_size == 0 && strcmp(drop_names[q.drop], g->drop) == 0;
	else
		is_good = q.drop == DROP_NONE && q.reply_size == g->answer.size &&
		          memcmp(message, g->answer.data, g->answer.size) == 0;
	if (!is_good) {
		printf("# %s\n", g->why);
		if (g->drop[0])
			printf("#   expected drop %s\n", g->drop);
		else
			print_bytes("expected", g->answer.data, g->answer.size);
		print_bytes("got", message, q.reply_size);
		printf("#   drop %s, rcode %u\n", drop_names[q.drop], q.rcode);
	}
	free(message);
	return is_good;
}

static void finish(struct run *run, const struct golden *g)
{
	bool is_good;

	if (!g->name[0])
		return;
	is_good = check(run, g);
	run->count++;
	run->failed += !is_good;
	printf("%sok %u %s %s\n", is_good ? "" : "not ", run->count, run->path, g->name);
}

/* One line that is not hex; out_hex: where indented lines go from here. */
static bool parse_line(struct golden *g, char *word, struct bytes **out_hex)
{
	char *value = strchr(word, ' ');

	if (value)
		*value++ = '\0';
	if (strcmp(word, "query") == 0)
		*out_hex = &g->query;
	else if (strcmp(word, "answer") == 0)
		*out_hex = &g->answer;
	else if (!value)
		return false;
	else if (strcmp(word, "why") == 0)
		snprintf(g->why + strlen(g->why), sizeof(g->why) - strlen(g->why), "%s ", value);
	else if (strcmp(word, "drop") == 0)
		snprintf(g->drop, sizeof(g->drop), "%s", value);
	else if (strcmp(word, "tables") == 0)
		snprintf(g->tables, sizeof(g->tables), "%s", value);
	else if (strcmp(word, "transport") == 0)
		g->is_tcp = strcmp(value, "tcp") == 0;
	else if (strcmp(word, "now") == 0)
		g->now_s = (uint32_t)strtoul(value, NULL, 10);
	else if (strcmp(word, "capacity") == 0)
		g->capacity = strtoul(value, NULL, 10);
	else if (strcmp(word, "client") == 0)
		return parse_client(value, &g->client);
	else
		return false;
	return true;
}

static void run_file(struct run *run, const char *path)
{
	static struct golden g;
	struct bytes *hex = NULL;
	char line[512];
	FILE *file = fopen(path, "r");

	if (!file)
		fail(path, 0, "cannot open");
	run->path = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	memset(&g, 0, sizeof(g));
	for (unsigned number = 1; fgets(line, sizeof(line), file); number++) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "case ", 5) == 0) {
			finish(run, &g);
			memset(&g, 0, sizeof(g));
			snprintf(g.name, sizeof(g.name), "%.79s", line + 5);
			g.capacity = 4096;
			g.now_s = NOW_S;
			parse_client("127.0.0.1", &g.client);
			hex = NULL;
		} else if (line[0] == ' ') {
			if (!hex || !parse_hex(line, hex))
				fail(path, number, "not hex bytes of a query or an answer");
		} else if (line[0] && (!g.name[0] || !parse_line(&g, line, &hex))) {
			fail(path, number, "unknown line");
		}
	}
	finish(run, &g);
	fclose(file);
}

int main(int argc, char **argv)
{
	struct run run = {0};

	urcu_qsbr_register_thread();
	run.full = dataset_new();
	senders_add(run.full);
	run.long_apex = dataset_new_long_apex();
	run.strict = dataset_new_strict();
	for (int i = 1; i < argc; i++)
		run_file(&run, argv[i]);
	printf("1..%u\n", run.count);
	dataset_free(run.full);
	dataset_free(run.long_apex);
	dataset_free(run.strict);
	urcu_qsbr_unregister_thread();
	return run.failed || run.count == 0;
}

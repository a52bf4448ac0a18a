/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/control_client.h"
#include "control/cli/lint.h"
#include "feeds/reader.h"

#include <errno.h>
#include <string.h>

#define LINES_MAX          200 /* of a feed: its beginning is enough */
#define WORD_MAX           128
#define CONTROL_TIMEOUT_MS 5000

/* What may stand around an entry in any of the formats: {"cidr":"192.0.2.0\/25"}, 1.2.3.4#x */
static const char separators[] = " \t\"'{}[],;#\\";

struct taker {
	lint_sample *take;
	void *context;
	unsigned list;
};

/*
 * Offer the words of a line that look like an address or a name; the caller asks the server which
 * of them is listed, so a word that is neither does no harm.
 */
static bool take_line(const struct reader_line *line, const struct taker *taker)
{
	char text[WORD_MAX * 4], *rest = text, *word;
	size_t size = line->size < sizeof(text) - 1 ? line->size : sizeof(text) - 1;

	memcpy(text, line->text, size);
	text[size] = '\0';
	if (size == 0 || strchr("#;!:$", text[0]))
		return true;
	while ((word = strtok_r(rest, separators, &rest))) {
		word[strcspn(word, "/")] = '\0'; /* of a network, its first address */
		if (strlen(word) < WORD_MAX && strpbrk(word, ".:") &&
		    !taker->take(word, taker->list, taker->context))
			return false;
	}
	return true;
}

static void take_feed(const struct config_feed *feed, const struct taker *taker)
{
	struct reader *reader = feed->path ? reader_open(feed->path) : NULL;
	struct reader_line line;
	bool is_wanted = true;

	if (!reader)
		return;
	for (unsigned i = 0; i < LINES_MAX && is_wanted && reader_next(reader, &line) == 1; i++)
		is_wanted = take_line(&line, taker);
	reader_close(reader);
}

static void take_manual(const struct config *config, const char *list, const struct taker *taker)
{
	char error[CONTROL_CLIENT_ERROR_MAX];
	json_t *answer = NULL, *entries, *entry;
	bool is_wanted = true;
	size_t i;

	if (control_client_call(config->control_socket,
	                        json_pack("{s:s, s:s}", "command", "list-show", "list", list),
	                        CONTROL_TIMEOUT_MS, &answer, error) < 0)
		return;
	entries = json_object_get(answer, "entries");
	json_array_foreach(entries, i, entry)
	{
		const char *key = json_string_value(json_object_get(entry, "key"));

		if (key && key[0] != '!' && is_wanted)
			is_wanted = taker->take(key, taker->list, taker->context);
	}
	json_decref(answer);
}

void lint_samples(const struct config *config, const struct config_zone *zone, lint_sample *take,
                  void *context)
{
	for (unsigned i = 0; i < zone->lists_count; i++) {
		const struct config_list *list = &config->lists[zone->list_indexes[i]];
		struct taker taker = {take, context, i};

		if (list->feed)
			take_feed(list->feed, &taker);
		else
			take_manual(config, list->name, &taker);
	}
}

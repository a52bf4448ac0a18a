/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/notice.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NOTICE_LINES 20 /* looked at */
#define NOTICE_WORDS 3  /* that make a line without comment sign one for people */

/* What providers write when they refuse. Comments of lists say other things. */
static const char *const notice_refusals[] = {
    "abus",          "access denied",  "banned",     "blocked",      "contact us",
    "denied",        "discontinued",   "excessive",  "expired",      "forbidden",
    "has moved",     "limit exceeded", "misuse",     "no longer",    "not allowed",
    "not permitted", "not authori",    "rate limit", "subscription", "suspended",
    "too frequent",  "too many",       "too often",  "unauthori",    "payment",
};

static const char *const notice_tags[] = {"<!doctype", "<html",   "<head", "<body",
                                          "<?xml",     "<script", "<meta", "<!--"};

static bool notice_contains(const char *text, size_t size, const char *word)
{
	size_t length = strlen(word);

	for (size_t i = 0; i + length <= size; i++) {
		if (strncasecmp(text + i, word, length) == 0)
			return true;
	}
	return false;
}

static bool notice_is_page(const char *text, size_t size)
{
	for (size_t i = 0; i < sizeof(notice_tags) / sizeof(notice_tags[0]); i++) {
		size_t length = strlen(notice_tags[i]);

		if (size >= length && strncasecmp(text, notice_tags[i], length) == 0)
			return true;
	}
	return false;
}

/* Words of two letters and more, one after the other, with what ends a sentence between them. */
static unsigned notice_words(const char *text, size_t size)
{
	unsigned words = 0, letters = 0;

	for (size_t i = 0; i <= size; i++) {
		char c = i < size ? text[i] : ' ';
		bool is_last = i + 1 >= size || text[i + 1] == ' ';

		if (isalpha((unsigned char)c) || c == '\'') {
			letters++;
		} else if (c == ' ') {
			words += letters >= 2;
			letters = 0;
		} else if (!strchr(".,;:!?", c) || !is_last) {
			return words;
		}
	}
	return words;
}

static bool notice_is_note(const char *text, size_t size)
{
	bool is_comment = text[0] == '#' || text[0] == ';' || text[0] == '/';

	for (size_t i = 0; i < sizeof(notice_refusals) / sizeof(notice_refusals[0]); i++) {
		if (notice_contains(text, size, notice_refusals[i]))
			return true;
	}
	return !is_comment && notice_words(text, size) >= NOTICE_WORDS;
}

/* Keep a line, printable: it is shown to people and written to the log. */
static void notice_keep(struct notice *out, const char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < size && used < NOTICE_TEXT_MAX; i++)
		out->text[used++] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	out->text[used] = '\0';
}

void notice_find(struct reader *reader, struct notice *out)
{
	struct reader_line line;

	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < NOTICE_LINES && reader_next(reader, &line) > 0; i++) {
		while (line.size && isspace((unsigned char)line.text[0])) {
			line.text++;
			line.size--;
		}
		while (line.size && isspace((unsigned char)line.text[line.size - 1]))
			line.size--;
		if (line.size == 0)
			continue;
		if (!out->text[0]) {
			notice_keep(out, line.text, line.size);
			out->is_page = notice_is_page(line.text, line.size);
		}
		if (out->is_page)
			return;
		if (notice_is_note(line.text, line.size)) {
			out->is_note = true;
			notice_keep(out, line.text, line.size);
			return;
		}
	}
}

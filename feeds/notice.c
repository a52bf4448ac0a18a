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

static const char *const notice_errors[] = {"{\"error", "{\"message", "{\"status", "{\"code"};

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

static bool notice_is_comment(const char *text)
{
	return text[0] == '#' || text[0] == ';' || text[0] == '/';
}

/* Words where data would be; or what an API says of itself. */
static bool notice_is_prose(const char *text, size_t size)
{
	for (size_t i = 0; i < sizeof(notice_errors) / sizeof(notice_errors[0]); i++) {
		size_t length = strlen(notice_errors[i]);

		if (size >= length && strncasecmp(text, notice_errors[i], length) == 0)
			return true;
	}
	return !notice_is_comment(text) && notice_words(text, size) >= NOTICE_WORDS;
}

static bool notice_is_note(const char *text, size_t size)
{
	for (size_t i = 0; i < sizeof(notice_refusals) / sizeof(notice_refusals[0]); i++) {
		if (notice_contains(text, size, notice_refusals[i]))
			return true;
	}
	return notice_is_prose(text, size);
}

/* Keep a line, printable: it is shown to people and written to the log. */
static void notice_keep(struct notice *out, const char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < size && used < NOTICE_TEXT_MAX; i++)
		out->text[used++] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	out->text[used] = '\0';
}

static void notice_trim(struct reader_line *line)
{
	while (line->size && isspace((unsigned char)line->text[0])) {
		line->text++;
		line->size--;
	}
	while (line->size && isspace((unsigned char)line->text[line->size - 1]))
		line->size--;
}

void notice_find(struct reader *reader, struct notice *out)
{
	unsigned lines = 0, prose = 0, count = 0;
	struct reader_line line;
	int rc = 0;

	memset(out, 0, sizeof(*out));
	for (; count < NOTICE_LINES && (rc = reader_next(reader, &line)) > 0; count++) {
		notice_trim(&line);
		if (line.size == 0)
			continue;
		if (!out->text[0]) {
			notice_keep(out, line.text, line.size);
			out->is_page = notice_is_page(line.text, line.size);
		}
		if (out->is_page)
			return;
		lines += !notice_is_comment(line.text);
		prose += notice_is_prose(line.text, line.size);
		if (!out->is_note && notice_is_note(line.text, line.size)) {
			out->is_note = true;
			notice_keep(out, line.text, line.size);
		}
	}
	/* The header of a table is words, too, but there are rows below it. */
	out->is_prose = rc == 0 && count < NOTICE_LINES && prose > lines - prose;
}

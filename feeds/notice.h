/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Whether a source begins like a text for people instead of data: a web page where a list was, or
 * the note by which a provider says that it is asked too often. Pure.
 */
#include "feeds/reader.h"

#include <stdbool.h>
#include <stddef.h>

#define NOTICE_TEXT_MAX 120

struct notice {
	bool is_page;  /* markup: never a feed, whatever else is in it */
	bool is_prose; /* a few lines, most of them words: never one, though some formats take them
	                */
	bool is_note;  /* some words: that is why, if the version is bad for another reason */
	char text[NOTICE_TEXT_MAX + 1]; /* its first line, printable and cut; may be empty */
};

/* Look at the first lines; what cannot be read is neither. */
void notice_find(struct reader *reader, struct notice *out);

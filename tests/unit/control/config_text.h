/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Configuration files as text for the tests of them: what rows are made of, and what is told of a
 * row. */
#include "control/config.h"

#include <stddef.h>

#define CONFIG_TEXT_MESSAGES_MAX 8
/* The name that the text is loaded under. */
#define CONFIG_TEXT_FILE "/etc/t.yaml"

#define LISTEN "dataplane: {listen: [\"127.0.0.1:5300\"]}\n"
#define LISTS  "lists: [{name: l, manual: true}]\n"
#define ZONES  "zones: [{name: z.example, lists: [l]}]\n"
#define REST   LISTEN LISTS ZONES
/* A list on line 1, with the rest of the file below. */
#define LIST(text)       "lists: [{name: l, " text "}]\n" LISTEN ZONES
#define FEED(text)       LIST("feed: {path: f, format: plain, " text "}")
#define CSV(text)        LIST("feed: {path: f, format: csv, options: {" text "}}")
#define GUARDS(text)     FEED("guards: {" text "}")
#define ZONE(text)       "zones: [{name: z.example, lists: [l], " text "}]\n" LISTEN LISTS
#define DATAPLANE(text)  "dataplane: {" text "}\n" LISTS ZONES
#define LISTENING(text)  DATAPLANE("listen: [\"127.0.0.1:5300\"], " text)
#define REPUTATION(text) "reputation: {reporters: [{name: r, user: u}], " text "}\n" REST
#define REPORTER(text)   "reputation: {reporters: [{" text "}]}\n" REST

struct config_text_messages {
	unsigned count; /* may be more than there is text of */
	char text[CONFIG_TEXT_MESSAGES_MAX][1100];
};

/* To be given to config_load(), with a struct config_text_messages. */
void config_text_take(const char *message, void *context);

/* config_load_bytes() of a text; the messages are new. */
struct config *config_text_load(const char *text, size_t size,
                                struct config_text_messages *out_messages);

/* What each message begins with, after the file's name; the rest is for people. */
struct config_text_bad {
	const char *reason;
	const char *yaml;
	const char *messages[CONFIG_TEXT_MESSAGES_MAX];
};

/* Each row is refused with its messages, these and no others; else the test fails. */
void config_text_check_bad(const struct config_text_bad *rows, size_t count);

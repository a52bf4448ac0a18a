/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/arguments.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WORDS_MAX     (2 + ARGUMENTS_OPERANDS_MAX)
#define HINT_DISTANCE 2 /* letters that a mistyped command may differ by */
#define HINT_NAME_MAX 31

struct option {
	const char *name;
	char letter; /* 0 = none */
	enum arguments_option bit;
	size_t value; /* offset of its text in struct arguments, 0 = takes none */
};

static const struct option options[] = {
    {"config", 'c', OPTION_CONFIG, offsetof(struct arguments, config)},
    {"json", 0, OPTION_JSON, 0},
    {"help", 'h', OPTION_HELP, 0},
    {"version", 'V', OPTION_VERSION, 0},
    {"all", 0, OPTION_ALL, 0},
    {"ttl", 0, OPTION_TTL, offsetof(struct arguments, ttl)},
    {"code", 0, OPTION_CODE, offsetof(struct arguments, code)},
    {"text", 0, OPTION_TEXT, offsetof(struct arguments, text)},
    {"reason", 0, OPTION_REASON, offsetof(struct arguments, reason)},
    {"author", 0, OPTION_AUTHOR, offsetof(struct arguments, author)},
    {"timeout", 0, OPTION_TIMEOUT, offsetof(struct arguments, timeout)},
    {"family", 0, OPTION_FAMILY, offsetof(struct arguments, family)},
    {"listed", 0, OPTION_LISTED, offsetof(struct arguments, listed)},
    {"format", 0, OPTION_FORMAT, offsetof(struct arguments, format)},
    {"recipient", 0, OPTION_RECIPIENT, offsetof(struct arguments, recipient)},
    {"user", 0, OPTION_USER, offsetof(struct arguments, user)},
    {"count", 0, OPTION_COUNT, offsetof(struct arguments, count)},
    {"note", 0, OPTION_NOTE, offsetof(struct arguments, note)},
};

struct parse {
	int argc;
	char *const *argv;
	int at; /* the argument being read */
	const struct command *commands;
	struct arguments *arguments;
	const char *words[WORDS_MAX]; /* command and operands */
	unsigned word_count;
	char *error;
};

static int fail(struct parse *p, const char *format, const char *what)
{
	snprintf(p->error, ARGUMENTS_ERROR_MAX, format, what);
	return -EINVAL;
}

static const struct option *option_find(const char *text, size_t size)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const struct option *option = &options[i];

		if (text[1] != '-' ? option->letter && text[1] == option->letter
		                   : strlen(option->name) == size - 2 &&
		                         memcmp(option->name, text + 2, size - 2) == 0)
			return option;
	}
	return NULL;
}

/* Read "-c FILE", "-cFILE", "--config FILE", "--config=FILE". */
static int read_option(struct parse *p, const char *text)
{
	size_t size = text[1] == '-' ? strcspn(text, "=") : 2;
	const struct option *option = option_find(text, size);
	const char *value = NULL;
	size_t place;

	if (!option)
		return fail(p, "unknown option '%s'", text);
	if (p->arguments->given & option->bit && option->bit != OPTION_LISTED)
		return fail(p, "option '%s' is given twice", text);
	if (text[size])
		value = text + size + (text[1] == '-');
	p->arguments->given |= option->bit;
	if (!option->value)
		return value ? fail(p, "option '%s' takes no value", text) : 0;
	if (!value && p->at + 1 < p->argc)
		value = p->argv[++p->at];
	if (!value)
		return fail(p, "option '%s' needs a value", text);
	place = option->value;
	if (option->bit == OPTION_LISTED) {
		if (p->arguments->listed_count == ARGUMENTS_LISTED_MAX)
			return fail(p, "option '%s' is given more than 16 times", text);
		place += p->arguments->listed_count++ * sizeof(value);
	}
	memcpy((char *)p->arguments + place, &value, sizeof(value));
	return 0;
}

/* How many of the first words are the command's name; 0 when they are not. */
static unsigned count_matching(const struct command *command, const char *const *words,
                               unsigned count)
{
	size_t first = strcspn(command->name, " ");

	if (!count || strlen(words[0]) != first || memcmp(command->name, words[0], first) != 0)
		return 0;
	if (!command->name[first])
		return 1;
	return count > 1 && strcmp(command->name + first + 1, words[1]) == 0 ? 2 : 0;
}

/* The command whose name the words begin with; out_words: how many of them are its name. */
static const struct command *command_find(const struct parse *p, unsigned *out_words)
{
	const struct command *found = NULL;
	unsigned best = 0;

	for (const struct command *c = p->commands; c->name; c++) {
		unsigned matching = count_matching(c, p->words, p->word_count);

		if (matching > best) { /* "feeds refresh" before "feeds" */
			best = matching;
			found = c;
		}
	}
	*out_words = best;
	return found;
}

/* Behind "--" of a command that takes it, nothing is ours. */
static bool take_rest(struct parse *p)
{
	unsigned words;
	const struct command *command = command_find(p, &words);

	if (!command || !command->takes_rest)
		return false;
	p->arguments->rest = p->argv + p->at + 1;
	p->arguments->rest_count = (unsigned)(p->argc - p->at - 1);
	return true;
}

static int read_arguments(struct parse *p)
{
	bool is_after_options = false;

	for (p->at = 1; p->at < p->argc; p->at++) {
		const char *text = p->argv[p->at];

		if (!is_after_options && strcmp(text, "--") == 0) {
			if (take_rest(p))
				break;
			is_after_options = true;
		} else if (!is_after_options && text[0] == '-' && text[1]) {
			int rc = read_option(p, text);

			if (rc < 0)
				return rc;
		} else if (p->word_count == WORDS_MAX) {
			return fail(p, "unexpected '%s'", text);
		} else {
			p->words[p->word_count++] = text;
		}
	}
	return 0;
}

/* Letters to change, add or leave out (Levenshtein). */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[HINT_NAME_MAX + 1];
	size_t size = strlen(b);

	if (size > HINT_NAME_MAX || strlen(a) > HINT_NAME_MAX)
		return HINT_NAME_MAX;
	for (unsigned j = 0; j <= size; j++)
		row[j] = j;
	for (unsigned i = 1; *a; a++, i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= size; j++) {
			unsigned best = diagonal + (*a != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[size];
}

/* Says which second words there are when the first is right; else which first word is near. */
static int fail_unknown(struct parse *p, const struct command *commands)
{
	char seconds[ARGUMENTS_ERROR_MAX / 2] = "", first[HINT_NAME_MAX + 1];
	unsigned best = HINT_DISTANCE + 1;
	char meant[HINT_NAME_MAX + 1] = "";
	size_t at = 0;

	for (const struct command *c = commands; c->name; c++) {
		size_t size = strcspn(c->name, " ");
		unsigned far;

		snprintf(first, sizeof(first), "%.*s", (int)size, c->name);
		far = distance(p->words[0], first);
		if (far == 0 && c->name[size] && at < sizeof(seconds))
			at += (size_t)snprintf(seconds + at, sizeof(seconds) - at, "%s%s",
			                       at ? ", " : "", c->name + size + 1);
		if (far < best) {
			best = far;
			strcpy(meant, first);
		}
	}
	if (at)
		snprintf(p->error, ARGUMENTS_ERROR_MAX, "'%.60s' needs one of: %s", p->words[0],
		         seconds);
	else if (meant[0])
		snprintf(p->error, ARGUMENTS_ERROR_MAX,
		         "unknown command '%.60s'; did you mean '%s'?", p->words[0], meant);
	else
		snprintf(p->error, ARGUMENTS_ERROR_MAX, "unknown command '%.60s'", p->words[0]);
	return -EINVAL;
}

static int take_operands(struct parse *p, unsigned skip)
{
	struct arguments *a = p->arguments;
	const struct command *command = a->command;
	unsigned foreign = a->given & ~(command->options | OPTIONS_EVERYWHERE);

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (!(options[i].bit & foreign))
			continue;
		snprintf(p->error, ARGUMENTS_ERROR_MAX, "'%s' has no option '--%s'", command->name,
		         options[i].name);
		return -EINVAL;
	}
	for (unsigned i = skip; i < p->word_count; i++) {
		if (a->operand_count == command->operands_max)
			return fail(p, "unexpected '%.100s'", p->words[i]);
		a->operands[a->operand_count++] = p->words[i];
	}
	if (a->operand_count < command->operands_min && !(a->given & OPTION_HELP)) {
		snprintf(p->error, ARGUMENTS_ERROR_MAX, "'%s' needs %s", command->name,
		         command->operands);
		return -EINVAL;
	}
	return 0;
}

int arguments_parse(int argc, char *const *argv, const struct command *commands,
                    struct arguments *out, char out_error[ARGUMENTS_ERROR_MAX])
{
	struct arguments arguments = {.config = ARGUMENTS_CONFIG};
	struct parse p = {
	    .argc = argc,
	    .argv = argv,
	    .commands = commands,
	    .arguments = &arguments,
	    .error = out_error,
	};
	unsigned best = 0;
	int rc = read_arguments(&p);

	if (rc < 0)
		return rc;
	arguments.command = command_find(&p, &best);
	if (p.word_count && !best)
		return fail_unknown(&p, commands);
	if (!p.word_count && !(arguments.given & (OPTION_HELP | OPTION_VERSION)))
		return fail(&p, "%s", "no command");
	rc = best ? take_operands(&p, best) : 0;
	if (rc == 0)
		*out = arguments;
	return rc;
}

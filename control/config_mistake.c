/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_mistake.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_MAX 1024

static size_t append(char *text, size_t at, const char *piece)
{
	size_t size = strlen(piece);

	if (size > CONFIG_PATH_TEXT_MAX - 1 - at)
		size = CONFIG_PATH_TEXT_MAX - 1 - at;
	memcpy(text + at, piece, size);
	text[at + size] = '\0';
	return at + size;
}

static size_t path_write(const struct config_path *path, bool is_pattern, char *text)
{
	char index[16] = "[]";
	size_t at;

	if (!path)
		return 0;
	at = path_write(path->up, is_pattern, text);
	if (path->key) {
		if (at)
			at = append(text, at, ".");
		return append(text, at, path->key);
	}
	if (!is_pattern)
		snprintf(index, sizeof(index), "[%u]", path->index);
	return append(text, at, index);
}

void config_path_text(const struct config_path *path, bool is_pattern,
                      char out_text[CONFIG_PATH_TEXT_MAX])
{
	out_text[0] = '\0';
	path_write(path, is_pattern, out_text);
}

static void tell(struct config_mistakes *m, unsigned line, const struct config_path *path,
                 const char *kind, const char *format, va_list arguments)
{
	char what[MESSAGE_MAX / 2], where[CONFIG_PATH_TEXT_MAX], message[MESSAGE_MAX];
	char number[16] = "";
	size_t size;

	vsnprintf(what, sizeof(what), format, arguments);
	config_path_text(path, false, where);
	if (line)
		snprintf(number, sizeof(number), ":%u", line);
	size = (size_t)snprintf(message, sizeof(message), "%.200s%s: %s%s%s%s", m->file, number,
	                        where, where[0] ? ": " : "", kind, what);
	/* The file's bytes end up on a terminal and in a log: no control characters of theirs. */
	for (size_t i = 0; i < size && i < sizeof(message) - 1; i++)
		if ((unsigned char)message[i] < ' ' || message[i] == 0x7f)
			message[i] = '?';
	m->complain(message, m->context);
}

void config_mistake(struct config_mistakes *m, unsigned line, const struct config_path *path,
                    const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell(m, line, path, "", format, arguments);
	va_end(arguments);
	m->count++;
}

void config_warning(struct config_mistakes *m, unsigned line, const struct config_path *path,
                    const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell(m, line, path, "warning: ", format, arguments);
	va_end(arguments);
}

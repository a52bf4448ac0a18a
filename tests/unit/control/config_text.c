/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/control/config_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

void config_text_take(const char *message, void *context)
{
	struct config_text_messages *m = context;

	if (m->count < CONFIG_TEXT_MESSAGES_MAX)
		snprintf(m->text[m->count], sizeof(m->text[0]), "%s", message);
	m->count++;
}

struct config *config_text_load(const char *text, size_t size,
                                struct config_text_messages *out_messages)
{
	memset(out_messages, 0, sizeof(*out_messages));
	return config_load_bytes(CONFIG_TEXT_FILE, text, size, config_text_take, out_messages);
}

static void check_row(const struct config_text_bad *row)
{
	static const size_t name_size = sizeof(CONFIG_TEXT_FILE) - 1;
	struct config_text_messages m;
	struct config *config = config_text_load(row->yaml, strlen(row->yaml), &m);
	unsigned count = 0;

	if (config || errno != EINVAL)
		fail_msg("%s: loaded, or errno %d", row->reason, errno);
	for (; count < CONFIG_TEXT_MESSAGES_MAX && row->messages[count]; count++) {
		const char *expected = row->messages[count];
		const char *found = m.text[count];

		if (strncmp(found, CONFIG_TEXT_FILE, name_size) != 0 ||
		    strncmp(found + name_size, expected, strlen(expected)) != 0)
			fail_msg("%s: message %u is '%s', expected '%s'", row->reason, count, found,
			         expected);
	}
	if (m.count != count)
		fail_msg("%s: %u messages, expected %u; the next is '%s'", row->reason, m.count,
		         count, count < CONFIG_TEXT_MESSAGES_MAX ? m.text[count] : "");
}

void config_text_check_bad(const struct config_text_bad *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_row(&rows[i]);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/import/import.h"

#include <stdio.h>

static void set_text(json_t *object, const char *name, const char *text)
{
	if (text[0])
		json_object_set_new(object, name, json_string(text));
}

json_t *import_event_json(const struct import_event *event, const char *line_id, unsigned number)
{
	char id[EVENT_ID_MAX + 1];
	json_t *object = json_pack("{s:f, s:s, s:s}", "ts", (double)event->time_ms / 1000, "ip",
	                           event->address, "class", event_class_name(event->class));

	if (!object)
		return NULL;
	if (event->class == EVENT_SPAM_VERDICT)
		json_object_set_new(object, "p", json_real((double)event->probability));
	if (event->is_authenticated)
		json_object_set_new(object, "auth", json_true());
	if (event->is_null_sender)
		json_object_set_new(object, "null_sender", json_true());
	set_text(object, "rcpt", event->recipient);
	set_text(object, "user", event->user);
	set_text(object, "domain", event->domain);
	set_text(object, "note", event->note);
	if (line_id[0]) {
		snprintf(id, sizeof(id), "%.*s.%u", IMPORT_ID_MAX, line_id, number);
		set_text(object, "id", id);
	}
	return object;
}

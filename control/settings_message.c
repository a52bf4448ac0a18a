/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/settings_message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int copy(ProtobufCBinaryData *out, const void *bytes, size_t size)
{
	if (size == 0)
		return 0;
	out->data = malloc(size);
	if (!out->data)
		return -ENOMEM;
	memcpy(out->data, bytes, size);
	out->len = size;
	return 0;
}

static int copy_text(ProtobufCBinaryData *out, const char *text)
{
	return text ? copy(out, text, strlen(text)) : 0;
}

static int fill(Reputed__Update__Settings *m, const struct config *config)
{
	const struct secrets *secrets = &config->cookie_secrets;
	int rc = 0;

	m->cookie_secrets = calloc(SECRETS_MAX, sizeof(*m->cookie_secrets));
	if (!m->cookie_secrets)
		return -ENOMEM;
	for (unsigned i = 0; i < secrets->count && rc == 0; i++)
		rc = copy(&m->cookie_secrets[m->n_cookie_secrets++], secrets->bytes[i],
		          SECRETS_SIZE);
	m->is_cookie_required = config->is_cookie_required;
	if (rc == 0)
		rc = copy_text(&m->version, config->version);
	if (rc == 0)
		rc = copy_text(&m->hostname, config->hostname);
	if (rc == 0)
		rc = copy_text(&m->nsid, config->nsid);
	return rc;
}

Reputed__Update__Settings *settings_message_new(const struct config *config)
{
	Reputed__Update__Settings *message = malloc(sizeof(*message));

	if (!message)
		return NULL;
	reputed__update__settings__init(message);
	if (fill(message, config) == 0)
		return message;
	settings_message_free(message);
	errno = ENOMEM;
	return NULL;
}

void settings_message_free(Reputed__Update__Settings *message)
{
	if (!message)
		return;
	for (size_t i = 0; i < message->n_cookie_secrets; i++)
		explicit_bzero(message->cookie_secrets[i].data, message->cookie_secrets[i].len);
	reputed__update__settings__free_unpacked(message, NULL);
}

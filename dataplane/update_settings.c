/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/update_settings.h"

#include <errno.h>
#include <string.h>

static int check(const Reputed__Update__Settings *m, struct update_error *out_error)
{
	const struct {
		const char *field;
		size_t size, max;
	} texts[] = {
	    {"version", m->version.len, SETTINGS_TEXT_MAX},
	    {"hostname", m->hostname.len, SETTINGS_TEXT_MAX},
	    {"nsid", m->nsid.len, SETTINGS_NSID_MAX},
	};

	if (m->n_cookie_secrets > SETTINGS_SECRETS_MAX)
		return update_error_set(out_error, -EINVAL,
		                        "settings: %zu cookie_secrets, above %d",
		                        m->n_cookie_secrets, SETTINGS_SECRETS_MAX);
	for (size_t i = 0; i < m->n_cookie_secrets; i++) {
		if (m->cookie_secrets[i].len != SETTINGS_SECRET_SIZE)
			return update_error_set(out_error, -EINVAL,
			                        "settings: cookie secret %zu has %zu bytes, not %d",
			                        i, m->cookie_secrets[i].len, SETTINGS_SECRET_SIZE);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].size > texts[i].max)
			return update_error_set(out_error, -EINVAL,
			                        "settings: %s has %zu bytes, above %zu",
			                        texts[i].field, texts[i].size, texts[i].max);
	}
	return 0;
}

static uint8_t copy(void *out, ProtobufCBinaryData data)
{
	if (data.len)
		memcpy(out, data.data, data.len);
	return (uint8_t)data.len;
}

int update_settings_build(const Reputed__Update__Settings *m,
                          const uint8_t secret[SETTINGS_SECRET_SIZE],
                          struct settings **out_settings, struct update_error *out_error)
{
	int rc = m ? check(m, out_error) : 0;
	struct settings *s;

	if (rc < 0)
		return rc;
	s = settings_new();
	if (!s)
		return update_error_set(out_error, -ENOMEM, "settings: no memory");
	if (m) {
		for (size_t i = 0; i < m->n_cookie_secrets; i++)
			copy(s->secrets[i], m->cookie_secrets[i]);
		s->secret_count = (uint8_t)m->n_cookie_secrets;
		s->is_cookie_required = m->is_cookie_required;
		s->version_size = copy(s->version, m->version);
		s->hostname_size = copy(s->hostname, m->hostname);
		s->nsid_size = copy(s->nsid, m->nsid);
	}
	if (s->secret_count == 0) {
		memcpy(s->secrets[0], secret, SETTINGS_SECRET_SIZE);
		s->secret_count = 1;
	}
	*out_settings = s;
	return 0;
}

void update_settings_wipe(Reputed__Update__Settings *m)
{
	for (size_t i = 0; i < m->n_cookie_secrets; i++)
		explicit_bzero(m->cookie_secrets[i].data, m->cookie_secrets[i].len);
}

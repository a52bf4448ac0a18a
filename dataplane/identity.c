/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/identity.h"

#include "dataplane/qname.h"

struct name {
	const char *wire;
	size_t size; /* with the root label */
};
#define NAME(wire)                                                                                 \
	{                                                                                          \
		wire, sizeof(wire)                                                                 \
	}

static const struct name version_names[] = {NAME("\7version\4bind"), NAME("\7version\6server")};
static const struct name hostname_names[] = {NAME("\10hostname\4bind"), NAME("\2id\6server")};

static bool is_one_of(const struct name names[2], const uint8_t *name, size_t size)
{
	for (unsigned i = 0; i < 2; i++) {
		size_t at = 0;

		if (names[i].size != size)
			continue;
		while (at < size && qname_lower(name[at]) == (uint8_t)names[i].wire[at])
			at++;
		if (at == size)
			return true;
	}
	return false;
}

const char *identity_find(const struct settings *s, const uint8_t *name, size_t size,
                          uint8_t *out_size)
{
	if (s && s->version_size && is_one_of(version_names, name, size)) {
		*out_size = s->version_size;
		return s->version;
	}
	if (s && s->hostname_size && is_one_of(hostname_names, name, size)) {
		*out_size = s->hostname_size;
		return s->hostname;
	}
	return NULL;
}

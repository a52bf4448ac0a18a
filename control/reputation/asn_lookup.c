/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/asn_lookup.h"

#include "feeds/mmdb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct asn_lookup {
	struct mmdb *db;
};

struct asn_lookup *asn_lookup_open(const char *path, char *out_error, size_t error_size)
{
	struct asn_lookup *a = calloc(1, sizeof(*a));
	int error;

	if (!a) {
		snprintf(out_error, error_size, "out of memory");
		return NULL;
	}
	a->db = mmdb_open(path, out_error, error_size);
	if (a->db)
		return a;
	error = errno;
	free(a);
	errno = error;
	return NULL;
}

void asn_lookup_close(struct asn_lookup *a)
{
	if (!a)
		return;
	mmdb_close(a->db);
	free(a);
}

uint32_t asn_lookup(const struct address_range *address, void *lookup)
{
	const struct asn_lookup *a = lookup;
	uint32_t record;
	uint64_t asn;

	if (!mmdb_find(a->db, address, &record) || !mmdb_asn(a->db, record, NULL, &asn))
		return 0;
	return asn <= UINT32_MAX ? (uint32_t)asn : 0;
}

size_t asn_lookup_name(const struct asn_lookup *a, const struct address_range *address,
                       char *out_name, size_t name_size)
{
	struct span name;
	uint32_t record;
	int size;

	if (name_size == 0 || !mmdb_find(a->db, address, &record))
		return 0;
	if (!mmdb_text(a->db, record, "autonomous_system_organization", &name) &&
	    !mmdb_text(a->db, record, "as_name", &name))
		return 0;
	size = snprintf(out_name, name_size, "%.*s", (int)name.size, name.text);
	return size < 0 ? 0 : (size_t)size < name_size ? (size_t)size : name_size - 1;
}

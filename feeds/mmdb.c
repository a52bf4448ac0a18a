/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/mmdb.h"

#include <maxminddb.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KEYS_MAX  8 /* of a path */
#define FIELD_MAX 128
#define IP4_DEPTH 96
#define NO_NODE   UINT64_MAX

struct mmdb {
	MMDB_s db;
	int fd; /* of the copy */
};

/* libmaxminddb opens files by name only. The copy cannot shrink under its map, as a file could. */
static int copy_make(struct reader *reader, char *out_error, size_t error_size)
{
	int fd = memfd_create("mmdb", MFD_CLOEXEC), rc;
	const char *bytes;
	size_t size;

	if (fd < 0) {
		snprintf(out_error, error_size, "%s", strerror(errno));
		return -errno;
	}
	reader_limit(reader, MMDB_SIZE_MAX);
	while ((rc = reader_block(reader, &bytes, &size)) > 0) {
		while (size && rc > 0) {
			ssize_t written = write(fd, bytes, size);

			rc = written > 0 ? 1 : written < 0 && errno == EINTR ? 1 : -ENOMEM;
			if (written > 0) {
				bytes += written;
				size -= (size_t)written;
			}
		}
		if (rc < 0)
			break;
	}
	if (rc == 0)
		return fd;
	snprintf(out_error, error_size, "%s",
	         rc == -ENOMEM ? strerror(ENOMEM) : reader_error(reader));
	close(fd);
	return rc;
}

struct mmdb *mmdb_read(struct reader *reader, char *out_error, size_t error_size)
{
	struct mmdb *m = calloc(1, sizeof(*m));
	int fd = m ? copy_make(reader, out_error, error_size) : -ENOMEM, rc;
	char path[64];

	if (fd < 0) {
		free(m);
		errno = -fd;
		return NULL;
	}
	m->fd = fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = MMDB_open(path, MMDB_MODE_MMAP, &m->db);
	if (rc == MMDB_SUCCESS)
		return m;
	snprintf(out_error, error_size, "not a MaxMind database: %s", MMDB_strerror(rc));
	close(fd);
	free(m);
	errno = rc == MMDB_OUT_OF_MEMORY_ERROR ? ENOMEM : EBADMSG;
	return NULL;
}

struct mmdb *mmdb_open(const char *path, char *out_error, size_t error_size)
{
	struct reader *reader = reader_open(path);
	struct mmdb *m;
	int rc;

	if (!reader) {
		snprintf(out_error, error_size, "%s", strerror(errno));
		return NULL;
	}
	m = mmdb_read(reader, out_error, error_size);
	rc = errno;
	reader_close(reader);
	errno = rc;
	return m;
}

void mmdb_close(struct mmdb *m)
{
	if (!m)
		return;
	MMDB_close(&m->db);
	close(m->fd);
	free(m);
}

int64_t mmdb_made_s(const struct mmdb *m)
{
	uint64_t made_s = m->db.metadata.build_epoch;

	return made_s > INT64_MAX ? 0 : (int64_t)made_s;
}

struct walk {
	struct mmdb *m;
	unsigned width;       /* bits of an address */
	uint64_t ip4_node;    /* the node of ::/96, that is IPv4; other ways to it are aliases */
	uint64_t visits_left; /* a tree has each node once */
	mmdb_network *handle;
	void *context;
	char *error;
	size_t error_size;
};

static int damaged(const struct walk *w, const char *what)
{
	snprintf(w->error, w->error_size, "damaged MaxMind database: %s", what);
	return -EBADMSG;
}

static uint64_t ip4_node_find(struct mmdb *m)
{
	uint64_t node = 0;

	if (m->db.metadata.ip_version == 4)
		return NO_NODE;
	for (unsigned depth = 0; depth < IP4_DEPTH; depth++) {
		MMDB_search_node_s found;

		if (MMDB_read_node(&m->db, (uint32_t)node, &found) != MMDB_SUCCESS ||
		    found.left_record_type != MMDB_RECORD_TYPE_SEARCH_NODE)
			return NO_NODE;
		node = found.left_record;
	}
	return node;
}

static int network_give(const struct walk *w, address6_t address, unsigned depth, uint32_t record)
{
	address6_t size = w->width - depth >= 128 ? 0 : (address6_t)1 << (w->width - depth);
	struct address_range range = {
	    .is_ip6 = w->width == 128, .first = address, .last = address + size - 1};

	if (range.is_ip6 && range.last <= UINT32_MAX)
		range.is_ip6 = false;
	return w->handle(w->context, &range, record);
}

static int node_walk(struct walk *w, uint64_t node, address6_t address, unsigned depth);

/* What is below one side of a node. */
static int side_walk(struct walk *w, uint64_t record, uint8_t type, const MMDB_entry_s *entry,
                     address6_t address, unsigned depth)
{
	switch (type) {
	case MMDB_RECORD_TYPE_EMPTY:
		return 0;
	case MMDB_RECORD_TYPE_DATA:
		return network_give(w, address, depth, entry->offset);
	case MMDB_RECORD_TYPE_SEARCH_NODE:
		if (depth >= w->width)
			return damaged(w, "the tree is deeper than an address");
		if (record == w->ip4_node && (depth != IP4_DEPTH || address))
			return 0;
		return node_walk(w, record, address, depth);
	}
	return damaged(w, "a record outside of the file");
}

static int node_walk(struct walk *w, uint64_t node, address6_t address, unsigned depth)
{
	address6_t bit = (address6_t)1 << (w->width - 1 - depth);
	MMDB_search_node_s found;
	int rc;

	if (!w->visits_left--)
		return damaged(w, "the tree has loops");
	if (MMDB_read_node(&w->m->db, (uint32_t)node, &found) != MMDB_SUCCESS)
		return damaged(w, "a node outside of the file");
	rc = side_walk(w, found.left_record, found.left_record_type, &found.left_record_entry,
	               address, depth + 1);
	if (rc < 0)
		return rc;
	return side_walk(w, found.right_record, found.right_record_type, &found.right_record_entry,
	                 address | bit, depth + 1);
}

int mmdb_each(struct mmdb *m, mmdb_network *handle, void *context, char *out_error,
              size_t error_size)
{
	struct walk w = {
	    .m = m,
	    .width = m->db.metadata.ip_version == 4 ? 32 : 128,
	    .ip4_node = ip4_node_find(m),
	    .visits_left = m->db.metadata.node_count,
	    .handle = handle,
	    .context = context,
	    .error = out_error,
	    .error_size = error_size,
	};

	return node_walk(&w, 0, 0, 0);
}

bool mmdb_find(const struct mmdb *m, const struct address_range *address, uint32_t *out_record)
{
	struct sockaddr_in ip4 = {.sin_family = AF_INET,
	                          .sin_addr.s_addr = htonl((uint32_t)address->first)};
	struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6};
	MMDB_lookup_result_s found;
	int error;

	for (unsigned i = 0; i < 16; i++)
		ip6.sin6_addr.s6_addr[i] = (uint8_t)(address->first >> (120 - 8 * i));
	found = MMDB_lookup_sockaddr(
	    &m->db, address->is_ip6 ? (const struct sockaddr *)&ip6 : (const struct sockaddr *)&ip4,
	    &error);
	if (error != MMDB_SUCCESS || !found.found_entry)
		return false;
	*out_record = found.entry.offset;
	return true;
}

static bool value_find(const struct mmdb *m, uint32_t record, const char *path,
                       MMDB_entry_data_s *out_data)
{
	MMDB_entry_s entry = {.mmdb = &m->db, .offset = record};
	const char *keys[KEYS_MAX + 1] = {NULL};
	char copy[FIELD_MAX], *next = NULL;
	size_t count = 0;

	if (strlen(path) >= sizeof(copy))
		return false;
	strcpy(copy, path);
	for (char *key = strtok_r(copy, ".", &next); key && count < KEYS_MAX;
	     key = strtok_r(NULL, ".", &next))
		keys[count++] = key;
	return MMDB_aget_value(&entry, out_data, keys) == MMDB_SUCCESS && out_data->has_data;
}

bool mmdb_text(const struct mmdb *m, uint32_t record, const char *path, struct span *out_text)
{
	MMDB_entry_data_s data;

	if (!value_find(m, record, path, &data) || data.type != MMDB_DATA_TYPE_UTF8_STRING)
		return false;
	*out_text = (struct span){data.utf8_string, data.data_size};
	return true;
}

bool mmdb_number(const struct mmdb *m, uint32_t record, const char *path, uint64_t *out_number)
{
	MMDB_entry_data_s data;
	struct span text;

	if (!value_find(m, record, path, &data))
		return false;
	switch (data.type) {
	case MMDB_DATA_TYPE_UINT16:
		*out_number = data.uint16;
		return true;
	case MMDB_DATA_TYPE_UINT32:
		*out_number = data.uint32;
		return true;
	case MMDB_DATA_TYPE_UINT64:
		*out_number = data.uint64;
		return true;
	case MMDB_DATA_TYPE_UTF8_STRING:
		text = (struct span){data.utf8_string, data.data_size};
		if (span_starts(text, "AS"))
			text = span_skip(text, 2);
		return span_number(text, UINT64_MAX, out_number) == 0;
	}
	return false;
}

bool mmdb_asn(const struct mmdb *m, uint32_t record, const char *path, uint64_t *out_asn)
{
	if (path)
		return mmdb_number(m, record, path, out_asn);
	return mmdb_number(m, record, "autonomous_system_number", out_asn) ||
	       mmdb_number(m, record, "asn", out_asn);
}

bool mmdb_country(const struct mmdb *m, uint32_t record, const char *path, struct span *out_code)
{
	if (path)
		return mmdb_text(m, record, path, out_code);
	return mmdb_text(m, record, "country.iso_code", out_code) ||
	       mmdb_text(m, record, "country_code", out_code) ||
	       mmdb_text(m, record, "country", out_code);
}

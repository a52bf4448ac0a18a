/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A MaxMind database as a sequence of networks, each with a record; libmaxminddb finds one address,
 * this goes through all of them. A damaged file gives an error, never a crash or an endless walk.
 *
 * Threads: one thread per struct mmdb.
 */
#include "feeds/address.h"
#include "feeds/reader.h"
#include "feeds/span.h"

#define MMDB_SIZE_MAX (1ull << 30) /* bytes of a file */

struct mmdb;

/* Of the bytes of a reader, which are copied. Errors: NULL with errno; out_error says why */
struct mmdb *mmdb_read(struct reader *reader, char *out_error, size_t error_size);

/* Of a file, which may be compressed; it may change afterwards. As mmdb_read() */
struct mmdb *mmdb_open(const char *path, char *out_error, size_t error_size);

void mmdb_close(struct mmdb *m); /* NULL is allowed */

/* When it was made; Unix seconds. */
int64_t mmdb_made_s(const struct mmdb *m);

/* Called for each network. record: equal numbers are one record. Returns 0 or a negative errno. */
typedef int mmdb_network(void *context, const struct address_range *range, uint32_t record);

/* All networks in the order of addresses; those of IPv4 once. Errors: -EBADMSG (out_error says
 * what), or of handle */
int mmdb_each(struct mmdb *m, mmdb_network *handle, void *context, char *out_error,
              size_t error_size);

/* The record of an address. Returns whether there is one; a damaged place has none. */
bool mmdb_find(const struct mmdb *m, const struct address_range *address, uint32_t *out_record);

/* A text of a record. path: keys joined by dots, "country.iso_code". Returns whether it is there.
 */
bool mmdb_text(const struct mmdb *m, uint32_t record, const char *path, struct span *out_text);

/* A number of a record, or one in a text: 64496, "AS64496". Returns whether it is there. */
bool mmdb_number(const struct mmdb *m, uint32_t record, const char *path, uint64_t *out_number);

/*
 * The number of an autonomous system of a record.
 *
 * path: where it is; NULL: the places that are in use: autonomous_system_number, asn
 */
bool mmdb_asn(const struct mmdb *m, uint32_t record, const char *path, uint64_t *out_asn);

/* The two letters of a record's country. path: as above: country.iso_code, country_code, country */
bool mmdb_country(const struct mmdb *m, uint32_t record, const char *path, struct span *out_code);

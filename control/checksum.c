/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/checksum.h"

#include <sodium.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUMS_LINES_MAX 100000
#define SUM_HEX        (2 * crypto_hash_sha256_BYTES)

/* One line: "SUM", "SUM  NAME" or "SUM *NAME". Returns whether it is one. */
static bool read_line(char *line, uint8_t out_sum[crypto_hash_sha256_BYTES], const char **out_name)
{
	size_t size = strcspn(line, "\r\n"), digits = strspn(line, "0123456789abcdefABCDEF");
	char *slash;

	line[size] = '\0';
	if (digits != SUM_HEX || (line[digits] != '\0' && line[digits] != ' '))
		return false;
	sodium_hex2bin(out_sum, crypto_hash_sha256_BYTES, line, SUM_HEX, NULL, NULL, NULL);
	*out_name = line + digits + strspn(line + digits, " *");
	slash = strrchr(*out_name, '/');
	if (slash)
		*out_name = slash + 1;
	return true;
}

/* Errors: -ENOENT no sum of that name; negative errno of reading */
static int find_sum(const char *sums, const char *name, uint8_t out_sum[crypto_hash_sha256_BYTES])
{
	FILE *file = fopen(sums, "re");
	unsigned lines = 0, count = 0;
	bool is_named = false;
	char line[4096];
	int rc;

	if (!file)
		return -errno;
	while (!is_named && lines++ < SUMS_LINES_MAX && fgets(line, sizeof(line), file)) {
		uint8_t sum[crypto_hash_sha256_BYTES];
		const char *of;

		if (!read_line(line, sum, &of))
			continue;
		is_named = strcmp(of, name) == 0;
		if (is_named || count == 0)
			memcpy(out_sum, sum, sizeof(sum));
		count++;
	}
	rc = ferror(file) ? -EIO : is_named || count == 1 ? 0 : -ENOENT;
	fclose(file);
	return rc;
}

static int compute_sum(const char *path, uint8_t out_sum[crypto_hash_sha256_BYTES])
{
	FILE *file = fopen(path, "rbe");
	crypto_hash_sha256_state state;
	uint8_t bytes[65536];
	size_t size;
	int rc;

	if (!file)
		return -errno;
	crypto_hash_sha256_init(&state);
	while ((size = fread(bytes, 1, sizeof(bytes), file)) > 0)
		crypto_hash_sha256_update(&state, bytes, size);
	rc = ferror(file) ? -EIO : 0;
	fclose(file);
	crypto_hash_sha256_final(&state, out_sum);
	return rc;
}

/* The last part of a path, or of a URL without its query. */
static void name_of(const char *source, char out_name[256])
{
	const char *end = source + strlen(source), *at;

	if (strstr(source, "://"))
		end = source + strcspn(source, "?#");
	for (at = end; at > source && at[-1] != '/'; at--)
		;
	snprintf(out_name, 256, "%.*s", (int)(end - at), at);
}

int checksum_check(const char *sums, const char *source, const char *path, char *out_reason,
                   size_t reason_size)
{
	uint8_t told[crypto_hash_sha256_BYTES], is[crypto_hash_sha256_BYTES];
	char name[256];
	int rc;

	name_of(source, name);
	rc = find_sum(sums, name, told);

	if (rc == -ENOENT) {
		snprintf(out_reason, reason_size, "there is no SHA-256 of '%.100s' in '%.200s'",
		         name, sums);
		return -EBADMSG;
	}
	if (rc == 0)
		rc = compute_sum(path, is);
	if (rc < 0) {
		snprintf(out_reason, reason_size, "'%.200s': %s", sums, strerror(-rc));
		return rc;
	}
	if (memcmp(told, is, sizeof(is)) == 0)
		return 0;
	snprintf(out_reason, reason_size, "its SHA-256 is not the one in '%.200s'", sums);
	return -EBADMSG;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/host_rules.h"

#include "feeds/host.h"
#include "feeds/lines.h"

#include <libpsl.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHARED_MAX 100000

/* Hosts of anybody's files, pages and short links. */
static const char *const built_in[] = {
    "1drv.ms",
    "anonfiles.com",
    "api.telegram.org",
    "archive.org",
    "bit.ly",
    "bitbucket.org",
    "blob.core.windows.net",
    "catbox.moe",
    "cdn.discordapp.com",
    "codeload.github.com",
    "cutt.ly",
    "discord.com",
    "dl.dropboxusercontent.com",
    "docs.google.com",
    "drive.google.com",
    "drive.usercontent.google.com",
    "dropbox.com",
    "facebook.com",
    "files.catbox.moe",
    "firebasestorage.googleapis.com",
    "forms.gle",
    "gist.github.com",
    "gist.githubusercontent.com",
    "github.com",
    "gitlab.com",
    "gofile.io",
    "goo.gl",
    "icloud.com",
    "ipfs.io",
    "is.gd",
    "linkedin.com",
    "media.discordapp.net",
    "media.githubusercontent.com",
    "mediafire.com",
    "mega.nz",
    "objects.githubusercontent.com",
    "onedrive.live.com",
    "paste.ee",
    "pastebin.com",
    "raw.githubusercontent.com",
    "rb.gy",
    "s3.amazonaws.com",
    "sites.google.com",
    "sourceforge.net",
    "storage.googleapis.com",
    "t.co",
    "t.me",
    "telegra.ph",
    "tinyurl.com",
    "transfer.sh",
    "wetransfer.com",
    "youtube.com",
};

struct shared {
	uint8_t size;
	uint8_t wire[NAME_WIRE_MAX];
};

struct host_rules {
	psl_ctx_t *psl;
	bool is_registrable;
	struct shared *shared; /* in the order of name_compare() */
	size_t count, capacity;
};

static int shared_add(struct host_rules *rules, const uint8_t *wire, size_t size)
{
	if (rules->count == rules->capacity) {
		size_t capacity = rules->capacity ? 2 * rules->capacity : 64;
		struct shared *larger = reallocarray(rules->shared, capacity, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		rules->shared = larger;
		rules->capacity = capacity;
	}
	rules->shared[rules->count].size = (uint8_t)size;
	memcpy(rules->shared[rules->count++].wire, wire, size);
	return 0;
}

static int built_in_add(struct host_rules *rules)
{
	uint8_t wire[NAME_WIRE_MAX];

	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++) {
		int size = name_parse(built_in[i], strlen(built_in[i]), wire);

		if (size <= 0 || shared_add(rules, wire, (size_t)size) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Errors: negative errno; out_error says why */
static int file_line(struct host_rules *rules, struct span line, uint64_t number, char *out_error,
                     size_t error_size)
{
	uint8_t wire[NAME_WIRE_MAX];
	const char *error;
	int size;

	if (!line.size || span_is_comment(line))
		return 0;
	line = span_cut_comment(line);
	size = host_parse(line, wire, &error);
	if (size > 0 && rules->count < SHARED_MAX)
		return shared_add(rules, wire, (size_t)size);
	snprintf(out_error, error_size, "line %" PRIu64 ": %s '%.*s': expected the name of a host",
	         number, size > 0 ? "one name too many" : error, SPAN_QUOTE(line));
	return -EINVAL;
}

static int file_add(struct host_rules *rules, const char *path, char *out_error, size_t error_size)
{
	struct reader *reader = reader_open(path);
	struct reader_line line = {0};
	char error[160] = "";
	int rc;

	if (!reader) {
		rc = -errno;
		snprintf(out_error, error_size, "shared_hosts '%.120s': %s", path, strerror(-rc));
		return rc;
	}
	while ((rc = reader_next(reader, &line)) > 0) {
		rc = file_line(rules, span_trim((struct span){line.text, line.size}), line.number,
		               error, sizeof(error));
		if (rc < 0)
			break;
	}
	if (rc < 0)
		snprintf(out_error, error_size, "shared_hosts '%.120s': %s", path,
		         error[0] ? error : reader_error(reader));
	reader_close(reader);
	return rc;
}

static int compare_shared(const void *left, const void *right)
{
	const struct shared *a = left, *b = right;

	return name_compare(a->wire, a->size, b->wire, b->size);
}

struct host_rules *host_rules_new(const char *shared_path, bool is_registrable, char *out_error,
                                  size_t error_size)
{
	struct host_rules *rules = calloc(1, sizeof(*rules));
	int rc = -ENOMEM;

	if (!rules)
		goto fail;
	rules->is_registrable = is_registrable;
	rules->psl = psl_latest(NULL);
	if (!rules->psl) {
		snprintf(out_error, error_size,
		         "the Public Suffix List is missing: install the package publicsuffix");
		errno = ENOENT;
		host_rules_free(rules);
		return NULL;
	}
	rc =
	    shared_path ? file_add(rules, shared_path, out_error, error_size) : built_in_add(rules);
	if (rc == 0) {
		qsort(rules->shared, rules->count, sizeof(*rules->shared), compare_shared);
		return rules;
	}
fail:
	host_rules_free(rules);
	if (rc == -ENOMEM)
		snprintf(out_error, error_size, "%s", strerror(ENOMEM));
	errno = -rc;
	return NULL;
}

void host_rules_free(struct host_rules *rules)
{
	if (!rules)
		return;
	psl_free(rules->psl);
	free(rules->shared);
	free(rules);
}

/* Whether the name is a shared one or above one: in canonical order these follow it. */
static bool is_shared(const struct host_rules *rules, const uint8_t *wire, size_t size)
{
	size_t low = 0, high = rules->count;
	const struct shared *next;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (name_compare(rules->shared[middle].wire, rules->shared[middle].size, wire,
		                 size) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == rules->count)
		return false;
	next = &rules->shared[low];
	for (size_t at = 0; at < next->size; at += 1u + next->wire[at])
		if (next->size - at == size)
			return !memcmp(next->wire + at, wire, size);
	return false;
}

static void name_skip(uint8_t *wire, size_t *size, size_t skip)
{
	*size -= skip;
	memmove(wire, wire + skip, *size);
}

enum host_rule host_rules_apply(const struct host_rules *rules, uint8_t wire[NAME_WIRE_MAX],
                                size_t *size)
{
	char text[4 * NAME_WIRE_MAX + 2];
	const char *registrable;
	size_t labels = 1, skip = 0, total = 0;

	name_format(wire, *size, text);
	registrable = psl_registrable_domain(rules->psl, text);
	if (!registrable)
		return HOST_PUBLIC_SUFFIX;
	if (is_shared(rules, wire, *size))
		return HOST_SHARED;
	/* "www.dropbox.com" is "dropbox.com". */
	if (*size > 4 && !memcmp(wire, "\3www", 4) && is_shared(rules, wire + 4, *size - 4))
		return HOST_SHARED;
	if (!rules->is_registrable)
		return HOST_LISTED;
	for (const char *dot = registrable; (dot = strchr(dot, '.')); dot++)
		labels++;
	for (size_t at = 0; at < *size; at += 1u + wire[at])
		total++;
	for (; total > labels; total--)
		skip += 1u + wire[skip];
	name_skip(wire, size, skip);
	return is_shared(rules, wire, *size) ? HOST_SHARED : HOST_LISTED;
}

static bool are_digits(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!span_is_digit(text.text[i]))
			return false;
	return text.size != 0;
}

struct span host_of_url(struct span text)
{
	size_t end = 0, colon = 0, colon_count = 0;
	const char *found;

	for (size_t i = 0; i + 2 < text.size; i++) {
		if (text.text[i] == '/')
			break;
		if (text.text[i] == ':' && text.text[i + 1] == '/' && text.text[i + 2] == '/') {
			text = span_skip(text, i + 3);
			break;
		}
	}
	while (end < text.size && !strchr("/?#", text.text[end]))
		end++;
	text.size = end;
	found = text.size ? memrchr(text.text, '@', text.size) : NULL;
	if (found)
		text = span_skip(text, (size_t)(found - text.text) + 1);
	if (text.size && text.text[0] == '[') {
		found = memchr(text.text, ']', text.size);
		return found ? (struct span){text.text + 1, (size_t)(found - text.text) - 1} : text;
	}
	for (size_t i = 0; i < text.size; i++) {
		if (text.text[i] == ':') {
			colon_count++;
			colon = i;
		}
	}
	/* With several colons it is an IPv6 address. */
	if (colon_count == 1 && are_digits(span_skip(text, colon + 1)))
		text.size = colon;
	return text;
}

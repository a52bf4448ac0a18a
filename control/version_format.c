/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/version_format.h"

#include "control/durable.h"

#include <jansson.h>
#include <sodium.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTIONS_MAX    (1 << 20) /* bytes of a file */
#define OPTIONS_PREFIX "options-"
#define OPTIONS_NAME   (sizeof(OPTIONS_PREFIX) + 2 * VERSION_OPTIONS_SIZE)
#define OPTIONS_FLAGS  (JSON_COMPACT)
static const uint8_t no_options[VERSION_OPTIONS_SIZE];

static void options_name(const uint8_t digest[VERSION_OPTIONS_SIZE], char out_name[OPTIONS_NAME])
{
	memcpy(out_name, OPTIONS_PREFIX, sizeof(OPTIONS_PREFIX));
	sodium_bin2hex(out_name + sizeof(OPTIONS_PREFIX) - 1, 2 * VERSION_OPTIONS_SIZE + 1, digest,
	               VERSION_OPTIONS_SIZE);
}

/* As text to free(), [["name","value"],…]; "" for none. Errors: NULL */
static char *options_dump(const struct format_options *options)
{
	json_t *array = json_array();
	const char *name, *value;
	char *text = NULL;
	int failed = !array;

	for (size_t i = 0; format_options_at(options, i, &name, &value); i++)
		failed |= json_array_append_new(array, json_pack("[s, s]", name, value));
	if (!failed && json_array_size(array) == 0)
		text = strdup("");
	else if (!failed)
		text = json_dumps(array, OPTIONS_FLAGS);
	json_decref(array);
	return text;
}

static void options_digest(const char *text, uint8_t out_digest[VERSION_OPTIONS_SIZE])
{
	memset(out_digest, 0, VERSION_OPTIONS_SIZE);
	if (text[0])
		crypto_generichash(out_digest, VERSION_OPTIONS_SIZE, (const uint8_t *)text,
		                   strlen(text), NULL, 0);
}

int version_format_digest(const struct format_options *options,
                          uint8_t out_digest[VERSION_OPTIONS_SIZE])
{
	char *text = options_dump(options);

	if (!text)
		return -ENOMEM;
	options_digest(text, out_digest);
	free(text);
	return 0;
}

int version_format_keep(int folder, const struct version_format *f, struct version_info *info)
{
	char *text = options_dump(f->options), name[OPTIONS_NAME];
	uint8_t digest[VERSION_OPTIONS_SIZE];
	int rc = 0;

	if (!text)
		return -ENOMEM;
	options_digest(text, digest);
	options_name(digest, name);
	/* It may be there and damaged: written anew, it is good for all that share it. */
	if (text[0])
		rc = durable_write(folder, name, text, strlen(text));
	free(text);
	if (rc < 0)
		return rc;
	snprintf(info->format, sizeof(info->format), "%s", f->format->name);
	memcpy(info->options, digest, sizeof(digest));
	info->has_options = true;
	return 0;
}

static bool option_is_good(const struct format *format, const char *name, const char *value)
{
	const struct format_option *row = format_option_find(format->options, name);

	return row && (!row->check || !row->check(value));
}

/* Errors: -EBADMSG, -ENOMEM */
static int options_parse(const json_t *array, const struct format *format,
                         struct format_options **out_options)
{
	struct format_options *options = format_options_new();
	int rc = options ? 0 : -ENOMEM;
	const char *name, *value;
	const json_t *pair;
	size_t i;

	json_array_foreach(array, i, pair)
	{
		if (rc == 0 && (json_unpack((json_t *)pair, "[s, s]", &name, &value) < 0 ||
		                !option_is_good(format, name, value)))
			rc = -EBADMSG;
		if (rc == 0)
			rc = format_options_add(options, name, value);
	}
	if (rc == 0 && format->check && format->check(options))
		rc = -EBADMSG;
	if (rc == 0)
		*out_options = options;
	else
		format_options_unref(options);
	return rc;
}

/* Errors: -EBADMSG, other negative errno */
static int options_load(int folder, const uint8_t digest[VERSION_OPTIONS_SIZE],
                        const struct format *format, struct format_options **out_options)
{
	uint8_t is[VERSION_OPTIONS_SIZE];
	char name[OPTIONS_NAME], *text;
	json_t *array = NULL;
	size_t size;
	int rc = -EBADMSG;

	options_name(digest, name);
	text = durable_read(folder, name, OPTIONS_MAX, &size);
	if (!text)
		return errno == ENOENT ? -EBADMSG : -errno;
	options_digest(text, is);
	if (memcmp(is, digest, sizeof(is)) == 0)
		array = json_loadb(text, size, 0, NULL);
	if (array)
		rc = options_parse(array, format, out_options);
	json_decref(array);
	free(text);
	return rc;
}

int version_format_find(int folder, const struct version_info *info,
                        const struct version_format *configured, struct version_format *out)
{
	const struct format *format = format_find(info->format);

	if (!format) {
		*out = *configured;
		format_options_ref(out->options);
		return 0;
	}
	*out = (struct version_format){.format = format};
	if (!info->has_options && format == configured->format)
		out->options = format_options_ref(configured->options);
	if (!info->has_options || memcmp(info->options, no_options, sizeof(no_options)) == 0)
		return 0;
	return options_load(folder, info->options, format, &out->options);
}

int version_format_find_at(const char *directory, const struct version_info *info,
                           const struct version_format *configured, struct version_format *out)
{
	int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (folder < 0)
		return -errno;
	rc = version_format_find(folder, info, configured, out);
	close(folder);
	return rc;
}

void version_format_done(struct version_format *f)
{
	format_options_unref(f->options);
	f->options = NULL;
}

static bool options_are_used(const char *name, const struct version_info *const *used, size_t count)
{
	char of[OPTIONS_NAME];

	for (size_t i = 0; i < count; i++) {
		options_name(used[i]->options, of);
		if (strcmp(name, of) == 0)
			return true;
	}
	return false;
}

void version_format_prune(int folder, const struct version_info *const *used, size_t count)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir && fd >= 0)
		close(fd);
	if (!dir)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, OPTIONS_PREFIX, sizeof(OPTIONS_PREFIX) - 1) == 0 &&
		    !options_are_used(entry->d_name, used, count))
			unlinkat(folder, entry->d_name, 0);
	}
	closedir(dir);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/version_info.h"

#include <jansson.h>
#include <sodium.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION_INFO_FLAGS (JSON_COMPACT | JSON_SORT_KEYS)

/* Where each number is; unsigned ones pass through the signed 64 bits of JSON unharmed. */
#define FACT(field)                                                                                \
	{                                                                                          \
#field, offsetof(struct version_info, facts.field),                                \
		    sizeof(((struct version_info *)0)->facts.field)                                \
	}
static const struct version_number {
	const char *name;
	size_t offset, size;
} version_numbers[] = {
    {"number", offsetof(struct version_info, number), 8},
    {"taken_s", offsetof(struct version_info, taken_s), 8},
    {"mtime_s", offsetof(struct version_info, mtime_s), 8},
    {"size", offsetof(struct version_info, size), 8},
    FACT(entry_count),
    FACT(line_count),
    FACT(bad_line_count),
    FACT(masked_count),
    FACT(bogon_count),
    FACT(declared_count),
    FACT(timestamp_s),
    FACT(expires_s),
    FACT(widest4),
    FACT(widest6),
    FACT(widest4_line),
    FACT(widest6_line),
    /* versions of before these were kept have none of them */
    FACT(ip4_ranges),
    FACT(ip6_ranges),
    FACT(names),
};
#define VERSION_NUMBERS_NEEDED (VERSION_NUMBERS - 3)
#define VERSION_NUMBERS        (sizeof(version_numbers) / sizeof(version_numbers[0]))

static json_t *version_bytes(const uint8_t *bytes, size_t size)
{
	char hex[2 * VERSION_CHECKSUM_SIZE + 1];

	sodium_bin2hex(hex, sizeof(hex), bytes, size);
	return json_string(hex);
}

static int version_set_bytes(const json_t *value, uint8_t *out_bytes, size_t size)
{
	const char *hex = json_string_value(value);
	size_t got;

	if (!hex || sodium_hex2bin(out_bytes, size, hex, strlen(hex), NULL, &got, NULL) != 0 ||
	    got != size)
		return -EBADMSG;
	return 0;
}

/* Set "sum" to a hash of all else; returns 0. Errors: -ENOMEM */
static int version_seal(json_t *object, uint8_t out_sum[VERSION_CHECKSUM_SIZE])
{
	char *text = json_dumps(object, VERSION_INFO_FLAGS);

	if (!text)
		return -ENOMEM;
	crypto_generichash(out_sum, VERSION_CHECKSUM_SIZE, (const uint8_t *)text, strlen(text),
	                   NULL, 0);
	free(text);
	return 0;
}

char *version_info_dump(const struct version_info *info)
{
	json_t *object = json_object();
	uint8_t sum[VERSION_CHECKSUM_SIZE];
	char *text = NULL;
	int failed = 0;

	for (size_t i = 0; i < VERSION_NUMBERS; i++) {
		const struct version_number *n = &version_numbers[i];
		const uint8_t *at = (const uint8_t *)info + n->offset;
		int64_t number = 0;

		if (n->size == 1)
			number = *at;
		else
			memcpy(&number, at, sizeof(number));
		failed |= json_object_set_new(object, n->name, json_integer(number));
	}
	failed |= json_object_set_new(object, "format", json_string(info->format));
	if (info->has_options)
		failed |= json_object_set_new(object, "options",
		                              version_bytes(info->options, sizeof(info->options)));
	failed |= json_object_set_new(object, "reason", json_string(info->reason));
	failed |= json_object_set_new(object, "guard", json_string(info->guard));
	failed |= json_object_set_new(object, "cause", json_integer(info->cause));
	failed |= json_object_set_new(object, "checksum",
	                              version_bytes(info->checksum, sizeof(info->checksum)));
	failed |= json_object_set_new(object, "hash",
	                              version_bytes(info->facts.hash, sizeof(info->facts.hash)));
	if (failed || version_seal(object, sum) < 0 ||
	    json_object_set_new(object, "sum", version_bytes(sum, sizeof(sum))) < 0)
		goto out;
	text = json_dumps(object, VERSION_INFO_FLAGS);
out:
	json_decref(object);
	if (!text)
		errno = ENOMEM;
	return text;
}

static int version_set_text(const json_t *value, char *out_text, size_t size)
{
	const char *text = json_string_value(value);

	if (!text || strlen(text) >= size)
		return -EBADMSG;
	memcpy(out_text, text, strlen(text) + 1);
	return 0;
}

static int version_read(const json_t *object, struct version_info *out_info)
{
	json_int_t cause;

	for (size_t i = 0; i < VERSION_NUMBERS; i++) {
		const struct version_number *n = &version_numbers[i];
		const json_t *value = json_object_get(object, n->name);
		uint8_t *at = (uint8_t *)out_info + n->offset;
		int64_t number = json_integer_value(value);

		if (!value && i >= VERSION_NUMBERS_NEEDED)
			continue;
		if (!json_is_integer(value))
			return -EBADMSG;
		if (n->size == 1)
			*at = (uint8_t)number;
		else
			memcpy(at, &number, sizeof(number));
	}
	cause = json_integer_value(json_object_get(object, "cause"));
	if (cause < VERSION_GOOD || cause > VERSION_ROLLED_BACK)
		return -EBADMSG;
	out_info->cause = (enum version_cause)cause;
	if (version_set_text(json_object_get(object, "format"), out_info->format,
	                     sizeof(out_info->format)) < 0 ||
	    version_set_text(json_object_get(object, "reason"), out_info->reason,
	                     sizeof(out_info->reason)) < 0 ||
	    version_set_bytes(json_object_get(object, "checksum"), out_info->checksum,
	                      sizeof(out_info->checksum)) < 0)
		return -EBADMSG;
	out_info->has_options = json_object_get(object, "options") != NULL;
	if (out_info->has_options &&
	    version_set_bytes(json_object_get(object, "options"), out_info->options,
	                      sizeof(out_info->options)) < 0)
		return -EBADMSG;
	if (json_object_get(object, "guard") &&
	    version_set_text(json_object_get(object, "guard"), out_info->guard,
	                     sizeof(out_info->guard)) < 0)
		return -EBADMSG;
	return version_set_bytes(json_object_get(object, "hash"), out_info->facts.hash,
	                         sizeof(out_info->facts.hash));
}

int version_info_parse(const char *text, size_t size, struct version_info *out_info)
{
	json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	uint8_t told[VERSION_CHECKSUM_SIZE], sum[VERSION_CHECKSUM_SIZE];
	struct version_info info = {0};
	int rc = -EBADMSG;

	if (!json_is_object(object))
		goto out;
	if (version_set_bytes(json_object_get(object, "sum"), told, sizeof(told)) < 0)
		goto out;
	json_object_del(object, "sum");
	if (version_seal(object, sum) < 0 || memcmp(told, sum, sizeof(sum)) != 0)
		goto out;
	rc = version_read(object, &info);
	if (rc == 0)
		*out_info = info;
out:
	json_decref(object);
	return rc;
}

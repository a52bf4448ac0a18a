/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/manual_record.h"

#include <sodium.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MANUAL_RECORD_SUM 8

static void manual_record_sum(const MDB_val *key, const char *text, size_t size,
                              uint8_t out_sum[MANUAL_RECORD_SUM])
{
	uint8_t sum[crypto_generichash_BYTES_MIN];
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, sizeof(sum));
	crypto_generichash_update(&state, key->mv_data, key->mv_size);
	crypto_generichash_update(&state, (const uint8_t *)text, size);
	crypto_generichash_final(&state, sum, sizeof(sum));
	memcpy(out_sum, sum, MANUAL_RECORD_SUM);
}

static int manual_record_text(json_t *object, const char *name, const char *text)
{
	json_t *value;

	if (!text)
		return 0;
	value = json_string(text);
	if (!value) /* not UTF-8, or no memory: the request was UTF-8 */
		return -EINVAL;
	return json_object_set_new(object, name, value) < 0 ? -ENOMEM : 0;
}

int manual_record_encode(const MDB_val *key, const struct manual_record *record, MDB_val *out_value)
{
	json_t *object =
	    json_pack("{s:I, s:I, s:I}", "code", (json_int_t)record->code, "added_s",
	              (json_int_t)record->added_s, "expires_s", (json_int_t)record->expires_s);
	uint8_t *bytes;
	size_t size;
	int rc;

	if (!object)
		return -ENOMEM;
	rc = manual_record_text(object, "text", record->text);
	if (rc == 0)
		rc = manual_record_text(object, "reason", record->reason);
	if (rc == 0)
		rc = manual_record_text(object, "author", record->author);
	if (rc < 0)
		goto out;
	rc = -ENOMEM;
	size = json_dumpb(object, NULL, 0, JSON_COMPACT);
	bytes = malloc(MANUAL_RECORD_SUM + size);
	if (!bytes)
		goto out;
	json_dumpb(object, (char *)bytes + MANUAL_RECORD_SUM, size, JSON_COMPACT);
	manual_record_sum(key, (char *)bytes + MANUAL_RECORD_SUM, size, bytes);
	out_value->mv_data = bytes;
	out_value->mv_size = MANUAL_RECORD_SUM + size;
	rc = 0;
out:
	json_decref(object);
	return rc;
}

static int manual_record_key(const MDB_val *key, char out_key[MANUAL_KEY_MAX])
{
	const char *end = memchr(key->mv_data, '\0', key->mv_size);
	size_t skip = end ? (size_t)(end - (const char *)key->mv_data) + 1 : key->mv_size;

	if (!end || key->mv_size - skip >= MANUAL_KEY_MAX)
		return -EBADMSG;
	memcpy(out_key, end + 1, key->mv_size - skip);
	out_key[key->mv_size - skip] = '\0';
	return 0;
}

int manual_record_decode(const MDB_val *key, const MDB_val *value,
                         struct manual_record_buffer *buffer, struct manual_record *out_record)
{
	const char *text = (const char *)value->mv_data + MANUAL_RECORD_SUM;
	size_t size = value->mv_size - MANUAL_RECORD_SUM;
	uint8_t sum[MANUAL_RECORD_SUM];

	if (value->mv_size <= MANUAL_RECORD_SUM || manual_record_key(key, buffer->key) < 0)
		return -EBADMSG;
	manual_record_sum(key, text, size, sum);
	if (memcmp(sum, value->mv_data, sizeof(sum)) != 0)
		return -EBADMSG;
	buffer->json = json_loadb(text, size, 0, NULL);
	if (!buffer->json)
		return -EBADMSG;
	out_record->key = buffer->key;
	out_record->code = (uint32_t)json_integer_value(json_object_get(buffer->json, "code"));
	out_record->added_s = json_integer_value(json_object_get(buffer->json, "added_s"));
	out_record->expires_s = json_integer_value(json_object_get(buffer->json, "expires_s"));
	out_record->text = json_string_value(json_object_get(buffer->json, "text"));
	out_record->reason = json_string_value(json_object_get(buffer->json, "reason"));
	out_record->author = json_string_value(json_object_get(buffer->json, "author"));
	return 0;
}

void manual_record_done(struct manual_record_buffer *buffer)
{
	json_decref(buffer->json);
	buffer->json = NULL;
}

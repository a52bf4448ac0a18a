/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A record of a manual list as bytes: 8 bytes of a hash of key and JSON, then the JSON.
 */
#include "control/manual.h"

#include <jansson.h>
#include <lmdb.h>

/* What a decoded record points into. */
struct manual_record_buffer {
	json_t *json;
	char key[MANUAL_KEY_MAX];
};

/* out_value->mv_data is to be freed. Errors: -ENOMEM, -EINVAL not UTF-8 */
int manual_record_encode(const MDB_val *key, const struct manual_record *record,
                         MDB_val *out_value);

/* key: "LIST\0KEY". Errors: -EBADMSG; on success manual_record_done() frees */
int manual_record_decode(const MDB_val *key, const MDB_val *value,
                         struct manual_record_buffer *buffer, struct manual_record *out_record);

void manual_record_done(struct manual_record_buffer *buffer);

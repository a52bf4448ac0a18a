/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A record of the state on disk: a key's form, a zero byte count of it first, then the ledger's
 * bytes. Whatever is there is refused, or is a state that is saved, looked at and grows old.
 */
#include "control/reputation/key_form.h"

#include <stdlib.h>
#include <string.h>

#define NOW_MS INT64_C(1767225600000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[LEDGER_RECORD_MAX];
	uint8_t form[KEY_FORM_BYTES_MAX];
	char text[KEY_FORM_TEXT_MAX];
	struct ledger_view view;
	struct ledger_key key;
	struct ledger *ledger;
	struct dials dials;

	if (size < 1 || size - 1 < data[0])
		return 0;
	if (key_form_read(data + 1, data[0], &key) < 0)
		return 0;
	if (key_form_bytes(&key, form) != data[0] || memcmp(form, data + 1, data[0]) != 0)
		abort();
	dials_default(&dials);
	ledger = ledger_new(&dials, NULL);
	if (!ledger)
		abort();
	ledger_advance(ledger, NOW_MS);
	key_form_text(&key, text);
	if (ledger_restore(ledger, &key, data + 1 + data[0], size - 1 - data[0]) == 0) {
		if (ledger_save(ledger, &key, bytes) == 0)
			abort();
		ledger_look(ledger, &key, NOW_MS, &view);
		ledger_delist(ledger, &key, NOW_MS + 1);
		ledger_advance(ledger, NOW_MS + 90 * INT64_C(86400000));
	}
	ledger_free(ledger);
	return 0;
}

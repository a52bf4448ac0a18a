/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text in place of what gpgv says: nothing counts as signed without both words, all else has a
 * reason that is fit for a log. */
#include "control/signature.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A bug of ours: the fuzzer and the replay both see the crash. */
static void expect(bool is_so)
{
	if (!is_so)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct signature s = {.keyring = "/k.gpg", .signature = "/f.asc"};
	char status[SIGNATURE_STATUS_MAX], reason[300] = "";
	bool has_words;

	if (size >= sizeof(status))
		return 0;
	memcpy(status, data, size);
	status[size] = '\0';
	has_words = strstr(status, "[GNUPG:] GOODSIG") && strstr(status, "[GNUPG:] VALIDSIG");
	if (signature_judge(&s, status, reason, sizeof(reason)) == 0) {
		expect(has_words);
		return 0;
	}
	expect(reason[0] != '\0');
	for (const char *at = reason; *at; at++)
		expect(*at >= ' ' && *at <= '~');
	return 0;
}

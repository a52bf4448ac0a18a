/* SPDX-License-Identifier: BSD-3-Clause */
/* A line of the control socket: parsed and checked, its key as a manual list takes it. */
#include "control/manual_key.h"
#include "control/request.h"

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

static void check_key(const char *text)
{
	struct manual_key key, again;
	char error[160] = "";

	if (manual_key_parse(text, &key, error, sizeof(error)) < 0) {
		expect(error[0] != '\0');
		return;
	}
	/* Canonical text means the same key, and is canonical itself. */
	expect(manual_key_parse(key.text, &again, error, sizeof(error)) == 0);
	expect(strcmp(key.text, again.text) == 0);
	expect(key.level == again.level && key.is_name == again.is_name);
	expect(manual_key_covers(&key, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request request;
	char error[160] = "";

	if (request_parse((const char *)data, size, &request, error, sizeof(error)) < 0) {
		expect(error[0] != '\0');
		return 0;
	}
	expect(request.code == 0 || request.code >> 24 == 127);
	expect(request.ttl_s <= REQUEST_TTL_MAX);
	if (request.key)
		check_key(request.key);
	request_done(&request);
	return 0;
}

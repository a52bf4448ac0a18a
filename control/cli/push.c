/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reputectl feeds push: a file, or standard input, piece by piece over the control socket.
 */
#include "control/cli/ask.h"
#include "control/cli/commands.h"
#include "control/cli/feeds.h"
#include "control/cli/show.h"

#include <sodium.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_SIZE 45000 /* bytes; a line of the socket is at most 64 KiB */

/* Send a piece; its answer is *out_answer. Errors: negative errno, told */
static int push_piece(const struct arguments *a, const struct config *config,
                      const unsigned char *bytes, size_t size, bool is_last, json_int_t *upload,
                      json_t **out_answer)
{
	char text[sodium_base64_ENCODED_LEN(PIECE_SIZE, sodium_base64_VARIANT_ORIGINAL)];
	json_t *answer;
	int rc;

	sodium_bin2base64(text, sizeof(text), bytes, size, sodium_base64_VARIANT_ORIGINAL);
	rc =
	    ask_control(a, config,
	                json_pack("{s:s, s:s, s:s, s:I, s:b}", "command", "feeds-push", "feed",
	                          a->operands[0], "data", text, "upload", *upload, "last", is_last),
	                &answer);
	if (rc < 0)
		return rc;
	if (is_last) {
		*out_answer = answer;
		return 0;
	}
	*upload = json_integer_value(json_object_get(answer, "upload"));
	json_decref(answer);
	return 0;
}

/* One piece is kept back, so that the last one is known. */
static int push_all(const struct arguments *a, const struct config *config, FILE *file,
                    json_t **out_answer)
{
	unsigned char *blocks = malloc((size_t)2 * PIECE_SIZE);
	size_t sizes[2], now = 0;
	json_int_t upload = 0;
	int rc = 0;
	bool is_last = false;

	if (!blocks) {
		ask_fail(a, "out of memory");
		return -ENOMEM;
	}
	sizes[0] = fread(blocks, 1, PIECE_SIZE, file);
	while (rc == 0 && !is_last) {
		size_t next = 1 - now;

		sizes[next] = fread(blocks + next * PIECE_SIZE, 1, PIECE_SIZE, file);
		if (ferror(file)) {
			ask_fail(a, "cannot read: %s", strerror(errno));
			rc = -EIO;
			break;
		}
		is_last = sizes[next] == 0;
		rc = push_piece(a, config, blocks + now * PIECE_SIZE, sizes[now], is_last, &upload,
		                out_answer);
		now = next;
	}
	free(blocks);
	return rc;
}

int feeds_push_run(const struct arguments *a)
{
	bool is_stdin = a->operand_count < 2 || strcmp(a->operands[1], "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(a->operands[1], "rbe");
	struct config *config;
	json_t *answer = NULL;
	int rc = -1;

	if (!file) {
		ask_fail(a, "'%s': %s", a->operands[1], strerror(errno));
		return EXIT_NO;
	}
	config = ask_config(a);
	if (config)
		rc = push_all(a, config, file, &answer);
	config_free(config);
	if (!is_stdin)
		fclose(file);
	return rc < 0 ? EXIT_NO : feeds_show(a, answer);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any file: what is shown of it is printable and short, and a page is not a note as well.
 */
#include "feeds/notice.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader *reader = reader_open_memory(data, size);
	struct notice notice;

	if (!reader)
		return 0;
	notice_find(reader, &notice);
	reader_close(reader);
	require(!notice.is_page || !notice.is_note);
	require((!notice.is_page && !notice.is_note) || notice.text[0]);
	require(strlen(notice.text) <= NOTICE_TEXT_MAX);
	for (const char *at = notice.text; *at; at++)
		require(*at >= ' ' && *at <= '~');
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What a zone of one dataset alone would answer, written out for tests to compare.
 */
#include "feeds/dataset.h"

/*
 * Write what is listed for an address or a name: "CODE TEXT" for each value, tabs between them, ""
 * when it is not listed. CODE '-': the list's code. TEXT '-': the list's text, 'none': no text,
 * else in quotes with '$' replaced by the address, or by the name that matched.
 */
void answers_format(const struct dataset *d, const char *key, char *out_text, size_t text_size);

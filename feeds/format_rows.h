/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the rows of the format list point to: struct format's parse, one per format.
 */
#include "feeds/format.h"

int format_plain(struct reader *reader, struct dataset_builder *builder, char *out_error,
                 size_t error_size);

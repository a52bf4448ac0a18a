/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Feeds as tables, shared by "status" and the "feeds" commands.
 */
#include <jansson.h>

/* Print the feeds of an answer of reputed, with why one is held and lines that were bad. */
void feeds_print(const json_t *feeds);

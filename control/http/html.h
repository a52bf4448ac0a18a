/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* A small page, written piece by piece; what comes from elsewhere is escaped. */
#include <stddef.h>
#include <stdio.h>

struct html {
	FILE *out;
	char *text;
	size_t size;
};

/* Begin a page. Errors: -ENOMEM */
int html_begin(struct html *h, const char *title);

/* Text of ours; "%s" of a format are texts of others and are escaped. */
void html_add(struct html *h, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* End it. Returns the page, to be freed; NULL, out of memory. */
char *html_end(struct html *h);

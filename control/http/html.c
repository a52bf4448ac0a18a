/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/http/html.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int html_begin(struct html *h, const char *title)
{
	memset(h, 0, sizeof(*h));
	h->out = open_memstream(&h->text, &h->size);
	if (!h->out)
		return -ENOMEM;
	html_add(h,
	         "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	         "<meta name=\"viewport\" content=\"width=device-width\"><title>%s</title>"
	         "<style>body{font:1em/1.5 sans-serif;max-width:48em;margin:2em auto;padding:0 1em}"
	         "table{border-collapse:collapse}td,th{padding:.2em .8em;text-align:left;"
	         "border-bottom:1px solid}</style></head><body><h1>%s</h1>\n",
	         title, title);
	return 0;
}

/* Also what could end an attribute in quotes. */
static void html_escape(struct html *h, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", h->out);
			break;
		case '<':
			fputs("&lt;", h->out);
			break;
		case '>':
			fputs("&gt;", h->out);
			break;
		case '"':
			fputs("&quot;", h->out);
			break;
		case '\'':
			fputs("&#39;", h->out);
			break;
		default:
			fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, h->out);
		}
	}
}

void html_add(struct html *h, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	while (*format) {
		size_t size = strcspn(format, "%");

		fwrite(format, 1, size, h->out);
		format += size;
		if (format[0] == '%' && format[1] == 's') {
			html_escape(h, va_arg(arguments, const char *));
			format += 2;
		} else if (format[0] == '%') {
			fputc('%', h->out); /* "%%" */
			format += format[1] == '%' ? 2 : 1;
		}
	}
	va_end(arguments);
}

char *html_end(struct html *h)
{
	int rc;

	html_add(h, "</body></html>\n");
	rc = ferror(h->out) | fclose(h->out);
	if (rc == 0)
		return h->text;
	free(h->text);
	return NULL;
}

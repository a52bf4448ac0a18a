/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/fetch/fetch.h"

#include <curl/curl.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HTTP_REDIRECTS_MAX 5
#define HTTP_CONNECT_S     30L
#define HTTP_STALL_S       60L /* without HTTP_STALL_SPEED bytes a second */
#define HTTP_STALL_SPEED   100L
#define HTTP_HEADER_MAX    4096

struct http {
	const struct fetch_request *request;
	struct target *target;
	struct fetch_result *result;
	CURL *curl;
	struct curl_slist *headers;
	struct target_facts facts; /* of the answer */
	bool is_conditional;       /* validators were sent */
	char error[CURL_ERROR_SIZE];
	int write_error; /* negative errno, or 0 */
	char secret[HTTP_HEADER_MAX];
};

static size_t http_on_body(char *bytes, size_t unit, size_t count, void *context)
{
	struct http *h = context;
	long status = 0;

	(void)unit; /* 1 */
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		return count; /* the text of an error or a redirect */
	h->write_error = target_write(h->target, bytes, count);
	return h->write_error < 0 ? 0 : count;
}

/* The value of a header field, without white space around it; NULL when it is another field. */
static const char *http_field(const char *line, size_t size, const char *name, size_t *out_size)
{
	size_t name_size = strlen(name);

	if (size <= name_size || strncasecmp(line, name, name_size) != 0 || line[name_size] != ':')
		return NULL;
	line += name_size + 1;
	size -= name_size + 1;
	while (size > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		size--;
	}
	while (size > 0 && strchr(" \t\r\n", line[size - 1]))
		size--;
	*out_size = size;
	return line;
}

static void http_keep(const char *line, size_t size, const char *name, char out[TARGET_TEXT_MAX])
{
	size_t value_size;
	const char *value = http_field(line, size, name, &value_size);

	if (value && value_size < TARGET_TEXT_MAX && !memchr(value, '\0', value_size))
		snprintf(out, TARGET_TEXT_MAX, "%.*s", (int)value_size, value);
}

static size_t http_on_header(char *line, size_t unit, size_t count, void *context)
{
	struct http *h = context;

	(void)unit; /* 1 */
	if (count >= 5 && strncmp(line, "HTTP/", 5) == 0)
		memset(&h->facts, 0, sizeof(h->facts)); /* of a redirect or an interim answer */
	http_keep(line, count, "etag", h->facts.etag);
	http_keep(line, count, "last-modified", h->facts.modified);
	return count;
}

/* Errors: -ENOMEM; the list stays as it was */
static int http_add_header(struct http *h, const char *name, const char *value)
{
	char line[TARGET_TEXT_MAX + 64];
	struct curl_slist *longer;

	snprintf(line, sizeof(line), "%s: %s", name, value);
	longer = curl_slist_append(h->headers, line);
	if (!longer)
		return -ENOMEM;
	h->headers = longer;
	return 0;
}

/* Errors: negative errno, told */
static int http_prepare_headers(struct http *h)
{
	struct target_facts known;
	struct curl_slist *longer;
	int rc = 0;

	target_facts(h->target, h->request->source, &known);
	h->is_conditional = known.etag[0] || known.modified[0];
	if (known.etag[0])
		rc = http_add_header(h, "If-None-Match", known.etag);
	if (rc == 0 && known.modified[0])
		rc = http_add_header(h, "If-Modified-Since", known.modified);
	if (rc == 0 && h->request->secret_file) {
		rc = fetch_secret(h->request->secret_file, h->secret, sizeof(h->secret), h->result);
		if (rc < 0)
			return rc;
		if (!strchr(h->secret, ':')) {
			fetch_fail(h->result, "'%s': expected 'Name: value'",
			           h->request->secret_file);
			return -EINVAL;
		}
		longer = curl_slist_append(h->headers, h->secret);
		rc = longer ? 0 : -ENOMEM;
		h->headers = longer ? longer : h->headers;
	}
	if (rc < 0)
		fetch_fail(h->result, "%s", strerror(-rc));
	return rc;
}

static int http_prepare(struct http *h)
{
	CURL *c = h->curl;

	curl_easy_setopt(c, CURLOPT_URL, h->request->source);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->error);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "reputed/" REPUTED_VERSION);
	curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	/* Environment variables of whoever started us do not choose the way. */
	curl_easy_setopt(c, CURLOPT_PROXY, h->request->proxy ? h->request->proxy : "");
	if (h->request->ca_file)
		curl_easy_setopt(c, CURLOPT_CAINFO, h->request->ca_file);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, HTTP_CONNECT_S);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)h->request->timeout_s);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, HTTP_STALL_S);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, HTTP_STALL_SPEED);
	curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)h->request->size_max);
	curl_easy_setopt(c, CURLOPT_FILETIME, 1L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, http_on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, http_on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, h);
	if (http_prepare_headers(h) < 0)
		return -EINVAL;
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, h->headers);
	return 0;
}

static bool http_same_part(CURLU *a, CURLU *b, CURLUPart part)
{
	char *of_a = NULL, *of_b = NULL;
	bool is_same = curl_url_get(a, part, &of_a, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	               curl_url_get(b, part, &of_b, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	               strcasecmp(of_a, of_b) == 0;

	curl_free(of_a);
	curl_free(of_b);
	return is_same;
}

/* NULL, or why a redirect is not followed. */
static const char *http_judge_redirect(const struct http *h, const char *from, const char *to)
{
	CURLU *a = curl_url(), *b = curl_url();
	const char *why = NULL;

	if (!a || !b || curl_url_set(a, CURLUPART_URL, from, 0) != CURLUE_OK ||
	    curl_url_set(b, CURLUPART_URL, to, 0) != CURLUE_OK)
		why = "it is not a URL";
	else if (strncasecmp(to, "https://", 8) != 0 && strncasecmp(to, "http://", 7) != 0)
		why = "only http and https are followed";
	else if (strncasecmp(from, "https://", 8) == 0 && strncasecmp(to, "https://", 8) != 0)
		why = "it leaves https";
	else if (h->request->secret_file &&
	         !(http_same_part(a, b, CURLUPART_SCHEME) && http_same_part(a, b, CURLUPART_HOST) &&
	           http_same_part(a, b, CURLUPART_PORT)))
		why = "the secret header is for another server";
	curl_url_cleanup(a);
	curl_url_cleanup(b);
	return why;
}

static void http_tell_error(struct http *h, CURLcode code)
{
	if (h->write_error == -EFBIG || code == CURLE_FILESIZE_EXCEEDED)
		fetch_fail(h->result, "more than %" PRIu64 " bytes", h->request->size_max);
	else if (h->write_error < 0)
		fetch_fail(h->result, "cannot write: %s", strerror(-h->write_error));
	else
		fetch_fail(h->result, "%s", h->error[0] ? h->error : curl_easy_strerror(code));
}

/* Ask once. Returns the HTTP status, or 0: told. */
static long http_ask(struct http *h)
{
	long status = 0;
	CURLcode code;
	int rc = target_begin(h->target);

	if (rc < 0) {
		fetch_fail(h->result, "cannot write: %s", strerror(-rc));
		return 0;
	}
	h->error[0] = '\0';
	h->write_error = 0;
	code = curl_easy_perform(h->curl);
	if (code != CURLE_OK) {
		http_tell_error(h, code);
		return 0;
	}
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/* Follow redirects. Returns the last HTTP status, or 0: told. */
static long http_ask_all(struct http *h)
{
	for (int i = 0; i <= HTTP_REDIRECTS_MAX; i++) {
		char *from = NULL, *to = NULL;
		long status = http_ask(h);
		const char *why;

		if (status < 300 || status > 399 || status == 304)
			return status;
		curl_easy_getinfo(h->curl, CURLINFO_EFFECTIVE_URL, &from);
		curl_easy_getinfo(h->curl, CURLINFO_REDIRECT_URL, &to);
		why = to ? http_judge_redirect(h, from, to) : "it says not where to";
		if (why) {
			fetch_fail(h->result,
			           "HTTP status %ld, a redirect that is not followed: %s", status,
			           why);
			return 0;
		}
		curl_easy_setopt(h->curl, CURLOPT_URL, to);
	}
	fetch_fail(h->result, "more than %d redirects", HTTP_REDIRECTS_MAX);
	return 0;
}

static void http_take(struct http *h)
{
	curl_off_t modified_s = -1;
	int rc;

	curl_easy_getinfo(h->curl, CURLINFO_FILETIME_T, &modified_s);
	rc = target_commit(h->target, h->request->source, &h->facts,
	                   modified_s > 0 ? (int64_t)modified_s : 0);
	if (rc < 0) {
		fetch_fail(h->result, "cannot write: %s", strerror(-rc));
		return;
	}
	h->result->outcome = FETCH_DONE;
	h->result->size = h->target->size;
}

void http_fetch(const struct fetch_request *request, struct target *target,
                struct fetch_result *out_result)
{
	struct http h = {.request = request, .target = target, .result = out_result};
	curl_off_t retry_after_s = 0;
	long status;

	h.curl = curl_global_init(CURL_GLOBAL_DEFAULT) == 0 ? curl_easy_init() : NULL;
	if (!h.curl) {
		fetch_fail(out_result, "out of memory");
		return;
	}
	if (http_prepare(&h) < 0)
		goto out;
	status = http_ask_all(&h);
	if (status == 200) {
		http_take(&h);
	} else if (status == 304 && h.is_conditional) {
		out_result->outcome = FETCH_UNCHANGED;
	} else if (status != 0) {
		fetch_fail(out_result, "HTTP status %ld", status);
		curl_easy_getinfo(h.curl, CURLINFO_RETRY_AFTER, &retry_after_s);
		out_result->retry_after_s = retry_after_s > 0 ? (uint64_t)retry_after_s : 0;
	}
out:
	curl_slist_free_all(h.headers);
	curl_easy_cleanup(h.curl);
}

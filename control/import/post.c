/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/import/post.h"

#include <curl/curl.h>
#include <jansson.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POST_TIMEOUT_S  30L
#define POST_ANSWER_MAX 65536

struct post {
	CURL *curl;
	struct curl_slist *headers;
	char curl_error[CURL_ERROR_SIZE];
	size_t size;
	char answer[POST_ANSWER_MAX];
};

static size_t post_on_answer(char *bytes, size_t unit, size_t count, void *context)
{
	struct post *p = context;
	size_t room = sizeof(p->answer) - p->size, taken = count < room ? count : room;

	(void)unit; /* 1 */
	memcpy(p->answer + p->size, bytes, taken);
	p->size += taken;
	return count;
}

/* Errors: -ENOMEM */
static int post_add_header(struct post *p, const char *line)
{
	struct curl_slist *longer = curl_slist_append(p->headers, line);

	if (!longer)
		return -ENOMEM;
	p->headers = longer;
	return 0;
}

/* Errors: -ENOMEM, -EINVAL */
static int post_set(struct post *p, const struct post_target *target)
{
	char url[2048], token[POST_TOKEN_MAX + 64];
	CURLcode rc = CURLE_OK;

	if ((size_t)snprintf(url, sizeof(url), "%s/v1/events", target->url) >= sizeof(url))
		return -EINVAL;
	snprintf(token, sizeof(token), "Authorization: Bearer %s", target->token);
	if (post_add_header(p, token) < 0 ||
	    post_add_header(p, "Content-Type: application/json") < 0)
		return -ENOMEM;
	rc |= curl_easy_setopt(p->curl, CURLOPT_URL, url);
	rc |= curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER, p->headers);
	rc |= curl_easy_setopt(p->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	rc |= curl_easy_setopt(p->curl, CURLOPT_FOLLOWLOCATION, 0L);
	rc |= curl_easy_setopt(p->curl, CURLOPT_PROXY, "");
	rc |= curl_easy_setopt(p->curl, CURLOPT_NOSIGNAL, 1L);
	rc |= curl_easy_setopt(p->curl, CURLOPT_TIMEOUT, POST_TIMEOUT_S);
	rc |= curl_easy_setopt(p->curl, CURLOPT_ERRORBUFFER, p->curl_error);
	rc |= curl_easy_setopt(p->curl, CURLOPT_WRITEFUNCTION, post_on_answer);
	rc |= curl_easy_setopt(p->curl, CURLOPT_WRITEDATA, p);
	if (target->ca_file)
		rc |= curl_easy_setopt(p->curl, CURLOPT_CAINFO, target->ca_file);
	return rc == CURLE_OK ? 0 : -EINVAL;
}

struct post *post_new(const struct post_target *target)
{
	struct post *p = calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return NULL;
	p->curl = curl_easy_init();
	rc = p->curl ? post_set(p, target) : -ENOMEM;
	if (rc == 0)
		return p;
	post_free(p);
	errno = -rc;
	return NULL;
}

void post_free(struct post *p)
{
	if (!p)
		return;
	if (p->curl)
		curl_easy_cleanup(p->curl);
	curl_slist_free_all(p->headers);
	free(p);
}

/* What the server says, without control characters; returns how many events it names. */
static size_t post_told(const struct post *p, long status, char out_error[POST_ERROR_MAX])
{
	json_t *answer = json_loadb(p->answer, p->size, 0, NULL);
	const char *text = json_string_value(json_object_get(answer, "error"));
	size_t refused = json_array_size(json_object_get(answer, "refused"));

	snprintf(out_error, POST_ERROR_MAX, "status %ld%s%s", status, text ? ": " : "",
	         text ? text : "");
	for (char *at = out_error; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	}
	json_decref(answer);
	return refused;
}

int post_send(struct post *p, const char *body, size_t size, size_t *out_refused,
              char out_error[POST_ERROR_MAX])
{
	long status = 0;
	CURLcode rc;

	p->size = 0;
	p->curl_error[0] = '\0';
	curl_easy_setopt(p->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
	curl_easy_setopt(p->curl, CURLOPT_POSTFIELDS, body);
	rc = curl_easy_perform(p->curl);
	if (rc != CURLE_OK) {
		snprintf(out_error, POST_ERROR_MAX, "%s",
		         p->curl_error[0] ? p->curl_error : curl_easy_strerror(rc));
		return -EAGAIN;
	}
	curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &status);
	*out_refused = 0;
	if (status == 200)
		return 0;
	*out_refused = post_told(p, status, out_error);
	/* The others were counted. */
	if (status == 422 && *out_refused)
		return 0;
	if (status == 401 || status == 403)
		return -EACCES;
	return status == 400 || status == 413 || status == 422 ? -EINVAL : -EAGAIN;
}

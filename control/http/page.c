/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The page on which anybody may see why an address is listed, and take it off, without questions
 * but within limits. Two steps: the first POST is answered with a confirmation that is signed for
 * this address and this client, the second brings it back; a page elsewhere can send the first, but
 * not read its answer. Needs no DNS (RFC 6471 section 2.1).
 */
#include "control/config_reputation.h"
#include "control/http/api.h"
#include "control/http/delistings.h"
#include "control/http/html.h"
#include "control/log.h"
#include "control/reputation/asking.h"
#include "control/reputation/explain.h"
#include "control/reputation/reputation.h"

#include <sodium.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONFIRM_S   900
#define CONFIRM_MAX (24 + 2 * crypto_auth_BYTES)
#define TITLE       "Is a mail server listed here?"
#define OF_NET                                                                                     \
	"It is listed with its network, because of its neighbours. Write to the postmaster, or "   \
	"to "                                                                                      \
	"whoever runs that network."

/* One request on its way. */
struct page {
	const struct api *api;
	struct http_request *request;
	struct ledger_key key;
	char key_text[EXPLAIN_KEY_MAX];
	char peer[2 * ADDRESS_TEXT_MAX];
};

/* --- pages --- */

static void page_send(struct http_request *request, int status, struct html *h)
{
	char *text = html_end(h);

	http_add_header(request, "Content-Security-Policy",
	                "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
	                "frame-ancestors 'none'; base-uri 'none'");
	/* With less, browsers would not tell where the form was sent from (is_from_elsewhere()). */
	http_add_header(request, "Referrer-Policy", "same-origin");
	if (text)
		http_reply(request, status, "text/html; charset=utf-8", text, strlen(text));
	else
		http_refuse(request, 500, "out of memory");
	free(text);
}

static void add_question(struct html *h, const char *key)
{
	html_add(h,
	         "<form method=\"get\" action=\"/delist\"><label>Address of the mail server: "
	         "<input name=\"i\" value=\"%s\" maxlength=\"45\"></label> "
	         "<button>Look</button></form>\n",
	         key);
}

static void page_tell(struct http_request *request, int status, const char *key, const char *text)
{
	struct html h;

	if (html_begin(&h, TITLE) < 0) {
		http_refuse(request, 500, "out of memory");
		return;
	}
	html_add(&h, "<p>%s</p>\n", text);
	add_question(&h, key);
	page_send(request, status, &h);
}

/* --- what is asked --- */

/* Addresses only: nets and domains are the operator's. NULL: it is refused. */
static struct page *page_begin(const struct api *api, struct http_request *request,
                               const char *text)
{
	struct address_range address;
	struct page *p;

	if (!api->reputation || !api->delistings) {
		page_tell(request, 404, "", "This server has no such page.");
		return NULL;
	}
	if (!text || strlen(text) > ADDRESS_TEXT_MAX ||
	    address_parse(text, strlen(text), &address) < 0 || address.first != address.last) {
		page_tell(request, text && text[0] ? 400 : 200, "",
		          text && text[0] ? "That is not an address, such as 192.0.2.1."
		                          : "Ask for the address of a mail server.");
		return NULL;
	}
	p = calloc(1, sizeof(*p));
	if (!p) {
		http_refuse(request, 500, "out of memory");
		return NULL;
	}
	p->api = api;
	p->request = request;
	ledger_key_of(&address, &p->key);
	explain_key_format(&p->key, p->key_text);
	address_format(http_peer(request), p->peer);
	return p;
}

static void page_end(struct page *p, int status, const char *text)
{
	page_tell(p->request, status, p->key_text, text);
	free(p);
}

/* --- the state --- */

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* Only what is answered: lists that are observed or off concern nobody outside. */
static bool is_shown(const json_t *list)
{
	return json_is_true(json_object_get(list, "listed")) &&
	       strcmp(text_of(list, "mode"), "enforce") == 0 &&
	       strcmp(text_of(list, "list"), "good") != 0;
}

/* Of an address: on no list, on one with its network, on one by itself. */
enum listed { LISTED_NOT, LISTED_NET, LISTED_SELF };

static enum listed listed_as(const json_t *lists)
{
	enum listed listed = LISTED_NOT;
	const json_t *list;
	size_t i;

	json_array_foreach(lists, i, list)
	{
		if (is_shown(list) && strcmp(text_of(list, "why"), "listed") == 0)
			return LISTED_SELF;
		if (is_shown(list))
			listed = LISTED_NET;
	}
	return listed;
}

static void add_lists(struct html *h, const json_t *lists)
{
	const json_t *list;
	size_t i;

	html_add(h, "<table><tr><th>List<th>Since<th>Until</tr>\n");
	json_array_foreach(lists, i, list)
	{
		if (!is_shown(list))
			continue;
		html_add(h, "<tr><td>%s<td>%s<td>%s</tr>\n", text_of(list, "list"),
		         text_of(list, "since"), text_of(list, "until"));
	}
	html_add(h, "</table>\n");
}

static void add_evidence(struct html *h, const json_t *table)
{
	const json_t *row;
	size_t i;

	html_add(h, "<p>What was seen:</p><table><tr><th>What<th>Last</tr>\n");
	json_array_foreach(table, i, row)
	{
		json_int_t points = json_integer_value(json_object_get(row, "score_hundredths"));

		if (points < 0)
			html_add(h, "<tr><td>%s<td>%s</tr>\n", text_of(row, "class"),
			         text_of(row, "last"));
	}
	html_add(h, "</table>\n");
}

static void page_on_shown(json_t *answer, void *context)
{
	struct page *p = context;
	enum listed listed;
	struct html h;

	if (!answer || html_begin(&h, TITLE) < 0) {
		json_decref(answer);
		page_end(p, 503, "The server is being stopped; try again.");
		return;
	}
	listed = listed_as(json_object_get(answer, "lists"));
	if (listed != LISTED_NOT)
		add_lists(&h, json_object_get(answer, "lists"));
	if (listed == LISTED_NET)
		html_add(&h, "<p>%s</p>\n", OF_NET);
	if (listed == LISTED_NOT)
		html_add(&h, "<p>%s is on no list.</p>\n", p->key_text);
	if (listed == LISTED_SELF) {
		add_evidence(&h, json_object_get(answer, "table"));
		html_add(
		    &h,
		    "<p>If the cause is mended, take it off. What is seen from then on may "
		    "list it again.</p><form method=\"post\" action=\"/delist\">"
		    "<input type=\"hidden\" name=\"i\" value=\"%s\"><label>What was the cause? "
		    "<input name=\"reason\" maxlength=\"200\" size=\"50\"></label> "
		    "<button>Take %s off the lists</button></form>\n",
		    p->key_text, p->key_text);
	}
	add_question(&h, p->key_text);
	page_send(p->request, 200, &h);
	json_decref(answer);
	free(p);
}

void page_show(struct http_request *request, void *context)
{
	const struct api *api = context;
	struct page *p = page_begin(api, request, http_query(request, "i"));

	if (p)
		asking_explain(
		    api->reputation,
		    &(struct asking_question){&api->config->reputation->dials, &p->key, false},
		    page_on_shown, p);
}

/* --- confirmations --- */

/* "EXPIRES.MAC": signed for the address and the client. */
static void confirmation(const struct page *p, int64_t expires_s, char out_text[CONFIRM_MAX])
{
	unsigned char mac[crypto_auth_BYTES];
	char signed_text[EXPLAIN_KEY_MAX + 2 * ADDRESS_TEXT_MAX + 32];
	int size = snprintf(signed_text, sizeof(signed_text), "%" PRId64 " %s %s", expires_s,
	                    p->key_text, p->peer);
	int at = snprintf(out_text, CONFIRM_MAX, "%" PRId64 ".", expires_s);

	crypto_auth(mac, (const unsigned char *)signed_text, (unsigned long long)size,
	            p->api->form_key);
	sodium_bin2hex(out_text + at, CONFIRM_MAX - (size_t)at, mac, sizeof(mac));
}

static bool is_confirmed(const struct page *p, const char *text, int64_t now_s)
{
	char wanted[CONFIRM_MAX] = "", given[CONFIRM_MAX] = "";
	char *end;
	int64_t expires_s = strtoll(text, &end, 10);

	if (*end != '.' || expires_s < now_s || expires_s > now_s + CONFIRM_S ||
	    strlen(text) >= sizeof(given))
		return false;
	confirmation(p, expires_s, wanted);
	strcpy(given, text);
	return sodium_memcmp(wanted, given, sizeof(wanted)) == 0;
}

static void page_confirm(struct page *p, const char *reason, int64_t now_s)
{
	char text[CONFIRM_MAX];
	struct html h;

	if (html_begin(&h, TITLE) < 0) {
		page_end(p, 500, "Out of memory.");
		return;
	}
	confirmation(p, now_s + CONFIRM_S, text);
	html_add(&h,
	         "<p>This takes %s off all lists of this server. It can be done once a day and "
	         "few times a month.</p><form method=\"post\" action=\"/delist\">"
	         "<input type=\"hidden\" name=\"i\" value=\"%s\">"
	         "<input type=\"hidden\" name=\"reason\" value=\"%s\">"
	         "<input type=\"hidden\" name=\"confirm\" value=\"%s\">"
	         "<button>Yes, take it off</button></form>\n",
	         p->key_text, p->key_text, reason, text);
	page_send(p->request, 200, &h);
	free(p);
}

/* --- delisting --- */

static void page_on_delisted(int rc, void *context)
{
	struct page *p = context;

	if (rc == 0)
		page_end(p, 200,
		         "It is off the lists. Caches may keep the old answer for some minutes.");
	else if (rc == -ENOENT)
		page_end(p, 404, "Nothing is known of this address.");
	else
		page_end(p, 503, "This cannot be saved just now; try again later.");
}

/* Whether it was taken off too often: then it is refused. */
static bool page_refuses(struct page *p, int64_t now_s)
{
	const struct config_delist *delist = &p->api->config->reputation->delist;
	const struct delistings_limits limits = {delist->per_address, delist->per_month,
	                                         delist->window_s};

	if (delistings_when(p->api->delistings, &limits, p->key_text, now_s) == 0)
		return false;
	page_end(p, 429,
	         "This address was taken off as often as is possible without the operator; "
	         "try again later or write to the postmaster.");
	return true;
}

static void page_delist(struct page *p, int64_t now_s)
{
	const char *reason = http_form(p->request, "reason");
	char who[sizeof(p->peer) + 32], why[256];
	int rc;

	snprintf(who, sizeof(who), "self-service from %s", p->peer);
	snprintf(why, sizeof(why), "%s", reason && reason[0] ? reason : "no reason given");
	/* Counted first: what is not counted could be done again and again. */
	rc = delistings_note(p->api->delistings, p->key_text, who, now_s);
	if (rc < 0) {
		log_error("self-service delisting of '%s' cannot be saved: %s", p->key_text,
		          strerror(-rc));
		page_on_delisted(rc, p);
		return;
	}
	reputation_delist(p->api->reputation, &p->key, who, why, page_on_delisted, p);
}

/* Only what is listed is taken off, so that others' addresses use up nobody's turns and no room. */
static void page_on_checked(json_t *answer, void *context)
{
	struct page *p = context;
	enum listed listed = listed_as(json_object_get(answer, "lists"));

	/* Another configuration may have come meanwhile. */
	if (!answer || !p->api->reputation || !p->api->delistings)
		page_end(p, 503, "The server is being stopped; try again.");
	else if (listed == LISTED_NOT)
		page_end(p, 404, "This address is on no list.");
	else if (listed == LISTED_NET)
		page_end(p, 403, OF_NET);
	else if (!page_refuses(p, time(NULL))) /* meanwhile there may have been another one */
		page_delist(p, time(NULL));
	json_decref(answer);
}

/* Browsers tell where a form was sent from; another site's is not ours. */
static bool is_from_elsewhere(const struct http_request *request)
{
	const char *origin = http_header(request, "Origin"), *host = http_header(request, "Host");
	const char *site = origin ? strstr(origin, "://") : NULL;

	return origin && (!site || !host || strcmp(site + 3, host) != 0);
}

void page_post(struct http_request *request, void *context)
{
	const struct api *api = context;
	const char *confirm = http_form(request, "confirm"), *reason = http_form(request, "reason");
	struct page *p = page_begin(api, request, http_form(request, "i"));
	int64_t now_s = time(NULL);

	if (!p)
		return;
	if (is_from_elsewhere(request))
		page_end(p, 403, "This was sent from another site.");
	else if (page_refuses(p, now_s))
		return;
	else if (!confirm)
		page_confirm(p, reason ? reason : "", now_s);
	else if (!is_confirmed(p, confirm, now_s))
		page_end(p, 403, "This confirmation is too old, or not of this address.");
	else
		asking_explain(
		    api->reputation,
		    &(struct asking_question){&api->config->reputation->dials, &p->key, false},
		    page_on_checked, p);
}

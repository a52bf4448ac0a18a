/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * "reputectl lint": what a DNSBL must answer, as numbered items, asked of any server over every way
 * that leads to it. An item asks questions; each is a check that is passed or failed; an item
 * without checks is not applicable.
 *
 * Threads: one; everything waits, each wait bounded by the timeout of the path.
 */
#include "control/cli/lint_ask.h"
#include "control/cli/lint_message.h"
#include "control/config.h"

#define LINT_PATHS_MAX   4 /* UDP and TCP over IPv4 and IPv6 */
#define LINT_KEYS_MAX    24
#define LINT_CODES_MAX   32
#define LINT_QUERIES_MAX 4000
#define LINT_SILENT_MAX  6  /* questions in a row without an answer; then a path is given up */
#define LINT_SILENT_ALL  40 /* in all: so that the whole ends within minutes */

enum lint_family { /* bits: what a zone lists */
	           LINT_IP4 = 1,
	           LINT_IP6 = 2,
	           LINT_NAMES = 4,
};
#define LINT_FAMILIES (LINT_IP4 | LINT_IP6 | LINT_NAMES)

/* What an answer has to be; lint_judge.c has a row for each. */
enum lint_want {
	LINT_WANT_LISTED,   /* NOERROR with A records in 127/8 */
	LINT_WANT_TEXT,     /* NOERROR with TXT records */
	LINT_WANT_NXDOMAIN, /* with SOA */
	LINT_WANT_NODATA,   /* NOERROR without answer, with SOA */
	LINT_WANT_EXISTS,   /* NODATA or data */
	LINT_WANT_SOA,
	LINT_WANT_NS,
	LINT_WANT_ONE_RRSET, /* RRs of one type, or NODATA */
	LINT_WANT_FORMERR,
	LINT_WANT_NOTIMP,
	LINT_WANT_REFUSED,
	LINT_WANT_BADVERS,
	LINT_WANT_COOKIE, /* NOERROR or BADCOOKIE */
	LINT_WANT_CHAOS,  /* a CH TXT record or REFUSED */
	LINT_WANT_FORM,   /* only that it is well formed */
};

/* A listed address or name. */
struct lint_key {
	char text[128];
	struct lint_name name; /* as asked, with the apex */
	uint8_t family;        /* enum lint_family */
	bool is_test;          /* RFC 5782 section 5 */
};

struct lint_check {
	unsigned path; /* index */
	bool is_ok;
	char *asked, *wanted, *came;
};

struct lint_result {
	struct lint_check *checks;
	size_t count, capacity, failed;
	char reason[160]; /* why there are no checks */
};

struct lint {
	const char *zone; /* as given */
	struct lint_name apex;
	const struct config *config; /* NULL: none was given */
	const struct config_zone *config_zone;
	struct lint_path paths[LINT_PATHS_MAX];
	unsigned path_count, path; /* path: index of the one in use */
	unsigned families;         /* enum lint_family bits: what the zone lists */
	struct lint_key keys[LINT_KEYS_MAX];
	unsigned key_count;
	uint32_t codes[LINT_CODES_MAX]; /* 127.0.0.N that IPv4 entries have */
	unsigned code_count;
	char strange[128];      /* an A record outside 127/8, or 127.0.0.1, that was seen */
	unsigned address_count; /* A records seen below the apex */
	unsigned query_count;
	uint64_t random;
	struct lint_result *result; /* of the item that runs */
	bool is_out_of_memory;
	struct lint_reply reply; /* the last one */
	uint8_t bytes[LINT_MESSAGE_MAX];
};

struct lint_item {
	unsigned number;
	const char *name, *rfc;
	bool is_once; /* not once for each path: it goes over them by itself */
	void (*run)(struct lint *l);
};

/* All of them in their order; ends with a row without a name. */
extern const struct lint_item lint_items[];

/* -- lint_check.c: asking and keeping what came -- */

/* A plain question: class IN, no EDNS, no flags. */
struct lint_query lint_question(const struct lint_name *name, unsigned type);

/*
 * Ask over the path in use and judge the answer.
 *
 * note:    what is special about the query, or ""
 * Returns: the reply, valid until the next question; NULL when there was none
 */
const struct lint_reply *lint_check(struct lint *l, struct lint_query *q, enum lint_want want,
                                    const char *note);

/* The same for labels below the apex: "2.0.0.127". */
const struct lint_reply *lint_check_below(struct lint *l, const char *labels, unsigned type,
                                          enum lint_want want);

/* Ask without judging. Errors: -ETIMEDOUT …; -EBADMSG, l->reply is then of no use */
int lint_exchange(struct lint *l, struct lint_query *q, const char **out_error);

/* Keep a check that was judged elsewhere. */
void lint_note(struct lint *l, bool is_ok, const char *asked, const char *wanted, const char *came);

void lint_not_applicable(struct lint *l, const char *reason);

/* "2.0.0.127.bl.example A", with the note in brackets. */
void lint_asked(const struct lint_query *q, const char *note, char out_text[LINT_TEXT_MAX]);

uint64_t lint_random(struct lint *l);
bool lint_is_alive(const struct lint_path *p);
/* We have no way to addresses of that kind: nothing the server could do about. */
bool lint_is_unreachable(const struct lint_path *p);

/* -- lint_judge.c -- */

/* What a want asks for, for people. */
const char *lint_want_text(enum lint_want want);

/* What is wrong about l->reply as an answer to q, or NULL. */
const char *lint_judge(const struct lint *l, const struct lint_query *q, enum lint_want want);

/* -- lint_keys.c: names of entries, and which entries the zone has -- */

/* Labels as text ("2.0.0.127"), no escapes, below a name. Errors: -EINVAL */
int lint_name_below(const char *labels, const struct lint_name *apex, struct lint_name *out);
bool lint_name_equal(const struct lint_name *a, const struct lint_name *b); /* without case */
/* Whether name is apex or below. */
bool lint_name_is_in(const struct lint_name *name, const struct lint_name *apex);
/* The name without its first label; the root stays. */
struct lint_name lint_name_parent(const struct lint_name *name);

/* The name that an address, the first address of a network, or a name is asked by. Errors: -EINVAL
 */
int lint_key_parse(const char *text, const struct lint_name *apex, struct lint_key *out);

/*
 * Ask which entries the zone has: the test entries, those given, some of the configuration's.
 *
 * wanted: enum lint_family bits that are present whatever is found
 * Errors: -EINVAL one that is given is no address or name, out_error says which
 */
int lint_keys_find(struct lint *l, const char *const *listed, unsigned listed_count,
                   unsigned wanted, char out_error[LINT_TEXT_MAX]);

/* The first entry of a family that is not a test entry, else a test entry, else NULL. */
const struct lint_key *lint_key_of(const struct lint *l, unsigned families);

/* -- lint_samples.c: entries of the configuration's lists, which may be listed -- */

/* Call take() for some of each list; it returns false when it wants no more of that list. */
typedef bool lint_sample(const char *text, unsigned list, void *context);
void lint_samples(const struct config *config, const struct config_zone *zone, lint_sample *take,
                  void *context);

/* -- lint_target.c: which server -- */

/* "192.0.2.1", "192.0.2.1:5300", "[::1]:5300", "::1", "ns.example:53" without the "@". */
int lint_target_split(const char *text, char out_host[256], char out_port[8]);

/* Fill in the paths. Errors: -EINVAL, told by out_error */
int lint_target_paths(struct lint *l, const char *server, unsigned timeout_ms,
                      char out_error[LINT_TEXT_MAX]);

/* "2s", "500ms", "1". Errors: -EINVAL */
int lint_timeout_parse(const char *text, unsigned *out_ms);

/* -- the items -- */
void lint_test4(struct lint *l);
void lint_test4_never(struct lint *l);
void lint_test6(struct lint *l);
void lint_test_names(struct lint *l);
void lint_codes(struct lint *l);
void lint_absent(struct lint *l);
void lint_ancestors(struct lint *l);
void lint_malformed(struct lint *l);
void lint_types(struct lint *l);
void lint_apex(struct lint *l);
void lint_case(struct lint *l);
void lint_edns(struct lint *l);
void lint_tcp(struct lint *l);
void lint_any(struct lint *l);
void lint_header(struct lint *l);
void lint_out_of_zone(struct lint *l);
void lint_chaos(struct lint *l);
void lint_addresses(struct lint *l);
void lint_reload(struct lint *l);
void lint_stale(struct lint *l);

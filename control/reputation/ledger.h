/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The evidence ledger: for every address, net and authenticated domain that events named, decayed
 * points by class in two lanes, and whether that is enough to list it. Time comes only from its
 * arguments, so the same journal gives the same bytes of state. Everything a score says can be
 * shown as a table that sums to it.
 *
 * The rules that end a listing are applied at the moments they fall due, not when somebody looks:
 * ledger_advance() may be called as often as one likes without changing what comes out.
 *
 * Threads: one.
 */
#include "control/reputation/dials.h"
#include "control/reputation/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ledger_kind {
	LEDGER_IP4, /* length 32 or 24 */
	LEDGER_IP6, /* length 64, 56 or 48 */
	LEDGER_DOMAIN,
	LEDGER_ASN,
	LEDGER_GLOBAL,
};

struct ledger_key {
	uint8_t kind;   /* enum ledger_kind */
	uint8_t length; /* of LEDGER_IP4 and _IP6 */
	uint8_t name_size;
	address6_t address;          /* first of the net, host order; number of LEDGER_ASN */
	uint8_t name[NAME_WIRE_MAX]; /* of LEDGER_DOMAIN: wire, lower case, no root label */
};

/* The key that an address counts for: itself, or its /64. */
void ledger_key_of(const struct address_range *address, struct ledger_key *out_key);

/* Where an address is announced: the prior's third step. Returns 0 when nobody knows. */
typedef uint32_t ledger_asn(const struct address_range *address, void *context);

/*
 * Told of a key whose listings, or whose state in general, an event or the passing of time changed.
 * Scores drift as evidence decays, so every key is told at least once in LEDGER_SWEEP_MS. The
 * ledger must not be changed by it.
 */
#define LEDGER_SWEEP_MS (4096 * 1000)
typedef void ledger_changed(const struct ledger_key *key, void *context);

struct ledger_hooks {
	ledger_asn *asn;         /* NULL = no ASNs. Its answers are part of the input of a replay */
	ledger_changed *changed; /* NULL = nobody asks */
	void *context;
};

struct ledger;

/* dials: copied. Errors: NULL with errno ENOMEM, EINVAL (dials_check()) */
struct ledger *ledger_new(const struct dials *dials, const struct ledger_hooks *hooks);
void ledger_free(struct ledger *l);

/* Let time pass: listings end, listing counts halve, what has decayed to nothing is forgotten. */
void ledger_advance(struct ledger *l, int64_t now_ms);

/*
 * Count an event that was admitted; time passes to event->received_ms first.
 * Errors: -ENOMEM, -EINVAL (a class, count or weight that admission lets nothing have): nothing was
 * counted
 */
int ledger_apply(struct ledger *l, const struct event *event);

/*
 * Take a key off all its lists: evidence seen before now_ms counts no more for listing it (for its
 * score it does). Errors: -ENOENT not known; -ENOMEM
 */
int ledger_delist(struct ledger *l, const struct ledger_key *key, int64_t now_ms);

/* --- looking --- */

enum ledger_why {                    /* of a list's state */
	          LEDGER_NOT_ENOUGH, /* of points, n < enter_points */
	          LEDGER_NOT_SURE,   /* Wilson's lower bound below entry */
	          LEDGER_ONE_SOURCE, /* one class of one reporter */
	          LEDGER_ESTABLISHED,
	          LEDGER_NO_NEW_EVIDENCE, /* ended or delisted, and nothing came since */
	          LEDGER_IS_LISTED,
	          LEDGER_NET_LISTED, /* through its net */
	          LEDGER_OFF,
};

enum ledger_end { /* of a listing. Numbers are stored: append only. */
	          LEDGER_LASTS,
	          LEDGER_ENDED, /* its duration was over, and nothing new came */
	          LEDGER_LEFT,  /* no longer deserved */
	          LEDGER_DELISTED,
	          LEDGER_END_COUNT,
};

enum ledger_grounds {                      /* of a listing, when it was entered. Append only. */
	              LEDGER_BY_SCORE,     /* the list `good` */
	              LEDGER_BY_CLASSES,   /* several of evidence */
	              LEDGER_BY_REPORTERS, /* several */
	              LEDGER_BY_NUMBERS,   /* of distinct recipients or users */
	              LEDGER_BY_HARVEST,
	              LEDGER_BY_TRAP, /* pristine */
	              LEDGER_BY_KEYS, /* a net, enough of whose keys are listed */
	              LEDGER_GROUNDS_COUNT,
};

/* A listing of a key, past or present; the newest few are remembered as long as the key. */
#define LEDGER_LISTINGS_MAX 8
struct ledger_listing {
	enum dials_list list;
	enum ledger_grounds grounds;
	enum ledger_end end;
	int64_t since_ms, ended_ms; /* whole seconds; 0 = lasts */
};

struct ledger_state { /* of one list at one key */
	enum ledger_why why;
	int64_t since_ms, until_ms; /* while listed; until is moved on by new evidence */
	uint32_t times;             /* listings so far that are not forgotten */
	float lower, upper, points; /* Wilson's bounds of the lane that decides, and its n */
};

#define LEDGER_LANES 2 /* slow, fast */

struct ledger_row { /* of one class at one key */
	double raw; /* events, weighed and never decayed */
	double points[LEDGER_LANES];
	int64_t last_ms; /* 0 = never */
};

enum ledger_prior {
	LEDGER_PRIOR_NET, /* /24, /48: of the other addresses in it */
	LEDGER_PRIOR_ASN, /* of the other nets in it */
	LEDGER_PRIOR_GLOBAL,
};

struct ledger_score {
	int score;      /* 0..100 */
	int srl;        /* 0..9 */
	int confidence; /* 0..3: slow n < 5, < 20, < 100, above */
	int lane;       /* that decided: 0 slow, 1 fast */
	double p, n;    /* of that lane */
	double prior;   /* p of the parent, without what this key gave it */
	double history; /* what the key's older evidence makes of it; slow lane: the same */
	enum ledger_prior prior_from; /* the first parent that knows something */
	/*
	 * Hundredths of a point of the score, where bad classes are never positive and good ones
	 * never negative: 10000 + of_prior + of_history + sum(of_class) + of_rounding is
	 * 100 * score, exactly. of_history: what the key's older evidence makes of the prior when
	 * the fast lane decides. of_rounding: to whole points.
	 */
	int32_t of_class[EVENT_CLASS_COUNT], of_prior, of_history, of_rounding;
};

struct ledger_view {
	struct ledger_score score;
	struct ledger_row rows[EVENT_CLASS_COUNT];
	struct ledger_state lists[DIALS_LIST_COUNT];
	struct ledger_listing listings[LEDGER_LISTINGS_MAX]; /* oldest first */
	unsigned listing_count;
	int64_t first_ms, last_ms, delisted_ms; /* 0 = never */
	uint32_t reporters;                     /* distinct, about */
	uint32_t asn;                           /* 0 = not known */
};

/* What is known of a key at now_ms, without changing anything. Returns whether it is known at all;
 * the score is told either way. */
bool ledger_look(const struct ledger *l, const struct ledger_key *key, int64_t now_ms,
                 struct ledger_view *out_view);

/* Just what DNS needs of it. Returns whether it is known. */
struct ledger_answer {
	uint32_t lists;     /* 1 << enum dials_list: those that the key itself is on */
	uint32_t net_lists; /* those that a net around it is on */
	int8_t score, srl, confidence;
};
bool ledger_answer(const struct ledger *l, const struct ledger_key *key, int64_t now_ms,
                   struct ledger_answer *out_answer);

/* Visit all keys, in no order that means anything; return false to stop. */
typedef bool ledger_visit(const struct ledger_key *key, void *context);
void ledger_each(const struct ledger *l, ledger_visit *visit, void *context);

/* The same of one of LEDGER_PARTS parts: a key is always in the same one. */
#define LEDGER_PARTS 1024
void ledger_part(const struct ledger *l, unsigned part, ledger_visit *visit, void *context);

/* The listed keys of a net or address (nets that hold it, itself, what lies inside), or the domain
 * and those above and below it. Cost: of a domain, the listed domains. */
void ledger_near(const struct ledger *l, const struct ledger_key *key, ledger_visit *visit,
                 void *context);

struct ledger_stats {
	uint64_t keys, listed[DIALS_LIST_COUNT], events, memory_size;
	uint64_t ended[DIALS_LIST_COUNT]; /* listings, by themselves or delisted, since the start */
};
void ledger_stats(const struct ledger *l, struct ledger_stats *out_stats);

/* --- keeping --- */

/*
 * A key's state as bytes, checksummed by the caller; the same state gives the same bytes.
 * Returns the size, 0 when the key is not known. ledger_restore() puts it back into a ledger made
 * with the same dials (with other half-lives points are off by up to a factor of two until they
 * have decayed; a replay is exact). Errors of restore: -EINVAL damaged; -ENOMEM
 */
#define LEDGER_RECORD_MAX 4096
size_t ledger_save(const struct ledger *l, const struct ledger_key *key,
                   uint8_t out_bytes[LEDGER_RECORD_MAX]);
int ledger_restore(struct ledger *l, const struct ledger_key *key, const uint8_t *bytes,
                   size_t size);

/* Keys changed or forgotten since the last call, for a checkpoint; a changed one is told once, and
 * one for which ledger_save() gives 0 was forgotten. Memory is held for them, so call it now and
 * then. */
void ledger_dirty(struct ledger *l, ledger_visit *visit, void *context);

/* How many that would be, about. */
size_t ledger_dirty_count(const struct ledger *l);

/* The moment that the state is of, ms; to be kept with a checkpoint. A ledger is restored by
 * ledger_advance() to that moment first, then ledger_restore() of each key, in any order. */
int64_t ledger_now(const struct ledger *l);

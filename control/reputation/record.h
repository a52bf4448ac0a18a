/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the ledger keeps of one key: a head of fixed size, and a tail of as much as there is to
 * know. Most keys have one or two classes and no listing, so everything in a tail is there only
 * once it is needed. A tail moves when it grows: pointers into it hold until the next call that
 * says "adds".
 *
 * Threads: one.
 */
#include "control/reputation/blocks.h"
#include "control/reputation/evidence.h"
#include "control/reputation/ledger.h"

#include <stdbool.h>

enum record_set {                 /* of things told apart by 32 bits of their hashes, newest kept */
	          RECORD_SEEN,    /* recipients, until there are dials.good_recipients */
	          RECORD_INVALID, /* recipients that do not exist */
	          RECORD_BOUNCED, /* as those, of null senders */
	          RECORD_USERS, /* of failed logins; of a net, its senders that guess recipients */
	          RECORD_REPORTERS, /* of bad evidence */
	          RECORD_LISTINGS,  /* past and present, oldest first; see record_listing() */
	          RECORD_SET_COUNT,
};

#define RECORD_REPORTERS_MAX 4
#define RECORD_LISTINGS_MAX  (2 * LEDGER_LISTINGS_MAX)

enum record_flag {
	RECORD_IS_DIRTY = 1,     /* changed since the last ledger_dirty() */
	RECORD_IS_TRUSTED = 2,   /* saw enough distinct recipients for good deliveries to count */
	RECORD_IS_GOOD = 4,      /* a member that keeps its net off the lists */
	RECORD_IS_DELISTED = 8,  /* evidence before has a base that does not list */
	RECORD_HAS_WINDOW = 16,  /* of recipients */
	RECORD_HAS_MEMBERS = 32, /* is a net with keys in it, or an ASN with nets */
};

struct record {
	uint64_t id; /* address, first 64 bits of one, number of an ASN, hash of a name */
	int64_t first_ms;
	int64_t queued_ms; /* of its earliest timer; 0 = none */
	uint32_t next;     /* in its chain of the book */
	uint32_t tail;     /* block; 0 = none */
	uint16_t classes;  /* which evidence there is: bit 1 << enum event_class */
	uint8_t kind;      /* enum ledger_kind; UINT8_MAX = free */
	uint8_t length;
	uint8_t flags;     /* enum record_flag */
	uint8_t lists;     /* which list states there are: bit 1 << enum dials_list */
	uint8_t name_size; /* of a domain */
	uint8_t tail_units;
	uint8_t sets[RECORD_SET_COUNT];
};

struct record_state {     /* of one list */
	int64_t since_ms; /* 0 = not listed */
	int64_t until_ms; /* when it ends; once it has, when it did */
	int64_t clean_ms; /* while not listed: when the next half of `times` is forgotten */
	uint32_t times;
	uint32_t spare;
};

struct record_item { /* of a set */
	uint32_t hash, last_s;
};

struct record_window { /* recipients by time: this window, the one before */
	uint32_t number;
	uint16_t valid[2], invalid[2]; /* at most UINT16_MAX */
	float harvest;                 /* weight of the harvest counted in this window; 0 = none */
};

struct record_members { /* of a net */
	uint32_t asn;   /* when the net was first seen; 0 = nobody knew */
	uint32_t count; /* keys tracked in it */
	uint32_t good;  /* of them, RECORD_IS_GOOD */
	uint32_t bad;   /* with bad evidence: addresses and /64s of a net, nets of an ASN */
	/* Of them, listed, since the net was last delisted. `spam` counts trap and dha too. */
	uint32_t listed[DIALS_GOOD];
};

struct record_parts {
	struct evidence *evidence;       /* in the order of classes */
	double (*bases)[EVIDENCE_LANES]; /* the part of evidence's sums that may not list */
	int64_t *delisted_ms;
	struct record_state *states; /* in the order of lists */
	struct record_members *members;
	struct record_window *window;
	struct record_item *sets[RECORD_SET_COUNT];
	uint8_t *name;
	size_t size;
};

/* Bits of a mask of 16; without an instruction for it the compiler would call a function. */
static inline unsigned record_count(unsigned mask)
{
	mask -= mask >> 1 & 0x5555;
	mask = (mask & 0x3333) + (mask >> 2 & 0x3333);
	mask = (mask + (mask >> 4)) & 0x0f0f;
	return (mask + (mask >> 8)) & 0x1f;
}

/* How many of a mask come before a bit: its place in an array without gaps. */
static inline unsigned record_rank(unsigned mask, unsigned bit)
{
	return record_count(mask & ((1u << bit) - 1));
}

/*
 * Where the parts are, what is aligned to 8 first; NULL where there is none. Inline, so that only
 * what the caller uses is computed: this is a quarter of the work of an event.
 */
static inline void record_parts(const struct blocks *b, const struct record *r,
                                struct record_parts *out_parts)
{
	uint8_t *start = r->tail ? (uint8_t *)blocks_at(b, r->tail) : NULL, *at = start;

	*out_parts = (struct record_parts){0};
	if (!start)
		return;
	out_parts->evidence = (struct evidence *)at;
	at += record_count(r->classes) * sizeof(*out_parts->evidence);
	if (r->flags & RECORD_IS_DELISTED) {
		out_parts->delisted_ms = (int64_t *)at;
		at += sizeof(*out_parts->delisted_ms);
		out_parts->bases = (double(*)[EVIDENCE_LANES])at;
		at += record_count(r->classes) * sizeof(*out_parts->bases);
	}
	out_parts->states = (struct record_state *)at;
	at += record_count(r->lists) * sizeof(*out_parts->states);
	if (r->flags & RECORD_HAS_MEMBERS) {
		out_parts->members = (struct record_members *)at;
		at += sizeof(*out_parts->members);
	}
	if (r->flags & RECORD_HAS_WINDOW) {
		out_parts->window = (struct record_window *)at;
		at += sizeof(*out_parts->window);
	}
	for (unsigned i = 0; i < RECORD_SET_COUNT; i++) {
		out_parts->sets[i] = (struct record_item *)at;
		at += r->sets[i] * sizeof(*out_parts->sets[i]);
	}
	out_parts->name = at;
	at += r->name_size;
	out_parts->size = (size_t)(at - start);
}

/* NULL when there is none. */
struct evidence *record_evidence(const struct blocks *b, const struct record *r,
                                 enum event_class class);
struct record_state *record_state(const struct blocks *b, const struct record *r,
                                  enum dials_list list);

/* The following add what is not there yet, zeroed, within what blocks_reserve() made room for. */
struct evidence *record_need_evidence(struct blocks *b, struct record *r, enum event_class class);
struct record_state *record_need_state(struct blocks *b, struct record *r, enum dials_list list);
struct record_window *record_need_window(struct blocks *b, struct record *r);
struct record_members *record_need_members(struct blocks *b, struct record *r);
void record_need_name(struct blocks *b, struct record *r, const uint8_t *name, uint8_t size);

/* Adds a base for each class, of all that is there, or takes the present sums for it again. */
void record_delist(struct blocks *b, struct record *r, int64_t now_ms);

/* Count a gain; it is part of the base when it is of before the delisting. Adds. */
void record_gain(struct blocks *b, struct record *r, const struct dials *dials,
                 const struct evidence_gain *gain);

void record_drop_evidence(struct blocks *b, struct record *r, enum event_class class);
void record_drop_state(struct blocks *b, struct record *r, enum dials_list list);

/* Keep of a set, which is not empty, only the newest. */
void record_shrink_set(struct blocks *b, struct record *r, enum record_set set);

/* Put into a set of at most `max`, the oldest giving way. Adds. Returns the second it was last seen
 * before; -1 when it is new. */
int64_t record_see(struct blocks *b, struct record *r, enum record_set set, unsigned max,
                   const struct record_item *item);

/* A listing is two items of RECORD_LISTINGS: in place of a hash what it is, with when it began; and
 * when it ended, which so needs no room. The oldest gives way. Adds. */
void record_listing(struct blocks *b, struct record *r, const struct record_item pair[2]);

/* How many of a set were seen after a moment. */
unsigned record_seen_since(const struct blocks *b, const struct record *r, enum record_set set,
                           int64_t since_s);

void record_free_tail(struct blocks *b, struct record *r);

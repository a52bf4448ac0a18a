/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What an address or name is listed for. A listing is one (list, code, text); a verdict is a set of
 * listings. Both are interned by the control process, which chooses the ids; this is the data
 * plane's copy.
 *
 * Threads: verdicts_get() from any registered liburcu-qsbr reader, between two quiescent states;
 * all else from the update thread only. A definition is visible before the paint that uses it,
 * because the paint is a release store; an id is reused only a grace period after it was forgotten.
 */
#include <stddef.h>
#include <stdint.h>

typedef uint32_t verdict_t; /* interned id, 24 bits */

#define VERDICT_NONE         0u        /* not listed */
#define VERDICT_MAX          0xffffffu /* largest verdict or listing id */
#define VERDICT_LISTINGS_MAX 65536     /* listings in one verdict */
#define LISTING_TEXT_MAX     255       /* bytes of a text template: one DNS character-string */
#define LIST_ID_MAX          1023 /* lists are numbered 0..1023, so that a zone's lists are a bitmap */

struct listing {
	uint32_t list;       /* list id */
	uint32_t code;       /* the A record, host order, in 127/8 */
	uint8_t text_size;   /* 0 = no TXT */
	uint8_t has_subject; /* the template holds a '$' that stands for the queried thing */
	char text[];         /* '$' = subject, '$$' = a dollar sign; not terminated */
};

struct verdict {
	uint32_t count; /* >= 1 */
	/* of listings[0]: most verdicts have one, and no other line is needed for it */
	uint32_t first_code, first_list;
	const struct listing *listings[]; /* ascending by code, list id, text */
};

struct verdicts;

/* Errors: NULL with errno ENOMEM. */
struct verdicts *verdicts_new(void);

/* Free all; no reader may be left. NULL is allowed. */
void verdicts_free(struct verdicts *v);

/*
 * Define a listing.
 *
 * Errors: -EINVAL id 0 or too large, code outside 127/8 or 127.0.0.1, list id or text too large;
 *         -EBUSY already defined; -ENOMEM; unchanged on error
 */
int verdicts_define_listing(struct verdicts *v, uint32_t id, uint32_t list, uint32_t code,
                            const char *text, size_t text_size);

/*
 * Define a verdict as a set of defined listings; one named twice counts once.
 *
 * Errors: -EINVAL id 0 or too large, count 0 or above VERDICT_LISTINGS_MAX, an undefined listing;
 *         -EBUSY already defined; -ENOMEM; unchanged on error
 */
int verdicts_define(struct verdicts *v, verdict_t id, const uint32_t *listings, size_t count);

/* Whether the id can be painted: 0, or defined. Threads: the update thread. */
int verdicts_is_defined(const struct verdicts *v, verdict_t id);

/*
 * Forget ids that nothing paints any more; memory is freed after a grace period, and the id may be
 * defined again from then on (until then: -EBUSY). Unknown ids are ignored. A listing that a
 * verdict still has stays readable through it and goes with the last such verdict.
 */
void verdicts_forget(struct verdicts *v, verdict_t id);
void verdicts_forget_listing(struct verdicts *v, uint32_t id);

/* Borrow the listings of a verdict until the next quiescent state; NULL for 0 and unknown ids. */
const struct verdict *verdicts_get(const struct verdicts *v, verdict_t id);

/* The same of some, whose lines are on their way when it returns. */
void verdicts_get_burst(const struct verdicts *v, const verdict_t *ids, size_t count,
                        const struct verdict **out_verdicts);

/* Hint that verdicts_get(v, id) follows. */
void verdicts_prefetch(const struct verdicts *v, verdict_t id);

struct verdicts_stats {
	uint64_t verdict_count, listing_count; /* defined; forgotten ones do not count */
	uint64_t memory_size;                  /* bytes of these and of what finds them */
};

/* Threads: the update thread. */
void verdicts_stats(const struct verdicts *v, struct verdicts_stats *out_stats);

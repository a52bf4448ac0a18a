/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Lists of nets, by the keys in them that are listed: of a /24, as many addresses and such a share
 * of the active ones; of a /56, /64s; of a /48, /56s. A good key in a net keeps it off. Nets are
 * entered when one more of their keys is listed, never because time passed, and left as soon as
 * what they were entered for is no longer so. A harvest of many keys lists a net by itself, for a
 * time.
 *
 * Threads: as the ledger's.
 */
#include "control/reputation/ledger_private.h"

/* The net that a key counts in: /32 -> /24, /64 -> /56, /56 -> /48. Returns whether there is one.
 */
bool nets_around(const struct record *r, struct book_key *out_net);

/* The record of that net; 0 when there is none. */
uint32_t nets_number(const struct ledger *l, uint32_t number);

/* The record of a key, and those of the nets it counts in. Needs room. */
uint32_t nets_need(struct ledger *l, const struct book_key *key);

/* A key was put back: count it in its nets, of which nothing is concluded. */
void nets_restored(struct ledger *l, const struct record *r);

/* The keys in a net made a harvest together, of which the evidence is as old: the list `dha` is
 * entered, or goes on, for its duration from then. Needs room. */
void nets_harvested(struct ledger *l, uint32_t number, int64_t evidence_ms);

/* Look again whether a net should be listed still. */
void nets_check(struct ledger *l, uint32_t number);

/* A key is about to be forgotten. */
void nets_parted(struct ledger *l, const struct record *r);

/* What a key counts for in the net around it: bits of lists. */
unsigned nets_share(const struct ledger *l, const struct record *r);

/* Lists of a key changed; before: nets_share() then. */
void nets_changed(struct ledger *l, const struct record *r, unsigned before);

/* A key became good, or is no longer. */
void nets_good(struct ledger *l, const struct record *r, bool is_good);

/* Evidence of a key came or faded: count it in its net, and the net in its ASN, if it has bad
 * evidence now and had not, or the other way round. */
void nets_bad(struct ledger *l, const struct record *r, bool was_bad);
bool nets_is_bad(const struct record *r);

/* The ASN of a net became known. Needs room. */
void nets_set_asn(struct ledger *l, uint32_t net, uint32_t asn);

/* Whether it is one, and no address or ASN. */
bool nets_is_net(unsigned kind, unsigned length);

/* Take a net's own lists away; only keys listed after now count for it. */
void nets_delisted(struct ledger *l, uint32_t number);

/* Count the listed keys of a net again, once it is restored. */
void nets_recount(struct ledger *l, uint32_t number);

/* The tracked keys of a net: addresses, /64s, /56s; at most 256. Returns how many. */
unsigned nets_children(const struct ledger *l, const struct record *net, uint32_t out_numbers[256]);

/* Until when a listed net will be, if nothing else happens. */
int64_t nets_until(const struct ledger *l, const struct record *net, enum dials_list list);

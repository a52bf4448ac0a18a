/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What is thought of a key before its own evidence: of the other addresses of its net, shrunk to
 * the other nets of its ASN, shrunk to the global prior. What a key gave to its parents is left out
 * of them: its own evidence weighs once.
 *
 * Threads: as the ledger's.
 */
#include "control/reputation/ledger_private.h"

/* The net that is the prior of an address or of a net within it: /24, /48. Returns whether there is
 * one. */
bool prior_net(const struct book_key *key, struct book_key *out_net);

/* Points that count for the score. r: NULL = none */
void prior_sums(const struct ledger *l, const struct record *r,
                const struct evidence_moment *moment, struct score_sums *out_sums);

/* The score's fields but for the table. out_asn: 0 = not known, or not of that kind; NULL allowed
 */
void prior_score(const struct ledger *l, const struct book_key *key,
                 const struct evidence_moment *moment, struct ledger_score *out_score,
                 uint32_t *out_asn);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The text of view why: what an answer is made of, for machines, in one character-string:
 *   v=1;score=12;srl=8;n=134;trap=2;dha=1;list=trap,dha;last=2026-08-01T10:00Z;
 *   until=2026-08-02T10:00Z;ref=6a6dc1e0
 * n: points of the lane that decides. A class: its events, as weighed, rounded up; those that are
 * nought are left out, and when there is no room the last of them. last: the newest evidence.
 * list, until, ref: only while listed: on what, to when, and the moment it began (Unix time,
 * hexadecimal), which names the listing.
 *
 * Threads: pure functions.
 */
#include "control/reputation/ledger.h"

/* Returns the size, <= 255; the text is terminated. */
size_t answer_why(const struct ledger_view *view, char out_text[256]);

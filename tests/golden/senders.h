/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the ledger knows of some senders, as control publishes it: the zones score, srl, rep, why
 * and asn.example. The senders are told in senders.c.
 */
#include "dataplane/table/tables.h"

/* Add them to a data set. Ends the program when that fails. */
void senders_add(struct tables *t);

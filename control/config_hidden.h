/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Lists that nobody writes: a zone with the view score, srl, mailspike, why or asn serves one of
 * its own, whose codes and texts are the answers, so that the data plane knows nothing of scores.
 * There is one only when some zone asks for it. A zone with the view allow that serves a list
 * `good` without a trust serves one more, of those that deserve more.
 *
 * Their names begin with "reputation:", which no name in a file can.
 */
#include "control/config_lines.h"

/* Tell mistakes of lists and zones that are made of the ledger. */
void config_hidden_check(const struct config_node *root, struct config_mistakes *m);

/*
 * Add the hidden lists and give them to their zones; after the lists, before the zones are
 * resolved.
 *
 * Errors: -ENOMEM, -EINVAL: the file was not checked
 */
int config_hidden_add(struct config *c, const struct config_node *root, const char *folder);

/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Lists as datasets, made of answers: all of one, or what it says near some places. An address has
 * what is known of itself, else of the narrowest of its networks that is listed; a domain stands
 * for itself and not for what is below it.
 *
 * Threads: that of the table.
 */
#include "control/reputation/answer_table.h"
#include "feeds/dataset.h"

/*
 * Make the dataset of a list.
 *
 * places: NULL = all of it
 * Errors: NULL with errno ENOMEM
 */
struct dataset *answer_lists_build(const struct answer_table *t, enum config_kept kept,
                                   const struct load_places *places);

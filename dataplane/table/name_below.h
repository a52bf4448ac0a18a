/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Of how many put names below a name each list is: what makes empty non-terminals exact for each
 * zone. Most names above others have one or two lists below and so 8 bytes; others an array.
 *
 * Threads: name_below_any() from readers until their next quiescent state; all else from the update
 * thread.
 */
#include "dataplane/table/listset.h"
#include "dataplane/table/retire.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Update thread: writes; readers: read. 0 = nothing below; bit 0 set: two lists and counts; else
 * the address of an array. */
typedef _Atomic uint64_t name_below_t;

struct name_below_array;

/* Whether something below is of one of the lists. Cost: O(lists that something below is of) */
bool name_below_any(const name_below_t *below, const uint64_t lists[LISTSET_WORDS]);

/*
 * Make what counting each of some lists up by one will need.
 *
 * out_array: to be given to name_below_use(); NULL when what is there will do
 * Errors:    -ENOMEM
 */
int name_below_prepare(const name_below_t *below, const struct listset *lists,
                       struct name_below_array **out_array);
void name_below_cancel(struct name_below_array *array);

/* Put an array in the place of what is there; retire has room for one block. NULL is ignored. */
void name_below_use(name_below_t *below, struct name_below_array *array, struct retire *retire);

/* Count what is in one set and not in the other. Down to where a list never was changes nothing. */
void name_below_count(name_below_t *below, const struct listset *in, const struct listset *not_in,
                      int delta);

/* Forget all; retire has room for one block. */
void name_below_clear(name_below_t *below, struct retire *retire);

/* Free an array if there is one; no reader may be left. */
void name_below_done(name_below_t *below);

/* Bytes beside the word itself. */
uint64_t name_below_memory(const name_below_t *below);

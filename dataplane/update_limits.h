/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Messages about how much a client gets, made into what the tables hold. Nothing is published here;
 * a refusal leaves the outputs alone.
 *
 * Threads: one.
 */
#include "dataplane/table/rates.h"
#include "dataplane/update_check.h"

/* out_rates: NULL when nothing is limited. Errors: -EINVAL, -ENOMEM with the text. */
int update_limits_build(const Reputed__Update__RateLimit *m, struct rates **out_rates,
                        struct update_error *out_error);

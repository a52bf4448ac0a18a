/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Points in time and periods as feeds write them; Unix seconds, UTC.
 */
#include "feeds/span.h"

#include <stdint.h>

/* "Tue, 26 May 2026 11:00:16 GMT" (RFC 9110 section 5.6.7). Errors: -EINVAL; out is unchanged. */
int stamp_parse_http(struct span text, int64_t *out_stamp_s);

/*
 * yyyy-mm-dd[-hh[-mi[-ss]]] with ':' or nothing instead of '-', as in rbldnsd's $TIMESTAMP; "0" and
 * "-" are 0. Errors: -EINVAL; out is unchanged
 */
int stamp_parse_digits(struct span text, int64_t *out_stamp_s);

/* "2026-07-14T20:45:40", "2026-02-26 12:05:20", with or without Z, UTC or (UTC) behind. Errors:
 * -EINVAL; out is unchanged */
int stamp_parse_iso(struct span text, int64_t *out_stamp_s);

/* "Tue Jan 14 07:08:16 UTC 2025": date(1). Errors: -EINVAL; out is unchanged */
int stamp_parse_date(struct span text, int64_t *out_stamp_s);

/* "90", "2h", "1d": seconds, minutes, hours, days, weeks. Errors: -EINVAL; out is unchanged. */
int stamp_parse_period(struct span text, uint64_t *out_period_s);

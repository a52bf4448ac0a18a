/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/update_limits.h"

#include <errno.h>
#include <string.h>

static address6_t join(uint64_t high, uint64_t low)
{
	return (address6_t)high << 64 | low;
}

static int check(const Reputed__Update__RateLimit *m, struct update_error *out_error)
{
	size_t count = m->n_first_high;

	if (m->n_per_s != RATES_CLASS_COUNT)
		return update_error_set(out_error, -EINVAL, "rate_limit: %zu per_s, not %d",
		                        m->n_per_s, RATES_CLASS_COUNT);
	if (m->n_first_low != count || m->n_last_high != count || m->n_last_low != count)
		return update_error_set(
		    out_error, -EINVAL,
		    "rate_limit: %zu first_high, %zu first_low, %zu last_high and %zu last_low",
		    count, m->n_first_low, m->n_last_high, m->n_last_low);
	for (size_t i = 0; i < count; i++) {
		if (join(m->first_high[i], m->first_low[i]) > join(m->last_high[i], m->last_low[i]))
			return update_error_set(out_error, -EINVAL,
			                        "rate_limit: exempt %zu: first is above last", i);
	}
	return 0;
}

int update_limits_build(const Reputed__Update__RateLimit *m, struct rates **out_rates,
                        struct update_error *out_error)
{
	struct rates_options options = {.slip = m->slip,
	                                .ip4_length = m->ip4_length,
	                                .ip6_length = m->ip6_length,
	                                .bucket_lines = m->bucket_lines};
	struct rates *rates;
	int rc;

	if (m->n_per_s == 0) {
		*out_rates = NULL;
		return 0;
	}
	rc = check(m, out_error);
	if (rc < 0)
		return rc;
	memcpy(options.per_s, m->per_s, sizeof(options.per_s));
	rates = rates_new(&options);
	if (!rates && errno == EINVAL)
		return update_error_set(out_error, -EINVAL, "rate_limit: a number is out of range");
	rc = rates ? 0 : -errno;
	for (size_t i = 0; i < m->n_first_high && rc == 0; i++)
		rc = rates_exempt(rates, join(m->first_high[i], m->first_low[i]),
		                  join(m->last_high[i], m->last_low[i]));
	if (rc < 0) {
		rates_free(rates);
		return update_error_set(out_error, rc, "rate_limit: %s", strerror(-rc));
	}
	*out_rates = rates;
	return 0;
}

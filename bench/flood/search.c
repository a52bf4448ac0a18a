/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/flood/search.h"

#define RATE_MIN 100.0 /* queries/s; below, nothing is served at all */

int search_run(const struct search *search, search_try *try, void *context, double *out_rate)
{
	double served = 0, failed = 0;
	double rate = search->first < search->highest ? search->first : search->highest;

	*out_rate = 0;
	for (;;) {
		int rc = try(rate, context);

		if (rc < 0)
			return rc;
		if (rc > 0)
			served = rate;
		else
			failed = rate;
		*out_rate = served;
		if (served >= search->highest || (failed > 0 && failed < RATE_MIN))
			return 0;
		if (failed > 0 && served > 0 && failed - served <= search->width * served)
			return 0;
		rate = failed == 0 ? 2 * served : served == 0 ? failed / 2 : (served + failed) / 2;
		if (rate > search->highest)
			rate = search->highest;
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/wilson.h"

#include <math.h>

#define Z 1.96 /* standard deviations that hold 95 % */

static double wilson_bound(double part, double n, double side)
{
	double share, middle, spread;

	if (n <= 0)
		return side < 0 ? 0 : 1;
	share = part < n ? part / n : 1;
	middle = share + Z * Z / (2 * n);
	spread = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n));
	return (middle + side * spread) / (1 + Z * Z / n);
}

double wilson_lower(double part, double n)
{
	return wilson_bound(part, n, -1);
}

double wilson_upper(double part, double n)
{
	return wilson_bound(part, n, 1);
}

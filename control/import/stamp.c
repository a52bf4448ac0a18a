/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/import/stamp.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define DAY_MS         (INT64_C(24) * 3600 * 1000)
#define ZONE_HOURS_MAX 14

static bool is_broken_down_valid(const struct tm *t)
{
	return t->tm_mon >= 0 && t->tm_mon < 12 && t->tm_mday >= 1 && t->tm_mday <= 31 &&
	       t->tm_hour < 24 && t->tm_min < 60 && t->tm_sec <= 60;
}

/* Returns false for a day that the month does not have. */
static bool to_ms(struct tm t, bool is_utc, int64_t *out_ms)
{
	int day = t.tm_mday, month = t.tm_mon;
	time_t seconds;

	t.tm_isdst = -1;
	errno = 0;
	seconds = is_utc ? timegm(&t) : mktime(&t);
	if ((seconds == (time_t)-1 && errno != 0) || t.tm_mday != day || t.tm_mon != month)
		return false;
	*out_ms = (int64_t)seconds * 1000;
	return true;
}

static bool take_two(struct span *s, int *out_number)
{
	uint32_t number;
	struct span digits = {s->text, 2};

	if (s->size < 2 || !scan_take_number(&digits, &number) || digits.size != 0)
		return false;
	s->text += 2;
	s->size -= 2;
	*out_number = (int)number;
	return true;
}

static bool take_clock(struct span *s, struct tm *t)
{
	return take_two(s, &t->tm_hour) && scan_skip(s, ":") && take_two(s, &t->tm_min) &&
	       scan_skip(s, ":") && take_two(s, &t->tm_sec);
}

/* ".123456" or ",123"; 0 when there is none. */
static int64_t take_fraction_ms(struct span *s)
{
	int64_t ms = 0, unit = 100;

	if (!scan_skip(s, ".") && !scan_skip(s, ","))
		return 0;
	for (; s->size && *s->text >= '0' && *s->text <= '9'; s->text++, s->size--) {
		ms += (*s->text - '0') * unit;
		unit /= 10;
	}
	return ms;
}

/* "+01:00", "+0100", " -0500". Returns false, and stays, when it is none. */
static bool take_offset(struct span *s, int64_t *out_offset_ms)
{
	struct span at = *s;
	int hours, minutes, sign;

	scan_skip(&at, " ");
	sign = scan_skip(&at, "+") ? 1 : scan_skip(&at, "-") ? -1 : 0;
	if (sign == 0 || !take_two(&at, &hours))
		return false;
	scan_skip(&at, ":");
	if (!take_two(&at, &minutes) || hours > ZONE_HOURS_MAX || minutes > 59)
		return false;
	*out_offset_ms = sign * (int64_t)(hours * 60 + minutes) * 60 * 1000;
	*s = at;
	return true;
}

static bool take_iso(struct span *line, const struct stamp_clock *clock, int64_t *out_ms)
{
	struct span s = *line;
	int64_t fraction_ms, offset_ms = 0, ms;
	struct tm t = {0};
	uint32_t year;
	bool is_utc;

	if (!scan_take_number(&s, &year) || year < 1970 || year > 9999 || !scan_skip(&s, "-") ||
	    !take_two(&s, &t.tm_mon) || !scan_skip(&s, "-") || !take_two(&s, &t.tm_mday) ||
	    !(scan_skip(&s, "T") || scan_skip(&s, " ")) || !take_clock(&s, &t))
		return false;
	t.tm_year = (int)year - 1900;
	t.tm_mon--;
	fraction_ms = take_fraction_ms(&s);
	is_utc = scan_skip(&s, "Z") || take_offset(&s, &offset_ms) || clock->is_utc;
	if (!is_broken_down_valid(&t) || !to_ms(t, is_utc, &ms))
		return false;
	scan_skip(&s, " ");
	*line = s;
	*out_ms = ms + fraction_ms - offset_ms;
	return true;
}

static int month_of(struct span name)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int month = 0; month < 12; month++) {
		if (memcmp(months + (ptrdiff_t)month * 3, name.text, 3) == 0)
			return month;
	}
	return -1;
}

/* The last year in which the moment is not later than a day from now: clocks differ. */
static bool with_year(struct tm t, const struct stamp_clock *clock, int64_t *out_ms)
{
	time_t now_s = (time_t)((clock->now_ms + DAY_MS) / 1000);
	struct tm now;

	if (!gmtime_r(&now_s, &now))
		return false;
	/* Five: 29 February is only in leap years. */
	for (int back = -1; back < 5; back++) {
		int64_t ms;

		t.tm_year = now.tm_year - back;
		if (!to_ms(t, clock->is_utc, &ms) || ms > clock->now_ms + DAY_MS)
			continue;
		*out_ms = ms;
		return true;
	}
	return false;
}

static bool take_traditional(struct span *line, const struct stamp_clock *clock, int64_t *out_ms)
{
	struct span s = *line;
	struct tm t = {0};
	uint32_t day;

	if (s.size < 4 || s.text[3] != ' ')
		return false;
	t.tm_mon = month_of(s);
	s.text += 4;
	s.size -= 4;
	scan_skip(&s, " ");
	if (t.tm_mon < 0 || !scan_take_number(&s, &day) || day > 31 || !scan_skip(&s, " ") ||
	    !take_clock(&s, &t))
		return false;
	t.tm_mday = (int)day;
	if (!is_broken_down_valid(&t) || !with_year(t, clock, out_ms))
		return false;
	scan_skip(&s, " ");
	*line = s;
	return true;
}

bool stamp_take(struct span *line, const struct stamp_clock *clock, int64_t *out_ms)
{
	return take_iso(line, clock, out_ms) || take_traditional(line, clock, out_ms);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/stamp.h"

#include <errno.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

#define PERIOD_MAX_S (100ull * 365 * 86400)

/* timegm() accepts the 30th of February; a feed that writes it is damaged. */
static int stamp_make(const unsigned fields[6], int64_t *out_stamp_s)
{
	struct tm tm = {
	    .tm_year = (int)fields[0] - 1900,
	    .tm_mon = (int)fields[1] - 1,
	    .tm_mday = (int)fields[2],
	    .tm_hour = (int)fields[3],
	    .tm_min = (int)fields[4],
	    .tm_sec = (int)fields[5],
	};
	int month = tm.tm_mon, day = tm.tm_mday;
	int64_t stamp_s;

	if (fields[0] < 1970 || fields[0] > 9999 || fields[3] >= 24 || fields[4] >= 60 ||
	    fields[5] >= 60)
		return -EINVAL;
	stamp_s = timegm(&tm);
	if (tm.tm_mon != month || tm.tm_mday != day)
		return -EINVAL;
	*out_stamp_s = stamp_s;
	return 0;
}

static int month_parse(struct span text, unsigned *out_month)
{
	static const char names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

	for (unsigned month = 0; month < 12; month++) {
		if (span_equals(text, names[month])) {
			*out_month = month + 1;
			return 0;
		}
	}
	return -EINVAL;
}

/* Two digits, or as many as there are up to max_digits. Returns the digits read. */
static size_t field_scan(struct span text, size_t max_digits, unsigned *out_value)
{
	unsigned value = 0;
	size_t used = 0;

	while (used < text.size && used < max_digits && span_is_digit(text.text[used]))
		value = value * 10 + (unsigned)(text.text[used++] - '0');
	*out_value = value;
	return used;
}

static bool clock_parse(struct span text, unsigned out_fields[3])
{
	for (unsigned i = 0; i < 3; i++) {
		size_t used = field_scan(text, 2, &out_fields[i]);

		if (used != 2)
			return false;
		text = span_skip(text, used);
		if (i == 2)
			break;
		if (!text.size || text.text[0] != ':')
			return false;
		text = span_skip(text, 1);
	}
	return !text.size;
}

int stamp_parse_http(struct span text, int64_t *out_stamp_s)
{
	unsigned fields[6];
	struct span weekday = span_word(&text), day = span_word(&text), month = span_word(&text);
	struct span year = span_word(&text), clock = span_word(&text);

	if (weekday.size != 4 || weekday.text[3] != ',' || !span_equals(text, "GMT"))
		return -EINVAL;
	if (!day.size || day.size > 2 || field_scan(day, 2, &fields[2]) != day.size ||
	    year.size != 4 || field_scan(year, 4, &fields[0]) != year.size ||
	    month_parse(month, &fields[1]) < 0 || !clock_parse(clock, &fields[3]))
		return -EINVAL;
	return stamp_make(fields, out_stamp_s);
}

int stamp_parse_digits(struct span text, int64_t *out_stamp_s)
{
	unsigned fields[6] = {0};

	if (span_equals(text, "0") || span_equals(text, "-")) {
		*out_stamp_s = 0;
		return 0;
	}
	for (unsigned i = 0; i < 6; i++) {
		size_t used = field_scan(text, i ? 2 : 4, &fields[i]);

		if (!used || (!i && used != 4))
			return -EINVAL;
		text = span_skip(text, used);
		if (!text.size && i >= 2)
			return stamp_make(fields, out_stamp_s);
		if (text.size && (text.text[0] == '-' || text.text[0] == ':'))
			text = span_skip(text, 1);
	}
	return -EINVAL;
}

int stamp_parse_iso(struct span text, int64_t *out_stamp_s)
{
	unsigned fields[6];
	size_t used;

	for (unsigned i = 0; i < 3; i++) {
		used = field_scan(text, i ? 2 : 4, &fields[i]);
		if (used != (i ? 2 : 4) || used == text.size)
			return -EINVAL;
		text = span_skip(text, used);
		if (i < 2 ? text.text[0] != '-' : text.text[0] != 'T' && text.text[0] != ' ')
			return -EINVAL;
		text = span_skip(text, 1);
	}
	if (text.size < 8 || !clock_parse((struct span){text.text, 8}, &fields[3]))
		return -EINVAL;
	text = span_trim(span_skip(text, 8));
	if (text.size && !span_equals(text, "Z") && !span_equals(text, "UTC") &&
	    !span_equals(text, "(UTC)"))
		return -EINVAL;
	return stamp_make(fields, out_stamp_s);
}

int stamp_parse_date(struct span text, int64_t *out_stamp_s)
{
	unsigned fields[6];
	struct span weekday = span_word(&text), month = span_word(&text), day = span_word(&text);
	struct span clock = span_word(&text), zone = span_word(&text);

	if (weekday.size != 3 || !day.size || day.size > 2 ||
	    field_scan(day, 2, &fields[2]) != day.size || text.size != 4 ||
	    field_scan(text, 4, &fields[0]) != 4 || month_parse(month, &fields[1]) < 0 ||
	    !clock_parse(clock, &fields[3]) ||
	    (!span_equals(zone, "UTC") && !span_equals(zone, "GMT")))
		return -EINVAL;
	return stamp_make(fields, out_stamp_s);
}

int stamp_parse_period(struct span text, uint64_t *out_period_s)
{
	static const struct {
		char suffix;
		uint32_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	uint64_t count, unit = 1;

	if (!text.size)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if ((text.text[text.size - 1] | 0x20) == units[i].suffix) {
			unit = units[i].seconds;
			text.size--;
			break;
		}
	}
	if (span_number(text, PERIOD_MAX_S, &count) < 0 || count > PERIOD_MAX_S / unit)
		return -EINVAL;
	*out_period_s = count * unit;
	return 0;
}

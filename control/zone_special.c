/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/zone_special.h"

#include "control/config_value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORDS_MAX 40 /* rbldnsd takes 32 name servers */
#define BLANKS    " \t"
#define TTL_MAX_S INT32_MAX /* RFC 2181 section 8 */

/* Numbers of a $SOA, behind its two names. */
enum { SERIAL, REFRESH, RETRY, EXPIRE, MINIMUM, NUMBER_COUNT };

static unsigned split(char *values, char *out_words[WORDS_MAX])
{
	unsigned count = 0;
	char *rest;

	for (char *word = strtok_r(values, BLANKS, &rest); word && count < WORDS_MAX;
	     word = strtok_r(NULL, BLANKS, &rest))
		out_words[count++] = word;
	return count;
}

bool zone_special_ttl(const char *word, uint32_t *out_ttl_s)
{
	static const char units[] = "smhdw";
	static const uint32_t seconds[] = {1, 60, 3600, 86400, 604800};
	const char *unit = word + strspn(word, "0123456789");
	uint64_t value = 0;

	if (unit == word || unit - word > 10)
		return false;
	for (const char *c = word; c < unit; c++)
		value = value * 10 + (uint64_t)(*c - '0');
	if (*unit) {
		const char *known = strchr(units, *unit | 0x20);

		if (!known || unit[1])
			return false;
		value *= seconds[known - units];
	}
	if (value > TTL_MAX_S)
		return false;
	*out_ttl_s = (uint32_t)value;
	return true;
}

static int add_server(struct zone_special *s, const char *name, char *out_error, size_t error_size)
{
	uint8_t wire[NAME_WIRE_MAX + 1];

	if (config_value_domain(name, wire) <= 0) {
		snprintf(out_error, error_size, "bad name '%.40s', expected a domain name", name);
		return -EINVAL;
	}
	if (s->ns_count == CONFIG_NS_MAX) {
		snprintf(out_error, error_size, "more than %d name servers", CONFIG_NS_MAX);
		return -EINVAL;
	}
	s->ns[s->ns_count] = strdup(name);
	if (!s->ns[s->ns_count])
		return -ENOMEM;
	s->ns_count++;
	return 0;
}

static int take_ns(struct zone_special *s, char *words[], unsigned count, char *out_error,
                   size_t error_size)
{
	uint32_t ttl_s;
	int rc = 0;

	if (s->ns_count)
		return 0;
	if (count < 2 || !zone_special_ttl(words[0], &ttl_s)) {
		snprintf(out_error, error_size, "bad $NS, expected $NS TTL NAME ...");
		return -EINVAL;
	}
	for (unsigned i = 1; i < count && rc == 0; i++) {
		if (words[i][0] != '-')
			rc = add_server(s, words[i], out_error, error_size);
	}
	return rc;
}

static int take_soa(struct zone_special *s, char *words[], unsigned count, char *out_error,
                    size_t error_size)
{
	uint8_t wire[NAME_WIRE_MAX + 1];
	uint32_t ttl_s, numbers[NUMBER_COUNT];
	bool is_good = count == 3 + NUMBER_COUNT && zone_special_ttl(words[0], &ttl_s) &&
	               config_value_domain(words[1], wire) > 0 &&
	               config_value_mailbox(words[2], wire) > 0;

	if (s->soa)
		return 0;
	for (unsigned i = 0; i < NUMBER_COUNT && is_good; i++)
		is_good =
		    (i == SERIAL && words[3 + i][strspn(words[3 + i], "0123456789")] == '\0') ||
		    zone_special_ttl(words[3 + i], &numbers[i]);
	if (!is_good) {
		snprintf(out_error, error_size,
		         "bad $SOA, expected $SOA TTL MNAME RNAME SERIAL REFRESH RETRY EXPIRE "
		         "MINIMUM");
		return -EINVAL;
	}
	s->soa = calloc(1, sizeof(*s->soa));
	if (!s->soa)
		return -ENOMEM;
	s->soa->mname = strdup(words[1]);
	s->soa->rname = strdup(words[2]);
	s->soa->refresh_s = numbers[REFRESH];
	s->soa->retry_s = numbers[RETRY];
	s->soa->expire_s = numbers[EXPIRE];
	return s->soa->mname && s->soa->rname ? 0 : -ENOMEM;
}

int zone_special_take(struct zone_special *s, const char *name, char *values, char *out_error,
                      size_t error_size)
{
	char *words[WORDS_MAX];

	if (strcasecmp(name, "$NS") == 0 || strcasecmp(name, "$NAMESERVER") == 0)
		return take_ns(s, words, split(values, words), out_error, error_size);
	if (strcasecmp(name, "$SOA") == 0)
		return take_soa(s, words, split(values, words), out_error, error_size);
	return -ENOENT;
}

void zone_special_done(struct zone_special *s)
{
	for (unsigned i = 0; i < s->ns_count; i++)
		free(s->ns[i]);
	if (s->soa) {
		free(s->soa->mname);
		free(s->soa->rname);
	}
	free(s->soa);
	*s = (struct zone_special){0};
}

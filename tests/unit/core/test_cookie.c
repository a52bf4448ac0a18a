/* SPDX-License-Identifier: BSD-3-Clause */
/* Server cookies against the test vectors of RFC 9018 appendix A. */
#include "dataplane/cookie.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECRET   "e5e973e5a6b2a43f48e7dc849e37bfcf"
#define A4_OLD   "dd3bdf9344b678b185a6f5cb60fca715"
#define A4_NEW   "445536bcd2513298075a5d379663c962"
#define A1       "2464c4abcf10c957010000005cf79f111f8130c3eee29480"
#define A2       "2464c4abcf10c957010000005cf7a871d4a564a1442aca77"
#define A3_ASKED "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5"
#define A3       "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e"
#define A4_ASKED "22681ab97d52c298010000005cf7c57926556bd0934c72f8"
#define A4       "22681ab97d52c298010000005cf7c609a6bb79d16625507a"
#define A4_FROM  "2001:db8:220:1:59de:d0f4:8769:82b8"

static const struct {
	const char *reason;
	const char *secrets[SETTINGS_SECRETS_MAX];
	const char *client;
	uint32_t now_s;
	const char *asked;
	enum cookie_state state;
	const char *answered;
} rows[] = {
    {"A.1: the first",
     {SECRET},
     "198.51.100.100",
     1559731985,
     "2464c4abcf10c957",
     COOKIE_CLIENT_ONLY,
     A1},
    {"A.2: renewed after 40 minutes", {SECRET}, "198.51.100.100", 1559734385, A1, COOKIE_VALID, A2},
    {"A.3: with reserved bytes, of a secret that is ours",
     {SECRET},
     "203.0.113.203",
     1559727985 + 3600,
     A3_ASKED,
     COOKIE_VALID,
     NULL},
    {"A.3: when it is asked it is older than the hour of section 4.3",
     {SECRET},
     "203.0.113.203",
     1559734700,
     A3_ASKED,
     COOKIE_INVALID,
     A3},
    {"A.3: what was answered is good", {SECRET}, "203.0.113.203", 1559734700, A3, COOKIE_VALID, A3},
    {"A.4: IPv6, the secret rolled over",
     {A4_NEW, A4_OLD},
     A4_FROM,
     1559741961,
     A4_ASKED,
     COOKIE_VALID,
     A4},
    {"A.4: before, the new secret was known but not in use",
     {A4_OLD, A4_NEW},
     A4_FROM,
     1559741961,
     A4_ASKED,
     COOKIE_VALID,
     A4_ASKED},
    {"A.4: a server that already signs with the new one",
     {A4_OLD, A4_NEW},
     A4_FROM,
     1559741961,
     A4,
     COOKIE_VALID,
     NULL},
    {"A.4: the old secret is gone", {A4_NEW}, A4_FROM, 1559741961, A4_ASKED, COOKIE_INVALID, A4},
};

static size_t unhex(const char *text, uint8_t *out, size_t max)
{
	size_t size = 0;
	unsigned byte;

	for (; *text; text += 2) {
		assert_true(size < max);
		assert_int_equal(sscanf(text, "%2x", &byte), 1);
		out[size++] = (uint8_t)byte;
	}
	return size;
}

static address6_t address_of(const char *text)
{
	uint8_t bytes[16] = {[10] = 0xff, [11] = 0xff};
	address6_t address = 0;

	if (inet_pton(AF_INET, text, &bytes[12]) != 1)
		assert_int_equal(inet_pton(AF_INET6, text, bytes), 1);
	for (unsigned i = 0; i < 16; i++)
		address = address << 8 | bytes[i];
	return address;
}

static struct settings settings_of(const char *const secrets[SETTINGS_SECRETS_MAX])
{
	struct settings s = {.secret_count = 0};

	for (; s.secret_count < SETTINGS_SECRETS_MAX && secrets[s.secret_count]; s.secret_count++)
		unhex(secrets[s.secret_count], s.secrets[s.secret_count], SETTINGS_SECRET_SIZE);
	return s;
}

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct settings s = settings_of(rows[i].secrets);
		uint8_t asked[40], expected[COOKIE_SIZE], answered[COOKIE_SIZE];
		size_t size = unhex(rows[i].asked, asked, sizeof(asked));
		enum cookie_state found = cookie_check(&s, address_of(rows[i].client),
		                                       rows[i].now_s, asked, size, answered);

		if (found != rows[i].state)
			fail_msg("%s: state %d", rows[i].reason, found);
		if (!rows[i].answered)
			continue;
		unhex(rows[i].answered, expected, sizeof(expected));
		if (memcmp(answered, expected, sizeof(expected)) != 0)
			fail_msg("%s: another cookie", rows[i].reason);
	}
}

/* Every bit of a cookie, of the address and of the secret matters. */
static void test_every_bit(void **state)
{
	static const char *const secrets[SETTINGS_SECRETS_MAX] = {SECRET};
	struct settings s = settings_of(secrets);
	address6_t client = address_of("198.51.100.100");
	uint8_t cookie[COOKIE_SIZE], out[COOKIE_SIZE];

	(void)state;
	unhex(A1, cookie, sizeof(cookie));
	for (unsigned bit = 0; bit < 8 * COOKIE_SIZE; bit++) {
		cookie[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (cookie_check(&s, client, 1559731985, cookie, COOKIE_SIZE, out) !=
		    COOKIE_INVALID)
			fail_msg("bit %u of the cookie", bit);
		cookie[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (unsigned bit = 0; bit < 128; bit++) {
		if (cookie_check(&s, client ^ (address6_t)1 << bit, 1559731985, cookie, COOKIE_SIZE,
		                 out) != COOKIE_INVALID)
			fail_msg("bit %u of the address", bit);
		s.secrets[0][bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (cookie_check(&s, client, 1559731985, cookie, COOKIE_SIZE, out) !=
		    COOKIE_INVALID)
			fail_msg("bit %u of the secret", bit);
		s.secrets[0][bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(cookie_check(&s, client, 1559731985, cookie, COOKIE_SIZE, out),
	                 COOKIE_VALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_every_bit),
	};

	return cmocka_run_group_tests_name("cookie", tests, NULL, NULL);
}

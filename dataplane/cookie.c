/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/cookie.h"

#include "dataplane/qname.h"

#include <sodium.h>

#include <string.h>

/* Offsets within client and server cookie (RFC 9018 section 4). */
#define VERSION_AT 8
#define TIME_AT    12
#define HASH_AT    16
#define HASH_SIZE  8
#define VERSION    1

/* libsodium's default is SipHash-2-4 with 64 bits of output, in the byte order of its authors. */
_Static_assert(crypto_shorthash_siphash24_KEYBYTES == SETTINGS_SECRET_SIZE, "key size");
_Static_assert(crypto_shorthash_siphash24_BYTES == HASH_SIZE, "hash size");

/* RFC 9018 section 4.4: what is before the hash, and the client's address. */
static void hash(const uint8_t *secret, const uint8_t cookie[COOKIE_SIZE], address6_t client,
                 uint8_t out_hash[HASH_SIZE])
{
	uint8_t input[HASH_AT + 16];
	unsigned size = qname_is_mapped(client) ? 4 : 16;

	memcpy(input, cookie, HASH_AT);
	for (unsigned i = 0; i < size; i++)
		input[HASH_AT + i] = (uint8_t)(client >> 8 * (size - 1 - i));
	crypto_shorthash_siphash24(out_hash, input, HASH_AT + size, secret);
}

static uint32_t time_of(const uint8_t cookie[COOKIE_SIZE])
{
	const uint8_t *at = &cookie[TIME_AT];

	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void sign(const struct settings *s, address6_t client, uint32_t now_s,
                 uint8_t cookie[COOKIE_SIZE])
{
	const uint8_t head[8] = {VERSION,
	                         0,
	                         0,
	                         0,
	                         (uint8_t)(now_s >> 24),
	                         (uint8_t)(now_s >> 16),
	                         (uint8_t)(now_s >> 8),
	                         (uint8_t)now_s};

	memcpy(&cookie[VERSION_AT], head, sizeof(head));
	hash(s->secrets[0], cookie, client, &cookie[HASH_AT]);
}

/* Which secret signed it; secret_count = none. */
static unsigned find_secret(const struct settings *s, address6_t client,
                            const uint8_t cookie[COOKIE_SIZE])
{
	uint8_t expected[HASH_SIZE];
	unsigned i = 0;

	for (; i < s->secret_count; i++) {
		hash(s->secrets[i], cookie, client, expected);
		if (sodium_memcmp(expected, &cookie[HASH_AT], HASH_SIZE) == 0)
			break;
	}
	return i;
}

enum cookie_state cookie_check(const struct settings *s, address6_t client, uint32_t now_s,
                               const uint8_t *data, size_t size, uint8_t out_cookie[COOKIE_SIZE])
{
	enum cookie_state state = size == COOKIE_CLIENT_SIZE ? COOKIE_CLIENT_ONLY : COOKIE_INVALID;
	bool is_fresh = false;

	memcpy(out_cookie, data, size < COOKIE_SIZE ? COOKIE_CLIENT_SIZE : COOKIE_SIZE);
	if (size == COOKIE_SIZE && out_cookie[VERSION_AT] == VERSION) {
		/* serial number arithmetic (RFC 1982): the 32 bits wrap around in 2106 */
		int32_t age_s = (int32_t)(now_s - time_of(out_cookie));

		if (age_s <= COOKIE_AGE_MAX_S && age_s >= -COOKIE_AHEAD_MAX_S) {
			static const uint8_t reserved[3];
			unsigned secret = find_secret(s, client, out_cookie);

			if (secret < s->secret_count)
				state = COOKIE_VALID;
			is_fresh = secret == 0 && age_s <= COOKIE_FRESH_S &&
			           memcmp(&out_cookie[VERSION_AT + 1], reserved, 3) == 0;
		}
	}
	if (!is_fresh)
		sign(s, client, now_s, out_cookie);
	return state;
}

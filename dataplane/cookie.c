/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/cookie.h"

#include "dataplane/qname.h"

#include <sodium.h>

#include <endian.h>
#include <string.h>

/* Offsets within client and server cookie (RFC 9018 section 4). */
#define VERSION_AT 8
#define TIME_AT    12
#define HASH_AT    16
#define VERSION    1

/* libsodium's default is SipHash-2-4 with 64 bits of output, in the byte order of its authors. */
_Static_assert(crypto_shorthash_siphash24_KEYBYTES == SETTINGS_SECRET_SIZE, "key size");
_Static_assert(crypto_shorthash_siphash24_BYTES == sizeof(uint64_t), "hash size");

/* RFC 9018 section 4.4: what is before the hash, and the client's address. */
static uint64_t hash(const uint8_t *secret, const uint8_t cookie[COOKIE_SIZE], address6_t client)
{
	const uint64_t address[2] = {htobe64((uint64_t)(client >> 64)), htobe64((uint64_t)client)};
	const uint32_t address4 = htobe32((uint32_t)client);
	uint8_t input[HASH_AT + sizeof(address)];
	size_t size = sizeof(address);
	uint64_t made;

	memcpy(input, cookie, HASH_AT);
	memcpy(&input[HASH_AT], address, sizeof(address));
	if (qname_is_mapped(client)) {
		memcpy(&input[HASH_AT], &address4, sizeof(address4));
		size = sizeof(address4);
	}
	crypto_shorthash_siphash24((uint8_t *)&made, input, HASH_AT + size, secret);
	return made;
}

static uint32_t time_of(const uint8_t cookie[COOKIE_SIZE])
{
	uint32_t time_be;

	memcpy(&time_be, &cookie[TIME_AT], sizeof(time_be));
	return be32toh(time_be);
}

static void sign(const struct settings *s, address6_t client, uint32_t now_s,
                 uint8_t cookie[COOKIE_SIZE])
{
	const uint64_t head = htobe64((uint64_t)VERSION << 56 | now_s);
	uint64_t made;

	memcpy(&cookie[VERSION_AT], &head, sizeof(head));
	made = hash(s->secrets[0], cookie, client);
	memcpy(&cookie[HASH_AT], &made, sizeof(made));
}

/* Which secret signed it; secret_count = none. */
static unsigned find_secret(const struct settings *s, address6_t client,
                            const uint8_t cookie[COOKIE_SIZE])
{
	unsigned i = 0;
	uint64_t got;

	memcpy(&got, &cookie[HASH_AT], sizeof(got));
	/* as one word, so that the time does not tell how much of it was guessed */
	while (i < s->secret_count && hash(s->secrets[i], cookie, client) != got)
		i++;
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

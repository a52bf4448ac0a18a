/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mail addresses, one a line, as the names clients of hashed lists (Spamhaus HBL, SpamAssassin's
 * HashBL) ask for: HASH._email, where HASH is the SHA-1 in hex or the SHA-256 in base32 of the
 * address in lower case, and of its normal form: no "+tag", gmail.com for googlemail.com, and no
 * dots in front of gmail.com.
 */
#include "feeds/emails.h"
#include "feeds/format_rows.h"
#include "feeds/lines.h"

#include <sodium.h>

#include <errno.h>
#include <sha1.h>
#include <stdio.h>
#include <string.h>

#define EXPECTED    "expected one mail address"
#define LOCAL_MAX   64 /* RFC 5321 section 4.5.3.1.1 */
#define ADDRESS_MAX (LOCAL_MAX + 1 + 4 * NAME_WIRE_MAX + 2)
#define HEX_SIZE    (2 * SHA1_DIGEST_LENGTH)
#define BASE32_SIZE ((8 * crypto_hash_sha256_BYTES + 4) / 5)

struct email {
	char local[LOCAL_MAX];
	size_t local_size;
	char domain[4 * NAME_WIRE_MAX + 2];
};

/* What stands unquoted in front of '@': RFC 5322 atext and dots, and UTF-8 (RFC 6531). */
static bool is_local(char c)
{
	return (c >= 'a' && c <= 'z') || span_is_digit(c) || (uint8_t)c >= 0x80 ||
	       (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static bool email_parse(struct span text, struct email *email)
{
	const char *at = text.size ? memrchr(text.text, '@', text.size) : NULL;
	uint8_t wire[NAME_WIRE_MAX];
	struct span domain;
	int size;

	if (!at)
		return false;
	email->local_size = (size_t)(at - text.text);
	domain = span_skip(text, email->local_size + 1);
	if (!email->local_size || email->local_size > LOCAL_MAX || !domain.size)
		return false;
	for (size_t i = 0; i < email->local_size; i++) {
		char c = text.text[i];

		email->local[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
		if (!is_local(email->local[i]))
			return false;
	}
	size = name_parse(domain.text, domain.size, wire);
	if (size <= 0 || memchr(domain.text, '\\', domain.size))
		return false;
	name_format(wire, (size_t)size, email->domain);
	return true;
}

static void email_normalise(struct email *email)
{
	const char *plus = memchr(email->local, '+', email->local_size);
	size_t kept = 0;

	if (plus && plus > email->local)
		email->local_size = (size_t)(plus - email->local);
	if (!strcmp(email->domain, "googlemail.com"))
		strcpy(email->domain, "gmail.com");
	if (strcmp(email->domain, "gmail.com") != 0)
		return;
	for (size_t i = 0; i < email->local_size; i++)
		if (email->local[i] != '.')
			email->local[kept++] = email->local[i];
	if (kept)
		email->local_size = kept;
}

static void base32_make(const uint8_t bytes[crypto_hash_sha256_BYTES], char out_text[BASE32_SIZE])
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned bits = 0, held = 0;
	size_t used = 0;

	for (size_t i = 0; i < crypto_hash_sha256_BYTES; i++) {
		held = held << 8 | bytes[i];
		for (bits += 8; bits >= 5; bits -= 5)
			out_text[used++] = digits[held >> (bits - 5) & 31];
	}
	out_text[used] = digits[held << (5 - bits) & 31];
}

static int hash_add(struct lines *lines, const char *hash, size_t size,
                    const struct dataset_entry *entry)
{
	static const uint8_t below[] = {6, '_', 'e', 'm', 'a', 'i', 'l'};
	uint8_t wire[1 + BASE32_SIZE + sizeof(below)];

	wire[0] = (uint8_t)size;
	memcpy(wire + 1, hash, size);
	memcpy(wire + 1 + size, below, sizeof(below));
	return dataset_add_name(lines->builder, wire, 1 + size + sizeof(below), DATASET_EXACT,
	                        entry);
}

/* Returns the bytes. */
static size_t email_format(const struct email *email, char out_text[ADDRESS_MAX])
{
	return (size_t)snprintf(out_text, ADDRESS_MAX, "%.*s@%s", (int)email->local_size,
	                        email->local, email->domain);
}

static void hex_make(const char *text, size_t size, char out_hex[HEX_SIZE + 1])
{
	uint8_t sha1[SHA1_DIGEST_LENGTH];
	SHA1_CTX context;

	SHA1Init(&context);
	SHA1Update(&context, (const uint8_t *)text, size);
	SHA1Final(sha1, &context);
	sodium_bin2hex(out_hex, HEX_SIZE + 1, sha1, sizeof(sha1));
}

int emails_name(const char *address, size_t size, char out_name[EMAILS_NAME_SIZE])
{
	char text[ADDRESS_MAX], hex[HEX_SIZE + 1];
	struct email email;

	if (!email_parse((struct span){address, size}, &email))
		return -EINVAL;
	email_normalise(&email);
	hex_make(text, email_format(&email, text), hex);
	snprintf(out_name, EMAILS_NAME_SIZE, "%s._email", hex);
	return 0;
}

static int hashes_add(struct lines *lines, const struct email *email, struct dataset_entry *entry)
{
	uint8_t sha256[crypto_hash_sha256_BYTES];
	char text[ADDRESS_MAX], hex[HEX_SIZE + 1], base32[BASE32_SIZE];
	size_t size = email_format(email, text);
	int rc;

	hex_make(text, size, hex);
	crypto_hash_sha256(sha256, (const uint8_t *)text, size);
	base32_make(sha256, base32);
	rc = hash_add(lines, hex, HEX_SIZE, entry);
	entry->is_part = true;
	if (rc == 0)
		rc = hash_add(lines, base32, BASE32_SIZE, entry);
	return rc;
}

static int emails_line(struct lines *lines, struct span line, uint64_t number)
{
	struct dataset_entry entry = {.line = number};
	struct email email, normal;
	struct span shown;
	int rc;

	if (span_is_comment(line))
		return 0;
	shown = line = span_cut_comment(line);
	if (line.size > 1 && line.text[0] == '!') {
		entry.is_exclusion = true;
		line = span_trim(span_skip(line, 1));
	}
	if (line.size > 1 && line.text[0] == '<' && line.text[line.size - 1] == '>')
		line = (struct span){line.text + 1, line.size - 2};
	if (span_starts(line, "*@") || !email_parse(line, &email)) {
		LINES_BAD(lines, number, "bad address '%.*s': " EXPECTED, SPAN_QUOTE(shown));
		return 0;
	}
	lines->facts->line_count++;
	normal = email;
	email_normalise(&normal);
	rc = hashes_add(lines, &normal, &entry);
	if (rc == 0 &&
	    (normal.local_size != email.local_size || strcmp(normal.domain, email.domain) != 0))
		rc = hashes_add(lines, &email, &entry);
	return rc;
}

int format_emails(struct reader *reader, struct dataset_builder *builder, char *out_error,
                  size_t error_size)
{
	struct lines lines = {.builder = builder, .error = out_error, .error_size = error_size};

	return lines_each(reader, &lines, emails_line);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/key_form.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ADDRESS_SIZE 16

size_t key_form_bytes(const struct ledger_key *key, uint8_t out_bytes[KEY_FORM_BYTES_MAX])
{
	address6_t address = key->address;

	out_bytes[0] = key->kind;
	if (key->kind == LEDGER_DOMAIN) {
		memcpy(out_bytes + 1, key->name, key->name_size);
		return 1u + key->name_size;
	}
	out_bytes[1] = key->length;
	for (unsigned i = ADDRESS_SIZE; i-- > 0; address >>= 8)
		out_bytes[2 + i] = (uint8_t)address;
	return 2 + ADDRESS_SIZE;
}

int key_form_read(const uint8_t *bytes, size_t size, struct ledger_key *out_key)
{
	struct ledger_key key = {0};

	if (size < 1 || bytes[0] > LEDGER_GLOBAL)
		return -EINVAL;
	key.kind = bytes[0];
	if (key.kind == LEDGER_DOMAIN) {
		if (size > 1 + NAME_WIRE_MAX)
			return -EINVAL;
		key.name_size = (uint8_t)(size - 1);
		memcpy(key.name, bytes + 1, size - 1);
	} else {
		if (size != 2 + ADDRESS_SIZE || bytes[1] > 128)
			return -EINVAL;
		key.length = bytes[1];
		for (unsigned i = 0; i < ADDRESS_SIZE; i++)
			key.address = key.address << 8 | bytes[2 + i];
	}
	*out_key = key;
	return 0;
}

static void net_text(const struct ledger_key *key, char *out_text)
{
	unsigned width = key->kind == LEDGER_IP6 ? 128 : 32;
	unsigned bits = key->length < width ? width - key->length : 0;
	address6_t host = bits == 128 ? ~(address6_t)0 : ((address6_t)1 << bits) - 1;
	struct address_range range = {
	    .is_ip6 = key->kind == LEDGER_IP6, .first = key->address, .last = key->address | host};

	address_format(&range, out_text);
}

void key_form_text(const struct ledger_key *key, char out_text[KEY_FORM_TEXT_MAX])
{
	switch ((enum ledger_kind)key->kind) {
	case LEDGER_IP4:
	case LEDGER_IP6:
		net_text(key, out_text);
		return;
	case LEDGER_DOMAIN:
		name_format(key->name, key->name_size, out_text);
		return;
	case LEDGER_ASN:
		snprintf(out_text, KEY_FORM_TEXT_MAX, "AS%u", (unsigned)key->address);
		return;
	case LEDGER_GLOBAL:
		break;
	}
	snprintf(out_text, KEY_FORM_TEXT_MAX, "global");
}

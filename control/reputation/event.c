/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/event.h"

#include <sodium.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const class_names[] = {
    [EVENT_GOOD_DELIVERY] = "good_delivery",
    [EVENT_NOT_JUNK] = "not_junk",
    [EVENT_VALID_RCPT] = "valid_rcpt",
    [EVENT_SPAM_VERDICT] = "spam_verdict",
    [EVENT_PHISH] = "phish",
    [EVENT_MALWARE] = "malware",
    [EVENT_TRAP_PRISTINE] = "trap_pristine",
    [EVENT_TRAP_RECYCLED] = "trap_recycled",
    [EVENT_INVALID_RCPT] = "invalid_rcpt",
    [EVENT_DHA] = "dha",
    [EVENT_BACKSCATTER] = "backscatter",
    [EVENT_AUTH_FAIL] = "auth_fail",
    [EVENT_ANOMALY] = "anomaly",
};
_Static_assert(sizeof(class_names) / sizeof(class_names[0]) == EVENT_CLASS_COUNT, "every class");

const char *event_class_name(enum event_class class)
{
	return class_names[class];
}

int event_class_parse(const char *name, size_t size, enum event_class *out_class)
{
	for (unsigned i = 0; i < EVENT_CLASS_COUNT; i++) {
		if (strlen(class_names[i]) == size && memcmp(class_names[i], name, size) == 0) {
			*out_class = (enum event_class)i;
			return 0;
		}
	}
	return -ENOENT;
}

static bool is_of_nobody(const struct address_range *a)
{
	if (a->is_ip6)
		return a->first <= 1; /* :: and ::1 */
	return a->first >> 24 == 127 || a->first == 0;
}

int event_check_address(const struct address_range *address)
{
	return address->first == address->last && !is_of_nobody(address) ? 0 : -EINVAL;
}

static bool is_printable(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return true;
}

int event_set_id(struct event *e, const char *text, size_t size)
{
	if (size > EVENT_ID_MAX || !is_printable(text, size))
		return -EINVAL;
	memcpy(e->id, text, size);
	e->id[size] = '\0';
	return 0;
}

/* The end of a character that is left out, and not cut in two, of a text in UTF-8. */
static size_t whole_characters(const char *text, size_t size)
{
	while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	return size;
}

/* Whether the word a place is in goes on there. */
static bool is_of_word(char c)
{
	return (unsigned char)c > ' ' && !strchr("<>()[],;:\"", c);
}

int event_set_note(struct event *e, const char *text, size_t size)
{
	size_t word = 0;

	for (size_t i = 0; i < size; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return -EINVAL;
	}
	if (size > EVENT_NOTE_MAX)
		size = whole_characters(text, EVENT_NOTE_MAX);
	memcpy(e->note, text, size);
	e->note[size] = '\0';
	for (size_t i = 0; i < size; i++) {
		if (e->note[i] == '@' && i > 0 && e->note[i - 1] == '"')
			word = 0; /* a local part in quotes may hold anything */
		if (e->note[i] == '@')
			memset(e->note + word, '*', i - word);
		if (!is_of_word(e->note[i]))
			word = i + 1;
	}
	return 0;
}

int event_set_domain(struct event *e, const char *text, size_t size)
{
	uint8_t wire[NAME_WIRE_MAX];
	int wire_size = name_parse(text, size, wire);

	if (wire_size <= 0)
		return -EINVAL;
	memset(e->domain, 0, sizeof(e->domain));
	memcpy(e->domain, wire, (size_t)wire_size);
	e->domain_size = (uint8_t)wire_size;
	return 0;
}

uint64_t event_hash(const char *text, size_t size, const uint8_t hash_key[16])
{
	char lower[EVENT_PERSON_MAX];
	uint64_t hash;

	if (size > sizeof(lower))
		size = sizeof(lower);
	for (size_t i = 0; i < size; i++)
		lower[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
	crypto_shorthash((unsigned char *)&hash, (const unsigned char *)lower, size, hash_key);
	return hash ? hash : 1; /* 0 means not told */
}

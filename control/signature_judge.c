/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/signature.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define JUDGE_KEY_MAX 65 /* hexadecimal digits of a fingerprint, terminated */

/* What is wrong with a signature; a later one says more of why it cannot be believed. */
enum judge_fault {
	FAULT_NONE,
	FAULT_UNCHECKED, /* ERRSIG: an algorithm that gpgv has not, or the like */
	FAULT_UNKNOWN,   /* NO_PUBKEY */
	FAULT_LATE,      /* EXPSIG */
	FAULT_EXPIRED,   /* EXPKEYSIG */
	FAULT_REVOKED,   /* REVKEYSIG */
	FAULT_BAD,       /* BADSIG */
};

static const struct {
	const char *keyword;
	enum judge_fault fault;
} judge_faults[] = {{"ERRSIG", FAULT_UNCHECKED},  {"NO_PUBKEY", FAULT_UNKNOWN},
                    {"EXPSIG", FAULT_LATE},       {"EXPKEYSIG", FAULT_EXPIRED},
                    {"REVKEYSIG", FAULT_REVOKED}, {"BADSIG", FAULT_BAD}};

struct judge {
	bool is_begun; /* a GOODSIG of the signature that is being told of */
	bool is_good;  /* and its VALIDSIG */
	enum judge_fault fault;
	char key[JUDGE_KEY_MAX]; /* of the fault */
};

/* A fingerprint or a key id: it goes into a log. */
static void judge_key(char out_key[JUDGE_KEY_MAX], const char *text)
{
	snprintf(out_key, JUDGE_KEY_MAX, "%.*s", (int)strspn(text, "0123456789ABCDEFabcdef"), text);
}

static void judge_line(struct judge *j, const char *keyword, const char *rest)
{
	if (strcmp(keyword, "NEWSIG") == 0)
		j->is_begun = false;
	else if (strcmp(keyword, "GOODSIG") == 0)
		j->is_begun = true;
	else if (strcmp(keyword, "VALIDSIG") == 0)
		j->is_good |= j->is_begun; /* it is there for expired keys, too */
	for (size_t i = 0; i < sizeof(judge_faults) / sizeof(judge_faults[0]); i++) {
		if (strcmp(keyword, judge_faults[i].keyword) != 0 ||
		    judge_faults[i].fault < j->fault)
			continue;
		j->fault = judge_faults[i].fault;
		judge_key(j->key, rest);
	}
}

static void judge_tell(const struct judge *j, const struct signature *s, char *out_reason,
                       size_t size)
{
	switch (j->fault) {
	case FAULT_NONE:
		snprintf(out_reason, size, "there is no detached OpenPGP signature in '%.200s'",
		         s->signature);
		break;
	case FAULT_UNCHECKED:
		snprintf(out_reason, size, "gpgv cannot check its signature by key %s", j->key);
		break;
	case FAULT_UNKNOWN:
		snprintf(out_reason, size, "it is signed by key %s, which is not in '%.200s'",
		         j->key, s->keyring);
		break;
	case FAULT_LATE:
		snprintf(out_reason, size, "its signature by key %s has expired", j->key);
		break;
	case FAULT_EXPIRED:
		snprintf(out_reason, size, "it is signed by key %s, which has expired", j->key);
		break;
	case FAULT_REVOKED:
		snprintf(out_reason, size, "it is signed by key %s, which is revoked", j->key);
		break;
	case FAULT_BAD:
		snprintf(out_reason, size, "it is not what key %s signed", j->key);
		break;
	}
}

int signature_judge(const struct signature *s, char *status, char *out_reason, size_t reason_size)
{
	static const char prefix[] = "[GNUPG:] ";
	struct judge j = {.fault = FAULT_NONE};
	char *line, *rest = status;

	while ((line = strsep(&rest, "\n"))) {
		char *text = line + sizeof(prefix) - 1, *keyword;

		if (strncmp(line, prefix, sizeof(prefix) - 1) != 0)
			continue;
		keyword = strsep(&text, " ");
		judge_line(&j, keyword, text ? text : "");
	}
	if (j.is_good && j.fault != FAULT_BAD)
		return 0;
	judge_tell(&j, s, out_reason, reason_size);
	return -EBADMSG;
}

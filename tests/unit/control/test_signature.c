/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signatures: what the lines of gpgv mean, and programs that do not do what gpgv does. Real keys
 * are tests/smoke/test_signature.py's.
 */
#include "control/signature.h"
#include "tests/unit/control/folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY   "E0951F6B07D2535B610C75DA78B98151DC6D28AC"
#define ID    "78B98151DC6D28AC"
#define OTHER "F004B8658E84CA98542628B003BD61CD9178A138"
#define NEW   "[GNUPG:] NEWSIG good@x\n[GNUPG:] KEY_CONSIDERED " KEY " 0\n"
#define GOOD  "[GNUPG:] GOODSIG " ID " good <good@x>\n"
#define VALID "[GNUPG:] VALIDSIG " KEY " 2026-11-22 1795339350 0 4 0 22 8 00 " KEY "\n"
#define UNKNOWN                                                                                    \
	"[GNUPG:] NEWSIG other@x\n[GNUPG:] ERRSIG 03BD61CD9178A138 22 8 00 1795339350 9 " OTHER    \
	"\n[GNUPG:] NO_PUBKEY 03BD61CD9178A138\n"
#define EXPIRED                                                                                    \
	"[GNUPG:] NEWSIG\n[GNUPG:] KEYEXPIRED 1580428800\n[GNUPG:] EXPKEYSIG " ID                  \
	" old <old@x>\n" VALID

static const struct {
	const char *why, *status, *reason; /* NULL: it is signed */
} judge_rows[] = {
    {"a key of the keyring", NEW GOOD VALID, NULL},
    {"another of two signers is not known", NEW GOOD VALID UNKNOWN, NULL},
    {"in the other order", UNKNOWN NEW GOOD VALID, NULL},
    {"a new key beside one that has expired", EXPIRED NEW GOOD VALID, NULL},
    {"lines without an end", "[GNUPG:] GOODSIG x\n[GNUPG:] VALIDSIG x", NULL},
    {"nothing is said", "", "no detached OpenPGP signature in '/f.asc'"},
    {"no signature is there", "[GNUPG:] NODATA 1\n", "no detached OpenPGP signature"},
    {"lines that are not for us", "GOODSIG x\nVALIDSIG x\n", "no detached OpenPGP signature"},
    {"only words that begin so", "[GNUPG:] GOODSIGS x\n[GNUPG:] VALIDSIG x\n", "no detached"},
    {"an unknown key", UNKNOWN, "signed by key 03BD61CD9178A138, which is not in '/k.gpg'"},
    {"valid is what an expired key is, too", EXPIRED, "by key " ID ", which has expired"},
    {"good of one and valid of another", NEW GOOD EXPIRED, "which has expired"},
    {"good, but it ends there", NEW GOOD, "no detached OpenPGP signature"},
    {"valid, but not said to be good", NEW VALID, "no detached OpenPGP signature"},
    {"a key that was revoked", NEW "[GNUPG:] REVKEYSIG " ID " x\n" VALID, "which is revoked"},
    {"a signature that has ended", NEW "[GNUPG:] EXPSIG " ID " x\n" VALID, "has expired"},
    {"other data", NEW "[GNUPG:] BADSIG " ID " x\n", "not what key " ID " signed"},
    {"one of two contradicts", NEW GOOD VALID NEW "[GNUPG:] BADSIG " ID " x\n", "not what key"},
    {"the worst is told", EXPIRED NEW "[GNUPG:] BADSIG " ID " x\n" UNKNOWN, "not what key"},
    {"an algorithm that gpgv has not", NEW "[GNUPG:] ERRSIG " ID " 99 8 00 1 4 -\n",
     "cannot check its signature by key " ID},
    {"what is no key is not told on", NEW "[GNUPG:] BADSIG \x1b[31m x\n", "not what key  signed"},
};

static const struct signature plain = {.keyring = "/k.gpg", .signature = "/f.asc"};

static void lines_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(judge_rows) / sizeof(judge_rows[0]); i++) {
		char status[2048], reason[300] = "";
		int rc;

		snprintf(status, sizeof(status), "%s", judge_rows[i].status);
		rc = signature_judge(&plain, status, reason, sizeof(reason));
		if (rc != (judge_rows[i].reason ? -EBADMSG : 0))
			fail_msg("%s: %d, '%s'", judge_rows[i].why, rc, reason);
		if (judge_rows[i].reason && !strstr(reason, judge_rows[i].reason))
			fail_msg("%s: '%s'", judge_rows[i].why, reason);
	}
}

#define SAYS(text) "#!/bin/sh\ncat <<'end'\n" text "end\n"

/* NULL: there is no such file. */
static const struct {
	const char *why, *program, *keyring, *signature;
	int timeout_ms, expected;
	const char *reason;
} check_rows[] = {
    {"a key of the keyring", SAYS(NEW GOOD VALID), "k", "s", 60000, 0, ""},
    {"only two files are named, no folder of the user's",
     "#!/bin/sh\n[ \"$#\" = 9 ] && [ -z \"$HOME\" ] && cat <<'end'\n" NEW GOOD VALID "end\n", "k",
     "s", 60000, 0, ""},
    {"a signature that is not good", SAYS(UNKNOWN) "exit 2\n", "k", "s", 60000, -EBADMSG,
     "which is not in"},
    {"good, and then it fails", SAYS(NEW GOOD VALID) "exit 3\n", "k", "s", 60000, -EPROTO,
     "cannot be checked"},
    {"good, and then it is killed", SAYS(NEW GOOD VALID) "kill -SEGV $$\n", "k", "s", 60000,
     -EPROTO, "gpgv': it failed"},
    {"it is not installed", NULL, "k", "s", 60000, -ENOENT, "package gpgv"},
    {"it says no end", "#!/bin/sh\nexec cat /dev/zero\n", "k", "s", 60000, -EMSGSIZE,
     "it says too much"},
    {"it says what is no text", "#!/bin/sh\nhead -c 100 /dev/zero\n", "k", "s", 60000, -EINVAL,
     "cannot be checked"},
    {"it does not end", "#!/bin/sh\nexec sleep 600\n", "k", "s", 50, -ETIMEDOUT, "timed out"},
    {"it says all and does not end", SAYS(NEW GOOD VALID) "exec >&-; exec sleep 600\n", "k", "s",
     300, -ETIMEDOUT, "timed out"},
    {"no keyring", SAYS(NEW GOOD VALID), NULL, "s", 60000, -ENOENT, "the keyring '"},
    {"a keyring for people", SAYS(NEW GOOD VALID), "-----BEGIN PGP PUBLIC KEY BLOCK-----\n", "s",
     60000, -EINVAL, "gpg --dearmor"},
    {"no signature", SAYS(NEW GOOD VALID), "k", NULL, 60000, -EBADMSG, "No such file or directory"},
};

static const char *put(struct folder *f, const char *name, const char *text)
{
	if (text)
		folder_write(f, name, text);
	return folder_at(f, name);
}

static void programs_are_run(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(check_rows) / sizeof(check_rows[0]); i++) {
		struct signature s = {.timeout_ms = check_rows[i].timeout_ms};
		char reason[300] = "";
		struct folder f;
		int rc;

		folder_init(&f);
		s.program = put(&f, "gpgv", check_rows[i].program);
		s.keyring = put(&f, "keyring", check_rows[i].keyring);
		s.signature = put(&f, "signature", check_rows[i].signature);
		s.path = put(&f, "data", "data");
		if (check_rows[i].program)
			assert_int_equal(chmod(s.program, 0700), 0);
		rc = signature_check(&s, reason, sizeof(reason));
		if (rc != check_rows[i].expected || !strstr(reason, check_rows[i].reason))
			fail_msg("%s: %d, '%s'", check_rows[i].why, rc, reason);
		folder_done(&f);
	}
}

static void signatures_have_an_end(void **state)
{
	struct signature s = {.timeout_ms = 60000};
	char reason[300];
	struct folder f;

	(void)state;
	folder_init(&f);
	s.program = "/nonexistent";
	s.keyring = put(&f, "keyring", "k");
	s.path = put(&f, "data", "data");
	s.signature = put(&f, "signature", "s");
	assert_int_equal(truncate(s.signature, SIGNATURE_SIZE_MAX + 1), 0);
	assert_int_equal(signature_check(&s, reason, sizeof(reason)), -EBADMSG);
	assert_non_null(strstr(reason, "too large"));
	s.signature = "/";
	assert_int_equal(signature_check(&s, reason, sizeof(reason)), -EBADMSG);
	assert_non_null(strstr(reason, "not a regular file"));
	folder_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_are_judged),
	    cmocka_unit_test(programs_are_run),
	    cmocka_unit_test(signatures_have_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

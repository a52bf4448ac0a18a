/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A running update thread on a socket in a directory of its own, and a writer: set up before and
 * torn down after each test. The test's thread is a registered reader and offline: it is online
 * only while it reads, because grace periods must not wait for a thread that waits for an answer.
 */
#include "dataplane/update.h"
#include "tests/unit/dataplane/client.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CODE(n)      (0x7f000000u | (n)) /* 127.0.0.n */
#define NAME(text)   text, sizeof(text)  /* a wire name and its size, root label included */

#define FIXTURE_LISTED      0xc0000201u /* 192.0.2.1, listed by fixture_load() as verdict 1 */
#define FIXTURE_OWNED_VALUE 42          /* of the one counter of the rest of the process */

extern char fixture_path[96];

struct fixture {
	struct update *update;
	struct client writer;
};

int fixture_set_up(void **state);
int fixture_tear_down(void **state);
#define FIXTURE_TEST(function)                                                                     \
	cmocka_unit_test_setup_teardown(function, fixture_set_up, fixture_tear_down)

/* Another update thread on the same socket. */
struct update *fixture_start(void);

/* Generation 1: 192.0.2.1 and 2001:db8::/32 and the name a.test as verdict 1, zone bl.test. */
void fixture_load(struct client *c);

/* The verdict the readers see, and the code of a verdict's first listing; 0 = none. */
verdict_t fixture_seen4(const struct fixture *f, uint32_t address);
uint32_t fixture_seen_code(const struct fixture *f, verdict_t id);

/* The generation as Status says. */
uint64_t fixture_generation(struct client *c);
